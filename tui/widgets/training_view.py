"""Progress, curves, epochs and log of a training."""

from __future__ import annotations

from itertools import count

from rich.text import Text
from textual import events

from namecls.events import EpochEnd
from namecls.text import safe
from tui.drawing.cells import percent
from tui.drawing.figures import clock, loss
from tui.drawing.palette import Palette
from tui.drawing.plots import Line, PlotSpec, render
from tui.drawing.story import Story
from tui.state import TrainingState
from tui.widgets.drawn import Drawn


class TrainingDrawn(Drawn):
    """A part of the picture. `show` is called with every change; what it draws is up to `draw`."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.training = TrainingState()

    @property
    def story(self) -> Story:
        return self.training.story

    def show(self, training: TrainingState) -> None:
        self.training = training
        self.redraw()


class ProgressLine(TrainingDrawn):
    """Epoch, step, bar, pace, time; when it is over, the result of the test."""

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        finished = self.story.finished
        if self.training.phase == "failed":
            problem = Text(safe(self.training.problem, 400), style=palette.bad)
            return [Text(" ").append_text(line) for line in problem.wrap(self.app.console, width - 2)]
        if finished is not None:
            test = finished.test
            line = Text.assemble(
                (" test ", palette.muted),
                (f"{100 * test.accuracy:.1f} %", f"bold {palette.good}"),
                (f"   macro-F1 {100 * test.macro_f1:.1f} %   top-3 {100 * test.top_3:.1f} %", palette.text),
                (f"   {test.rows:,} test rows", palette.muted),
            )
            if (refit := self.story.refit) is not None:
                line.append(
                    f" · of the model before its refit on all {refit.rows:,} rows", style=palette.warning
                )
            where = Text(f" {finished.reason} · saved as {safe(finished.run, 60)}", style=palette.muted)
            if not self.training.replay:
                where.append(" · enter uses it in Predict")
            return [line, where]
        return self._moving(width, palette)

    def _moving(self, width: int, palette: Palette) -> list[Text]:
        started, progress = self.story.started, self.story.progress
        if started is None or progress is None:
            nothing = self.training.phase == "done"
            return [
                Text(
                    f" {self._word() or 'getting ready ...'}" if nothing else " getting ready ...",
                    style=palette.muted,
                )
            ]
        at, refit = f" epoch {progress.epoch}/{started.epochs}  ", self.story.refit
        if refit is not None:
            at = f" refit on all {refit.rows:,} rows: epoch {refit.epoch}/{refit.epochs}  "
        left = Text.assemble((at, f"bold {palette.text}"))
        right = Text.assemble(
            (f"  {self.story.share:4.0%}".replace("%", " %"), f"bold {palette.text}"),
            (
                f"  {clock(progress.elapsed):>5} · {clock(progress.remaining):>4} left "
                if refit is None
                else f"  {clock(refit.elapsed):>5} ",
                palette.muted,
            ),
        )
        room = max(width - left.cell_len - right.cell_len, 4)
        done = round(room * self.story.share)
        full, empty = ("#", "-") if self.ascii_only else ("━", "─")
        left.append(full * done, style=palette.accent)
        left.append(empty * (room - done), style=palette.faint)
        word = self._word()
        if self.training.waiting:
            below = Text.assemble(
                (f" {word} · ", palette.accent), (safe(self.training.waiting, 300), palette.warning)
            )
            below.no_wrap = True
            return [left.append_text(right), below]
        digits = len(f"{started.steps:,}")
        below = Text.assemble(
            (f" {word} · " if word else " ", palette.accent),
            (
                f"step {progress.step:>{digits},} of {started.steps:,} · {progress.names_per_second:>7,.0f} names/s",
                palette.muted,
            ),
        )
        rate = f" · learning rate {progress.learning_rate:.5f}"
        if below.cell_len + len(rate) <= width:
            below.append(rate, style=palette.muted)
        return [left.append_text(right), below]

    def _word(self) -> str:
        """State of the training in a word, if it needs one."""
        training = self.training
        if training.phase == "done":
            if training.study:
                return f"a trial of {safe(training.study, 40)}"
            if training.diverged:
                return "diverged; f tests the best epoch" if training.can_be_finished else "diverged"
            return "interrupted; r resumes"
        if training.handing_over:
            return "to the background"
        if training.phase in ("paused", "stopping"):
            return training.phase
        if training.waiting:
            return "disk full: waiting for space"
        return f"process {training.holder.pid}" if training.holder is not None else ""


class CurveView(TrainingDrawn):
    """The curve of the loss, or of the accuracy: training as it goes, validation at every epoch."""

    def __init__(self, what: str) -> None:
        super().__init__(id=f"curve-{what}", classes="panel curve")
        self._what = what
        self.log_axis = False
        self._last: tuple[object, list[Text]] | None = None

    def on_mount(self) -> None:
        self._entitle()

    def turn_axis(self) -> None:
        """Switch between a linear and a logarithmic axis."""
        self.log_axis = not self.log_axis
        self._entitle()

    def _entitle(self) -> None:
        """Title the panel: the axis, and that the training curve is no single measurement, unlike the validation's."""
        axis = ", log" if self.log_axis else ""
        self.border_title = f"{self._what}{axis} · train: running mean"

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        story = self.story
        series = story.loss if self._what == "loss" else story.accuracy
        key = (story, series.version, len(story.epochs), width, height, palette, self.log_axis)
        if self._last is None or self._last[0] != key:
            self._last = (key, self._plot(width, height, palette))
        return self._last[1]

    def _plot(self, width: int, height: int, palette: Palette) -> list[Text]:
        story = self.story
        if story.started is None or (story.progress is None and not story.epochs):
            return [Text("The curve begins with the first step.", style=palette.muted)]
        series = story.loss if self._what == "loss" else story.accuracy
        steps = story.started.steps
        columns = series.columns(0, steps, max(width - 6, 1))
        band = tuple(point for c in columns for point in ((c.first, c.low), (c.first, c.high)))
        middle = tuple(((c.first + c.last) / 2, c.mean) for c in columns)
        valid = tuple((epoch.step, self._valid(epoch)) for epoch in story.epochs)
        best = tuple((epoch.step, self._valid(epoch)) for epoch in story.epochs if epoch is story.best)
        per_epoch = steps / story.started.epochs
        spec = PlotSpec(
            lines=(
                Line(band, "faint", follows=True),
                Line(middle, "primary"),
                Line(valid, "accent"),
                Line(best, "accent", dots=True),
            ),
            x_range=(0, steps),
            x_ticks=tuple(
                (epoch * per_epoch, str(epoch))
                for epoch in range(0, story.started.epochs + 1, _every(story.started.epochs, width))
            ),
            log_y=self.log_axis,
            shares=self._what == "accuracy",
            ascii_only=self.ascii_only,
        )
        plot = render(spec, width, height - 1, palette).split("\n", allow_blank=True)
        return [self._last_values(width, palette), *plot]

    def _valid(self, epoch: EpochEnd) -> float:
        return epoch.valid_loss if self._what == "loss" else epoch.valid_accuracy

    def _last_values(self, width: int, palette: Palette) -> Text:
        """What the colours mean, with the latest values. In the plot, since a new border title repaints it all."""
        story = self.story
        parts = []
        if story.progress is not None:
            series = story.loss if self._what == "loss" else story.accuracy
            parts.append(Text(f"train {self._number(series.recent())}", style=palette.primary))
        if story.epochs:
            parts.append(Text(f"valid {self._number(self._valid(story.epochs[-1]))}", style=palette.accent))
        if story.best is not None:
            star = "*" if self.ascii_only else "★"
            best = f"{star}{story.best.epoch} {self._number(self._valid(story.best))}"
            parts.append(Text(best, style=palette.accent))
        while len(parts) > 1 and sum(part.cell_len + 1 for part in parts) > width + 1:
            del parts[0]
        line = Text(" ").join(parts)
        return Text(" " * max(width - line.cell_len, 0)).append_text(line)

    def _number(self, value: float) -> str:
        return loss(value, 3, 8) if self._what == "loss" else percent(value).strip()


