from __future__ import annotations

import importlib

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

from tests.tui.fakes import FakeEngine
from tests.tui.screen import text_of
from tests.tui.waiting import until
from tui import keys
from tui.app import NameclsApp
from tui.key import face
from tui.screens.help import ARROWS, TITLES, keys_told
from tui.widgets.keybar import KeyBar

#: What terminals and multiplexers keep for themselves, or send as something else.
EATEN = {"ctrl+b", "ctrl+j", "ctrl+o", "ctrl+s", "ctrl+m", "ctrl+i", "ctrl+h", "ctrl+z", "f10", "f11"}

OWNERS = {
    "predict": "tui.screens.predict.PredictScreen",
    "inspect": "tui.screens.inspect.InspectScreen",
    "train": "tui.screens.train.TrainScreen",
    "tune": "tui.screens.tune.TuneScreen",
    "compare": "tui.screens.compare.CompareScreen",
    "comparisons": "tui.screens.comparisons.ComparisonsScreen",
    "watching": "tui.screens.watching.WatchingScreen",
    "studies": "tui.screens.studies.StudiesScreen",
    "form": "tui.widgets.training_form.TrainingForm",
    "choice": "tui.widgets.choice.Choice",
    "models": "tui.screens.models.ModelsScreen",
    "runs": "tui.screens.runs.RunsScreen",
    "mistakes": "tui.screens.mistakes.MistakesScreen",
    "calibration": "tui.screens.calibration.CalibrationScreen",
    "help": "tui.screens.help.HelpScreen",
    "leave": "tui.screens.leave.LeaveScreen",
    "interrupted": "tui.screens.interrupted.InterruptedScreen",
}


def test_no_key_is_one_that_terminals_eat() -> None:
    for place, entries in keys.PLACES.items():
        for entry in entries:
            assert not EATEN & set(entry.keys.split(",")), (place, entry)


@pytest.mark.parametrize("place", OWNERS)
def test_every_key_has_an_action(place: str) -> None:
    module, _, name = OWNERS[place].rpartition(".")
    owner: type[DOMNode] = getattr(importlib.import_module(module), name)
    for entry in keys.PLACES[place]:
        assert hasattr(owner, f"action_{entry.action.partition('(')[0]}"), entry


def test_every_key_of_the_app_has_an_action() -> None:
    for entry in keys.APP:
        assert hasattr(NameclsApp, f"action_{entry.action.removeprefix('app.').partition('(')[0]}"), entry


def test_what_shows_in_the_footer_is_explained_in_the_help() -> None:
    for entries in keys.PLACES.values():
        for entry in entries:
            assert not entry.label or entry.help, entry


def test_bindings_carry_the_place_in_their_id() -> None:
    ids = [binding.id for binding in keys.bindings("predict") if isinstance(binding, Binding)]
    assert "predict.keep" in ids


@pytest.mark.parametrize(
    ("key", "shown"), [("f1", "F1"), ("pagedown", "pgdn"), ("ctrl+q", "ctrl+q"), ("slash", "/"), ("f", "f")]
)
def test_keys_are_written_for_people(key: str, shown: str) -> None:
    assert face(key) == shown


@pytest.mark.parametrize("place", keys.PLACES)
def test_the_help_of_a_place_lists_all_of_its_keys(place: str) -> None:
    told = keys_told(place)
    assert all(does for _, does in told)
    listed = " ".join(faces for faces, _ in told)
    for entry in keys.PLACES[place]:
        for key in entry.keys.split(","):
            shown = face(key)
            assert shown in listed.split() or (shown in ARROWS and shown in listed), (entry, key)


def test_every_place_has_a_title_for_its_help() -> None:
    assert TITLES.keys() == keys.USUAL.keys()


async def test_how_to_quit_and_to_get_help_stands_in_every_footer() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.model.status == "ready")
        for mode in app.MODES:
            await app.action_go(mode)
            await until(pilot, lambda mode=mode: getattr(app.screen, "PLACE", "") == mode)
            await until(pilot, lambda: text_of(app.screen.query_one(KeyBar)).endswith("F1 help  ctrl+q quit"))
