"""The names tried, with the answer that each got."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from rich.text import Text
from textual import events
from textual.message import Message

from namecls.language import _
from namecls.text import safe
from tui.drawing.cells import cut, percent
from tui.drawing.palette import Palette
from tui.memory import Tried
from tui.widgets.drawn import Drawn, Spot

_SHARE = 8  # cells of a percentage
_MODEL = 22  # cells of the model's name, where there is room for it
_WIDE = 70


class TriedList(Drawn):
    """Newest first: a table where there is height, running text where there is not. A click chooses a name."""

    class Chosen(Message):
        """A name was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._tried: tuple[Tried, ...] = ()
        self._spots: list[tuple[int, int, int, str]] = []  # line, from cell, to cell, the name there

    def entitle(self) -> None:
        self.border_title = _("tried")

    def show(self, tried: tuple[Tried, ...]) -> None:
        """Draw these, oldest first as given."""
        self._tried = tried
        self.redraw()

    def spots(self) -> Iterator[Spot]:
        for line, start, _end, name in self._spots:
            yield Spot(start - 1, line, partial(self.post_message, self.Chosen(name)))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        for line, start, end, name in self._spots if offset is not None else ():
            if offset is not None and line == offset.y and start <= offset.x < end:
                self.post_message(self.Chosen(name))

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        self._spots = []
        if not self._tried:
            return [Text(_("Enter keeps a name here."), style=palette.muted, no_wrap=True)]
        newest_first = self._tried[::-1]
        if height > 3:
            self._spots = [(y, 0, width, entry.name) for y, entry in enumerate(newest_first[:height])]
            return [self._row(entry, width, palette) for entry in newest_first[:height]]
        return self._flowing(newest_first, width, height, palette)

    def _row(self, entry: Tried, width: int, palette: Palette) -> Text:
        model = _MODEL if width >= _WIDE else 0
        width -= model
        name_width = max((width - _SHARE - 2) * 3 // 5, 4)
        line = Text(cut(entry.name, name_width), style=palette.text, no_wrap=True)
        line.append("  ")
        line.append(
            cut(entry.label, max(width - name_width - _SHARE - 2, 4)), style=palette.label(entry.label)
        )
        line.append(_share(entry).rjust(_SHARE), style=palette.muted)
        if model:
            line.append("  " + cut(entry.model, model - 2, self.ascii_only), style=palette.faint)
        return line

    def _flowing(self, entries: tuple[Tried, ...], width: int, height: int, palette: Palette) -> list[Text]:
        lines = [Text(no_wrap=True)]
        for entry in entries:
            item = Text(safe(entry.name, 24), style=palette.text)
            item.append(f"  {safe(entry.label, 22)}", style=palette.label(entry.label))
            item.append(f" {_share(entry)}", style=palette.muted)
            gap = 5 if lines[-1] else 0
            if lines[-1].cell_len + gap + item.cell_len > width:
                if len(lines) == height:
                    break
                lines.append(Text(no_wrap=True))
                gap = 0
            lines[-1].append(" " * gap)
            start = lines[-1].cell_len
            lines[-1].append_text(item)
            self._spots.append((len(lines) - 1, start, lines[-1].cell_len, entry.name))
        return lines


def _share(entry: Tried) -> str:
    return "" if entry.probability is None else percent(entry.probability).strip()
