"""The figures of `namecls evaluate` as tables and lines."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from namecls.cli.console import Column, counted, loss_text, percent, rows_of, show, show_table, translated
from namecls.guarantees import COVERAGE, MOST_PEOPLE, RISK, as_percent, too_few_rows
from namecls.language import N_, _
from namecls.results import ByPerson, EditedRows, LabelScore, Metrics, ReliabilityBin
from namecls.runs.record import RunRecord
from namecls.runs.run import COUNTS, Run
from namecls.uncertainty import intervals

if TYPE_CHECKING:
    from namecls.calibration.regional import RegionMetrics
    from namecls.inference.evaluation import Robustness

_CONFUSIONS = 10
_UNKNOWN = 10  # labels that are named
_METRICS = {"accuracy": N_("accuracy"), "macro-f1": N_("macro-f1")}
_BAR_WIDTH = 40


def people_of(run: Run) -> tuple[int, Metrics] | None:
    """How many names of a run are counted, and what was measured on people; None if there are no counts."""
    if not os.path.lexists(run.directory / COUNTS):
        return None
    from namecls.runs.model_files import load_people

    return load_people(run)


def edited_text(edited: EditedRows) -> str:
    """The edited rows, apart from the others."""
    if not edited.rows:
        return _("none of these rows was edited")
    return _("of these {rows}: accuracy {accuracy}; of all others {others}").format(
        rows=counted(edited.rows, "{n:,} edited row", "{n:,} edited rows"),
        accuracy=percent(edited.accuracy),
        others=percent(edited.accuracy_of_others),
    )


def by_person_text(by_person: ByPerson) -> str:
    """The figures in which each person counts once."""
    return _(
        "by person: accuracy {accuracy}   log-loss {loss}   ({people:,.10g} bearers of these names; above, each row "
        "counts once)"
    ).format(accuracy=percent(by_person.accuracy), loss=loss_text(by_person.loss), people=by_person.people)


def refit_text(record: RunRecord) -> str:
    """That the model is not the one that was measured; empty: it is."""
    if record.refit is None:
        return ""
    told = _(
        "refit: trained again on all {rows} for {epochs}; the figures are those of the model that was measured"
    )
    if record.split is not None:
        told = _(
            "refit: trained again on all {rows} for {epochs}; the figures are those of the model that was measured, "
            "trained on {train:,} of them"
        )
    return told.format(
        rows=rows_of(record.refit.rows),
        epochs=counted(record.refit.epochs, "{n:,} epoch", "{n:,} epochs"),
        train=record.split.train if record.split is not None else 0,
    )


def intervals_text(metrics: Metrics) -> str:
    """How far accuracy and macro-F1 may be from those of all such rows."""
    found = intervals(metrics)
    return _(
        "95 % intervals, on other rows of the kind: accuracy {accuracy} (Wilson), macro-F1 {macro_f1} (bootstrap)"
    ).format(accuracy=found.accuracy, macro_f1=found.macro_f1)


def people_text(names: int, people: Metrics) -> str:
    """What name counts are worth, by person."""
    told = _(
        "by person, with name counts ({names} counted): accuracy {accuracy}   log-loss {loss}   ({bearers} of test "
        "names, each left out of the counts)"
    )
    if people.rows >= MOST_PEOPLE:
        told = _(
            "by person, with name counts ({names} counted): accuracy {accuracy}   log-loss {loss}   ({bearers} of test "
            "names, drawn evenly from all, each left out of the counts)"
        )
    return told.format(
        names=counted(names, "{n:,} name", "{n:,} names"),
        accuracy=percent(people.accuracy),
        loss=loss_text(people.loss),
        bearers=counted(people.rows, "{n:,} bearer", "{n:,} bearers"),
    )


def show_metrics(metrics: Metrics, model: str, unknown: Mapping[str, int]) -> None:
    """All labels, the commonest mistakes, what is stated and kept, and last the whole in one line."""
    _show_labels(metrics)
    if confused := _most_confused(metrics):
        show("")
        show_table([Column("rows", True), Column("taken for"), Column("but is")], confused)
    _show_calibration(metrics)
    show("")
    told = _("{model} on {rows} ({split}), chosen for {metric}").format(
        model=model,
        rows=rows_of(metrics.rows),
        split=_(metrics.split),
        metric=_(_METRICS.get(metrics.operating_point, metrics.operating_point)),
    )
    show((told, "bold"))
    if unknown:
        labels = _(", ").join(f"{label} {rows:,}" for label, rows in list(unknown.items())[:_UNKNOWN])
        if len(unknown) > _UNKNOWN:
            labels = _("{labels} and {more:,} more").format(labels=labels, more=len(unknown) - _UNKNOWN)
        show(
            _("{rows} under labels that it does not know, left out: {labels}").format(
                rows=rows_of(metrics.left_out), labels=labels
            )
        )
    shares = {
        N_("accuracy"): metrics.accuracy,
        N_("macro-F1"): metrics.macro_f1,
        N_("top-3"): metrics.top_3,
        N_("top-5"): metrics.top_5,
    }
    show_table(
        [Column(title, True) for title in (*shares, N_("loss"), N_("ECE"))],
        [[*map(percent, shares.values()), loss_text(metrics.loss), f"{metrics.ece:.4f}"]],
    )
    show(intervals_text(metrics))
    if metrics.by_person is not None:
        show(by_person_text(metrics.by_person))
    if metrics.edited is not None:
        show(edited_text(metrics.edited))


def _show_labels(metrics: Metrics) -> None:
    """Every label, the commonest first."""
    more: dict[str, Callable[[LabelScore], float | None]] = {
        translated(N_("in its {share} set")).format(share=as_percent(COVERAGE)): lambda score: score.covered,
        translated(N_("answered at {share}")).format(share=as_percent(RISK)): lambda score: (
            score.answered_at_10
        ),
    }
    more = {title: of for title, of in more.items() if any(of(s) is not None for s in metrics.per_label)}
    show_table(
        [
            Column("label"),
            *(Column(title, True) for title in (N_("precision"), N_("recall"), N_("F1"), N_("rows"))),
            *(Column(title, True, of_data=True) for title in more),
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
        show(_ece_text(metrics))
    if metrics.coverages:
        show("")
        show_table(
            [
                Column("sets"),
                *(
                    Column(title, True)
                    for title in (N_("stated coverage"), N_("found"), N_("labels in a set"))
                ),
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
                for title in (N_("stated risk"), N_("threshold"), N_("names answered"), N_("of these wrong"))
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


def _ece_text(metrics: Metrics) -> str:
    """The ECE, and that expected if calibrated, for comparison."""
    if metrics.ece_by_chance is None or metrics.ece_by_chance_95 is None:
        return f"ECE {metrics.ece:.4f}"
    return _(
        "ECE {ece:.4f}; expected if calibrated: {by_chance:.4f} on so many rows, at most {most:.4f} in 95 of 100 cases"
    ).format(ece=metrics.ece, by_chance=metrics.ece_by_chance, most=metrics.ece_by_chance_95)


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
    titles = (N_("accuracy as it stands"), N_("written so"), N_("points lost"), N_("rows"))
    show_table(
        [Column("written", words=True), *(Column(title, True) for title in titles)],
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
            _(
                "by region, {names} of several likely labels: {found} right, stated {stated}; ECE {ece:.4f}, expected "
                "if calibrated {by_chance:.4f}, at most {most:.4f} in 95 of 100 cases"
            ).format(
                names=counted(found.rows, "{n:,} name", "{n:,} names"),
                found=percent(found.found),
                stated=percent(found.stated),
                ece=found.ece,
                by_chance=found.ece_by_chance,
                most=found.ece_by_chance_95,
            )
        )
    if found.mistakes:
        show(
            _(
                "of {mistakes} {within} stay within the region of the true label, {larger} within its larger region"
            ).format(
                mistakes=counted(found.mistakes, "{n:,} mistake", "{n:,} mistakes"),
                within=percent(found.within),
                larger=percent(found.within_larger),
            )
        )
