"""A note and tags on a run, ``notes.json``: written by people, no part of what defines it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from namecls.errors import ConfigError, RunError, shown
from namecls.files.storage import write_json
from namecls.files.strict_json import read_json
from namecls.language import _
from namecls.runs.run import Run
from namecls.system import reason_of

NOTES = "notes.json"
#: Characters of a note and of a tag, and tags of a run.
LONGEST_NOTE, LONGEST_TAG, MOST_TAGS = 2000, 40, 20

_LONGEST = 2**16  # bytes of the file


@dataclass(frozen=True, slots=True)
class Notes:
    """What people say of a run.

    :param tags: single words, each once.
    :raises ConfigError: if it is too long, or a tag is no single word.
    """

    note: str = ""
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.note, str) or len(self.note) > LONGEST_NOTE or _is_half(self.note):
            raise ConfigError(
                _("expected a note of at most {longest_note:,} characters, found {note}").format(
                    longest_note=LONGEST_NOTE, note=shown(self.note)
                )
            )
        for tag in self.tags:
            if not isinstance(tag, str) or tag != "".join(tag.split()) or "," in tag or _is_half(tag):
                raise ConfigError(
                    _("expected a tag to be a word without blanks and commas, found {tag}").format(
                        tag=shown(tag)
                    )
                )
            if not 0 < len(tag) <= LONGEST_TAG:
                raise ConfigError(
                    _("expected a tag of 1 to {longest_tag} characters, found {length:,}: {tag}").format(
                        longest_tag=LONGEST_TAG, length=len(tag), tag=shown(tag)
                    )
                )
        if len(self.tags) > MOST_TAGS or len(set(self.tags)) < len(self.tags):
            raise ConfigError(
                _("expected at most {most_tags} tags, each once, found {tags:,}").format(
                    most_tags=MOST_TAGS, tags=len(self.tags)
                )
            )

    @property
    def text(self) -> str:
        """All of it on one line, as people write it: the note, then ``#tag`` for each tag."""
        return " ".join(filter(None, (self.note, *(f"#{tag}" for tag in self.tags))))


def notes_in(note: str, tags: Iterable[str]) -> Notes:
    """A note and tags as they were typed: with blanks around, or a ``#`` before, or twice.

    :raises ConfigError: if they are none.
    """
    words = (tag.strip().removeprefix("#") for tag in tags)
    return Notes(note.strip(), tuple(dict.fromkeys(filter(None, words))))


def notes_of(text: str) -> Notes:
    """The inverse of `Notes.text`, as people type it: words after a ``#`` are tags, wherever they stand.

    :raises ConfigError: if it is too long.
    """
    words = text.split()
    tags = [word for word in words if len(word) > 1 and word[0] == "#"]
    return notes_in(" ".join(word for word in words if word not in tags), tags)


def write_notes(run: Run, notes: Notes) -> None:
    """Note it down; of none the file is removed. Nothing else of the run changes.

    :raises RunError: if the disk does not take it.
    """
    path = run.directory / NOTES
    if notes != Notes():
        write_json(path, {"note": notes.note, "tags": list(notes.tags)})
        return
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise RunError(
            _("{path}: could not be removed: {reason}").format(path=path, reason=reason_of(error))
        ) from error


def read_notes(directory: Path) -> Notes:
    """The notes on a run; none, if there is no file.

    :raises RunError: if the file is not one of notes.
    """
    path = directory / NOTES
    if not os.path.lexists(path):
        return Notes()
    values = read_json(path, _LONGEST)
    note, tags = values.get("note", ""), values.get("tags", [])
    try:
        if not isinstance(tags, list):
            raise ConfigError(_("expected a list of tags, found {tags}").format(tags=shown(tags)))
        return Notes(note, tuple(tags))
    except (ConfigError, TypeError) as error:
        raise RunError(_("{path}: {error}").format(path=path, error=error)) from error


def _is_half(text: str) -> bool:
    """Whether half a character is in it, which no file can hold."""
    return any("\ud800" <= character <= "\udfff" for character in text)
