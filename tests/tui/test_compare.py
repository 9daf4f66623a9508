from __future__ import annotations

import shlex
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from namecls.command_line import compare_command
from namecls.config import PRESETS
from namecls.events import event_to_json
from namecls.files.background import LOG, TO_RESUME
from namecls.files.control import asked
from namecls.files.locks import Holder, held
from namecls.files.storage import append_line, write_json
from namecls.runs.history import HISTORY
from namecls.runs.record import DataRecord
from namecls.search.compared import COMPARISON, runs_to_json
from namecls.search.experiment import EXPERIMENT, MEASURED, Experiment
from namecls.text import json_text
from tests.tui.fakes import FakeEngine, epoch_end, experiment, progress, started
from tests.tui.screen import screen_of, text_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.forms.comparison import FIRST_TEXTS, read_form
from tui.screens.compare import CompareScreen
from tui.screens.comparisons import ComparisonsScreen
from tui.screens.tune import TuneScreen
from tui.state import ComparingState, LiveRun
from tui.widgets.compared_view import ComparedCurves, ComparisonLine, DifferenceList, NetworkTable
from tui.widgets.comparing_form import ComparingForm, ComparisonOutlook
from tui.widgets.keybar import KeyBar

HOLDER = Holder(4711, "lab", "2026-11-23T10:00:00")
HOSTILE = "O[x]\x1b]52;c;Zm9v\x07 [/b]\u202e"


def bench(**options: Any) -> NameclsApp:
    return NameclsApp(engine=FakeEngine(), start="compare", **options)


async def ready(pilot: Pilot[None]) -> CompareScreen:
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.focused is not None)
    await until(pilot, lambda: app.dataset.table is not None)
    await pilot.pause()
    return app.screen


def kept(save_dir: Path, measured: int) -> Experiment:
    """A comparison on disk."""
    found = experiment(save_dir, measured)
    found.directory.mkdir()
    write_json(found.directory / EXPERIMENT, found.to_json())
    write_json(found.directory / MEASURED, runs_to_json(found.measured))
    if found.result is not None:
        write_json(found.directory / COMPARISON, found.result.to_json())
    return found


# -- before --


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"networks": "rnm"}, {"networks": "rnm"}),
        ({"networks": "rnn, rnn"}, {"networks": "each once"}),
        ({"networks": ""}, {"networks": "network"}),
        ({"seeds": "x"}, {"seeds": "whole numbers with commas between"}),
        ({"seeds": ""}, {"seeds": "whole numbers with commas between"}),
        ({"seeds": "1,1"}, {"seeds": "each once"}),
        ({"seeds": "-1"}, {"seeds": "seed must be a whole number from 0"}),
        ({"epochs": "0", "seeds": "y"}, {"epochs": "epochs must be", "seeds": "whole numbers"}),
    ],
)
def test_what_is_wrong_in_the_form_is_told(change: dict[str, str], problem: dict[str, str]) -> None:
    wanted, problems = read_form({**FIRST_TEXTS, **change})
    assert wanted is None
    assert problems.keys() == problem.keys()
    assert all(text in problems[name] for name, text in problem.items())


def test_the_form_means_a_comparison() -> None:
    wanted, problems = read_form(
        {"preset": "fast", "networks": "gru, gru+ngram", "seeds": "3, 1", "epochs": "2"}
    )
    assert problems == {}
    assert wanted is not None
    assert (wanted.networks, wanted.seeds) == (("gru", "gru+ngram"), (3, 1))
    assert wanted.base == PRESETS["fast"].config.changed({"epochs": 2})


def test_the_command_of_a_comparison() -> None:
    base = PRESETS["tutorial"].config
    data = DataRecord(file="", path=Path("my names.tsv"))
    told = compare_command(base, ("rnn", "gru"), (0, 1), None, Path("save_model"))
    assert told == "namecls compare --cells rnn,gru --seeds 0,1"
    fast = PRESETS["fast"].config.changed({"epochs": 2})
    words = shlex.split(compare_command(fast, ("rnn",), (0,), data, Path("runs here")))
    assert words == [
        *("namecls", "compare", "--data", "my names.tsv", "--cells", "rnn", "--seeds", "0"),
        *("--preset", "fast", "--epochs", "2", "--save-dir", "runs here"),
    ]


async def test_it_starts_in_the_background_with_what_the_form_says() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        assert "9 trainings" in text_of(screen.query_one(ComparisonOutlook))
        screen.query_one("#seeds", Input).value = "4,5"
        await until(pilot, lambda: "6 trainings" in screen_of(app))
        await pilot.press("f5")
        await until(pilot, lambda: app.engine.compared)
        (wanted,) = app.engine.wanted_comparisons
        assert (wanted.networks, wanted.seeds) == (("rnn", "lstm", "gru"), (4, 5))
        assert app.engine.compared == [Path("save_model/compare")]


async def test_nothing_starts_while_something_is_wrong() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await ready(pilot)
        screen.query_one("#networks", Input).value = HOSTILE
        await until(pilot, lambda: screen.query_one("#of-networks").has_class("-wrong"))
        assert screen.query_one(ComparingForm).wanted is None
        await until(pilot, lambda: "F5 start" not in text_of(screen.query_one(KeyBar)))
        assert "\x1b" not in screen_of(app)


