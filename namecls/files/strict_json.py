"""Parse untrusted JSON strictly and within limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from namecls.errors import RunError
from namecls.files.opening import open_plain, size_of
from namecls.language import _
from namecls.system import reason_of

#: The longest JSON file that is read, in bytes.
MOST_JSON = 64 * 2**20

_MOST_CONTAINERS = 1_000_000  # an empty list takes 2 bytes in a file and 30 times that in memory


def is_readable(text: str, limit: int = MOST_JSON) -> bool:
    """Whether JSON is short enough to be read again: to be asked before it is written.

    :param limit: bytes.
    """
    return len(text.encode()) <= limit and text.count("[") + text.count("{") <= _MOST_CONTAINERS


def parse_json(content: bytes) -> Any:
    """Parse a JSON value strictly: UTF-8, no key twice, no NaN, no Infinity, not nested without end.

    :raises ValueError: if it is anything else.
    """
    if content.count(b"[") + content.count(b"{") > _MOST_CONTAINERS:
        raise ValueError(
            _("more than {most_containers:,} lists and objects").format(most_containers=_MOST_CONTAINERS)
        )
    try:
        return json.loads(
            content.decode("utf-8"), object_pairs_hook=_without_doubles, parse_constant=_no_constant
        )
    except RecursionError:
        raise ValueError(_("nested too deeply")) from None


def read_json(path: Path, limit: int = MOST_JSON) -> dict[str, Any]:
    """Read the JSON object in a file.

    :param limit: bytes; a longer file is not read.
    :raises RunError: if there is none.
    """
    try:
        with open_plain(path) as file:
            size = size_of(file)
            if size > limit:
                raise RunError(
                    _("{path}: expected a JSON file of at most {limit:,} bytes, found {size:,}").format(
                        path=path, limit=limit, size=size
                    )
                )
            value = parse_json(file.read(size))  # not `limit`: so much would be taken first
    except OSError as error:
        raise RunError(
            _("{path}: could not be read: {reason}").format(path=path, reason=reason_of(error))
        ) from error
    except ValueError as error:
        raise RunError(
            _("{path}: expected a JSON object, found something else: {error}").format(path=path, error=error)
        ) from error
    if not isinstance(value, dict):
        raise RunError(
            _("{path}: expected a JSON object, found a {kind}").format(path=path, kind=type(value).__name__)
        )
    return value


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError(_("an object has a key twice"))
    return values


def _no_constant(name: str) -> object:
    raise ValueError(_("{name} is no number").format(name=name))
