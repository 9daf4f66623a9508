"""What there is to say of a run, or of the difference between some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from namecls.language import _, again
from namecls.runs.record import differing
from namecls.settings import value_text
from namecls.text import safe
from tui.drawing.cells import cut
from tui.drawing.palette import Palette
from tui.drawing.run_columns import note_of
from tui.drawing.run_facts import facts_of, setting_title
from tui.drawing.wording import wrapped
from tui.widgets.drawn import Drawn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from namecls.runs.listing import RunInfo
    from tui.engine.looking import Looked

_LONGEST = 600  # characters of a sentence


class RunWords(Drawn):
    """State, diagnosis, figures and note of the run under the cursor; or the settings in which some runs differ."""

    def __init__(self) -> None:
        super().__init__(id="words", classes="panel")
        self._info: RunInfo | None = None
        self._looked: Looked | None = None
        self._settings: Sequence[tuple[str, int, Mapping[str, Any]]] = ()
        self._other_rows = False
        self.differs = False

    def show(
        self,
        info: RunInfo | None,
        looked: Looked | None,
        settings: Sequence[tuple[str, int, Mapping[str, Any]]],
        *,
        other_rows: bool = False,
    ) -> None:
        """Draw these.

        :param looked: what record and history tell of it, as soon as that is known.
        :param settings: of the runs whose curves show: the sign, the place of the colour, and the settings of each.
        :param other_rows: whether these were not all split from the same rows.
        """
        self._info, self._looked, self._settings = info, looked, settings
        self._other_rows = other_rows
        self.redraw()

    def turn(self, differs: bool) -> None:
        """Show what differs, or what is known of the run under the cursor."""
        self.differs = differs
        self.entitle()
        self.redraw()

    def entitle(self) -> None:
        self.border_title = _("only what differs") if self.differs else _("the run under the cursor")

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        lines = self._differences(width, palette) if self.differs else self._about(width, palette)
        if self._other_rows:
            word = _(
                "Data, edits or split differ, and so may the test rows; on those of both: namecls runs compare."
            )
            lines = [*lines[:1], *self._wrapped(word, width, palette.warning), *lines[1:]]
        if len(lines) > height:
            more = _("... {lines} more lines: z").format(lines=len(lines) - height + 1)
            lines[height - 1 :] = [Text(more, style=palette.muted)]
        return lines

    def _wrapped(self, text: str, width: int, style: str) -> list[Text]:
        return wrapped(Text(safe(text, _LONGEST), style=style), width)

    def _about(self, width: int, palette: Palette) -> list[Text]:
        info, looked = self._info, self._looked
        if info is None:
            return []
        lines = [Text(cut(info.name, width, self.ascii_only), style=f"bold {palette.text}", no_wrap=True)]
        if note := note_of(info):
            lines += self._wrapped(note, width, palette.accent)
        for finding in looked.findings if looked is not None else ():
            lines += self._wrapped(finding.text, width, palette.warning)
            lines += self._wrapped(finding.advice, width, palette.text)
        if looked is not None and not looked.findings and not looked.problem and looked.curves:
            lines += self._wrapped(_("Nothing stands out in its history."), width, palette.good)
        problem = again(info.problem or (looked.problem if looked is not None else ""))
        if problem:
            lines += self._wrapped(problem, width, palette.bad)
        for fact in facts_of(info):
            lines += self._wrapped(fact, width, palette.muted)
        if looked is not None and (told := looked.command or looked.no_command):
            lines += self._wrapped(told, width, palette.primary if looked.command else palette.muted)
        return lines

    def _differences(self, width: int, palette: Palette) -> list[Text]:
        runs = self._settings
        if len(runs) < 2:
            word = _(
                "Mark two runs (space), or pin a baseline (b): the settings in which they differ show here."
            )
            return self._wrapped(word, width, palette.muted)
        found = differing([settings for _sign, _place, settings in runs])
        if not found:
            word = _("Their settings are the same, and so are their data.")
            return self._wrapped(word, width, palette.good)
        titles = [setting_title(name) for name in found]
        first = min(max(map(cell_len, titles)) + 1, 22, max(width // 3, 8))
        room = max(min((width - first) // len(runs), 34), 7)
        head = Text(" " * first, no_wrap=True)
        for sign, place, _settings in runs:
            head.append(cut(sign, room - 1, self.ascii_only) + " ", style=f"bold {palette.curve(place)}")
        lines = [head]
        for title, values in zip(titles, found.values(), strict=True):
            line = Text(cut(title, first, self.ascii_only), style=palette.muted, no_wrap=True)
            for value in values:
                told = "-" if value in (None, "") else value_text(value)
                line.append(cut(told, room - 1, self.ascii_only) + " ", style=palette.text)
            line.truncate(width)
            lines.append(line)
        return lines
