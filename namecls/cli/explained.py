"""The views of `namecls explain` for people, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from namecls.cli.console import Column, count, percent, show, show_paragraph, show_table
from namecls.explanation.views import DELETE, INSERT, METHODS, SWAP

if TYPE_CHECKING:
    from namecls.explanation.steps import Neighbours, OverTime, Reach, Units
    from namecls.explanation.together import Explanation
    from namecls.explanation.views import Belief, Change, Changes, Influence

_CHANGES = 8  # that are listed
_BAR = 12  # cells, to each side


def show_explanation(found: Explanation) -> None:
    """All views, each with a sentence that says what it is and one that says what it is not."""
    show((found.prediction.name, "bold"))
    show("  ", found.seen.text)
    if found.seen.started_from:
        show((f"  its training began with {found.seen.started_from}, which may have seen other names", "dim"))
    if found.prediction.evidence:
        show("  counted beside the network: ", found.prediction.evidence)
    if len(found.belief.unknown) == len(found.belief.letters):
        show(
            (
                "  the network knows no letter of it: what follows is what it makes of unknown letters",
                "yellow",
            )
        )
    _show_belief(found.belief)
    _show_influence(found.influence)
    _show_changes(found.changes, found.influence.against)
    if found.neighbours is not None:
        _show_neighbours(found.neighbours)
    if found.reach is not None:
        _show_reach(found.reach)
    if found.units is not None:
        _show_units(found.units)
    if found.over_time is not None:
        _show_over_time(found.over_time)


def _head(title: str, what: str, what_not: str) -> None:
    show("")
    show((title, "bold"))
    show_paragraph(what, 2)
    show_paragraph(what_not, 2)


def _show_belief(found: Belief) -> None:
    anew = "It reads each prefix anew, as it has no state of one. " if found.reads_anew else ""
    _head(
        "belief by letter",
        "What the network alone would answer for the name up to each letter, in percent.",
        f"{anew}A jump at a letter does not mean that the letter alone made it: influence tells that.",
    )
    show_table(
        [
            Column("up to"),
            *(Column(label, number=True) for label in found.labels),
            Column("others", number=True),
        ],
        [
            [letter, *(f"{100 * share:.1f}" for share in column)]
            for letter, *column in zip(found.typed, *found.probabilities, found.others, strict=True)
        ],
    )


def _show_influence(found: Influence) -> None:
    versus = f"against {found.against}" if found.against is not None else "against all other labels"
    _head(
        f"influence on {found.label}, {versus}",
        "How much each letter speaks for it, or, below 0, against it, in log-odds; the name has "
        f"{found.logit:+.2f}, one of unknown letters {found.reference:+.2f}, and integrated gradients sum to the "
        "difference.",
        "The letters do not act alone: without one, others say something else.",
    )
    largest = max(map(abs, found.leave_one_out)) or 1.0
    show_table(
        [
            *(Column("letter"), *(Column(method.replace("_", " "), number=True) for method in METHODS)),
            *(Column("shuffled", number=True), Column("")),
        ],
        [
            [letter, *(f"{value:+.2f}" for value in values), _signed(values[0] / largest)]
            for letter, *values in zip(
                found.typed,
                *map(found.of, METHODS),
                found.randomised.leave_one_out if found.randomised is not None else (),
                strict=True,
            )
        ],
    )
    if found.randomised is not None and found.agreement is not None:
        show(
            f"  with shuffled weights the picture is {found.verdict} (rank correlation {found.agreement:+.2f}): "
            "where it is alike, believe neither"
        )


def _signed(share: float) -> str:
    """A bar of signs: to the left against, to the right for."""
    cells = round(abs(share) * _BAR)
    return ("-" * cells).rjust(_BAR) + "|" if share < 0 else " " * _BAR + "|" + "+" * cells


def _show_changes(found: Changes, target: str | None) -> None:
    most = max(range(len(found.falls)), key=found.falls.__getitem__)
    _head(
        "smallest changes",
        f"{count(found.tried, 'name')} one edit away, all scored; {found.first} stands at {found.probability:.1%}, and "
        f"loses most, {found.falls[most]:.1%}, by an edit of the letter {found.typed[most]} ({most + 1}).",
        "What the network would answer, not what is a name: most edited names are nobody's.",
    )
    rows = found.target if target is not None else found.smallest
    show_table(
        [
            Column("edit"),
            Column("name"),
            Column("label"),
            Column("percent", number=True),
            Column("in the data"),
        ],
        [
            [in_words(each), each.name, each.label, f"{100 * each.probability:.1f}", ", ".join(each.known)]
            for each in rows[:_CHANGES]
        ],
    )


def _show_neighbours(found: Neighbours) -> None:
    measured = "How good they are as an explanation is not known: no name was held out."
    if found.accuracy is not None and found.model_accuracy is not None:
        measured = (
            f"On {count(found.held_out, 'held-out name')} most of the 10 nearest had the right label in "
            f"{percent(found.accuracy)}, the network in {percent(found.model_accuracy)}."
        )
    _head(
        "neighbours",
        f"The nearest of {count(found.indexed, 'training name')} in the network's own representation; + have the label "
        f"{found.label}. {measured}",
        "The network does not look them up: they are names that it can hardly tell from this one.",
    )
    show_table(
        [Column("name"), Column("label"), Column("distance", number=True), Column("")],
        [[n.name, n.label, f"{n.distance:.3f}", "+" if n.speaks_for else "-"] for n in found.neighbours],
    )


def _show_reach(found: Reach) -> None:
    largest = max(found.sizes) or 1.0
    _head(
        f"reach, of {', '.join(found.parts)}",
        f"The size of the gradient of the log-probability of {found.label} at each letter: how far back it remembers.",
        "What a small change of the letter's vector would do, not what the letter has done: influence tells that.",
    )
    show_table(
        [Column("letter"), Column("gradient", number=True), Column("")],
        [
            [letter, f"{size:.4f}", "#" * round(2 * _BAR * size / largest)]
            for letter, size in zip(found.typed, found.sizes, strict=True)
        ],
    )


def _show_units(found: Units) -> None:
    _head(
        f"units for {found.label}",
        "The numbers of the network's representation that tell its names from all others best: the area under the ROC "
        "curve on training names, among which they were searched, and on held-out ones; 0.5 is chance.",
        "A unit that tells a label is not that label's alone: it may stand for something else on other names.",
    )
    show_table(
        [
            Column("unit"),
            Column("is"),
            Column("training", number=True),
            Column("held out", number=True),
            Column("here", number=True),
        ],
        [
            [
                each.title,
                "high" if each.is_high else "low",
                f"{each.searched:.3f}",
                f"{each.held_out:.3f}" if each.held_out is not None else "-",
                f"{each.value:+.3f}" if each.value is not None else "-",
            ]
            for each in found.units
        ],
    )


def _show_over_time(found: OverTime) -> None:
    _head(
        "over time",
        "The network's answer after each epoch whose checkpoint was kept, in percent, not calibrated.",
        "The model is the best of these epochs, which need not be the last.",
    )
    show_table(
        [Column("epoch", number=True), *(Column(label, number=True) for label in found.labels)],
        [
            [str(epoch), *(f"{100 * share:.1f}" for share in column)]
            for epoch, *column in zip(found.epochs, *found.probabilities, strict=True)
        ],
    )


def in_words(change: Change) -> str:
    """The edits of a change: ``replace 3 by x``."""
    told = []
    for edit in change.edits:
        place = edit.position + 1
        if edit.kind == INSERT:
            told.append(f"insert {edit.letter} before {place}")
        elif edit.kind == SWAP:
            told.append(f"swap {place} and {place + 1}")
        else:
            told.append(f"{edit.kind} {place}" + ("" if edit.kind == DELETE else f" by {edit.letter}"))
    return ", ".join(told)
