"""``namecls demo``: the whole path once, by itself: a file, a training, answers, why, mistakes, a mended file."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from namecls.cli.console import say
from namecls.language import LANGUAGE_VARIABLE, _, language

_ROWS, _EPOCHS = 20_000, 6
_BEAT = 0.1  # seconds between two looks at the keyboard


class Stopped(Exception):  # noqa: N818  # it is no error
    """A key was pressed."""


def demo(
    pause: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, max=60, help="Time to read after each step.")
    ] = 4.0,
) -> None:
    """Play the whole path by itself, in about a minute; any key stops it.

    Real names of the data that come with namecls, real commands, each shown
    before it runs: look into a file, train on it, rank names, ask why, find
    what the model gets wrong, mend the file. All in a directory of its own,
    which is removed at the end.

    Examples:
      namecls demo
      namecls demo --pause 1
    """
    with tempfile.TemporaryDirectory(prefix="namecls-demo-") as place, _keys():
        try:
            _play(Path(place), pause)
        except Stopped:
            say(_("namecls: stopped; namecls --help lists all commands"))


def _play(place: Path, pause: float) -> None:
    tell = _Stage(place, pause)
    some = _("A file of names: some of those that come with namecls.")
    sample = tell.run(some, f"data sample -n {_ROWS}", to="names.tsv")
    tell.run(_("What is in it?"), "data inspect names.tsv")
    train = f"train --data names.tsv --preset fast --epochs {_EPOCHS} --save-dir runs --name first"
    tell.run(_("Train a network on it, and watch it learn."), train)
    tell.run(_("Where may these names come from?"), "predict Kowalski Yamamoto Fernández --model runs/first")
    tell.run(_("Why?"), "explain Kowalski --model runs/first")
    tell.run(_("What does it get wrong?"), "runs mistakes first --save-dir runs -n 8")
    found = tell.run("", "runs mistakes first --save-dir runs -n 1 --json", to="mistakes.json")
    if row := _first_row(found.read_text(encoding="utf-8")):
        name, label, line = row
        _drop(place / "names.tsv.edits.jsonl", name, label, line)
        mend = "data apply names.tsv --edits names.tsv.edits.jsonl --output mended.tsv"
        told = _("Mend it, say that {name} is not {label}: without the row, the file itself is not touched.")
        tell.run(told.format(name=name, label=label), mend)
    say("")
    count = len(sample.read_bytes().splitlines())
    say(_("That was the whole path, on {n:,} names. Now yours: namecls-tui FILE").format(n=count))


class _Stage:
    """Runs commands in a directory, each told before, and stops when a key is pressed."""

    def __init__(self, place: Path, pause: float) -> None:
        self._place = place
        self._pause = pause

    def run(self, told: str, command: str, *, to: str = "") -> Path:
        """Say what comes, run it, and give time to read.

        :param to: the file that takes its output; empty: the terminal does.
        """
        if told:
            say("")
            say(f"# {told}")
            say(f"$ namecls {command}{f' > {to}' if to else ''}", style="bold")
        words = [sys.executable, "-m", "namecls", *shlex.split(command)]
        with contextlib.ExitStack() as held:
            output = held.enter_context((self._place / to).open("wb")) if to else None
            process = subprocess.Popen(
                words, cwd=self._place, stdin=subprocess.DEVNULL, stdout=output, env=_environment()
            )
            try:
                while process.poll() is None:
                    _wait(_BEAT)
            except BaseException:
                process.terminate()
                process.wait()
                raise
        if process.returncode:
            raise typer.Exit(process.returncode)
        if told:
            _wait(self._pause)
        return self._place / to


def _environment() -> dict[str, str]:
    """The present one, with the package where it is now, and without models and data of the user."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("NAMECLS_")}
    root = str(Path(__file__).resolve().parents[2])
    own[LANGUAGE_VARIABLE] = language()
    return {**own, "PYTHONPATH": os.pathsep.join(filter(None, (root, own.get("PYTHONPATH", ""))))}


def _wait(seconds: float) -> None:
    """:raises Stopped: as soon as a key is pressed."""
    if not sys.stdin.isatty() or sys.platform == "win32":
        time.sleep(seconds)
    elif select.select([sys.stdin], [], [], seconds)[0]:
        os.read(sys.stdin.fileno(), 1024)
        raise Stopped


@contextlib.contextmanager
def _keys() -> Iterator[None]:
    """Let each key be read as it is pressed, where there is a terminal."""
    if not sys.stdin.isatty() or sys.platform == "win32":
        yield
        return
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _first_row(text: str) -> tuple[str, str, int] | None:
    for row in json.loads(text)["rows"]:
        return str(row["name"]), str(row["label"]), int(row["line"])
    return None


def _drop(file: Path, name: str, label: str, line: int) -> None:
    from namecls.edits.edit import Edit
    from namecls.edits.patch import PatchFile

    with PatchFile.open(file) as (edits, _):
        edits.add([Edit.drop(name, label, line)])
