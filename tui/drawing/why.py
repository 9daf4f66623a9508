"""Belief, influence and the smallest change, drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from namecls.text import safe, stand_ins
from tui.drawing.cells import cut, percent
from tui.drawing.heatmap import Heatmap, draw_heatmap, face
from tui.drawing.views import Scene, Table, View, at, labelled, muted, prefix

if TYPE_CHECKING:
    from namecls.explanation.views import Belief, Change, Changes, Influence

_TOLD = 3  # labels in a line of words
_WAYS = ("leave out", "occlusion", "int. grad.")


def draw_belief(value: Belief, scene: Scene) -> list[Text]:
    rows = max(scene.height - 3 - bool(value.unknown), 1)
    labels = value.labels[:rows]
    shown = value.probabilities[:rows]
    rest = tuple(max(1.0 - math.fsum(row[x] for row in shown), 0.0) for x in range(len(value.letters)))
    spec = Heatmap(
        rows=(*map(safe, labels), "others"),
        columns=value.typed,
        values=(*shown, rest),
        colours=(*map(scene.palette.label, labels), scene.palette.muted),
    )
    here = at(value.letters, scene)
    line = Text("after ", style=scene.palette.muted, no_wrap=True, overflow="ellipsis")
    line.append(prefix(value.typed, here + 1, scene), style=scene.palette.text)
    order = sorted(range(len(labels)), key=lambda y: -shown[y][here])
    for place, y in enumerate(order[:_TOLD]):
        line.append(", " if place else ": ")
        line.append(*labelled(labels[y], scene))
        line.append(f" {percent(shown[y][here]).strip()}", style=scene.palette.text)
    lines = [*draw_heatmap(spec, scene.width, here, scene.palette, scene.ascii_only), line]
    if value.unknown:
        told = " ".join(dict.fromkeys(face(value.typed[place], scene.ascii_only) for place in value.unknown))
        lines.append(Text(f"letters that the network does not know: {told}", style=scene.palette.warning))
    return lines


def table_of_belief(value: Belief) -> Table:
    rows: Table = [("label", *value.typed)]
    rows += [(label, *row) for label, row in zip(value.labels, value.probabilities, strict=True)]
    return [*rows, ("(others)", *value.others)]


def draw_influence(value: Influence, scene: Scene) -> list[Text]:
    here = at(value.letters, scene)
    head = Text(no_wrap=True, overflow="ellipsis")
    head.append("for ", style=scene.palette.muted)
    head.append(*labelled(value.label, scene))
    if value.against is not None:
        head.append(" rather than ", style=scene.palette.muted)
        head.append(*labelled(value.against, scene))
    head.append(f"   logit {value.logit:+.2f}", style=scene.palette.text)
    head.append(f", {value.reference:+.2f} without any letter", style=scene.palette.muted)
    lines = [head, *_signed(value, value, scene, here)]
    total = math.fsum(value.integrated_gradients)
    lines.append(
        muted(
            f"integrated gradients: sum {_summed(total)} of {_summed(value.logit - value.reference)}", scene
        )
    )
    if value.randomised is not None:
        agreement = value.agreement
        alike = f"rank correlation {agreement:+.2f}: " if agreement is not None else ""
        line = muted(f"with randomised weights   {alike}", scene)
        line.append(value.verdict, style=f"bold {scene.palette.text}")
        lines += [line, *_signed(value.randomised, value, scene, here)[1:]]
    return lines


def _summed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}"  # no minus before zero


def _signed(value: Influence, scale: Influence, scene: Scene, here: int) -> list[Text]:
    """The letters and what each of the three ways says of them, in the scale of that which is believed."""
    rows = (value.leave_one_out, value.occlusion, value.integrated_gradients)
    top = max((abs(v) for row in (scale.leave_one_out, scale.occlusion) for v in row), default=0.0)
    spec = Heatmap(rows=_WAYS, columns=value.typed, values=rows, top=max(top, 0.1), signed=True)
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
    head = Text(*labelled(value.first, scene), no_wrap=True, overflow="ellipsis")
    head.append(f" {percent(value.probability).strip()}", style=palette.text)
    far = "two edits" if any(len(each.edits) > 1 for each in (*value.smallest, *value.target)) else "one edit"
    every = "" if value.is_complete else ", not all there are"
    head.append(f"   {value.tried:,} names tried, {far} away{every}", style=palette.muted)
    falls = tuple(max(fall, 0.0) for fall in value.falls)
    spec = Heatmap(("can fall by",), value.typed, (falls,), (palette.label(value.first),))
    lines = [head, *draw_heatmap(spec, scene.width, here, palette, scene.ascii_only)]
    strongest = max(range(len(falls)), key=falls.__getitem__)
    held = muted("most hangs on ", scene)
    held.append(face(value.typed[strongest], scene.ascii_only), style=f"bold {palette.text}")
    held.append(f", letter {strongest + 1}: one edit of it takes up to {100 * falls[strongest]:.0f} points")
    lines.append(held)
    room = max((cell_len(safe(change.name, 24)) for change in _listed(value)), default=0)
    for place, change in enumerate(_listed(value)):
        if place == 0 and value.target:
            lines.append(muted(f"to {safe(change.label, 22)}", scene))
        if place == len(value.target):
            lines.append(muted("the best edit for each other label" if value.smallest else "", scene))
        lines.append(_change(change, "".join(value.letters), room, scene, marked=place == scene.item))
    if not value.smallest:
        lines.append(muted("no single edit brings another label to the first place", scene))
    return _about_the_item(lines, scene)


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
        line.append(f"  in the data: {safe(', '.join(change.known), 40)}", style=scene.palette.accent)
    if marked:
        line.stylize(f"on {scene.palette.cursor}")
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
    "belief by letter",
    "What the network alone thinks after each letter, in percent; each beginning is read as a name of its own.",
    "Not how the whole name is read: letters to come change what those before them are worth.",
    draw_belief,
    table_of_belief,
)
INFLUENCE = View(
    "influence",
    "influence",
    "How much of the network's log-odds each letter makes: + speaks for the label, - against it.",
    "Not what letters mean in a language, and no sum: what two letters do together is counted twice, or never.",
    draw_influence,
    table_of_influence,
)
CHANGES = View(
    "changes",
    "smallest change",
    "What the network alone would say of the names one edit away, all of them tried, or some of those two edits away.",
    "Not what names are like: most of these are no names, and one letter may hold an answer by chance.",
    draw_changes,
    table_of_changes,
    lambda value: [change.name for change in _listed(value)],
)
