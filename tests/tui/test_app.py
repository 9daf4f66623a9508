from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot

from namecls.language import set_language
from namecls.paths import log_file
from tests.tui.fakes import FakeEngine, whole_training
from tests.tui.screen import screen_of, text_of
from tests.tui.waiting import until
from tui import keys
from tui.app import NameclsApp
from tui.commands import Finder, command_of, commands_of
from tui.engine.messages import Crashed
from tui.engine.threads import spawn
from tui.screens.dataset import DatasetScreen
from tui.screens.help import HelpScreen
from tui.screens.leave import LeaveScreen
from tui.screens.modal import Commands
from tui.screens.predict import PredictScreen
from tui.screens.train import TrainScreen
from tui.widgets.header import Header

HALF = [*whole_training(12)[: 1 + 5 * 101], None]


async def shows(pilot: Pilot[None], screen: type) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, screen))
    await pilot.pause()


async def training(pilot: Pilot[None]) -> None:
    app = pilot.app
    await shows(pilot, TrainScreen)
    await until(pilot, lambda: app.dataset.table is not None and app.focused is not None)
    await pilot.press("f5")
    await until(pilot, lambda: len(app.training.story.epochs) == 5)


async def test_function_keys_lead_to_every_screen_from_every_screen() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        for key, screen in (("f2", TrainScreen), ("f4", DatasetScreen), ("f3", PredictScreen), ("f4", DatasetScreen),
                            ("f2", TrainScreen), ("f3", PredictScreen)):  # fmt: skip
            await pilot.press(key)
            await shows(pilot, screen)


async def test_what_was_typed_is_there_on_return() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        await pilot.press(*"Nguyen", "f2")
        await shows(pilot, TrainScreen)
        await pilot.press("f3")
        await shows(pilot, PredictScreen)
        await until(pilot, lambda: "Vietnamese" in screen_of(app))


async def test_a_click_on_a_tab_leads_there() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        await pilot.click(Header, offset=(14, 0))
        await shows(pilot, TrainScreen)


@pytest.mark.parametrize("mode", ["predict", "train", "dataset"])
async def test_help_lists_every_key_of_the_place(mode: str) -> None:
    app = NameclsApp(engine=FakeEngine(), start=mode)
    async with app.run_test(size=(120, 90)) as pilot:  # so tall that nothing has to be scrolled to
        await until(pilot, lambda: getattr(app.screen, "PLACE", "") == mode)
        await pilot.press("f1")
        await shows(pilot, HelpScreen)
        shown = screen_of(app)
        for entry in (*keys.PLACES[mode], *keys.APP):
            assert not entry.help or entry.face in shown
        await pilot.press("escape")
        await until(pilot, lambda: getattr(app.screen, "PLACE", "") == mode)


async def test_a_function_key_leaves_the_help_behind() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        await pilot.press("f1")
        await shows(pilot, HelpScreen)
        await pilot.press("f2")
        await shows(pilot, TrainScreen)
        await pilot.press("f3")
        await shows(pilot, PredictScreen)


async def test_light_and_dark() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        await pilot.press("f9")
        assert app.theme == "namecls-light"
        await pilot.press("f9")
        assert app.theme == "namecls-dark"


async def test_the_palette_knows_the_screens_and_the_keys_of_this_one() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        titles = {command.title for command in commands_of(app.screen)}
        assert {
            "Train",
            "Predict",
            "Dataset",
            "Light or dark",
            "Theme",
            "Model",
            "Help",
            "Quit",
            "Screenshot",
        } <= titles
        assert all(
            len(title) < 25 for title in titles - {"Write the names tried, with their answers, to a file"}
        )
        await pilot.press("ctrl+p")
        await shows(pilot, CommandPalette)
        await pilot.press(*"train")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await shows(pilot, TrainScreen)


@pytest.mark.parametrize("place", ["dataset", "mistakes", "runs", "comparisons"])
def test_what_a_command_does_the_second_time_is_not_in_its_title(place: str) -> None:
    for code in ("en", "zh_CN"):
        set_language(code)
        commands = [command_of(key) for key in keys.PLACES[place] if key.help]
        assert commands
        assert not [each.title for each in commands if re.search("[:：;；]", each.title)]
        assert not [each.told for each in commands if re.search("[:：;；]$", each.told)]


def test_a_key_without_a_label_has_the_beginning_of_its_help_as_its_title() -> None:
    (found,) = (command_of(key) for key in keys.PLACES["dataset"] if key.action == "mark_all")
    assert (found.title, found.told) == ("Mark all rows of the list", "* · again: none")


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("quit", "Quit"), ("exit", "Quit"), ("help", "Help"), ("keys", "Help"), ("screenshot", "Screenshot"),
        ("svg", "Screenshot"), ("tune", "Tune"), ("color", "Theme"), ("dark", "Light or dark"), ("data", "Dataset"),
        ("model", "Model"),
    ],
)  # fmt: skip
async def test_the_palette_finds_first_what_people_type(typed: str, title: str) -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        hits = [hit async for hit in Finder(app.screen).search(typed)]
        assert str(max(hits, key=lambda hit: hit.score).prompt) == title


