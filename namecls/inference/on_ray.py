"""Pieces of tables answered by actors of Ray Data: on this machine, or in the cluster that RAY_ADDRESS names.

A piece is a path and a range of rows, and each actor reads, answers and writes its own, so that no table passes through
Ray. Where the process of an actor dies, Ray starts another one and gives it the piece again.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import signal
import socket
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from namecls import garbage
from namecls.config import core_count
from namecls.data.shards import Shard
from namecls.errors import DataError, NameclsError, RunError
from namecls.extras import needed
from namecls.inference import pieces
from namecls.inference.pieces import Piece
from namecls.language import _, language, set_language
from namecls.system import reason_of

if TYPE_CHECKING:
    from namecls.inference.scorer import Scorer

#: The address of a cluster, as Ray reads it.
ADDRESS = "RAY_ADDRESS"
_HERE = "local"
_SILENT = {"RAY_BACKEND_LOG_LEVEL": "fatal"}
_SECONDS = 10.0  # until a cluster has to answer
_EXTRA = "ray"
_TRIES = 3  # of a piece beyond the first: one that ends each process that reads it must come to an end
_STORE = 128 * 2**20  # bytes that Ray keeps of objects: only pieces and counts pass through it
_LONGEST = 40  # characters of a directory in which its sockets can lie: of their paths there are 107


class Answering:
    """An actor: answers one piece after another.

    :param directory: where it writes them.
    :param spoken: the language in which it says what is wrong.
    """

    def __init__(self, scorer: Scorer, directory: str, spoken: str) -> None:
        self._scorer, self._directory = scorer, Path(directory)
        set_language(spoken)
        garbage.seldom()

    def __call__(self, batch: Any) -> dict[str, list[Any]]:
        """The rows of each piece of a batch, or what was wrong."""
        found: dict[str, list[Any]] = {"rows": [], "problem": []}
        for row in batch.to_pylist():
            shard = Shard(row["shard"], row["of"])
            piece = Piece(row["number"], row["path"], shard, row["rows"])
            rows, problem = 0, ""
            try:
                rows = self._answer(piece)
            except NameclsError as error:
                problem = str(error)
            except OSError as error:
                problem = f"{error.filename or self._directory}: {reason_of(error)}"
            found["rows"].append(rows)
            found["problem"].append(problem)
        return found

    def _answer(self, piece: Piece) -> int:
        return pieces.answer(piece, self._scorer, self._directory)


@contextlib.contextmanager
def cluster(processes: int) -> Iterator[int]:
    """Ray as it runs already, or as RAY_ADDRESS says, or else on this machine alone until the block is left.

    On this machine nothing listens but on loopback, nobody gets in without a token that only these processes have, its
    files lie in a directory that is the user's alone, and nothing is told to anybody; unless Ray was imported before.

    :param processes: 0: as many as there are processors.
    :return: how many processes are to answer.
    :raises ConfigError: if Ray is not installed.
    :raises RunError: if it can't be started or reached.
    """
    here = core_count()
    address = os.environ.get(ADDRESS)
    if address == _HERE:
        address = None
    with contextlib.ExitStack() as ends:
        ends.enter_context(_variables(_SILENT if address is not None else {**_SILENT, **_alone()}))
        ends.enter_context(_quiet())
        ray = needed("ray", _EXTRA)
        needed("ray.data", _EXTRA)
        warnings.simplefilter("ignore")
        if not ray.is_initialized():
            asked: dict[str, Any] = {"address": address}
            if address is None:
                asked = {
                    "address": _HERE,
                    "num_cpus": (processes or here) + 1,  # one for what hands out the pieces
                    "num_gpus": 0,
                    "object_store_memory": _STORE,
                    "include_dashboard": False,
                    "_temp_dir": str(ends.enter_context(_own_directory()) / "ray"),
                }
            ends.callback(ray.shutdown)
            if address is not None:
                _knock(address)
            try:
                with _mute():
                    ray.init(log_to_driver=False, **asked)
            except Exception as error:
                told = (
                    _("Ray can't be started: {error}")
                    if address is None
                    else _("Ray can't be reached: {error}")
                )
                raise RunError(told.format(error=str(error).strip().split("\n")[0])) from error
        yield processes or (here if address is None else int(ray.cluster_resources().get("CPU", 1)))


def answers(wanted: Sequence[Piece], scorer: Scorer, directory: Path, processes: int) -> Iterator[int]:
    """Answer all pieces, within a `cluster`.

    :param directory: where they are written; all machines have it, and the files, at these paths.
    :return: yields how many rows a piece had, as each is written.
    :raises DataError: if a file is damaged or can't be read, or what is written to has no room.
    :raises RunError: if each process dies that is given one of them.
    """
    ray, data = needed("ray", _EXTRA), needed("ray.data", _EXTRA)
    items = [
        {
            "number": each.number,
            "path": each.path,
            "shard": each.shard.number,
            "of": each.shard.of,
            "rows": each.rows,
        }
        for each in wanted
    ]
    context = data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    answered = data.from_items(items, override_num_blocks=len(items)).map_batches(
        Answering,
        fn_constructor_args=(scorer, str(directory), language()),
        batch_size=1,
        batch_format="pyarrow",
        compute=data.ActorPoolStrategy(size=min(processes, len(items)), max_tasks_in_flight_per_actor=1),
        num_cpus=1,
        max_task_retries=_TRIES,
    )
    try:
        for row in answered.iter_rows():
            if row["problem"]:
                raise DataError(row["problem"])
            yield row["rows"]
    except (ray.exceptions.RayActorError, ray.exceptions.OutOfMemoryError) as error:
        raise RunError(
            _(
                "a piece was given up: the processes that answered it ended {times} times; is memory enough?"
            ).format(times=1 + _TRIES)
        ) from error


def _knock(address: str) -> None:
    """See that somebody is there: Ray would try for minutes.

    :raises RunError: if nobody is; of an address that is no host and port only Ray can tell.
    """
    host, _colon, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _SECONDS).close()
    except OSError as error:
        told = _(
            "{variable}: Ray can't be reached at {address}: {why}; start it there, or unset the variable"
        )
        raise RunError(told.format(variable=ADDRESS, address=address, why=reason_of(error))) from error


@cache
def _alone() -> Mapping[str, str]:
    """What Ray and its processes read of the environment, once, when Ray is imported; nothing, if it is already."""
    if "ray" in sys.modules:
        return {}
    return {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # no cluster of several machines: then all is on loopback
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
    }


@contextlib.contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what Ray says to its developers; it sets its loggers and filters anew as it goes, and a handler."""
    before, handler = logging.root.manager.disable, signal.getsignal(signal.SIGTERM)
    logging.disable(logging.CRITICAL)
    with warnings.catch_warnings():
        try:
            yield
        finally:
            logging.disable(before)
            with contextlib.suppress(ValueError):  # in another thread than the first it has not set any
                signal.signal(signal.SIGTERM, handler)


@contextlib.contextmanager
def _mute() -> Iterator[None]:
    """Without what the parts of Ray that are not Python write to standard error."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextlib.contextmanager
def _own_directory() -> Iterator[Path]:
    """A directory that nobody else can look into, at a path that is short enough for sockets."""
    place = tempfile.gettempdir()
    with tempfile.TemporaryDirectory(
        prefix="namecls-", dir=place if len(place) <= _LONGEST else "/tmp", ignore_cleanup_errors=True
    ) as directory:
        yield Path(directory)
