"""The plan of a training: split, parameters, steps, duration."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from namecls.command_line import train_command
from namecls.config import TrainConfig
from namecls.text import safe
from tui.drawing.palette import Palette
from tui.engine.editing import EditState
from tui.forms.reading import in_the_app
from tui.state import DatasetState
from tui.widgets.drawn import Drawn

if TYPE_CHECKING:
    from namecls.training.loop import Plan


@dataclass(frozen=True, slots=True)
class Outlook:
    """All that can be said before a training."""

    dataset: DatasetState
    config: TrainConfig | None
    plan: Plan | None
    problem: str
    save_dir: Path
    watched: tuple[str, ...] = ()
    edits: EditState = field(default_factory=EditState)


class PlanView(Drawn):
    """The split, the network, the time, and the same thing on the command line."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._outlook: Outlook | None = None

    def on_mount(self) -> None:
        self.border_title = "what will happen"

    def show(self, outlook: Outlook) -> None:
        self._outlook = outlook
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        outlook = self._outlook
        if outlook is None:
            return []
        console = self.app.console
        wrapped = [list(paragraph.wrap(console, width)) for paragraph in self._paragraphs(outlook, palette)]
        between = [Text()] if sum(map(len, wrapped)) + len(wrapped) - 1 <= height else []
        return [line for paragraph in wrapped for line in (*paragraph, *between)]

    def _paragraphs(self, outlook: Outlook, palette: Palette) -> list[Text]:
        dataset, config, plan = outlook.dataset, outlook.config, outlook.plan
        if dataset.status == "failed":
            return refusal(dataset.problem, palette)
        table = dataset.ready
        if table is None:
            return [Text("Reading the names ...", style=palette.muted)]
        if config is None:
            return [Text("Something in the form is invalid; see there.", style=palette.warning)]
        if outlook.problem:
            return refusal(outlook.problem, palette)
        text, quiet = palette.text, palette.muted
        paragraphs = [
            Text.assemble(
                (safe(table.title, 60), f"bold {text}"),
                (f"\n{len(table):,} rows, {len(table.labels):,} labels", text),
            )
        ]
        if not table.layout.is_plain:
            paragraphs[0].append(f"\nread as {safe(in_the_app(table.layout.told), 200)}", style=quiet)
        if outlook.edits.edits and outlook.edits.file is not None:
            told = f"{outlook.edits.told} by {outlook.edits.file.name}"
            paragraphs[0].append(f"\n{safe(told, 200)}", style=palette.warning)
        if plan is None:
            return [*paragraphs, Text("Planning ...", style=quiet)]
        if plan.doubts:
            told = safe(in_the_app(plan.doubts[0].text), 160)
            more = f"\n{len(plan.doubts) - 1} more: F4" if len(plan.doubts) > 1 else ""
            paragraphs.append(Text(told + more, style=palette.warning))
        numbers = [
            (plan.train_rows, "training rows"),
            (plan.validation_rows, "validation rows"),
            (plan.test_rows, "test rows"),
        ]
        repeated = len(table) - sum(number for number, _ in numbers)
        if repeated > 0 and config.deduplicate and config.split == "names":
            numbers.append((repeated, "duplicates, left out"))
        wide = max(len(f"{number:,}") for number, _ in numbers)
        split = Text("\n").join(Text.assemble((f"{n:>{wide},} ", text), (what, quiet)) for n, what in numbers)
        network = Text.assemble(
            (config.model.title, f"bold {text}"),
            (f"\n{plan.parameters:,} parameters\n{plan.characters:,} characters\n", text),
            (f"{plan.steps:,} steps, {plan.steps_per_epoch:,} per epoch", quiet),
        )
        time = Text("about ", style=quiet)
        time.append(duration(plan.seconds) if plan.seconds is not None else "...", style=f"bold {text}")
        time.append(" on this machine", style=quiet)
        command = Text("on the command line\n", style=quiet)
        edits = outlook.edits.file if outlook.edits.edits else None
        line = train_command(config, dataset.record, outlook.save_dir, outlook.watched, edits)
        command.append(safe(line, 400), style=palette.primary)
        return [*paragraphs, time, split, network, command]


def refusal(problem: str, palette: Palette) -> list[Text]:
    """Why a file can't be read, and what to do."""
    return [
        Text(safe(in_the_app(problem), 400), style=palette.bad),
        Text("F6 says how to read it, or opens another file.", style=palette.muted),
    ]


def duration(seconds: float) -> str:
    """Format a duration, roughly: ``40 s``, ``3 min``."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