async def test_every_command_of_the_palette_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        for command in [c for c in commands_of(app.screen) if c.title != "Quit"]:
            app.call_later(app.run_action, command.action)
            await pilot.pause()
            while len(app.screen_stack) > 1:  # the palette is not to be had over what another command opened
                await app.pop_screen()
        assert [file.suffix for file in tmp_path.iterdir()] == [".svg"]


# -- leaving --


async def test_leaving_without_a_training_asks_nothing() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        await pilot.press("ctrl+q")
    assert app.return_code == 0


async def test_leaving_while_a_training_runs_asks() -> None:
    app = NameclsApp(engine=FakeEngine(HALF), start="train")
    async with app.run_test(size=(80, 24)) as pilot:
        await training(pilot)
        await pilot.press("ctrl+q")
        await shows(pilot, LeaveScreen)
        assert "Stop, test the best epoch" in screen_of(app)
        await pilot.press("escape")
        await shows(pilot, TrainScreen)
        assert app.training.phase == "running"
        await pilot.press("ctrl+q", "ctrl+q")
        await shows(pilot, LeaveScreen)
        await pilot.press("l")
    app.end_threads(0)
    app.engine.gate.set()
    assert app.end_threads(30)
    assert app.engine.closed.is_set()
    assert app.engine.finishes == 0


async def test_leaving_can_wait_for_the_test_of_what_is_trained() -> None:
    app = NameclsApp(engine=FakeEngine(HALF), start="train")
    async with app.run_test(size=(80, 24)) as pilot:
        await training(pilot)
        await pilot.press("ctrl+q")
        await shows(pilot, LeaveScreen)
        await pilot.press("s")
        await until(pilot, lambda: app.training.phase == "stopping")
        app.engine.gate.set()
        await until(pilot, lambda: app._exit)
    assert app.engine.finishes == 1


async def test_a_training_that_ends_while_leaving_is_asked_about_takes_the_question_away() -> None:
    app = NameclsApp(engine=FakeEngine(HALF), start="train")
    async with app.run_test(size=(80, 24)) as pilot:
        await training(pilot)
        await pilot.press("ctrl+q")
        await shows(pilot, LeaveScreen)
        app.engine.gate.set()
        await until(pilot, lambda: app.training.phase == "done" and isinstance(app.screen, TrainScreen))
        assert not app._exit
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)


async def test_a_training_that_is_kept_already_does_not_hold_anybody_up() -> None:
    app = NameclsApp(engine=FakeEngine([*HALF, *whole_training(12)[1 + 5 * 101 :], None]), start="train")
    async with app.run_test(size=(80, 24)) as pilot:
        await training(pilot)
        app.engine.gate.set()
        await until(pilot, lambda: app.training.story.finished is not None)
        assert app.training.phase == "done"
        assert not app.engine.closed.is_set()  # its thread has not ended yet
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)
    app.engine.gate.set()
    assert app.end_threads(30)


# -- bugs --


async def test_a_bug_leaves_with_a_short_word_and_a_traceback_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    app = NameclsApp(engine=FakeEngine())
    told = []

    async def run_into_it() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            await shows(pilot, PredictScreen)
            monkeypatch.setattr(app, "_print_error_renderables", lambda: told.extend(app._exit_renderables))
            app.post_message(Crashed(ValueError("a bug [x]\x1b[31m")))
            await until(pilot, lambda: app._exception is not None)

    with pytest.raises(ValueError, match="a bug"):
        await run_into_it()
    assert app.return_code == 1
    assert "ValueError: a bug [x]" in log_file().read_text(encoding="utf-8")
    shown = str(told[0])
    assert "ValueError: a bug [x]␛[31m" in shown
    assert str(log_file()) in shown


class PanicException(BaseException):
    """As the table library has it, no `Exception`."""


async def test_a_panic_of_the_table_library_in_a_thread_leaves_like_any_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    app = NameclsApp(engine=FakeEngine())

    def panic() -> None:
        raise PanicException("Worker threads cannot be set to 0")

    async def run_into_it() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            await shows(pilot, PredictScreen)
            spawn("panics", panic, app.post_message)
            await until(pilot, lambda: app._exception is not None)

    with pytest.raises(RuntimeError, match="PanicException: Worker threads cannot be set to 0"):
        await run_into_it()
    assert app.return_code == 1
    assert "PanicException: Worker threads" in log_file().read_text(encoding="utf-8")


async def test_a_name_of_a_run_cannot_steer_the_header() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        monkey = app.screen
        monkey.context = lambda: "x\x1b]0;owned\x07[b]"  # type: ignore[method-assign]
        monkey.refresh_header()
        await pilot.pause()
        assert "x␛]0;owned␇[b]" in text_of(app.screen.query_one(Header))


async def test_an_app_without_unicode_sends_ascii_alone() -> None:
    app = NameclsApp(engine=FakeEngine(HALF), start="train", ascii_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await training(pilot)
        await pilot.pause(0.5)
        assert screen_of(app).isascii()
        await pilot.press("f1")
        await shows(pilot, HelpScreen)
        assert screen_of(app).isascii()
        app.engine.gate.set()


async def test_a_palette_that_is_overtaken_by_a_key_to_another_place_does_no_harm() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.model.status == "ready")
        app.action_command_palette()
        await app.switch_mode("dataset")  # before the palette is there
        await pilot.pause()
        assert app.current_mode == "dataset"
        await app.switch_mode("predict")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, Commands))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
