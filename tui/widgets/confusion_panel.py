"""How a model confuses its labels: as a matrix, as pairs, and in figures by label."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from namecls.results import Confusion, LabelScore
from namecls.text import safe
from tui.widgets.columns import Cell, Column, ColumnList
from tui.widgets.confusion_view import ConfusionView
from tui.widgets.lists import CursorList

_VIEWS = {"matrix": "confusion matrix", "pairs": "labels taken for each other", "labels": "by label"}
_SORTS = {
    "f1": "least F1 first",
    "precision": "least precision first",
    "recall": "least recall first",
    "support": "most rows first",
    "label": "by name",
}
_PAIR_COLUMNS = (Column("rows", right=True), Column("label", least=8), Column("taken for", least=8))
_LABEL_COLUMNS = (
    Column("label", least=8),
    *(Column(title, right=True) for title in ("precision", "recall", "F1", "rows")),
)


class ConfusionPanel(Vertical):
    """One of the three at a time."""

    def __init__(self) -> None:
        super().__init__(id="left", classes="panel")
        self.view = "matrix"
        self.pairs: list[tuple[int, str, str]] = []
        self.scores: list[LabelScore] = []
        self._sort = "f1"

    def compose(self) -> ComposeResult:
        yield ConfusionView()
        yield ColumnList(_PAIR_COLUMNS, id="pairs")
        yield ColumnList(_LABEL_COLUMNS, id="labels")

    def on_mount(self) -> None:
        self._arrange()

    def show(self, confusion: Confusion, labels: tuple[str, ...]) -> None:
        """Show how these labels are confused."""
        self.matrix.show(confusion, labels)
        self.pairs = confusion.pairs(labels)
        self.query_one("#pairs", ColumnList).show(
            [
                (Cell(f"{rows:,}"), Cell(safe(true, 60)), Cell(safe(given, 60)))
                for rows, true, given in self.pairs
            ]
        )
        self.scores = [score for score in confusion.scores(labels) if score.support or score.precision]
        self._sort_labels()

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
        """The true and the given label of what is under the cursor; None: nothing is."""
        if self.view == "matrix":
            true, given = self.matrix.cell or (None, None)
            return true, None if true == given else given
        at = self.query_one(f"#{self.view}", ColumnList).cursor
        if self.view == "pairs":
            return self.pairs[at][1:] if self.pairs else None
        return (self.scores[at].label, None) if self.scores else None

    def turn(self) -> None:
        """Show the next of the three."""
        names = list(_VIEWS)
        self.view = names[(names.index(self.view) + 1) % len(names)]
        self._arrange()

    def sort(self) -> None:
        """Sort the labels by the next of the figures."""
        names = list(_SORTS)
        self._sort = names[(names.index(self._sort) + 1) % len(names)]
        self._sort_labels()
        self.tell()

    def tell(self) -> None:
        """What shows, in the border."""
        self.border_title = _VIEWS[self.view] + (f", {_SORTS[self._sort]}" if self.view == "labels" else "")
        self.border_subtitle = ""
        if self.view != "matrix":
            self.border_subtitle = self.query_one(f"#{self.view}", ColumnList).beyond

    def _arrange(self) -> None:
        for name in _VIEWS:
            self.query_one(f"#{name}").display = name == self.view
        self.tell()

    def _sort_labels(self) -> None:
        if self._sort == "label":
            self.scores.sort(key=lambda score: score.label)
        else:
            sign = -1 if self._sort == "support" else 1
            self.scores.sort(key=lambda score: (sign * getattr(score, self._sort), score.label))
        cells = [
            (
                Cell(safe(score.label, 60)),
                *(Cell(f"{share:.3f}") for share in (score.precision, score.recall, score.f1)),
                Cell(f"{score.support:,}"),
            )
            for score in self.scores
        ]
        self.query_one("#labels", ColumnList).show(cells)
