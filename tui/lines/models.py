"""The models that may answer."""

from __future__ import annotations

from namecls.language import N_, _
from tui.lines.house import House
from tui.lines.place import Command, Place
from tui.lines.speaking import full, series, share


class Models(Place):
    """The list of models, and the choice of one."""

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
        self.speaker.number(
            full(series((info.name, info.title, share(info.accuracy))))
            if info.accuracy is not None
            else _("{name}, {network}, not tested.").format(name=info.name, network=info.title)
            for info in self.house.models.all()
        )

    def use(self, rest: str) -> None:
        found = self.house.models.chosen(rest)
        if found is None or not found.usable:
            self.speaker.say(_("There is no model {name}.").format(name=rest))
            return
        self.house.use(found.directory)
        self.speaker.say(_("From now on {name} answers.").format(name=found.name))
