from __future__ import annotations

import shlex
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from namecls.command_line import tune_command
from namecls.config import PRESETS
from namecls.data.layout import Columns
from namecls.files.background import LOG, TO_RESUME
from namecls.files.control import ask, asked
from namecls.files.locks import Holder, held
from namecls.runs.record import DataRecord
from namecls.runs.run import WEIGHTS, Run
from namecls.search.budget import read_budget, show_budget
from namecls.search.space import SPACE, Range, texts_around
from namecls.search.study import COMPLETED, Study, Winner
from tests.library import SMALL, small_record
from tests.tui.fakes import FakeEngine, epoch_end, progress, started, study, tried
from tests.tui.screen import screen_of, text_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.engine.editing import EditState
from tui.forms.search import FIRST_TEXTS, read_form
from tui.screens.predict import PredictScreen
from tui.screens.studies import StudiesScreen
from tui.screens.train import TrainScreen
from tui.screens.tune import TuneScreen
from tui.widgets.header import Header
from tui.widgets.keybar import KeyBar
from tui.widgets.training_view import ProgressLine
from tui.widgets.trials import SearchLine, TrialDetails, TrialList
from tui.widgets.tuning_form import SearchOutlook, TuningForm

HOLDER = Holder(4711, "lab", "2026-11-23T10:00:00")


def bench(**options: Any) -> NameclsApp:
    return NameclsApp(engine=FakeEngine(), start="tune", **options)


async def ready(pilot: Pilot[None]) -> None:
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, TuneScreen) and app.focused is not None)
    await until(pilot, lambda: app.dataset.table is not None)
    await pilot.pause()


async def looked_at(pilot: Pilot[None], directory: Path, phase: str) -> None:
    await ready(pilot)
    pilot.app.searches.open(directory)
    await until(pilot, lambda: pilot.app.tuning.phase == phase)
    await pilot.pause()


def keybar(app: NameclsApp) -> str:
    return text_of(app.screen.query_one(KeyBar))


# -- before --


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"budget": "soon"}, {"budget": "such as 90s, 10m or 1h30m"}),
        ({"seed": "x"}, {"seed": "seed must be a whole number"}),
        ({"seed": "-1"}, {"seed": "seed must be a whole number from 0"}),
        ({"seed": "x", "budget": ""}, {"seed": "whole number", "budget": "a time"}),
        ({"dropout": "0..2"}, {"dropout": "dropout must be a number from 0 to 0.95"}),
        ({"layers": "one"}, {"layers": "layers: expected a whole number, was: 'one'"}),
        ({"network": "gru,,"}, {"network": "expected values with commas between"}),
        (dict.fromkeys(SPACE, ""), {"learning_rate": "there is nothing to search: name a setting"}),
        (dict.fromkeys(SPACE, " ") | {"layers": "2"}, {"learning_rate": "there is nothing to search"}),
    ],
)
def test_what_is_wrong_in_the_form_is_told(change: dict[str, str], problem: dict[str, str]) -> None:
    wanted, problems = read_form({**FIRST_TEXTS, **texts_around(PRESETS["default"].config), **change})
    assert wanted is None
    assert problems.keys() == problem.keys()
    assert all(text in problems[name] for name, text in problem.items())


def test_the_form_means_a_search() -> None:
    texts = FIRST_TEXTS | texts_around(PRESETS["fast"].config) | dict.fromkeys(SPACE, "")
    told = {"preset": "fast", "objective": "macro-f1", "budget": "1h30m", "seed": "7"}
    wanted, problems = read_form(texts | told | {"dropout": "0.1..0.3", "layers": "2"})
    assert problems == {}
    assert wanted is not None
    assert (wanted.base.preset, wanted.base.seed, wanted.objective, wanted.budget) == (
        "fast",
        7,
        "macro-f1",
        5400.0,
    )
    assert {name: str(dimension) for name, dimension in wanted.space.items()} == {"dropout": "0.1..0.3"}
    assert wanted.base.model.layers == 2  # a single value is searched no further


