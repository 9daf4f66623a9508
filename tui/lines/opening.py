"""Open a file of names, and say how it is to be read where it does not tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from namecls.data.layout import Columns
from namecls.errors import DataError
from namecls.language import N_, _
from tui.forms.reading import FIELDS, asks_for_fields, in_the_app, read_fields, texts_of
from tui.lines.form import Fields
from tui.lines.house import House
from tui.lines.place import Command


class Reading(Fields):
    """The fields that say how a file is to be read.

    :param path: the file.
    :param columns: how it was read, or was to be.
    """

    title = N_("Reading")
    hint = N_("change says which columns hold what, read reads the file. Type ? for what can be done here.")

    def __init__(self, house: House, path: Path, columns: Columns) -> None:
        super().__init__(house, texts_of(columns))
        self._path = path
        self._done = False
        self.commands.append(Command("read", N_("read the file so"), self.reread))

    @property
    def lines(self) -> Sequence[str]:
        return [field.name for field in FIELDS]

    def title_of(self, name: str) -> str:
        return next(_(field.title) for field in FIELDS if field.name == name)

    def about(self, name: str) -> str:
        usual = next(_(field.usual) for field in FIELDS if field.name == name)
        return _("Usual: {usual}.").format(usual=usual)

    def read(self, texts: Mapping[str, str]) -> tuple[Columns | None, dict[str, str]]:
        try:
            return read_fields(texts), {}
        except DataError as error:
            return None, {"header": str(error)}

    def reread(self, _rest: str) -> None:
        if (columns := self.wanted()) is not None:
            self.house.open(self._path, columns)
            tell_opened(self.house)
            self._done = True

    def take(self, line: str) -> bool:
        return super().take(line) and not self._done


def tell_opened(house: House) -> None:
    """Say which names are open, and how they were read."""
    house.speaker.say(house.told())
    if not (layout := house.table().layout).is_plain:
        house.speaker.say(_("Read as {layout}.").format(layout=in_the_app(layout.told)))


def open_file(house: House, text: str) -> bool:
    """Open a file, and ask how it is to be read if that can't be told; return whether other names are open.

    :param text: its path; empty: the embedded names.
    :raises NameclsError: if it can't be read.
    """
    path, before = Path(text).expanduser() if text else None, house.opened
    try:
        house.open(path)
    except DataError as error:
        if path is None or not asks_for_fields(str(error)):
            raise
        house.speaker.say(in_the_app(str(error)))
        Reading(house, path, Columns()).run()
    else:
        tell_opened(house)
    return house.opened != before


def read_otherwise(house: House, _rest: str = "") -> bool:
    """Have the open file read in another way; return whether it was."""
    if house.data is None:
        house.speaker.say(_("The embedded names are read as they are; open opens a file."))
        return False
    before = house.opened
    Reading(house, house.data, house.columns).run()
    return house.opened != before
