"""Hostile files of names: each is refused clearly or read correctly, and nothing else happens.

`run` counts them. What it makes and how it judges is also used by `tests/test_hostile_data.py`, with fewer of them.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from namecls.cli.app import BUG, MENDABLE
from namecls.cli.app import run as command_line
from namecls.cli.bulk import read_blocks
from namecls.data.browse import KINDS, SORTS, Catalog, Query
from namecls.data.inspection import inspect_table
from namecls.data.split import split_table
from namecls.data.table import NameTable, load_dataset
from namecls.errors import DataError
from tests.stress.files import (
    FIRST,
    FORMATS,
    Pair,
    damaged,
    damaged_parquet,
    expected,
    gzip_bomb,
    odd_files,
    one_line,
    tables,
    written,
)

#: What a file may be called.
SUFFIXES = (".tsv", ".csv", ".txt", "", ".jsonl", ".json", ".tsv.gz", ".jsonl.gz", ".parquet")
SEARCHES = ("a", "", "\ud800", "[a", "\\", "(?i)", "\0", "İ", "ß", "\u0301", "ﷺ", "'" * 1000, "é" * 100_000)
#: The most memory that reading a file may take: so many times its size, and what the libraries take for themselves.
TIMES, BESIDES = 64, 400 * 2**20


@dataclass(frozen=True)
class Outcome:
    """What came of a file: a table, or why not."""

    table: NameTable | None
    refused: str = ""


class LostError(AssertionError):
    """A file that was neither refused clearly nor read correctly."""


def read(path: Path) -> Outcome:
    """A file as a table, or the reason in a sentence that names the file.

    :raises LostError: if anything else comes of it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            table = load_dataset(path, header=False, min_labels=1)
    except DataError as error:
        message = str(error)
        if str(path) not in message or len(message) > len(str(path)) + 400:
            raise LostError(f"unclear: {message[:300]}") from None
        return Outcome(None, message)
    except BaseException as error:
        raise LostError(f"{type(error).__name__}: {error}") from error
    lines = [*table.frame["line"], *(bad.line for bad in table.bad_lines)]
    if sorted(lines) != list(range(1, len(lines) + 1)):
        raise LostError("not every record is a row or a bad line")
    rows = list(zip(table.names, table.label_of_rows, strict=True))
    if not rows or any(name != name.strip() or set("\n\r\0") & {*name, *label} for name, label in rows):
        raise LostError("rows that no table may hold")
    return Outcome(table)


