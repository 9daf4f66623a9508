"""Choosing a file: type a path or a part of a name, or go through the directories; and how it is to be read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from namecls.data.folder import is_label_file
from namecls.data.layout import Columns
from namecls.errors import DataError
from namecls.language import N_, _
from namecls.paths import packaged_dataset
from namecls.system import reason_of
from namecls.text import safe
from tui import keys
from tui.drawing.cells import cut
from tui.drawing.palette import Palette
from tui.drawing.wording import Paragraph
from tui.engine.threads import spawn
from tui.forms.reading import FIELDS, asks_for_fields, in_the_app, likely_fields, read_fields, texts_of
from tui.screens.modal import Modal
from tui.state import FOUND_OUT
from tui.widgets.keybar import KeyBar
from tui.widgets.lists import CursorList, Moves
from tui.widgets.name_input import SafeInput
from tui.widgets.retold import Told

#: Entries of one directory that are looked at; a directory with more is not one to browse.
MOST = 20_000
_LEAST_FILES = 2  # of a directory that is a dataset
_SUFFIXES = (".tsv", ".csv", ".txt", ".jsonl", ".ndjson", ".json", ".parquet", ".pq", ".gz")


@dataclass(frozen=True, slots=True)
class Picked:
    """A file, or a directory of files, and how it is to be read."""

    path: Path
    columns: Columns


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or directory. `size` is in bytes, -1 for a directory; ``.`` is all of the directory that is listed."""

    name: str
    path: Path
    size: int

    @property
    def is_directory(self) -> bool:
        return self.size < 0

    @property
    def is_likely(self) -> bool:
        """Whether it looks like a file of names."""
        return self.name.lower().endswith(_SUFFIXES)


def list_directory(directory: Path) -> tuple[Entry, ...]:
    """The directory above, all of this one if it has a text file for each label, directories, likely files, other
    files, each by name.

    :raises OSError: if it can't be read.
    """
    entries = []
    with os.scandir(directory) as found:
        for entry in islice(found, MOST):
            try:
                size = -1 if entry.is_dir() else entry.stat().st_size
            except OSError:
                continue  # a link to nowhere
            entries.append(Entry(entry.name, Path(entry.path), size))
    entries.sort(key=lambda entry: (not entry.is_directory, not entry.is_likely, entry.name.casefold()))
    above = [Entry("..", directory.parent, -1)] if directory.parent != directory else []
    labels = sum(not entry.is_directory and is_label_file(entry.path) for entry in entries)
    whole = [Entry(".", directory, -1)] if labels >= _LEAST_FILES else []
    return (*above, *whole, *entries)


class Listed(Message):
    """What is in a directory, or why that can't be told."""

    def __init__(self, directory: Path, entries: tuple[Entry, ...], problem: str = "") -> None:
        super().__init__()
        self.directory = directory
        self.entries = entries
        self.problem = problem


class FileList(CursorList):
    """Files and directories with their sizes."""

    def __init__(self) -> None:
        super().__init__(id="files")
        self.entries: tuple[Entry, ...] = ()
        self._word = ""
        self.can_focus = False

    @property
    def current(self) -> Entry | None:
        """The entry under the cursor."""
        return self.entries[self.cursor] if self.cursor < len(self.entries) else None

    def show(self, entries: tuple[Entry, ...], word: str) -> None:
        """These entries; without any, `word`."""
        self.entries = entries
        self._word = word
        # The way up is there for a search too, but it is never what was searched for.
        first = next((i for i, entry in enumerate(entries) if entry.name != ".."), 0)
        self.set_count(len(entries), first)

    def item(self, place: int, width: int, palette: Palette) -> Text:
        entry = self.entries[place]
        name = f"{entry.name}/" if entry.is_directory else entry.name
        if entry.name == ".":
            name = _("all text files here: one for each label, a name a line")
        style = palette.primary if entry.is_directory else palette.text if entry.is_likely else palette.muted
        line = Text(cut(name, max(width - 12, 8)), style=style)
        line.append(("" if entry.is_directory else _size(entry.size)).rjust(11), style=palette.muted)
        return line

    def empty(self, width: int, palette: Palette) -> list[Text]:
        return [Text(cut(self._word, width), style=palette.muted)]


