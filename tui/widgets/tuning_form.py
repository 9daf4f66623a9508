"""The form of a search: a few lines, and beside it what will happen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from namecls.command_line import tune_command
from namecls.language import N_, _
from namecls.search.budget import show_budget
from namecls.search.space import SPACE
from namecls.text import safe
from tui.drawing.palette import Palette
from tui.drawing.wording import styled
from tui.forms.search import (
    CHOICES,
    DOES,
    FIRST_TEXTS,
    SEARCHES,
    TITLES,
    Wanted,
    counted,
    read_form,
    texts_of,
)
from tui.widgets.short_form import ShortForm, ShortOutlook

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from namecls.runs.record import DataRecord


class TuningForm(ShortForm):
    """Preset, objective and budget of the next search, and its search space."""

    TITLE_OF_FORM = N_("a new search")
    TITLES = TITLES
    CHOICES = CHOICES
    PLACEHOLDERS = dict.fromkeys(SPACE, N_("as in the preset"))

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        self.wanted: Wanted | None = None
        super().__init__(FIRST_TEXTS | texts_of(FIRST_TEXTS["preset"]), id=id)

    def read(self, texts: Mapping[str, str]) -> dict[str, str]:
        self.wanted, problems = read_form(texts)
        return problems

    def texts_of(self, preset: str) -> dict[str, str]:
        return texts_of(preset)


class SearchOutlook(ShortOutlook):
    """What the search will do."""

    def told(self, table: NameTable, wanted: Wanted, palette: Palette) -> list[Text]:
        told = styled(
            _(DOES),
            palette.muted,
            budget=(show_budget(wanted.budget), f"bold {palette.text}"),
            data=(safe(table.title, 40), f"bold {palette.text}"),
        )
        settings = (counted(wanted), f"bold {palette.text}")
        tried = styled(_(SEARCHES), palette.muted, settings=settings)
        return [told, tried]

    def command_of(self, wanted: Wanted, data: DataRecord, save_dir: Path, edits: Path | None) -> str:
        return tune_command(
            wanted.base,
            wanted.texts,
            wanted.objective,
            show_budget(wanted.budget),
            data,
            save_dir,
            edits,
        )