@pytest.mark.parametrize("preset", PRESETS)
def test_the_values_of_a_preset_are_among_those_that_are_tried(preset: str) -> None:
    texts = texts_around(PRESETS[preset].config)
    wanted, problems = read_form(FIRST_TEXTS | texts | {"preset": preset})
    assert problems == {}
    assert wanted is not None
    for name, dimension in wanted.space.items():
        if not isinstance(dimension, Range):
            assert PRESETS[preset].config.value_of(name) in dimension.values, name
    if preset == "strong":
        assert texts["network"] == ""
        assert "network" not in wanted.space


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"preset": "fast", "objective": "macro-f1", "budget": "90s", "seed": "3"},
        {"layers": "", "network": "gru,lstm", "dropout": "0.1..0.2"},
        {"layers": "3"},
    ],
)
def test_the_command_line_starts_the_same_search(change: dict[str, str]) -> None:
    import typer.main

    from namecls.cli.app import build
    from namecls.cli.tune import _texts

    wanted, _ = read_form(
        FIRST_TEXTS | texts_around(PRESETS[change.get("preset", "default")].config) | change
    )
    assert wanted is not None
    words = shlex.split(
        tune_command(
            wanted.base,
            wanted.texts,
            wanted.objective,
            show_budget(wanted.budget),
            Path("my names.tsv"),
            Path("save_model"),
        )
    )[2:]
    command = typer.main.get_command(build()).commands["tune"]  # type: ignore[attr-defined]
    values = command.make_context("tune", words).params
    assert _texts(wanted.base, values["space"] or [], values["only"]) == dict(wanted.texts)
    assert (values["preset"], values["objective"], values["seed"] or 0) == (
        wanted.base.preset,
        wanted.objective,
        wanted.base.seed,
    )
    assert (values["data"], read_budget(values["budget"])) == (Path("my names.tsv"), wanted.budget)


async def test_the_form_opens_with_what_will_happen_beside_it() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        outlook = " ".join(text_of(app.screen.query_one(SearchOutlook)).split())
        shown = screen_of(app) + outlook
        for words in (
            "F12 Tune",
            "Trials for 10m on",
            "time budget",
            "batch size        64,128,256,512",
            "11 settings searched",
            "namecls tune --budget 10m",
            "F5 start",
        ):
            assert words in shown
        assert "c curves" not in keybar(app)


async def test_a_time_that_is_none_is_told_and_nothing_starts() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        app.screen.query_one("#budget", Input).value = "a while"
        await until(pilot, lambda: "such as 90s" in text_of(app.screen.query_one("#wrong")))
        await until(
            pilot,
            lambda: "form is invalid" in " ".join(text_of(app.screen.query_one(SearchOutlook)).split()),
        )
        await until(pilot, lambda: "F5 start" not in keybar(app))
        await pilot.press("f5")
        await pilot.pause()
        assert app.tuning.phase == "idle"
        assert app.engine.wanted == []


async def test_a_setting_that_is_left_empty_is_not_tried_and_a_preset_fills_the_form_anew() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        app.screen.query_one("#layers", Input).value = ""
        await until(pilot, lambda: "10 settings" in text_of(app.screen.query_one(SearchOutlook)))
        assert "as in the preset" in screen_of(app)
        assert "--only" in text_of(app.screen.query_one(SearchOutlook))
        app.screen.query_one("#dropout", Input).value = "0..7"
        await until(pilot, lambda: "can't be searched over" in text_of(app.screen.query_one("#wrong")))
        await until(pilot, lambda: "F5 start" not in keybar(app))
        await pilot.press("left", "left")  # to the tutorial's
        await until(pilot, lambda: "11 settings" in text_of(app.screen.query_one(SearchOutlook)))
        assert PRESETS["tutorial"].summary in " ".join(text_of(app.screen.query_one("#wrong")).split())
        assert app.screen.query_one("#network", Input).value.startswith("rnn,gru,")
        await pilot.press("f5")
        await until(pilot, lambda: app.engine.wanted)
        assert app.engine.wanted[0].space.keys() == SPACE.keys()


