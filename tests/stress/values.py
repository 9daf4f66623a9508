"""A run whose JSON files hold a value that was not written there: every command uses it, or says what is wrong.

The files stay well formed, and a finished run gets a manifest that fits, so that what looks at the values has to
notice. A flipped byte seldom gets so far.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import hashlib
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from namecls.cli.app import BUG
from namecls.cli.app import run as command_line
from namecls.data.table import load_dataset
from namecls.events import EpochEnd
from namecls.files.locks import LOCK
from namecls.runs.history import HISTORY
from namecls.runs.manifest import MANIFEST
from namecls.runs.record import CONFIG
from namecls.runs.run import METRICS, MODEL, Run
from namecls.training.loop import train
from tests.library import SMALL, small_file

#: What is put in the place of a value. None of it is too long for its file to be read.
VALUES: tuple[object, ...] = (
    *(0, 1, -1, 1.5, -0.0, 5e-324, 1e-9, 1e308, 2**53, 10**400),
    *("", "x", "x" * 100_000, "\x1b[66;66m\x9b1m", "\u202e", "../../x", "/dev/zero", "NaN", "\0"),
    *(True, None, [], {}, [None], [[]], [[1]], ["a"] * 50, {"a": 1}),
)
_GONE = object()  # no value, and no key
_MANY, _FEW = 1_500, 40
_PATIENCE = 60  # seconds that a command may take

Path_ = tuple[Any, ...]


class Case(NamedTuple):
    """A value in the place of another one."""

    run: str  # "finished" or "left": broken off after an epoch
    file: str
    line: int | None  # of the history
    path: Path_
    value: object

    def __str__(self) -> str:
        where = "/".join(map(str, self.path))
        shown = "nothing" if self.value is _GONE else repr(self.value)[:40]
        return f"{self.run}, {self.file}{'' if self.line is None else f' {self.line}'}, {where}: {shown}"


class SlowError(Exception):
    """A command that does not come to its end."""


def run(full: bool, say: Callable[[str], None]) -> dict[str, int]:
    """Replace values of a run's files, at random, and let the commands work on it.

    :param full: many instead of few.
    """
    counts = Counter({"values replaced": 0, "commands": 0, "lost": 0})
    earlier = os.environ.get("XDG_STATE_HOME")
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        os.environ["XDG_STATE_HOME"] = str(place / "state")
        try:
            made = make(place)
            every = list(cases(made))
            for case in random.Random(0).sample(every, _MANY if full else _FEW):
                work = place / "work"
                shutil.copytree(made / case.run, work / "run")
                replace(work / "run", case)
                counts["values replaced"] += 1
                for arguments in commands(work / "run", case, counts["values replaced"]):
                    counts["commands"] += 1
                    if problem := trouble(arguments):
                        counts["lost"] += 1
                        say(f"LOST: {case}: {' '.join(map(str, arguments[:2]))}: {problem}")
                shutil.rmtree(work)
        finally:
            os.environ.pop("XDG_STATE_HOME")
            if earlier is not None:
                os.environ["XDG_STATE_HOME"] = earlier
    say(f"{counts['values replaced']:,} of {len(every):,} that there are")
    return dict(counts)


def make(place: Path) -> Path:
    """A finished run, and one that was left after its first epoch."""
    config, data, parent = dataclasses.replace(SMALL, epochs=2), small_file(place), place / "made"
    for _ in train(config, load_dataset(data), Run.create(parent, config, "finished")):
        pass
    with contextlib.closing(train(config, load_dataset(data), Run.create(parent, config, "left"))) as events:
        next(event for event in events if isinstance(event, EpochEnd))
    (parent / "left" / LOCK).write_text(
        json.dumps({"pid": 1, "host": "elsewhere", "since": "2020-01-01T00:00:00"})
    )
    return parent


def cases(made: Path) -> Iterator[Case]:
    """Every value of every file, replaced by each of `VALUES`, and left out."""
    for name in ("finished", "left"):
        for file in (CONFIG, MODEL, METRICS, MANIFEST, HISTORY, LOCK):
            path = made / name / file
            if not path.exists():
                continue
            if file == HISTORY:
                kinds: set[str] = set()
                for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
                    content = json.loads(line)
                    if content["event"] not in kinds:
                        kinds.add(content["event"])
                        yield from _replacements(name, file, number, content)
            else:
                yield from _replacements(name, file, None, json.loads(path.read_text(encoding="utf-8")))


def _replacements(name: str, file: str, line: int | None, content: object) -> Iterator[Case]:
    for path in _places(content):
        for value in (*VALUES, *([_GONE] if path else [])):
            yield Case(name, file, line, path, value)


def _places(value: object, path: Path_ = ()) -> Iterator[Path_]:
    """Where values stand; of lists the first and the last."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*path, key))
    elif isinstance(value, list):
        for at in sorted({0, len(value) - 1}) if value else ():
            yield from _places(value[at], (*path, at))


def replace(directory: Path, case: Case) -> None:
    """Put the value there, and make a manifest that fits, if there is one."""
    path = directory / case.file
    text = path.read_text(encoding="utf-8")
    if case.line is None:
        path.write_text(json.dumps(_with(json.loads(text), case)), encoding="utf-8")
    else:
        lines = text.splitlines()
        lines[case.line] = json.dumps(_with(json.loads(lines[case.line]), case))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if case.file != MANIFEST and (directory / MANIFEST).exists():
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        for name in manifest["files"]:
            content = (directory / name).read_bytes()
            manifest["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        (directory / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def _with(content: Any, case: Case) -> Any:
    if not case.path:
        return case.value
    changed = copy.deepcopy(content)
    inner = changed
    for key in case.path[:-1]:
        inner = inner[key]
    if case.value is _GONE:
        del inner[case.path[-1]]
    else:
        inner[case.path[-1]] = case.value
    return changed


def commands(directory: Path, case: Case, number: int) -> Iterator[tuple[object, ...]]:
    """The commands that read what was changed."""
    yield "runs", "list", "--save-dir", directory.parent
    yield "runs", "show", directory
    yield "runs", "show", directory, "--json"
    if case.file != HISTORY:
        yield "predict", "Borski", "--model", directory
        yield (
            ("evaluate", "--model", directory) if number % 2 else ("explain", "Borski", "--model", directory)
        )
    if case.run == "left":
        yield ("runs", "finish", directory) if number % 2 else ("train", "--resume", directory)


def trouble(arguments: tuple[object, ...]) -> str:
    """What is wrong with how a command ends, or nothing. To refuse the run in a line is right."""
    told = io.StringIO()
    before = sys.stdin

    def too_slow(_number: int, _frame: FrameType | None) -> None:
        raise SlowError

    sys.stdin = io.TextIOWrapper(io.BytesIO())
    handler = signal.signal(signal.SIGALRM, too_slow)
    signal.alarm(_PATIENCE)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(told):
            code = command_line([str(argument) for argument in arguments])
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, handler)
        sys.stdin = before
    if code == BUG or (code != 0 and not told.getvalue().strip()):
        return f"ended with {code}: {told.getvalue()[-300:]}"
    return ""
