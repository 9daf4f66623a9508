"""Predictions for people: a table with bars, or one for a page or a paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO

from rich.cells import cell_len
from rich.text import Text

from namecls.answers import (
    NO_LETTERS,
    OK,
    TOO_LITTLE,
    TOO_UNCERTAIN,
    UNKNOWN_LETTERS,
    UNKNOWN_SCRIPT,
    Prediction,
)
from namecls.cli.bulk import Lines
from namecls.cli.console import bar, console, fit, literal
from namecls.cli.markup import foot, head, row
from namecls.guarantees import Guarantees, as_percent
from namecls.text import has_letters, safe

if TYPE_CHECKING:
    from rich.console import Console

    from namecls.inference.prediction import Predictor

_BAR_WIDTH = 30
_LABEL_WIDTH = 32
_REASONS = {
    UNKNOWN_SCRIPT: "no letter of it is in the training rows",
    TOO_LITTLE: "as many unknown letters and digits as known letters",
    UNKNOWN_LETTERS: "too rare in the training rows, or not in them",
}
_MANY = 5  # labels; more of them are counted, not listed


def write_table(
    predictor: Predictor, blocks: Iterable[Lines], stream: TextIO, k: int, asked: Guarantees
) -> None:
    """A name, and under it its labels with bars."""
    out = console(file=stream)
    width = min(max(cell_len(literal(label)) for label in predictor.labels), _LABEL_WIDTH)
    for predictions in _predictions(predictor, blocks, k, asked):
        _write_blocks(out, width, predictions, asked)
        stream.flush()
    if told := _populations(predictor):
        out.print(Text(told, style="dim"), soft_wrap=True)


def _populations(predictor: Predictor) -> str:
    """The populations that the probabilities are of, in a line; empty if they are not recorded."""
    alone, counted = predictor.populations
    if not alone or not counted or alone == counted:
        return f"population: {safe(alone or counted)}" if alone or counted else ""
    return f"population: {alone}; of names that were seen: {counted}"


def write_markup(
    markup: str, predictor: Predictor, blocks: Iterable[Lines], stream: TextIO, k: int, asked: Guarantees
) -> None:
    """A row per name: its labels with their probabilities, or why there are none."""
    ranks = list(map(str, range(1, k + 1)))
    stream.write(head(markup, ["name", *ranks], [False] * (k + 1)))
    for predictions in _predictions(predictor, blocks, k, asked):
        for prediction in predictions:
            cells = [f"{r.label} {r.probability * 100:.1f} %" for r in prediction.ranked]
            answer = cells if prediction.status == OK else [prediction.status] + [""] * (k - 1)
            stream.write(row(markup, [prediction.name, *answer]))
        stream.flush()
    stream.write(foot(markup))


def _predictions(
    predictor: Predictor, blocks: Iterable[Lines], k: int, asked: Guarantees
) -> Iterator[list[Prediction]]:
    """What is said of each name of each block; lines that can't be read say why."""
    for lines in blocks:
        predictions = predictor.predict(
            lines.readable(), k, coverage=asked.coverage, sets=asked.sets, risk=asked.risk
        )
        for place, problem in lines.problems.items():
            predictions[place] = Prediction(name=lines.names[place], status=problem, ranked=(), unknown=())
        yield predictions


def _write_blocks(out: Console, width: int, predictions: Iterable[Prediction], asked: Guarantees) -> None:
    ascii_only = not out.encoding.lower().startswith("utf")
    for prediction in predictions:
        out.print(Text(safe(prediction.name), style="bold"), soft_wrap=True)
        uncertain = prediction.status == TOO_UNCERTAIN
        if prediction.status != OK:
            reason = (
                f"of names it is no surer of, more than {as_percent(asked.risk or 0)} may be wrong"
                if uncertain
                else "titles alone are no name"
                if prediction.status == NO_LETTERS and has_letters(prediction.name)
                else _REASONS.get(prediction.status, "nothing to rank")
            )
            out.print(f"  {prediction.status}: {reason}", style="yellow", soft_wrap=True)
        for rank, ranked in enumerate(prediction.ranked if not uncertain else (), 1):
            line = Text(f"{rank:>4}  {fit(ranked.label, width)}  {ranked.probability * 100:>5.1f} %  ")
            line.append(bar(ranked.probability, _BAR_WIDTH, ascii_only=ascii_only), style="cyan")
            out.print(line, soft_wrap=True)
        if prediction.likely:
            many = len(prediction.likely)
            which = f"the first {many}" if many > _MANY else safe(", ".join(prediction.likely))
            told = f"      {prediction.caveat or f'with {as_percent(prediction.coverage)} coverage: {which}'}"
            out.print(Text(told, style="dim"), soft_wrap=True)
        if prediction.family_name:
            out.print(Text(f"      family name: {safe(prediction.family_name)}", style="dim"), soft_wrap=True)
        if prediction.region is not None:
            told = f"      {safe(prediction.region.label)} {prediction.region.probability * 100:.1f} %"
            out.print(Text(told, style="dim"), soft_wrap=True)
        if prediction.evidence:
            out.print(Text(f"      {safe(prediction.evidence)}", style="dim"), soft_wrap=True)
        if prediction.reading:
            out.print(f"  read as: {safe(prediction.reading)}", style="dim", soft_wrap=True)
        if prediction.unknown:
            letters = " ".join(map(safe, prediction.unknown))
            out.print(f"  not known to the model: {letters}", style="dim", soft_wrap=True)
