"""The file of edits, ``.edits.jsonl``: a line for each, and for each undo and redo; nothing in it is ever rewritten.

    {"op": "relabel", "line": 9001, "name": "To The First Page", "label": "Russian", "to": "English", "step": 1, ...}
    {"undo": 1}

It comes from anywhere: a colleague, a review, another machine. What does not fit is an error that names the line.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from namecls.edits.edit import BY_HAND, MOST, Edit, Edits, Entry, Operation, Reason, Redo, Step, Undo
from namecls.errors import DataError, RunBusy, RunError
from namecls.files.opening import open_plain, size_of
from namecls.files.storage import append_line, cut_file, lock_file, open_to_append
from namecls.files.strict_json import parse_json
from namecls.language import _, ngettext
from namecls.system import reason_of
from namecls.text import json_text

#: How the name of such a file ends.
SUFFIX = ".edits.jsonl"
#: The most edits that a file may hold, and the most bytes.
MOST_EDITS, MOST_BYTES = 1_000_000, 512 * 2**20

_LONGEST_LINE = 2**15  # bytes: two names and a label, every character escaped
_KEYS = ("op", "line", "name", "label", "to")
_REASON = {"by": "why", "score": "score", "model": "model"}


@dataclass(frozen=True, slots=True)
class Patch:
    """A file of edits, as it was read.

    :param file: its name.
    :param content: its bytes, up to what was cut off.
    :param edits: those in effect.
    :param cut_off: what was left out at its end, for whoever reads it; empty: nothing.
    """

    file: str
    content: bytes
    edits: tuple[Edit, ...]
    cut_off: str = ""

    @property
    def sha256(self) -> str:
        """Of its content."""
        return hashlib.sha256(self.content).hexdigest()


def read_patch(path: Path) -> Patch:
    """Read a file of edits.

    :raises DataError: if it can't be read, or is none.
    """
    content, edits, cut_off = _read(path)
    return Patch(path.name, content, edits.in_effect, cut_off)


def parse_patch(content: bytes, file: str) -> Patch:
    """The same of bytes that were read.

    :param file: what they are called.
    """
    edits, whole, cut_off = _parsed(content, file)
    return Patch(file, content[:whole], edits.in_effect, cut_off)


def patch_of(edits: Iterable[Edit], file: str) -> Patch:
    """The file that edits would be, each a step of its own."""
    steps = [Step(number, (edit,)) for number, edit in enumerate(edits, 1)]
    content = "".join(f"{line}\n" for step in steps for line in lines_of(step)).encode()
    return Patch(file, content, tuple(edit for step in steps for edit in step.edits))


class PatchFile:
    """A file of edits that is written to: each entry is on the disk when it counts.

        with PatchFile.open(path) as (edits, cut_off):
            edits.add([...])

    :param path: where it lies.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, entry: Entry) -> None:
        """Append an entry, flushed to the disk: all of its lines or none.

        :raises DiskFull: if there is no room for it; the file is then what it was.
        :raises RunError: if the disk does not take it for another reason.
        """
        append_line(self.path, "\n".join(lines_of(entry)), flush=True)

    @classmethod
    @contextlib.contextmanager
    def open(cls, path: Path) -> Iterator[tuple[Edits, str]]:
        """The edits of a file, new or begun before, and what was cut off at its end; they are kept in it.

        No other process may write to it meanwhile. What a crash has left half at its end is cut off.

        :raises RunBusy: if another process does.
        :raises DataError: if it is no file of edits.
        :raises RunError: if it can't be written.
        """
        try:
            descriptor = open_to_append(path)
        except OSError as error:
            raise RunError(
                _("{path}: can't be written: {reason}").format(path=path, reason=reason_of(error))
            ) from error
        try:
            if lock_file(descriptor) is False:
                raise RunBusy(
                    _("{path}: another process writes to it; close it there, or choose another file").format(
                        path=path
                    )
                )
            content, edits, cut_off = _read(path)
            if cut_off:
                cut_file(path, len(content))
            edits.write = cls(path).append
            yield edits, cut_off
        finally:
            os.close(descriptor)


def lines_of(entry: Entry) -> list[str]:
    """The lines of an entry, without their ends."""
    if isinstance(entry, Undo):
        return [json_text({"undo": entry.step})]
    if isinstance(entry, Redo):
        return [json_text({"redo": entry.step})]
    end: dict[str, Any] = {"step": entry.number}
    if len(entry.edits) > 1:
        end["of"] = len(entry.edits)
    return [json_text({**_to_json(edit), **end}) for edit in entry.edits]


def _to_json(edit: Edit) -> dict[str, Any]:
    """Of an edit what says something."""
    values = {key: value for key in _KEYS if (value := getattr(edit, key))}
    why = {"why": edit.why.by}
    if edit.why != BY_HAND:
        why |= {
            title: value
            for name, title in _REASON.items()
            if (value := getattr(edit.why, name)) not in (None, "")
        }
    return {**values, **why, "when": edit.when}