async def test_a_file_that_can_not_be_read_is_told() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        box = app.screen.query_one("#data", Input)
        box.focus()
        box.value = "missing.tsv"
        await pilot.press("enter")
        await until(pilot, lambda: "there is no such file" in text_of(app.screen.query_one("#wrong")))


# -- a search from its start to its end --


async def test_a_search_is_started_watched_stopped_and_its_model_used(tmp_path: Path) -> None:
    made = study(tmp_path, trials=0)
    app = bench(save_dir=tmp_path)
    app.engine.study_directory = made.directory
    with ExitStack() as stack:
        stack.enter_context(held(made.directory))
        async with app.run_test(size=(120, 40)) as pilot:
            await ready(pilot)
            app.screen.query_one("#budget", Input).value = "90s"
            await pilot.press("f5")
            await until(pilot, lambda: app.tuning.phase == "running")
            (wanted,) = app.engine.wanted
            assert (wanted.budget, wanted.base.threads > 0) == (90.0, True)
            assert app.engine.searched == [made.directory]
            assert "between two trials" in text_of(app.screen.query_one(SearchLine))

            made = made.begun(tried(1))
            run = Run.create(tmp_path, SMALL, "tune-001")
            for event in (started(10), progress(40, 10), epoch_end(1), progress(150, 10)):
                run.append(event)
            await until(pilot, lambda: "epoch 2 of 12, 15 %" in text_of(app.screen.query_one(SearchLine)))
            (trial,) = app.tuning.study.trials
            assert trial.figures == (epoch_end(1).valid_accuracy,)
            assert "1/12" in text_of(app.screen.query_one(TrialList))

            made = made.ended(tried(1)).begun(tried(2)).ended(tried(2))
            await until(pilot, lambda: len(app.tuning.study.trials) == 2)
            rows = text_of(app.screen.query_one(TrialList)).splitlines()
            assert "2    80.3 %" in rows[1]
            assert "1    78.1 %" in rows[2]
            assert "lr 0.00321" in text_of(app.screen.query_one(TrialDetails))
            assert "--network lstm+ngram --hidden 192" in " ".join(
                text_of(app.screen.query_one(TrialDetails)).split()
            )

            await pilot.press("s")
            await until(pilot, lambda: asked(made.directory) == "stop")
            assert "stopping" in text_of(app.screen.query_one(SearchLine))
            (tmp_path / "tune-002").mkdir()
            (tmp_path / "tune-002" / WEIGHTS).touch()
            made.won(Winner(trial=2, accuracy=0.7934, macro_f1=0.689, top_3=0.921, rows=6_121))
            stack.close()
            await until(pilot, lambda: app.tuning.phase == "done")
            await until(pilot, lambda: "trial 2 tested: 79.3 %" in text_of(app.screen.query_one(SearchLine)))
            assert "F12 Tune done" in text_of(app.screen.query_one(Header))
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, PredictScreen))
            assert app.model.path == tmp_path / "tune-002"


async def test_one_that_could_not_be_started_says_why(tmp_path: Path) -> None:
    app = bench(save_dir=tmp_path)
    app.engine.study_directory = tmp_path / "nowhere"
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: app.tuning.phase == "failed")
        await pilot.pause()
        assert "expected the directory of a study" in " ".join(screen_of(app).split())
        await pilot.press("n")
        await until(pilot, lambda: app.tuning.phase == "idle")
        assert app.screen.query_one(TuningForm).display


async def test_leaving_asks_nothing_and_stops_nothing(tmp_path: Path) -> None:
    made = study(tmp_path, trials=4)
    app = bench(save_dir=tmp_path)
    with held(made.directory):
        async with app.run_test(size=(80, 24)) as pilot:
            await looked_at(pilot, made.directory, "running")
            await pilot.press("ctrl+q")
        assert app.return_code == 0
        assert app.end_threads(30)
        assert asked(made.directory) == "go"


