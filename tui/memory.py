"""What is remembered from one start to the next, in one small file that may be deleted at any time."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from namecls.data.layout import Columns
from namecls.errors import NameclsError
from namecls.language import _, languages

#: Names tried that are remembered, the latest ones, and characters of each text.
MOST_NAMES, MOST_LETTERS = 100, 4096
_MOST_BYTES = 4 * 2**20
_MOST_LINES = 200  # of a form


@dataclass(frozen=True, slots=True)
class Tried:
    """A name that was kept, and what it was answered with.

    :param label: the likeliest one, or the reason why there is none; empty while the model is being loaded.
    :param probability: of that label; None: there is none.
    :param model: that answered.
    """

    name: str
    label: str = ""
    probability: float | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered.

    :param model: the directory of the model of Predict; empty: the shipped one.
    :param theme: empty: that of the start.
    :param data: the file of names; empty: the embedded ones.
    :param columns: how that file was asked to be read.
    :param form: the lines of Train's form, as texts.
    :param notify: whether the terminal rings, and notifies, when a training is finished.
    :param language: that was chosen in the app; empty: none was.
    :param cursor: whether the terminal's own cursor shows.
    """

    model: str = ""
    theme: str = ""
    data: str = ""
    columns: Columns = Columns()  # noqa: RUF009  # it is frozen
    tried: tuple[Tried, ...] = ()
    form: Mapping[str, str] = field(default_factory=dict)
    notify: bool = True
    language: str = ""
    cursor: bool = False


class Remembered:
    """A memory and its file, which is read at once and written by `save`.

    What in it is not as it should be is left out: `problem` says so, and `save` keeps the file under another name.

    :param file: None: nothing is read or written.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._saved = self.now = Memory()
        self.problem = ""
        self._others: dict[str, object] = {}  # what another version remembers
        self._unseen: set[Path | None] = set()  # what stood in the file, and was not seen to be there yet
        if file is not None:
            try:
                values = read_values(file)
            except NameclsError as error:
                self.problem = _("Nothing is remembered of the last start. {error}").format(error=error)
            else:
                self._saved, wrong = memory_of(values)
                self.now = self._saved
                self._others = {name: value for name, value in values.items() if name not in _PARTS}
                if wrong:
                    self.problem = _(
                        "{file}: not what namecls-tui writes, and left out: {parts}. When the app ends, the file is "
                        "kept as {aside}"
                    ).format(file=file, parts=_(", ").join(wrong), aside=_bad(file).name)

    @property
    def _aside(self) -> Path | None:
        return _bad(self._file) if self._file is not None else None

    def data_for(self, asked: Path | None, edits: Path | None) -> tuple[Path | None, Columns]:
        """The file of names to open, and how to read it: what is asked for, else that of the last start.

        Edits that are asked for belong to the file that is asked for, so with them nothing else is opened.
        """
        if asked is not None or edits is not None or not self.now.data:
            return asked, Columns()
        self._unseen.add(Path(self.now.data))
        return Path(self.now.data), self.now.columns

    def model_for(self, asked: Path | None) -> Path | None:
        """The model to load: what is asked for, else that of the last start; None: the shipped one."""
        if asked is not None or not self.now.model:
            return asked
        self._unseen.add(Path(self.now.model))
        return Path(self.now.model)

    def forget(self, path: Path | None) -> bool:
        """Whether nobody asked for a path that can't be read, but the last start; from now on it is asked for."""
        unseen = path in self._unseen
        self._unseen -= {path}
        return unseen

    def keep(self, **changes: Any) -> None:
        """Change what is remembered; `save` writes it."""
        self.now = dataclasses.replace(self.now, **changes)

    def save(self) -> None:
        """Write what has changed since. That it can't be written is no reason to stop."""
        if self._file is None or (self.now == self._saved and not self.problem):
            return
        from namecls.files.storage import write_json

        with contextlib.suppress(OSError, NameclsError):
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.problem and self._aside is not None:
                os.replace(self._file, self._aside)  # noqa: PTH105
                self.problem = ""
            write_json(self._file, self._others | _plain(self.now), private=True)
            self._saved = self.now


def _bad(file: Path) -> Path:
    """Where a file is kept that is not what we write."""
    return file.with_name(f"{file.name}.bad")


def lasting(path: Path | None) -> str:
    """A path that means the same wherever the next start is; empty: none."""
    return str(path.absolute()) if path is not None else ""


def read_values(file: Path) -> dict[str, Any]:
    """Read the file of a memory; without one, nothing.

    :raises RunError: if it is no JSON object, or too large.
    """
    from namecls.files.strict_json import read_json

    return read_json(file, _MOST_BYTES) if os.path.lexists(file) else {}


def memory_of(values: Mapping[str, Any]) -> tuple[Memory, list[str]]:
    """The memory in a file, and the names of what in it is not as `Remembered.save` writes it."""
    found, wrong = {}, []
    for name in _PARTS.keys() & values.keys():
        try:
            found[name] = _PARTS[name](values[name])
        except (TypeError, ValueError, NameclsError):
            wrong.append(name)
    return Memory(**found), sorted(wrong)


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > MOST_LETTERS:
        raise TypeError
    return value


def _language(value: object) -> str:
    if _text(value) not in ("", *languages()):
        raise ValueError
    return str(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _columns(value: Any) -> Columns:
    columns = Columns(**value)
    for each in dataclasses.astuple(columns):
        if each is not None and not isinstance(each, int):
            _text(each)
    return columns


def _form(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or len(value) > _MOST_LINES:
        raise TypeError
    return {_text(name): _text(text) for name, text in value.items()}


def _tried(value: Any) -> tuple[Tried, ...]:
    if not isinstance(value, list) or len(value) > MOST_NAMES:
        raise TypeError
    tried = tuple(Tried(**entry) for entry in value)
    for each in tried:
        for text in (each.name, each.label, each.model):
            _text(text)
        if not _is_share(each.probability):
            raise ValueError
    return tried


def _is_share(value: object) -> bool:
    return value is None or (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and 0 <= value <= 1.001
    )


#: What stands in the file, and how it is read. Each raises an error for what it does not take.
_PARTS: dict[str, Callable[[Any], Any]] = {
    "model": _text,
    "theme": _text,
    "data": _text,
    "columns": _columns,
    "tried": _tried,
    "form": _form,
    "notify": _flag,
    "language": _language,
    "cursor": _flag,
}


def _plain(memory: Memory) -> dict[str, object]:
    latest = memory.tried[-MOST_NAMES:]
    return {
        "model": memory.model,
        "theme": memory.theme,
        "data": memory.data,
        "columns": {
            name: value for name, value in dataclasses.asdict(memory.columns).items() if value is not None
        },
        "tried": [dataclasses.asdict(each) for each in latest],
        "form": dict(memory.form),
        "notify": memory.notify,
        "language": memory.language,
        "cursor": memory.cursor,
    }