def _read(path: Path) -> tuple[bytes, Edits, str]:
    try:
        with open_plain(path) as file:
            size = size_of(file)
            if size > MOST_BYTES:
                raise DataError(
                    _(
                        "{path}: expected a file of edits of at most {most_bytes:,} bytes, found {size:,}"
                    ).format(path=path, most_bytes=MOST_BYTES, size=size)
                )
            content = file.read(size)
    except RunError as error:
        raise DataError(str(error)) from error
    except OSError as error:
        raise DataError(
            _("{path}: could not be read: {reason}").format(path=path, reason=reason_of(error))
        ) from error
    edits, whole, cut_off = _parsed(content, str(path))
    return content[:whole], edits, cut_off


def _parsed(content: bytes, source: str) -> tuple[Edits, int, str]:
    """The edits in a file's bytes, how many of these are whole entries, and what the others are."""
    edits, whole, count = Edits(), 0, 0
    begun: list[Edit] = []  # of a step whose lines are not all read
    of = step = start = 0

    def close() -> None:
        if begun:
            edits.take(Step(step, tuple(begun)))
            begun.clear()

    number = 0
    for number, line in enumerate(io.BytesIO(content), 1):
        if not line.endswith(b"\n"):
            break
        try:
            if len(line) > _LONGEST_LINE:
                raise DataError(
                    _("expected at most {longest_line:,} bytes, found {line:,}").format(
                        longest_line=_LONGEST_LINE, line=len(line)
                    )
                )
            if line.strip():
                values = _object(line)
                if isinstance(entry := _undo(values), Undo | Redo):
                    close()
                    edits.take(entry)
                else:
                    count += 1
                    if count > MOST_EDITS:
                        raise DataError(
                            _("expected at most {most_edits:,} edits, found more").format(
                                most_edits=MOST_EDITS
                            )
                        )
                    its_step = _number(values, "step", step + 1)
                    its_of = _number(values, "of", 1)
                    if its_step != step:
                        close()
                        start = whole
                    step, of = its_step, its_of
                    begun.append(_edit(values))
        except (DataError, ValueError) as error:
            raise DataError(
                _("{source}, line {number:,}: expected an edit: {error}").format(
                    source=source, number=number, error=error
                )
            ) from error
        whole += len(line)
    torn = whole < len(content)
    if torn and begun and len(begun) < of:
        told = _("its last step, line {number:,} on, was cut off in the writing and is left out").format(
            number=number - len(begun)
        )
        return edits, start, told
    try:
        close()
    except DataError as error:
        raise DataError(
            _("{source}, line {number:,}: {error}").format(source=source, number=number, error=error)
        ) from error
    return (
        edits,
        whole,
        _("its last line, {number:,}, was cut off in the writing and is left out").format(number=number)
        if torn
        else "",
    )


def _object(line: bytes) -> dict[str, Any]:
    values = parse_json(line)
    if not isinstance(values, dict):
        raise DataError(_("found a {kind}").format(kind=type(values).__name__))
    return values


def _undo(values: Mapping[str, Any]) -> Undo | Redo | None:
    for kind, title in ((Undo, "undo"), (Redo, "redo")):
        if title in values:
            if len(values) > 1:
                raise DataError(_("{title} stands alone in its line").format(title=title))
            return kind(_number(values, title, 0))
    return None


def _number(values: Mapping[str, Any], key: str, usual: int) -> int:
    value = values.get(key, usual)
    if type(value) is not int or not 1 <= value <= MOST:
        raise DataError(_("{key} must be a number from 1").format(key=key))
    return value


def _edit(values: Mapping[str, Any]) -> Edit:
    rest = {key: value for key, value in values.items() if key not in ("step", "of")}
    why = {name: rest.pop(title) for name, title in _REASON.items() if title in rest}
    known = {each.name for each in fields(Edit)}
    if odd := sorted(set(rest) - known):
        raise DataError(
            _("it has a key that an edit has not: {odd!r}; was it made by a newer namecls?").format(
                odd=odd[0]
            )
        )
    if missing := sorted({"op", "label"} - set(rest)):
        raise DataError(_("it lacks {missing!r}").format(missing=missing[0]))
    return Edit(**{"when": "", **rest}, why=Reason(**why) if why else BY_HAND)


def describe(edits: Sequence[Edit]) -> str:
    """``3 relabelled, 1 dropped``, in a line."""
    return describe_counts(Counter(edit.op for edit in edits))


def describe_counts(counts: Counter[Operation]) -> str:
    """The same, by how many edits there are of each operation."""
    words: Mapping[Operation, str] = {
        "relabel": _("relabelled"),
        "drop": _("dropped"),
        "correct": _("corrected"),
        "rename-label": ngettext("label renamed", "labels renamed", counts["rename-label"]),
        "keep": _("kept as right"),
    }
    told = [
        _("{edits:,} {done}").format(edits=counts[op], done=done) for op, done in words.items() if counts[op]
    ]
    return _(", ").join(told) if told else _("no edits")
