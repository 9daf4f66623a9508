"""The curves of a training."""

from __future__ import annotations

import math
from itertools import count

from rich.cells import cell_len
from rich.text import Text

from namecls.events import EpochEnd
from namecls.language import _, language
from tui.drawing.cells import percent
from tui.drawing.figures import loss
from tui.drawing.palette import Palette
from tui.drawing.plots import Line, PlotSpec, render
from tui.widgets.training_view import TrainingDrawn

#: Beyond every axis, for a line from its bottom to its top.
_LEAST, _MOST = 1e-30, 1e30
_APART = 6  # cells between two signs on a curve


class CurveView(TrainingDrawn):
    """The curve of the loss, or of the accuracy: training as it goes, validation at every epoch."""

    def __init__(self, what: str) -> None:
        super().__init__(id=f"curve-{what}", classes="panel curve")
        self._what = what
        self.log_axis = False
        self.spread = False  # whether the least and the most of single batches show
        self.read: int | None = None  # the epoch that is read, from 0; None: the latest values stand there
        self._last: tuple[object, list[Text]] | None = None

    def turn_axis(self) -> None:
        """Switch between a linear and a logarithmic axis."""
        self.log_axis = not self.log_axis
        self.entitle()

    def entitle(self) -> None:
        """Title the panel: the axis, and that the training curve is no single measurement, unlike the validation's."""
        what = _("loss") if self._what == "loss" else _("accuracy")
        title = (
            _("{figure}, log · train: running mean") if self.log_axis else _("{figure} · train: running mean")
        )
        self.border_title = title.format(figure=what)

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        story = self.story
        series = story.loss if self._what == "loss" else story.accuracy
        how = (self.log_axis, self.spread, self.read, language())
        key = (story, series.version, len(story.epochs), width, height, palette, how)
        if self._last is None or self._last[0] != key:
            self._last = (key, self._plot(width, height, palette))
        return self._last[1]

    def _plot(self, width: int, height: int, palette: Palette) -> list[Text]:
        story = self.story
        if story.started is None or (story.progress is None and not story.epochs):
            return [Text(_("The curve begins with the first step."), style=palette.muted)]
        series = story.loss if self._what == "loss" else story.accuracy
        steps = story.started.steps
        columns = series.columns(0, steps, max(width - 6, 1))
        band = tuple(point for c in columns for point in ((c.first, c.low), (c.first, c.high)))
        at = self._read_epoch
        cursor = ((at.step, _LEAST), (at.step, _MOST)) if at is not None else ()
        middle = tuple(((c.first + c.last) / 2, c.mean) for c in columns)
        valid = tuple((epoch.step, self._valid(epoch)) for epoch in story.epochs)
        every = max(math.ceil(len(valid) * _APART / max(width - 6, 1)), 1)
        best = tuple((epoch.step, self._valid(epoch)) for epoch in story.epochs if epoch is story.best)
        per_epoch = steps / story.started.epochs
        spec = PlotSpec(
            lines=(
                Line(band if self.spread else (), "faint", follows=True),
                Line(cursor, "muted", follows=True),
                Line(middle, "primary"),
                Line(valid, "accent"),
                Line(valid[every - 1 :: every], "accent", dots=True, mark=self._mark),
                Line(best, "accent", dots=True, mark=self._star),
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

    def step_to(self, step: int) -> None:
        """Read the values of another epoch: the last one first; beyond it, the latest values again."""
        count = len(self.story.epochs)
        at = (self.read if self.read is not None else count) + step
        self.read = max(at, 0) if at < count else None

    @property
    def _read_epoch(self) -> EpochEnd | None:
        epochs = self.story.epochs
        return epochs[self.read] if self.read is not None and self.read < len(epochs) else None

    def _valid(self, epoch: EpochEnd) -> float:
        return epoch.valid_loss if self._what == "loss" else epoch.valid_accuracy

    def _last_values(self, width: int, palette: Palette) -> Text:
        """What the curves are, with the latest values. In the plot, since a new border title repaints it all."""
        story = self.story
        parts = []
        if (at := self._read_epoch) is not None:
            train = at.train_loss if self._what == "loss" else at.train_accuracy
            parts.append(Text(_("epoch {epoch}:").format(epoch=at.epoch), style=palette.text))
            parts.append(self._value(_("train {value}"), train, palette.primary))
            parts.append(self._marked(self._valid(at), palette))
            line = Text(" ").join(parts)
            return Text(" " * max(width - line.cell_len, 0)).append_text(line)
        if story.progress is not None:
            series = story.loss if self._what == "loss" else story.accuracy
            parts.append(self._value(_("train {value}"), series.recent(), palette.primary))
        if story.epochs:
            latest = self._valid(story.epochs[-1])
            parts.append(self._marked(latest, palette))
        if story.best is not None:
            best = f"{self._star}{story.best.epoch}"
            figure = f" {self._number(self._valid(story.best))}"
            if sum(part.cell_len + 1 for part in parts) + cell_len(best + figure) <= width:
                best += figure
            parts.append(Text(best, style=palette.accent))
        while len(parts) > 1 and sum(part.cell_len + 1 for part in parts) > width + 1:
            del parts[0]
        line = Text(" ").join(parts)
        return Text(" " * max(width - line.cell_len, 0)).append_text(line)

    @property
    def _mark(self) -> str:
        """What stands on the curve of validation, which is otherwise told from that of training by its colour alone."""
        return "o" if self.ascii_only else "○"

    @property
    def _star(self) -> str:
        """What stands on it at the best epoch."""
        return "*" if self.ascii_only else "★"

    def _marked(self, value: float, palette: Palette) -> Text:
        return Text(f"{self._mark} ", style=palette.accent).append_text(
            self._value(_("valid {value}"), value, palette.accent)
        )

    def _value(self, words: str, value: float, style: str) -> Text:
        return Text(words.format(value=self._number(value)), style=style)

    def _number(self, value: float) -> str:
        return loss(value, 3, 8) if self._what == "loss" else percent(value).strip()


def _every(epochs: int, width: int) -> int:
    """Every how many epochs there is room for a number on the axis."""
    most = max((width - 6) // (len(str(epochs)) + 3), 1)
    steps = (int(factor * 10**power) for power in count() for factor in (1, 2, 5))
    return next(step for step in steps if epochs / step <= most)
