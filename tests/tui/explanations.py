"""Made-up views of an answer."""

from __future__ import annotations

import math
import threading
from typing import Any

from namecls.errors import DataError
from namecls.explanation.steps import MovedName, OverTime, Reach, SeparatingUnit, Step, UnitNames, Units
from namecls.text import has_letters
from tui.drawing.within import Walk

LABELS = ("Polish", "Czech", "German")


def made_up_belief(name: str, labels: tuple[str, ...] = LABELS) -> Any:
    from namecls.explanation.views import Belief

    letters = tuple(name.lower())
    steps = [(x + 1) / len(letters) for x in range(len(letters))]
    first = tuple(round(0.9 * step**2, 4) for step in steps)
    second = tuple(round(0.3 * (1 - step) + 0.02, 4) for step in steps)
    third = tuple(round(0.1 * step, 4) for step in steps)
    others = tuple(round(1 - a - b - c, 4) for a, b, c in zip(first, second, third, strict=True))
    return Belief(
        name=name,
        letters=letters,
        typed=tuple(name),
        labels=labels,
        probabilities=(first, second, third),
        others=others,
        unknown=tuple(x for x, letter in enumerate(letters) if ord(letter) > 0x3000),
        reads_anew=True,
    )


def made_up_influence(name: str, other: str = "", *, randomised: bool = False, label: str = "Polish") -> Any:
    from namecls.explanation.views import Influence

    letters = tuple(name.lower())

    def wave(turn: float, size: float) -> tuple[float, ...]:
        return tuple(round(size * math.sin(turn * (x + 1)), 3) for x in range(len(letters)))

    gradients = wave(1.1, 1.5)
    return Influence(
        name=name,
        letters=letters,
        typed=tuple(name),
        label=label,
        against=other or None,
        leave_one_out=wave(1.0, 2.0),
        occlusion=wave(0.9, 1.8),
        integrated_gradients=gradients,
        logit=math.fsum(gradients) - 1.5,
        reference=-1.5,
        randomised=made_up_influence(name, other) if randomised else None,
    )


def made_up_changes(name: str, other: str = "", edits: int = 1, label: str = "Polish") -> Any:
    from namecls.explanation.views import Change, Changes, Edit

    letters = tuple(name.lower())

    def change(kind: str, at: int, letter: str, label: str, share: float, *known: str) -> Any:
        made = tuple(Edit(kind, min(at, len(letters) - 1), letter) for _ in range(edits))
        read = made[-1].of("".join(letters))
        return Change(
            name=read.capitalize(),
            read_as=read,
            edits=made,
            label=label,
            probability=share,
            is_first=share > 0.5,
            known=known,
        )

    smallest = (
        change("replace", 7, "y", "Ukrainian", 0.6123, "Ukrainian", "Russian"),
        change("delete", 2, "", "German", 0.5511),
        change("insert", 3, "n", "Czech", 0.5102),
    )
    target = (change("replace", 5, "š", other, 0.4211), change("insert", 8, "č", other, 0.2))
    return Changes(
        name=name,
        letters=letters,
        typed=tuple(name),
        first=label,
        probability=0.981,
        tried=1_234,
        edits=edits,
        is_complete=True,
        smallest=smallest,
        target=target if other else (),
        falls=tuple(round(0.9 * (x + 1) / len(letters), 3) for x in range(len(letters))),
    )


def made_up_walk(name: str, label: str = "Polish") -> Walk:
    letters = tuple(name.lower())
    units = tuple(f"{number}" for number in range(1, 33))
    states = tuple(
        tuple(round(math.sin(y * 0.7 + x), 3) for x in range(len(letters))) for y in range(len(units))
    )
    labels = (label, "Czech", "German", "Ukrainian")
    onehot = tuple(
        tuple(float(letter == each) for each in letters) for letter in "abcdefghijklmnopqrstuvwxyz"
    )

    def step(title: str, code: str, shape: tuple[int, ...], meaning: str, **values: Any) -> Step:
        return Step(
            title=title, code=code, shape=shape, meaning=meaning, preview=f"[{title} …] {label}", **values
        )

    return Walk(
        (
            step("text", "normalize(name)", (len(letters),), "The name as the model reads it: trimmed."),
            step("one-hot", "one_hot(ids)", (len(letters), 1, 26), "A row for each letter, a 1 at its place.",
                 kind="grid", rows=tuple("abcdefghijklmnopqrstuvwxyz"), columns=letters, values=onehot),
            step("h0", "zeros(1, 1, 32)", (1, 1, 32), "The hidden state before the first letter: nothing is read."),
            step("hidden states", "rnn(x, h0)", (len(letters), 1, 32), "The state after each letter.",
                 kind="heat", rows=units, columns=letters, values=states, order=tuple(range(31, -1, -1))),
            step("update gate", "sigmoid(...)", (len(letters), 1, 32), "What is kept of the state: 1 is all.",
                 kind="heat", rows=units, columns=letters, span=(0.0, 1.0),
                 values=tuple(tuple(abs(v) for v in row) for row in states)),
            step("logits", "linear(state)", (1, 4), "A score for each label, higher for more likely.",
                 kind="bars", rows=labels, columns=("logit",), values=((3.2,), (0.4,), (-0.5,), (-2.25,))),
            step("top-k", "log_probabilities.topk(3)", (1, 3), "The best labels, most probable first."),
        )
    )  # fmt: skip