async def test_it_is_paused_and_goes_on(tmp_path: Path) -> None:
    made = study(tmp_path, trials=4)
    app = bench(save_dir=tmp_path)
    with held(made.directory):
        async with app.run_test(size=(80, 24)) as pilot:
            await looked_at(pilot, made.directory, "running")
            await pilot.press("space")
            await until(pilot, lambda: asked(made.directory) == "pause")
            await until(pilot, lambda: "paused; space resumes" in text_of(app.screen.query_one(SearchLine)))
            await until(pilot, lambda: "space resume" in text_of(app.screen.query_one(KeyBar)))
            assert "F12 Tune ‖" in text_of(app.screen.query_one(Header))
            await pilot.press("space")
            await until(pilot, lambda: asked(made.directory) == "go")
            await until(pilot, lambda: app.tuning.phase == "running")
            ask(made.directory, "pause")  # another app
            await until(pilot, lambda: app.tuning.phase == "paused")
            await pilot.press("s")
            await until(pilot, lambda: asked(made.directory) == "stop")
            assert app.tuning.phase == "stopping"


async def test_the_best_so_far_stands_beside_the_preset(tmp_path: Path) -> None:
    made = study(tmp_path, trials=1)
    app = bench(save_dir=tmp_path)
    with held(made.directory):
        async with app.run_test(size=(80, 24)) as pilot:
            await looked_at(pilot, made.directory, "running")
            line = app.screen.query_one(SearchLine)
            assert text_of(line).endswith("best validation accuracy 78.1 % of trial 1")
            assert "the preset's" in text_of(app.screen.query_one(TrialList))
            made.begun(tried(2)).ended(tried(2))
            await until(pilot, lambda: "80.3 % of trial 2; the preset default has 78.1 %" in text_of(line))
            assert "lr 0.00321  network lstm+ngram" in text_of(app.screen.query_one(TrialList))


