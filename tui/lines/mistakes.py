"""Mistakes without a screen: confused labels, figures by label, slices, and the rows behind them, to be mended."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from namecls.data.slices import is_of
from namecls.edits.edit import Reason
from namecls.errors import NameclsError
from namecls.language import N_, _, ngettext
from namecls.paths import model_directory, packaged_model
from namecls.results import Confusion, Mistake, Slice
from tui.drawing.confused import SORTS, scores_of, sorted_scores
from tui.engine.written import as_csv, as_json, new_file, write_text
from tui.lines.house import House
from tui.lines.models import Models
from tui.lines.place import Command, chosen, number_of
from tui.lines.predicting import answered
from tui.lines.rows import PAGE, Listed, Rows
from tui.lines.speaking import entry, share
from tui.memory import lasting

if TYPE_CHECKING:
    from namecls.results import LabelScore
    from tui.engine.values import Examined


class Mistakes(Rows):
    """What the model gets wrong of its test and validation rows."""

    title = N_("Mistakes")

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self._found: Examined | None = None
        self._confusion = Confusion()
        self._labels: tuple[str, ...] = ()
        self._true: str | None = None
        self._given: str | None = None
        self._slice: Slice | None = None
        self._least = 0.0  # confidence
        self._by = next(iter(SORTS))
        self.commands = [
            Command("list", N_("list all mistakes, the most confident first"), self.list),
            Command(
                "pairs",
                N_("labels taken for each other, the most confused first; a number lists the rows"),
                self.pairs,
            ),
            Command(
                "labels",
                N_("figures by label; f1, precision, recall, support or label sorts them"),
                self.labels,
            ),
            Command("of", N_("the mistakes on a label"), self.of),
            Command("given", N_("the rows that were wrongly given a label"), self.given),
            Command(
                "slices",
                N_("slices of the test rows, the weakest first; a number lists the rows"),
                self.slices,
            ),
            Command(
                "confidence",
                N_("only mistakes made with at least this confidence, in percent"),
                self.confidence,
            ),
            *self.paging,
            Command("suspects", N_("search for rows that are probably labelled wrongly"), self.suspects),
            *self.mending,
            Command("predict", N_("the answer to the name of a row: its number"), self.predict),
            Command("models", N_("the model that is examined, and that answers"), self.models),
            Command("save", N_("write the rows as CSV, the figures as JSON"), self.save),
        ]

    def greet(self) -> None:
        super().greet()
        self._examine()

    def _examine(self) -> None:
        """Ask the model about its rows; where these are not at hand, tell what was written of its labels."""
        self.forget()
        house, self._found = self.house, None
        model = house.model or packaged_model()
        directory = model_directory(str(model), house.save_dir) or model
        try:
            found = house.engine.find_mistakes(directory)
        except NameclsError as error:
            if (metrics := house.engine.read_metrics(directory)) is None:
                raise
            self._labels = tuple(score.label for score in metrics.per_label)
            self._confusion = metrics.confusion
            self.speaker.say(str(error))
            self.pairs("")
            return
        self._found, self._labels, self._confusion = found, found.mistakes.labels, found.mistakes.confusion
        if lasting(found.data) != lasting(house.data):
            table = house.open(found.data, found.columns)
            self.speaker.say(_("These are rows of {file}, which is open now.").format(file=table.title))
        self.list("")

    def usual(self, start: int, stop: int) -> tuple[int, Sequence[Listed]]:
        if self._found is None:
            return 0, ()
        wanted = self._wanted()
        return len(wanted), [self.listed(each, self._reason(each)) for each in wanted[start:stop]]

    def _wanted(self) -> Sequence[Mistake]:
        rows = self._found.mistakes.rows if self._found is not None else ()
        return [
            row
            for row in rows
            if self._true in (None, row.label)
            and self._given in (None, row.given)
            and (self._slice is None or is_of(self._slice, row))
            and row.confidence >= self._least
        ]

    def _reason(self, row: Mistake) -> Reason:
        return Reason(
            score=round(row.of_label, 6), model=self._found.weights if self._found is not None else ""
        )

    def _filter(self, true: str | None = None, given: str | None = None, of: Slice | None = None) -> None:
        self._true, self._given, self._slice, self.special = true, given, of, None
        self.show()

    def list(self, _rest: str) -> None:
        self._least = 0.0
        self._filter()

    # -- how labels are confused --

    def pairs(self, rest: str) -> None:
        found = self._confusion.pairs(self._labels)
        if (at := number_of(rest, len(found))) is not None:
            _rows, true, given = found[at - 1]
            self._filter(true, given)
        else:
            told = _("{true} taken for {given}, {rows:,} rows.")
            shown = found if rest == "all" else found[:PAGE]
            self.speaker.number(told.format(true=true, given=given, rows=rows) for rows, true, given in shown)
            if others := len(found) - len(shown):
                left = ngettext(
                    "{n:,} more pair; pairs all lists it.", "{n:,} more pairs; pairs all lists them.", others
                )
                self.speaker.say(left.format(n=others))

    def labels(self, rest: str) -> None:
        if rest:
            at = chosen(rest, list(SORTS))
            if at is None:
                self.speaker.number(entry(name, _(title)) for name, title in SORTS.items())
                return
            self._by = list(SORTS)[at]
        told = _("{label}: F1 {f1}, precision {precision}, recall {recall}, {rows:,} rows.")
        for score in self._scores():
            shares = {
                "f1": share(score.f1),
                "precision": share(score.precision),
                "recall": share(score.recall),
            }
            self.speaker.say(told.format(label=score.label, rows=score.support, **shares))

    def _scores(self) -> Sequence[LabelScore]:
        return sorted_scores(scores_of(self._confusion, self._labels), self._by)

    def _label(self, text: str) -> str | None:
        at = chosen(text, self._labels)
        if at is None:
            self.speaker.say(_("There is no label {label}.").format(label=text))
            return None
        return self._labels[at]

    def of(self, rest: str) -> None:
        if (label := self._label(rest)) is not None:
            self._filter(label)

    def given(self, rest: str) -> None:
        if (label := self._label(rest)) is not None:
            self._filter(given=label)

    def slices(self, rest: str) -> None:
        found = self._found.mistakes.slices if self._found is not None else ()
        if (at := number_of(rest, len(found))) is not None:
            self._filter(of=found[at - 1])
            return
        told = _("{title}, {rows:,} rows: accuracy {accuracy}, from {low} to {high}.")
        self.speaker.number(
            told.format(
                title=each.title,
                rows=each.rows,
                accuracy=share(each.accuracy),
                low=share(each.interval.low),
                high=share(each.interval.high),
            )
            for each in found
        )

    def confidence(self, rest: str) -> None:
        least = number_of(rest.rstrip("% "), 100)
        self._least = (least or 0) / 100
        self._filter(self._true, self._given, self._slice)

    # -- and others --

    def predict(self, rest: str) -> None:
        for row in self.rows(rest):
            (found,) = self.house.answering().predict(
                [row.key.name], k=self.house.labels, coverage=self.house.coverage
            )
            self.speaker.say(*answered(found, self.house.risk))

    def models(self, rest: str) -> None:
        before = self.house.model
        Models(self.house).take_or_run(rest)
        if self.house.model != before:
            self._examine()

    def save(self, _rest: str) -> None:
        rows = [dataclasses.asdict(row) for row in self._wanted()]
        titles = [field.name for field in dataclasses.fields(Mistake)]
        slices = self._found.mistakes.slices if self._found is not None else ()
        told = {
            "model": self.house.answers().info.name,
            "labels": [dataclasses.asdict(score) for score in self._scores()],
            "confused": [
                {"rows": n, "label": true, "given": given}
                for n, true, given in self._confusion.pairs(self._labels)
            ],
            "slices": [each.to_json() for each in slices],
            "mistakes": rows,
        }
        path = new_file("namecls-mistakes", ".csv", ".json")
        cells = [titles, *([row[title] for title in titles] for row in rows)]
        for suffix, text in ((".csv", as_csv(cells)), (".json", as_json(told))):
            write_text(path.with_suffix(suffix), text)
            self.speaker.say(_("Wrote {path}").format(path=path.with_suffix(suffix)))
