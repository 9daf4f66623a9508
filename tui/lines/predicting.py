"""Predict without a screen: a name, its labels, why, and other models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from namecls.answers import OK
from namecls.language import N_, _, ngettext
from tui.drawing.cells import percent
from tui.engine.values import Question
from tui.lines.house import House
from tui.lines.place import Command, Place, chosen, number_of

if TYPE_CHECKING:
    from namecls.answers import Prediction
    from namecls.explanation.steps import Neighbours
    from namecls.explanation.views import Belief, Evidence, Influence

_LABELS = 5
_LETTERS = 3  # labels that are told after each letter


def share(value: float) -> str:
    """A share in percent."""
    return percent(value).strip()


class Predict(Place):
    """Each line that is no command is a name."""

    title = N_("Predict")
    hint = N_("Type a name, or ? for what else can be done here.")

    def __init__(self, house: House) -> None:
        super().__init__(house.speaker)
        self.house = house
        self._last: Prediction | None = None
        self.commands = [
            Command("why", N_("how much each letter of the last name speaks for its label"), self.why),
            Command(
                "letters", N_("what the network thinks after each letter of the last name"), self.letters
            ),
            Command("evidence", N_("what the training rows hold of the last name"), self.evidence),
            Command("like", N_("the training names that the network takes for most like it"), self.like),
            Command("more", N_("more labels of the last name; a number says how many"), self.more),
            Command("several", N_("answer many names: one a line, an empty line ends"), self.several),
            Command("name", N_("answer what follows, even if it is a word of this list"), self.answer),
            Command("models", N_("other models to answer"), lambda rest: Models(house).take_or_run(rest)),
        ]

    def is_command(self, word: str, names: Sequence[str]) -> bool:
        """A name has two letters, so only whole words, single letters and numbers are commands here."""
        return len(word) == 1 or word.isdecimal() or word.casefold() in names

    def other(self, text: str) -> None:
        self.answer(text)

    def answer(self, name: str) -> None:
        """Say the labels of a name."""
        (self._last,) = self.house.answers().predict([name], k=_LABELS)
        self.speaker.say(*answered(self._last))

    def more(self, rest: str) -> None:
        if (last := self._answered()) is not None:
            (found,) = self.house.answers().predict([last.name], k=number_of(rest, 100_000) or 20)
            self.speaker.number(f"{each.label}, {share(each.probability)}." for each in found.ranked)

    def several(self, _rest: str) -> None:
        names = []
        while name := self.speaker.line(_("A name")):
            names.append(name)
        if names:
            for found in self.house.answers().predict(names, k=3):
                self.speaker.say(answered(found)[0])
            told = ngettext("{n} name was answered.", "{n} names were answered.", len(names))
            self.speaker.say(told.format(n=len(names)))

    def _answered(self) -> Prediction | None:
        if self._last is None or not self._last.ranked:
            self.speaker.say(_("Type a name first."))
            return None
        return self._last

    def _view(self, view: str) -> object | None:
        if (last := self._answered()) is None:
            return None
        asked = Question(last.name, (view,), last.ranked[0].label)
        return self.house.explains().explain(view, asked)

    def why(self, _rest: str) -> None:
        if (found := cast("Influence | None", self._view("influence"))) is None:
            return
        told = _(
            "For {label} the network gives a logit of {logit}; without any letter it would be {reference}."
        )
        values = {"logit": f"{found.logit:+.2f}", "reference": f"{found.reference:+.2f}"}
        self.speaker.say(told.format(label=found.label, **values))
        for place, (letter, value) in enumerate(zip(found.typed, found.leave_one_out, strict=True), 1):
            told = (
                _("Letter {place}, {letter}, speaks for it: {value}.")
                if value >= 0
                else _("Letter {place}, {letter}, speaks against it: {value}.")
            )
            self.speaker.say(told.format(place=place, letter=letter, value=f"{value:+.2f}"))

    def letters(self, _rest: str) -> None:
        if (found := cast("Belief | None", self._view("belief"))) is None:
            return
        for place in range(len(found.letters)):
            shares = sorted(
                zip(found.labels, (row[place] for row in found.probabilities), strict=True),
                key=lambda each: -each[1],
            )
            told = ", ".join(f"{label} {share(value)}" for label, value in shares[:_LETTERS])
            before = "".join(found.typed[: place + 1])
            self.speaker.say(_("After {letters}: {labels}.").format(letters=before, labels=told))

    def evidence(self, _rest: str) -> None:
        if (found := cast("Evidence | None", self._view("evidence"))) is not None:
            self.speaker.say(f"{found.name}: {found.text}.")

    def like(self, _rest: str) -> None:
        if (found := cast("Neighbours | None", self._view("neighbours"))) is not None:
            self.speaker.number(f"{each.name}, {each.label}." for each in found.neighbours)


def answered(found: Prediction) -> list[str]:
    """A prediction in sentences."""
    if found.status != OK:
        told = [_("{name}: no answer, {reason}.").format(name=found.name, reason=_(found.status))]
    else:
        first, *others = found.ranked
        told = [f"{found.name}: {first.label}, {share(first.probability)}."]
        told += [f"{rank}. {each.label}, {share(each.probability)}." for rank, each in enumerate(others, 2)]
    if found.likely and found.status == OK:
        words = _("The {coverage} % prediction set holds {labels}.")
        likely = ", ".join(found.likely)
        told.append(found.caveat or words.format(coverage=round(100 * found.coverage), labels=likely))
    if found.evidence:
        told.append(f"{found.evidence}.")
    if found.unknown:
        told.append(_("Unknown characters: {letters}.").format(letters=" ".join(found.unknown)))
    return told


class Models(Place):
    """The models that may answer."""

    title = N_("Models")

    def __init__(self, house: House) -> None:
        super().__init__(house.speaker)
        self.house = house
        self.commands = [
            Command("list", N_("list the models"), lambda _rest: self.list()),
            Command("use", N_("answer with a model, by number or name"), self.use),
        ]

    def take_or_run(self, rest: str) -> None:
        """Use the model that is named, or list them and ask."""
        if rest:
            self.use(rest)
        else:
            self.list()
            self.run()

    def list(self) -> None:
        """Say which there are."""
        self._found = [info for info in self.house.engine.list_runs(self.house.save_dir) if info.usable]
        self.speaker.number(
            f"{info.name}, {info.title}, {share(info.accuracy)}."
            if info.accuracy is not None
            else _("{name}, {network}, not tested.").format(name=info.name, network=info.title)
            for info in self._found
        )

    def use(self, rest: str) -> None:
        found = [info for info in self.house.engine.list_runs(self.house.save_dir) if info.usable]
        at = chosen(rest, [info.name for info in found])
        if at is None:
            self.speaker.say(_("There is no model {name}.").format(name=rest))
            return
        self.house.use(found[at].directory)
        self.speaker.say(_("From now on {name} answers.").format(name=found[at].name))
