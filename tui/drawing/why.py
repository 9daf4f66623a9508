"""Belief, influence and the smallest change, drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from namecls.language import N_, _
from namecls.text import safe, stand_ins
from tui.drawing.cells import cut, percent
from tui.drawing.heatmap import Heatmap, draw_heatmap, face
from tui.drawing.views import Scene, Table, View, at, labelled, muted, prefix
from tui.drawing.wording import styled

if TYPE_CHECKING:
    from namecls.explanation.views import Belief, Change, Changes, Influence

_TOLD = 3  # labels in a line of words
_WAYS = (N_("leave out"), N_("occlusion"), N_("int. grad."))


def draw_belief(value: Belief, scene: Scene) -> list[Text]:
    rows = max(scene.height - 3 - bool(value.unknown), 1)
    labels = value.labels[:rows]
    shown = value.probabilities[:rows]
    rest = tuple(max(1.0 - math.fsum(row[x] for row in shown), 0.0) for x in range(len(value.letters)))
    spec = Heatmap(
        rows=(*map(safe, labels), _("others")),
        columns=value.typed,
        values=(*shown, rest),
        colours=(*map(scene.palette.label, labels), scene.palette.muted),
    )
    here = at(value.letters, scene)
    likeliest = Text()
    order = sorted(range(len(labels)), key=lambda y: -shown[y][here])
    for place, y in enumerate(order[:_TOLD]):
        likeliest.append(_(", ") if place else "", style=scene.palette.muted)
        likeliest.append(*labelled(labels[y], scene))
        likeliest.append(f" {percent(shown[y][here]).strip()}", style=scene.palette.text)
    beginning = (prefix(value.typed, here + 1, scene), scene.palette.text)
    line = styled(_("after {letters}: {labels}"), scene.palette.muted, letters=beginning, labels=likeliest)
    lines = [*draw_heatmap(spec, scene.width, here, scene.palette, scene.ascii_only), line]
    if value.unknown:
        told = " ".join(dict.fromkeys(face(value.typed[place], scene.ascii_only) for place in value.unknown))
        words = _("letters that the network does not know: {letters}").format(letters=told)
        lines.append(Text(words, style=scene.palette.warning))
    return lines


def table_of_belief(value: Belief) -> Table:
    rows: Table = [("label", *value.typed)]
    rows += [(label, *row) for label, row in zip(value.labels, value.probabilities, strict=True)]
    return [*rows, ("(others)", *value.others)]


def draw_influence(value: Influence, scene: Scene) -> list[Text]:
    here = at(value.letters, scene)
    label = labelled(value.label, scene)
    logit = (_("logit {value:+.2f}").format(value=value.logit), scene.palette.text)
    if value.against is None:
        words = _("for {label}   {logit}, {reference:+.2f} without any letter")
        head = styled(words, scene.palette.muted, label=label, logit=logit, reference=value.reference)
    else:
        words = _("for {label} rather than {other}   {logit}, {reference:+.2f} without any letter")
        head = styled(
            words,
            scene.palette.muted,
            label=label,
            other=labelled(value.against, scene),
            logit=logit,
            reference=value.reference,
        )
    lines = [head, *_signed(value, value, scene, here)]
    total, whole = _summed(math.fsum(value.integrated_gradients)), _summed(value.logit - value.reference)
    lines.append(
        muted(_("integrated gradients: sum {total} of {whole}").format(total=total, whole=whole), scene)
    )
    if value.randomised is not None:
        verdict = (_(value.verdict), f"bold {scene.palette.text}")
        if value.agreement is None:
            line = styled(_("with randomised weights   {verdict}"), scene.palette.muted, verdict=verdict)
        else:
            line = styled(
                _("with randomised weights   rank correlation {agreement:+.2f}: {verdict}"),
                scene.palette.muted,
                agreement=value.agreement,
                verdict=verdict,
            )
        lines += [line, *_signed(value.randomised, value, scene, here)[1:]]
    return lines


def _summed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}"  # no minus before zero


def _signed(value: Influence, scale: Influence, scene: Scene, here: int) -> list[Text]:
    """The letters and what each of the three ways says of them, in the scale of that which is believed."""
    rows = (value.leave_one_out, value.occlusion, value.integrated_gradients)
    top = max((abs(v) for row in (scale.leave_one_out, scale.occlusion) for v in row), default=0.0)
    spec = Heatmap(
        rows=tuple(map(_, _WAYS)), columns=value.typed, values=rows, top=max(top, 0.1), signed=True
    )
    return draw_heatmap(spec, scene.width, here, scene.palette, scene.ascii_only)


def table_of_influence(value: Influence) -> Table:
    rows: Table = [("weights", "method", *value.typed)]
    for weights, each in (("trained", value), ("randomised", value.randomised)):
        if each is not None:
            rows += [
                (weights, "leave one out", *each.leave_one_out),
                (weights, "occlusion", *each.occlusion),
                (weights, "integrated gradients", *each.integrated_gradients),
            ]
    return rows


def draw_changes(value: Changes, scene: Scene) -> list[Text]:
    palette, here = scene.palette, at(value.letters, scene)
    head = Text(*labelled(value.first, scene))
    head.append(f" {percent(value.probability).strip()}", style=palette.text)
    head.append(f"   {_tried(value)}", style=palette.muted)
    falls = tuple(max(fall, 0.0) for fall in value.falls)
    spec = Heatmap((_("can fall by"),), value.typed, (falls,), (palette.label(value.first),))
    lines = [head, *draw_heatmap(spec, scene.width, here, palette, scene.ascii_only)]
    strongest = max(range(len(falls)), key=falls.__getitem__)
    held = styled(
        _("most hangs on {letter}, letter {number}: one edit of it takes up to {points:.0f} points"),
        palette.muted,
        letter=(face(value.typed[strongest], scene.ascii_only), f"bold {palette.text}"),
        number=strongest + 1,
        points=100 * falls[strongest],
    )
    lines.append(held)
    room = max((cell_len(safe(change.name, 24)) for change in _listed(value)), default=0)
    for place, change in enumerate(_listed(value)):
        if place == 0 and value.target:
            lines.append(muted(_("to {label}").format(label=safe(change.label, 22)), scene))
        if place == len(value.target):
            lines.append(muted(_("the best edit for each other label") if value.smallest else "", scene))
        lines.append(_change(change, "".join(value.letters), room, scene, marked=place == scene.item))
    if not value.smallest:
        lines.append(muted(_("no single edit brings another label to the first place"), scene))
    return _about_the_item(lines, scene)


def _tried(value: Changes) -> str:
    """How many names were tried, how far away, and whether these are all."""
    two = value.edits > 1
    if value.is_complete:
        told = (
            _("{names:,} names tried, two edits away") if two else _("{names:,} names tried, one edit away")
        )
    elif two:
        told = _("{names:,} names tried, two edits away, not all there are")
    else:
        told = _("{names:,} names tried, one edit away, not all there are")
    return told.format(names=value.tried)


def _listed(value: Changes) -> tuple[Change, ...]:
    return (*value.target, *value.smallest)


def _change(change: Change, text: str, room: int, scene: Scene, *, marked: bool) -> Text:
    line = Text(
        ("> " if scene.ascii_only else "▸ ") if marked else "  ", style=scene.palette.accent, no_wrap=True
    )
    line.append(cut(change.label, 12, scene.ascii_only), style=scene.palette.label(change.label))
    line.append(percent(change.probability), style=scene.palette.text)
    name = cut(change.name, max(min(scene.width - 44, room), 8), scene.ascii_only)
    line.append(f"  {name}  ", style=scene.palette.text)
    line.append(_edits(change, text).ljust(5), style=scene.palette.muted)
    if change.known:
        known = _("in the data: {labels}").format(labels=safe(_(", ").join(change.known), 40))
        line.append(f"  {known}", style=scene.palette.accent)
    if marked:
        line.stylize(scene.palette.row())
    line.truncate(scene.width, overflow="ellipsis")
    return line


def _edits(change: Change, text: str) -> str:
    """The edits in signs: ``i→y``, ``-w``, ``+n``, ``ow→wo``."""
    told = []
    for edit in change.edits:
        old, new = text[edit.position : edit.position + 1], edit.letter
        if edit.kind == "swap":
            old = text[edit.position : edit.position + 2]
            new = old[::-1]
        arrow = {"insert": "+", "delete": "-"}.get(edit.kind, "→")
        letters = {"insert": new, "delete": old}.get(edit.kind)
        told.append(
            arrow + stand_ins(letters) if letters is not None else f"{stand_ins(old)}{arrow}{stand_ins(new)}"
        )
        text = edit.of(text)
    return ", ".join(told)


def _about_the_item(lines: list[Text], scene: Scene) -> list[Text]:
    """Of lines that are too many, those about the one that is marked."""
    if len(lines) <= scene.height or scene.item is None:
        return lines
    marked = next((y for y, line in enumerate(lines) if line.plain[:1] in (">", "▸")), 0)
    first = min(max(marked - scene.height // 2, 0), len(lines) - scene.height)
    return lines[first : first + scene.height]


def table_of_changes(value: Changes) -> Table:
    rows: Table = [("name", "edits", "label", "probability", "comes first", "in the data as")]
    text = "".join(value.letters)
    for change in _listed(value):
        known = "; ".join(change.known)
        rows.append(
            (change.name, _edits(change, text), change.label, change.probability, change.is_first, known)
        )
    return rows


BELIEF = View(
    "belief",
    N_("belief by letter"),
    N_(
        "What the network alone thinks after each letter, in percent; each beginning is read as a name of its own."
    ),
    N_("Not how the whole name is read: letters to come change what those before them are worth."),
    draw_belief,
    table_of_belief,
)
INFLUENCE = View(
    "influence",
    N_("influence"),
    N_("How much of the network's log-odds each letter makes: + speaks for the label, - against it."),
    N_(
        "Not what letters mean in a language, and no sum: what two letters do together is counted twice, or never."
    ),
    draw_influence,
    table_of_influence,
)
CHANGES = View(
    "changes",
    N_("smallest change"),
    N_(
        "What the network alone would say of the names one edit away, all of them tried, "
        "or some of those two edits away."
    ),
    N_("Not what names are like: most of these are no names, and one letter may hold an answer by chance."),
    draw_changes,
    table_of_changes,
    lambda value: [change.name for change in _listed(value)],
)