class FilePicker(Moves, Modal[Picked | None]):
    """Answers with a file and how to read it, or None. The file may be missing if its path was typed.

    :param near: where to begin: a directory, or a file in it; None or the embedded dataset: the working directory.
    :param columns: how that file was asked to be read.
    :param problem: why it could not be; it is told here, and what it asks for is asked.
    """

    PLACE = "files"
    CSS_PATH = "file_picker.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("files")

    def __init__(self, near: Path | None = None, columns: Columns = FOUND_OUT, problem: str = "") -> None:
        super().__init__()
        self._near, self._columns, self._why = near, columns, problem
        try:
            here = Path.cwd()
        except OSError:  # it was removed
            here = Path("/")
        if near is None or near == packaged_dataset():
            self._base = here
        else:
            self._base = here / (near if near.is_dir() else near.parent)
        self._listed: Path | None = None
        self._entries: tuple[Entry, ...] = ()
        self._problem = ""
        self._asked_how = False  # whether the fields were shown before
        self._part = ""  # of a name, by which the list is filtered
        self._arrived = False  # whether the listing of that directory is here
        self._choosing = False  # whether enter was pressed before it was

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="panel"):
            yield SafeInput(placeholder=N_("a path, or part of a name"), id="path")
            yield Static(id="where")
            yield Told(id="problem")
            yield FileList()
            for fields in (FIELDS[:3], FIELDS[3:]):
                with Horizontal(classes="how"):
                    for field in fields:
                        yield Told(partial(_, field.title), classes="label")
                        yield SafeInput(placeholder=field.usual, id=field.name)
            yield KeyBar(self.PLACE)

    def entitle(self) -> None:
        self.query_one("#box").border_title = _("open a file of names")

    def on_mount(self) -> None:
        path = self.query_one("#path", Input)
        path.focus()
        if self._why and self._near is not None:
            with self.prevent(Input.Changed):
                path.value = str(self._near)
                path.cursor_position = len(path.value)
            self._tell(self._why)
            if asks_for_fields(self._why):
                self.action_ask_how()
            elif self._columns != FOUND_OUT:
                self._show_fields()
        self._look()

    def _tell(self, problem: str) -> None:
        line = self.query_one("#problem", Told)
        line.tell(lambda: Paragraph(safe(in_the_app(problem), 300)))
        line.set_class(bool(problem), "-told")

    def action_ask_how(self) -> None:
        """Show the fields that say how the file is to be read, or leave all of that to be found out again."""
        if not self.has_class("-how"):
            self._show_fields()
        elif not self._on_path:
            self.remove_class("-how")
        first = self.query_one(f"#{FIELDS[0].name}" if self.has_class("-how") else "#path")
        self.call_after_refresh(first.focus)  # what was hidden can't have it yet

    def _show_fields(self) -> None:
        self.add_class("-how")
        if self._asked_how:  # what was typed stays
            return
        self._asked_how = True
        texts = texts_of(self._columns)
        texts |= likely_fields(self._why) if not texts["encoding"] else {}
        for field in FIELDS:
            self.query_one(f"#{field.name}", Input).value = texts[field.name]

    @property
    def _on_path(self) -> bool:
        return self.focused is None or self.focused.id == "path"

    def _pick(self, path: Path) -> None:
        """Answer, unless what the fields say means nothing."""
        columns = FOUND_OUT
        if self.has_class("-how"):
            try:
                columns = read_fields(
                    {field.name: self.query_one(f"#{field.name}", Input).value for field in FIELDS}
                )
            except DataError as error:
                self._tell(str(error))
                return
        self.dismiss(Picked(path, columns))

    @property
    def _typed(self) -> tuple[Path, str]:
        """The directory that is meant, and the part of a name."""
        text = self.query_one("#path", Input).value.strip()
        head, slash, tail = text.rpartition("/")
        if text in ("~", "..", "."):
            head, slash, tail = text, "/", ""
        if not slash:
            return self._base, tail
        home = Path(head or "/")
        if head.startswith("~"):
            try:
                home = home.expanduser()
            except (RuntimeError, ValueError):  # no such user, or no such name can be
                return self._base, text
        return Path(os.path.normpath(self._base / home)), tail

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id == "path":
            self._look()

    def _look(self) -> None:
        """List the directory that is meant, in a thread, since it may lie on a slow disk; or filter it."""
        directory, part = self._typed
        if directory == self._listed:
            if part != self._part:
                self._filter()
            return
        self._listed, self._entries, self._problem = directory, (), ""
        self._arrived = self._choosing = False
        self.query_one("#where", Static).update(Content(safe(str(directory), 400)))
        post = self.post_message

        def look() -> None:
            try:
                post(Listed(directory, list_directory(directory)))
            except (OSError, ValueError) as error:
                reason = reason_of(error)
                post(Listed(directory, (), _("It can't be listed: {reason}").format(reason=reason)))

        spawn("files", look, self.app.post_message)

    def on_listed(self, message: Listed) -> None:
        if message.directory == self._listed:
            self._entries, self._problem = message.entries, message.problem
            self._arrived = True
            self._filter()
            if self._choosing:
                self._choose()

    def _filter(self) -> None:
        self._part = self._typed[1]
        part = self._part.casefold()
        shown = tuple(
            entry
            for entry in self._entries
            if entry.name == ".."
            or (entry.name == "." and not part)
            or (part in entry.name.casefold() and (part[:1] == "." or entry.name[0] != "."))
        )
        self.query_one(FileList).show(shown, self._problem)
        if not part and self._near is not None:
            self._point_at(self._near.name)
        self.refresh_bindings()

    def _point_at(self, name: str) -> None:
        """The cursor on the file that is open, which is likely the one to be read in another way."""
        found = self.query_one(FileList)
        places = [
            at for at, entry in enumerate(found.entries) if entry.name == name and not entry.is_directory
        ]
        if places:
            found.move_to(places[0])

    def _go(self, directory: Path) -> None:
        """Into another directory, with an empty input."""
        self._base = directory
        box = self.query_one("#path", Input)
        with self.prevent(Input.Changed):
            box.value = ""
        self._look()

    def action_choose(self) -> None:
        # What was typed last may not have been looked up yet; the cursor would stand on something else.
        self._look()
        if self._arrived:
            self._choose()
        else:
            self._choosing = True

    def _choose(self) -> None:
        directory, part = self._typed
        named = [entry for entry in self._entries if entry.name == part]
        entry = named[0] if named else self.query_one(FileList).current
        if entry is not None and entry.name == ".." and part:
            entry = None
        if entry is None:
            if part:
                self._pick(directory / part)
        elif entry.is_directory and entry.name != ".":
            self._go(Path(os.path.normpath(entry.path)))
        else:
            self._pick(entry.path)

    def action_complete(self) -> None:
        if not self._on_path:
            self.focus_next()
            return
        entry = self.query_one(FileList).current
        if entry is None or entry.name == ".":
            return
        box = self.query_one("#path", Input)
        head, slash, _ = box.value.rpartition("/")
        box.value = f"{head}{slash}{entry.name}{'/' if entry.is_directory else ''}"
        box.cursor_position = len(box.value)

    def on_cursor_list_chosen(self, _message: CursorList.Chosen) -> None:
        self.action_choose()

    def moved_in(self) -> FileList:
        return self.query_one(FileList)

    def action_back(self) -> None:
        self.dismiss(None)


def _size(size: int) -> str:
    """A number of bytes as people read it."""
    if size < 1000:
        return f"{size} B"
    value = float(size)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 1000 or unit == "GB":
            return f"{value:.1f} {unit}"
    return ""
