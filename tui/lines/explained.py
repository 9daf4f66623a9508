"""Views of an answer in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from namecls.explanation.views import DELETE, INSERT, SWAP
from namecls.language import _, ngettext
from tui.lines.speaking import entry, full, series, share

if TYPE_CHECKING:
    from namecls.explanation.steps import Neighbours, OverTime, Reach, Step, Units
    from namecls.explanation.views import Belief, Change, Changes, Edit, Evidence, Influence

_LETTERS = 3  # labels that are told after each letter
_CHANGES = 10  # that are told if nothing is said


def told_influence(found: Influence) -> list[str]:
    """How much each letter speaks for the label."""
    if found.against is None:
        head = _(
            "For {label} the network gives a logit of {logit}; without any letter it would be {reference}."
        )
    else:
        head = _(
            "For {label} rather than {other} the network gives a logit of {logit}; "
            "without any letter it would be {reference}."
        )
    values = {"logit": f"{found.logit:+.2f}", "reference": f"{found.reference:+.2f}"}
    told = [head.format(label=found.label, other=found.against, **values)]
    for place, (letter, value) in enumerate(zip(found.typed, found.leave_one_out, strict=True), 1):
        sentence = (
            _("Letter {place}, {letter}, speaks for it: {value}.")
            if value >= 0
            else _("Letter {place}, {letter}, speaks against it: {value}.")
        )
        told.append(sentence.format(place=place, letter=letter, value=f"{value:+.2f}"))
    if found.randomised is not None:
        verdict = _(found.verdict)
        if found.agreement is None:
            told.append(_("With randomised weights: {verdict}.").format(verdict=verdict))
        else:
            sentence = _("With randomised weights: {verdict}, rank correlation {agreement}.")
            told.append(sentence.format(verdict=verdict, agreement=f"{found.agreement:+.2f}"))
    return told


def told_ways(found: Influence) -> list[str]:
    """The other two ways to measure the same."""
    told = []
    rows = zip(found.typed, found.occlusion, found.integrated_gradients, strict=True)
    for place, (letter, occluded, integrated) in enumerate(rows, 1):
        sentence = _("Letter {place}, {letter}: occluded {occluded}, integrated gradients {integrated}.")
        values = {"occluded": f"{occluded:+.2f}", "integrated": f"{integrated:+.2f}"}
        told.append(sentence.format(place=place, letter=letter, **values))
    return told


def told_belief(found: Belief) -> list[str]:
    """What the network thinks after each letter."""
    told = []
    for place in range(len(found.letters)):
        shares = sorted(
            zip(found.labels, (row[place] for row in found.probabilities), strict=True),
            key=lambda each: -each[1],
        )
        labels = series(f"{label} {share(value)}" for label, value in shares[:_LETTERS])
        before = "".join(found.typed[: place + 1])
        told.append(_("After {letters}: {labels}.").format(letters=before, labels=labels))
    return told


def told_evidence(found: Evidence) -> list[str]:
    """What the data hold of the name."""
    return [entry(found.name, found.text)]


def told_neighbours(found: Neighbours) -> list[str]:
    """The training names that the network takes for most like it."""
    told = []
    for place, each in enumerate(found.neighbours, 1):
        sentence = (
            _("{place}. {name}, {label}, distance {distance}.")
            if each.speaks_for
            else _("{place}. {name}, {label}, distance {distance}; speaks against it.")
        )
        values = {"name": each.name, "label": each.label, "distance": f"{each.distance:.3f}"}
        told.append(sentence.format(place=place, **values))
    if found.accuracy is not None and found.model_accuracy is not None:
        sentence = _("10 nearest alone: {right} right, the network {model}, of {names:,} held-out names")
        shares = {"right": share(found.accuracy), "model": share(found.model_accuracy)}
        told.append(full(sentence.format(names=found.held_out, **shares)))
    return told


def told_changes(found: Changes, most: int | None = None) -> list[str]:
    """Which edits of the name change the answer.

    :param most: so many of them.
    """
    told = []
    if found.falls:
        strongest = max(range(len(found.falls)), key=found.falls.__getitem__)
        sentence = _("Most hangs on {letter}, letter {place}: one edit of it takes up to {points} points.")
        points = f"{100 * max(found.falls[strongest], 0.0):.0f}"
        told.append(sentence.format(letter=found.typed[strongest], place=strongest + 1, points=points))
    text = "".join(found.letters)
    changes = (*found.target, *found.smallest)
    listed = changes[: most or _CHANGES]
    told += [f"{place}. {_change(each, text)}" for place, each in enumerate(listed, 1)]
    if others := len(changes) - len(listed):
        left = ngettext(
            "{n} more change; a number behind changes says how many are listed.",
            "{n} more changes; a number behind changes says how many are listed.",
            others,
        )
        told.append(left.format(n=others))
    if not found.smallest:
        told.append(_("No edit brings another label to the first place."))
    names = (
        _("{names:,} names were tried.")
        if found.is_complete
        else _("{names:,} names were tried, not all there are.")
    )
    return [*told, names.format(names=found.tried)]


def _change(change: Change, text: str) -> str:
    """A changed name, what was edited, and what the network says of it."""
    edits = []
    for edit in change.edits:
        edits.append(_edit(edit, text))
        text = edit.of(text)
    sentence = (
        _("{name}, {edits}: {label}, {share}; in the data as {known}.")
        if change.known
        else _("{name}, {edits}: {label}, {share}.")
    )
    return sentence.format(
        name=change.name,
        edits=series(edits),
        label=change.label,
        share=share(change.probability),
        known=series(change.known),
    )


def _edit(edit: Edit, text: str) -> str:
    """An edit in words."""
    old = text[edit.position : edit.position + (2 if edit.kind == SWAP else 1)]
    sentence = {
        DELETE: _("without {old}"),
        SWAP: _("{old} swapped"),
        INSERT: _("with {new} as letter {place}"),
    }.get(edit.kind, _("{new} for {old}"))
    new = edit.letter if edit.letter.strip() else _("a blank")
    return sentence.format(old=old if old.strip() else _("a blank"), new=new, place=edit.position + 1)


def told_reach(found: Reach) -> list[str]:
    """How much the answer hangs on each letter, by its gradient."""
    top = max(found.sizes, default=0.0) or 1.0
    told = [
        _("Gradient for {label}, of {parts}.").format(label=found.label, parts=series(found.parts)),
    ]
    for place, (letter, size) in enumerate(zip(found.typed, found.sizes, strict=True), 1):
        sentence = _("Letter {place}, {letter}: {size}, {share} of the largest.")
        told.append(sentence.format(place=place, letter=letter, size=f"{size:.3g}", share=share(size / top)))
    return told


def told_units(found: Units) -> list[str]:
    """The units that tell the label from the rest, and the names that move them."""
    head = _("Units that tell {label} from the rest, by area under the ROC curve:")
    told = [head.format(label=found.label or found.ending or "")]
    for place, unit in enumerate(found.units, 1):
        high = _("high") if unit.is_high else _("low")
        figures = [_("searched {figure}").format(figure=f"{unit.searched:.3f}")]
        if unit.held_out is not None:
            figures.append(_("held out {figure}").format(figure=f"{unit.held_out:.3f}"))
        if unit.checked is not None:
            figures.append(_("on the open file {figure}").format(figure=f"{unit.checked:.3f}"))
        if unit.value is not None:
            figures.append(_("here {figure}").format(figure=f"{unit.value:+.2f}"))
        told.append(f"{place}. {entry(series((unit.title, high)), series(figures))}")
        if place <= len(found.moved):
            moved = found.moved[place - 1]
            names = {
                "highest": series(each.name for each in moved.highest),
                "lowest": series(each.name for each in moved.lowest),
            }
            told.append(_("Highest for {highest}; lowest for {lowest}.").format(**names))
    return told


def told_epochs(found: OverTime) -> list[str]:
    """What the network answered after each epoch that was kept."""
    told = []
    for at, epoch in enumerate(found.epochs):
        ranked = sorted(
            zip(found.labels, (row[at] for row in found.probabilities), strict=True), key=lambda e: -e[1]
        )
        labels = series(f"{label} {share(value)}" for label, value in ranked[:_LETTERS])
        told.append(_("After epoch {epoch}: {labels}.").format(epoch=epoch, labels=labels))
    return told


def told_walk(steps: tuple[Step, ...]) -> list[str]:
    """The steps of the forward pass."""
    from tui.drawing.within import shape_of  # draws: not for who has no walk

    return [
        f"{place}. {step.title}, {shape_of(step.shape)}: {step.meaning}"
        for place, step in enumerate(steps, 1)
    ]


def told_step(step: Step) -> list[str]:
    """A step of it, with its values."""
    from tui.drawing.within import shape_of

    return [f"{step.title}, {shape_of(step.shape)}: {step.meaning}", step.code, *step.preview.split("\n")]
