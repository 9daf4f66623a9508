"""Names of several requests, answered together."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from namecls.answers import Prediction
from namecls.guarantees import COVERAGE
from namecls.inference.prediction import Predictor

#: Names that are answered at once, and seconds that the first of them waits for others.
MOST_TOGETHER, PATIENCE = 8192, 0.002
#: So few are computed in the thread of the loop: a second one would take turns with it at every byte that is read.
FEW = 256


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of an answer, as `Predictor.predict` takes it."""

    k: int | None = 3
    coverage: float = COVERAGE
    risk: float | None = None


@dataclass(slots=True)
class Counted:
    """What was done so far."""

    names: int = 0
    batches: int = 0
    seconds: float = 0.0  # of computing
    waiting: int = 0  # names of requests that are not answered yet


@dataclass(slots=True)
class _Asked:
    names: Sequence[str]
    wish: Wish
    answer: asyncio.Future[list[Prediction]] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Batches:
    """Answers requests of a loop in batches, one after the other, in a thread beside it.

    While a batch is computed the next one gathers; what is asked alike is computed together.
    """

    def __init__(
        self,
        predictor: Predictor,
        *,
        together: int = MOST_TOGETHER,
        patience: float = PATIENCE,
        few: int = FEW,
    ) -> None:
        self._predictor = predictor
        self._together = together
        self._patience = patience
        self._few = few
        self._asked: asyncio.Queue[_Asked] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None
        self._unanswered: set[asyncio.Future[list[Prediction]]] = set()
        self.counted = Counted()

    async def predict(self, names: Sequence[str], wish: Wish) -> list[Prediction]:
        """The predictions of some names, in their order.

        :raises ConfigError: if the model can't give what is wished for.
        """
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        asked = _Asked(names, wish)
        self.counted.waiting += len(names)
        self._unanswered.add(asked.answer)
        try:
            self._asked.put_nowait(asked)
            return await asked.answer
        finally:
            self._unanswered.discard(asked.answer)
            self.counted.waiting -= len(names)

    async def close(self) -> None:
        """End the work; who still waits is told that it was cancelled."""
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker
        for answer in self._unanswered:
            answer.cancel()

    async def _work(self) -> None:
        while True:
            batch = [await self._asked.get()]
            until = time.monotonic() + self._patience
            while sum(len(asked.names) for asked in batch) < self._together:
                left = until - time.monotonic()
                if self._asked.empty() and left <= 0:
                    break
                try:
                    batch.append(await asyncio.wait_for(self._asked.get(), max(left, 0.001)))
                except TimeoutError:
                    break
            for wish in dict.fromkeys(asked.wish for asked in batch):
                # Who gave up waiting is left out.
                await self._answer(wish, [a for a in batch if a.wish == wish and not a.answer.done()])

    async def _answer(self, wish: Wish, batch: Sequence[_Asked]) -> None:
        names = [name for asked in batch for name in asked.names]
        if not names:
            return
        began = time.monotonic()
        try:

            def predict() -> list[Prediction]:
                return self._predictor.predict(names, wish.k, coverage=wish.coverage, risk=wish.risk)

            found = predict() if len(names) <= self._few else await asyncio.to_thread(predict)
        except Exception as error:
            for asked in batch:
                if not asked.answer.done():
                    asked.answer.set_exception(error)
            return
        self.counted.batches += 1
        self.counted.names += len(names)
        self.counted.seconds += time.monotonic() - began
        at = 0
        for asked in batch:
            if not asked.answer.done():
                asked.answer.set_result(found[at : at + len(asked.names)])
            at += len(asked.names)
