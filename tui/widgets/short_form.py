"""A form of a few lines, checked at every key: data, a preset, and texts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal

from namecls.config import PRESETS
from namecls.language import _
from namecls.paths import DEFAULT_SAVE_DIR
from namecls.text import safe
from tui.drawing.palette import Palette
from tui.drawing.wording import wrapped
from tui.engine.editing import NO_EDITS, EditState, told_of
from tui.state import DatasetState
from tui.widgets.choice import Choice
from tui.widgets.drawn import Drawn
from tui.widgets.form import Form
from tui.widgets.name_input import SafeInput
from tui.widgets.plan_view import refusal
from tui.widgets.said import Said

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from namecls.runs.record import DataRecord


class ShortForm(Form):
    """The lines of what is to be started.

    A subclass names its lines, gives the first texts, and says in `read` what they mean. Titles and placeholders are
    marked for the catalogues, and translated where they show.
    """

    TITLES: ClassVar[Mapping[str, str]]
    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]]
    PLACEHOLDERS: ClassVar[Mapping[str, str]] = {}

    def texts_of(self, preset: str) -> dict[str, str]:
        """What a preset changes in the lines."""
        raise NotImplementedError

    def lines(self) -> ComposeResult:
        for name, title in self.TITLES.items():
            with Horizontal(classes="line"):
                yield Said(partial(_, title), classes="setting", id=f"of-{name}")
                if name in self.CHOICES:
                    yield Choice(self.CHOICES[name], self._texts[name], id=name)
                else:
                    placeholder = self.PLACEHOLDERS.get(name, "")
                    yield SafeInput(self._texts[name], placeholder=placeholder, id=name)

    def note(self) -> str:
        return _(PRESETS[self._texts["preset"]].summary)

    def on_choice_changed(self, event: Choice.Changed) -> None:
        event.stop()
        if event.choice.id == "preset":
            self.fill(self.texts_of(event.choice.value))
        self._texts[event.choice.id or ""] = event.choice.value
        self.check()


class ShortOutlook(Drawn):
    """What will happen, beside such a form."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._dataset = DatasetState()
        self._wanted: Any = None
        self._save_dir = DEFAULT_SAVE_DIR
        self._edits = NO_EDITS

    def entitle(self) -> None:
        self.border_title = _("what will happen")

    def show(self, dataset: DatasetState, wanted: Any, save_dir: Path, edits: EditState) -> None:
        self._dataset, self._wanted, self._save_dir, self._edits = dataset, wanted, save_dir, edits
        self.redraw()

    def told(self, table: NameTable, wanted: Any, palette: Palette) -> list[Text]:
        """Paragraphs on what the form asks for."""
        raise NotImplementedError

    def command_of(self, wanted: Any, data: DataRecord, save_dir: Path, edits: Path | None) -> str:
        """The same on the command line."""
        raise NotImplementedError

    @property
    def command(self) -> str:
        """The command that shows, whole; empty where the form has none."""
        if self._wanted is None:
            return ""
        edits = self._edits.file if self._edits.count else None
        return self.command_of(self._wanted, self._dataset.record, self._save_dir, edits)

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        lines: list[Text] = []
        for paragraph in self._paragraphs(palette):
            lines += [*wrapped(paragraph, width), Text()]
        return lines

    def _paragraphs(self, palette: Palette) -> list[Text]:
        table, wanted = self._dataset.ready, self._wanted
        if table is None:
            if self._dataset.status == "failed":
                return refusal(self._dataset.problem, palette)
            return [Text(_("Reading the names ..."), style=palette.muted)]
        if wanted is None:
            return [Text(_("Something in the form is invalid; see there."), style=palette.warning)]
        command = Text(_("on the command line") + "\n", style=palette.muted)
        command.append(safe(self.command, 600), style=palette.primary)
        edits = [Text(safe(told, 200), style=palette.warning)] if (told := told_of(self._edits)) else []
        return [*self.told(table, wanted, palette), *edits, command]
