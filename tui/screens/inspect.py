"""Inspect: how the network came to the answer of Predict, and why, letter by letter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.widgets import Input

from namecls.errors import RunError
from namecls.guarantees import COVERAGE
from namecls.language import N_, _
from namecls.text import safe
from tui import keys
from tui.drawing.cells import percent
from tui.drawing.palette import Palette, palette_of
from tui.drawing.reasons import VIEWS
from tui.engine.messages import Predicted
from tui.engine.values import Question, ShownView
from tui.engine.written import as_csv, as_json, new_file, write_text
from tui.screens.copying import copy_text
from tui.screens.explaining import Explaining
from tui.screens.saving import as_svg
from tui.state import DatasetState, ModelState
from tui.widgets.drawn import Drawn
from tui.widgets.explained import ExplanationPanel
from tui.widgets.name_input import SafeInput

if TYPE_CHECKING:
    from namecls.answers import Prediction, Ranked

#: Labels that an answer can be compared with.
_MOST = 8
#: Views that show what the first label is compared with.
_COMPARING = ("influence", "changes", "units")
#: The widest panel, in a file and in the clipboard.
_WIDE = 100


class Answer(Drawn):
    """The first labels of a ranking in a line."""

    def __init__(self) -> None:
        super().__init__(id="answer")
        self._prediction: Prediction | None = None
        self._other = ""

    def show(self, prediction: Prediction | None, other: str) -> None:
        """Draw a ranking, and the label that its first one is compared with."""
        self._prediction, self._other = prediction, other
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        if self._prediction is None:
            return [Text()]
        if not self._prediction.ranked:
            told = _("no answer: {status}").format(status=_(self._prediction.status))
            return [Text(told, style=palette.warning, no_wrap=True, overflow="ellipsis")]
        notes = ["", ""]
        if self._prediction.seen:
            notes = [_("by counts; below, the network alone"), _("by counts")]
        # Rather fewer labels than no word of what is compared, and of what answered.
        ways = [(most, notes[0]) for most in (3, 2, 1)] + [(1, notes[1])]
        lines = [self._line(self._prediction.ranked[:most], note, palette) for most, note in ways]
        line = next((line for line in lines if line.cell_len <= width), lines[-1])
        line.truncate(width, overflow="ellipsis")
        return [line]

    def _line(self, ranked: Sequence[Ranked], note: str, palette: Palette) -> Text:
        line = Text(no_wrap=True, overflow="ellipsis")
        for place, entry in enumerate(ranked):
            line.append("  " if place else "")
            line.append(safe(entry.label, 22), style=palette.label(entry.label))
            line.append(f" {percent(entry.probability).strip()}", style=palette.text)
        if self._other:
            before, after = _("why not {label}?").split("{label}")
            line.append(f"   {before}", style=palette.muted)
            line.append(safe(self._other, 22), style=palette.label(self._other))
            line.append(after, style=palette.muted)
        if note:
            line.append(f"   {note}", style=palette.muted)
        return line


class InspectScreen(Explaining):
    """The name of Predict, with the views of its answer."""

    PLACE = "inspect"
    TAB = "predict"
    CSS_PATH = "inspect.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("inspect")

    def __init__(self) -> None:
        super().__init__()
        self._prediction: Prediction | None = None
        self._answered_by: Path | None = None
        self._chosen = 0
        self._other = ""
        self._randomised = False
        self._edits = 1
        self._checks = False  # units on the open table, too
        self._epoch = 0  # after which belief and walk are shown; 0: of the model as it is

    def body(self) -> ComposeResult:
        with Horizontal(id="question", classes="panel"):
            box = SafeInput(placeholder=N_("e: a family name"), id="name")
            box.select_on_focus = False
            yield box
            yield Answer()
        with Container(id="views"):
            for number, view in enumerate(VIEWS, start=1):
                yield ExplanationPanel(view, number)

    def on_mount(self) -> None:
        self.watch(self.app, "model", self._show_model)
        self.watch(self.app, "dataset", self._show_dataset, init=False)
        self.watch(self._box, "selection", self._follow_cursor, init=False)

    def entitle(self) -> None:
        self.query_one("#question").border_title = _("name")
        self._tell_epoch()

    def on_screen_resume(self) -> None:
        self.take_subject(self._box)
        self._ask()

    def context(self) -> str:
        return self.bench.model.heading

    @property
    def _box(self) -> Input:
        return self.query_one("#name", Input)

    @property
    def _panel(self) -> ExplanationPanel:
        """The panel that was chosen."""
        return self.query_one(f"#{VIEWS[self._chosen].name}", ExplanationPanel)

    def under_keys(self) -> ExplanationPanel:
        return self._panel

    @property
    def _shown(self) -> list[ExplanationPanel]:
        """The panels for which there is room: one, two that stand beside each other, or all."""
        panels = list(self.query(ExplanationPanel))
        if self.has_class("-vast"):
            return panels
        if self.has_class("-wide"):
            first = self._chosen // 2 * 2
            return panels[first : first + 2]
        return [panels[self._chosen]]

    # -- the name --

    def _show_model(self, _model: ModelState) -> None:
        self._epoch = 0
        self.refresh_header()
        if self.is_current:
            self._ask()

    def _show_dataset(self, _dataset: DatasetState) -> None:
        if self._checks and self.is_current:
            self._explain()

    def on_input_changed(self, _event: Input.Changed) -> None:
        self.bench.subject = self._box.value
        if self.is_current:
            self._ask()

    def _ask(self) -> None:
        if self._box.value.strip():
            self.bench.ask(self._box.value, _MOST, COVERAGE, self.post_message, self.bench.population)
        else:
            self._prediction = None
            self.forget(_("There is no name yet: e, or tab, to type one."))
            self._draw()

    def on_predicted(self, message: Predicted) -> None:
        """A ranking came: only now its views are asked for."""
        name = message.prediction.name
        if message.path != self.bench.model.path or name != self._box.value:
            return
        before, self._prediction = self._prediction, message.prediction
        self._answered_by = message.path
        ranked = [entry.label for entry in message.prediction.ranked]
        if before is None or before.name != name:
            at = self._box.cursor_position - 1 if self._box.has_focus else len(name) - 1
            self.look_at(max(at, 0))
        if self._other not in ranked[1:]:
            self._other = ""
        if ranked:
            self._explain()
        else:
            self.forget(
                _("There is no answer to explain: {status}.").format(status=_(message.prediction.status))
            )
        self._draw()

    def _explain(self) -> None:
        """Request what the panels that show lack."""
        prediction = self._prediction
        if prediction is None or not prediction.ranked or self._answered_by != self.bench.model.path:
            return
        asked = Question(
            prediction.name,
            (),
            label=prediction.ranked[0].label,
            other=self._other,
            randomised=self._randomised,
            edits=self._edits,
            epoch=self._epoch,
            check=self.bench.dataset.ready if self._checks else None,
        )
        self.explain(asked, self._shown)

    def explained(self, view: str, value: ShownView | None) -> None:  # noqa: ARG002
        self.refresh_bindings()

    def _follow_cursor(self) -> None:
        if self._box.has_focus:
            self.look_at(max(self._box.cursor_position - 1, 0))

    def _draw(self) -> None:
        self.query_one(Answer).show(self._prediction, self._other)
        self.refresh_bindings()

    # -- panels --

    def on_resize(self, _event: events.Resize) -> None:
        self.call_after_refresh(self._arrange)

    def _arrange(self) -> None:
        """Show the panels for which there is room, and ask for what they lack."""
        shown = self._shown
        for panel in self.query(ExplanationPanel):
            panel.display = panel in shown
            panel.set_class(panel is self._panel and len(shown) > 1, "-chosen")
        self._explain()

    def action_choose(self, number: int) -> None:
        self._chosen = number - 1
        self._arrange()
        self.refresh_bindings()

    def action_step(self, by: int) -> None:
        """Go to another letter."""
        letters = getattr(self._panel.value, "letters", None) or self._box.value
        self.look_at(min(max(self._letter + by, 0), len(letters) - 1))

    def action_edge(self, last: bool) -> None:
        self.action_step(4096 if last else -4096)

    def action_move(self, by: int) -> None:
        """Go to another line of the list in the chosen panel."""
        panel = self._panel
        if panel.count:
            panel.choose(0 if panel.item is None else min(max(panel.item + by, 0), panel.count - 1))
            self._replay(panel)
            self.refresh_bindings()

    def _replay(self, panel: ExplanationPanel) -> None:
        """Show belief and walk of the epoch that the cursor is on."""
        epochs = getattr(panel.value, "epochs", ())
        if epochs and panel.item is not None:
            self._epoch = epochs[panel.item] if panel.item < len(epochs) - 1 else 0
            self._tell_epoch()
            self._explain()

    def _tell_epoch(self) -> None:
        """Say which epoch belief and walk are of."""
        for each in self.query(ExplanationPanel):
            if each.view.name in ("belief", "walk"):
                each.border_subtitle = (
                    _("after epoch {epoch}").format(epoch=self._epoch) if self._epoch else ""
                )

    def action_take(self) -> None:
        """Put the name of the line into the input, or show the values of the line."""
        panel = self._panel
        if self._box.has_focus:
            self.set_focus(None)
        elif panel.value is not None and panel.item is not None:
            if name := panel.view.items(panel.value)[panel.item]:
                self._box.value = name
            else:
                panel.choose(panel.item, opened=not panel.opened)

    def action_other(self, by: int) -> None:
        """Compare the first label with another one."""
        labels = [entry.label for entry in self._prediction.ranked[1:]] if self._prediction else []
        choices = ["", *labels]
        self._other = choices[(choices.index(self._other) + by) % len(choices)]
        self._draw()
        self._explain()
        if not any(panel.view.name in _COMPARING for panel in self._shown):
            numbers = (str(place) for place, view in enumerate(VIEWS, start=1) if view.name in _COMPARING)
            told = _("Compared with {label}; the panels {numbers} show it.")
            self.say(
                told.format(label=self._other, numbers=_(", ").join(numbers))
                if self._other
                else _("Compared with no label.")
            )

    def action_randomise(self) -> None:
        self._randomised = not self._randomised
        self._explain()

    def action_check(self) -> None:
        """Check the units on the open table, or no longer."""
        self._checks = not self._checks
        if self._checks:
            self.bench.need_dataset()
        self._explain()
        self.say(self._told_of_check())

    def _told_of_check(self) -> str:
        """On which names the units are checked."""
        data = self.bench.dataset
        if not self._checks:
            return _("The units are checked on the names of the model alone.")
        if data.ready is not None:
            return _("The units are checked on {table}, too.").format(table=data.ready.title)
        if data.status == "failed":
            return _("No names are open to check the units on: F4, then F6 opens a file.")
        return _("The units are checked on the open file as soon as it is read.")

    def action_edits(self) -> None:
        self._edits = 3 - self._edits
        self._explain()

    # -- going, and taking along --

    def action_edit(self) -> None:
        self._box.focus()
        self._box.cursor_position = self._letter + 1

    async def action_back(self) -> None:
        if self._box.has_focus:
            self.set_focus(None)
        else:
            await self.bench.action_go("predict")

    async def action_predict(self) -> None:
        await self.bench.action_go("predict")

    def action_choose_model(self) -> None:
        self.bench.action_choose_model()

    def _lines(self) -> list[Text]:
        title = Text(f"{safe(self._box.value)} · {_(self._panel.view.title)}")
        return [title, Text(), *self._panel.whole(_WIDE, palette_of(self.app))]

    def action_copy(self) -> None:
        copy_text(self, "\n".join(line.plain.rstrip() for line in self._lines()))

    def action_save(self) -> None:
        panel, model = self._panel, self.bench.model.info
        if panel.value is None:
            return
        path = new_file(f"namecls-{panel.view.name}", ".svg", ".json", ".csv")
        told = {"name": self._box.value, "model": model.name if model is not None else ""}
        texts = {
            ".svg": as_svg(self._lines(), "namecls", _WIDE, dark=self.app.current_theme.dark),
            ".json": as_json(told | {panel.view.name: panel.value.to_json()}),
            ".csv": as_csv(panel.view.table(panel.value)),
        }
        try:
            for suffix, text in texts.items():
                write_text(path.with_suffix(suffix), text)
        except RunError as error:
            self.say(str(error), problem=True)
        else:
            self.say(_("Wrote {path}, and its numbers as .json and .csv beside it").format(path=path))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("copy", "save"):
            return self._panel.value is not None
        if action == "other":
            return self._prediction is not None and len(self._prediction.ranked) > 1
        if action == "randomise":
            return self._panel.view.name == "influence"
        if action == "edits":
            return self._panel.view.name == "changes"
        if action == "check":
            return self._panel.view.name == "units"
        if action == "move":
            return self._panel.count > 0 and not self._box.has_focus
        if action == "take":
            return self._box.has_focus or self._panel.can_take
        if action == "choose":
            return not parameters or int(str(parameters[0])) <= len(VIEWS)
        return True
