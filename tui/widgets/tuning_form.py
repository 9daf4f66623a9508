"""The form of a search: a few lines, checked at every key, and beside it what will happen."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from namecls.command_line import tune_command
from namecls.config import PRESETS, SETTINGS
from namecls.paths import DEFAULT_SAVE_DIR
from namecls.search.space import SPACE, texts_around
from namecls.search.study import OBJECTIVES, show_budget
from namecls.text import safe
from tui import keys
from tui.drawing.palette import Palette
from tui.forms.search import FIRST_TEXTS, Wanted, read_form
from tui.state import DatasetState
from tui.widgets.choice import Choice
from tui.widgets.drawn import Drawn
from tui.widgets.name_input import SafeInput
from tui.widgets.plan_view import refusal
from tui.widgets.training_form import path_of

_TITLES = {
    "preset": "preset",
    "objective": "objective",
    "budget": "time budget",
    "seed": SETTINGS["seed"].title,
    **{name: SETTINGS[name].title for name in SPACE},
}
_CHOICES = {"preset": tuple(PRESETS), "objective": OBJECTIVES}


class TuningForm(Vertical):
    """Preset, objective and budget of the next search, and its search space."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("form")

    class Changed(Message):
        """The settings changed."""

    class DataAsked(Message):
        """Another file is to be opened."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._texts = FIRST_TEXTS | texts_around(PRESETS[FIRST_TEXTS["preset"]].config)
        self._data = ""
        self._data_problem = ""
        self.wanted: Wanted | None = read_form(self._texts)[0]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="lines", can_focus=False):
            with Horizontal(classes="line"):
                yield Static("data", classes="setting", id="of-data")
                yield SafeInput(placeholder="the embedded names", id="data")
            for name, title in _TITLES.items():
                with Horizontal(classes="line"):
                    yield Static(title, classes="setting", id=f"of-{name}")
                    if name in _CHOICES:
                        yield Choice(_CHOICES[name], self._texts[name], id=name)
                    else:
                        yield SafeInput(
                            self._texts[name],
                            placeholder="as in the preset" if name in SPACE else "",
                            id=name,
                        )
        yield Static(id="wrong")

    def on_mount(self) -> None:
        self.border_title = "a new search"

    def focus_first(self) -> Widget:
        return self.query_one("#preset")

    def show_data(self, name: str, problem: str) -> None:
        """Show which file was asked for, and why it can't be read."""
        box = self.query_one("#data", Input)
        with box.prevent(Input.Changed):
            # What is being typed stays, unless another file was opened meanwhile.
            if not box.has_focus or (not problem and name != self._data):
                box.value = self._data = name
        self._data_problem = problem
        self._tell()

    def on_choice_changed(self, event: Choice.Changed) -> None:
        event.stop()
        if event.choice.id == "preset":
            self._fill(texts_around(PRESETS[event.choice.value].config))
        self._take(event.choice.id or "", event.choice.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id != "data":
            self._take(event.input.id or "", event.value)

    def _fill(self, texts: dict[str, str]) -> None:
        self._texts |= texts
        for name, text in texts.items():
            box = self.query_one(f"#{name}", Input)
            with box.prevent(Input.Changed):
                box.value = text

    def _take(self, name: str, text: str) -> None:
        self._texts[name] = text
        self._tell()
        self.post_message(self.Changed())

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        if event.widget.id == "data":
            self.post_message(self.DataAsked(path_of(self.query_one("#data", Input).value.strip())))

    def _tell(self) -> None:
        self.wanted, problems = read_form(self._texts)
        if self._data_problem:
            problems = {"data": self._data_problem, **problems}
        for name in ("data", *_TITLES):
            self.query_one(f"#of-{name}").set_class(name in problems, "-wrong")
        focused = self.screen.focused
        here = problems.get(focused.id or "") if focused is not None else None
        word = here or next(iter(problems.values()), "")
        line = self.query_one("#wrong", Static)
        line.set_class(not word, "-note")
        line.update(Content(safe(word or PRESETS[self._texts["preset"]].summary, 300)))

    def action_next_line(self) -> None:
        self.screen.focus_next()

    def action_line_before(self) -> None:
        self.screen.focus_previous()


class SearchOutlook(Drawn):
    """What the search will do."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._dataset = DatasetState()
        self._wanted: Wanted | None = None
        self._save_dir = DEFAULT_SAVE_DIR

    def on_mount(self) -> None:
        self.border_title = "what will happen"

    def show(self, dataset: DatasetState, wanted: Wanted | None, save_dir: Path) -> None:
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
        told = Text.assemble(
            ("Trials for ", palette.muted),
            (show_budget(wanted.budget), f"bold {palette.text}"),
            (" on ", palette.muted),
            (safe(table.title, 40), f"bold {palette.text}"),
            (
                ". The first is the preset, the next are random, the others are sampled near the best. "
                "Trials that fall behind are pruned. Only the best is tested.",
                palette.muted,
            ),
        )
        count = len(wanted.space)
        tried = Text.assemble(
            (f"{count} setting{'' if count == 1 else 's'}", f"bold {palette.text}"),
            (
                " searched: a range from..to, or a list with commas. An empty one keeps the value of "
                "the preset.",
                palette.muted,
            ),
        )
        command = Text("on the command line\n", style=palette.muted)
        line = tune_command(
            wanted.base,
            wanted.texts,
            wanted.objective,
            show_budget(wanted.budget),
            self._dataset.record,
            self._save_dir,
        )
        command.append(safe(line, 600), style=palette.primary)
        return [told, tried, command]
