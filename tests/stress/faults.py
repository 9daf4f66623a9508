"""Failures of the disk, injected into every call by which a small run is written.

After each the run must be whole, old or new; the message must tell what failed and what is safe; and a training that
goes on must end bit-identical to one that met no failure.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from namecls.errors import NameclsError
from namecls.events import EpochEnd, Event, Stalled
from namecls.runs.manifest import MANIFEST
from tests.stress.disk import TAKE_ROOM, Before, Disk
from tests.stress.stories import Story, damage, ending, leftovers, place, prepare_stories, quick, stories

_SAFE = ("is safe", "are safe", "nothing was changed", "could not be read")


def fails(at: int, number: int, times: float = 1) -> Before:
    """Fail the call number `at`, and those after it until it has been `times`."""

    def before(call: int, name: str) -> bool:
        del name
        if at <= call < at + times:
            raise OSError(number, os.strerror(number))
        return False

    return before


def is_full(at: int, times: int) -> Before:
    """From call number `at` on there is no room, until that was told so many times."""
    told = 0

    def before(call: int, name: str) -> bool:
        nonlocal told
        if call >= at and name in TAKE_ROOM and told < times:
            told += 1
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return False

    return before


def tears(at: int, number: int) -> Before:
    """Take half of the bytes in call number `at`, and fail the one after it."""

    def before(call: int, name: str) -> bool:
        del name
        if call == at + 1:
            raise OSError(number, os.strerror(number))
        return call == at

    return before


def takes_half(call: int, name: str) -> bool:
    """Take half of the bytes of every write."""
    del call, name
    return True


class Trials:
    """One story, disturbed again and again."""

    def __init__(self, story: Story, directory: Path) -> None:
        self.story = story
        self.counts: Counter[str] = Counter()
        self.lost: list[str] = []
        self._directory = directory
        run = story.begin(directory / story.name)
        disk = Disk(run.directory, fails(0, 0))
        with disk.installed():
            list(story.go_on(run))
        self.calls = disk.calls
        self.expected = ending(run)

    def disturb(self, what: str, before: Before, *, waits: bool = False, closes: bool = False) -> None:
        """Do the story on a disk that goes wrong, then on one that does not, and compare.

        :param waits: whether it should come to its end by itself, for the disk was only full for a while.
        :param closes: whether to close it while it waits for room.
        """
        self.counts["faults injected"] += 1
        place = self._directory / f"{self.story.name}-{self.counts['faults injected']}"
        run = self.story.begin(place)
        disk = Disk(run.directory, before)
        told: list[Event] = []
        problem = ""
        with disk.installed():
            events = self.story.go_on(run)
            try:
                for event in events:
                    told.append(event)
                    if closes and isinstance(event, Stalled):
                        events.close()  # type: ignore[attr-defined]
                self.counts["not even an error"] += not any(isinstance(event, Stalled) for event in told)
            except NameclsError as error:
                self.counts["told as an error"] += 1
                problem = self._check_text(str(error), str(run.directory))
                if waits and "nothing was changed" not in str(error):
                    problem = problem or f"did not wait: {error}"
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
        for event in told:
            if isinstance(event, Stalled):
                problem = problem or self._check_text(event.problem, str(run.directory))
        self.counts["waited for room"] += any(isinstance(event, Stalled) for event in told)
        problem = problem or damage(run, any(isinstance(event, EpochEnd) and event.best for event in told))
        problem = problem or self._heal(run)
        if problem:
            self.lost.append(f"{self.story.name}, {what}: {problem}")

    def _heal(self, run: Any) -> str:
        begun_again = not (run.directory / MANIFEST).exists()
        try:
            list(self.story.go_on(run))
            found = ending(run)
        except Exception as error:
            return f"could not go on: {error!r}"
        different = [name for name, value in self.expected.items() if found[name] != value]
        if different:
            return f"ended differently: {', '.join(different)}"
        return f"left over: {left}" if begun_again and (left := leftovers(run)) else ""

    @staticmethod
    def _check_text(text: str, directory: str) -> str:
        if directory in text and any(safe in text for safe in _SAFE):
            return ""
        return f"a message that does not say where, or what is safe: {text}"


#: How many calls of each kind are disturbed by the tests.
FEW = 6


def disturb_calls(trials: Trials, *, full: bool) -> None:
    """A failure at every call, and what may follow from one; else at a few of each kind, from the first to the last."""
    numbers = (errno.ENOSPC, errno.EIO, errno.EACCES)
    some = set(range(1, len(trials.calls) + 1)) if full else few_of_each_kind(trials.calls)
    for turn, at in enumerate(sorted(some)):
        call = trials.calls[at - 1]
        for number in numbers if full else (numbers[turn % 3],):
            trials.disturb(f"{errno.errorcode[number]} at {call} {at}", fails(at, number))
        if not full:
            continue
        trials.disturb(f"a dead disk from {call} {at}", fails(at, errno.EIO, float("inf")))
        if trials.story.waits:
            trials.disturb(f"a full disk at {call} {at}", is_full(at, 5), waits=True)
            trials.disturb(f"closed on a full disk at {call} {at}", is_full(at, 50), closes=True)
        if call == "write":
            for number in numbers:
                trials.disturb(f"{errno.errorcode[number]} in the midst of {call} {at}", tears(at, number))
    trials.disturb("half of every write", takes_half)


def few_of_each_kind(calls: Sequence[str]) -> set[int]:
    """Numbers of calls, from 1."""
    found = set()
    for kind in set(calls):
        places = [number for number, call in enumerate(calls, 1) if call == kind]
        steps = min(FEW, len(places)) - 1
        found |= {places[(len(places) - 1) * step // max(steps, 1)] for step in range(steps + 1)}
    return found


def run(full: bool, say: Callable[[str], None]) -> dict[str, int]:
    """Disturb a training, a continuation and a test; `full`: in every way at every call, else in one way at a few."""
    counts: Counter[str] = Counter()
    with place() as directory, quick():
        prepare_stories(directory)
        for story in stories(directory):
            trials = Trials(story, directory)
            disturb_calls(trials, full=full)
            for problem in trials.lost:
                say(f"LOST: {problem}")
            counts += trials.counts
            counts["lost"] += len(trials.lost)
            say(f"{story.name}: {trials.counts['faults injected']:,} faults in {len(trials.calls)} calls")
    return {"faults injected": 0, "lost": 0, **counts}
