"""All about one name: its labels, where its rows stand, and how else it is spelled."""

from __future__ import annotations

import unicodedata

from rich.text import Text

from namecls.data.browse import Details
from namecls.language import N_, _, ngettext
from namecls.text import safe
from tui.drawing.cells import bar, cut
from tui.drawing.edited import side_of
from tui.drawing.palette import Palette
from tui.drawing.wording import wrapped
from tui.widgets.drawn import Drawn

_TEACHING = N_("The name under the cursor is shown here: its labels, its rows, its other spellings.")


class DetailsPanel(Drawn):
    """What is known of the name under the cursor."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._details: Details | None = None

    def entitle(self) -> None:
        self.border_title = _("details")

    def show(self, details: Details | None) -> None:
        """Draw these."""
        self._details = details
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        details = self._details
        if details is None:
            return wrapped(Text(_(_TEACHING), style=palette.muted), width)
        lines = [Text(cut(details.name, width, self.ascii_only), style=f"bold {palette.text}", no_wrap=True)]
        most = max((found.rows for found in details.labels), default=0)
        for found in details.labels:
            line = Text(
                cut(found.label, min(20, width - 14), self.ascii_only), style=palette.label(found.label)
            )
            line.append(f"{found.rows:,}".rjust(6), style=palette.muted)
            line.append(" " + bar(found.rows / most, 6, self.ascii_only), style=palette.label(found.label))
            lines.append(line)
        split = details.rows[0].split
        count = sum(found.rows for found in details.labels)
        rows = ngettext("{rows:,} row", "{rows:,} rows", count).format(rows=count)
        shown = [f"{row.line:,}" for row in details.rows[:12]]
        if len(details.rows) > len(shown):
            shown.append("...")
        facts = [_("{rows}, split: {side}").format(rows=rows, side=side_of(split)) if split else rows]
        told = ngettext("line {lines}", "lines {lines}", len(details.rows))
        facts.append(told.format(lines=_(", ").join(shown)))
        if details.dropped:
            dropped = ngettext("{n:,} row dropped", "{n:,} rows dropped", details.dropped)
            facts.append(dropped.format(n=details.dropped))
        if details.spellings:
            others = _(", ").join(safe(name, 40) for name in details.spellings[:12])
            facts.append(_("also spelled {names}").format(names=others))
        if odd := _unusual(details.name):
            facts.append(_("it holds {characters}").format(characters=_(", ").join(odd)))
        for fact in facts:
            lines += wrapped(Text(fact, style=palette.muted), width)
        if len(lines) > height:
            lines[height - 1 :] = [Text("...", style=palette.muted)]
        return lines


def _unusual(name: str) -> list[str]:
    """The characters of a name that can't be seen, or are easily taken for others, by their Unicode names."""
    odd = dict.fromkeys(
        character for character in name if unicodedata.category(character)[0] in "CMZ" and character != " "
    )
    return [f"U+{ord(character):04X} {unicodedata.name(character, '').lower()}".strip() for character in odd][
        :6
    ]
