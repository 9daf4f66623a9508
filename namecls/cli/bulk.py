"""Lines in, records out, block by block: columns of a whole block are made at once, never record by record.

What is written is, to the byte, what `csv.writer` and `json.dumps` would write.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from namecls.answers import TOO_UNCERTAIN, Seen
from namecls.cli.incoming import MAX_LINE, ByteStream, expect_line_end, parse_line

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from namecls.inference.rankings import Rankings

_BLOCK = 2 * 2**20  # bytes: the more names, the more they share; the fewer, the sooner the first are written
_MOST = 2**18  # names, if they are short: what is known of them takes more room than they do
_MARK = b"\xef\xbb\xbf"
#: Names that stand in a record as they are, whatever its format.
_PLAIN = r"\A[\p{L}\p{N}][\p{L}\p{N} .'-]*\z"
_SMALL = 1e-4  # below it numbers are written with an exponent


class Lines(NamedTuple):
    """Names as they stand in the input, and why some, by their places, can't be read."""

    names: list[str]
    problems: Mapping[int, str]

    def readable(self) -> list[str]:
        """The same, with nothing in the places of those that can't be read."""
        if not self.problems:
            return self.names
        return ["" if place in self.problems else name for place, name in enumerate(self.names)]

    def pieces(self) -> Iterator[Lines]:
        """The same, of so many names at a time that what is known of them fits into memory."""
        if len(self.names) <= _MOST:
            yield self
            return
        for start in range(0, len(self.names), _MOST):
            names = self.names[start : start + _MOST]
            inside = range(start, start + len(names))
            yield Lines(names, {i - start: text for i, text in self.problems.items() if i in inside})


def read_blocks(stream: ByteStream) -> Iterator[Lines]:
    """All lines, as many at a time as are there: someone who types line by line is answered line by line.

    Only ``\\n`` and ``\\r\\n`` end a line. What follows the last one is a line if there is anything.

    :raises DataError: if a line does not end within `incoming.MAX_ENDLESS` bytes.
    """
    held, mark, waiting = b"", _MARK, 0
    while block := stream.read1(_BLOCK):
        whole, end, rest = block.rpartition(b"\n")
        waiting = len(rest) if end else waiting + len(rest)
        expect_line_end(waiting)
        if end:
            yield from split_lines((held + whole).removeprefix(mark)).pieces()
            held, mark = b"", b""
        held = (held + rest)[: MAX_LINE + 2]  # enough to know that it is too long, carriage return or not
    if held:
        yield split_lines(held.removeprefix(mark))


def split_lines(whole: bytes) -> Lines:
    """Lines without the last line end."""
    try:
        names = whole.decode().split("\n")
    except UnicodeDecodeError:
        names = []
    # A character has at most four bytes: of shorter lines none is too long.
    if not names or max(map(len, names)) > MAX_LINE // 4:
        lines = [parse_line(line) for line in whole.split(b"\n")]
        return Lines(
            [line.name for line in lines], {i: line.problem for i, line in enumerate(lines) if line.problem}
        )
    if b"\r" in whole:
        names = [name.removesuffix("\r") for name in names]
    return Lines(names, {})


