"""Whether a terminal has Unicode, by the locale as the user set it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

#: What decides over the characters of a terminal, the first that is set before the others.
_VARIABLES = ("LC_ALL", "LC_CTYPE", "LANG")
_WITHOUT = ("C", "POSIX")
#: What Python puts in the place of the C locale, into its own environment, before anyone can look (PEP 538).
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
_STARTED = Path("/proc/self/environ")


def denies_unicode(environment: Mapping[str, str] | None = None) -> bool:
    """Whether the user's locale has another character set than Unicode: ``C``, ``POSIX``, ``de_DE.ISO-8859-1``.

    Python's own encodings don't tell: it reads and writes UTF-8 under the C locale (PEP 538, PEP 540). A locale that
    is not set at all denies nothing, nor does one without a character set in its name.

    :param environment: None: that with which this process was started.
    """
    locale = _locale(_as_started() if environment is None else environment)
    name, _, characters = locale.partition("@")[0].partition(".")
    return not is_utf8(characters) if characters else name in _WITHOUT


def terminal_encoding(encoding: str | None) -> str:
    """The encoding of a stream to a terminal: Python's own, unless it is UTF-8 and the locale denies that.

    With PYTHONIOENCODING the user has said so of the streams themselves.
    """
    unicode = is_utf8(encoding or "ascii")
    return (
        "ascii"
        if unicode and not os.environ.get("PYTHONIOENCODING") and denies_unicode()
        else encoding or "ascii"
    )


def is_utf8(encoding: str) -> bool:
    """Whether an encoding, under any of its names, is UTF-8."""
    return encoding.lower().replace("-", "").replace("_", "") == "utf8"


def _locale(environment: Mapping[str, str]) -> str:
    return next((value for name in _VARIABLES if (value := environment.get(name))), "")


def _as_started() -> Mapping[str, str]:
    """The environment before Python changed it, or, where no system tells, what it must have been."""
    try:
        entries = os.fsdecode(_STARTED.read_bytes()).split("\0")
        return dict(entry.split("=", 1) for entry in entries if "=" in entry)
    except OSError:
        return undo_coercion(os.environ)


def undo_coercion(environment: Mapping[str, str]) -> Mapping[str, str]:
    """An environment without the LC_CTYPE that Python sets where the locale is ``C``."""
    coerced = not environment.get("LC_ALL") and environment.get("LC_CTYPE") in _COERCED
    if coerced and environment.get("LANG") in _WITHOUT:
        return {**environment, "LC_CTYPE": ""}
    return environment
