"""The walk, the reach of the letters and the neighbours, drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.text import Text

from namecls.language import N_, _
from namecls.text import safe
from tui.drawing.cells import bar, cut, percent, small_line, to_left, to_right
from tui.drawing.heatmap import Heatmap, draw_heatmap, face
from tui.drawing.views import Scene, Table, View, at, labelled, muted, sentences
from tui.drawing.wording import styled

if TYPE_CHECKING:
    from namecls.explanation.steps import Neighbour, Neighbours, OverTime, Reach, Step, Units


_EIGHTHS = " ▁▂▃▄▅▆▇█"
_HIGHEST = 8  # lines of the columns of a reach
_DETAILS = 6  # lines of what is told of a step; the steps above don't move when it is another one


# -- the walk --


@dataclass(frozen=True, slots=True)
class Walk:
    """The steps of the forward pass of a name."""

    steps: tuple[Step, ...]

    def to_json(self) -> dict[str, Any]:
        return {"steps": [step.to_json() for step in self.steps]}


def draw_walk(value: Walk, scene: Scene) -> list[Text]:
    here = min(scene.item or 0, len(value.steps) - 1)
    step = value.steps[here]
    details = _details(step, scene)
    room = 3 if scene.opened else max(scene.height - _DETAILS - 1, 3)
    first = min(max(here - room // 2, 0), max(len(value.steps) - room, 0))
    listed = list(enumerate(value.steps))[first : first + room]
    lines = [_step(number, each, scene, marked=number == here) for number, each in listed]
    lines += [Text(), *details]
    if scene.opened:
        lines += _values(step, scene, max(scene.height - len(lines), 1))
    return lines


def _step(number: int, step: Step, scene: Scene, *, marked: bool) -> Text:
    palette = scene.palette
    line = Text(("> " if scene.ascii_only else "▸ ") if marked else "  ", style=palette.accent, no_wrap=True)
    line.append(f"{number + 1:>2} ", style=palette.muted)
    line.append(cut(step.title, min(max(scene.width // 3, 12), 26), scene.ascii_only), style=palette.text)
    line.append(f" {shape_of(step.shape):<12} ", style=palette.accent)
    line.append(safe(step.code, 80), style=palette.muted)
    if marked:
        line.stylize(palette.row())
    line.truncate(scene.width, overflow="ellipsis")
    return line


def shape_of(shape: Sequence[int]) -> str:
    """A shape as PyTorch writes it."""
    return f"[{', '.join(map(str, shape))}]"


def _details(step: Step, scene: Scene) -> list[Text]:
    code = Text(safe(step.code, 160), style=scene.palette.accent, no_wrap=True, overflow="ellipsis")
    lines = [*sentences(safe(step.meaning, 400), scene), code]
    if not scene.opened:
        room = max(_DETAILS - len(lines), 1)
        lines += [muted(safe(line, 160), scene) for line in step.preview.split("\n")[:room]]
    return lines


def _values(step: Step, scene: Scene, room: int) -> list[Text]:
    """The numbers of a step, as many rows as there is room for; those first that do most for the answer."""
    if not step.values:
        return [muted(safe(line, 160), scene) for line in step.preview.split("\n")[:room]]
    order = list(step.order) or list(range(len(step.rows)))
    if step.kind == "grid":
        order = [y for y in order if any(step.values[y])]
    if step.kind == "bars":
        if not step.order:
            order.sort(key=lambda y: -step.values[y][0])
        shown = order if len(order) <= room else order[: room - 1]
        lines = _bars([(step.rows[y], step.values[y][0]) for y in shown], scene)
    else:
        shown = order if len(order) <= room - 1 else order[: max(room - 2, 1)]
        low, high = step.span or (-1.0, 1.0)
        spec = Heatmap(
            rows=tuple(safe(step.rows[y], 16) for y in shown),
            columns=step.columns,
            values=tuple(step.values[y] for y in shown),
            colours=() if low < 0 and step.kind != "grid" else tuple(scene.palette.primary for _ in shown),
            top=max(abs(low), abs(high)) if step.span else _largest(step.values),
            signed=low < 0,
            ones=step.kind == "grid",
        )
        lines = draw_heatmap(spec, scene.width, scene.letter, scene.palette, scene.ascii_only)
    if rest := len(step.rows) - len(shown):
        words = _("{rows:,} more rows of zeros") if step.kind == "grid" else _("{rows:,} more rows")
        lines.append(muted(words.format(rows=rest), scene))
    return lines


def _largest(values: Sequence[Sequence[float]]) -> float:
    return max((abs(v) for row in values for v in row if math.isfinite(v)), default=1.0) or 1.0


def _bars(rows: Sequence[tuple[str, float]], scene: Scene) -> list[Text]:
    """Rows with their numbers, and bars of their absolute values; the sign stands in the number."""
    top = _largest([[value for _row, value in rows]])
    name = min(max((cell_len(row) for row, _value in rows), default=1), 18)
    lines = []
    for title, value in rows:
        line = Text(cut(title, name, scene.ascii_only), style=scene.palette.text, no_wrap=True)
        line.append(f" {value:+9.3f} ", style=scene.palette.text)
        room = max(min(scene.width - line.cell_len, 48), 1)
        tint = scene.palette.good if value > 0 else scene.palette.bad
        line.append(bar(abs(value) / top, room, scene.ascii_only), style=tint)
        lines.append(line)
    return lines


def table_of_walk(value: Walk) -> Table:
    rows: Table = [("step", "tensor", "shape", "code", "row", "column", "value")]
    for number, step in enumerate(value.steps, start=1):
        head = (number, step.title, shape_of(step.shape), step.code)
        rows += [
            (*head, row, column, step.values[y][x])
            for y, row in enumerate(step.rows)
            for x, column in enumerate(step.columns)
        ] or [(*head, "", "", "")]
    return rows


# -- reach --


def draw_reach(value: Reach, scene: Scene) -> list[Text]:
    here, top = at(value.letters, scene), _largest([value.sizes])
    shares = tuple(size / top for size in value.sizes)
    spec = Heatmap((_("% of largest"),), value.typed, (shares,), (scene.palette.label(value.label),))
    drawn = draw_heatmap(spec, scene.width, here, scene.palette, scene.ascii_only)
    line = styled(
        _("gradient at {letter}: {size:.3g}, {share} of the largest, for {label}   ({parts})"),
        scene.palette.muted,
        letter=(face(value.typed[here], scene.ascii_only), f"bold {scene.palette.text}"),
        size=value.sizes[here],
        share=percent(shares[here]).strip(),
        label=labelled(value.label, scene),
        parts=_(", ").join(value.parts),
    )
    high = min(max(scene.height - len(drawn) - 1, 0), _HIGHEST)
    return [*_columns(shares, drawn[0], high, scene), *drawn, line]


def _columns(shares: Sequence[float], head: Text, high: int, scene: Scene) -> list[Text]:
    """Columns above the letters of a heatmap's head, where they stand."""
    places = [x for x, character in enumerate(head.plain) if character not in " ‹›<>"]
    if len(places) != len(shares):  # not all letters show
        return []
    lines = []
    for y in range(high, 0, -1):
        line = [" "] * (places[-1] + 1)
        for x, share in zip(places, shares, strict=True):
            eighths = min(max(round(8 * (share * high - y + 1)), 0), 8)
            line[x] = ("#" if eighths > 3 else " ") if scene.ascii_only else _EIGHTHS[eighths]
        lines.append(Text("".join(line), style=scene.palette.primary, no_wrap=True))
    return lines


