"""Choosing a file: type a path or a part of a name, or go through the directories."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from namecls.paths import packaged_dataset
from namecls.text import safe
from tui import keys
from tui.drawing.palette import Palette
from tui.engine.threads import spawn
from tui.screens.modal import Modal
from tui.widgets.bars import cut
from tui.widgets.keybar import KeyBar
from tui.widgets.lists import CursorList, Moves
from tui.widgets.name_input import SafeInput

#: Entries of one directory that are looked at; a directory with more is not one to browse.
MOST = 20_000
_SUFFIXES = (".tsv", ".csv", ".txt", ".jsonl", ".ndjson", ".json", ".parquet", ".pq", ".gz")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or directory. `size` is in bytes, -1 for a directory."""

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
    """The directory above, directories, likely files, other files, each by name.

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
    return (*above, *entries)


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
        style = palette.primary if entry.is_directory else palette.text if entry.is_likely else palette.muted
        line = Text(cut(name, max(width - 12, 8)), style=style)
        line.append(("" if entry.is_directory else _size(entry.size)).rjust(11), style=palette.muted)
        return line

    def empty(self, width: int, palette: Palette) -> list[Text]:
        return [Text(cut(self._word, width), style=palette.muted)]


class FilePicker(Moves, Modal[Path | None]):
    """Answers with the path of a file, or None. The file may be missing if its path was typed.

    :param near: where to begin: a directory, or a file in it; None or the embedded dataset: the working directory.
    """

    PLACE = "files"
    CSS_PATH = "file_picker.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("files")

    def __init__(self, near: Path | None = None) -> None:
        super().__init__()
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
        self._part = ""  # of a name, by which the list is filtered
        self._arrived = False  # whether the listing of that directory is here
        self._choosing = False  # whether enter was pressed before it was

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="panel") as box:
            box.border_title = "open a file of names"
            yield SafeInput(placeholder="a path, or part of a name", id="path")
            yield Static(id="where")
            yield FileList()
            yield KeyBar(self.PLACE)

    def on_mount(self) -> None:
        self.query_one("#path").focus()
        self._look()

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

    def on_input_changed(self, _event: Input.Changed) -> None:
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
                reason = getattr(error, "strerror", None) or str(error)
                post(Listed(directory, (), f"It can't be listed: {reason}"))

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
            or (part in entry.name.casefold() and (part[:1] == "." or entry.name[0] != "."))
        )
        self.query_one(FileList).show(shown, self._problem)
        self.refresh_bindings()

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
                self.dismiss(directory / part)
        elif entry.is_directory:
            self._go(Path(os.path.normpath(entry.path)))
        else:
            self.dismiss(entry.path)

    def action_complete(self) -> None:
        entry = self.query_one(FileList).current
        if entry is None:
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