class Records:
    """Makes records of rankings.

    :param text: what a name or a label is in a record.
    :param as_they_are: whether that is the text itself, for names of letters, digits and the commonest signs.
    """

    #: Whether the records say which labels are likely.
    likely = False

    def __init__(
        self, labels: Sequence[str], k: int, text: Callable[[str], str], *, as_they_are: bool
    ) -> None:
        import polars as pl

        self.text, self.k, self.as_they_are = text, k, as_they_are
        self.labels = pl.Series(list(map(text, labels)), dtype=pl.String)

    def header(self) -> str:
        """What stands before the first record."""
        return ""

    def of_block(self, lines: Lines, rankings: Iterable[Rankings]) -> Iterator[str]:
        """The records of a block of lines, of some of them at a time."""
        begin = 0
        for part in rankings:
            end = begin + len(part.statuses)
            problems = {i - begin: text for i, text in lines.problems.items() if begin <= i < end}
            yield self.make(lines.names[begin:end], part, problems)
            begin = end

    def make(self, names: Sequence[str], rankings: Rankings, problems: Mapping[int, str]) -> str:
        """The records of some names, each with its line end."""
        import polars as pl

        statuses = self._statuses(rankings.statuses, problems)
        if len(rankings.asked) == len(names):
            answers = self.answers(rankings)
        else:
            answers = _repeat("", len(names))
            if len(rankings.asked):
                answers = answers.scatter(rankings.asked, self.answers(rankings))
        columns = [*self.columns(self._names(names), statuses, answers), *self.ending(rankings)]
        return str(pl.select(pl.concat_str(columns).str.join("")).item())

    def answers(self, rankings: Rankings) -> pl.Series:
        """What a record says of its ranking, empty if there is none. *Shape:* (ranked,)"""
        raise NotImplementedError

    def columns(self, names: pl.Series, statuses: pl.Series, answers: pl.Series) -> list[pl.Expr]:
        """The parts of a record, side by side."""
        raise NotImplementedError

    def ending(self, rankings: Rankings) -> list[pl.Expr]:
        """The last parts of a record."""
        raise NotImplementedError

    def unknown(self, rankings: Rankings, write: Callable[[Sequence[str]], str]) -> pl.Series:
        """The characters of each name that the model does not know, as written by a function."""
        found = rankings.unknown
        column = _repeat(write(()), len(rankings.statuses))
        return column.scatter(list(found), list(map(write, found.values()))) if found else column

    def _texts(self, found: Mapping[int, str], nothing: str, rankings: Rankings) -> pl.Series:
        """Texts that some names have, by their places."""
        column = _repeat(nothing, len(rankings.statuses))
        return column.scatter(list(found), list(map(self.text, found.values()))) if found else column

    def _names(self, names: Sequence[str]) -> pl.Series:
        import numpy as np
        import polars as pl

        column = pl.Series(names, dtype=pl.String)
        others = np.arange(len(names))
        if self.as_they_are:
            others = np.flatnonzero(~column.str.contains(_PLAIN).to_numpy())
        made = pl.Series([self.text(names[i]) for i in others.tolist()], dtype=pl.String)
        return self.plain(column).scatter(others, made)

    def plain(self, names: pl.Series) -> pl.Series:
        """Names that stand in a record as they are."""
        return names

    def status(self, text: str) -> str:
        """A status in a record."""
        return text

    def _statuses(self, statuses: NDArray[np.int8], problems: Mapping[int, str]) -> pl.Series:
        import polars as pl

        from namecls.inference.rankings import STATUSES

        column = pl.Series(list(map(self.status, STATUSES)), dtype=pl.String).gather(statuses)
        if problems:
            texts = pl.Series(list(map(self.status, problems.values())), dtype=pl.String)
            column = column.scatter(list(problems), texts)
        return column

    def ranks(self, rankings: Rankings) -> Iterator[tuple[pl.Series, NDArray[np.float64]]]:
        """Label and probability of the first, the second and so on up to the k-th."""
        for rank in range(self.k):
            yield (
                self.labels.gather(rankings.labels[:, rank]),
                rankings.probabilities[:, rank].astype("float64"),
            )


