"""Mistakes: the held-out rows that the model in use gets wrong, and how it confuses the labels."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget

from namecls.data.slices import is_of, slice_words
from namecls.edits.edit import Reason
from namecls.errors import RunError
from namecls.language import _
from namecls.results import Confusion, Mistake, Slice
from namecls.text import safe
from tui import keys
from tui.drawing.edited import RowKey
from tui.drawing.palette import palette_of
from tui.engine.editing import EditState
from tui.engine.messages import ModelExamined
from tui.engine.threads import fetch
from tui.engine.values import Examined
from tui.engine.written import as_csv, as_json, new_file, write_text
from tui.screens.copying import copy_text
from tui.screens.saving import as_svg
from tui.screens.suspects import Suspicious, key_of
from tui.state import ModelState
from tui.widgets.confusion_panel import ConfusionPanel
from tui.widgets.confusion_view import ConfusionView
from tui.widgets.lists import CursorList, Moves
from tui.widgets.mistake_rows import MistakeRows

#: Least confidences that one key goes through.
_LEAST = (0.0, 0.5, 0.8, 0.9)
_WIDE = 100  # cells of the picture that is saved


class MistakesScreen(Moves, Suspicious):
    """The confusion of the labels at the left, and at the right the names behind it."""

    PLACE = "mistakes"
    TAB = "predict"
    CSS_PATH = "mistakes.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("mistakes")

    def __init__(self) -> None:
        super().__init__()
        self._directory: Path | None = None  # of the model that was asked about last
        self._found: Examined | None = None
        self._true: str | None = None  # the filter
        self._given: str | None = None
        self._slice: Slice | None = None
        self._least = _LEAST[0]

    def body(self) -> ComposeResult:
        with Container(id="both"):
            yield ConfusionPanel()
            with Vertical(id="right", classes="panel"):
                yield MistakeRows()

    def on_mount(self) -> None:
        self.watch(self.app, "model", self._show_model)
        self.watch(self.app, "edits", self._show_edits)
        self.watch(self.app, "dataset", self.hear_of_dataset, init=False)

    def on_screen_resume(self) -> None:
        self._show_model(self.bench.model)

    def focus_first(self) -> Widget | None:
        return self._left.matrix

    def context(self) -> str:
        return self.bench.model.heading

    @property
    def _left(self) -> ConfusionPanel:
        return self.query_one(ConfusionPanel)

    # -- what is known --

    def _show_model(self, model: ModelState) -> None:
        """Examine the model in use, once this screen shows."""
        self.refresh_header()
        if model.info is None:
            told = model.problem or _("Loading the model ...")
            self.query_one(MistakeRows).show((), told)
        if not self.is_current or model.info is None or model.info.directory == self._directory:
            return
        self._directory = directory = model.info.directory
        self._found = None
        self._left.show(Confusion(), ())
        if not self.is_busy_with_suspects:
            self._true = self._given = self._slice = None
            self.know()
            self.list_nothing(_("Asking the model about its test and validation rows ..."))
        engine = self.bench.engine

        def failed(problem: str) -> ModelExamined:
            try:
                metrics = engine.read_metrics(directory)
            except RunError:
                metrics = None
            written = (
                (tuple(score.label for score in metrics.per_label), metrics.confusion) if metrics else None
            )
            return ModelExamined(directory, None, problem, written)

        def examine() -> ModelExamined:
            return ModelExamined(directory, engine.find_mistakes(directory))

        fetch("mistakes", examine, failed, self.post_message, self.app.post_message)

    def on_model_examined(self, message: ModelExamined) -> None:
        if message.directory != self._directory:
            return
        self._found = message.found
        if message.found is not None:
            found = message.found.mistakes
            self._left.show(found.confusion, found.labels, found.slices)
        elif message.written is not None:
            self._left.show(message.written[1], message.written[0])
        if not self.is_busy_with_suspects:
            self.know()
            self._filter(None, None, message.problem)
        elif message.problem:
            self.say(message.problem, problem=True)

    @property
    def _wanted(self) -> Sequence[Mistake]:
        return [
            row
            for row in self.rows
            if self._true in (None, row.label)
            and self._given in (None, row.given)
            and (self._slice is None or is_of(self._slice, row))
            and row.confidence >= self._least
        ]

    def _filter(
        self, true: str | None, given: str | None, problem: str = "", *, of: Slice | None = None
    ) -> None:
        """Show only the rows of a label, those that were given one, or those of a slice."""
        self._true, self._given, self._slice = true, given, of
        rows = self._wanted
        drops = self.suspects.drops if self.suspects is not None else None
        self.query_one(MistakeRows).show(rows, problem or self._word_for_none(), drops)
        self.entitle()
        self.marks_changed()

    def entitle(self) -> None:
        """Say what shows, in the titles of the panels."""
        words = _("mistakes") if self.suspects is None else _("probably labelled wrongly")
        if self._true and self._given:
            words = _("{true} taken for {given}").format(
                true=safe(self._true, 30), given=safe(self._given, 30)
            )
        elif self._true:
            words = _("mistakes on {label}").format(label=safe(self._true, 40))
        elif self._given:
            words = _("wrongly taken for {label}").format(label=safe(self._given, 40))
        elif self._slice:
            words = _("{title}: ").format(title=words) + safe(slice_words(self._slice), 40)
        sure = _(", confidence {least:.0f} % or more").format(least=100 * self._least) if self._least else ""
        rows = self.query_one(MistakeRows)
        right = self.query_one("#right")
        right.border_title = f"{words}{sure}"
        right.border_subtitle = (
            _("{at:,} of {count:,}").format(at=rows.cursor + 1, count=rows.count) if rows.count else ""
        )
        self._left.entitle()

    def on_cursor_list_moved(self, _event: CursorList.Moved) -> None:
        self.entitle()
        self.refresh_bindings()

    def on_cursor_list_chosen(self, _event: CursorList.Chosen) -> None:
        self.call_later(self.run_action, "screen.take")

    def on_confusion_view_opened(self, _event: ConfusionView.Opened) -> None:
        self.call_later(self.run_action, "screen.take")

    # -- rows that are mended --

    def _show_edits(self, _edits: EditState) -> None:
        self.marks_changed()
        self.refresh_header()

    def pointed(self) -> RowKey | None:
        row = self.query_one(MistakeRows).current if self._on_rows else None
        return key_of(row) if row is not None else None

    def action_mark_all(self) -> None:
        self.mark_these([] if self.marks else [key_of(row) for row in self._wanted])

    def own_rows(self) -> Sequence[Mistake]:
        return self._found.mistakes.rows if self._found is not None else ()

    def own_reason(self, row: Mistake) -> Reason:
        return Reason(
            score=round(row.of_label, 6), model=self._found.weights if self._found is not None else ""
        )

    def relist(self) -> None:
        self._filter(None, None)
        if self.suspects is not None:
            self._focus(self.query_one(MistakeRows))

    def _word_for_none(self) -> str:
        if self.suspects is not None:
            return _("No suspects here.") if self.suspects.rows else _("No row is suspicious.")
        return _("No mistakes here.") if self._found else ""

    def list_nothing(self, word: str) -> None:
        self.query_one(MistakeRows).show((), word)
        self.entitle()
        self.refresh_bindings()

    def marks_changed(self) -> None:
        self.query_one(MistakeRows).decorate(self.bench.edits, self.marks, self._is_open)
        self.refresh_bindings()

    def step_on(self) -> None:
        self.query_one(MistakeRows).move(1)

    @property
    def _is_open(self) -> bool:
        """Whether these are rows of the file that is open."""
        if self.suspects is not None:
            return self.shows_open_file
        found, data = self._found, self.bench.dataset
        return found is not None and data.status == "ready" and data.path == found.data

    def ready_to_edit(self) -> bool:
        if self._is_open:
            return True
        if self.suspects is None and self._found is not None:
            self.bench.open_dataset(self._found.data, self._found.columns)
            self.say(_("The file of these rows is being opened, to be mended; then press the key again."))
        else:
            self.say(
                _("These are rows of another file than the one that is open: w searches again."), problem=True
            )
        return False

    # -- what the user does --

    @property
    def _on_rows(self) -> bool:
        return isinstance(self.focused, MistakeRows)

    def _focus(self, widget: Widget) -> None:
        widget.focus()
        self.set_class(isinstance(widget, MistakeRows), "-on-rows")
        self.refresh_bindings()

    def moved_in(self) -> CursorList:
        left = None if self._on_rows else self._left.list
        return self.query_one(MistakeRows) if left is None else left

    def _in_matrix(self) -> ConfusionView | None:
        return self._left.matrix if self._left.view == "matrix" and not self._on_rows else None

    def action_move(self, step: int) -> None:
        if (matrix := self._in_matrix()) is not None:
            matrix.move(step, 0)
        else:
            super().action_move(step)

    def action_move_page(self, direction: int) -> None:
        if (matrix := self._in_matrix()) is not None:
            matrix.move(direction * matrix.room[0], 0)
        else:
            super().action_move_page(direction)

    def action_move_first(self) -> None:
        self.action_move(-(2**31))

    def action_move_last(self) -> None:
        self.action_move(2**31)

    def action_across(self, step: int) -> None:
        if (matrix := self._in_matrix()) is not None:
            matrix.move(0, step)

    def action_turn(self) -> None:
        self._focus(self._left.shown if self._on_rows else self.query_one(MistakeRows))

    def action_view(self) -> None:
        self._left.turn()
        self._focus(self._left.shown)

    async def action_take(self) -> None:
        """Show the names behind what is under the cursor; a name among the rows of its file."""
        if self._on_rows:
            await self._show_row()
            return
        if (chosen := self._left.chosen) is not None:
            self._filter(*chosen)
            self._focus(self.query_one(MistakeRows))
        elif (found := self._left.slice) is not None:
            self._filter(None, None, of=found)
            self._focus(self.query_one(MistakeRows))

    async def _show_row(self) -> None:
        row, found = self.query_one(MistakeRows).current, self._found
        if row is None:
            return
        if self.suspects is None and found is not None and not self._is_open:
            if self.bench.dataset.status != "none":
                file = found.data.name if found.data is not None else _("the embedded names")
                self.say(
                    _("Opened: {file}, the file of these rows. Train uses it too; o opens another.").format(
                        file=file
                    )
                )
            self.bench.open_dataset(found.data, found.columns)
        await self.bench.action_go("dataset")
        self.bench.show_name(row.name)

    async def action_predict(self) -> None:
        if (row := self.query_one(MistakeRows).current) is not None:
            self.bench.subject = row.name
        await self.bench.action_go("predict")

    def action_least(self) -> None:
        self._least = _LEAST[(_LEAST.index(self._least) + 1) % len(_LEAST)]
        self._filter(self._true, self._given, of=self._slice)

    def action_given(self) -> None:
        """The rows that were wrongly given the label under the cursor."""
        if self._left.view == "labels" and (chosen := self._left.chosen) is not None:
            self._filter(None, chosen[0])
            self._focus(self.query_one(MistakeRows))

    def action_sort(self) -> None:
        self._left.sort()

    def action_leave_names(self) -> None:
        self.action_turn()

    async def action_back(self) -> None:
        """One step out: of the filter, of the screen."""
        if self._true or self._given or self._slice:
            self._filter(None, None)
        else:
            await self.bench.action_go("predict")

    def action_choose_model(self) -> None:
        self.bench.action_choose_model()

    def action_copy(self) -> None:
        rows = [(row.name, row.label, row.given, f"{row.confidence:.4f}") for row in self._wanted]
        copy_text(self, as_csv([("name", "label", "given", "confidence"), *rows], "\t"))

    def action_save(self) -> None:
        """Write the rows that show as CSV; matrix and figures by label as JSON; what the left panel shows as SVG."""
        left = self._left
        path = new_file("namecls-mistakes", ".csv", ".json", ".svg")
        rows = [dataclasses.asdict(row) for row in self._wanted]
        titles = [field.name for field in dataclasses.fields(Mistake)]
        told = {
            "model": self.bench.model.info.name if self.bench.model.info else "",
            "labels": [dataclasses.asdict(score) for score in left.scores],
            "confused": [{"rows": n, "label": true, "given": given} for n, true, given in left.pairs],
            "slices": [each.to_json() for each in left.slices],
            "mistakes": rows,
        }
        palette = palette_of(self.app)
        picture = [Text(_("confusion matrix")), Text(), *left.matrix.whole(palette)]
        width = max(max(line.cell_len for line in picture), _WIDE)
        try:
            write_text(
                path.with_suffix(".csv"), as_csv([titles, *([row[t] for t in titles] for row in rows)])
            )
            write_text(path.with_suffix(".json"), as_json(told))
            write_text(
                path.with_suffix(".svg"),
                as_svg(picture, "namecls", width, dark=self.app.current_theme.dark),
            )
        except RunError as error:
            self.say(str(error), problem=True)
        else:
            self.say(
                _("Wrote {path}, and beside it the figures as .json, the matrix as .svg").format(
                    path=path.with_suffix(".csv")
                )
            )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        rows = self.query(MistakeRows)
        if action in ("leave_names", "back"):
            return self._on_rows == (action == "leave_names")
        if action == "across":
            return self._left.view == "matrix" and not self._on_rows
        if action == "sort":
            return self._left.view == "labels"
        if action == "given":
            return self._left.view == "labels" and not self._on_rows
        if action == "predict":
            return self._on_rows and bool(rows) and rows.first().count > 0
        if action in ("least", "copy", "save"):
            return self.search is None and (self._found is not None or self.suspects is not None)
        return super().check_action(action, parameters)
