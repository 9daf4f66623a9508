"""The offer at the start, with an engine that finds what it is told to find."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from namecls.files.control import asked
from namecls.files.locks import Holder, held, holder_of
from namecls.files.storage import write_json
from namecls.runs import follow
from namecls.runs.listing import describe_run
from namecls.runs.manifest import MANIFEST
from namecls.runs.run import DIVERGED, Run
from namecls.training.loop import train
from tests.library import SMALL, small_table
from tests.tui.fakes import FakeEngine, epoch_end, progress, run_info, started, unfinished, whole_training
from tests.tui.screen import screen_of, text_of
from tests.tui.waiting import until
from tui.__main__ import what_became_of
from tui.app import NameclsApp
from tui.screens.help import HelpScreen
from tui.screens.interrupted import InterruptedScreen
from tui.screens.leave import LeaveScreen
from tui.screens.predict import PredictScreen
from tui.screens.runs import RunsScreen
from tui.screens.train import TrainScreen
from tui.widgets.header import Header
from tui.widgets.keybar import KeyBar
from tui.widgets.run_words import RunWords
from tui.widgets.training_view import ProgressLine, TrainingLog

HOLDER = Holder(4711, "lab", "2026-11-23T10:00:00")


def bench(*found, script=(), **options) -> NameclsApp:
    engine = FakeEngine(script)
    engine.unfinished = list(found)
    return NameclsApp(engine=engine, **options)


def noticed(app: NameclsApp) -> str:
    """The short notices that show."""
    return "\n".join(notice.message for notice in app._notifications)


async def offered(pilot: Pilot[None]) -> InterruptedScreen:
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, InterruptedScreen) and app.screen.ready)
    await pilot.pause()
    assert isinstance(app.screen, InterruptedScreen)
    return app.screen


async def on_train(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, TrainScreen))
    await pilot.pause()


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40)])
async def test_the_start_offers_to_go_on_with_what_was_interrupted(size: tuple[int, int]) -> None:
    app = bench(unfinished(), unfinished("older"), unfinished("oldest"))
    async with app.run_test(size=size) as pilot:
        await offered(pilot)
        box = app.screen.children[0].region
        lines = screen_of(app).splitlines()[box.y : box.bottom]
        shown = " ".join(" ".join(line[box.x : box.right] for line in lines).replace("│", " ").split())
        assert "bi-gru-128-20261122-1801 was interrupted in epoch 5 of 12 (40 %), 20 minutes ago." in shown
        for words in ("r Resume from the last checkpoint", "f Test the best epoch so far", "x Delete it", "esc Later",
                      "2 more are not finished; F8 lists all"):  # fmt: skip
            assert words in shown
        assert "Attach" not in shown


async def test_r_goes_on_with_it() -> None:
    app = bench(unfinished(), script=[progress(501), epoch_end(6), None])
    async with app.run_test(size=(80, 24)) as pilot:
        await offered(pilot)
        await pilot.press("r")
        await on_train(pilot)
        await until(pilot, lambda: app.training.phase == "running")
        assert app.engine.resumed == [True]
        assert app.training.directory == Path("save_model/bi-gru-128-20261122-1801")
        assert app.unfinished == ()
        app.engine.gate.set()
        await until(pilot, lambda: app.training.phase == "done")


async def test_f_tests_it_and_keeps_it() -> None:
    run = unfinished()
    app = bench(run)
    object.__setattr__(run, "info", run_info(status="unfinished"))
    async with app.run_test(size=(80, 24)) as pilot:
        await offered(pilot)
        await pilot.press("f")
        await on_train(pilot)
        await until(pilot, lambda: app.training.phase == "done")
        assert app.engine.finishes == 1
        assert app.engine.trained == []
        assert app.training.story.finished is not None


async def test_f8_lists_the_runs_before_the_offer_can_have_been_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InterruptedScreen, "SEEN_AFTER", 3600)
    app = bench(unfinished(), unfinished("older"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, InterruptedScreen))
        await pilot.press("enter", "f8")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        assert app.engine.resumed == []


async def test_one_that_diverged_is_tested_and_not_gone_on_with() -> None:
    run = unfinished()
    app = bench(run)
    object.__setattr__(run, "info", run_info(status="diverged", problem="the loss is no longer a number"))
    async with app.run_test(size=(80, 24)) as pilot:
        box = await offered(pilot)
        assert "default diverged in epoch 5 of 12 (40 %)" in " ".join(screen_of(app).split())
        assert "and can't be resumed." in " ".join(screen_of(app).replace("│", " ").split())
        assert not box.query("#key-r")
        await pilot.press("r")
        await pilot.pause()
        assert app.screen is box
        await pilot.press("f")
        await until(pilot, lambda: app.engine.finishes == 1 and app.training.phase == "done")
        assert app.engine.trained == []


async def test_x_deletes_it_when_pressed_twice() -> None:
    app = bench(unfinished())
    async with app.run_test(size=(80, 24)) as pilot:
        await offered(pilot)
        await pilot.press("x")
        await pilot.pause()
        assert "Again: delete it for good" in screen_of(app)
        assert app.engine.deleted == []
        await pilot.press("x")
        await until(pilot, lambda: app.engine.deleted == ["bi-gru-128-20261122-1801"] and not app.unfinished)
        await until(pilot, lambda: "is deleted" in noticed(app))


async def test_esc_leaves_it_for_later_and_train_says_so() -> None:
    app = bench(unfinished(), unfinished("older"))
    async with app.run_test(size=(80, 24)) as pilot:
        await offered(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
        await pilot.press("f2")
        await on_train(pilot)
        first = screen_of(app).splitlines()[1]
        assert first.startswith(" bi-gru-128-20261122-1801 was interrupted in epoch 5 of 12 (40 %), 20")


async def test_f8_lists_all() -> None:
    app = bench(unfinished(), unfinished("older"))
    app.engine.runs = [run_info(), unfinished().info, unfinished("run", status="running", holder=HOLDER).info]
    async with app.run_test(size=(120, 40)) as pilot:
        await offered(pilot)
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen._runs)
        await pilot.pause()
        shown = screen_of(app)
        assert "unfinished" in shown
        assert "running" in shown
        assert "r resume" not in text_of(app.screen.query_one(KeyBar))
        await pilot.press("j")
        await pilot.pause()
        assert "interrupted; it can be resumed" in screen_of(app)
        assert "r resume" in text_of(app.screen.query_one(KeyBar))
        await pilot.press("j")
        await pilot.pause()
        words = " ".join(text_of(app.screen.query_one(RunWords)).split())
        assert "being trained by process 4711 on lab, since 2026-11-23 10:00:00" in words
        await pilot.press("k", "r")
        await until(pilot, lambda: app.engine.resumed == [True])


async def test_screens_can_be_changed_past_the_offer() -> None:
    app = bench(unfinished())
    async with app.run_test(size=(80, 24)) as pilot:
        await offered(pilot)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await until(pilot, lambda: "resumes from its last checkpoint" in screen_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, InterruptedScreen))
        await pilot.press("f2")
        await on_train(pilot)
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))


async def test_hostile_names_are_shown_and_not_sent() -> None:
    payload = "x\x1b]52;c;Zm9v\x07[/b]\u202e"
    hostile = unfinished(
        payload, title=payload, data=payload, status="running", holder=Holder(1, payload, payload)
    )
    app = bench(hostile)
    app.engine.runs = [hostile.info]
    async with app.run_test(size=(120, 40)) as pilot:
        await offered(pilot)
        shown = screen_of(app)
        assert "x␛]52;c;Zm9v␇[/b]" in shown
        await pilot.press("escape", "f2")
        await on_train(pilot)
        shown += screen_of(app)
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen._runs)
        await pilot.pause()
        shown += screen_of(app)
        assert not set("\x1b\x07\u202e") & set(shown)


# -- those who were about to type --


async def test_keys_before_it_can_be_read_are_for_the_input_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(InterruptedScreen, "SEEN_AFTER", 3600)
    app = bench(unfinished())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, InterruptedScreen))
        await pilot.press(*"fxr")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
        await until(pilot, lambda: app.screen.query_one(Input).value == "fxr")
        assert app.engine.finishes == 0
        assert app.engine.deleted == []
        assert app.engine.resumed == []
        await until(pilot, lambda: "was interrupted" in noticed(app))


async def test_no_question_comes_between_when_something_is_typed() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused is not None)
        app.focused.post_message(events.Paste("Kowalski"))
        await until(pilot, lambda: app.screen.query_one(Input).value == "Kowalski")
        app.engine.unfinished = [unfinished()]
        app.trainings.look_for_unfinished(offer=True)
        await until(pilot, lambda: "F2, then F8, resumes it" in noticed(app))
        assert isinstance(app.screen, PredictScreen)


# -- one that another process does --


async def test_one_that_runs_elsewhere_can_be_attached_to(tmp_path: Path) -> None:
    run = Run.create(tmp_path, SMALL, "other")
    training = train(SMALL, small_table(), run)
    next(training)
    training.close()
    with ExitStack() as stack:
        stack.enter_context(held(run.directory))
        app = bench()
        pid = holder_of(run.directory).pid
        async with app.run_test(size=(120, 40)) as pilot:
            app.trainings.attach(run.directory, holder_of(run.directory))
            await pilot.press("f2")
            await on_train(pilot)
            run.append(progress(40, 3))
            await until(pilot, lambda: app.training.story.progress is not None)
            await until(pilot, lambda: f"process {pid} · step" in text_of(app.screen.query_one(ProgressLine)))
            assert f"process {pid}" in text_of(app.screen.query_one(Header))
            assert f"trained by process {pid}" in " ".join(text_of(app.screen.query_one(TrainingLog)).split())
            assert "to background" not in text_of(app.screen.query_one(KeyBar))
            await pilot.press("space")
            await until(pilot, lambda: asked(run.directory) == "pause")
            assert app.training.phase == "paused"
            await pilot.press("space")
            await until(pilot, lambda: asked(run.directory) == "go")
            await pilot.press("s")
            await until(pilot, lambda: asked(run.directory) == "stop")
            stack.close()
            await until(pilot, lambda: app.training.phase == "failed")
            await until(pilot, lambda: "it can be resumed" in " ".join(screen_of(app).split()))
            await until(pilot, lambda: "r resume" in text_of(app.screen.query_one(KeyBar)))
    assert describe_run(run.directory).status == "unfinished"


async def test_the_offer_of_a_running_one_is_to_attach() -> None:
    app = bench(unfinished(status="running", holder=HOLDER))
    async with app.run_test(size=(80, 24)) as pilot:
        await offered(pilot)
        shown = " ".join(screen_of(app).replace("│", " ").split())
        assert "is being trained by process 4711 on lab, since 2026-11-23 10:00:00." in shown
        assert "a Attach" in shown
        assert "Delete" not in shown
        await pilot.press("r", "f", "x", "x")
        assert isinstance(app.screen, InterruptedScreen)
        await pilot.press("a")
        await on_train(pilot)
        await until(pilot, lambda: app.training.phase == "failed")  # there is no such directory
        assert "expected a run directory" in " ".join(screen_of(app).split())


async def test_leaving_one_that_runs_elsewhere_asks_nothing(tmp_path: Path) -> None:
    run = Run.create(tmp_path, SMALL, "other")
    training = train(SMALL, small_table(), run)
    next(training)
    training.close()
    with held(run.directory):
        app = bench()
        async with app.run_test(size=(80, 24)) as pilot:
            app.trainings.attach(run.directory, holder_of(run.directory))
            await until(pilot, lambda: app.training.phase == "running")
            await pilot.press("ctrl+q")
        assert app.return_code == 0
        assert app.end_threads(30)
        assert asked(run.directory) == "go"


# -- to the background --


async def test_leaving_can_hand_the_training_over() -> None:
    app = bench(script=[*whole_training(12)[:102], None, progress(102)], start="train")
    app.engine.start_background = lambda _run: HOLDER
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.dataset.table is not None and app.focused is not None)
        await pilot.press("f5")
        await until(pilot, lambda: app.training.story.epochs)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: "Continue in a background process" in screen_of(app))
        await pilot.press("d")
        await until(pilot, lambda: app.training.handing_over)
        app.engine.gate.set()
        await until(pilot, lambda: app._exit)
    assert app.engine.finishes == 0


async def test_quitting_while_the_training_is_handed_over_waits_for_that_and_asks_nothing() -> None:
    app = bench(script=[*whole_training(12)[:102], None, progress(102)], start="train")
    app.engine.start_background = lambda _run: HOLDER
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.dataset.table is not None and app.focused is not None)
        await pilot.press("f5")
        await until(pilot, lambda: app.training.story.epochs)
        await pilot.press("d", "ctrl+q")
        await until(pilot, lambda: "Quitting as soon as" in noticed(app))
        assert isinstance(app.screen, TrainScreen)
        app.engine.gate.set()
        await until(pilot, lambda: app._exit)
    assert app.engine.finishes == 0


@pytest.mark.parametrize("detach", [False, True])
async def test_the_question_goes_when_leaving_ends_no_training_any_more(detach: bool) -> None:
    app = bench(script=[*whole_training(12)[:102], None, progress(102)], start="train")
    app.engine.start_background = lambda _run: HOLDER
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.dataset.table is not None and app.focused is not None)
        await pilot.press("f5")
        await until(pilot, lambda: app.training.story.epochs)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: isinstance(app.screen, LeaveScreen))
        app.trainings.detach() if detach else app.trainings.stop()
        await until(pilot, lambda: isinstance(app.screen, LeaveScreen))
        app.engine.gate.set()
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        await until(pilot, lambda: app.training.phase in ("done", "failed"))
        await until(pilot, lambda: "no longer ends a training" in noticed(app))
        await pilot.pause()
        assert noticed(app).count("no longer ends a training") == 1
        assert not app._exit


async def test_what_cannot_be_handed_over_goes_on_and_nobody_leaves() -> None:
    app = bench(script=[started(), progress(1), epoch_end(1), None, progress(102)], start="train")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.dataset.table is not None and app.focused is not None)
        await pilot.press("f5")
        await until(pilot, lambda: app.training.story.epochs)
        await pilot.press("d")
        app.engine.gate.set()
        await until(pilot, lambda: app.engine.resumed == [False, True])
        await until(pilot, lambda: app.training.phase == "running")
        assert not app._exit
        await until(pilot, lambda: "no process could be started" in noticed(app))
        app.engine.gate.set()
        await until(pilot, lambda: app.training.phase == "done")


async def test_a_training_that_ends_while_another_screen_shows_is_announced() -> None:
    app = bench(script=[*whole_training(1)[:-1], None, whole_training(1)[-1]], start="train")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.dataset.table is not None and app.focused is not None)
        await pilot.press("f5")
        await until(pilot, lambda: len(app.training.story.epochs) == 1)
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
        app.engine.gate.set()
        await until(pilot, lambda: "is trained: test accuracy 78.1 %" in noticed(app))


@pytest.mark.parametrize("ended", [True, False])
async def test_a_training_in_the_background_that_nobody_looks_at_is_announced_when_it_is_over(
    tmp_path: Path, ended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "LOOK_EVERY", 0.01)
    run = Run.create(tmp_path, SMALL, "other")
    with ExitStack() as stack:
        stack.enter_context(held(run.directory))
        app = bench(unfinished("other", status="running", holder=HOLDER, directory=run.directory))
        app.engine.runs = [run_info("other", directory=run.directory)] if ended else []
        async with app.run_test(size=(80, 24)) as pilot:
            await offered(pilot)
            await pilot.press("escape")
            app.engine.unfinished = []
            stack.close()
            await until(pilot, lambda: not app.trainings._awaited)
            if ended:
                await until(pilot, lambda: "other is trained" in noticed(app) and not app.unfinished)
            else:
                await pilot.pause()
                assert "other is trained" not in noticed(app)


def test_what_is_said_on_leaving_is_what_came_of_the_training(tmp_path: Path) -> None:
    run = Run.create(tmp_path, SMALL, "other")
    assert "namecls train --resume" in what_became_of(run.directory)
    write_json(run.directory / DIVERGED, {"problem": "the loss is nan"})
    assert "namecls runs finish" in what_became_of(run.directory)
    (run.directory / MANIFEST).touch()  # it ended before it heard that it should
    assert "the training is finished" in what_became_of(run.directory)
