"""Keys of the user's own: a file says which, and what in it can't be is told.

[dataset]
drop = "delete"
"move_page(1)" = "pagedown,ctrl+f"
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from namecls.errors import NameclsError, RunError, shown
from namecls.language import _
from tui.key import Key

_MOST_BYTES = 2**16
#: Names of keys as Textual has them, several separated by commas.
_KEYS = re.compile(r"[^\s,]|[a-z][a-z0-9_]*(\+[a-z0-9_]+)*")

Places = Mapping[str, tuple[Key, ...]]


def read_keymap(file: Path) -> dict[str, dict[str, str]]:
    """Which keys are wanted, by place and action; without a file, none.

    :raises RunError: if it can't be read, is too long or no TOML, or has values outside of the tables of places.
    """
    if not os.path.lexists(file):
        return {}
    import tomllib

    from namecls.files.opening import open_plain, size_of

    try:
        with open_plain(file) as stream:
            if size_of(stream) > _MOST_BYTES:
                raise RunError(
                    _("{file}: expected keys of at most {most:,} bytes, found more").format(
                        file=file, most=_MOST_BYTES
                    )
                )
            values = tomllib.loads(stream.read().decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(
            _("{file}: expected keys as TOML, found something else: {error}").format(file=file, error=error)
        ) from None
    if loose := [name for name, value in values.items() if not isinstance(value, dict)]:
        raise RunError(
            _("{file}: expected [places] with keys in them, found {found} outside of any").format(
                file=file, found=shown(loose[0])
            )
        )
    return {
        place: {action: str(keys) for action, keys in entries.items()} for place, entries in values.items()
    }


def remapped(places: Places, wanted: Mapping[str, Mapping[str, str]]) -> tuple[Places, list[str]]:
    """The keys with those that are wanted, and what of these can't be: then the key stays what it was."""
    problems: list[str] = []
    found = dict(places)
    for place, entries in wanted.items():
        if place not in places:
            problems.append(
                _("there is no place {place}; expected one of {places}").format(
                    place=shown(place), places=_(", ").join(places)
                )
            )
            continue
        for action, keys in entries.items():
            entry = next((each for each in found[place] if each.id == action), None)
            names = [name.strip() for name in keys.split(",")]
            if entry is None:
                problems.append(
                    _("{place} has no action {action}; docs/keys.md lists them").format(
                        place=place, action=shown(action)
                    )
                )
            elif wrong := [name for name in names if not _KEYS.fullmatch(name)]:
                problems.append(
                    _("{place}.{action}: expected a key such as ctrl+n or f5, found {found}").format(
                        place=place, action=action, found=shown(wrong[0])
                    )
                )
            elif taken := _taken(found, place, entry, names):
                problems.append(f"{place}.{action}: {taken}")
            else:
                found[place] = tuple(
                    replace(each, keys=",".join(names), shown="") if each is entry else each
                    for each in found[place]
                )
    return found, problems


def _taken(places: Places, place: str, entry: Key, names: list[str]) -> str:
    """Why a place can't have these keys for an entry; empty: it can."""
    others = places if place == "app" else {name: places[name] for name in (place, "app")}
    for name in names:
        for where, entries in others.items():
            for other in entries:
                if other is not entry and name in other.keys.split(",") and name not in entry.keys.split(","):
                    return f"{name} is {other.id} of {where} already"
    return ""


def own_keys(file: Path, places: Places) -> tuple[Places, list[str]]:
    """The keys as a file wants them, and what to tell of it."""
    try:
        found, problems = remapped(places, read_keymap(file))
    except NameclsError as error:
        return places, [str(error)]
    return found, [f"{file}: {problem}" for problem in problems]