def _every(epochs: int, width: int) -> int:
    """Every how many epochs there is room for a number on the axis."""
    most = max((width - 6) // (len(str(epochs)) + 3), 1)
    steps = (int(factor * 10**power) for power in count() for factor in (1, 2, 5))
    return next(step for step in steps if epochs / step <= most)


class EpochTable(TrainingDrawn):
    """A line for each epoch, the newest first, the best one starred. Keys and the wheel go back to the first ones."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._above = 0  # newer epochs than the first that shows
        self._count = 0

    @property
    def _room(self) -> int:
        return max(self.size.height - 1, 1)

    def show(self, training: TrainingState) -> None:
        """Show a training. Whoever has gone back to older epochs stays with them while new ones come."""
        count = len(training.story.epochs)
        same = training.story is self.story and count >= self._count
        if self._above or not same:
            self._above = self._above + count - self._count if same else 0
        self._count = count
        super().show(training)

    def move(self, step: int) -> None:
        """`step` epochs further back, or forward."""
        self._above = min(max(self._above + step, 0), max(self._count - self._room, 0))
        self.redraw()

    def move_page(self, direction: int) -> None:
        self.move(max(self._room - 1, 1) * direction)

    def on_resize(self) -> None:
        self.move(0)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-3)

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        wide = width >= 78
        head = (
            " epoch  train loss  valid loss  train acc  valid acc  macro-F1    time"
            if wide
            else (" epoch   loss  valid    acc.   valid      F1   time")
        )
        title = Text(head, style=palette.muted, no_wrap=True)
        showing = self.story.epochs[::-1][self._above : self._above + max(height - 1, 1)]
        below = self._count - self._above - len(showing)
        up, down = ("^", "v") if self.ascii_only else ("↑", "↓")
        hidden = [f"{sign}{count}" for sign, count in ((up, self._above), (down, below)) if count > 0]
        if hidden:
            more = " ".join(hidden)
            title.append(" " * max(width - title.cell_len - len(more) - 1, 1) + more, style=palette.accent)
        lines = [title, *(self._row(epoch, wide, palette) for epoch in showing)]
        if not self.story.epochs:
            lines.append(Text(" one line per finished epoch", style=palette.muted, no_wrap=True))
        return lines

    def _row(self, epoch: EpochEnd, wide: bool, palette: Palette) -> Text:
        best = epoch is self.story.best
        if wide:
            shown = (
                f"{epoch.epoch:>6}{loss(epoch.train_loss, 4, 10):>12}{loss(epoch.valid_loss, 4, 10):>12}"
                f"{percent(epoch.train_accuracy):>11}{percent(epoch.valid_accuracy):>11}"
                f"{percent(epoch.valid_macro_f1):>10}{epoch.seconds:>7.1f} s"
            )
        else:
            shown = (
                f"{epoch.epoch:>6}{loss(epoch.train_loss, 3, 6):>7}{loss(epoch.valid_loss, 3, 6):>7}"
                f"{percent(epoch.train_accuracy):>8}{percent(epoch.valid_accuracy):>8}"
                f"{percent(epoch.valid_macro_f1):>8}{epoch.seconds:>6.1f}s"
            )
        line = Text(shown, style=f"bold {palette.text}" if best else palette.text, no_wrap=True)
        if best:
            line.append("  * best" if self.ascii_only else "  ★ best", style=palette.accent)
        elif epoch.best:
            line.append("  better", style=palette.faint)
        return line


class TrainingLog(TrainingDrawn):
    """What happened, in words."""

    def on_mount(self) -> None:
        self.border_title = "log"

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        lines: list[Text] = []
        for entry in self._entries():
            lines.extend(Text(safe(entry, 300), style=palette.muted).wrap(self.app.console, width))
        return lines[-height:]

    def _entries(self) -> list[str]:
        story, training = self.story, self.training
        entries: list[str] = []
        if started := story.started:
            entries += [
                f"run {started.run}",
                f"{started.title} on {started.data}, {started.device}",
                f"{started.train_rows:,} training rows, {started.validation_rows:,} validation rows, "
                f"{started.test_rows:,} test rows; {len(started.labels):,} labels",
                f"{started.parameters:,} parameters, {started.characters} characters",
            ]
        for epoch in story.epochs:
            kept = "best, saved" if epoch.best else "no better"
            entries.append(
                f"{clock(epoch.elapsed)}  epoch {epoch.epoch}  {percent(epoch.valid_accuracy).strip()}  {kept}"
            )
        if training.holder is not None:
            entries.append(f"trained by {training.holder}; quitting does not stop it")
        if training.waiting:
            entries.append(f"{training.waiting}; it continues by itself when there is space")
        if training.phase == "paused":
            entries.append("paused; space resumes")
        elif training.handing_over:
            entries.append("writing a checkpoint; then a background process continues")
        elif training.phase == "stopping":
            entries.append("stopping; then the best epoch is tested")
        elif training.can_go_on:
            entries.append("interrupted; r resumes from its last checkpoint")
        elif training.can_be_finished:
            entries.append("it can't be resumed: f tests the best epoch and saves it")
        elif training.study and not training.busy and story.finished is None:
            entries.append(f"a trial of {training.study}, not tested: F12 shows its search")
        if finished := story.finished:
            entries.append(
                f"{clock(finished.seconds)}  {finished.reason}; the best epoch was {finished.best_epoch}"
            )
        if training.problem:
            entries.append(training.problem)
        return entries
