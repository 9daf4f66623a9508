"""Runs: listed, filtered, sorted, laid over each other, noted on, deleted and taken back."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from namecls.files.locks import Holder
from namecls.paths import packaged_model
from namecls.runs.discarded import ASIDE, discard_run
from namecls.runs.listing import RunInfo
from namecls.runs.run import Run
from tests.tui.fakes import FakeEngine, run_info
from tests.tui.screen import screen_of, text_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.drawing.run_columns import COLUMNS, amount, haystack, listed
from tui.engine.library import Library
from tui.engine.looking import look_at
from tui.screens.predict import PredictScreen
from tui.screens.relabel import CorrectScreen
from tui.screens.runs import MOST_MARKED, RunsScreen
from tui.screens.train import TrainScreen
from tui.state import TrainingState
from tui.widgets.keybar import KeyBar
from tui.widgets.run_curves import RunCurves
from tui.widgets.run_list import RunList
from tui.widgets.run_words import RunWords

HOSTILE = "x\x1b]52;c;Zm9v\x07[/b]\u202e"
RUNS = [
    run_info(
        "first", accuracy=0.7, seed=3, parameters=166_321, seconds=94.0, ece=0.02, created="2026-11-21T09:15"
    ),
    run_info("second-run", accuracy=0.9, note="the best", tags=("good",), created="2026-11-23T09:15"),
    run_info("third", accuracy=None, macro_f1=None, rows=0, status="unfinished", created="2026-11-22T09:15"),
    run_info("broken", accuracy=0.6, data="other.tsv", created="2026-11-20T09:15"),
]


def bench(save_dir: Path = Path("save_model")) -> NameclsApp:
    engine = FakeEngine()
    engine.runs = list(RUNS)
    return NameclsApp(engine=engine, start="runs", save_dir=save_dir)


async def shown(pilot: Pilot[None]) -> RunsScreen:
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen._runs)
    screen = app.screen
    assert isinstance(screen, RunsScreen)
    await looked(pilot, screen)
    return screen


async def looked(pilot: Pilot[None], screen: RunsScreen) -> None:
    """Wait until all that shows is known."""
    await until(
        pilot,
        lambda: (
            screen.pointed.directory in screen._looked
            and all(place in screen._looked for _, _, place in screen._overlaid)
        ),
    )
    await pilot.pause()


def names(screen: RunsScreen) -> list[str]:
    return [info.name for info in screen._shown]


def words(screen: RunsScreen) -> str:
    """What the panel says, on one line."""
    return " ".join(text_of(screen.query_one(RunWords)).split())


async def test_runs_are_filtered_as_one_types_and_sorted_by_any_column() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot)
        assert names(screen) == ["second-run", "third", "first", "broken"]  # the newest first
        await pilot.press("slash", *"names BEST")
        assert names(screen) == ["second-run"]
        assert "1 of 4 runs" in screen_of(app)
        screen.query_one("#filter", Input).value = "#good"
        await until(pilot, lambda: names(screen) == ["second-run"])
        screen.query_one("#filter", Input).value = "unfin"
        await until(pilot, lambda: names(screen) == ["third"])
        screen.query_one("#filter", Input).value = "none such"
        await until(pilot, lambda: names(screen) == [])
        assert "No run has all of these words" in screen_of(app)
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(names(screen)) == 4)
        await pilot.press("s")
        assert names(screen) == ["broken", "first", "second-run", "third"]
        await pilot.press("S")
        assert names(screen) == ["third", "second-run", "first", "broken"]
        place = screen_of(app).splitlines()[2].index("accuracy")
        await pilot.click(RunList, offset=(place + 1, 0))
        await until(pilot, lambda: names(screen) == ["second-run", "first", "broken", "third"])
        await pilot.click(RunList, offset=(place + 1, 0))
        await until(pilot, lambda: names(screen) == ["broken", "first", "second-run", "third"])


def test_the_unknown_comes_last_however_it_is_sorted() -> None:
    runs = [(info, haystack(info)) for info in RUNS]
    for at, column in enumerate(COLUMNS):
        for down in (True, False):
            found = listed(runs, (), at, down=down)
            values = [column.value(info) for info in found]
            known = [value for value in values if value is not None]
            assert values[: len(known)] == sorted(known, reverse=down), column.title
    assert [amount(n) for n in (12, 166_321, 3_234_134)] == ["12", "166k", "3.23M"]


async def test_the_diagnosis_of_the_run_under_the_cursor_shows_with_its_figures_and_its_command() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot)
        await pilot.press("j", "j")
        await looked(pilot, screen)
        told = words(screen)
        for part in (
            "first",
            "Overfitting.",
            "More dropout.",
            "accuracy 70.0 %",
            "166,321 parameters",
            "seed 3",
            "1:34",
        ):
            assert part in told
        await pilot.press("y")
        assert app.clipboard == "namecls train --save-dir save_model"
        await pilot.press("j")
        await looked(pilot, screen)
        assert "expected a history [/b]␛[31m" in words(screen)


async def test_marked_runs_lie_over_each_other_and_a_cursor_reads_all_against_the_baseline() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot)
        await pilot.press("b", "space", "space")
        await looked(pilot, screen)
        assert [sign for sign, _, _ in screen._overlaid] == ["B", "2"]
        curve = app.engine.look_at(RUNS[1].directory, app.save_dir).curves["valid_loss"]
        other = app.engine.look_at(RUNS[2].directory, app.save_dir).curves["valid_loss"]
        read = text_of(screen.query_one(RunCurves))
        assert "validation loss by epoch" in screen_of(app)
        assert f"{curve.values[-1]:.3f}" in read
        assert f"{other.values[-1] - curve.values[-1]:+.3f}" in read
        screen.query_one(RunCurves).read(-1000)
        await pilot.press("right", "left")
        read = text_of(screen.query_one(RunCurves))
        assert "at epoch 1.0" in read
        assert f"{curve.values[0]:.3f}" in read
        await pilot.press("m", "x", "w")
        await pilot.pause()
        title = "validation accuracy by time, exponential moving average 0.6"
        assert title in screen_of(app)
        assert "at time 0:00" in text_of(screen.query_one(RunCurves))
        await pilot.press("escape")
        assert screen._marks == {}
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))


async def test_at_most_nine_are_marked_and_a_number_is_given_again() -> None:
    app = bench()
    app.engine.runs = [run_info(f"run-{n:02}", created=f"2026-11-{30 - n}") for n in range(MOST_MARKED + 1)]
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        await pilot.press(*["space"] * (MOST_MARKED + 1))
        assert sorted(screen._marks.values()) == list(range(1, MOST_MARKED + 1))
        await pilot.press("home", "j", "space", "end", "space")
        assert screen._marks[screen._shown[-1].directory] == 2
        await pilot.press("v")
        await until(pilot, lambda: screen.query_one(RunCurves).display)
        await looked(pilot, screen)
        assert "validation loss by epoch" in screen_of(app)
        for number in range(2, MOST_MARKED + 1):  # without their names, where there is no room for these
            assert f"{number} " in text_of(screen.query_one(RunCurves))
        await pilot.press("z")
        await pilot.pause()
        for number in range(1, MOST_MARKED + 1):
            assert f"{number} run-" in text_of(screen.query_one(RunCurves))


async def test_only_what_differs_of_their_settings_shows() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot)
        await pilot.press("v")
        assert "Mark two runs" in words(screen)
        await pilot.press("space", "space")
        await looked(pilot, screen)
        lines = text_of(screen.query_one(RunWords)).splitlines()
        assert lines[1].split()[0] == "seed"
        assert len(lines) == 2  # and nothing else
        assert lines[1].split()[-2:] == [str(sum(map(ord, name)) % 11) for name in ("second-run", "third")]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_of_runs_on_other_rows_it_is_told_that_their_figures_may_be_of_others(
    size: tuple[int, int],
) -> None:
    """As of two trainings before and after edits."""
    app = bench()
    look_at = app.engine.look_at
    rows = {"second-run": "before", "third": "before", "first": "after"}
    app.engine.look_at = lambda place, save_dir: replace(
        look_at(place, save_dir), rows=rows.get(place.name, "")
    )
    async with app.run_test(size=size) as pilot:
        screen = await shown(pilot)
        told = (
            "Data, edits or split differ, and so may the test rows; on those of both: namecls runs compare."
        )
        await pilot.press("b", "j")  # the baseline, and another of the same rows
        await looked(pilot, screen)
        assert told not in words(screen)
        await pilot.press("j")  # one of other rows
        await looked(pilot, screen)
        await until(pilot, lambda: told in words(screen))
        await pilot.press("v", *(["v"] if size[0] < 100 else []))
        await until(pilot, lambda: told in words(screen))
        await pilot.press("j")  # one of which that is not known
        await looked(pilot, screen)
        assert told not in words(screen)


async def test_a_note_and_tags_are_written_and_found() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        await pilot.press("j", "n")
        await until(pilot, lambda: isinstance(app.screen, CorrectScreen))
        app.screen.query_one(Input).value = f"look again {HOSTILE} #later"
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen and screen.pointed.tags == ("later",))
        assert app.engine.noted[RUNS[2].directory].startswith("look again")
        assert "look again x␛]52;c;Zm9v␇[/b]" in words(screen)
        await pilot.press("slash", *"#later")
        assert names(screen) == ["third"]


async def test_a_run_is_deleted_when_one_means_it_and_comes_back(trained_run: Path, tmp_path: Path) -> None:
    app = bench(tmp_path)
    for name in ("one", "two"):
        shutil.copytree(trained_run, tmp_path / name)
    app.engine.runs = runs = [run_info(name, directory=tmp_path / name) for name in ("one", "two")]
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot)
        assert "u undo" not in text_of(app.screen.query_one(KeyBar))
        await pilot.press("d", "j", "k", "d")  # asked twice, and never answered
        await pilot.pause()
        assert (tmp_path / "one").is_dir()
        await pilot.press("space", "k", "d", "d")
        await until(pilot, lambda: not (tmp_path / "one").exists())
        app.engine.runs = runs[1:]
        await until(pilot, lambda: names(screen) == ["two"])
        assert screen._marks == {}
        app.engine.runs = runs
        await pilot.press("u")
        await until(pilot, (tmp_path / "one" / "config.json").is_file)
        await until(pilot, lambda: screen.pointed.name == "one")
        assert sorted(names(screen)) == ["one", "two"]
        await pilot.press("home", "d", "d")
        await until(pilot, lambda: len(list(tmp_path.glob("*/config.json"))) == 1)
        app.end_threads(1.0)
        assert not (tmp_path / ASIDE).exists()


async def test_a_run_that_is_just_handed_over_is_not_deleted(tmp_path: Path) -> None:
    """For a moment nobody holds it, and it looks interrupted."""
    app = bench(tmp_path)
    app.engine.runs = [run_info("mine", status="unfinished", directory=tmp_path / "mine")]
    async with app.run_test(size=(100, 30)) as pilot:
        screen = await shown(pilot)
        await until(pilot, lambda: screen.pointed is not None and screen.check_action("delete", ()))
        app.training = TrainingState("stopping", directory=tmp_path / "mine", handing_over=True)
        assert not screen.check_action("delete", ())
        screen.action_delete()
        screen.action_delete()
        assert not app.discarding.last
        app.training = TrainingState()
        assert screen.check_action("delete", ())


def test_what_a_killed_app_deleted_is_gone_when_the_next_one_looks_for_what_was_left(
    trained_run: Path, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        shutil.copytree(trained_run, tmp_path / name)
    discard_run(tmp_path, "one")._hold.close()  # as the end of a process does
    kept = discard_run(tmp_path, "two")
    assert Library().find_unfinished(tmp_path) == []
    assert [place.name for place in (tmp_path / ASIDE).iterdir()] == ["two-1"]
    kept.restore()


async def test_enter_shows_a_run_in_train_and_keys_lead_on() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.training.replay)
        await pilot.press("ctrl+l")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("j")
        await until(pilot, lambda: "r resume" in text_of(screen.query_one(KeyBar)))
        await pilot.press("r")
        await until(pilot, lambda: app.engine.resumed == [True])
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))


async def test_its_model_is_used_in_predict() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
        assert app.model.path == RUNS[1].directory


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 50)])
async def test_hostile_names_notes_and_problems_are_shown_and_not_sent(size: tuple[int, int]) -> None:
    app = bench()
    hostile = {"title": HOSTILE, "data": HOSTILE, "note": HOSTILE, "tags": (HOSTILE,), "study": HOSTILE}
    app.engine.runs = [
        run_info(HOSTILE + str(at), status=status, problem=HOSTILE, created=HOSTILE, holder=holder, **hostile)
        for at, (status, holder) in enumerate(
            [("finished", None), ("running", Holder(1, HOSTILE, HOSTILE)), ("damaged", None), ("trial", None)]
        )
    ]
    async with app.run_test(size=size) as pilot:
        screen = await shown(pilot)
        told = screen_of(app)
        for key in ("space", "space", "b", "v", "v", "j", "d", "u", "z"):
            await pilot.press(key)
            await looked(pilot, screen)
            told += screen_of(app)
        assert "x␛]52;c;Zm9v␇[/b]" in told
        assert not set("\x1b\x07\u202e") & set(told)


async def test_of_thousands_only_those_that_show_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    app = bench()
    app.engine.runs = [run_info(f"run-{n:04}", accuracy=n / 5000) for n in range(5000)]
    drawn: list[int] = []
    item = RunList.item

    def counted(self: RunList, place: int, *room: object) -> object:
        drawn.append(place)
        return item(self, place, *room)  # type: ignore[arg-type]

    monkeypatch.setattr(RunList, "item", counted)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        await until(pilot, lambda: len(names(screen)) == 5000)
        drawn.clear()
        await pilot.press("slash", *"4999")
        assert names(screen) == ["run-4999"]
        assert len(drawn) < 100


async def test_curves_that_stay_the_same_are_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = bench()
    drawn: list[str] = []
    moved: list[str] = []
    draw, move = RunCurves.draw, RunsScreen._moved

    def counted(self: RunCurves, *room: object) -> object:
        drawn.append(self.figure)
        return draw(self, *room)  # type: ignore[arg-type]

    def counted_move(self: RunsScreen) -> None:
        moved.append(self.pointed.name if self.pointed else "")
        move(self)

    monkeypatch.setattr(RunCurves, "draw", counted)
    monkeypatch.setattr(RunsScreen, "_moved", counted_move)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot)
        moved.clear()
        await pilot.press("space")
        await until(pilot, lambda: moved)
        await pilot.pause()
        assert moved == ["third"]
        await pilot.press("space", "j")
        await looked(pilot, screen)
        drawn.clear()
        for key, name in (("k", "first"), ("k", "third"), ("j", "first")):
            await pilot.press(key)
            await until(pilot, lambda name=name: screen.pointed.name == name)
            await looked(pilot, screen)
        assert drawn == []
        before = text_of(screen.query_one(RunCurves))
        screen.query_one(RunCurves).show([])
        assert text_of(screen.query_one(RunCurves)) != before
        assert drawn


def test_a_real_run_is_looked_at(trained_run: Path) -> None:
    found = look_at(trained_run, trained_run.parent)
    assert len(found.curves["valid_loss"].values) == 3
    assert found.settings["epochs"] == 3
    split = Run(trained_run).record().split
    assert split is not None
    assert found.rows == split.sha256
    assert found.command.startswith("namecls train --data ")
    assert "expected a run directory" in look_at(trained_run.parent, trained_run.parent).problem


def test_a_note_is_written_by_the_engine(trained_run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(trained_run, tmp_path / "mine"))
    assert Library().note_run(copy, "so so #try").tags == ("try",)
    (info,) = [info for info in Library().list_runs(tmp_path) if info.name == "mine"]
    assert replace(info).note == "so so"


@pytest.mark.parametrize(
    ("status", "key", "told"),
    [
        ("running", "d", "To delete it, stop it first"),
        ("running", "r", "enter shows it"),
        ("running", "f", "s stops it, tests its best epoch"),
        ("running", "p", "has no weights yet"),
        ("finished", "r", "F2 trains a new one"),
        ("finished", "f", "is finished and tested"),
        ("finished", "u", "No run was deleted"),
        ("finished", "m", "v shows them"),
        ("finished", "x", "v shows them"),
        ("finished", "w", "v shows them"),
        ("finished", "right", "v shows them"),
        ("unfinished", "f", "r resumes it"),
        ("unfinished", "p", "has no weights yet"),
        ("diverged", "r", "can't be resumed"),
        ("diverged", "f", "has no weights to test"),
        ("trial", "r", "is a trial of night"),
        ("trial", "f", "is a trial of night"),
        ("damaged", "enter", "is damaged: cut off"),
        ("damaged", "r", "is damaged: cut off"),
        ("damaged", "p", "is damaged: cut off"),
    ],
)
async def test_a_key_that_can_do_nothing_says_why(status: str, key: str, told: str) -> None:
    app = bench()
    holder = Holder(77, "elsewhere", "2026-11-21T10:00:00") if status == "running" else None
    problem = "cut off" if status == "damaged" else ""
    app.engine.runs = [bare("mine", status=status, holder=holder, problem=problem, study="night")]
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        await pilot.press(key)
        await until(pilot, lambda: told in said(app))
        assert app.screen is screen
        if holder is not None:
            assert "process 77 on elsewhere" in said(app)
        await pilot.press(key)
        await until(pilot, lambda: len(app._notifications) == 1)


@pytest.mark.parametrize("key", ["enter", "r", "f", "p", "n", "d", "space", "b"])
async def test_without_a_run_under_the_cursor_a_key_says_so(key: str) -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        await pilot.press("slash", *"nothing")
        await until(pilot, lambda: not screen._shown)
        screen._list.focus()
        await pilot.press(key)
        await until(pilot, lambda: "There is no run under the cursor" in said(app))


async def test_why_a_training_of_the_app_is_not_deleted_is_said(tmp_path: Path) -> None:
    app = bench(tmp_path)
    app.engine.runs = [run_info("mine", status="unfinished", directory=tmp_path / "mine")]
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot)
        app.training = TrainingState("running", directory=tmp_path / "mine")
        await pilot.press("d")
        await until(pilot, lambda: "stop it first: F2, then s" in said(app))
        app.training = TrainingState("stopping", directory=tmp_path / "mine", handing_over=True)
        await pilot.press("d")
        await until(pilot, lambda: "just being handed over" in said(app))


async def test_what_comes_with_namecls_is_not_deleted_and_says_so() -> None:
    app = bench()
    app.engine.runs = [run_info("default", directory=packaged_model())]
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot)
        for key in "dn":
            await pilot.press(key)
            await until(pilot, lambda: "comes with namecls" in said(app))
            app.clear_notifications()


def bare(name: str, **values: object) -> RunInfo:
    """A run without weights."""
    info = RunInfo(name=name, directory=Path("save_model") / name, **values)  # type: ignore[arg-type]
    assert not info.usable
    return info


def said(app: NameclsApp) -> str:
    return " ".join(" ".join(notice.message.split()) for notice in app._notifications)
