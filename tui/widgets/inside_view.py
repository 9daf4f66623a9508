"""What is seen of the network while it trains: the answers for watched names, and gradient norms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from namecls.language import _
from namecls.text import safe
from tui.drawing.cells import cut, percent, small_line
from tui.drawing.heatmap import Heatmap, draw_heatmap
from tui.drawing.palette import Palette
from tui.drawing.wording import wrapped
from tui.widgets.training_view import TrainingDrawn

if TYPE_CHECKING:
    from namecls.events import Gradients, Watched, WatchedName

_COLUMN = 4  # cells of a letter


class WatchedView(TrainingDrawn):
    """The watched names: the label that is first now, and its probability after each epoch."""

    def entitle(self) -> None:
        self.border_title = _("watched names")

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        watched = self.story.watched
        if not watched or not watched[-1].names:
            return wrapped(Text(self._why_none(), style=palette.muted), width)
        name = min(max((cell_len(safe(each.name, 40)) for each in watched[-1].names), default=0), width // 4)
        label = max((cell_len(safe(each.labels[0], 40)) for each in watched[-1].names), default=0)
        label = min(label, width // 4)
        room = max(min(width - name - label - len(percent(1)) - 4, 60), 0)
        word = _("epoch {epoch}").format(epoch=watched[-1].epoch)
        head = Text(" " * (name + 1) + word, style=palette.muted, no_wrap=True)
        lines = [head]
        for each in watched[-1].names:
            line = Text(cut(each.name, name, self.ascii_only) + " ", style=palette.text, no_wrap=True)
            tint = palette.label(each.labels[0])
            values = trace(watched[-max(room, 1) :], each)
            line.append(small_line(values, room, 0.0, 1.0, self.ascii_only).rjust(room), style=tint)
            line.append(f" {percent(each.probabilities[0])} ", style=palette.text)
            line.append(cut(each.labels[0], label, self.ascii_only), style=tint)
            lines.append(line)
        word = _(
            "Each line: the probability of the label that is first now, after each epoch; lowest where it was not "
            "among the first five, a blank where the name was not watched. Not calibrated."
        )
        told = wrapped(Text(word, style=palette.muted), width)
        return [*lines, *told] if len(lines) + len(told) <= height else lines[:height]

    def _why_none(self) -> str:
        if self.training.busy:
            if self.training.can_watch:
                return _("None is ranked yet: that is done after every epoch. e says which names to watch.")
            return _("None is ranked yet: that is done after every epoch.")
        return _("None. e says which names to watch.") if self.training.can_watch else _("None.")


def trace(watched: Sequence[Watched], now: WatchedName) -> list[float]:
    """The probability of a name's present first label after each epoch.

    :return: NaN where the name was not ranked, 0 where the label was not among those told.
    """
    found = []
    for event in watched:
        each = next((each for each in event.names if each.name == now.name), None)
        told = dict(zip(each.labels, each.probabilities, strict=True)) if each is not None else {}
        found.append(told.get(now.labels[0], 0.0 if each is not None else math.nan))
    return found


class GradientView(TrainingDrawn):
    """Gradient norms: of each layer over the last measurements, and by letter of the latest one."""

    def __init__(self) -> None:
        super().__init__(id="gradients", classes="panel curve")

    def entitle(self) -> None:
        self.border_title = _("gradient norms")

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        measured = list(self.story.gradients)
        if not measured:
            return wrapped(Text(self._why_none(), style=palette.muted), width)
        now = measured[-1]
        head = _("by layer, to step {step:,}").format(step=now.step)
        lines = [Text(head, style=palette.muted, no_wrap=True)]
        lines += self._layers(measured, width, palette)
        if now.letters or now.reverse:
            lines += self._letters(now, width, palette)
        else:
            lines.append(Text(_("no recurrent part"), style=palette.muted, no_wrap=True))
        for line in lines:
            line.truncate(width, overflow="ellipsis")
        return lines[:height]

    def _why_none(self) -> str:
        if self.training.study and self.training.busy:
            return _("A search measures none of its trials.")
        if self.training.holder is not None:
            word = _("Asked of process {number}; the first come with one of its next steps.")
            return word.format(number=self.training.holder.pid)
        if self.training.busy:
            return _("Measured while this shows; the first come with the next step.")
        return _("None were measured: only while this shows, or with namecls train --gradients.")

    def _layers(self, measured: Sequence[Gradients], width: int, palette: Palette) -> list[Text]:
        """A row for each layer, shaded by the largest of all; at its end the latest norm."""
        now = measured[-1]
        same = [each for each in measured if each.layers == now.layers]
        title = min(max((cell_len(safe(each, 40)) for each in now.layers), default=0), (width - 8) // 2)
        count = max(width - title - 10, 1)
        shown = same[-count:]
        top = max((norm for each in shown for norm in each.norms), default=0.0) or 1.0
        rows = tuple(
            tuple([0.0] * (count - len(shown)) + [each.norms[y] / top for each in shown])
            for y in range(len(now.layers))
        )
        spec = Heatmap(("",) * len(rows), (" ",) * count, rows, tuple(palette.primary for _ in rows))
        cells = draw_heatmap(spec, count + 2, count, palette, self.ascii_only)[1:]
        lines = []
        for layer, row, norm in zip(now.layers, cells, now.norms, strict=True):
            line = Text(cut(layer, title, self.ascii_only), style=palette.text, no_wrap=True)
            lines.append(line.append_text(row).append(f" {norm:7.2g}", style=palette.text))
        return lines

    def _letters(self, now: Gradients, width: int, palette: Palette) -> list[Text]:
        """A row for each direction, in percent of the largest."""
        rows = [(_("forward"), now.letters), (_("reverse"), now.reverse)]
        rows = [(title, norms) for title, norms in rows if norms]
        top = max(max(norms) for _title, norms in rows) or 1.0
        count = min(max((width - 9) // _COLUMN, 1), max(len(norms) for _title, norms in rows))
        spec = Heatmap(
            tuple(title for title, _norms in rows),
            tuple(str(-at) for at in range(count)),
            tuple(
                tuple([norm / top for norm in norms[:count]] + [0.0] * (count - len(norms)))
                for _title, norms in rows
            ),
            (palette.primary,) * len(rows),
        )
        words = _("by letter from the last read, % of {top:.2g}").format(top=top)
        head = Text(words, style=palette.muted, no_wrap=True)
        room = min(width, 9 + count * _COLUMN)
        return [head, *draw_heatmap(spec, room, count, palette, self.ascii_only, names=True)]
