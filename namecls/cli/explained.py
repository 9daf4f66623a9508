"""The views of `namecls explain` for people, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from namecls.cli.console import Column, counted, percent, show, show_paragraph, show_table, translated
from namecls.explanation.views import DELETE, INSERT, METHODS, SWAP
from namecls.language import N_, _

if TYPE_CHECKING:
    from namecls.explanation.steps import Neighbours, OverTime, Reach, Units
    from namecls.explanation.together import Explanation
    from namecls.explanation.views import Belief, Change, Changes, Influence

_CHANGES = 8  # that are listed
_TITLES = dict(zip(METHODS, (N_("leave one out"), N_("occlusion"), N_("integrated gradients")), strict=True))
_BAR = 12  # cells, to each side


def show_explanation(found: Explanation) -> None:
    """All views, each with a sentence that says what it is and one that says what it is not."""
    show((found.prediction.name, "bold"))
    show("  ", found.seen.text)
    if found.seen.started_from:
        told = _("  its training began with {model}, which may have seen other names")
        show((told.format(model=found.seen.started_from), "dim"))
    if found.prediction.evidence:
        show(_("  counted beside the network: {evidence}").format(evidence=found.prediction.evidence))
    if len(found.belief.unknown) == len(found.belief.letters):
        told = _("  the network knows no letter of it: what follows is what it makes of unknown characters")
        show((told, "yellow"))
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
    what_not = _("A jump at a letter does not mean that the letter alone made it: influence tells that.")
    if found.reads_anew:
        what_not = _(
            "It reads each prefix anew, as it has no state of one. A jump at a letter does not mean that the letter "
            "alone made it: influence tells that."
        )
    _head(
        _("belief by letter"),
        _("What the network alone would answer for the name up to each letter, in percent."),
        what_not,
    )
    show_table(
        [
            Column("up to"),
            *(Column(label, number=True, of_data=True) for label in found.labels),
            Column("others", number=True),
        ],
        [
            [letter, *(f"{100 * share:.1f}" for share in column)]
            for letter, *column in zip(found.typed, *found.probabilities, found.others, strict=True)
        ],
    )


def _show_influence(found: Influence) -> None:
    title = _("influence on {label}, against all other labels")
    if found.against is not None:
        title = _("influence on {label}, against {other}")
    _head(
        title.format(label=found.label, other=found.against),
        _(
            "How much each letter speaks for it, or, below 0, against it, in log-odds; the name has {logit:+.2f}, one "
            "of unknown characters {reference:+.2f}, and integrated gradients sum to the difference."
        ).format(logit=found.logit, reference=found.reference),
        _("The letters do not act alone: without one, others say something else."),
    )
    largest = max(map(abs, found.leave_one_out)) or 1.0
    show_table(
        [
            *(Column("letter"), *(Column(_TITLES[method], number=True) for method in METHODS)),
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
        told = _(
            "  with shuffled weights the picture is {verdict} (rank correlation {agreement:+.2f}): where it is alike, "
            "believe neither"
        )
        show(told.format(verdict=_(found.verdict), agreement=found.agreement))


def _signed(share: float) -> str:
    """A bar of signs: to the left against, to the right for."""
    cells = round(abs(share) * _BAR)
    return ("-" * cells).rjust(_BAR) + "|" if share < 0 else " " * _BAR + "|" + "+" * cells


def _show_changes(found: Changes, target: str | None) -> None:
    most = max(range(len(found.falls)), key=found.falls.__getitem__)
    _head(
        _("smallest changes"),
        _(
            "{names} one edit away, all scored; {label} stands at {share:.1%}, and loses most, {fall:.1%}, by an edit "
            "of the letter {letter} ({place})."
        ).format(
            names=counted(found.tried, "{n:,} name", "{n:,} names"),
            label=found.first,
            share=found.probability,
            fall=found.falls[most],
            letter=found.typed[most],
            place=most + 1,
        ),
        _("What the network would answer, not what is a name: most edited names are nobody's."),
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
            [in_words(each), each.name, each.label, f"{100 * each.probability:.1f}", _listed(each.known)]
            for each in rows[:_CHANGES]
        ],
    )


def _show_neighbours(found: Neighbours) -> None:
    measured = _("How good they are as an explanation is not known: no name was held out.")
    if found.accuracy is not None and found.model_accuracy is not None:
        measured = _(
            "On {names} most of the 10 nearest had the right label in {share}, the network in {of_network}."
        ).format(
            names=counted(found.held_out, "{n:,} held-out name", "{n:,} held-out names"),
            share=percent(found.accuracy),
            of_network=percent(found.model_accuracy),
        )
    _head(
        _("neighbours"),
        _(
            "The nearest of {names} in the network's own representation; + have the label {label}. {measured}"
        ).format(
            names=counted(found.indexed, "{n:,} training name", "{n:,} training names"),
            label=found.label,
            measured=measured,
        ),
        _("The network does not look them up: they are names that it can hardly tell from this one."),
    )
    show_table(
        [Column("name"), Column("label"), Column("distance", number=True), Column("")],
        [[n.name, n.label, f"{n.distance:.3f}", "+" if n.speaks_for else "-"] for n in found.neighbours],
    )


def _show_reach(found: Reach) -> None:
    largest = max(found.sizes) or 1.0
    _head(
        _("reach, of {parts}").format(parts=_(", ").join(found.parts)),
        _(
            "The size of the gradient of the log-probability of {label} at each letter: how far back it remembers."
        ).format(label=found.label),
        _(
            "What a small change of the letter's vector would do, not what the letter has done: influence tells that."
        ),
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
        _("units for {label}").format(label=found.label),
        _(
            "The numbers of the network's representation that tell its names from all others best: the area under the "
            "ROC curve on training names, among which they were searched, and on held-out ones; 0.5 is chance."
        ),
        _(
            "A unit that tells a label is not that label's alone: it may stand for something else on other names."
        ),
    )
    show_table(
        [
            Column("unit"),
            Column("is", words=True),
            Column("training", number=True),
            Column("held out", number=True),
            *([Column("other file", number=True)] if found.names[2] else []),
            Column("here", number=True),
            Column("highest for"),
        ],
        [
            [
                each.title,
                N_("high") if each.is_high else N_("low"),
                f"{each.searched:.3f}",
                f"{each.held_out:.3f}" if each.held_out is not None else "-",
                *([f"{each.checked:.3f}" if each.checked is not None else "-"] if found.names[2] else []),
                f"{each.value:+.3f}" if each.value is not None else "-",
                _listed([name.name for name in moved.highest[:3]]),
            ]
            for each, moved in zip(found.units, found.moved, strict=True)
        ],
    )


def _show_over_time(found: OverTime) -> None:
    _head(
        _("over time"),
        _("The network's answer after each epoch whose checkpoint was kept, in percent, not calibrated."),
        _("The model is the best of these epochs, which need not be the last."),
    )
    show_table(
        [Column("epoch", number=True), *(Column(label, number=True, of_data=True) for label in found.labels)],
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
            words = N_("insert {letter} before {place}")
        elif edit.kind == SWAP:
            words = N_("swap {place} and {next}")
        else:
            words = N_("delete {place}") if edit.kind == DELETE else N_("replace {place} by {letter}")
        told.append(translated(words).format(letter=edit.letter, place=place, next=place + 1))
    return _listed(told)


def _listed(cells: Sequence[str]) -> str:
    return translated(N_(", ")).join(cells)