def table_of_reach(value: Reach) -> Table:
    return [("letter", "gradient norm"), *zip(value.letters, value.sizes, strict=True)]


# -- neighbours --


def draw_neighbours(value: Neighbours, scene: Scene) -> list[Text]:
    told = _("of {names:,} training names, the nearest to what the network makes of this one")
    lines = [muted(told.format(names=value.indexed), scene)]
    farthest = max((each.distance for each in value.neighbours), default=0.0)
    for place, each in enumerate(value.neighbours):
        lines.append(_neighbour(each, farthest, scene, marked=place == scene.item))
    if value.accuracy is not None and value.model_accuracy is not None:
        told = _("10 nearest alone: {right} right, the network {model}, of {names:,} held-out names").format(
            right=percent(value.accuracy).strip(),
            model=percent(value.model_accuracy).strip(),
            names=value.held_out,
        )
        lines += sentences(told, scene)
    return lines


def _neighbour(each: Neighbour, farthest: float, scene: Scene, *, marked: bool) -> Text:
    palette = scene.palette
    line = Text(("> " if scene.ascii_only else "▸ ") if marked else "  ", style=palette.accent, no_wrap=True)
    line.append("+ " if each.speaks_for else "- ", style=palette.good if each.speaks_for else palette.bad)
    line.append(cut(each.name, max(min(scene.width - 34, 24), 8), scene.ascii_only) + " ", style=palette.text)
    line.append(cut(each.label, 14, scene.ascii_only), style=palette.label(each.label))
    line.append(f" {each.distance:7.3f} ", style=palette.text)
    room = max(min(scene.width - line.cell_len, 20), 0)
    line.append(
        bar(each.distance / farthest if farthest else 0.0, room, scene.ascii_only), style=palette.faint
    )
    if marked:
        line.stylize(palette.row())
    line.truncate(scene.width, overflow="ellipsis")
    return line


