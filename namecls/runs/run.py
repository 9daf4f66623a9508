"""Runs on disk: one directory each, with all that made it and all that came of it.

    save_model/<name>/
      config.json        what defines the run: settings, data and its hash, split and its hash, versions
      history.jsonl      one line per event, appended as it happens
      model.json         how to read the weights: network, characters, labels
      model.safetensors  the best weights so far
      resume/            the last weights, the optimiser and the counters
      metrics.json       validation and test metrics, per label
      MANIFEST.json      hashes of the files above, written last: with it the run is finished
      lock.json          the process that is at work on it, as long as it is
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from namecls.config import TrainConfig
from namecls.errors import ConfigError, ModelFileError, NameclsError, RunError, shown
from namecls.events import Event, Finished, Metrics, event_from_json, event_to_json, shortened
from namecls.files.locks import LOCK, Holder, check_free, holder_of
from namecls.files.opening import open_plain, sha256_of, size_of
from namecls.files.storage import (
    TEMPORARY_PREFIX,
    append_line,
    clear_leftovers,
    cut_file,
    sync_file,
    write_json,
)
from namecls.files.strict_json import MOST_JSON, is_readable, parse_json, read_json
from namecls.text import json_text, safe

CONFIG, HISTORY, METRICS, MANIFEST = "config.json", "history.jsonl", "metrics.json", "MANIFEST.json"
MODEL, WEIGHTS, COUNTS = "model.json", "model.safetensors", "counts.safetensors"
RESUME = "resume"
FORMAT = 1
#: Bytes of an event in the history; that of the end holds the scores of all labels, twice.
LONGEST_LINE = 64 * 2**20
#: Bytes of what a model says of itself: its characters and labels.
LONGEST_DESCRIPTION = 16 * 2**20

_MANY_LABELS = 1_000  # so many that nobody looks at the file of their scores
_LONGEST_NAME = 200  # bytes; file systems take 255, and a number may be added
_LONGEST_HISTORY = 2**30  # bytes
_NAME = re.compile(r"[^\W_][\w.+-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """What a list of runs shows of one of them. Shares are in 0..1, None where nothing was tested."""

    name: str
    directory: Path
    #: "finished"; "running"; "unfinished": broken off, can go on; "trial": of a search, not tested; "damaged": see
    #: `problem`, which may also tell why a run that is not damaged has no metrics
    status: str
    title: str = ""  # of the network
    data: str = ""  # name of the data file
    created: str = ""  # ISO 8601, UTC
    labels: int = 0
    accuracy: float | None = None
    macro_f1: float | None = None
    top_3: float | None = None
    rows: int = 0  # tested
    operating_point: str = "accuracy"  # what it was chosen for
    holder: Holder | None = None  # of a run that is running: the process that trains it
    study: str = ""  # the search that it is a trial of
    problem: str = ""

    @property
    def usable(self) -> bool:
        """Whether there are weights to predict with."""
        return self.status != "damaged" and os.path.isfile(self.directory / WEIGHTS)  # noqa: PTH113


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
            "a run's name must be 1 to 100 letters, digits, '.', '_', '+' or '-', "
            f"beginning with a letter or digit, was: {shown(name)}"
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
        wanted = check_name(name) if name is not None else f"{config.model.title}-{stamp}"
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
                            f"{directory} is there already: choose another name, or delete that run"
                        ) from None
                    continue
                return cls(directory)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise RunError(
                f"{parent}: no run could be made there: {reason}; choose another directory"
            ) from error
        raise RunError(f"{parent}: too many runs named {wanted}")

    @classmethod
    def open(cls, directory: str | os.PathLike[str]) -> Run:
        """A run that exists.

        :raises RunError: if it does not, or if a file of it is a link: what is written there would go elsewhere.
        """
        run = cls(Path(directory))
        if not os.path.isfile(run.directory / CONFIG):  # noqa: PTH113 - false, where `is_file` raises
            raise RunError(f"{run.directory}: expected a run directory with {CONFIG} in it, found none")
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
            raise RunError(f"{self.directory}: could not be read: {error.strerror or error}") from error
        if odd:
            raise RunError(
                f"{self.directory / odd[0]}: is a link, a pipe or a device, expected a file of the run's own; remove it"
            )

    @property
    def name(self) -> str:
        try:
            return self.directory.resolve().name
        except (OSError, ValueError, RuntimeError):  # what can be no path, or leads round in a circle
            return self.directory.name

    def record(self) -> dict[str, Any]:
        """The content of ``config.json``: the settings under ``train``, the data under ``data``, and so on."""
        return read_json(self.directory / CONFIG)

    def config(self) -> TrainConfig:
        """The settings of the run.

        :raises RunError: if they can't be read.
        """
        try:
            return TrainConfig.from_json(self.record()["train"])
        except (KeyError, TypeError, ValueError, ConfigError) as error:
            raise RunError(
                f"{self.directory / CONFIG}: expected the settings of a training: {error}"
            ) from error

    def append(self, event: Event) -> None:
        """Add an event to the history.

        :raises DiskFull: if there is no room; the history is then what it was.
        :raises RunError: if the disk does not take it.
        """
        append_line(self.directory / HISTORY, json_text(event_to_json(event)))

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
                f"{self.directory / HISTORY}: is shorter than when the checkpoint was written: damaged"
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
        if not (self.directory / RESUME).is_symlink():  # it may lead to where others write
            clear_leftovers(self.directory / RESUME)

    def history(self) -> Iterator[Event]:
        """The events of the run so far; a last line that was cut off in the writing is left out.

        :raises RunError: if another line is no event, or if the run is finished and this is not its history.
        """
        path = self.directory / HISTORY
        try:
            self.verify(HISTORY)
            if not os.path.lexists(path):
                return
            with open_plain(path) as file:
                number = 0
                while (line := file.readline(LONGEST_LINE)).endswith(b"\n"):
                    number += 1
                    try:
                        event = event_from_json(parse_json(line))
                    except (ValueError, RunError) as error:
                        raise RunError(f"{path}, line {number}: {error}") from error
                    yield event
                if len(line) == LONGEST_LINE:  # what else follows the last line end is empty, or cut off
                    raise RunError(f"{path}, line {number + 1}: expected at most {LONGEST_LINE:,} bytes")
        except ModelFileError as error:
            raise RunError(str(error)) from error
        except OSError as error:
            raise RunError(f"{path}: could not be read: {error.strerror or error}") from error

    def metrics(self, split: str = "test") -> Metrics | None:
        """The metrics of the ``test`` or ``validation`` rows, None as long as the run is not finished."""
        path = self.directory / METRICS
        if not os.path.lexists(path):
            return None
        try:
            return Metrics.from_json(read_json(path)[split])
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"{path}: expected metrics of {split} rows: {error}") from error

    def finish(self, finished: Finished) -> Finished:
        """Write the metrics, the last line of the history, and the manifest: the run is whole.

        :return: what was written: of very many labels without the confusion, or even the scores of each.
        :raises DiskFull: if there is no room; the run is then as unfinished as it was.
        :raises RunError: if the disk does not take it.
        """
        self.revoke_manifest()
        finished = shortened(finished, lambda line: is_readable(line, LONGEST_LINE - 1))
        metrics = {"validation": finished.validation.to_json(), "test": finished.test.to_json()}
        indent = 1 if len(finished.test.per_label) < _MANY_LABELS else None
        write_json(self.directory / METRICS, metrics, indent=indent)
        size = self._size_before_end()
        self.rewind(size)
        try:
            self.append(finished)
            self.sync_history()
            self.write_manifest()
        except RunError:
            self.revoke_manifest()  # it may stand there, only not flushed for good
            self.rewind(size)  # or a second try would tell of the end twice
            raise
        return finished

    def revoke_manifest(self) -> None:
        """Take the manifest away before what it tells of is changed."""
        try:
            (self.directory / MANIFEST).unlink(missing_ok=True)
        except OSError as error:
            raise RunError(
                f"{self.directory / MANIFEST}: could not be removed: {error.strerror or error}; the run is safe"
            ) from error

    def _size_before_end(self) -> int:
        """The length of the history without an end that was told before the manifest could be written."""
        size, last = 0, b""
        with contextlib.suppress(FileNotFoundError), (self.directory / HISTORY).open("rb") as file:
            # One that does not end was cut off in the writing, by a death; one that is too long is none of ours.
            while (line := file.readline(LONGEST_LINE)).endswith(b"\n"):
                size, last = size + len(line), line
        return size - len(last) if last.startswith(b'{"event": "finished"') else size

    def write_manifest(self) -> None:
        """Write down the hash and size of every file that the run consists of."""
        # A run that was imported has neither history nor metrics.
        files = [self.directory / name for name in (CONFIG, HISTORY, MODEL, WEIGHTS, COUNTS, METRICS)]
        files = [path for path in files if path.exists()]
        write_json(
            self.directory / MANIFEST,
            {
                "format": FORMAT,
                "files": {f.name: {"sha256": sha256_of(f), "bytes": f.stat().st_size} for f in files},
            },
        )

    @property
    def finished(self) -> bool:
        """Whether there is a manifest."""
        return os.path.lexists(self.directory / MANIFEST)

    def verify(self, *names: str) -> None:
        """Check files against the manifest; a run without one is not finished and has nothing to check.

        Sizes first: no more is read than the manifest tells of, and no JSON file that is too long to be parsed.

        :raises ModelFileError: if one is missing or is not what was written.
        """
        if not self.finished:
            return
        path = self.directory / MANIFEST
        try:
            manifest = read_json(path)
            if type(manifest["format"]) is not int or manifest["format"] != FORMAT:
                raise ModelFileError(f"expected the format {FORMAT}, found {shown(manifest['format'])}")
            for name in names:
                entry = manifest["files"].get(name)
                if entry is None and not os.path.lexists(self.directory / name):
                    continue
                if entry is None or not self._is_as_told(
                    self.directory / name, entry["sha256"], entry["bytes"]
                ):
                    raise ModelFileError(
                        f"{self.directory / name}: is not the file that the manifest tells of: damaged or replaced"
                    )
        except (NameclsError, KeyError, TypeError, AttributeError, OSError) as error:
            raise ModelFileError(f"{path}: can't be checked: {error}") from error

    def _is_as_told(self, path: Path, sha256: object, size: object) -> bool:
        with open_plain(path) as file:
            found = size_of(file)
        most = {".json": MOST_JSON, ".jsonl": _LONGEST_HISTORY}.get(path.suffix)
        if most is not None and found > most:
            raise ModelFileError(f"{path}: expected at most {most:,} bytes, found {found:,}")
        return found == size and sha256_of(path) == sha256


def describe_run(directory: str | os.PathLike[str]) -> RunInfo:
    """What can be told of a run without its weights. Never raises: a damaged run says what its problem is.

    Metrics that can't be read are a problem, and no damage: the model answers without them.
    """
    run = Run(Path(directory))
    try:
        record = run.record()
        config = run.config()
        finished = run.finished
        holder = None if finished else holder_of(run.directory)
        created, data, labels = record["created"], record["data"]["file"], record["data"]["labels"]
        study = record.get("study", "")
        if not (all(isinstance(text, str) for text in (created, data, study)) and type(labels) is int):
            raise RunError(
                f"{run.directory / CONFIG}: expected a time, the name of a file and a number of labels"
            )
        if finished:
            run.verify(CONFIG, MODEL)
    except (NameclsError, KeyError, TypeError, OSError) as error:
        return RunInfo(name=run.name, directory=run.directory, status="damaged", problem=str(error))
    metrics, problem = None, ""
    try:
        run.verify(METRICS)
        metrics = run.metrics()
    except (NameclsError, OSError) as error:
        problem = str(error)
    return RunInfo(
        name=run.name,
        directory=run.directory,
        status="finished" if finished else "running" if holder else "trial" if study else "unfinished",
        holder=holder,
        study=study,
        title=config.model.title,
        data=data,
        created=created,
        labels=labels,
        accuracy=metrics.accuracy if metrics else None,
        macro_f1=metrics.macro_f1 if metrics else None,
        top_3=metrics.top_3 if metrics else None,
        rows=metrics.rows if metrics else 0,
        operating_point=config.operating_point,
        problem=problem,
    )


def list_runs(save_dir: str | os.PathLike[str]) -> list[RunInfo]:
    """All runs in a directory, newest first, the damaged ones last. None if the directory is not there."""
    parent = Path(save_dir)
    try:
        found = [entry for entry in parent.iterdir() if os.path.lexists(entry / CONFIG)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise RunError(f"{parent}: could not be read: {reason}") from error
    return sorted(map(describe_run, found), key=lambda info: (info.created, info.name), reverse=True)


def delete_run(save_dir: str | os.PathLike[str], name: str) -> None:
    """Remove a run and all its files.

    :raises RunBusy: if a process is at work on it.
    :raises RunError: if there is no such run, or it can't be removed.
    """
    directory = Path(save_dir) / check_name(name)
    if os.path.islink(directory) or not os.path.isfile(directory / CONFIG):  # noqa: PTH113, PTH114 - never raise
        raise RunError(f"{directory}: there is no run of that name")
    check_free(directory)
    try:
        shutil.rmtree(directory)
    except OSError as error:
        raise RunError(f"{directory}: could not be removed: {error.strerror or error}") from error


def _is_empty(directory: Path) -> bool:
    """Whether nothing is in a directory but what a process leaves that dies before it has written anything."""
    try:
        names = [entry.name for entry in directory.iterdir()]
    except OSError:
        return False
    return holder_of(directory) is None and all(n == LOCK or n.startswith(TEMPORARY_PREFIX) for n in names)
