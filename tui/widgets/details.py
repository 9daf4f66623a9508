"""All about one name: its labels, where its rows stand, and how else it is spelled."""

from __future__ import annotations

import unicodedata

from rich.text import Text

from namecls.data.browse import Details
from namecls.text import safe
from tui.drawing.cells import bar, cut
from tui.drawing.palette import Palette
from tui.widgets.drawn import Drawn

_TEACHING = "The name under the cursor is shown here: its labels, its rows, its other spellings."


class DetailsPanel(Drawn):
    """What is known of the name under the cursor."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._details: Details | None = None

    def on_mount(self) -> None:
        self.border_title = "details"

    def show(self, details: Details | None) -> None:
        """Draw these."""
        self._details = details
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        details = self._details
        if details is None:
            return self._wrapped(_TEACHING, width, palette.muted)
        lines = [Text(cut(details.name, width, self.ascii_only), style=f"bold {palette.text}", no_wrap=True)]
        most = max(found.rows for found in details.labels)
        for found in details.labels:
            line = Text(
                cut(found.label, min(20, width - 14), self.ascii_only), style=palette.label(found.label)
            )
            line.append(f"{found.rows:,}".rjust(6), style=palette.muted)
            line.append(" " + bar(found.rows / most, 6, self.ascii_only), style=palette.label(found.label))
            lines.append(line)
        split = details.rows[0].split
        several = len(details.rows) > 1
        rows = f"{sum(found.rows for found in details.labels):,} rows" if several else "1 row"
        shown = [f"{row.line:,}" for row in details.rows[:12]]
        more = ", ..." if len(details.rows) > len(shown) else ""
        facts = [f"{rows}, split: {split}" if split else rows]
        facts.append(f"{'lines' if several else 'line'} {', '.join(shown)}{more}")
        if details.spellings:
            facts.append("also spelled " + ", ".join(safe(name, 40) for name in details.spellings[:12]))
        if odd := _unusual(details.name):
            facts.append("it holds " + ", ".join(odd))
        for fact in facts:
            lines += self._wrapped(fact, width, palette.muted)
        if len(lines) > height:
            lines[height - 1 :] = [Text("...", style=palette.muted)]
        return lines

    def _wrapped(self, text: str, width: int, style: str) -> list[Text]:
        return list(Text(text, style=style).wrap(self.app.console, width))


def _unusual(name: str) -> list[str]:
    """The characters of a name that can't be seen, or are easily taken for others, by their Unicode names."""
    odd = dict.fromkeys(
        character for character in name if unicodedata.category(character)[0] in "CMZ" and character != " "
    )
    return [f"U+{ord(character):04X} {unicodedata.name(character, '').lower()}".strip() for character in odd][
        :6
    ]
