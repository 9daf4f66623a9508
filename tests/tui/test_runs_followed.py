"""Runs while other processes train, note, rename and delete: the list follows, and everything stays in its place."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from namecls.errors import RunError
from namecls.files.locks import Holder
from namecls.runs.listing import RunInfo, delete_run
from namecls.runs.notes import notes_of, write_notes
from namecls.runs.run import Run
from tests.tui.fakes import FakeEngine, run_info
from tests.tui.screen import screen_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.engine import listing
from tui.engine.messages import RunsListed
from tui.screens.models import ModelsScreen
from tui.screens.runs import RunsScreen

RUNS = [run_info(f"run-{n:02}", accuracy=n / 100, created=f"2026-11-21T09:{n:02}") for n in range(60)]
HOLDER = Holder(77, "elsewhere", "2026-11-21T10:00:00")


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "LOOK_EVERY", 0.01)


def bench(runs: list[RunInfo] = RUNS, start: str = "runs") -> NameclsApp:
    engine = FakeEngine()
    engine.runs = list(runs)
    return NameclsApp(engine=engine, start=start, save_dir=Path("save_model"))


async def shown(pilot: Pilot[None]) -> RunsScreen:
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen._runs)
    screen = app.screen
    assert isinstance(screen, RunsScreen)
    return screen


def names(screen: RunsScreen) -> list[str]:
    return [info.name for info in screen._shown]


async def test_cursor_marks_scroll_filter_and_order_stay_with_their_runs() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot)
        await pilot.press("s", "end", "pageup", *"kkk", "space", "space", "b")
        pointed, marks, pinned = screen.pointed, dict(screen._marks), screen._baseline
        assert pointed is not None
        assert len(marks) == 2
        line = screen._list.caret
        order = screen._sort, screen._down

        app.engine.runs = [run_info("a-new-one", created="2026-11-22T09:00"), *RUNS[1:]]
        await until(pilot, lambda: "a-new-one" in names(screen) and "run-00" not in names(screen))
        assert names(screen)[0] == "a-new-one"
        assert screen.pointed == pointed
        assert screen._list.caret == line
        assert (screen._marks, screen._baseline, (screen._sort, screen._down)) == (marks, pinned, order)

        await pilot.press("slash", *"run")
        app.engine.runs = app.engine.runs[:-1]
        await until(pilot, lambda: len(names(screen)) == 58)
        assert screen.query_one("#filter", Input).value == "run"
        assert screen.pointed == pointed


async def test_a_run_that_goes_takes_its_mark_along_and_the_cursor_stays_in_its_place() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        await pilot.press("j", "space", "b", "space", "k")
        gone = screen.pointed
        assert gone is not None
        place = screen._list.cursor
        assert gone.directory in screen._marks
        assert screen._baseline == gone.directory
        app.engine.runs = [info for info in RUNS if info != gone]
        await until(pilot, lambda: gone.name not in names(screen))
        assert screen._list.cursor == place
        assert len(screen._marks) == 1
        assert screen._baseline is None


async def test_a_running_run_shows_how_far_it_is_and_what_is_told_of_it_is_read_again() -> None:
    running = run_info("at-work", status="running", holder=HOLDER, accuracy=None, created="2026-11-23T09:00")
    app = bench([running, *RUNS])
    asked: list[str] = []
    look_at = app.engine.look_at
    app.engine.look_at = lambda place, save_dir: asked.append(place.name) or look_at(place, save_dir)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        for share in (0.04, 0.5, 1.0):
            before = len(asked)
            app.engine.runs = [replace(running, progress=share, seconds=100 * share), *RUNS]
            await until(pilot, lambda share=share: f"running {min(100 * share, 99):2.0f}%" in screen_of(app))
            await until(pilot, lambda before=before: asked[before:] == ["at-work"])
            assert screen.pointed is not None
            assert screen.pointed.name == "at-work"
            await until(pilot, lambda: running.directory in screen._looked)
        app.engine.runs = [replace(running, status="finished", holder=None, accuracy=0.8), *RUNS]
        await until(pilot, lambda: "running" not in screen_of(app))


async def test_nobody_looks_while_another_screen_shows() -> None:
    app = bench()
    looks: list[str] = []
    watch_runs = app.engine.watch_runs

    def watched(save_dir: Path) -> object:
        look = watch_runs(save_dir)
        return lambda: looks.append(threading.current_thread().name) or look()

    app.engine.watch_runs = watched
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        await until(pilot, lambda: len(looks) > 3)
        assert set(looks) == {"runs"}
        await app.action_go("train")
        await pilot.pause()
        follower = screen._follower
        assert follower is not None
        await until(pilot, lambda: follower._turn is None)
        app.engine.runs = RUNS[:5]
        await pilot.pause()
        assert len(names(screen)) == 60
        await app.action_go("runs")
        await until(pilot, lambda: len(names(screen)) == 5)
    assert follower._closed


async def test_a_directory_that_becomes_unreadable_is_told_once_and_comes_back() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot)
        told: list[str] = []
        take = screen._take
        screen._take = lambda runs, problem="": told.append(problem) or take(runs, problem)
        listed = app.engine.list_runs

        def refused(_save_dir: Path, _newest: int | None = None) -> list[RunInfo]:
            raise RunError("save_model: could not be read: it is on fire")

        app.engine.list_runs = refused
        await until(pilot, lambda: "it is on fire" in screen_of(app))
        app.engine.list_runs = listed
        await until(pilot, lambda: len(names(screen)) == 60)
        assert [problem for problem in told if problem] == ["save_model: could not be read: it is on fire"]


async def test_the_choice_of_a_model_follows_too() -> None:
    app = bench(start="predict")
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ModelsScreen(None))
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen) and app.screen._runs)
        screen = app.screen
        assert isinstance(screen, ModelsScreen)
        await pilot.press("j", "j")
        pointed = screen._pointed
        app.engine.runs = [run_info("a-new-one"), *RUNS]
        await until(pilot, lambda: len(screen._runs) == 61)
        assert screen._pointed == pointed
        await pilot.press("escape")
        await until(pilot, lambda: screen._follower._closed)


async def test_what_is_done_to_real_runs_shows(trained_run: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(trained_run, tmp_path / name)
    app = NameclsApp(start="runs", save_dir=tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot)
        shutil.copytree(trained_run, tmp_path / "three")
        await until(pilot, lambda: "three" in names(screen))
        write_notes(Run.open(tmp_path / "two"), notes_of("by hand"))
        await until(pilot, lambda: "by hand" in screen_of(app))
        (tmp_path / "three").rename(tmp_path / "drei")
        await until(pilot, lambda: {"drei"} == set(names(screen)) & {"drei", "three"})
        delete_run(tmp_path, "one")
        await until(pilot, lambda: "one" not in names(screen))


def test_however_long_the_first_listing_took_the_next_look_comes_soon_and_a_slow_disk_is_spared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter(range(0, 10_000, 10))
    monkeypatch.setattr(
        listing.time, "monotonic", lambda: float(next(clock))
    )  # ten seconds pass at each look at it
    app = bench()
    follower = listing.RunsFollower(app.engine, app.save_dir, lambda _: None, lambda _: None)
    pauses: list[float] = []

    def followed(_told: int | None, pause: float) -> int | None:
        pauses.append(pause)
        return 1 if len(pauses) < 5 else None

    monkeypatch.setattr(follower, "_next", followed)
    follower._run()
    assert pauses == [0.0, listing.LOOK_EVERY, 200.0, 200.0, 200.0]


def test_of_thousands_the_newest_are_told_at_once_to_who_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a screen does that comes up: it is told twice that it shows."""
    monkeypatch.setattr(listing, "_REST", 0.01)
    app = bench([run_info(f"run-{n:04}") for n in range(1000)])
    told: list[tuple[int, int, bool]] = []
    over = threading.Event()

    def post(message: object) -> None:
        assert isinstance(message, RunsListed)
        told.append((message.turn, len(message.runs), message.whole))
        if message.whole:
            over.set()

    follower = listing.RunsFollower(app.engine, app.save_dir, post, lambda _: None)
    list_runs = app.engine.list_runs

    def listed(save_dir: Path, newest: int | None = None) -> list[RunInfo]:
        if not told:
            follower.again(2)
        return list_runs(save_dir, newest)

    app.engine.list_runs = listed
    follower.again(1)
    assert over.wait(120)
    follower.close()
    assert told == [(1, listing.SOON, False), (2, listing.SOON, False), (2, 1000, True)]