async def test_one_whose_process_was_interrupted_did_not_fail_and_shows_its_trials_while_it_begins_again(
    tmp_path: Path,
) -> None:
    made = study(tmp_path, trials=4)
    app = bench(save_dir=tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        with held(made.directory):
            await looked_at(pilot, made.directory, "running")
            (made.directory / LOG).write_text(f"interrupted\n  {TO_RESUME} namecls tune --resume tune\n")
        await until(pilot, lambda: app.tuning.phase == "done")
        await pilot.pause()
        assert "interrupted; r resumes" in text_of(app.screen.query_one(SearchLine))
        assert "to resume" in text_of(app.screen.query_one(TrialList))
        gate = threading.Event()
        app.engine.start_search = lambda _directory: gate.wait(120)
        await pilot.press("r")
        await pilot.pause()
        assert "getting ready" in text_of(app.screen.query_one(SearchLine))
        assert "80.3 %" in text_of(app.screen.query_one(TrialList))
        gate.set()
        await until(pilot, lambda: app.tuning.phase == "done")


async def test_one_whose_process_failed_says_why(tmp_path: Path) -> None:
    made = study(tmp_path, trials=4)
    app = bench(save_dir=tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        with held(made.directory):
            await looked_at(pilot, made.directory, "running")
            (made.directory / LOG).write_text("namecls: out of memory [/b]\x1b[31m\n")
        await until(pilot, lambda: app.tuning.phase == "failed")
        await pilot.pause()
        assert "out of memory [/b]␛[31m" in text_of(app.screen.query_one(SearchLine))
        assert "r resume" in keybar(app)


# -- its trials --


async def test_the_cursor_stays_on_its_trial(tmp_path: Path) -> None:
    made = study(tmp_path, trials=2)
    app = bench(save_dir=tmp_path)
    with held(made.directory):
        async with app.run_test(size=(80, 24)) as pilot:
            await looked_at(pilot, made.directory, "running")
            await pilot.press("j")
            await until(pilot, lambda: app.screen.query_one(TrialDetails).border_title.startswith("trial 1 "))
            third = tried(3, status=COMPLETED, figures=(0.9,), best_epoch=1, accuracy=0.9)
            made.begun(third).ended(third)
            await until(pilot, lambda: len(app.tuning.study.trials) == 3)
            await pilot.pause()
            assert app.screen.query_one(TrialList).current.number == 1
            await pilot.press("g")
            await until(pilot, lambda: app.screen.query_one(TrialDetails).border_title.startswith("trial 3 "))
            await pilot.press("G")
            await until(pilot, lambda: app.screen.query_one(TrialList).current.number == 1)


async def test_the_curves_of_a_trial_show_in_train(tmp_path: Path) -> None:
    made = study(tmp_path)
    app = bench(save_dir=tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await looked_at(pilot, made.directory, "done")
        assert "enter use it" not in keybar(app)  # there are no weights
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.training.replay)
        assert app.training.directory == tmp_path / "tune-002"
        assert app.training.study == "tune"


async def test_the_curves_of_the_trial_in_work_go_on(tmp_path: Path) -> None:
    made = study(tmp_path, trials=4)
    run = Run.create(tmp_path, SMALL, "tune-004")
    small_record().write(run.directory)
    app = bench(save_dir=tmp_path)
    with held(made.directory), held(run.directory):
        async with app.run_test(size=(80, 24)) as pilot:
            await looked_at(pilot, made.directory, "running")
            await pilot.press("G", "c")
            await until(pilot, lambda: isinstance(app.screen, TrainScreen))
            await until(
                pilot, lambda: app.training.directory == run.directory and app.training.phase == "starting"
            )


async def test_a_trial_that_ends_while_it_is_looked_at_did_not_fail_and_is_not_offered_again(
    tmp_path: Path,
) -> None:
    made = study(tmp_path, trials=4)
    run = Run.create(tmp_path, SMALL, "tune-004")
    small_record().write(run.directory)
    run.append(started())
    run.append(progress(3))
    app = bench(save_dir=tmp_path)
    with held(made.directory):
        async with app.run_test(size=(80, 24)) as pilot:
            with held(run.directory):
                await looked_at(pilot, made.directory, "running")
                await pilot.press("G", "c")
                await until(pilot, lambda: isinstance(app.screen, TrainScreen))
                await until(pilot, lambda: app.training.phase == "running")
                await pilot.pause()
                assert "s stop" not in keybar(app)  # its search stops, or nothing
            await until(pilot, lambda: app.training.phase not in ("starting", "running"))
            await pilot.pause()
            assert app.training.phase == "done"
            assert not app.training.problem
            assert "r resume" not in keybar(app)
            assert "a trial of tune" in text_of(app.screen.query_one(ProgressLine))
            await pilot.press("f3")
            await pilot.pause()
            assert "failed" not in screen_of(app)
            assert "interrupted" not in screen_of(app)


# -- those that were there before --


async def test_one_that_was_interrupted_goes_on(tmp_path: Path) -> None:
    made = study(tmp_path, trials=4)
    app = bench(save_dir=tmp_path)
    app.engine.studies = [(made, None)]
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await until(pilot, lambda: "tune was interrupted. F8 lists" in screen_of(app))
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, StudiesScreen) and app.screen._studies)
        await pilot.pause()
        assert "interrupted" in screen_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.tuning.phase == "done")
        await pilot.pause()
        assert "interrupted; r resumes" in text_of(app.screen.query_one(SearchLine))
        await pilot.press("r")
        await until(pilot, lambda: app.engine.searched == [made.directory])


async def test_one_that_runs_is_told_of_and_one_that_is_over_does_not_go_on(tmp_path: Path) -> None:
    runs, over = study(tmp_path, name="runs"), study(tmp_path, name="over", tested=True)
    app = bench(save_dir=tmp_path)
    app.engine.studies = [(over, None), (runs, HOLDER)]
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await until(pilot, lambda: "runs is running in a background process" in screen_of(app))
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, StudiesScreen) and app.screen._studies)
        await pilot.press("j", "k", "escape")
        await looked_at(pilot, over.directory, "done")
        assert "trial 2 tested" in text_of(app.screen.query_one(SearchLine))
        assert "r resume" not in keybar(app)


async def test_a_list_without_searches_teaches() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("f8")
        await until(
            pilot, lambda: isinstance(app.screen, StudiesScreen) and "F5 starts one" in screen_of(app)
        )
        assert app.screen.list.count == 0
        await pilot.press("enter", "escape")
        await until(pilot, lambda: isinstance(app.screen, TuneScreen))


