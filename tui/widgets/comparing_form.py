"""The form of a comparison: a few lines, and beside it what will happen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from namecls.command_line import compare_command
from namecls.language import N_, _, ngettext
from namecls.text import safe
from tui.drawing.palette import Palette
from tui.drawing.wording import styled
from tui.forms.comparison import CHOICES, FIRST_TEXTS, TITLES, WantedComparison, read_form, texts_of
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
        networks, seeds = len(wanted.networks), len(wanted.seeds)
        told = styled(
            _(
                "{trainings}: {networks} under {seeds}, on the same split of {data}, {epochs} epochs each. "
                "All are tested on the same names."
            ),
            palette.muted,
            trainings=(_("{runs} trainings").format(runs=networks * seeds), f"bold {palette.text}"),
            networks=ngettext("{networks} network", "{networks} networks", networks).format(
                networks=networks
            ),
            seeds=ngettext("{seeds} seed", "{seeds} seeds", seeds).format(seeds=seeds),
            data=(safe(table.title, 40), f"bold {palette.text}"),
            epochs=wanted.base.epochs,
        )
        noise = Text(
            _(
                "Told are accuracy, macro-F1 and seconds with their spread over the seeds, how much the answers "
                "hang on letters far back, and which differences exceed the noise of test names and seeds."
            ),
            style=palette.muted,
        )
        return [told, noise]

    def command_of(self, wanted: WantedComparison, data: DataRecord, save_dir: Path) -> str:
        return compare_command(wanted.base, wanted.networks, wanted.seeds, data, save_dir)
