"""How a model confuses its labels: as a matrix, as pairs, and in figures by label; and by slices of names."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from namecls.data.slices import slice_words
from namecls.language import N_, _
from namecls.results import Confusion, LabelScore, Slice
from namecls.text import safe
from tui.drawing.confused import SORTS, scores_of, sorted_scores
from tui.widgets.columns import Cell, Column, ColumnList
from tui.widgets.confusion_view import ConfusionView
from tui.widgets.lists import CursorList
from tui.widgets.retold import Retold

_VIEWS = {
    "matrix": N_("confusion matrix"),
    "pairs": N_("labels taken for each other"),
    "labels": N_("by label"),
    "slices": N_("slices of the test rows, weakest first"),
}
_PAIR_COLUMNS = (
    Column(N_("rows"), right=True),
    Column(N_("label"), least=8),
    Column(N_("taken for"), least=8),
)
_LABEL_COLUMNS = (
    Column(N_("label"), least=8),
    *(Column(title, right=True) for title in (N_("precision"), N_("recall"), N_("F1"), N_("rows"))),
)
_SLICE_COLUMNS = (
    Column(N_("slice"), least=8),
    Column(N_("rows"), right=True),
    Column(N_("accuracy"), right=True),
    Column(N_("95 % interval"), least=13),
)


class ConfusionPanel(Retold, Vertical):
    """One of the four at a time."""

    def __init__(self) -> None:
        super().__init__(id="left", classes="panel")
        self.view = "matrix"
        self.pairs: list[tuple[int, str, str]] = []
        self.scores: list[LabelScore] = []
        self.slices: tuple[Slice, ...] = ()
        self._sort = "f1"

    def compose(self) -> ComposeResult:
        yield ConfusionView()
        yield ColumnList(_PAIR_COLUMNS, id="pairs")
        yield ColumnList(_LABEL_COLUMNS, id="labels")
        yield ColumnList(_SLICE_COLUMNS, id="slices")

    def on_mount(self) -> None:
        self._arrange()

    def show(self, confusion: Confusion, labels: tuple[str, ...], slices: tuple[Slice, ...] = ()) -> None:
        """Show how these labels are confused, and how well the model does on slices."""
        self.matrix.show(confusion, labels)
        self.pairs = confusion.pairs(labels)
        self.query_one("#pairs", ColumnList).show(
            [
                (Cell(f"{rows:,}"), Cell(safe(true, 60)), Cell(safe(given, 60)))
                for rows, true, given in self.pairs
            ]
        )
        self.scores = scores_of(confusion, labels)
        self._sort_labels()
        self.slices = slices
        self._list_slices()

    def _list_slices(self, cursor: int = 0) -> None:
        self.query_one("#slices", ColumnList).show([_slice_cells(each) for each in self.slices], cursor)

    def retell(self) -> None:
        super().retell()
        self._list_slices(self.query_one("#slices", ColumnList).cursor)

    @property
    def matrix(self) -> ConfusionView:
        """The matrix, which may not show."""
        return self.query_one(ConfusionView)

    @property
    def shown(self) -> Widget:
        """What shows, and takes the focus."""
        return self.query_one(f"#{self.view}")

    @property
    def list(self) -> CursorList | None:
        """The list that shows; None: the matrix does."""
        return None if self.view == "matrix" else self.query_one(f"#{self.view}", ColumnList)

    @property
    def chosen(self) -> tuple[str | None, str | None] | None:
        """The true and the given label of what is under the cursor; None: no labels are."""
        if self.view == "matrix":
            true, given = self.matrix.cell or (None, None)
            return true, None if true == given else given
        if self.view == "slices":
            return None
        at = self.query_one(f"#{self.view}", ColumnList).cursor
        if self.view == "pairs":
            return self.pairs[at][1:] if self.pairs else None
        return (self.scores[at].label, None) if self.scores else None

    @property
    def slice(self) -> Slice | None:
        """The slice under the cursor, if slices show."""
        at = self.query_one("#slices", ColumnList).cursor
        return self.slices[at] if self.view == "slices" and self.slices else None

    def turn(self) -> None:
        """Show the next of the four."""
        names = list(_VIEWS)
        self.view = names[(names.index(self.view) + 1) % len(names)]
        self._arrange()

    def sort(self) -> None:
        """Sort the labels by the next of the figures."""
        names = list(SORTS)
        self._sort = names[(names.index(self._sort) + 1) % len(names)]
        self._sort_labels()
        self.entitle()

    def entitle(self) -> None:
        """Write in the border what shows."""
        self.border_title = _(SORTS[self._sort] if self.view == "labels" else _VIEWS[self.view])
        self.border_subtitle = ""
        if self.view != "matrix":
            self.border_subtitle = self.query_one(f"#{self.view}", ColumnList).beyond

    def _arrange(self) -> None:
        for name in _VIEWS:
            self.query_one(f"#{name}").display = name == self.view
        self.entitle()

    def _sort_labels(self) -> None:
        self.scores = sorted_scores(self.scores, self._sort)
        cells = [
            (
                Cell(safe(score.label, 60)),
                *(Cell(f"{share:.3f}") for share in (score.precision, score.recall, score.f1)),
                Cell(f"{score.support:,}"),
            )
            for score in self.scores
        ]
        self.query_one("#labels", ColumnList).show(cells)


def _slice_cells(found: Slice) -> tuple[Cell, ...]:
    return (
        Cell(safe(slice_words(found), 60)),
        Cell(f"{found.rows:,}"),
        Cell(f"{found.accuracy:.3f}", "warning" if found.is_weak else "text"),
        Cell(_("{low:.3f} to {high:.3f}").format(low=found.interval.low, high=found.interval.high), "muted"),
    )