def made_up_reach(name: str, label: str = "Polish") -> Reach:
    letters = tuple(name.lower())
    sizes = tuple(round(0.02 * 1.4**x, 4) for x in range(len(letters)))
    return Reach(name=name, label=label, letters=letters, typed=tuple(name), sizes=sizes, parts=("gru",))


def made_up_neighbours(name: str, label: str = "Polish") -> Any:
    from namecls.explanation.steps import Neighbour, Neighbours

    near = (
        ("Kowalsky", "Ukrainian"),
        ("Kowalczyk", "Polish"),
        ("Kovalski", "Polish"),
        ("O[x]\x1b[31m", "Czech"),
    )
    return Neighbours(
        name=name,
        label=label,
        neighbours=tuple(
            Neighbour(name=each, label=its, distance=0.31 * place, speaks_for=its == label)
            for place, (each, its) in enumerate(near)
        ),
        indexed=48_962,
        accuracy=0.582,
        model_accuracy=0.636,
        held_out=1_000,
    )


def made_up_units(name: str, label: str = "Polish", checked: int = 0) -> Units:  # noqa: ARG001
    units = tuple(
        SeparatingUnit(
            number=number,
            title=f"gru {number}",
            is_high=number % 2 == 0,
            searched=0.98 - 0.01 * number,
            held_out=0.95 - 0.02 * number if number < 4 else None,
            checked=0.875 if checked else None,
            value=0.5 - 0.2 * number,
        )
        for number in range(5)
    )
    moved = tuple(
        UnitNames(
            number=unit.number,
            title=unit.title,
            highest=tuple(
                MovedName(name=f"High{unit.number}{n}ski", label=label, value=0.9) for n in range(3)
            ),
            lowest=(MovedName(name="[b]\x1b[31mLow", label="Czech", value=-0.9),),
            names=4000,
        )
        for unit in units
    )
    return Units(
        label=label, ending=None, units=units, names=(1000, 410, checked), others=(3000, 3000, 0), moved=moved
    )


def made_up_epochs(name: str, label: str = "Polish") -> OverTime:
    first = tuple(round(0.9 * (1 - 0.6**epoch), 3) for epoch in range(1, 7))
    rest = tuple(round(0.8 * (1 - share), 3) for share in first)
    return OverTime(
        name=name, epochs=tuple(range(1, 7)), labels=(label, "Czech"), probabilities=(first, rest)
    )


def made_up_evidence(name: str) -> Any:
    from namecls.explanation.views import Evidence, Nearest, Sighting

    if name.casefold() == "kowalski":
        return Evidence(
            name=name, sightings=(Sighting("Polish", "training", 12), Sighting("German", "training", 2))
        )
    return Evidence(
        name=name, nearest=(Nearest("Kowalsky", "Polish", 1), Nearest("Kowalskyj", "Ukrainian", 2))
    )


class MadeUp:
    """Explains any name, with numbers that depend on its letters alone.

    :param asked: the views that were asked for, in their order, with their names.
    """

    def __init__(self, labels: tuple[str, ...] = LABELS) -> None:
        self.labels = labels
        self.asked: list[tuple[str, str]] = []
        self.gate = threading.Event()  # nothing is explained before it is set
        self.gate.set()

    def explain(self, view: str, asked: Any) -> Any:
        self.gate.wait(120)
        self.asked.append((view, asked.name))
        if not has_letters(asked.name):
            raise DataError(f"expected a name with letters to explain, found {asked.name!r}")
        match view:
            case "belief":
                return made_up_belief(asked.name, self.labels)
            case "influence":
                return made_up_influence(
                    asked.name, asked.other, randomised=asked.randomised, label=self.labels[0]
                )
            case "changes":
                return made_up_changes(asked.name, asked.other, asked.edits, self.labels[0])
            case "walk":
                return made_up_walk(asked.name, self.labels[0])
            case "reach":
                return made_up_reach(asked.name, self.labels[0])
            case "neighbours":
                return made_up_neighbours(asked.name, self.labels[0])
            case "units":
                return made_up_units(
                    asked.name, self.labels[0], len(asked.check) if asked.check is not None else 0
                )
            case "epochs":
                return made_up_epochs(asked.name, self.labels[0])
            case "evidence":
                return made_up_evidence(asked.name)
        raise DataError(f"{view} is not made up")
