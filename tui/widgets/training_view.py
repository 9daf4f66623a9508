"""Progress, epochs and log of a training."""

from __future__ import annotations

from rich.text import Text
from textual import events

from namecls.events import EpochEnd
from namecls.language import N_, _, again
from namecls.text import safe
from namecls.wilson import wilson
from tui.drawing.cells import percent, to_right
from tui.drawing.figures import clock, loss
from tui.drawing.palette import Palette
from tui.drawing.story import Story
from tui.drawing.wording import styled, wrapped
from tui.state import TrainingState
from tui.widgets.drawn import Drawn

#: Why a training is over, as its history has it.
_REASONS = (N_("completed"), N_("stopped early"), N_("stopped"))


def _reason(reason: str) -> str:
    return _(reason) if reason in _REASONS else safe(reason, 40)


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
            problem = Text(safe(again(self.training.problem), 400), style=palette.bad)
            return [Text(" ").append_text(line) for line in wrapped(problem, width - 2)]
        if finished is not None:
            test = finished.test
            within = wilson(test.accuracy, test.rows)
            others = _("macro-F1 {macro_f1:.1f} %   top-3 {top_3:.1f} %")
            others = others.format(macro_f1=100 * test.macro_f1, top_3=100 * test.top_3)
            line = Text(" ").append_text(
                styled(
                    _("test {accuracy} ±{half:.1f}   {others}   {rows:,} test rows"),
                    palette.muted,
                    accuracy=(f"{100 * test.accuracy:.1f} %", f"bold {palette.good}"),
                    half=50 * (within.high - within.low),
                    others=(others, palette.text),
                    rows=test.rows,
                )
            )
            if (refit := self.story.refit) is not None:
                word = _("of the model before its refit on all {rows:,} rows").format(rows=refit.rows)
                line.append(f" · {word}", style=palette.warning)
            parts = [_reason(finished.reason), _("saved as {run}").format(run=safe(finished.run, 60))]
            if not self.training.replay:
                parts.append(_("enter uses it in Predict"))
            return [line, Text(f" {' · '.join(parts)}", style=palette.muted)]
        return self._moving(width, palette)

    def _moving(self, width: int, palette: Palette) -> list[Text]:
        started, progress = self.story.started, self.story.progress
        if started is None or progress is None:
            word = self._word() if self.training.phase == "done" else ""
            return [Text(f" {word or _('getting ready ...')}", style=palette.muted)]
        if (refit := self.story.refit) is not None:
            at = _("refit on all {rows:,} rows: epoch {epoch}/{epochs}")
            at = at.format(rows=refit.rows, epoch=refit.epoch, epochs=refit.epochs)
            times = f"{clock(refit.elapsed):>5}"
        else:
            at = _("epoch {epoch}/{epochs}").format(epoch=progress.epoch, epochs=started.epochs)
            left_over = _("{time:>4} left").format(time=clock(progress.remaining))
            times = f"{clock(progress.elapsed):>5} · {left_over}"
        left = Text.assemble((f" {at}  ", f"bold {palette.text}"))
        right = Text.assemble(
            (f"  {self.story.share:4.0%}".replace("%", " %"), f"bold {palette.text}"),
            (f"  {times} ", palette.muted),
        )
        room = max(width - left.cell_len - right.cell_len, 4)
        done = round(room * self.story.share)
        full, empty = ("#", "-") if self.ascii_only else ("━", "─")
        left.append(full * done, style=palette.accent)
        left.append(empty * (room - done), style=palette.faint)
        word = self._word()
        if self.training.waiting:
            below = Text.assemble(
                (f" {word} · ", palette.accent), (safe(again(self.training.waiting), 300), palette.warning)
            )
            below.no_wrap = True
            return [left.append_text(right), below]
        digits = len(f"{started.steps:,}")
        told = _("step {step} of {steps:,} · {names:>7,.0f} names/s").format(
            step=f"{progress.step:>{digits},}", steps=started.steps, names=progress.names_per_second
        )
        below = Text.assemble((f" {word} · " if word else " ", palette.accent), (told, palette.muted))
        rate = Text(
            " · " + _("learning rate {rate:.5f}").format(rate=progress.learning_rate), style=palette.muted
        )
        if below.cell_len + rate.cell_len <= width:
            below.append_text(rate)
        return [left.append_text(right), below]

    def _word(self) -> str:
        """State of the training in a word, if it needs one."""
        training = self.training
        if training.phase == "done":
            if training.study:
                return _("a trial of {search}").format(search=safe(training.study, 40))
            if training.diverged:
                return _("diverged; f tests the best epoch") if training.can_be_finished else _("diverged")
            return _("interrupted; r resumes")
        if training.handing_over:
            return _("to the background")
        if training.phase == "paused":
            return _("paused")
        if training.phase == "stopping":
            return _("stopping")
        if training.waiting:
            return _("disk full: waiting for space")
        if training.holder is not None:
            return _("process {number}").format(number=training.holder.pid)
        return ""


