"""Train, while somebody looks into the network: watched names and gradient norms."""

from __future__ import annotations

import math
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from namecls.events import MOST_WATCHED
from namecls.files.locks import Holder
from tests.tui.fakes import FakeEngine, gradients, looked_into, watched, whole_training
from tests.tui.screen import screen_of, text_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.drawing.story import Story
from tui.screens.train import TrainScreen
from tui.screens.watching import WatchingScreen
from tui.state import TrainingState
from tui.widgets.inside_view import GradientView, WatchedView, trace
from tui.widgets.keybar import KeyBar
from tui.widgets.training_curves import CurveView
from tui.widgets.training_form import TrainingForm
from tui.widgets.training_view import EpochTable, TrainingLog

HOSTILE = "O[x]\x1b]52;c;Zm9v\x07 [/b]\u202e"
HALF = [*looked_into(whole_training(12)[: 1 + 5 * 101], "Kowalski", HOSTILE), None]


def bench(script=(), **options) -> NameclsApp:
    return NameclsApp(engine=FakeEngine(script), start="train", **options)


async def ready(pilot: Pilot[None]) -> TrainScreen:
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.focused is not None)
    await until(pilot, lambda: app.dataset.ready is not None)
    return app.screen


async def running(pilot: Pilot[None]) -> TrainScreen:
    screen = await ready(pilot)
    await pilot.press("f5")
    await until(pilot, lambda: len(pilot.app.training.story.watched) == 5)
    screen._draw_all()
    await pilot.pause()
    return screen


# -- watched names --


async def test_names_of_the_form_are_watched_and_stand_in_the_command() -> None:
    app = bench(HALF)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        screen.query_one("#watched", Input).value = "Kim, Müller ,,Kim"
        await until(
            pilot, lambda: "--watch 'Kim,Müller'" in " ".join(screen_of(app).replace("│", " ").split())
        )
        await pilot.press("f5")
        await until(pilot, lambda: app.training.directory is not None)
        assert app.engine.watched == ("Kim", "Müller")
        app.engine.gate.set()


async def test_names_that_can_not_be_watched_are_told_at_once_and_nothing_can_be_started() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        box = screen.query_one("#watched", Input)
        box.focus()
        box.value = f"123, {HOSTILE}"
        await until(pilot, lambda: "names with letters" in screen_of(app))
        assert screen.query_one("#of-watched").has_class("-wrong")
        assert screen.query_one(TrainingForm).config is None
        assert "F5 start" not in text_of(app.screen.query_one(KeyBar))
        await pilot.press("f5")
        assert app.training.phase == "idle"
        box.value = HOSTILE
        await until(pilot, lambda: "F5 start" in text_of(app.screen.query_one(KeyBar)))
        assert "\x1b" not in screen_of(app)


async def test_watched_names_are_drawn_with_their_first_label_and_w_brings_the_epochs_back() -> None:
    app = bench(HALF)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await running(pilot)
        view = screen.query_one(WatchedView)
        (line,) = [line for line in text_of(view).splitlines() if "Kowalski" in line]
        assert "▄▅▆▆▇" in line
        assert "76.8 %" in line
        assert "Polish" in line
        assert "O[x]␛]52" in text_of(view)
        assert not screen.query_one(EpochTable).display
        await pilot.press("w")
        assert screen.query_one(EpochTable).display
        assert not view.display
        app.engine.gate.set()


async def test_where_there_is_room_epochs_and_watched_names_stand_side_by_side() -> None:
    app = bench(HALF)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await running(pilot)
        shown = [screen.query_one(each).display for each in (EpochTable, WatchedView, TrainingLog)]
        assert shown == [True, True, False]
        await pilot.press("w")
        shown = [screen.query_one(each).display for each in (EpochTable, WatchedView, TrainingLog)]
        assert shown == [True, False, True]
        app.engine.gate.set()


async def test_without_watched_names_the_panel_says_how_to_have_some() -> None:
    app = bench([*whole_training(12)[:205], None])
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: len(app.training.story.epochs) == 2)
        assert not app.screen.query_one(WatchedView).display
        await pilot.press("w")
        await until(pilot, lambda: "e says which names" in screen_of(app))
        app.engine.gate.set()