class CsvRecords(Records):
    """Rows of a table: name, status, label and probability of each rank, empty if the name is not answered, and the
    characters that the model does not know."""

    def __init__(
        self, labels: Sequence[str], k: int, cell: Callable[[str], str], *, tabs: bool, as_they_are: bool
    ) -> None:
        self.separator = "\t" if tabs else ","
        self._dialect = "excel-tab" if tabs else "excel"
        self._nothing = self.separator * 2 * k
        super().__init__(labels, k, lambda text: self.status(cell(text)), as_they_are=as_they_are)

    def header(self) -> str:
        ranks = [f"{what}_{rank}" for rank in range(1, self.k + 1) for what in ("label", "probability")]
        return self._row(["name", "status", *ranks, "unknown", "seen", "family_name"])

    def status(self, text: str) -> str:
        return self._row([text, ""])[:-2]

    def _row(self, cells: Sequence[str]) -> str:
        stream = io.StringIO()
        csv.writer(stream, dialect=self._dialect, lineterminator="\n").writerow(cells)
        return stream.getvalue()

    def answers(self, rankings: Rankings) -> pl.Series:
        import numpy as np
        import polars as pl

        separator = pl.lit(self.separator)
        parts: list[pl.Expr] = []
        for labels, probabilities in self.ranks(rankings):
            parts += [separator, pl.lit(labels), separator, pl.lit(_six_decimals(probabilities))]
        answers = pl.select(pl.concat_str(parts)).to_series()
        uncertain = np.flatnonzero(rankings.are_uncertain())
        return answers.scatter(uncertain, "") if len(uncertain) else answers

    def columns(self, names: pl.Series, statuses: pl.Series, answers: pl.Series) -> list[pl.Expr]:
        import polars as pl

        answer = pl.when(pl.lit(answers) == "").then(pl.lit(self._nothing)).otherwise(pl.lit(answers))
        return [pl.lit(names), pl.lit(self.separator), pl.lit(statuses), answer, pl.lit(self.separator)]

    def ending(self, rankings: Rankings) -> list[pl.Expr]:
        import polars as pl

        return [
            pl.lit(self.unknown(rankings, lambda found: self.text(" ".join(found)) if found else "")),
            pl.lit(self.separator),
            pl.lit(self._seen(rankings)),
            pl.lit(self.separator),
            pl.lit(self._texts(rankings.family, "", rankings)),
            pl.lit("\n"),
        ]

    def _seen(self, rankings: Rankings) -> pl.Series:
        column = _repeat("0", len(rankings.statuses))
        found = {place: f"{sum(each.count for each in seen):g}" for place, seen in rankings.seen.items()}
        return column.scatter(list(found), list(found.values())) if found else column


