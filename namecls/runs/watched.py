"""The names that are watched while a network trains, ``watched.json`` in the run: a short list that anyone may edit.

The process that trains reads it after every epoch, so that it may be another one that writes it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from namecls.errors import ConfigError, RunError, shown
from namecls.events import LONGEST_WATCHED, MOST_WATCHED
from namecls.files.storage import write_json
from namecls.files.strict_json import read_json
from namecls.language import _
from namecls.runs.run import Run
from namecls.text import has_letters

WATCHED = "watched.json"
_BETWEEN = re.compile("[,;，、；\n]")
_LONGEST = 2**16  # bytes of the file


def check_watched(names: Iterable[str]) -> tuple[str, ...]:
    """The names, if they are some that can be watched, each once.

    :raises ConfigError: if one has no letters or is too long, or they are too many.
    """
    found = tuple(dict.fromkeys(names))
    for name in found:
        if not isinstance(name, str) or not has_letters(name) or len(name) > LONGEST_WATCHED:
            raise ConfigError(
                _(
                    "expected names with letters, of at most {longest_watched} characters, to watch, "
                    "found {name}"
                ).format(longest_watched=LONGEST_WATCHED, name=shown(name))
            )
        if any("\ud800" <= c <= "\udfff" for c in name):
            raise ConfigError(
                _("expected a name of whole characters to watch, found half of one: {name}").format(
                    name=shown(name)
                )
            )
    if len(found) > MOST_WATCHED:
        raise ConfigError(
            _("expected at most {most_watched} names to watch, found {found:,}").format(
                most_watched=MOST_WATCHED, found=len(found)
            )
        )
    return found


def names_in(text: str) -> tuple[str, ...]:
    """The names in a text with commas between, or other signs that separate names, also those of Chinese.

    :raises ConfigError: if they are none that can be watched.
    """
    return check_watched(filter(None, map(str.strip, _BETWEEN.split(text))))


def watch_names(run: Run, names: Iterable[str]) -> None:
    """Have other names watched, from the end of the present epoch on; none: no more.

    :raises ConfigError: if they are none that can be watched.
    :raises RunError: if the disk does not take it.
    """
    write_json(run.directory / WATCHED, {"names": list(check_watched(names))})


def watched_names(run: Run) -> tuple[str, ...]:
    """The names that are watched.

    :raises RunError: if the file is not one that tells them.
    """
    path = run.directory / WATCHED
    if not os.path.lexists(path):
        return ()
    names = read_json(path, _LONGEST).get("names")
    try:
        if not isinstance(names, list):
            raise ConfigError(_("expected a list of names, found {names}").format(names=shown(names)))
        return check_watched(names)
    except (ConfigError, TypeError) as error:
        raise RunError(_("{path}: {error}").format(path=path, error=error)) from error