async def test_tune_leads_there_and_back() -> None:
    app = NameclsApp(engine=FakeEngine(), start="tune")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, TuneScreen) and app.focused is not None)
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.screen, TuneScreen))


# -- while it runs --


async def test_it_is_followed_paused_and_stopped_by_what_it_writes(tmp_path: Path) -> None:
    found = kept(tmp_path, 4)
    run = tmp_path / found.run_name("lstm", 1)
    run.mkdir()
    for event in (started(5), progress(90, 5), epoch_end(1)):
        append_line(run / HISTORY, json_text(event_to_json(event)))
    app = bench(save_dir=tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await ready(pilot)
        with ExitStack() as working:
            working.enter_context(held(found.directory))
            app.comparisons.open(found.directory)
            await until(pilot, lambda: app.comparing.live is not None)
            await until(pilot, lambda: "lstm, seed 1  epoch 2 of 5" in screen_of(app))
            assert app.comparing.live == LiveRun("lstm", 1, (epoch_end(1).valid_accuracy,), 90 / 500)
            assert "4 of 9 runs" in text_of(screen.query_one(ComparisonLine))
            await pilot.press("space")
            await until(pilot, lambda: asked(found.directory) == "pause")
            await until(pilot, lambda: "paused; space resumes" in screen_of(app))
            write_json(found.directory / MEASURED, runs_to_json(experiment(tmp_path, 5).measured))
            await until(pilot, lambda: "5 of 9 runs" in screen_of(app))
            await pilot.press("s")
            await until(pilot, lambda: asked(found.directory) == "stop")
            await until(pilot, lambda: "stopping" in screen_of(app))
            (found.directory / LOG).write_text(f"{TO_RESUME} namecls compare --resume x\n")
        await until(pilot, lambda: app.comparing.phase == "done")
        await until(pilot, lambda: "interrupted; r resumes" in screen_of(app))
        await pilot.press("r")
        await until(pilot, lambda: app.engine.compared == [found.directory])


async def test_its_end_shows_which_differences_exceed_the_noise(tmp_path: Path) -> None:
    found = kept(tmp_path, 9)
    app = bench(save_dir=tmp_path)
    app.engine.comparisons = [(found, None), (experiment(tmp_path, 2), HOLDER)]
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await ready(pilot)
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, ComparisonsScreen) and "9/9" in screen_of(app))
        assert "running" in screen_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.comparing.phase == "done")
        await until(pilot, lambda: "within the noise" in text_of(screen.query_one(DifferenceList)))
        table = text_of(screen.query_one(NetworkTable))
        assert "3/3   39.4 ±0.4 %   28.4 ±0.4 %     13.0 ±1.0   0.21 ±0.01" in table
        differences = text_of(screen.query_one(DifferenceList))
        assert "exceeds the noise rnn - lstm accuracy   -3.0 (-4.2 to -1.8) points" in differences
        assert "within the noise  lstm - gru macro-F1   -1.0 (-2.2 to +0.2) points" in differences
        assert screen.query_one("#curves-validation").display
        await pilot.press("z")
        assert [each.display for each in screen.query(ComparedCurves)] == [False, True]
        await pilot.press("n")
        assert app.comparing.phase == "idle"


async def test_a_process_that_fails_leaves_its_word(tmp_path: Path) -> None:
    found = kept(tmp_path, 1)
    app = bench(save_dir=tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        with held(found.directory):
            app.comparisons.open(found.directory)
            await until(pilot, lambda: app.comparing.phase == "running")
            (found.directory / LOG).write_text(f"error: {HOSTILE}\n")
        await until(pilot, lambda: app.comparing.phase == "failed")
        await until(pilot, lambda: "O[x]␛]52" in screen_of(app))
        assert app.comparing.can_go_on


async def test_hostile_names_are_literal_in_every_part(tmp_path: Path) -> None:
    found = experiment(tmp_path, 9, (HOSTILE, "gru"))
    app = bench(save_dir=tmp_path)
    app.engine.comparisons = [(replace(found, networks=(HOSTILE,), data=DataRecord(file=HOSTILE)), HOLDER)]
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        app.comparing = ComparingState("running", found.directory, found, LiveRun(HOSTILE, 1), HOLDER)
        await until(pilot, lambda: screen_of(app).count("O[x]␛]52") >= 3)
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, ComparisonsScreen) and "O[x]␛" in screen_of(app))
        assert "\x1b" not in screen_of(app)


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_many_networks_and_odd_numbers_are_drawn(tmp_path: Path, ascii_only: bool) -> None:
    networks = [f"{cell}+ngram{',gru' * at}" for at in range(4) for cell in ("rnn", "lstm", "gru", "cnn")]
    found = experiment(tmp_path, 48, networks)
    odd = [replace(run, validation=(), reach=(), far=None, seconds=1e12) for run in found.measured]
    app = bench(save_dir=tmp_path, ascii_only=ascii_only)
    async with app.run_test(size=(60, 16)) as pilot:
        screen = await ready(pilot)
        for measured in (found.measured, tuple(odd)):
            app.comparing = ComparingState(
                "done", found.directory, replace(found, measured=measured), None, None
            )
            await pilot.pause()
        await pilot.press("G", "z")
        last = screen.query_one(DifferenceList)
        assert last.cursor == last.count - 1 == 16 * 15 - 1
        assert not ascii_only or screen_of(app).isascii()