async def test_the_list_is_edited_while_it_trains() -> None:
    app = bench(HALF)
    async with app.run_test(size=(80, 24)) as pilot:
        await running(pilot)
        app.engine.watched = ("Kim", HOSTILE)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, WatchingScreen))
        box = app.screen.query_one(Input)
        await until(pilot, lambda: box.value == f"Kim, {HOSTILE}")
        assert "\x1b" not in screen_of(app)
        box.value = ",".join(f"a{chr(97 + at)}" for at in range(MOST_WATCHED + 1))
        await pilot.press("enter")
        await until(pilot, lambda: "at most 20 names" in " ".join(screen_of(app).split()))
        assert app.engine.watched == ("Kim", HOSTILE)
        box.value = "Nowak, Sato"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        assert app.engine.watched == ("Nowak", "Sato")
        app.engine.gate.set()


async def test_a_list_that_can_not_be_read_is_told_literally_and_can_be_replaced() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        app.push_screen(WatchingScreen(Path("broken")))
        await until(pilot, lambda: "expected a list of names [/b]␛[31m" in screen_of(app))
        await pilot.press(*"Kim", "enter")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        assert app.engine.watched == ("Kim",)


async def test_names_are_not_edited_where_nothing_is_trained_any_more() -> None:
    app = bench(looked_into(whole_training(3), "Kowalski"))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: app.training.phase == "done")
        await until(pilot, lambda: "Kowalski" in screen_of(app))
        await pilot.press("e")
        await pilot.pause()
        assert isinstance(app.screen, TrainScreen)


def test_a_trace_is_that_of_the_present_first_label() -> None:
    story = Story.of([*looked_into(whole_training(4), "Kowalski", "Müller"), watched(5, "Müller", "Sato")])
    mueller, sato = story.watched[-1].names
    found = trace(story.watched, mueller)
    assert found[:2] == [
        story.watched[0].names[1].probabilities[1],
        story.watched[1].names[1].probabilities[1],
    ]
    assert found[2:] == [story.watched[at].names[-1].probabilities[0] for at in (2, 3)] + [
        mueller.probabilities[0]
    ]
    assert [math.isnan(value) for value in trace(story.watched, sato)] == [True] * 4 + [False]


# -- gradient norms --


async def test_gradients_are_wanted_only_while_they_show() -> None:
    app = bench(HALF)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await running(pilot)
        wanted = app.engine.are_gradients_wanted
        assert not wanted()
        await pilot.press("v")
        assert wanted()
        shown = text_of(screen.query_one(GradientView))
        for words in ("to step 480", "gru layer 1", "0.15", "forward  100  50  25", "reverse   62  42"):
            assert words in shown
        await pilot.press("f3")
        await until(pilot, lambda: not wanted())
        await pilot.press("f2")
        await until(pilot, wanted)
        await pilot.press("v")
        assert not wanted()
        assert not screen.query_one(GradientView).display
        app.engine.gate.set()


async def test_what_shows_stays_wanted_in_the_next_training() -> None:
    app = bench(whole_training(1))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: app.training.phase == "done")
        await pilot.press("v")
        await until(pilot, lambda: "None were measured" in screen_of(app))
        await pilot.press("n", "f5")
        await until(pilot, lambda: len(app.engine.trained) == 2)
        assert app.engine.are_gradients_wanted()


async def test_zoom_goes_through_all_plots_that_show() -> None:
    app = bench(HALF)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await running(pilot)
        await pilot.press("v")
        seen = []
        for _ in range(4):
            await pilot.press("z")
            plots = (*screen.query(CurveView), screen.query_one(GradientView))
            seen.append([plot.display for plot in plots])
        assert seen == [[True, False, False], [False, True, False], [False, False, True], [True, True, True]]
        app.engine.gate.set()


async def test_a_network_without_recurrence_has_layers_alone() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await ready(pilot)
        event = gradients(7)
        story = Story.of([type(event)(epoch=1, step=7, layers=(HOSTILE, "linear"), norms=(1e300, 0.0))])
        app.training = TrainingState("done", story=story, replay=True)
        await pilot.press("v")
        await until(pilot, lambda: "no recurrent part" in screen_of(app))
        assert "O[x]␛" in text_of(screen.query_one(GradientView))


async def test_a_training_of_another_process_is_asked_for_them() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        app.training = TrainingState("running", holder=Holder(4711, "lab", "2026-11-23T10:00:00"))
        await pilot.press("v")
        await until(pilot, lambda: "Asked of process 4711" in screen_of(app))


async def test_a_search_says_that_it_measures_none() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        app.training = TrainingState(
            "running", holder=Holder(4711, "lab", "2026-11-23T10:00:00"), study="tune"
        )
        await pilot.press("v")
        await until(pilot, lambda: "A search measures none" in screen_of(app))
