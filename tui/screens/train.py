"""Train: a form before, curves while it runs, the result afterwards."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.timer import Timer
from textual.widget import Widget

from namecls.language import _
from tui import keys
from tui.drawing.cells import percent
from tui.screens.before_training import BeforeTraining
from tui.state import TrainingState
from tui.widgets.inside_view import GradientView, WatchedView
from tui.widgets.plan_view import PlanView
from tui.widgets.retold import Told
from tui.widgets.training_curves import CurveView
from tui.widgets.training_form import TrainingForm
from tui.widgets.training_view import EpochTable, ProgressLine, TrainingLog

#: Seconds between two drawings of the curves; over a slow line, of everything.
DRAW_EVERY, DRAW_SELDOM = 0.4, 2.0
#: Classes of the screen, each of which shows one of the plots alone.
ZOOMS = ("-zoom-loss", "-zoom-accuracy", "-zoom-gradients")

_MOVES = ("move", "move_page", "move_first", "move_last")
_WHILE_LIVE = frozenset({"log_axis", "zoom", "read", "spread", "show_watched", "show_gradients", *_MOVES})


class TrainScreen(BeforeTraining):
    """The screen of the one training."""

    PLACE = "train"
    MORE_PLACES = ("form", "choice")
    CSS_PATH = "train.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("train")

    def __init__(self) -> None:
        super().__init__()
        self._more = False
        self._curves_due: Timer | None = None
        self._shown_phase = ""
        self._are_watched = False

    def body(self) -> ComposeResult:
        yield Told(id="offer")
        with Container(id="before"):
            yield TrainingForm(id="form")
            yield PlanView(id="plan")
        with Vertical(id="live"):
            yield ProgressLine(id="progress")
            with Container(id="curves"):
                yield CurveView("loss")
                yield CurveView("accuracy")
                yield GradientView()
            with Container(id="below"):
                yield EpochTable(id="table")
                yield TrainingLog(id="log", classes="panel")
                yield WatchedView(id="watched-names", classes="panel")

    def on_mount(self) -> None:
        self.watch(self.app, "dataset", self.show_dataset)
        self.watch(self.app, "training", self.show_training)
        self.watch(self.app, "unfinished", self.show_unfinished)
        self.watch(self.app, "edits", self.ask_plan, init=False)
        self.query_one(TrainingForm).take(self.bench.remembered.now.form)
        self.bench.need_dataset()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.look_for_origins()
        self.show_training(self.bench.training)
        self._draw_all()
        self._look_into()

    def on_screen_suspend(self) -> None:
        self.bench.trainings.look_into(False)

    def focus_first(self) -> Widget | None:
        return self.query_one(TrainingForm).focus_first() if self.bench.training.phase == "idle" else None

    def context(self) -> str:
        training = self.bench.training
        if training.story.started is not None:
            if self.has_class("-narrow"):
                return training.story.started.title
            started = training.story.started
            if training.holder is not None:
                return _("{what} on {data} · process {pid}").format(
                    what=started.title, data=started.data, pid=training.holder.pid
                )
            if training.config:
                return _("{what} on {data} · seed {seed}").format(
                    what=started.title, data=started.data, seed=training.config.seed
                )
            return _("{what} on {data}").format(what=started.title, data=started.data)
        table = self.bench.dataset.ready
        return (
            _("{table} · {rows:,} rows").format(table=table.title, rows=len(table))
            if table is not None
            else ""
        )

    # -- while it runs --

    def show_training(self, training: TrainingState) -> None:
        """Redraw; the curves at a limited rate, over a slow line everything."""
        live = training.phase != "idle"
        self.set_class(live, "-live")
        self.set_class(not live, "-before")
        if bool(training.story.watched) != self._are_watched:
            self._are_watched = not self._are_watched
            self.set_class(self._are_watched, "-watched")
        if training.phase != self._shown_phase:
            self._shown_phase = training.phase
            if live:
                self.set_focus(None)
            self.refresh_header()
            self.refresh_bindings()
            self._draw_lines()
            self._draw_curves()
        if not live or not self.is_current:
            return
        if not self.bench.low_bandwidth:
            self._draw_lines()
        if self._curves_due is None:
            every = DRAW_SELDOM if self.bench.low_bandwidth else DRAW_EVERY
            self._curves_due = self.set_timer(every, self._draw_all)

    def _draw_all(self) -> None:
        self._draw_lines()
        self._draw_curves()

    def _draw_lines(self) -> None:
        """Draw all but the curves."""
        if self.is_current and self.bench.training.phase != "idle":
            for widget in (
                self.query_one(ProgressLine),
                self.query_one(EpochTable),
                self.query_one(TrainingLog),
                self.query_one(WatchedView),
            ):
                widget.show(self.bench.training)

    def _draw_curves(self) -> None:
        if self._curves_due is not None:
            self._curves_due.stop()
            self._curves_due = None
        if self.is_current and self.bench.training.phase != "idle":
            for curve in (*self.query(CurveView), self.query_one(GradientView)):
                curve.show(self.bench.training)

    # -- keys --

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        training = self.bench.training
        if action == "open_file":
            return training.phase == "idle"
        if action in ("more", "fewer"):
            return training.phase == "idle" and self._more == (action == "fewer")
        if action == "start":
            return self.can_start
        if action == "show_problem":
            return training.phase == "idle" and bool(self.query_one(TrainingForm).problems)
        if training.study and action in ("pause", "unpause", "stop"):
            return False  # that is the search's affair
        if action in ("pause", "unpause"):
            return training.phase == ("running" if action == "pause" else "paused")
        if action == "stop":
            return training.phase in ("running", "paused", "starting")
        if action == "detach":
            return training.is_ours and training.phase in ("running", "paused")
        if action == "resume":
            return training.can_go_on
        if action == "finish":
            return training.can_be_finished
        if action == "edit_watched":
            return training.can_watch
        if action in _WHILE_LIVE:
            return training.phase != "idle"
        if action == "use_model":
            return training.phase == "done" and training.story.finished is not None
        if action == "new":
            return training.phase in ("done", "failed") or training.holder is not None
        return True

    def copied(self) -> str:
        """The command of the form; of a training, what its last epoch and its test came to."""
        story = self.bench.training.story
        if self.bench.training.phase == "idle":
            return self.query_one(PlanView).command
        parts = [story.started.run] if story.started is not None else []
        if story.epochs:
            parts.append(
                _("epoch {epoch}: valid {share}").format(
                    epoch=story.epochs[-1].epoch, share=percent(story.epochs[-1].valid_accuracy).strip()
                )
            )
        if story.finished is not None:
            share = percent(story.finished.test.accuracy).strip()
            parts.append(_("test {share}").format(share=share))
        return "\t".join(parts)

    def action_more(self) -> None:
        self._more = not self._more
        self.query_one(TrainingForm).show_more(self._more)
        self.refresh_bindings()

    action_fewer = action_more

    def action_pause(self) -> None:
        self.bench.trainings.pause()

    action_unpause = action_pause

    def action_stop(self) -> None:
        self.bench.trainings.stop()

    def action_detach(self) -> None:
        self.bench.trainings.detach()

    def action_resume(self) -> None:
        directory = self.bench.training.directory
        if directory is not None and self.bench.training.can_go_on:
            self.bench.trainings.take_up(directory)

    def action_finish(self) -> None:
        directory = self.bench.training.directory
        if directory is not None and self.bench.training.can_be_finished:
            self.bench.trainings.take_up(directory, "finish")

    def action_log_axis(self) -> None:
        for curve in self.query(CurveView):
            if curve.id == "curve-loss":
                curve.turn_axis()
        self._draw_curves()

    def action_spread(self) -> None:
        for curve in self.query(CurveView):
            curve.spread = not curve.spread
        self._draw_curves()

    def action_read(self, step: int) -> None:
        for curve in self.query(CurveView):
            curve.step_to(step)
        self._draw_curves()

    def action_zoom(self) -> None:
        steps = ("", *(ZOOMS if self.has_class("-gradients") else ZOOMS[:-1]))
        now = next((step for step in ZOOMS if self.has_class(step)), "")
        after = steps[(steps.index(now) + 1) % len(steps)]
        self.remove_class(*ZOOMS)
        if after:
            self.add_class(after)

    def action_show_watched(self) -> None:
        self.toggle_class("-watched")

    def action_edit_watched(self) -> None:
        from tui.screens.watching import WatchingScreen

        directory = self.bench.training.directory
        if directory is not None and self.bench.training.can_watch:
            self.add_class("-watched")
            self.app.push_screen(WatchingScreen(directory))

    def action_show_gradients(self) -> None:
        self.toggle_class("-gradients")
        self.remove_class(*ZOOMS)
        self._look_into()
        self._draw_curves()

    def _look_into(self) -> None:
        """Have gradient norms measured as long as they show."""
        self.bench.trainings.look_into(self.is_current and self.has_class("-gradients"))

    def action_move(self, step: int) -> None:
        self.query_one(EpochTable).move(step)

    def action_move_page(self, direction: int) -> None:
        self.query_one(EpochTable).move_page(direction)

    def action_move_first(self) -> None:
        self.query_one(EpochTable).move(-len(self.bench.training.story.epochs))

    def action_move_last(self) -> None:
        self.query_one(EpochTable).move(len(self.bench.training.story.epochs))

    async def action_use_model(self) -> None:
        training = self.bench.training
        if training.story.finished is not None and training.directory is not None:
            self.bench.use_model(training.directory)
            await self.bench.action_go("predict")

    def action_new(self) -> None:
        self.bench.trainings.forget()
        self.look_for_origins()
        self.ask_plan()
        self.query_one(TrainingForm).focus_first().focus()

    async def action_choose_run(self) -> None:
        await self.bench.action_go("runs")
