"""How many names of an input are no text, and what the input's encoding may be."""

from __future__ import annotations

import re
from collections.abc import Iterable

from namecls.cli.console import say
from namecls.language import _

_MOST_LOOKED_AT = 1000  # names
_ESCAPED = re.compile(rb"\\x([89a-f][0-9a-f])")


class Undecoded:
    """A count of the names that are no text, and some of them.

    :param encoding: the one that they were read in; None: UTF-8.
    """

    def __init__(self, encoding: str | None) -> None:
        self._encoding = encoding
        self._count = self._names = 0
        self.is_told = False  # whether it was said already, of the beginning of the input
        self._some: list[bytes] = []

    def add(self, names: int, broken: Iterable[str]) -> None:
        """Count so many names, of which some are no text: with half characters in the place of bytes, or with \\xff."""
        self._names += names
        for name in broken:
            self._count += 1
            if len(self._some) < _MOST_LOOKED_AT:
                found = name.encode("utf-8", "surrogateescape")
                self._some.append(_ESCAPED.sub(lambda byte: bytes([int(byte[1], 16)]), found))

    def tell(self) -> None:
        """Say how many there were, if any, and what to do."""
        if not self._count or self.is_told:
            return
        from namecls.data.encoding import UTF_8, likely_encoding

        found = _("{count:,} of {names:,} names can't be read as {encoding} and are not answered").format(
            count=self._count, names=self._names, encoding=self._encoding or UTF_8
        )
        likely = likely_encoding(b"\n".join(self._some)) if self._encoding is None else None
        if likely is None or likely == UTF_8:
            advice = _("say how the input is encoded with --encoding, or save it as UTF-8")
        else:
            advice = _("the input looks like {likely}: --encoding {option} reads it so").format(
                likely=likely, option=likely.lower()
            )
        say(f"{found}; {advice}", style="bold yellow")
