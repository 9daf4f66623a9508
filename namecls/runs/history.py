"""The history of a training, ``history.jsonl``: a line for each event, read one at a time, from either end."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from namecls.errors import RunError
from namecls.events import KINDS, Event, Finished, Started, event_from_json, event_to_json
from namecls.files.opening import open_plain, size_of
from namecls.files.strict_json import parse_json
from namecls.language import _, english
from namecls.system import reason_of
from namecls.text import json_text

HISTORY = "history.jsonl"
#: Bytes of an event; that of the end holds two confusion matrices.
LONGEST_LINE = 64 * 2**20

_PIECE = 2**16  # bytes that are read at once from the end

#: Kinds of events that are wanted; none: all.
Wanted = Collection[type[Event]]


def read_events(path: Path, wanted: Wanted = ()) -> Iterator[Event]:
    """The events in a history; a last line that was cut off in the writing is left out. Others are not parsed.

    :raises RunError: if a line is no event.
    """
    if not os.path.lexists(path):
        return
    unwanted = _beginnings(_others(wanted))
    try:
        with open_plain(path) as file:
            number = 0
            while (line := file.readline(LONGEST_LINE)).endswith(b"\n"):
                number += 1
                if not line.startswith(unwanted):
                    event = parsed(line, path, _("line {number}").format(number=number))
                    if not wanted or type(event) in wanted:
                        yield event
            if len(line) == LONGEST_LINE:  # what else follows the last line end is empty, or cut off
                raise RunError(
                    _("{path}, line {number}: expected at most {longest_line:,} bytes").format(
                        path=path, number=number + 1, longest_line=LONGEST_LINE
                    )
                )
    except OSError as error:
        raise RunError(
            _("{path}: could not be read: {reason}").format(path=path, reason=reason_of(error))
        ) from error


def last_event(path: Path, wanted: Wanted = ()) -> Event | None:
    """The last event in a history, found from its end; None if there is none.

    :raises RunError: if a line on the way is no event, or can't be read.
    """
    unwanted = _beginnings(_others(wanted))
    for start, line in _lines_backwards(path):
        if not line.startswith(unwanted):
            event = parsed(line, path, _("byte {start:,}").format(start=start))
            if not wanted or type(event) in wanted:
                return event
    return None


def size_without_end(path: Path) -> int:
    """The bytes of a history without the event of its end, and without a line that was cut off in the writing.

    :raises RunError: if it can't be read.
    """
    for start, line in _lines_backwards(path):
        return start if line.startswith(_beginnings((Finished,))) else start + len(line)
    return 0


def _others(wanted: Wanted) -> list[type[Event]]:
    return [kind for kind in KINDS.values() if wanted and kind not in wanted]


def _beginnings(kinds: Wanted) -> tuple[bytes, ...]:
    """How the lines of events begin."""
    return tuple(f'{{"event": "{name}"'.encode() for name, kind in KINDS.items() if kind in kinds)


def line_of(event: Event) -> str:
    """The line of an event: without the directory of the run, which is where the line is found, and may be shared."""
    values = event_to_json(event)
    return json_text(english(values | {"directory": ""} if "directory" in values else values))


def parsed(line: bytes, path: Path, where: str) -> Event:
    """The event of a line of a history; its directory is the one in which that lies.

    :raises RunError: if it is none.
    """
    try:
        event = event_from_json(parse_json(line))
    except (ValueError, RunError) as error:
        raise RunError(_("{path}, {where}: {error}").format(path=path, where=where, error=error)) from error
    return replace(event, directory=str(path.parent)) if isinstance(event, Started | Finished) else event


def _lines_backwards(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file and where they start, the last one first; one that does not end is left out."""
    if not os.path.lexists(path):
        return
    try:
        with open_plain(path) as file:
            end, piece = size_of(file), _PIECE
            while end:
                start = max(0, end - piece)
                file.seek(start)
                content = file.read(end - start)
                first = content.find(b"\n") + 1 if start else 0  # the line before it may begin earlier
                lines = content[first : content.rfind(b"\n") + 1].split(b"\n")[:-1]
                if start and not lines:
                    if piece > LONGEST_LINE:
                        raise RunError(
                            _("{path}: expected lines of at most {longest_line:,} bytes").format(
                                path=path, longest_line=LONGEST_LINE
                            )
                        )
                    piece *= 2
                    continue
                at = start + first + sum(len(line) + 1 for line in lines)
                for line in reversed(lines):
                    at -= len(line) + 1
                    yield at, line + b"\n"
                end, piece = start + first, _PIECE
    except OSError as error:
        raise RunError(
            _("{path}: could not be read: {reason}").format(path=path, reason=reason_of(error))
        ) from error
