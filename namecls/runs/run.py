"""Run directories: config, history, weights, metrics.

    save_model/<name>/
      config.json        what defines the run: settings, data and its hash, split and its hash, versions
      history.jsonl      one line per event, appended as it happens
      model.json         how to read the weights: network, characters, labels
      model.safetensors  the best weights so far
      resume/            the checkpoint, until it is finished: last weights, optimizer state, counters
      metrics.json       validation and test metrics, per label
      MANIFEST.json      hashes of the files above, written last: with it the run is finished
      lock.json          the process that holds it
      control            what is wanted of that process: pause, stop

The shipped model is such a directory too, with its card in README.md.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from namecls.config import TrainConfig
from namecls.errors import ModelFileError, RunError, shown
from namecls.events import EpochEnd, Event, Finished, Progress, Started, shortened
from namecls.files.locks import LOCK, holder_of
from namecls.files.storage import (
    TEMPORARY_PREFIX,
    append_line,
    clear_leftovers,
    cut_file,
    sync_file,
    write_json,
)
from namecls.files.strict_json import is_readable, read_json
from namecls.language import _
from namecls.results import Metrics
from namecls.runs.history import HISTORY, LONGEST_LINE, last_event, line_of, read_events, size_without_end
from namecls.runs.manifest import MANIFEST, Summary, verify, write_manifest
from namecls.runs.record import CONFIG, RunRecord, read_record
from namecls.system import reason_of
from namecls.text import safe

METRICS, MODEL, EDITS = "metrics.json", "model.json", "edits.jsonl"
WEIGHTS, COUNTS, CARRIED = "model.safetensors", "counts.safetensors", "carried.safetensors"
RESUME = "resume"
#: Where a refit works, and the file there that says that all of it is whole.
REFIT, READY = "refit", "READY.json"
#: Where the weights of every epoch are kept, if it is there.
CHECKPOINTS = "checkpoints"
#: Why a training can't resume, and only be finished.
DIVERGED = "diverged.json"
#: What a run may consist of; one that was imported has neither history nor metrics.
FILES = (CONFIG, EDITS, HISTORY, MODEL, WEIGHTS, COUNTS, CARRIED, METRICS)
#: Bytes of what a model says of itself: its characters and labels.
LONGEST_DESCRIPTION = 16 * 2**20

_MANY_LABELS = 1_000  # so many that nobody looks at the file of their scores
_LONGEST_NAME = 200  # bytes; file systems take 255, and a number may be added
_NAME = re.compile(r"[^\W_][\w.+-]{0,99}")


def check_name(name: str) -> str:
    """The name itself, if it may be the name of a run.

    :raises RunError: if it could lead out of its directory or hide in it.
    """
    if (
        not _NAME.fullmatch(name)
        or name.endswith(".")
        or len(name.encode()) > _LONGEST_NAME
        or safe(name) != name
    ):
        raise RunError(
            _(
                "a run's name must be 1 to 100 letters, digits, '.', '_', '+' or '-', beginning with a "
                "letter or digit, was: {name}"
            ).format(name=shown(name))
        )
    return name


@dataclass(frozen=True, slots=True)
class Run:
    """A run directory. Make one with `create`, or get at an old one with `open`."""

    directory: Path

    @classmethod
    def create(cls, save_dir: str | os.PathLike[str], config: TrainConfig, name: str | None = None) -> Run:
        """A new, empty run.

        :param name: None for one made of the network's title and the time.
        :raises RunError: if a run has that name already, or the directory can't be made.
        """
        parent = Path(save_dir)
        stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
        wanted = check_name(name) if name is not None else f"{config.model.brief_title}-{stamp}"
        try:
            parent.mkdir(parents=True, exist_ok=True)
            for attempt in range(1, 1000):
                directory = parent / (wanted if attempt == 1 else f"{wanted}-{attempt}")
                try:
                    directory.mkdir()
                except FileExistsError:
                    if name and _is_empty(directory):  # left by one that died before it wrote anything
                        return cls(directory)
                    if name:
                        raise RunError(
                            _("{directory} is there already: choose another name, or delete that run").format(
                                directory=directory
                            )
                        ) from None
                    continue
                return cls(directory)
        except (OSError, ValueError) as error:
            reason = reason_of(error)
            raise RunError(
                _("{parent}: no run could be made there: {reason}; choose another directory").format(
                    parent=parent, reason=reason
                )
            ) from error
        raise RunError(_("{parent}: too many runs named {wanted}").format(parent=parent, wanted=wanted))

    @classmethod
    def open(cls, directory: str | os.PathLike[str]) -> Run:
        """A run that exists.

        :raises RunError: if it does not, or if a file of it is a link: what is written there would go elsewhere.
        """
        run = cls(Path(directory))
        if not os.path.isfile(run.directory / CONFIG):  # noqa: PTH113 - false, where `is_file` raises
            raise RunError(
                _("{directory}: expected a run directory with {config} in it, found none").format(
                    directory=run.directory, config=CONFIG
                )
            )
        run.require_plain()
        return run

    def require_plain(self) -> None:
        """See that nothing in the directory leads out of it, or makes wait who opens it.

        :raises RunError: if something is neither a file nor a directory.
        """
        try:
            with os.scandir(self.directory) as entries:
                odd = [
                    e.name
                    for e in entries
                    if not (e.is_file(follow_symlinks=False) or e.is_dir(follow_symlinks=False))
                ]
        except OSError as error:
            raise RunError(
                _("{directory}: could not be read: {reason}").format(
                    directory=self.directory, reason=reason_of(error)
                )
            ) from error
        if odd:
            raise RunError(
                _(
                    "{directory}: is a link, a pipe or a device, expected a file of the run's own; remove it"
                ).format(directory=self.directory / odd[0])
            )

    @property
    def name(self) -> str:
        try:
            return self.directory.resolve().name
        except (OSError, ValueError, RuntimeError):  # what can be no path, or leads round in a circle
            return self.directory.name

    def record(self) -> RunRecord:
        """All that defines the run.

        :raises RunError: if it can't be read.
        """
        return read_record(self.directory)

    def config(self) -> TrainConfig:
        """The settings of the run.

        :raises RunError: if they can't be read.
        """
        return self.record().train

    def append(self, event: Event) -> None:
        """Add an event to the history.

        :raises DiskFull: if there is no room; the history is then what it was.
        :raises RunError: if the disk does not take it.
        """
        append_line(self.directory / HISTORY, line_of(event))

    def history_size(self) -> int:
        """The length of the history in bytes, for `rewind`."""
        path = self.directory / HISTORY
        return path.stat().st_size if path.exists() else 0

    def rewind(self, size: int) -> None:
        """Cut the history back to what it was when a checkpoint was written.

        :raises RunError: if it is shorter than that.
        """
        if self.history_size() < size:
            raise RunError(
                _("{directory}: is shorter than when the checkpoint was written: damaged").format(
                    directory=self.directory / HISTORY
                )
            )
        if self.history_size() > size:
            cut_file(self.directory / HISTORY, size)

    def sync_history(self) -> None:
        """See that the history is on the disk, as it has to be before a checkpoint counts on it."""
        sync_file(self.directory / HISTORY)

    def clear_leftovers(self) -> None:
        """Remove what a dead process left half written. Only for who holds the run.

        :raises RunError: if the run is none that may be written to, since a part of it lies elsewhere.
        """
        self.require_plain()
        clear_leftovers(self.directory)
        for place in (self.directory / RESUME, self.directory / CHECKPOINTS):
            if place.is_dir() and not place.is_symlink():  # it may lead to where others write
                clear_leftovers(place)
                for kept in place.iterdir():
                    if kept.is_dir() and not kept.is_symlink():
                        clear_leftovers(kept)

    def history(self, *wanted: type[Event]) -> Iterator[Event]:
        """The events of the run so far; a last line that was cut off in the writing is left out.

        :param wanted: kinds of events; none: all. The lines of others are passed over unread.
        :raises RunError: if a line is no event, or if the run is finished and this is not its history.
        """
        try:
            self.verify(HISTORY)
        except ModelFileError as error:
            raise RunError(str(error)) from error
        yield from read_events(self.directory / HISTORY, wanted)

    def last_event(self, *wanted: type[Event]) -> Event | None:
        """The last event of the run so far, read from the end of its history and not compared with the manifest.

        :param wanted: kinds of events; none: all.
        :raises RunError: if a line on the way is no event.
        """
        return last_event(self.directory / HISTORY, wanted)

    def last_report(self) -> Progress | EpochEnd | None:
        """The last event that tells where the training stood."""
        event = self.last_event(Progress, EpochEnd)
        return event if isinstance(event, Progress | EpochEnd) else None

    def metrics(self, split: str = "test") -> Metrics | None:
        """The metrics of the ``test`` or ``validation`` rows, None as long as the run is not finished."""
        path = self.directory / METRICS
        if not os.path.lexists(path):
            return None
        try:
            return Metrics.from_json(read_json(path)[split])
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(
                _("{path}: expected metrics of {split} rows: {error}").format(
                    path=path, split=split, error=error
                )
            ) from error

    def finish(self, finished: Finished) -> Finished:
        """Write the metrics, the last line of the history, and the manifest: the run is whole, and can't be resumed.

        Its checkpoint, the largest of its files, goes as soon as the manifest is on the disk, unless all are kept.

        :return: what was written: of very many labels without the confusion, or even the scores of each.
        :raises DiskFull: if there is no room; the run is then as unfinished as it was.
        :raises RunError: if the disk does not take it.
        """
        self.revoke_manifest()
        finished = shortened(finished, lambda line: is_readable(line, LONGEST_LINE - 1))
        metrics = {"validation": finished.validation.to_json(), "test": finished.test.to_json()}
        indent = 1 if len(finished.test.per_label) < _MANY_LABELS else None
        write_json(self.directory / METRICS, metrics, indent=indent)
        size = size_without_end(self.directory / HISTORY)
        self.rewind(size)
        try:
            self.append(finished)
            self.sync_history()
            self.write_manifest()
        except RunError:
            self.revoke_manifest()  # it may stand there, only not flushed for good
            self.rewind(size)  # or a second try would tell of the end twice
            raise
        if not os.path.isdir(self.directory / CHECKPOINTS):  # noqa: PTH112 - false, where `is_dir` raises
            shutil.rmtree(self.directory / RESUME, ignore_errors=True)
        return finished

    @property
    def diverged(self) -> str:
        """Why its training can't resume from its last checkpoint; nothing, if it can."""
        if not os.path.lexists(self.directory / DIVERGED):
            return ""
        try:
            return str(read_json(self.directory / DIVERGED)["problem"])
        except (RunError, KeyError):
            return _("{directory} says so").format(directory=self.directory / DIVERGED)

    def revoke_manifest(self) -> None:
        """Remove the manifest before its files are changed."""
        try:
            (self.directory / MANIFEST).unlink(missing_ok=True)
        except OSError as error:
            raise RunError(
                _("{directory}: could not be removed: {reason}; the run is safe").format(
                    directory=self.directory / MANIFEST, reason=reason_of(error)
                )
            ) from error

    def write_manifest(self) -> None:
        """Write down the hash and size of every file that the run consists of, and what a list shows of it."""
        write_manifest(self.directory, FILES, self.summary().tested(self.metrics()))

    def summary(self) -> Summary:
        """What a list shows of it but for its metrics; of a damaged history nothing.

        :raises RunError: if its record can't be read.
        """
        summary, path = self.record().summary, self.directory / HISTORY
        with contextlib.suppress(RunError):
            started = next(read_events(path, (Started,)), None)
            ended = self.last_event(Finished)
            if isinstance(started, Started):
                summary = replace(summary, parameters=started.parameters)
            if isinstance(ended, Finished):
                summary = replace(summary, seconds=ended.seconds)
            elif (report := self.last_report()) is not None:
                summary = replace(summary, seconds=report.elapsed)
        return summary

    @property
    def finished(self) -> bool:
        """Whether there is a manifest."""
        return os.path.lexists(self.directory / MANIFEST)

    def verify(self, *names: str) -> None:
        """Check files against the manifest; a run without one is not finished and has nothing to check.

        :raises ModelFileError: if one is missing or is not what was written.
        """
        if self.finished:
            verify(self.directory, *names)


def _is_empty(directory: Path) -> bool:
    """Whether nothing is in a directory but what a process leaves that dies before it has written anything."""
    try:
        names = [entry.name for entry in directory.iterdir()]
    except OSError:
        return False
    return holder_of(directory) is None and all(n == LOCK or n.startswith(TEMPORARY_PREFIX) for n in names)
