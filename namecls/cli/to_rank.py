"""The names that `namecls predict` ranks: its arguments, a file or standard input, in blocks."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

from namecls.cli.bulk import Lines, read_blocks
from namecls.cli.console import say
from namecls.cli.incoming import NOT_UTF_8, ByteStream, Checked, Decoded, parse_line
from namecls.cli.undecoded import Undecoded
from namecls.data.shards import WHOLE, Shard, buffered_range
from namecls.language import _

STDIN = "-"


def counted(blocks: Iterable[Lines], undecoded: Undecoded) -> Iterator[Lines]:
    """The same, while those that are no text are counted."""
    for lines in blocks:
        broken = (lines.names[at] for at, problem in lines.problems.items() if problem == NOT_UTF_8)
        undecoded.add(len(lines.names), broken)
        yield lines


@contextlib.contextmanager
def names_to_rank(
    names: list[str] | None,
    source: str | None,
    encoding: str | None,
    shard: Shard,
    undecoded: Undecoded,
) -> Iterator[Iterable[Lines]]:
    """The names to rank, from the arguments, a file or standard input, in blocks.

    :raises DataError: if what is read is plainly no list of names.
    """
    if names:
        # An argument that is not UTF-8 comes with half characters in it; back as bytes it is a line like others.
        lines = [parse_line(os.fsencode(name)) for name in names]
        yield [Lines([x.name for x in lines], {i: x.problem for i, x in enumerate(lines) if x.problem})]
    elif source is not None and source != STDIN:
        with Path(source).open("rb") as file:
            part = file if shard == WHOLE else buffered_range(file, *shard.range_of(file))
            yield read_blocks(_checked(cast("ByteStream", part), source, encoding, undecoded))
    else:
        yield read_blocks(
            _checked(cast(ByteStream, sys.stdin.buffer), _("the names to rank"), encoding, undecoded)
        )


def _checked(stream: ByteStream, source: str, encoding: str | None, undecoded: Undecoded) -> ByteStream:
    """The same, refused if its beginning shows a table or no text, and as UTF-8."""
    from namecls.data.encoding import UTF_8, known_encoding
    from namecls.data.listing import check_names

    known = known_encoding(encoding) if encoding is not None else UTF_8

    def check(head: bytes) -> None:
        if warning := check_names(source, head, known):
            say(warning, style="bold yellow")
            undecoded.is_told = True

    return Checked(stream if known == UTF_8 else Decoded(stream, known), check)
