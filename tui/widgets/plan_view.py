"""The plan of a training: split, parameters, steps, duration."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from namecls.command_line import train_command
from namecls.config import TrainConfig
from namecls.language import _, ngettext
from namecls.text import safe
from tui.drawing.figures import duration
from tui.drawing.palette import Palette
from tui.drawing.wording import styled, wrapped
from tui.engine.editing import EditState, told_of
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

    @property
    def command(self) -> str:
        """The same on the command line; empty where the form has none."""
        if self.config is None:
            return ""
        edits = self.edits.file if self.edits.count else None
        return train_command(self.config, self.dataset.record, self.save_dir, self.watched, edits)


class PlanView(Drawn):
    """The split, the network, the time, and the same thing on the command line."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._outlook: Outlook | None = None

    def entitle(self) -> None:
        self.border_title = _("what will happen")

    def show(self, outlook: Outlook) -> None:
        self._outlook = outlook
        self.redraw()

    @property
    def command(self) -> str:
        """The command that shows, whole."""
        return self._outlook.command if self._outlook is not None else ""

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        outlook = self._outlook
        if outlook is None:
            return []
        paragraphs = [wrapped(paragraph, width) for paragraph in self._paragraphs(outlook, palette)]
        between = [Text()] if sum(map(len, paragraphs)) + len(paragraphs) - 1 <= height else []
        return [line for paragraph in paragraphs for line in (*paragraph, *between)]

    def _paragraphs(self, outlook: Outlook, palette: Palette) -> list[Text]:
        dataset, config, plan = outlook.dataset, outlook.config, outlook.plan
        if dataset.status == "failed":
            return refusal(dataset.problem, palette)
        table = dataset.ready
        if table is None:
            return [Text(_("Reading the names ..."), style=palette.muted)]
        if config is None:
            return [Text(_("Something in the form is invalid; see there."), style=palette.warning)]
        if outlook.problem:
            return refusal(outlook.problem, palette)
        text, quiet = palette.text, palette.muted
        rows, labels = (plan.rows, plan.labels) if plan is not None else (len(table), len(table.labels))
        told = _("{rows:,} rows, {labels:,} labels").format(rows=rows, labels=labels)
        paragraphs = [Text.assemble((safe(table.title, 60), f"bold {text}"), (f"\n{told}", text))]
        if not table.layout.is_plain:
            told = _("read as {layout}").format(layout=safe(in_the_app(table.layout.told), 200))
            paragraphs[0].append(f"\n{told}", style=quiet)
        if told := told_of(outlook.edits):
            paragraphs[0].append(f"\n{safe(told, 200)}", style=palette.warning)
        if plan is None:
            return [*paragraphs, Text(_("Planning ..."), style=quiet)]
        if plan.doubts:
            told = safe(in_the_app(plan.doubts[0].text), 160)
            if len(plan.doubts) > 1:
                told += "\n" + _("{doubts} more: F4").format(doubts=len(plan.doubts) - 1)
            paragraphs.append(Text(told, style=palette.warning))
        numbers = [
            (plan.train_rows, _("training rows")),
            (plan.validation_rows, _("validation rows")),
            (plan.test_rows, _("test rows")),
        ]
        repeated = plan.rows - sum(number for number, _what in numbers)
        if repeated > 0 and config.deduplicate and config.split == "names":
            numbers.append((repeated, ngettext("duplicate, left out", "duplicates, left out", repeated)))
        wide = max(len(f"{number:,}") for number, _what in numbers)
        split = Text("\n").join(Text.assemble((f"{n:>{wide},} ", text), (what, quiet)) for n, what in numbers)
        parameters = _("{parameters:,} parameters").format(parameters=plan.parameters)
        characters = _("{characters:,} characters").format(characters=plan.characters)
        steps = _("{steps:,} steps, {per_epoch:,} per epoch")
        network = Text.assemble(
            (config.model.title, f"bold {text}"),
            (f"\n{parameters}\n{characters}\n", text),
            (steps.format(steps=plan.steps, per_epoch=plan.steps_per_epoch), quiet),
        )
        length = duration(plan.seconds) if plan.seconds is not None else "..."
        time = styled(_("about {time} on this machine"), quiet, time=(length, f"bold {text}"))
        command = Text(_("on the command line") + "\n", style=quiet)
        command.append(safe(outlook.command, 400), style=palette.primary)
        return [*paragraphs, time, split, network, command]


def refusal(problem: str, palette: Palette) -> list[Text]:
    """Why a file can't be read, and what to do."""
    return [
        Text(safe(in_the_app(problem), 400), style=palette.bad),
        Text(_("F6 says how to read it, or opens another file."), style=palette.muted),
    ]
