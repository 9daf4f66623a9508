"""The form of a comparison: a few lines, and beside it what will happen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.text import Text

from namecls.command_line import compare_command
from namecls.config import PRESETS, SETTINGS
from namecls.paths import DEFAULT_SAVE_DIR
from namecls.text import safe
from tui.drawing.palette import Palette
from tui.forms.comparison import FIRST_TEXTS, WantedComparison, read_form
from tui.state import DatasetState
from tui.widgets.drawn import Drawn
from tui.widgets.plan_view import refusal
from tui.widgets.short_form import ShortForm


class ComparingForm(ShortForm):
    """Networks and seeds of the next comparison, and what all of them share."""

    TITLE_OF_FORM = "a new comparison"
    TITLES = {  # noqa: RUF012  # never changed
        "preset": "preset",
        "networks": "networks",
        "seeds": "seeds",
        "epochs": SETTINGS["epochs"].title,
    }
    CHOICES = {"preset": tuple(PRESETS)}  # noqa: RUF012

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        self.wanted: WantedComparison | None = None
        super().__init__(FIRST_TEXTS, id=id)

    def read(self, texts: Mapping[str, str]) -> dict[str, str]:
        self.wanted, problems = read_form(texts)
        return problems

    def texts_of(self, preset: str) -> dict[str, str]:
        return {"epochs": str(PRESETS[preset].config.epochs)}


class ComparisonOutlook(Drawn):
    """What the comparison will do."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._dataset = DatasetState()
        self._wanted: WantedComparison | None = None
        self._save_dir = DEFAULT_SAVE_DIR

    def on_mount(self) -> None:
        self.border_title = "what will happen"

    def show(self, dataset: DatasetState, wanted: WantedComparison | None, save_dir: Path) -> None:
        self._dataset, self._wanted, self._save_dir = dataset, wanted, save_dir
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        lines: list[Text] = []
        for paragraph in self._paragraphs(palette):
            lines += [*paragraph.wrap(self.app.console, width), Text()]
        return lines

    def _paragraphs(self, palette: Palette) -> list[Text]:
        table, wanted = self._dataset.ready, self._wanted
        if table is None:
            if self._dataset.status == "failed":
                return refusal(self._dataset.problem, palette)
            return [Text("Reading the names ...", style=palette.muted)]
        if wanted is None:
            return [Text("Something in the form is invalid; see there.", style=palette.warning)]
        networks, seeds = len(wanted.networks), len(wanted.seeds)
        told = Text.assemble(
            (f"{networks * seeds} trainings", f"bold {palette.text}"),
            (f": {networks} {'network' if networks == 1 else 'networks'} under {seeds} ", palette.muted),
            ("seed" if seeds == 1 else "seeds", palette.muted),
            (", on the same split of ", palette.muted),
            (safe(table.title, 40), f"bold {palette.text}"),
            (f", {wanted.base.epochs} epochs each. All are tested on the same names.", palette.muted),
        )
        noise = Text(
            "Told are accuracy, macro-F1 and seconds with their spread over the seeds, how much the answers hang on "
            "letters far back, and which differences exceed the noise of test names and seeds.",
            style=palette.muted,
        )
        command = Text("on the command line\n", style=palette.muted)
        line = compare_command(
            wanted.base, wanted.networks, wanted.seeds, self._dataset.record, self._save_dir
        )
        command.append(safe(line, 600), style=palette.primary)
        return [told, noise, command]
