"""Keep the random state and threads of a training apart from the caller's, which are back between its events."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterator

import torch
from torch import Tensor

from namecls.events import Event
from namecls.nn.fused import use_threads


def seed_generators(device: torch.device, seed: int) -> None:
    """Seed the generators that a network on a device draws from, and no others."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)


class OwnState:
    """Random state and thread count of a training, put in place while it works.

    :param threads: CPU threads for the network.
    """

    def __init__(self, device: torch.device, threads: int) -> None:
        self._device = device
        self._threads = threads
        self._random: list[Tensor] = []  # empty: not seeded yet

    def seed(self, seed: int) -> None:
        """Seed the generators that the training draws from, and no others."""
        seed_generators(self._device, seed)

    def during(self, events: Generator[Event, None, None]) -> Generator[Event, None, None]:
        """The same events, each made and the generator closed under the state of the training."""
        try:
            while True:
                with self.in_place():
                    event = next(events, None)
                if event is None:
                    return
                yield event
        finally:
            with self.in_place():
                events.close()

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Both are those of the training within, and as they were after it."""
        threads, random = torch.get_num_threads(), self._read()
        use_threads(self._threads)
        if self._random:
            self._write(self._random)
        try:
            yield
        finally:
            self._random = self._read()
            self._write(random)
            torch.set_num_threads(threads)

    def _read(self) -> list[Tensor]:
        states = [torch.get_rng_state()]
        if self._device.type == "cuda":
            states.append(torch.cuda.get_rng_state())
        elif self._device.type == "mps":
            states.append(torch.mps.get_rng_state())
        return states

    def _write(self, states: list[Tensor]) -> None:
        torch.set_rng_state(states[0])
        if self._device.type == "cuda":
            torch.cuda.set_rng_state(states[1])
        elif self._device.type == "mps":
            torch.mps.set_rng_state(states[1])