def table_of_neighbours(value: Neighbours) -> Table:
    rows: Table = [("name", "label", "distance", "speaks for")]
    return [*rows, *((each.name, each.label, each.distance, each.speaks_for) for each in value.neighbours)]


# -- units --


def draw_units(value: Units, scene: Scene) -> list[Text]:
    palette = scene.palette
    head = styled(
        _("units that tell {label} from the rest, by area under the ROC curve"),
        palette.muted,
        label=labelled(value.label or value.ending or "", scene),
    )
    searched, held_out, checked = value.names
    words = (
        _(
            "searched on {names:,} names of it, measured on {held_out:,} held-out ones, "
            "checked on {checked:,} of the open file"
        )
        if checked
        else _("searched on {names:,} names of it, measured on {held_out:,} held-out ones")
    )
    told = sentences(words.format(names=searched, held_out=held_out, checked=checked), scene)
    title = min(max(scene.width - 32, 8), 22)
    checks = checked > 0
    columns = (_("searched"), _("held out"), *([_("checked")] if checks else []))
    numbers = "".join(to_right(each, 9) for each in columns) + to_right(_("here"), 8)
    lines = [head, muted("  " + to_left(_("unit"), title + 2) + numbers, scene)]
    moved = _moved(value, scene)
    room = max(scene.height - 2 - len(told) - len(moved), 1)
    first = min(max((scene.item or 0) - room // 2, 0), max(len(value.units) - room, 0))
    for place, unit in enumerate(value.units[first : first + room], first):
        marked = place == scene.item
        line = Text(
            ("> " if scene.ascii_only else "▸ ") if marked else "  ", style=palette.accent, no_wrap=True
        )
        line.append(cut(unit.title, title, scene.ascii_only), style=palette.text)
        line.append(" + " if unit.is_high else " - ", style=palette.good if unit.is_high else palette.bad)
        line.append(f"{unit.searched:>8.3f}", style=palette.muted)
        line.append(f"{_figure(unit.held_out):>9}", style=f"bold {palette.text}")
        if checks:
            line.append(f"{_figure(unit.checked):>9}", style=f"bold {palette.text}")
        line.append(f"{_figure(unit.value, '+.2f'):>8} ", style=palette.text)
        room = max(min(scene.width - line.cell_len, 20), 0)
        share = 2 * max((unit.held_out or 0.5) - 0.5, 0.0)
        line.append(bar(share, room, scene.ascii_only), style=palette.label(value.label or ""))
        if marked:
            line.stylize(palette.row())
        lines.append(line)
    return [*lines, *moved, *told]


def _moved(value: Units, scene: Scene) -> list[Text]:
    """The names that move the unit under the cursor most."""
    if scene.item is None or scene.item >= len(value.moved):
        return []
    found, lines = value.moved[scene.item], []
    for words, names in (
        (_("{unit} is highest for {names}"), found.highest),
        (_("lowest for {names}"), found.lowest),
    ):
        told = Text()
        for place, each in enumerate(names):
            told.append(_(", ") if place else "", style=scene.palette.muted)
            told.append(safe(each.name, 24), style=scene.palette.label(each.label))
            if each.label != value.label:
                told.append(f" ({safe(each.label, 16)})", style=scene.palette.muted)
        line = styled(words, scene.palette.muted, unit=found.title, names=told)
        line.no_wrap, line.overflow = True, "ellipsis"
        lines.append(line)
    return lines


def _figure(value: float | None, how: str = ".3f") -> str:
    return "-" if value is None else format(value, how)


def table_of_units(value: Units) -> Table:
    rows: Table = [("unit", "title", "high", "auc searched", "auc held out", "auc checked", "value")]
    return rows + [
        (u.number, u.title, u.is_high, u.searched, u.held_out, u.checked, u.value) for u in value.units
    ]


# -- over time --


def draw_epochs(value: OverTime, scene: Scene) -> list[Text]:
    shown = scene.item if scene.item is not None else len(value.epochs) - 1
    here = min(max(shown, 0), len(value.epochs) - 1)
    rows = max(scene.height - 3, 1)
    spec = Heatmap(
        rows=value.labels[:rows],
        columns=tuple(map(str, value.epochs)),
        values=value.probabilities[:rows],
        colours=tuple(map(scene.palette.label, value.labels[:rows])),
    )
    line = styled(
        _("after epoch {epoch}: {label} {share}"),
        scene.palette.muted,
        epoch=value.epochs[here],
        label=labelled(value.labels[0], scene),
        share=(percent(value.probabilities[0][here]).strip(), scene.palette.text),
    )
    small = small_line(value.probabilities[0], 40, 0.0, 1.0, scene.ascii_only)
    line.append(f"   {small}", style=scene.palette.label(value.labels[0]))
    return [*draw_heatmap(spec, scene.width, here, scene.palette, scene.ascii_only, names=True), line]


def table_of_epochs(value: OverTime) -> Table:
    rows: Table = [("label", *(f"epoch {epoch}" for epoch in value.epochs))]
    return [*rows, *((label, *row) for label, row in zip(value.labels, value.probabilities, strict=True))]


WALK = View(
    "walk",
    N_("walk"),
    N_(
        "Every tensor between the name and its labels, with its true shape and the line of PyTorch that makes it."
    ),
    N_("Not why: the numbers are what the network computes, and no single one of them need mean anything."),
    draw_walk,
    table_of_walk,
    lambda value: [""] * len(value.steps),
    first=0,
    opens=True,
)
REACH = View(
    "reach",
    N_("how far back"),
    N_(
        "How much the answer would change with a small change of each letter's vector: the norm of its gradient."
    ),
    N_(
        "Not what a letter has contributed: a letter on which all is decided already may have a gradient near 0."
    ),
    draw_reach,
    table_of_reach,
)
UNITS = View(
    "units",
    N_("units"),
    N_(
        "The numbers of the last layer that separate the names of the first label best; + is high for it, - low."
    ),
    N_(
        "Not that a unit means this label: on other names it may tell something else, and others may tell the same."
    ),
    draw_units,
    table_of_units,
    lambda value: [""] * len(value.units),
    first=0,
)
EPOCHS = View(
    "epochs",
    N_("over the epochs"),
    N_(
        "What the network answered after each epoch whose checkpoint was kept; "
        "up and down replay it in belief and walk."
    ),
    N_(
        "Not calibrated: a probability after an early epoch is what the network said then, not how often it was right."
    ),
    draw_epochs,
    table_of_epochs,
    lambda value: [""] * len(value.epochs),
)
NEIGHBOURS = View(
    "neighbours",
    N_("neighbours"),
    N_(
        "The training names nearest to this one in the network's last layer: + has its first label, - another one."
    ),
    N_("Not the reason of the answer: the network keeps no names, and these only look alike to it."),
    draw_neighbours,
    table_of_neighbours,
    lambda value: [each.name for each in value.neighbours],
)
