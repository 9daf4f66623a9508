"""Inspect without a screen: all views of the last answer, letter by letter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from namecls.language import N_, _
from tui.engine.values import Question
from tui.engine.written import as_csv, as_json, new_file, write_text
from tui.lines.explained import (
    told_belief,
    told_changes,
    told_epochs,
    told_evidence,
    told_influence,
    told_neighbours,
    told_reach,
    told_step,
    told_units,
    told_walk,
    told_ways,
)
from tui.lines.form import EMPTY
from tui.lines.house import House
from tui.lines.place import Command, Place, chosen, number_of
from tui.lines.speaking import entry, full

if TYPE_CHECKING:
    from namecls.answers import Prediction
    from tui.drawing.views import View
    from tui.engine.wanted import Answers


class Inspect(Place):
    """The views of the last answer. What is asked of them stays from one name to the next.

    :param answer: answers another name, and keeps it as the last one.
    """

    title = N_("Inspect")
    hint = N_("The views of the last name. Type ? for what can be done here.")

    def __init__(self, house: House, answer: Callable[[str], None]) -> None:
        super().__init__(house.speaker)
        self.house = house
        self._asked = Question("", ())
        self._checks = False
        self._ranked: list[str] = []
        self._by: Answers | None = None  # the model that answered
        say = self._say
        self.commands = [
            Command("letters", N_("what the network thinks after each letter"), say("belief", told_belief)),
            Command("why", N_("how much each letter speaks for the label"), say("influence", told_influence)),
            Command("ways", N_("the same, measured in two other ways"), say("influence", told_ways)),
            Command(
                "changes",
                N_("which edits of the name change the answer; a number says how many"),
                self.changes,
            ),
            Command(
                "evidence", N_("what the training rows hold of the name"), say("evidence", told_evidence)
            ),
            Command(
                "like",
                N_("the training names that the network takes for most like it"),
                say("neighbours", told_neighbours),
            ),
            Command(
                "units",
                N_("the units of the last layer that tell the label from the rest"),
                say("units", told_units),
            ),
            Command(
                "walk",
                N_("the tensors between the name and its labels; a number tells the values of one"),
                self.walk,
            ),
            Command(
                "reach",
                N_("how much the answer hangs on each letter, by its gradient"),
                say("reach", told_reach),
            ),
            Command(
                "epochs",
                N_("what the network answered after each epoch that was kept"),
                say("epochs", told_epochs),
            ),
            Command(
                "against",
                N_("compare the label with another one, by rank or name; -: with none"),
                self.against,
            ),
            Command(
                "randomise",
                N_("why, of the network with randomised weights, too; again: without"),
                self.randomise,
            ),
            Command("edits", N_("changes of two edits; again: of one"), self.edits),
            Command("check", N_("units, checked on the open file, too; again: without"), self.check),
            Command(
                "epoch",
                N_("letters and walk after an epoch: its number; nothing: as the network is"),
                self.epoch,
            ),
            Command("about", N_("what a view shows, and what it does not mean: its name"), self.about),
            Command("save", N_("write the numbers of a view as JSON and CSV: its name"), self.save),
            Command("name", N_("another name"), answer),
        ]

    def of(self, last: Prediction) -> None:
        """Look at another answer."""
        label, by = last.ranked[0].label, self.house.answers()
        if (last.name, label) != (self._asked.name, self._asked.label) or by is not self._by:
            self._by = by
            self._asked = replace(self._asked, name=last.name, label=label, other="", epoch=0)
        self._ranked = [each.label for each in last.ranked]

    def view(self, view: str) -> Any:
        """A view, as what is asked has it.

        :raises NameclsError: if there is none for this name or this model.
        """
        check = self.house.table() if self._checks and view == "units" else None
        return self.house.explains().explain(view, replace(self._asked, views=(view,), check=check))

    def _say(self, view: str, told: Callable[[Any], list[str]]) -> Callable[[str], None]:
        return lambda _rest: self.speaker.say(*told(self.view(view)))

    def changes(self, rest: str) -> None:
        self.speaker.say(*told_changes(self.view("changes"), number_of(rest, 1_000_000)))

    def walk(self, rest: str) -> None:
        steps = self.view("walk").steps
        number = number_of(rest, len(steps))
        self.speaker.say(*(told_step(steps[number - 1]) if number is not None else told_walk(steps)))

    def against(self, rest: str) -> None:
        labels = self.house.answers().labels
        if not rest:
            self.speaker.number(full(label) for label in self._ranked)
            rest = self.speaker.line(_("Which label")) or EMPTY
        at = chosen(rest, self._ranked) if number_of(rest, len(self._ranked)) else None
        other = self._ranked[at] if at is not None else ""
        if not other and rest != EMPTY:
            found = chosen(rest, labels)
            if found is None:
                self.speaker.say(_("There is no label {label}.").format(label=rest))
                return
            other = labels[found]
        self._asked = replace(self._asked, other=other if other != self._asked.label else "")
        told = (
            _("{label} is compared with {other}.")
            if self._asked.other
            else _("{label} is compared with all others.")
        )
        self.speaker.say(told.format(label=self._asked.label, other=self._asked.other))

    def randomise(self, _rest: str) -> None:
        self._asked = replace(self._asked, randomised=not self._asked.randomised)
        self.speaker.say(
            _("why tells of randomised weights, too.")
            if self._asked.randomised
            else _("why tells of the network alone.")
        )

    def edits(self, _rest: str) -> None:
        self._asked = replace(self._asked, edits=3 - self._asked.edits)
        self.speaker.say(
            _("changes looks two edits away.") if self._asked.edits > 1 else _("changes looks one edit away.")
        )

    def check(self, _rest: str) -> None:
        self._checks = not self._checks
        self.speaker.say(
            _("units are checked on the open file, too.")
            if self._checks
            else _("units are not checked on the open file.")
        )

    def epoch(self, rest: str) -> None:
        self._asked = replace(self._asked, epoch=number_of(rest, 1_000_000) or 0)
        told = (
            _("letters and walk are those after epoch {epoch}.")
            if self._asked.epoch
            else _("letters and walk are those of the network as it is.")
        )
        self.speaker.say(told.format(epoch=self._asked.epoch))

    def _named(self, rest: str) -> View | None:
        from tui.drawing.reasons import VIEWS  # draw: not for who only asks

        at = chosen(rest, [view.name for view in VIEWS])
        if at is None:
            self.speaker.number(entry(view.name, _(view.title)) for view in VIEWS)
            return None
        return VIEWS[at]

    def about(self, rest: str) -> None:
        if (view := self._named(rest)) is not None:
            self.speaker.say(
                entry(_(view.title), _(view.sees).rstrip(".。")),
                _(view.caution),
            )

    def save(self, rest: str) -> None:
        if (view := self._named(rest)) is None:
            return
        value = self.view(view.name)
        told = {"name": self._asked.name, "model": self.house.answers().info.name}
        for suffix, text in (
            (".json", as_json(told | {view.name: value.to_json()})),
            (".csv", as_csv(view.table(value))),
        ):
            path = new_file(f"namecls-{view.name}", suffix)
            write_text(path, text)
            self.speaker.say(_("Wrote {path}").format(path=path))
