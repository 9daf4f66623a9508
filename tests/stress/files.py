"""Hostile files of names, made: damaged ones, odd ones, and well-formed tables with hostile content."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import random
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import polars as pl

from namecls.data.cells import quote_cell
from namecls.data.reasons import MAX_LABEL, MAX_NAME
from namecls.normalization import Normalizer

Pair = tuple[str, str]

#: How a well-formed table is written.
FORMATS = (".tsv", ".csv", ".tsv.gz", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")

FIRST = [("Abel", "Czech"), ("Bo", "Danish")]
_TOKENS = [
    *(b"\0", b"\r", b"\n", b"\r\n", b"\t", b",", b";", b'"', b'""', b"'", b"'=", b"{", b"[", b"}", b"\\"),
    *(b"\xff", b"\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", codecs.BOM_UTF8, b"\xe2\x80\xa8"),
    *(
        b"PAR1",
        b"\x1f\x8b\x08",
        b"PK\x03\x04",
        b"\x1b[31m",
        b"\xe2\x80\xae",
        b"NaN",
        b"1" * 5000,
        b"x" * 11_000,
    ),
]


def written(pairs: Sequence[Pair], kind: str, quote: Callable[[str], str] = quote_cell) -> bytes:
    """A table in one of `FORMATS`, by the plainest means."""
    if kind == ".parquet":
        stream = io.BytesIO()
        pl.DataFrame(pairs, schema={"name": pl.String, "label": pl.String}, orient="row").write_parquet(
            stream
        )
        return stream.getvalue()
    if kind.endswith(".gz"):
        return gzip.compress(written(pairs, kind.removesuffix(".gz"), quote), compresslevel=1)
    if kind == ".jsonl":
        return "".join(json.dumps({"name": name, "label": label}) + "\n" for name, label in pairs).encode()
    text = io.StringIO()
    rows = csv.writer(text, delimiter="\t" if kind == ".tsv" else ",", lineterminator="\n")
    rows.writerows([quote(name), quote(label)] for name, label in pairs)
    return text.getvalue().encode()


def one_line(pairs: Sequence[Pair]) -> list[Pair]:
    """The rows that lines of text can hold: a line end ends a line, also within quotes, and a mark before it is none
    of its text."""
    return [pair for pair in pairs if not set("\n\r") & set("".join(pair)) and pair[0][:1] != "\ufeff"]


def expected(pairs: Sequence[Pair]) -> list[Pair]:
    """What of a well-formed table is to be read: names trimmed, labels as names are read, and without the rows that no
    table may hold."""

    def read(label: str) -> str:
        return label if set("\n\r\0") & set(label.strip()) else Normalizer()(label)

    trimmed = ((name.strip(), read(label)) for name, label in pairs)
    return [
        (name, label)
        for name, label in trimmed
        if 0 < len(name) <= MAX_NAME
        and 0 < len(label) <= MAX_LABEL
        and any(unicodedata.category(letter)[0] == "L" for letter in name)
        and not set("\n\r\0") & {*name, *label}
    ]


@cache
def of_every_category() -> dict[str, list[str]]:
    """Three characters of every category of Unicode: the first, the last, and one between."""
    found: dict[str, list[str]] = {}
    for code in range(sys.maxunicode + 1):
        found.setdefault(unicodedata.category(chr(code)), []).append(chr(code))
    return {category: [all_[0], all_[len(all_) // 2], all_[-1]] for category, all_ in found.items()}


def tables(random_: random.Random, many: int) -> Iterator[list[Pair]]:
    """Well-formed tables with hostile content."""
    for category, characters in of_every_category().items():
        if category != "Cs":  # halves of characters can't be written
            yield [
                *FIRST,
                *((f"A{c}b", f"L{c}{c}m") for c in characters),
                *((f"{c}a", "X") for c in characters),
            ]
    odd = [
        c
        for all_ in of_every_category().values()
        for c in all_
        if unicodedata.category(c) not in ("Cs", "Cn")
    ]
    odd += list("\"'=+-@＝＋－＠,;\t{}[]\\:#. \n\r\0\x1b\x85\u2028\ufeff\u200b\ufdd0\uffff\u0301aB")
    for _ in range(many):
        yield FIRST + [
            ("a" + "".join(random_.choices(odd, k=random_.randrange(8))), "".join(random_.choices(odd, k=4)))
            if random_.random() < 0.8
            else ("".join(random_.choices("'=+-@＝ \t", k=3)) + "x", "'" * random_.randrange(3) + "=y")
            for _ in range(random_.randrange(1, 12))
        ]


def damaged(random_: random.Random, many: int) -> Iterator[bytes]:
    """Bytes that were a file once."""
    pairs = FIRST + [(f"Name{chr(97 + i % 26)}", f"L{i % 5}") for i in range(60)]
    sound = [written(pairs, kind) for kind in FORMATS if kind != ".parquet"]
    sound += [
        text.decode().encode(code)
        for text in sound[:2]
        for code in ("utf-16", "utf-16-le", "utf-32", "cp1252")
    ]
    for _ in range(many):
        data = bytearray(random_.choice(sound))
        for _ in range(random_.choice((1, 1, 2, 5, 30))):
            at = random_.randrange(len(data) + 1)
            what = random_.randrange(5)
            if what == 0 and at < len(data):
                data[at] ^= 1 << random_.randrange(8)
            elif what == 1:
                del data[at : at + random_.randrange(1, 40)]
            elif what == 2:
                data[at:at] = data[at : at + random_.randrange(1, 200)] * random_.randrange(1, 4)
            elif what == 3:
                data[at:at] = random_.randbytes(random_.randrange(1, 20))
            else:
                data[at:at] = random_.choice(_TOKENS)
        yield bytes(data)
        yield random_.randbytes(random_.randrange(300))


def damaged_parquet(random_: random.Random, many: int) -> Iterator[bytes]:
    """Bytes that were a Parquet file once; most of the damage is in its footer, which tells where all is."""
    for _ in range(many):
        data = bytearray(written(FIRST * random_.randrange(1, 400), ".parquet"))
        for _ in range(random_.choice((1, 2, 5))):
            near = len(data) if random_.random() < 0.3 else min(600, len(data))
            data[len(data) - 1 - random_.randrange(near)] = random_.randrange(256)
        yield bytes(data[: random_.randrange(len(data))] + b"PAR1" if random_.random() < 0.1 else data)


def odd_files() -> Iterator[tuple[str, bytes]]:
    """One of each: names with their content."""
    text = written(FIRST * 3, ".tsv")
    packed = gzip.compress(text)
    yield "nothing.tsv", b""
    yield "utf16.tsv", text.decode().encode("utf-16")
    yield "utf32.tsv", text.decode().encode("utf-32")
    yield "utf32be.tsv", codecs.BOM_UTF32_BE + text.decode().encode("utf-32-be")
    yield "utf16be.tsv", text.decode().encode("utf-16-be")
    yield "utf32le.tsv", text.decode().encode("utf-32-le")
    yield "latin.tsv", text + "Müller\tGerman\n".encode("latin-1")
    yield "mixed.tsv", b"Abel\tCzech\rBo\tDanish\r\nCid\tSpanish\n\rDee\tEnglish\r\r\nEve\tDutch"
    yield "line.tsv", b"x" * 10_000_000
    yield "line.jsonl", b'{"name":"' + b"x" * 10_000_000
    yield "ragged.csv", b"".join(b"a," * (i % 7) + b"b\n" for i in range(1000))
    yield "quotes.csv", b'"Abel,Czech\n' * 1000
    yield "names.tsv", text + b"".join(b"x" * n + b"\tCzech\n" for n in (10_000, 1_000_000, 9_990, 256, 257))
    yield "labels.tsv", "".join(f"Abel\tL{i}\n" for i in range(100_000)).encode()
    yield "one.tsv", b"Abel\tCzech\n" * 1000
    yield "cut.tsv.gz", packed[: len(packed) // 2]
    yield "garbage.tsv.gz", packed + b"garbage"
    yield "zeros.tsv.gz", packed + b"\0" * 100
    yield "two.tsv.gz", packed + packed
    yield "within.tsv.gz", gzip.compress(packed)
    yield "text.parquet", text
    yield "parquet.csv", written(FIRST, ".parquet")
    yield "tail.parquet", b"PAR1"
    yield "zip.csv", b"PK\x03\x04" + bytes(50)
    yield "picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    yield "base.csv", b"SQLite format 3\0" + bytes(500)
    yield "deep.jsonl", b'{"name":"Abel","label":"Czech"}\n' + b"[" * 9990 + b"\n" + b'{"a":' * 1900 + b"\n"
    yield "array.json", b'[{"name":"Abel","label":"Czech"},{"name":"Bo","label":"Danish"}]'
    yield (
        "values.jsonl",
        b"".join(
            b'{"name": "Abel", "label": %s}\n' % value
            for value in (
                b'"Czech"',
                b"NaN",
                b"1" * 5000,
                b"-Infinity",
                b"null",
                b"[]",
                b"{}",
                b"1e999",
                b'"\\ud800"',
            )
        ),
    )
    yield "keys.jsonl", b'{"name":"Abel","label":"Czech","name":"Bo"}\n{"name":"Abel"}\n{}\n"x"\n'
    stream = io.BytesIO()
    pl.DataFrame({f"c{i}": ["a"] for i in range(3000)}).write_parquet(stream)
    yield "wide.parquet", stream.getvalue()
    for kind in (
        pl.Binary,
        pl.List(pl.String),
        pl.Struct({"a": pl.String}),
        pl.Null,
        pl.Duration,
        pl.Float64,
    ):
        stream = io.BytesIO()
        pl.DataFrame({"name": ["Abel", None], "label": pl.Series([None, None], dtype=kind)}).write_parquet(
            stream
        )
        yield f"{kind}.parquet".replace("(", "-"), stream.getvalue()
    stream = io.BytesIO()
    pl.select(name=pl.repeat("x" * 10_000, 50_000), label=pl.lit("y")).write_parquet(stream)
    yield "bomb.parquet", stream.getvalue()


def gzip_bomb() -> bytes:
    """Ten megabytes that unpack to ten gigabytes."""
    member = gzip.compress(b"Abel\tCzech\n" * 950_000, compresslevel=9)
    return member * (10 * 2**20 // len(member))