def look_through(table: NameTable) -> None:
    """Everything that is done with a table before any training.

    :raises LostError: if anything but a `DataError` comes of it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            json.dumps(inspect_table(table).to_json())
            with contextlib.suppress(DataError):
                split_table(table)
            catalog = Catalog(table)
            for at, search in enumerate((*SEARCHES, table.names[0], table.names[-1])):
                found = catalog.select(Query(search, sort=SORTS[at % len(SORTS)], descending=bool(at % 2)))
                found.rows(0, 20)
            catalog.select(Query(label=table.labels[0]))
            if table.names[0] not in {row.name for row in catalog.details(table.names[0]).rows}:
                raise LostError("a name that has no details")
            for kind in KINDS:
                catalog.problem_count(kind), catalog.problems(kind, 0, 10)
    except LostError:
        raise
    except BaseException as error:
        raise LostError(f"looked through: {type(error).__name__}: {error}") from error


def call(*arguments: object) -> int:
    """The command line, in this process, its words thrown away.

    :raises LostError: if it finds a bug.
    """
    told = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(told):
        code = command_line([str(argument) for argument in arguments])
    if code == BUG:
        raise LostError(f"{arguments[0]}: {told.getvalue()[-300:]}")
    return code


def incoming(data: bytes) -> int:
    """How many names `namecls predict` reads from these bytes.

    :raises LostError: if it is not one per line.
    """
    found = sum(len(lines.names) for lines in read_blocks(io.BytesIO(data)))
    if found != (data.removesuffix(b"\n").count(b"\n") + 1 if data else 0):
        raise LostError(f"{found} names read, as lines counted otherwise")
    return found


def memory_of(path: Path, seconds: float = 300) -> int:
    """How many bytes the process that reads a file, and looks into it, takes at most.

    :raises LostError: if it does not end well and in time.
    """
    program = (
        "import contextlib, resource, sys; from pathlib import Path; from namecls.data.table import load_dataset\n"
        "from namecls.errors import DataError; from namecls.data.inspection import inspect_table\n"
        "with contextlib.suppress(DataError):\n"
        "    inspect_table(load_dataset(sys.argv[1], header=False, min_labels=1))\n"
        "high = Path('/proc/self/status')\n"  # of this program alone; the other figure begins with its parent's
        "words = high.read_text().split() if high.exists() else []\n"
        "print(int(words[words.index('VmHWM:') + 1]) * 1024 if words else\n"
        "      resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    root = Path(__file__).resolve().parents[2]
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, str(path)],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise LostError(f"not read within {seconds:.0f} s") from None
    if done.returncode or done.stderr:
        raise LostError(f"left with {done.returncode}: {done.stderr[-300:]}")
    return int(done.stdout)


def bounded(path: Path) -> None:
    """See that a file takes no more memory than it may.

    :raises LostError: if it does.
    """
    taken, size = memory_of(path), path.stat().st_size
    if taken > TIMES * size + BESIDES:
        raise LostError(f"{size >> 20} MiB of file take {taken >> 20} MiB of memory")


@contextlib.contextmanager
def places(directory: Path) -> Iterator[list[Path]]:
    """Paths that are no files, or none that can be read."""
    pipe, loop, closed = directory / "pipe.tsv", directory / "loop.tsv", directory / "closed.tsv"
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    closed.write_bytes(b"Abel\tCzech\n")
    closed.chmod(0)
    special = [
        Path(name) for name in ("/dev/zero", "/dev/null", "/dev/urandom", "a\0b", "x" * 5000, "\udcff")
    ]
    with socket.socket(socket.AF_UNIX) as listener, tempfile.TemporaryDirectory() as short:
        listener.bind(f"{short}/s")
        yield [
            directory,
            pipe,
            loop,
            Path(short) / "s",
            directory / "none",
            *special,
            *([closed] * bool(os.getuid())),
        ]


def changing(path: Path, reads: int) -> list[Outcome]:
    """What comes of a file that is cut, filled and replaced again and again while it is read."""
    text, stop = written(FIRST * 20_000, ".tsv"), threading.Event()
    path.write_bytes(text)

    def change() -> None:
        at = 0
        while not stop.is_set():
            at += 1
            with path.open("r+b") as file:
                file.truncate(at * 7919 % len(text))
                file.seek(0, os.SEEK_END)
                file.write(text[: at * 104_729 % len(text)])

    changer = threading.Thread(target=change)
    changer.start()
    try:
        return [read(path) for _ in range(reads)]
    finally:
        stop.set()
        changer.join()


def run(full: bool, say: Callable[[str], None]) -> dict[str, int]:
    """Try hostile files.

    :param full: several thousand instead of some hundred.
    :returns: how many were tried, refused clearly, read correctly, and lost.
    """
    counts: Counter[str] = Counter()
    random_ = random.Random(0)
    with tempfile.TemporaryDirectory(prefix="namecls-inputs-") as folder:
        directory = Path(folder)

        def judge(
            name: str, data: bytes, pairs: Sequence[Pair] | None = None, *, deeper: bool = True
        ) -> None:
            path = directory / name
            path.write_bytes(data)
            attempt(name, path, data, pairs, deeper)
            path.unlink()

        def attempt(
            name: str, path: Path, data: bytes | None, pairs: Sequence[Pair] | None, deeper: bool
        ) -> None:
            counts["inputs tried"] += 1
            try:
                outcome = read(path)
                if data is not None:
                    incoming(data)
                if pairs is not None:
                    table = outcome.table
                    found = [] if table is None else list(zip(table.names, table.label_of_rows, strict=True))
                    if found != expected(pairs):
                        raise LostError(f"expected {expected(pairs)!r:.300}, read {found!r:.300}")
                if outcome.table is not None and deeper:
                    look_through(outcome.table)
            except LostError as error:
                counts["lost"] += 1
                say(f"lost: {name}: {error}")
            else:
                counts["read correctly" if outcome.table is not None else "refused clearly"] += 1

        for at, pairs in enumerate(tables(random_, 300 if full else 20)):
            kinds = FORMATS[: -1 if at % 8 else None] if full else (FORMATS[at % len(FORMATS)], ".tsv")
            for kind in kinds:
                rows = one_line(pairs) if kind[1:4] in ("tsv", "csv") else pairs
                judge(f"table{kind}", written(rows, kind), rows, deeper=at % 5 == 0)
        for at, data in enumerate(damaged(random_, 1200 if full else 100)):
            judge(f"damaged{SUFFIXES[at % 8]}", data, deeper=at % 5 == 0)
        for data in damaged_parquet(random_, 100 if full else 8):
            judge("damaged.parquet", data, deeper=False)
        for name, data in odd_files():
            judge(name, data, deeper=name != "labels.tsv" or full)
        with places(directory) as paths:
            for path in paths:
                attempt(f"place {path!s:.40}", path, None, None, False)
        for outcome in changing(directory / "changing.tsv", 100 if full else 10):
            counts["inputs tried"] += 1
            counts["refused clearly" if outcome.table is None else "read correctly"] += 1
        _through_the_commands(directory, counts, say, 8 if full else 3)
        _within_memory(directory, counts, say, full)
    say(", ".join(f"{what}: {number:,}" for what, number in counts.items()))
    return {what: counts[what] for what in ("inputs tried", "refused clearly", "read correctly", "lost")}


def _through_the_commands(
    directory: Path, counts: Counter[str], say: Callable[[str], None], many: int
) -> None:
    """`namecls predict`, `data inspect` and `data sample` on hostile files."""
    names, answers = directory / "names", directory / "answers.jsonl"
    odd = [data for name, data in odd_files() if len(data) < 100_000 and not name.endswith(".gz")]
    for data in [*(odd if many > 5 else odd[::9]), *damaged(random.Random(1), many)]:
        counts["inputs tried"] += 1
        names.write_bytes(data)
        try:
            codes = {call("data", "inspect", names), call("data", "inspect", names, "--problems", "--json")}
            codes.add(call("data", "sample", names))
            codes.add(code := call("predict", "--input", names, "--output", answers, "-f", "jsonl"))
            if code not in (0, MENDABLE):
                raise LostError(f"predict left with {code}")
            if not code and answers.read_bytes().count(b"\n") != incoming(data):
                raise LostError("predict did not answer line by line")
        except LostError as error:
            counts["lost"] += 1
            say(f"lost: in the commands: {error}: {data[:60]!r}")
        else:
            counts["read correctly" if 0 in codes else "refused clearly"] += 1


def _within_memory(directory: Path, counts: Counter[str], say: Callable[[str], None], full: bool) -> None:
    """Files that take as much memory as they can."""
    bomb = gzip_bomb()
    large = {"small-bomb.tsv.gz": bomb[: len(bomb) // 50]}
    if full:
        text = written(FIRST, ".tsv")
        large |= {
            "bomb.tsv.gz": bomb,
            "empty.tsv": text + b"\n" * 9_900_000,
            "short.tsv": b"A\tB\n" * 9_900_000,
            "labels.tsv": "".join(f"A\t{i:x}\n" for i in range(2_000_000)).encode(),
            "line.tsv": text + "é".encode() * 50_000_000,
            "latin.tsv": text + b"\xff\n" * 2_000_000,
            "unclosed.tsv": text + b'"\n' * 2_000_000,
            "braces.jsonl": b'{"name":"A","label":"B"}\n' + b"{\n" * 1_000_000,
        }
    for name, data in large.items():
        counts["inputs tried"] += 1
        path = directory / name
        path.write_bytes(data)
        try:
            bounded(path)
        except LostError as error:
            counts["lost"] += 1
            say(f"lost: {name}: {error}")
        else:
            counts["refused clearly" if "bomb" in name else "read correctly"] += 1
        path.unlink()
