"""Predict: a name above, the countries it may come from below, ranked anew at every key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget
from textual.widgets import Input

from namecls.calibration.population import DATA, population_words
from namecls.guarantees import COVERAGE, COVERAGES, RISKS, as_percent
from namecls.language import N_, _, again, ngettext
from namecls.text import safe
from tui import keys
from tui.drawing.cells import percent
from tui.drawing.risks import is_withheld
from tui.drawing.why import BELIEF, INFLUENCE
from tui.engine.messages import Predicted
from tui.engine.values import Question, ShownView
from tui.memory import MOST_NAMES, Tried
from tui.screens.explaining import Explaining
from tui.state import ModelState
from tui.widgets.bars import Ranking
from tui.widgets.explained import ExplanationPanel
from tui.widgets.name_input import MOST_LINES, SafeInput
from tui.widgets.tried import TriedList

if TYPE_CHECKING:
    from namecls.answers import Prediction

#: Labels that are asked for, however few are shown at once.
MOST = 1000


class PredictScreen(Explaining):
    """The screen that the app opens with."""

    PLACE = "predict"
    CSS_PATH = "predict.tcss"
    AUTO_FOCUS: ClassVar[str | None] = "#name"  # in the first frame already
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("predict")

    def __init__(self) -> None:
        super().__init__()
        self._prediction: Prediction | None = None
        self._evidence = ""  # whether the very name is in the data
        self._coverage = COVERAGE
        self._risk: float | None = None  # above which no answer is given; None: every name gets its answer
        self._tried: list[Tried] = []  # the oldest first
        self._recalled: int | None = None  # which of the names tried stands in the input
        self._draft = ""  # what stood in the input before a name was recalled

    def body(self) -> ComposeResult:
        with Container(id="halves"):
            with Vertical(id="main"):
                with Vertical(id="question", classes="panel"):
                    yield SafeInput(placeholder=N_("a family name"), id="name", takes_lines=True)
                yield Ranking(id="answer")
                yield TriedList(id="side")
            with Vertical(id="why"):
                yield from map(ExplanationPanel, (BELIEF, INFLUENCE))

    def on_mount(self) -> None:
        self._tried = list(self.bench.remembered.now.tried)
        self.query_one(TriedList).show(tuple(self._tried))
        self.watch(self.app, "model", self.show_model)
        self.watch(self.query_one("#name"), "selection", self._follow_cursor, init=False)

    def entitle(self) -> None:
        self.query_one("#question").border_title = _("name")
        self._draw()

    def on_screen_resume(self) -> None:
        if not self.take_subject(self.query_one("#name", Input)):
            self._ask()  # another screen may have asked meanwhile, and so have replaced the question

    def focus_first(self) -> Widget | None:
        return self.query_one("#name")

    def context(self) -> str:
        model = self.bench.model
        return _("loading the model") if model.status == "loading" else model.heading

    @property
    def text(self) -> str:
        """What stands in the input."""
        return self.query_one("#name", Input).value

    def show_model(self, model: ModelState) -> None:
        """Another model answers, or is being loaded, or could not be."""
        self.query_one(Ranking).set_labels(model.labels)
        self.refresh_header()
        self.refresh_bindings()
        if model.status == "ready":
            if self.bench.population not in (DATA, *model.priors):
                self.say(model.no_prior, problem=True)
                self.bench.population = DATA
            self._ask()
        elif model.status == "failed":
            self.say(model.problem, problem=True)
            self._draw()
        else:
            self._draw()

    def on_input_changed(self, _event: Input.Changed) -> None:
        self.bench.subject = self.text
        if self._prediction is not None and not self.text.strip():
            self._prediction = None
            self._evidence = ""
            self.forget()
            self._draw()
            self.refresh_bindings()
        self._ask()

    def _ask(self) -> None:
        if self.text.strip() and self.is_current:
            self.bench.ask(self.text, MOST, self._coverage, self.post_message, self.bench.population)
            if self._prediction is None:
                self._draw()

    def on_predicted(self, message: Predicted) -> None:
        """An answer came. It is dropped if another model is in use, or its text is no longer in the input."""
        if message.path != self.bench.model.path:
            return
        prediction = message.prediction
        if any(not entry.label and entry.name == prediction.name for entry in self._tried):
            self._show_tried(
                self._answered(entry.name, prediction)
                if not entry.label and entry.name == prediction.name
                else entry
                for entry in self._tried
            )
        if prediction.name == self.text:
            if self._prediction is None or self._prediction.name != prediction.name:
                self._evidence = ""
            self._prediction = prediction
            self._draw()
            self._explain(prediction)
            self.refresh_bindings()

    def _explain(self, prediction: Prediction) -> None:
        """Request what stands beside a ranking, now that it is there."""
        if prediction.ranked:
            panels = (
                list(self.query(ExplanationPanel))
                if self.has_class("-wide") or self.has_class("-vast")
                else []
            )
            self.explain(Question(prediction.name, (), prediction.ranked[0].label), panels, "evidence")
        else:
            self._evidence = ""
            self.forget()

    def explained(self, view: str, value: ShownView | None) -> None:
        if view == "evidence":
            self._evidence = getattr(value, "text", "")
            self._draw()

    def _follow_cursor(self) -> None:
        # While it is typed in, what shows is of the name before: it is drawn when the next one comes.
        drawn = self._question is not None and self._question[1].name == self.text
        self.look_at(max(self.query_one("#name", Input).cursor_position - 1, 0), draw=drawn)

    def _draw(self) -> None:
        model = self.bench.model
        notice = ""
        if self._prediction is None:
            if model.status == "loading" and self.text.strip():
                notice = _("The model is being loaded; the answer comes with it.")
            elif model.info is None and model.status == "failed":
                notice = _("{problem}. F2 trains a model, F5 chooses one.").format(
                    problem=again(model.problem)
                )
        self.query_one(Ranking).show(
            self._prediction,
            notice,
            self._risk,
            restated=self.bench.population != DATA,
            evidence=self._evidence,
        )
        population = self._prediction.population if self._prediction is not None else ""
        self.query_one("#question").border_subtitle = (
            _("population: {population}, ctrl+r").format(population=safe(population_words(population), 40))
            if population
            else ""
        )

    def action_page(self, direction: int) -> None:
        self.query_one(Ranking).page(direction)

    def action_keep(self) -> None:
        name = self.text
        if not name.strip():
            return
        answered = self._prediction is not None and self._prediction.name == name
        kept = self._answered(name, self._prediction if answered else None)
        self._show_tried([*(entry for entry in self._tried if entry.name != name), kept])
        self._recalled = None
        self.query_one("#name", Input).action_select_all()
        self.refresh_bindings()

    def _answered(self, name: str, prediction: Prediction | None) -> Tried:
        if prediction is None:
            return Tried(name)
        model = self.bench.model.info.name if self.bench.model.info is not None else ""
        if not prediction.ranked:
            return Tried(name, prediction.status, None, model)
        return Tried(name, prediction.ranked[0].label, prediction.ranked[0].probability, model)

    def _show_tried(self, tried: Iterable[Tried]) -> None:
        self._tried = list(tried)[-MOST_NAMES:]
        self.bench.remembered.keep(tried=tuple(self._tried))
        self.query_one(TriedList).show(tuple(self._tried))

    def action_recall(self, step: int) -> None:
        box = self.query_one("#name", Input)
        if self._recalled is None:
            if step > 0 or not self._tried:
                return
            self._draft = box.value
            at = len(self._tried) - 1
            if self._tried[at].name == box.value and at > 0:
                at -= 1
        else:
            at = self._recalled + step
        if at < 0:
            return
        self._recalled = at if at < len(self._tried) else None
        with box.prevent(Input.Changed):
            box.value = self._draft if self._recalled is None else self._tried[at].name
        box.cursor_position = len(box.value)
        self.on_input_changed(Input.Changed(box, box.value))

    def on_safe_input_lines_pasted(self, event: SafeInput.LinesPasted) -> None:
        """Several names are a list of their own; the one that is chosen there goes into the input."""
        from tui.screens.pasted import PastedScreen

        def chosen(name: str | None) -> None:
            if name is not None:
                self._take(name)

        if len(event.lines) == MOST_LINES:
            self.say(
                _("The first {most:,} names; for more: namecls predict --input FILE").format(most=MOST_LINES),
                problem=True,
            )
        self.app.push_screen(PastedScreen(event.lines, self._coverage), chosen)

    def on_tried_list_chosen(self, event: TriedList.Chosen) -> None:
        self._take(event.name)

    def _take(self, name: str) -> None:
        """Put a name into the input."""
        self._recalled = None
        self.bench.subject = name
        box = self.query_one("#name", Input)
        box.value = name
        box.cursor_position = len(name)

    def action_clear(self) -> None:
        self._recalled = None
        self.query_one("#name", Input).value = ""

    async def action_inspect(self) -> None:
        await self.bench.action_go("inspect")

    def action_choose_model(self) -> None:
        self.bench.action_choose_model()

    def action_change_coverage(self) -> None:
        place = COVERAGES.index(self._coverage) + 1
        self._coverage = COVERAGES[place % len(COVERAGES)]
        self._ask()

    def action_change_prior(self) -> None:
        model = self.bench.model
        if not model.priors:
            self.say(model.no_prior, problem=True)
            return
        choices = (DATA, *model.priors)
        self.bench.population = choices[(choices.index(self.bench.population) + 1) % len(choices)]
        self._ask()

    def action_change_risk(self) -> None:
        choices = (None, *RISKS)
        self._risk = choices[(choices.index(self._risk) + 1) % len(choices)]
        self._draw()

    def action_show_calibration(self) -> None:
        from tui.screens.calibration import CalibrationScreen

        if self.bench.model.info is not None:
            self.app.push_screen(CalibrationScreen(self.bench.model.info))

    def action_copy(self) -> None:
        prediction = self._prediction
        if prediction is None or not prediction.ranked:
            return
        from tui.screens.copying import copy_text

        shown = self.query_one(Ranking).shown
        answer = ", ".join(f"{entry.label} {percent(entry.probability).strip()}" for entry in shown)
        if is_withheld(prediction, self._risk):
            answer = _("too uncertain at {risk} risk ({answer})").format(
                risk=as_percent(self._risk or 0), answer=answer
            )
        copy_text(self, f"{prediction.name}: {answer}")

    def action_save_tried(self) -> None:
        from tui.engine.written import as_csv
        from tui.screens.saving import save_text

        rows = [("name", "label", "probability", "model")]
        for entry in self._tried:
            known = entry.probability is not None
            share = f"{entry.probability:.6f}" if known else ""
            rows.append((entry.name, entry.label if known else "", share, entry.model))
        save_text(
            self,
            "namecls-tried",
            ".tsv",
            as_csv(rows, "\t"),
            ngettext("{n} name", "{n} names", len(self._tried)).format(n=len(self._tried)),
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        if action in ("recall", "save_tried"):
            return bool(self._tried)
        if action == "change_prior":
            return bool(self.bench.model.labels)
        if action in ("copy", "page", "change_risk"):
            return self._prediction is not None and bool(self._prediction.ranked)
        if action == "change_coverage":
            return self._prediction is not None and bool(self._prediction.likely)
        if action == "show_calibration":
            return self.bench.model.info is not None
        if action in ("keep", "clear"):
            return bool(self.text)
        return True
