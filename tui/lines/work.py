"""Searches and comparisons: their settings, their start, and those that there are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from namecls.language import N_, _
from namecls.runs.record import DataRecord
from tui.lines.form import Form
from tui.lines.house import House
from tui.lines.numbered import Numbered
from tui.lines.opening import open_file
from tui.lines.place import Command

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from namecls.files.locks import Holder


class Work(Form):
    """A form, and the works of its kind, each done by a process of its own. One of them is meant: see `meant`.

    A subclass tells of what kind they are, by the texts and the methods below.
    """

    OUTLOOK: ClassVar[str]  # what `outlook` is for, marked, as all of these
    START: ClassVar[str]
    LIST: ClassVar[tuple[str, str]]  # the command that lists them, and what it is for
    SHOW: ClassVar[str]
    RESUME: ClassVar[str]
    STARTING: ClassVar[str]  # with ``data``
    NONE_YET: ClassVar[str]
    NO_SUCH: ClassVar[str]  # with ``name``
    DONE: ClassVar[str]  # with ``name``: what is said instead of resuming one

    def __init__(self, house: House, texts: Mapping[str, str]) -> None:
        super().__init__(house, texts)
        self.meant: Any = None  # the one whose results are told
        self._listed = Numbered(self.all, _directory)
        name, what_for = self.LIST
        self.commands += [
            Command(
                "open",
                N_("open another file of names; nothing: the embedded ones"),
                partial(open_file, house),
            ),
            Command("outlook", self.OUTLOOK, self.outlook),
            Command("go", self.START, self.go),
            Command(name, what_for, self.list_all),
            Command("show", self.SHOW, self.show),
            Command("resume", self.RESUME, self.resume),
        ]

    def all(self) -> list[tuple[Any, Holder | None]]:
        """Those of the save directory, the newest first, and who works on each."""
        raise NotImplementedError

    def line(self, work: Any, holder: Holder | None) -> str:
        """One of them, in a sentence."""
        raise NotImplementedError

    def is_open(self, work: Any) -> bool:
        """Whether it can be resumed."""
        raise NotImplementedError

    def create(self, wanted: Any, table: NameTable) -> Any:
        """Write down what is wanted."""
        raise NotImplementedError

    def begin(self, directory: Path) -> None:
        """Start the process that does it."""
        raise NotImplementedError

    def follow(self, work: Any) -> Any:
        """Tell of it until it has ended or one leaves; return it as it is then."""
        raise NotImplementedError

    def tell(self) -> None:
        """Say what the one that is meant came to."""
        raise NotImplementedError

    def outlook(self, rest: str) -> None:
        """Say what will be done."""
        raise NotImplementedError

    @property
    def record(self) -> DataRecord:
        """The file that is open, as a command names it."""
        return DataRecord(file="", path=self.house.data, columns=self.house.columns)

    def go(self, _rest: str) -> None:
        if (wanted := self.wanted()) is None:
            return
        table = self.house.edited()
        self.speaker.say(_(self.STARTING).format(data=table.title))
        self._begin(self.create(wanted, table))

    def _begin(self, work: Any) -> None:
        if self.is_open(work):
            self.begin(work.directory)
        self._follow(work)

    def _follow(self, work: Any) -> None:
        self.meant = work
        self.meant = self.follow(work)

    def list_all(self, _rest: str) -> None:
        found = self._listed.all()
        if not found:
            self.speaker.say(_(self.NONE_YET))
        self.speaker.number(self.line(work, holder) for work, holder in found)

    def _chosen(self, text: str) -> tuple[Any, Holder | None] | None:
        """The one that is named; the newest, if none is."""
        found = self._listed.chosen(text) if text else next(iter(self.all()), None)
        if found is None:
            self.speaker.say(_(self.NO_SUCH).format(name=text) if text else _(self.NONE_YET))
        return found

    def show(self, rest: str) -> None:
        if (found := self._chosen(rest)) is None:
            return
        self.meant, holder = found
        if holder is not None:
            self._follow(self.meant)
        else:
            self.speaker.say(self.line(self.meant, None))
            self.tell()

    def resume(self, rest: str) -> None:
        if (found := self._chosen(rest)) is None:
            return
        self.meant, holder = found
        if holder is not None:
            self._follow(self.meant)
        elif self.is_open(self.meant):
            self._begin(self.meant)
        else:
            self.speaker.say(_(self.DONE).format(name=self.meant.name))

    def newest(self) -> Any:
        """The one that is meant; the newest, if none was named; None: there is none."""
        if self.meant is None:
            self.meant = next((work for work, _holder in self.all()), None)
        return self.meant


def _directory(work: tuple[Any, Holder | None]) -> Path:
    directory: Path = work[0].directory
    return directory
