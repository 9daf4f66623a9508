"""The names tried, with the answer that each got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from namecls.text import safe
from tui.drawing.cells import cut, percent
from tui.drawing.palette import Palette
from tui.widgets.drawn import Drawn

if TYPE_CHECKING:
    from namecls.answers import Prediction


@dataclass(frozen=True, slots=True)
class Tried:
    """A name that was kept; its answer is missing as long as the model is being loaded."""

    name: str
    prediction: Prediction | None

    @property
    def first(self) -> tuple[str, str]:
        """The likeliest label and its percentage, or the reason why there is none."""
        if self.prediction is None:
            return "", ""
        if not self.prediction.ranked:
            return self.prediction.status, ""
        best = self.prediction.ranked[0]
        return best.label, percent(best.probability).strip()


class TriedList(Drawn):
    """Newest first: a table where there is height, running text where there is not."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._tried: tuple[Tried, ...] = ()

    def on_mount(self) -> None:
        self.border_title = "tried"

    def show(self, tried: tuple[Tried, ...]) -> None:
        """Draw these, oldest first as given."""
        self._tried = tried
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        if not self._tried:
            return [Text("Enter keeps a name here.", style=palette.muted, no_wrap=True)]
        newest_first = self._tried[::-1]
        if height > 3:
            return [self._row(entry, width, palette) for entry in newest_first[:height]]
        return self._flowing(newest_first, width, height, palette)

    def _row(self, entry: Tried, width: int, palette: Palette) -> Text:
        label, share = entry.first
        numbers = 8
        name_width = max((width - numbers - 2) * 3 // 5, 4)
        line = Text(cut(entry.name, name_width), style=palette.text, no_wrap=True)
        line.append("  ")
        line.append(cut(label, max(width - name_width - numbers - 2, 4)), style=palette.label(label))
        line.append(share.rjust(numbers), style=palette.muted)
        return line

    def _flowing(self, entries: tuple[Tried, ...], width: int, height: int, palette: Palette) -> list[Text]:
        lines = [Text(no_wrap=True)]
        for entry in entries:
            label, share = entry.first
            item = Text(safe(entry.name, 24), style=palette.text)
            item.append(f"  {safe(label, 22)}", style=palette.label(label))
            item.append(f" {share}", style=palette.muted)
            gap = 5 if lines[-1] else 0
            if lines[-1].cell_len + gap + item.cell_len > width:
                if len(lines) == height:
                    break
                lines.append(Text(no_wrap=True))
                gap = 0
            lines[-1].append(" " * gap).append_text(item)
        return lines