# -- terminals --


async def test_hostile_text_is_shown_and_not_sent(tmp_path: Path) -> None:
    payload = "x\x1b]52;c;Zm9v\x07[/b]\u202e"
    columns = Columns(payload, 2, None)
    data = DataRecord(file=payload, path=Path(payload), sha256=payload, columns=columns)
    made = study(tmp_path, trials=0, data=data)
    bad = tried(1, status="failed", problem=payload)
    made = made.begun(bad).ended(bad)
    app = bench(save_dir=tmp_path)
    app.engine.studies = [(made, None)]
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, StudiesScreen) and app.screen._studies)
        await pilot.pause()
        shown = screen_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.tuning.phase == "done")
        await pilot.pause()
        shown += screen_of(app)
        assert "x␛]52;c;Zm9v␇[/b]" in shown
        assert not set("\x1b\x07\u202e") & set(shown)


async def test_without_unicode_all_is_ascii(tmp_path: Path) -> None:
    made = study(tmp_path, trials=4)
    app = bench(save_dir=tmp_path, ascii_only=True)
    with held(made.directory):
        async with app.run_test(size=(80, 24)) as pilot:
            await looked_at(pilot, made.directory, "running")
            assert "###" in text_of(app.screen.query_one(SearchLine))
            assert text_of(app.screen.query_one(TrialList)).isascii()


async def test_over_a_slow_line_it_is_drawn_seldom(tmp_path: Path) -> None:
    made = study(tmp_path, trials=1)
    app = bench(save_dir=tmp_path, low_bandwidth=True)
    with held(made.directory):
        async with app.run_test(size=(80, 24)) as pilot:
            await looked_at(pilot, made.directory, "running")
            drawn = text_of(app.screen.query_one(TrialList))
            made.begun(tried(2)).ended(tried(2))
            await until(pilot, lambda: len(app.tuning.study.trials) == 2)
            assert app.screen._due is not None
            assert text_of(app.screen.query_one(TrialList)) == drawn
            await until(pilot, lambda: "80.3 %" in text_of(app.screen.query_one(TrialList)))


def test_a_study_that_is_damaged_is_left_out_of_the_list(tmp_path: Path) -> None:
    from tui.engine.library import Library

    good = study(tmp_path, name="good")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "study.jsonl").write_text("{")
    assert Library().list_studies(tmp_path) == [(Study.open(good.directory), None)]


async def test_keys_that_come_at_once_start_what_they_say() -> None:
    app = bench()
    asked: list[Any] = []
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        app.searches.start = lambda wanted, _table: asked.append(wanted)
        box = app.screen.query_one("#budget", Input)
        box.focus()
        await pilot.pause()
        box.value = "7m"
        app.screen.action_start()  # before the message of what was typed
        assert [wanted.budget for wanted in asked] == [420]
        box.value = "soon"
        app.screen.action_start()
        assert len(asked) == 1
        assert app.focused is box
        await until(pilot, lambda: "F5 fix" in keybar(app))
        box.value = "9m"
        app.screen.action_show_problem()
        assert [wanted.budget for wanted in asked] == [420, 540]


async def test_a_file_that_was_typed_is_opened_first(tmp_path: Path) -> None:
    app = bench()
    opened: list[Path | None] = []
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        app.searches.start = lambda *_asked: pytest.fail("started on another file")
        app.open_dataset = opened.append
        app.screen.query_one("#data", Input).value = str(tmp_path / "names.tsv")
        app.screen.action_start()
        await until(pilot, lambda: opened == [tmp_path / "names.tsv"])


async def test_edits_of_the_open_file_are_searched_on(tmp_path: Path) -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        app.edits = EditState(file=tmp_path / "names.edits.jsonl", count=2, told="2 edits")
        await until(pilot, lambda: "2 edits by names.edits.jsonl" in screen_of(app))
        assert f"--edits {tmp_path / 'names.edits.jsonl'}" in app.screen.copied()
