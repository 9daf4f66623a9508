"""A training on several processes, as `torchrun` starts them: who takes part, what is said, what is added up.

The first process leads: it reads the data, decides, validates, tells and writes. It says each thing that is to be done
by a `Word`; the others listen, and do it with their part of the rows. While there is nothing to do the leader says so
every few seconds, so that a pause is none that could be taken for its end, and a process that is gone is missed soon.

Words and tensors of the CPU go through gloo, gradients on a GPU through NCCL.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from enum import IntEnum
from typing import Any

import torch
from torch import Tensor, distributed

from namecls.errors import ConfigError, ProcessLost, TrainingError
from namecls.language import _
from namecls.nn.devices import choose_device

#: Seconds: how long a process waits for another that takes part, and for all to come.
ANSWER_WITHIN, COME_WITHIN = 20.0, 300.0
_REST_EVERY = 4.0  # seconds
_NUMBERS = 3  # beside a word
_DTYPES = {str(t).removeprefix("torch."): t for t in (torch.float64, torch.float32, torch.int64, torch.int32)}


class Word(IntEnum):
    """What the leader says is to be done now."""

    REST = 0
    TAKE = 1  # the rows, the network and the optimizer state of a training
    STEP = 2  # on the batch of an epoch
    ANSWER = 3  # for the validation rows
    ADOPT = 4  # what was fitted on these answers
    LEAVE = 5


class Group:
    """The processes of a training, as one of them sees them. This one is alone.

    :ivar rank: which one it is, from 0, the leader.
    :ivar size: how many there are.
    :ivar local_size: how many of them are on this machine, and share its cores.
    :ivar wants_end: whether this process was asked to end, by a signal.
    :ivar is_asked_to_end: whether any of them was.
    :ivar is_lost: whether another process is gone.
    """

    rank, size, local_rank, local_size = 0, 1, 0, 1
    is_asked_to_end = is_lost = False

    def __init__(self) -> None:
        self.wants_end: Callable[[], bool] = bool

    def part(self, rows: Tensor) -> Tensor:
        """This process's part of some rows; that of the leader is never empty. *Shape:* (rows, ...)"""
        return rows[slice(*self.bounds(len(rows), self.rank))]

    def bounds(self, count: int, rank: int) -> tuple[int, int]:
        """Where the part of a process begins and ends, of so many rows."""
        return -(-count * rank // self.size), -(-count * (rank + 1) // self.size)

    def use(self, device: torch.device) -> None:
        """Say, in every process, on what kind of device gradients will be.

        :raises ConfigError: if this machine has no such device for each of its processes.
        """

    @contextlib.contextmanager
    def turn(self, word: Word, *numbers: int) -> Iterator[None]:
        """Have all do something, in which this process takes part itself. The others do not say a word: they heard it.

        :raises ProcessLost: if another process is gone.
        """
        del word, numbers
        yield

    def look(self) -> None:
        """See that all are there.

        :raises ProcessLost: if another process is gone: `torchrun` asks those that are left to end when one is.
        """
        with self.turn(Word.REST):
            pass

    def add(self, values: Tensor) -> None:
        """Replace values by their sum over all processes."""

    def gather(self, values: Tensor) -> Tensor:
        """The values of every process. *Shape:* any -> (processes, ...)"""
        return values[None]


ALONE = Group()


class Processes(Group):
    """One of several processes; see `joined`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__()
        self.rank, self.size, self.local_rank, self.local_size = places(environment)
        try:
            distributed.init_process_group("gloo", timeout=_seconds(COME_WITHIN))
            self._talk = _new_group("gloo")
        except (RuntimeError, ValueError) as error:
            raise TrainingError(
                _("process {rank} of {size} did not find the others at {address}: {error}").format(
                    rank=self.rank,
                    size=self.size,
                    address=environment.get("MASTER_ADDR", "?"),
                    error=_first_line(error),
                )
            ) from error
        self._sums = self._talk
        self._lock = threading.Lock()
        self._said = time.monotonic()
        self._lost: ProcessLost | None = None
        self._is_broken = False
        self._over = threading.Event()
        self._resting = threading.Thread(target=self._rest, daemon=True)
        if not self.rank:
            self._resting.start()

    def use(self, device: torch.device) -> None:
        if device.type == "cuda":
            torch.cuda.set_device(choose_device(f"cuda:{self.local_rank}"))
            if self._sums is self._talk:
                self._sums = _new_group("nccl")

    @contextlib.contextmanager
    def turn(self, word: Word, *numbers: int) -> Iterator[None]:
        if self.rank:
            yield
            return
        with self._lock:
            if self._lost is not None:
                raise self._lost
            self._is_broken = True  # until all of it is done: the others can't be told anything in between
            self._say(word, *numbers)
            yield
            self._is_broken = False
            self._said = time.monotonic()

    def heard(self) -> tuple[Word, list[int]]:
        """The next word of the leader, and its numbers."""
        words = torch.zeros(1 + _NUMBERS, dtype=torch.int64)
        self._from_leader(words)
        word, *numbers = words.tolist()
        return Word(word), numbers

    def share(
        self, values: dict[str, Any] | None = None, tensors: Mapping[str, Tensor] | None = None
    ) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """What the leader gives, in every process; within a turn.

        :param values: plain ones, by their names; of the leader.
        :param tensors: of the leader; they arrive on the CPU.
        """
        given = {name: tensor.detach().cpu().contiguous() for name, tensor in (tensors or {}).items()}
        kinds = [[name, str(t.dtype).removeprefix("torch."), list(t.shape)] for name, t in given.items()]
        text = json.dumps({"values": values, "tensors": kinds}).encode()
        length = torch.tensor([len(text)])
        self._from_leader(length)
        letters = torch.frombuffer(bytearray(text.ljust(int(length))[: int(length)]), dtype=torch.uint8)
        self._from_leader(letters)
        told = json.loads(letters.numpy().tobytes())
        found: dict[str, Tensor] = {}
        for name, kind, shape in told["tensors"]:
            found[name] = (
                given.get(name, torch.empty(0)) if not self.rank else torch.empty(shape, dtype=_DTYPES[kind])
            )
            if found[name].numel():
                self._from_leader(found[name])
        return told["values"], found

    def add(self, values: Tensor) -> None:
        self._wait(lambda: distributed.all_reduce(values, group=self._sums, async_op=True))

    def gather(self, values: Tensor) -> Tensor:
        found = values.new_empty((self.size, *values.shape))
        through = self._talk if values.device.type == "cpu" else self._sums
        parts = list(found.unbind())
        self._wait(lambda: distributed.all_gather(parts, values.contiguous(), group=through, async_op=True))
        return found

    def leave(self) -> None:
        """Let the others go, and end the connection."""
        self._over.set()
        if not self.rank:
            self._resting.join()
            if self._lost is None and not self._is_broken:
                with contextlib.suppress(ProcessLost):
                    self._say(Word.LEAVE)
        distributed.destroy_process_group()

    def _say(self, word: Word, *numbers: int) -> None:
        self._from_leader(torch.tensor([word, *numbers, *[0] * (_NUMBERS - len(numbers))], dtype=torch.int64))

    def _rest(self) -> None:
        """Say, while there is nothing to do, that the leader is still there."""
        while not self._over.wait(_REST_EVERY / 2):
            with self._lock:
                if time.monotonic() - self._said < _REST_EVERY or self._is_broken:
                    continue
                try:
                    self._say(Word.REST)
                except ProcessLost as error:
                    self._lost = error
                    return
                self._said = time.monotonic()

    def _from_leader(self, values: Tensor) -> None:
        self._wait(lambda: distributed.broadcast(values, 0, group=self._talk, async_op=True))

    def _wait(self, work: Callable[[], Any]) -> None:
        try:
            work().wait(_seconds(ANSWER_WITHIN))
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            self.is_lost = True
            raise ProcessLost(
                _(
                    "another process of this training is gone, or did not answer for {seconds:.0f} seconds"
                ).format(seconds=ANSWER_WITHIN)
            ) from error


@contextlib.contextmanager
def joined(environment: Mapping[str, str] = os.environ) -> Iterator[Processes]:
    """Be one of the processes that the environment tells of, as `torchrun` sets it.

    :raises ConfigError: if the environment tells only half of it.
    :raises TrainingError: if the others do not come.
    """
    # Without this a sum that never comes would end the process from within, without a word.
    os.environ.setdefault("TORCH_NCCL_BLOCKING_WAIT", "1")
    if not distributed.is_available():
        raise TrainingError(_("this build of PyTorch has no torch.distributed: train on one process"))
    group = Processes(environment)
    try:
        yield group
    finally:
        group.leave()


def places(environment: Mapping[str, str]) -> tuple[int, int, int, int]:
    """Rank and size, among all processes and among those of this machine.

    :raises ConfigError: if one of them is missing or no such number.
    """
    found = []
    for name, usual in (("RANK", ""), ("WORLD_SIZE", ""), ("LOCAL_RANK", "0"), ("LOCAL_WORLD_SIZE", "1")):
        value = environment.get(name, usual)
        if not (value.isascii() and value.isdecimal()):
            raise ConfigError(
                _(
                    "{name} must be a number when several processes train, as torchrun sets it; was: {value}"
                ).format(name=name, value=value)
            )
        found.append(int(value))
    rank, size, local_rank, local_size = found
    if not (rank < size and local_rank < local_size <= size):
        raise ConfigError(
            _("process {rank} of {size} can't be: start them with torchrun").format(rank=rank, size=size)
        )
    return rank, size, local_rank, local_size


def _new_group(backend: str) -> Any:
    return distributed.new_group(backend=backend, timeout=_seconds(ANSWER_WITHIN))


def _seconds(seconds: float) -> datetime.timedelta:
    return datetime.timedelta(seconds=seconds)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
