"""`namecls predict --workers`: the parts of a file answered by processes of this machine, and put together in order."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import typer

from namecls.cli.console import messages
from namecls.cli.destination import is_replaced, is_stdout
from namecls.cli.merge import put_together
from namecls.cli.options import given_parameters
from namecls.cli.parts import read_note, shard_of
from namecls.cli.stopping import StopFlag, left_by_signals, stop_on_signals
from namecls.config import core_count
from namecls.data.shards import Shard
from namecls.errors import RunError
from namecls.files.storage import hidden_beside
from namecls.language import LANGUAGE_VARIABLE, _, language

#: What says how many threads a process computes with.
_THREADS = "OMP_NUM_THREADS"
_TRIES = 3  # of a part beyond the first
_TURN = 0.05  # seconds
_OWN = ("workers", "output", "shard")


def check_shards(shard: str | None, source: str | None, chosen: str, encoding: str | None) -> None:
    """See that a file can be answered in shards, by the options of `namecls predict`.

    :param chosen: the format of records; empty of a table.
    :raises typer.BadParameter: if it can't.
    """
    if shard is not None:
        raise typer.BadParameter(
            _("--workers answer all shards: leave out --shard, or --workers to answer one of them")
        )
    shard_of("1/1", source, chosen, encoding, option="--workers")


def predict_by(workers: int, output: Path | None, context: typer.Context) -> None:
    """Answer as the options of `namecls predict` say, by so many processes, each of which answers a shard.

    A shard whose process is killed is answered again. The output is whole or not there.

    :raises typer.BadParameter: if the output is no file.
    :raises typer.Exit: as the first process that ends with an error, whose message is shown.
    :raises RunError: if the process of a shard is killed again and again.
    """
    if output is None or is_stdout(output) or not is_replaced(output):
        raise typer.BadParameter(_("--workers put their parts together in a file: give --output FILE"))
    words = _given_words(context)
    with hidden_beside(output) as place:
        shards = [
            _Shard(Shard(number, workers), place, output.name, words) for number in range(1, workers + 1)
        ]
        try:
            with stop_on_signals() as stop:  # a flag, which can't come between a process and its handle
                _wait(shards, stop)
        finally:
            for shard in shards:
                shard.stop()
        _show(line for shard in shards for line in shard.said())
        with left_by_signals():
            put_together([(read_note(shard.output), shard.output) for shard in shards], output)


def _wait(shards: Sequence[_Shard], stop: StopFlag) -> None:
    for shard in shards:
        shard.start()
    while running := [shard for shard in shards if shard.is_running()]:
        if stop:
            raise typer.Exit(stop.exit_code)
        time.sleep(_TURN)
        for shard in running:
            code = shard.poll()
            if code < 0 and shard.starts <= _TRIES:
                shard.start()
            elif code < 0:
                raise RunError(
                    _(
                        "a part was given up: its processes were killed {times} times; is there enough memory?"
                    ).format(times=shard.starts)
                )
            elif code:
                _show(shard.said())
                raise typer.Exit(code)


def _given_words(context: typer.Context) -> list[str]:
    """The options that stand in the command line, with their values, but for those that each shard has its own of."""
    words: list[str] = []
    for parameter in given_parameters(context, beside=_OWN):
        value = context.params[str(parameter.name)]
        if isinstance(value, bool):
            words.append((parameter.opts if value else parameter.secondary_opts)[0])
            continue
        for each in value if isinstance(value, list) else [value]:
            words += [parameter.opts[0], str(each)]
    return words


def _show(lines: Iterable[str]) -> None:
    """What processes have said, each line once: most say the same."""
    for line in dict.fromkeys(lines):
        messages().file.write(f"{line}\n")


@dataclass(slots=True)
class _Shard:
    """A part of the input and the process that answers it.

    :param starts: how many processes it has had.
    """

    shard: Shard
    place: Path
    name: str
    words: Sequence[str]
    starts: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def output(self) -> Path:
        return self.place / f"{self.shard.number}-{self.name}"

    def start(self) -> None:
        number, of = self.shard.number, self.shard.of
        words = [sys.executable, "-m", "namecls", "predict", *self.words]
        threads = str(max(core_count() // of, 1))
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(
                [*words, "--shard", f"{number}/{of}", "--output", str(self.output)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env={_THREADS: threads, **os.environ, LANGUAGE_VARIABLE: language()},
            )
        self.starts += 1

    def is_running(self) -> bool:
        """Whether it is not answered yet."""
        return self.process is None or self.process.returncode != 0

    def poll(self) -> int:
        """The exit code of its process; 0 as long as that runs, too."""
        return (self.process.poll() if self.process is not None else None) or 0

    def stop(self) -> None:
        """End its process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def said(self) -> Iterator[str]:
        """The lines of its messages."""
        yield from self._said.read_text(encoding="utf-8", errors="replace").splitlines()

    @property
    def _said(self) -> Path:
        return self.place / f"{self.shard.number}.messages"
