"""The figures of `namecls evaluate` as tables and lines."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from namecls.cli.console import Column, count, loss_text, percent, show, show_table
from namecls.guarantees import COVERAGE, MOST_PEOPLE, RISK, as_percent, too_few_rows
from namecls.results import ByPerson, EditedRows, LabelScore, Metrics, ReliabilityBin
from namecls.runs.record import RunRecord
from namecls.runs.run import COUNTS, Run

if TYPE_CHECKING:
    from namecls.calibration.regional import RegionMetrics
    from namecls.inference.evaluation import Robustness

_CONFUSIONS = 10
_UNKNOWN = 10  # labels that are named
_BAR_WIDTH = 40


def people_of(run: Run) -> tuple[int, Metrics] | None:
    """How many names of a run are counted, and what was measured on people; None if there are no counts."""
    if not os.path.lexists(run.directory / COUNTS):
        return None
    from namecls.runs.loading import load_people

    return load_people(run)


def edited_text(edited: EditedRows) -> str:
    """The edited rows, apart from the others."""
    if not edited.rows:
        return "none of these rows was edited"
    return (
        f"of these {count(edited.rows, 'edited row')}: accuracy {percent(edited.accuracy)}; of all others "
        f"{percent(edited.accuracy_of_others)}"
    )


def by_person_text(by_person: ByPerson) -> str:
    """The figures in which each person counts once."""
    return (
        f"by person: accuracy {percent(by_person.accuracy)}   log-loss {loss_text(by_person.loss)}   "
        f"({by_person.people:,.10g} bearers of these names; above, each row counts once)"
    )


def refit_text(record: RunRecord) -> str:
    """That the model is not the one that was measured; empty: it is."""
    if record.refit is None:
        return ""
    learned = f" on {record.split.train:,} of them" if record.split is not None else ""
    return (
        f"refit: trained again on all {count(record.refit.rows, 'row')} for {count(record.refit.epochs, 'epoch')}; "
        f"the figures are those of the model that was measured, trained{learned}"
    )


def people_text(names: int, people: Metrics) -> str:
    """What name counts are worth, by person."""
    evenly = ", drawn evenly from all" if people.rows >= MOST_PEOPLE else ""
    return (
        f"by person, with name counts ({count(names, 'name')} counted): accuracy {percent(people.accuracy)}   "
        f"log-loss {loss_text(people.loss)}   "
        f"({count(people.rows, 'bearer')} of test names{evenly}, each left out of the counts)"
    )


def show_metrics(metrics: Metrics, model: str, unknown: Mapping[str, int]) -> None:
    """All labels, the commonest mistakes, what is stated and kept, and last the whole in one line."""
    _show_labels(metrics)
    if confused := _most_confused(metrics):
        show("")
        show_table([Column("rows", True), Column("taken for"), Column("but is")], confused)
    _show_calibration(metrics)
    show("")
    show(
        (
            f"{model} on {count(metrics.rows, 'row')} ({metrics.split}), chosen for {metrics.operating_point}",
            "bold",
        )
    )
    if unknown:
        labels = ", ".join(f"{label} {rows:,}" for label, rows in list(unknown.items())[:_UNKNOWN])
        more = f" and {len(unknown) - _UNKNOWN:,} more" if len(unknown) > _UNKNOWN else ""
        show(f"{count(metrics.left_out, 'row')} under labels that it does not know, left out: {labels}{more}")
    shares = {
        "accuracy": metrics.accuracy,
        "macro-F1": metrics.macro_f1,
        "top-3": metrics.top_3,
        "top-5": metrics.top_5,
    }
    show_table(
        [Column(title, True) for title in (*shares, "loss", "ECE")],
        [[*map(percent, shares.values()), loss_text(metrics.loss), f"{metrics.ece:.4f}"]],
    )
    if metrics.by_person is not None:
        show(by_person_text(metrics.by_person))
    if metrics.edited is not None:
        show(edited_text(metrics.edited))


def _show_labels(metrics: Metrics) -> None:
    """Every label, the commonest first."""
    more: dict[str, Callable[[LabelScore], float | None]] = {
        f"in its {as_percent(COVERAGE)} set": lambda score: score.covered,
        f"answered at {as_percent(RISK)}": lambda score: score.answered_at_10,
    }
    more = {title: of for title, of in more.items() if any(of(s) is not None for s in metrics.per_label)}
    show_table(
        [
            Column("label"),
            *(Column(title, True) for title in ("precision", "recall", "F1", "rows", *more)),
        ],
        [
            [
                *(s.label, f"{s.precision:.3f}", f"{s.recall:.3f}", f"{s.f1:.3f}", f"{s.support:,}"),
                *("-" if (share := of(s)) is None else f"{share:.3f}" for of in more.values()),
            ]
            for s in sorted(metrics.per_label, key=lambda score: (-score.support, score.label))
            if s.support or s.precision
        ],
    )


def _show_calibration(metrics: Metrics) -> None:
    """Reliability diagram; stated coverage and risk beside those measured."""
    if metrics.reliability:
        show("")
        show_table(
            [Column("confidence", True), Column("accuracy", True), Column("rows", True), Column("")],
            [
                [percent(each.confidence), percent(each.accuracy), f"{each.rows:,}", _reliability_bar(each)]
                for each in metrics.reliability
            ],
        )
        show(f"ECE {metrics.ece:.4f}{_by_chance(metrics)}")
    if metrics.coverages:
        show("")
        show_table(
            [
                Column("sets"),
                *(Column(title, True) for title in ("stated coverage", "found", "labels in a set")),
            ],
            [
                [each.method, as_percent(each.stated), percent(each.found), f"{each.mean_size:.2f}"]
                for each in metrics.coverages
            ],
        )
        stated = {each.stated: too_few_rows(each.stated, metrics.calibrated_on) for each in metrics.coverages}
        for caveat in filter(None, stated.values()):
            show((caveat, "yellow"))
    if metrics.selections:
        show("")
        show_table(
            [
                Column(title, True)
                for title in ("stated risk", "threshold", "names answered", "of these wrong")
            ],
            [
                [
                    as_percent(each.stated),
                    "-" if each.threshold is None else percent(each.threshold),
                    percent(each.answered),
                    percent(each.wrong) if each.answered else "-",
                ]
                for each in metrics.selections
            ],
        )


def _by_chance(metrics: Metrics) -> str:
    """The ECE expected if calibrated, for comparison."""
    if metrics.ece_by_chance is None or metrics.ece_by_chance_95 is None:
        return ""
    return (
        f"; expected if calibrated: {metrics.ece_by_chance:.4f} on so many rows, "
        f"at most {metrics.ece_by_chance_95:.4f} in 95 of 100 cases"
    )


def _reliability_bar(each: ReliabilityBin) -> str:
    """A bar as long as the accuracy, and a mark where the confidence says that it should end."""
    filled, mark = round(each.accuracy * _BAR_WIDTH), min(round(each.confidence * _BAR_WIDTH), _BAR_WIDTH - 1)
    line = ("#" * filled).ljust(_BAR_WIDTH)
    return f"{line[:mark]}|{line[mark + 1 :]}".rstrip()


def _most_confused(metrics: Metrics) -> list[list[str]]:
    """The commonest confusions: how often, the label predicted, the true label."""
    pairs = metrics.confusion.pairs([score.label for score in metrics.per_label])
    return [[f"{times:,}", given, true] for times, true, given in pairs[:_CONFUSIONS]]


def show_ways(ways: Sequence[Robustness]) -> None:
    """Robustness: accuracy on other spellings."""
    show("")
    titles = ("accuracy as it stands", "written so", "points lost", "rows")
    show_table(
        [Column("written"), *(Column(title, True) for title in titles)],
        [
            [
                way.way,
                percent(way.clean),
                percent(way.written),
                f"{100 * (way.clean - way.written):.1f}",
                f"{way.rows:,}",
            ]
            for way in ways
            if way.rows
        ],
    )


def show_regions(found: RegionMetrics) -> None:
    """Answers by region, and how far mistakes go."""
    if found.rows:
        show(
            f"by region, {count(found.rows, 'name')} of several likely labels: {percent(found.found)} right, stated "
            f"{percent(found.stated)}; ECE {found.ece:.4f}, expected if calibrated {found.ece_by_chance:.4f}, at most "
            f"{found.ece_by_chance_95:.4f} in 95 of 100 cases"
        )
    if found.mistakes:
        show(
            f"of {count(found.mistakes, 'mistake')} {percent(found.within)} stay within the region of the true label, "
            f"{percent(found.within_larger)} within its larger region"
        )