#: The columns of the epochs, each with its cells; and where there is less room.
_WIDE = (
    (N_("epoch"), 6),
    (N_("train loss"), 12),
    (N_("valid loss"), 12),
    (N_("train acc"), 11),
    (N_("valid acc"), 11),
    (N_("macro-F1"), 10),
    (N_("time"), 8),
)
_NARROW = (
    (N_("epoch"), 6),
    (N_("loss"), 7),
    (N_("valid"), 7),
    (N_("acc."), 8),
    (N_("valid"), 8),
    (N_("F1"), 8),
    (N_("time"), 7),
)


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
        columns = _WIDE if wide else _NARROW
        head = "".join(to_right(_(title), room) for title, room in columns)
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
            lines.append(Text(" " + _("one line per finished epoch"), style=palette.muted, no_wrap=True))
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
            line.append(("  * " if self.ascii_only else "  ★ ") + _("best"), style=palette.accent)
        elif epoch.best:
            line.append("  " + _("better"), style=palette.faint)
        return line


class TrainingLog(TrainingDrawn):
    """What happened, in words."""

    def entitle(self) -> None:
        self.border_title = _("log")

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        lines: list[Text] = []
        for entry in self._entries():
            lines.extend(wrapped(Text(safe(entry, 300), style=palette.muted), width))
        return lines[-height:]

    def _entries(self) -> list[str]:
        story, training = self.story, self.training
        entries: list[str] = []
        if started := story.started:
            entries += [
                _("run {run}").format(run=started.run),
                _("{network} on {data}, {device}").format(
                    network=started.title, data=started.data, device=started.device
                ),
                _(
                    "{train:,} training rows, {validation:,} validation rows, {test:,} test rows; {labels:,} labels"
                ).format(
                    train=started.train_rows,
                    validation=started.validation_rows,
                    test=started.test_rows,
                    labels=len(started.labels),
                ),
                _("{parameters:,} parameters, {characters} characters").format(
                    parameters=started.parameters, characters=started.characters
                ),
            ]
        for epoch in story.epochs:
            if epoch.best:
                word = _("{time} epoch {epoch} {accuracy} best, saved")
            else:
                word = _("{time} epoch {epoch} {accuracy} no improvement")
            accuracy = percent(epoch.valid_accuracy).strip()
            entries.append(word.format(time=clock(epoch.elapsed), epoch=epoch.epoch, accuracy=accuracy))
        if training.holder is not None:
            word = _("trained by {process}; quitting does not stop it")
            entries.append(word.format(process=training.holder))
        if training.waiting:
            word = _("{problem}; it continues by itself when there is space")
            entries.append(word.format(problem=again(training.waiting)))
        if training.phase == "paused":
            entries.append(_("paused; space resumes"))
        elif training.handing_over:
            entries.append(_("writing a checkpoint; then a background process continues"))
        elif training.phase == "stopping":
            entries.append(_("stopping; then the best epoch is tested"))
        elif training.can_go_on:
            entries.append(_("interrupted; r resumes from its last checkpoint"))
        elif training.can_be_finished:
            entries.append(_("it can't be resumed: f tests the best epoch and saves it"))
        elif training.study and not training.busy and story.finished is None:
            word = _("a trial of {search}, not tested: F12 shows its search")
            entries.append(word.format(search=training.study))
        if finished := story.finished:
            word = _("{time}  {reason}; the best epoch was {epoch}")
            entries.append(
                word.format(
                    time=clock(finished.seconds), reason=_reason(finished.reason), epoch=finished.best_epoch
                )
            )
        if training.problem:
            entries.append(again(training.problem))
        return entries
