"""The form of a comparison: a few lines, and beside it what will happen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from namecls.command_line import compare_command
from namecls.language import N_, _
from namecls.text import safe
from tui.drawing.palette import Palette
from tui.drawing.wording import Part, styled
from tui.forms.comparison import (
    CHOICES,
    DOES,
    FIRST_TEXTS,
    TELLS,
    TITLES,
    WantedComparison,
    counted,
    read_form,
    texts_of,
)
from tui.widgets.short_form import ShortForm, ShortOutlook

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from namecls.runs.record import DataRecord


class ComparingForm(ShortForm):
    """Networks and seeds of the next comparison, and what all of them share."""

    TITLE_OF_FORM = N_("a new comparison")
    TITLES = TITLES
    CHOICES = CHOICES

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        self.wanted: WantedComparison | None = None
        super().__init__(FIRST_TEXTS, id=id)

    def read(self, texts: Mapping[str, str]) -> dict[str, str]:
        self.wanted, problems = read_form(texts)
        return problems

    def texts_of(self, preset: str) -> dict[str, str]:
        return texts_of(preset)


class ComparisonOutlook(ShortOutlook):
    """What the comparison will do."""

    def told(self, table: NameTable, wanted: WantedComparison, palette: Palette) -> list[Text]:
        parts: dict[str, Part] = {**counted(wanted)}
        parts["trainings"] = (str(parts["trainings"]), f"bold {palette.text}")
        parts["data"] = (safe(table.title, 40), f"bold {palette.text}")
        told = styled(_(DOES), palette.muted, epochs=wanted.base.epochs, **parts)
        noise = Text(_(TELLS), style=palette.muted)
        return [told, noise]

    def command_of(
        self, wanted: WantedComparison, data: DataRecord, save_dir: Path, edits: Path | None
    ) -> str:
        return compare_command(wanted.base, wanted.networks, wanted.seeds, data, save_dir, edits)