class JsonRecords(Records):
    """An object per line.

    :param populations: what the populations are called that answers of the network alone and for counted names are of.
    :param regions: names of the regions that names may be answered with.
    """

    likely = True

    def __init__(
        self,
        labels: Sequence[str],
        k: int,
        text: Callable[[str], str],
        *,
        as_they_are: bool,
        populations: tuple[str, str] = ("", ""),
        regions: Sequence[str] = (),
    ) -> None:
        import polars as pl

        super().__init__(labels, k, text, as_they_are=as_they_are)
        self._regions = pl.Series(list(map(text, regions)), dtype=pl.String)
        self._populations = tuple(map(text, populations))

    def plain(self, names: pl.Series) -> pl.Series:
        import polars as pl

        return pl.select(pl.concat_str(pl.lit('"'), pl.lit(names), pl.lit('"'))).to_series()

    def answers(self, rankings: Rankings) -> pl.Series:
        import polars as pl

        parts = [pl.lit("[")]
        for rank, (labels, probabilities) in enumerate(self.ranks(rankings)):
            parts += [pl.lit(', {"label": ' if rank else '{"label": '), pl.lit(labels)]
            parts += [pl.lit(', "probability": '), pl.lit(_as_json(probabilities)), pl.lit("}")]
        likely = [pl.lit(self._likely(rankings)), pl.lit("]")]
        answer = pl.concat_str([*parts, pl.lit('], "status": "ok", "likely": ['), *likely])
        if (uncertain := rankings.are_uncertain()).any():
            without = pl.concat_str([pl.lit(f'[], "status": "{TOO_UNCERTAIN}", "likely": ['), *likely])
            answer = pl.when(pl.lit(pl.Series(uncertain))).then(without).otherwise(answer)
        return pl.select(answer).to_series()

    def columns(self, names: pl.Series, statuses: pl.Series, answers: pl.Series) -> list[pl.Expr]:
        import polars as pl

        nothing = pl.concat_str(pl.lit('[], "status": "'), pl.lit(statuses), pl.lit('", "likely": []'))
        answer = pl.when(pl.lit(answers) == "").then(nothing).otherwise(pl.lit(answers))
        return [pl.lit('{"name": '), pl.lit(names), pl.lit(', "ranked": '), answer]

    def ending(self, rankings: Rankings) -> list[pl.Expr]:
        import polars as pl

        read, unknown = self._names(rankings.read), self.unknown(rankings, self._list)
        seen = _repeat("", len(rankings.statuses))
        if found := rankings.seen:
            seen = seen.scatter(list(found), list(map(self._object, found.values())))
        parts = [', "read_as": ', read, ', "unknown": ', unknown, ', "seen": {', seen, '}, "seen_as": ']
        parts += [self._texts(rankings.seen_as, '""', rankings), ', "family_name": ']
        parts += [
            self._texts(rankings.family, '""', rankings),
            ', "population": ',
            self._population(rankings),
        ]
        return [pl.lit(part) for part in [*parts, ', "region": ', self._region(rankings), "}\n"]]

    def _population(self, rankings: Rankings) -> pl.Series | str:
        alone, counted = self._populations
        if alone == counted or not rankings.by_counts:
            return alone
        return _repeat(alone, len(rankings.statuses)).scatter(sorted(rankings.by_counts), counted)

    def _region(self, rankings: Rankings) -> pl.Series | str:
        import numpy as np
        import polars as pl

        if rankings.regions is None:
            return "null"
        regions, shares = rankings.regions
        answered = np.flatnonzero(regions >= 0)
        if not len(answered):
            return "null"
        region = pl.lit(self._regions.gather(regions[answered]))
        share = pl.lit(_as_json(shares[answered].astype("float64")))
        told = pl.concat_str(pl.lit('{"region": '), region, pl.lit(', "probability": '), share, pl.lit("}"))
        return _repeat("null", len(rankings.statuses)).scatter(
            rankings.asked[answered], pl.select(told).to_series()
        )

    def _object(self, seen: Sequence[Seen]) -> str:
        return ", ".join(f"{self.text(each.label)}: {each.count!r}" for each in seen)

    def _list(self, texts: Sequence[str]) -> str:
        return f"[{', '.join(map(self.text, texts))}]"

    def _likely(self, rankings: Rankings) -> pl.Series:
        """The first labels of each ranking, as many as are likely, with commas between them."""
        import polars as pl

        most = int(rankings.sizes.max(initial=0))
        if not most:
            return _repeat("", len(rankings.asked))
        labels = self.labels.gather(rankings.labels[:, :most].ravel()).reshape((-1, most))
        first = pl.lit(labels).arr.to_list().list.head(pl.lit(pl.Series(rankings.sizes)))
        return pl.select(first.list.join(", ")).to_series()


def _repeat(text: str, times: int) -> pl.Series:
    import polars as pl

    return pl.Series([text], dtype=pl.String).new_from_index(0, times)


def _six_decimals(numbers: NDArray[np.float64]) -> pl.Series:
    """``f"{number:.6f}"`` of numbers in 0..1 that were of single precision: of these a million times is exact."""
    import numpy as np
    import polars as pl

    millionths = pl.Series(np.rint(numbers * 1e6).astype(np.int64))
    text = pl.lit(millionths + 1_000_000).cast(pl.String).str.slice(1)
    return pl.select(
        pl.when(pl.lit(millionths) < 1_000_000)
        .then(pl.concat_str(pl.lit("0."), text))
        .otherwise(pl.lit("1.000000"))
    ).to_series()


def _as_json(numbers: NDArray[np.float64]) -> pl.Series:
    """``json.dumps(number)`` of numbers in 0..1."""
    import numpy as np
    import polars as pl

    column = pl.Series(numbers).cast(pl.String)
    small = np.flatnonzero(numbers < _SMALL)
    if len(small):
        column = column.scatter(small, pl.Series(list(map(repr, numbers[small].tolist())), dtype=pl.String))
    return column
