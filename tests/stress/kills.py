"""Trainings killed by SIGKILL, anywhere, and gone on with: the end is bit-identical to one that was left alone.

A process that has imported torch is forked for each trial. It kills itself before one of the calls by which the run is
written, in the midst of a write, or is killed after a random time; and real processes are killed too.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from namecls.config import PRESETS, SETTINGS
from namecls.data.table import load_dataset
from namecls.nn.model import NameClassifier
from namecls.runs.manifest import MANIFEST
from namecls.runs.record import CONFIG
from namecls.runs.run import Run
from namecls.training.learner import build_optimizer
from namecls.training.loop import train
from tests.library import SMALL, small_file
from tests.stress.disk import Before, Disk
from tests.stress.stories import (
    Story,
    damage,
    ending,
    keeping,
    leftovers,
    place,
    prepare_stories,
    quick,
    stories,
)

ROOT = Path(__file__).resolve().parents[2]
#: What the real processes train: the network of the preset, small, and long enough to be killed in the midst of it.
_VALUES = {
    "hidden_size": 16,
    "embedding_size": 8,
    "ngram_size": 8,
    "buckets": 256,
    "dropout": 0.1,
    "epochs": 60,
    "batch_size": 16,
    "learning_rate": 0.02,
    "report_every": 30,
    "threads": 1,
    "device": "cpu",
}
_LONGER = PRESETS["default"].config.changed(_VALUES)
#: How often each story is killed at random, in a row of up to three times.
_AT_RANDOM = {"train": 50, "resume": 20, "finish": 10}
_PATIENCE = 120.0


def dies(at: int, *, torn: bool = False) -> Before:
    """End the process before call number `at`, as a kill would; `torn`: when half of its bytes are written."""

    def before(call: int, name: str) -> bool:
        del name
        if call == at + torn:
            os.kill(os.getpid(), signal.SIGKILL)
        return torn and call == at

    return before


class Trials:
    """One story, killed again and again."""

    def __init__(self, story: Story, directory: Path) -> None:
        self.story = story
        self.counts: Counter[str] = Counter()
        self.lost: list[str] = []
        self._directory = directory
        run = story.begin(directory / story.name)
        calls = directory / f"{story.name}.calls"
        began = time.monotonic()
        in_a_child(lambda: calls.write_text(" ".join(self._go_on(run, dies(0)))))
        self.seconds = time.monotonic() - began
        self.calls = calls.read_text().split()
        self.expected = ending(run)

    def at_call(self, number: int, *, torn: bool = False) -> None:
        """Kill it at one of its calls, and go on."""
        run = self._begin()
        problem = self._killed(run, dies(number, torn=torn)) or damage(run, told_of_epoch=False)
        self._conclude(
            run, f"killed at {self.calls[number - 1]} {number}{', half written' if torn else ''}", problem
        )

    def at_random(self, chance: random.Random, most: int) -> None:
        """Kill it after random times, at most so often in a row, until it has come to its end."""
        run = self._begin()
        problem, kills = "", 0
        while kills < most and not problem and not (run.directory / MANIFEST).exists():
            problem = self._killed(run, dies(0), after=chance.uniform(0, self.seconds))
            problem = problem or damage(run, told_of_epoch=False)
            kills += 1
        self._conclude(run, f"killed {kills} times", problem)

    def _begin(self) -> Run:
        self.counts["trials"] += 1
        return self.story.begin(self._directory / f"{self.story.name}-{self.counts['trials']}")

    def _killed(self, run: Run, before: Before, after: float | None = None) -> str:
        """Do the story in a process of its own that is killed; what is wrong if it ended in another way."""
        status = in_a_child(lambda: self._go_on(run, before), after)
        self.counts["kills"] += status == -signal.SIGKILL
        return "" if status in (-signal.SIGKILL, 0) else f"ended with {status} without being killed"

    def _go_on(self, run: Run, before: Before) -> list[str]:
        disk = Disk(run.directory, before)
        with disk.installed():
            list(self.story.go_on(run))
        return disk.calls

    def _conclude(self, run: Run, what: str, problem: str) -> None:
        if not problem:
            begun_again = not (run.directory / MANIFEST).exists()
            if status := in_a_child(lambda: self._go_on(run, dies(0))):
                problem = f"could not go on: ended with {status}"
            else:
                problem = differences(self.expected, ending(run))
            if not problem and begun_again and (left := leftovers(run)):
                problem = f"left over: {', '.join(left)}"
        if problem:
            self.lost.append(f"{self.story.name}, {what}: {problem}")


def in_a_child(work: Callable[[], object], after: float | None = None) -> int:
    """Do something in a forked process, and return its exit status. It is killed after so many seconds, if any.

    All training and all tables are left to children: torch and polars keep threads once they have worked, and these do
    not live through a fork.
    """
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except Exception as error:
            print(f"  {error!r}", flush=True)
        finally:
            os._exit(status)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    else:
        signal.alarm(int(_PATIENCE))
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        signal.alarm(0)


def warm_up() -> None:
    """Have torch import what it puts off until it is first used, so that not every child has to wait for that."""
    torch.set_num_threads(1)
    model = NameClassifier(SMALL.model, 20, 3)
    optimizer = build_optimizer(SMALL, model)
    optimizer.zero_grad()
    optimizer.step()


def differences(expected: dict[str, Any], found: dict[str, Any]) -> str:
    """What is not the same, in words, or nothing."""
    different = [name for name, value in expected.items() if found[name] != value]
    return f"ended differently: {', '.join(different)}" if different else ""


class Processes:
    """Real processes of the command line, killed after a random time."""

    def __init__(self, directory: Path, chance: random.Random) -> None:
        self.counts: Counter[str] = Counter()
        self.lost: list[str] = []
        self._directory = directory
        self._chance = chance
        self._data = directory / "small.tsv"
        whole = keeping(directory, _LONGER, "whole")
        in_a_child(lambda: list(train(_LONGER, load_dataset(small_file(directory)), whole)))
        self.expected = ending(whole)

    def kill(self, name: str, most: int) -> None:
        """Kill one training, at most so often, then let it come to its end."""
        run, kills = Run(self._directory / name), 0
        arguments = [
            "--data",
            str(self._data),
            "--save-dir",
            str(self._directory),
            "--name",
            name,
            "--keep-checkpoints",
        ]
        for name_, value in _VALUES.items():
            arguments += SETTINGS[name_].words(value)
        while kills < most:
            with self._start(*arguments) as process:
                held = self._wait_until_training(run, process)
                time.sleep(self._chance.uniform(0, 1.0))
                process.kill()
            if not held or process.returncode != -signal.SIGKILL:
                break
            kills += 1
            arguments = ["--resume", str(run.directory)]
        self.counts["trials"] += 1
        self.counts["kills"] += kills
        problem = damage(run, told_of_epoch=False)
        if not problem and not (run.directory / MANIFEST).exists():
            with self._start(*arguments) as process:
                _, errors = process.communicate(timeout=_PATIENCE)
            problem = "" if process.returncode == 0 else f"ended with {process.returncode}: {errors.decode()}"
        if problem := problem or differences(self.expected, ending(run)):
            self.lost.append(f"process killed {kills} times: {problem}")

    @staticmethod
    def _start(*arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "namecls", "train", *arguments],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    @staticmethod
    def _wait_until_training(run: Run, process: subprocess.Popen[bytes]) -> bool:
        until = time.monotonic() + _PATIENCE
        while process.poll() is None and time.monotonic() < until:
            if (run.directory / "lock.json").exists() and (run.directory / CONFIG).exists():
                return True
            time.sleep(0.005)
        return False


def run(full: bool, say: Callable[[str], None]) -> dict[str, int]:
    """Kill trainings; `full`: at every call, 50 times and more at random, and 8 real processes."""
    chance = random.Random(0)
    counts: Counter[str] = Counter()
    with place() as directory, quick():
        warm_up()
        in_a_child(lambda: prepare_stories(directory))
        made = stories(directory)
        for story in made if full else made[:1]:
            trials = Trials(story, directory)
            step = 1 if full else max(1, len(trials.calls) // 8)
            for at in range(1, len(trials.calls) + 1, step):
                trials.at_call(at)
                if trials.calls[at - 1] == "write":
                    trials.at_call(at, torn=True)
            for number in range(_AT_RANDOM[story.name] if full else 3):
                trials.at_random(chance, most=1 + number % 3)
            for problem in trials.lost:
                say(f"LOST: {problem}")
            counts += trials.counts
            counts["lost"] += len(trials.lost)
            say(f"{story.name}: {trials.counts['kills']:,} kills")
        if full:
            processes = Processes(directory, chance)
            for number in range(8):
                processes.kill(f"process-{number}", most=1 + number % 3)
            for problem in processes.lost:
                say(f"LOST: {problem}")
            counts += processes.counts
            counts["lost"] += len(processes.lost)
            say(f"processes: {processes.counts['kills']:,} kills")
    return {"kills survived": counts["kills"], "trials": counts["trials"], "lost": counts["lost"]}
