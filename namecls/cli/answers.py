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
from namecls.calibration.population import population_words
from namecls.cli.bulk import Lines
from namecls.cli.console import bar, console, fit, literal
from namecls.cli.markup import foot, head, row
from namecls.data.regions import region_words
from namecls.guarantees import Guarantees, as_percent
from namecls.language import N_, _
from namecls.text import has_letters, safe

if TYPE_CHECKING:
    from rich.console import Console

    from namecls.inference.prediction import Predictor

_BAR_WIDTH = 30
_LABEL_WIDTH = 32
_REASONS = {
    UNKNOWN_SCRIPT: N_("no letter of it is in the training rows"),
    TOO_LITTLE: N_("as many unknown characters as known letters"),
    UNKNOWN_LETTERS: N_("too rare in the training rows, or not in them"),
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
        return population_text(alone or counted) if alone or counted else ""
    return _("population: {alone}; of names that were seen: {counted}").format(
        alone=safe(population_words(alone)), counted=safe(population_words(counted))
    )


def population_text(population: str) -> str:
    """The population that answers or figures are of."""
    return _("population: {population}").format(population=safe(population_words(population)))


def write_markup(
    markup: str, predictor: Predictor, blocks: Iterable[Lines], stream: TextIO, k: int, asked: Guarantees
) -> None:
    """A row per name: its labels with their probabilities, or why there are none."""
    ranks = list(map(str, range(1, k + 1)))
    stream.write(head(markup, [_("name"), *ranks], [False] * (k + 1)))
    for predictions in _predictions(predictor, blocks, k, asked):
        for prediction in predictions:
            cells = [f"{r.label} {r.probability * 100:.1f} %" for r in prediction.ranked]
            answer = cells if prediction.status == OK else [_(prediction.status)] + [""] * (k - 1)
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
            told = _("  {status}: {reason}").format(
                status=_(prediction.status), reason=_reason(prediction, asked)
            )
            out.print(told, style="yellow", soft_wrap=True)
        for rank, ranked in enumerate(prediction.ranked if not uncertain else (), 1):
            line = Text(f"{rank:>4}  {fit(ranked.label, width)}  {ranked.probability * 100:>5.1f} %  ")
            line.append(bar(ranked.probability, _BAR_WIDTH, ascii_only=ascii_only), style="cyan")
            out.print(line, soft_wrap=True)
        if prediction.likely:
            many = len(prediction.likely)
            which = safe(_(", ").join(prediction.likely))
            if many > _MANY:
                which = _("the first {many}").format(many=many)
            told = prediction.caveat or _("{share} prediction set: {labels}").format(
                share=as_percent(prediction.coverage), labels=which
            )
            out.print(Text(f"      {told}", style="dim"), soft_wrap=True)
        if prediction.family_name:
            told = _("family name: {name}").format(name=safe(prediction.family_name))
            out.print(Text(f"      {told}", style="dim"), soft_wrap=True)
        if prediction.region is not None:
            region = safe(region_words(prediction.region.label))
            told = f"      {region} {prediction.region.probability * 100:.1f} %"
            out.print(Text(told, style="dim"), soft_wrap=True)
        if prediction.evidence:
            out.print(Text(f"      {safe(prediction.evidence)}", style="dim"), soft_wrap=True)
        if prediction.reading:
            told = _("  read as: {name}").format(name=safe(prediction.reading))
            out.print(told, style="dim", soft_wrap=True)
        if prediction.unknown:
            letters = " ".join(map(safe, prediction.unknown))
            told = _("  not known to the network: {letters}").format(letters=letters)
            out.print(told, style="dim", soft_wrap=True)


def _reason(prediction: Prediction, asked: Guarantees) -> str:
    """Why a name is not answered."""
    if prediction.status == TOO_UNCERTAIN:
        told = _("of names it is no surer of, more than {risk} may be wrong")
        return told.format(risk=as_percent(asked.risk or 0))
    if prediction.status == NO_LETTERS and has_letters(prediction.name):
        return _("titles alone are no name")
    why = _REASONS.get(prediction.status)
    return _(why) if why is not None else _("nothing to rank")
