"""Runs on disk: one directory each, with all that made it and all that came of it.

    save_model/<name>/
      config.json        what defines the run: settings, data and its hash, split and its hash, versions
      history.jsonl      one line per event, appended as it happens
      model.json         how to read the weights: network, characters, labels
      model.safetensors  the best weights so far
      resume/            the last weights, the optimiser and the counters
      metrics.json       validation and test metrics, per label
      MANIFEST.json      hashes of the files above, written last: with it the run is finished

The shipped model is such a directory too, with its card in README.md.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from namecls.config import TrainConfig
from namecls.errors import ConfigError, ModelFileError, NameclsError, RunError
from namecls.events import Event, Finished, Metrics, event_from_json, event_to_json
from namecls.storage import read_json, sha256_of, write_json

CONFIG, HISTORY, METRICS, MANIFEST = "config.json", "history.jsonl", "metrics.json", "MANIFEST.json"
MODEL, WEIGHTS = "model.json", "model.safetensors"
FORMAT = 1

_NAME = re.compile(r"[^\W_][\w.+-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """What a list of runs shows of one of them. Shares are in 0..1, None where nothing was tested."""

    name: str
    directory: Path
    status: str  # "finished"; "unfinished": still going, or broken off; "damaged": see `problem`
    title: str = ""  # of the network
    data: str = ""  # name of the data file
    created: str = ""  # ISO 8601, UTC
    labels: int = 0
    accuracy: float | None = None
    macro_f1: float | None = None
    top_3: float | None = None
    rows: int = 0  # tested
    problem: str = ""

    @property
    def usable(self) -> bool:
        """Whether there are weights to predict with."""
        return self.status != "damaged" and (self.directory / WEIGHTS).is_file()


def check_name(name: str) -> str:
    """The name itself, if it may be the name of a run.

    :raises RunError: if it could lead out of its directory or hide in it.
    """
    if not _NAME.fullmatch(name) or name.endswith("."):
        raise RunError(
            "a run's name must be 1 to 100 letters, digits, '.', '_', '+' or '-', "
            f"beginning with a letter or digit, was: {name!r}"
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
        wanted = check_name(name) if name else f"{config.model.title}-{stamp}"
        try:
            parent.mkdir(parents=True, exist_ok=True)
            for attempt in range(1, 1000):
                directory = parent / (wanted if attempt == 1 else f"{wanted}-{attempt}")
                try:
                    directory.mkdir()
                except FileExistsError:
                    if name:
                        raise RunError(
                            f"{directory} is there already: choose another name, or delete that run"
                        ) from None
                    continue
                return cls(directory)
        except OSError as error:
            raise RunError(
                f"{parent}: no run could be made there: {error.strerror or error}; choose another directory"
            ) from error
        raise RunError(f"{parent}: too many runs named {wanted}")

    @classmethod
    def open(cls, directory: str | os.PathLike[str]) -> Run:
        """A run that exists.

        :raises RunError: if it does not.
        """
        run = cls(Path(directory))
        if not (run.directory / CONFIG).is_file():
            raise RunError(f"{run.directory}: expected a run directory with {CONFIG} in it, found none")
        return run

    @property
    def name(self) -> str:
        return self.directory.resolve().name

    def record(self) -> dict[str, Any]:
        """The content of ``config.json``: the settings under ``train``, the data under ``data``, and so on."""
        return read_json(self.directory / CONFIG)

    def config(self) -> TrainConfig:
        """The settings of the run.

        :raises RunError: if they can't be read.
        """
        try:
            return TrainConfig.from_json(self.record()["train"])
        except (KeyError, TypeError, ConfigError) as error:
            raise RunError(
                f"{self.directory / CONFIG}: expected the settings of a training: {error}"
            ) from error

    def append(self, event: Event) -> None:
        """Add an event to the history.

        :raises RunError: if the disk does not take it.
        """
        path = self.directory / HISTORY
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(event_to_json(event), ensure_ascii=False) + "\n")
        except OSError as error:
            raise RunError(f"{path}: could not be written: {error.strerror or error}") from error

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
        os.truncate(self.directory / HISTORY, size)

    def history(self) -> Iterator[Event]:
        """The events of the run so far; a last line that was cut off in the writing is left out.

        :raises RunError: if another line is no event.
        """
        path = self.directory / HISTORY
        try:
            content = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(f"{path}: could not be read: {error}") from error
        lines = content.split("\n")
        for number, line in enumerate(lines[:-1], 1):  # what follows the last line end is empty, or cut off
            try:
                yield event_from_json(json.loads(line))
            except (ValueError, AttributeError, RunError) as error:
                raise RunError(f"{path}, line {number}: {error}") from error

    def metrics(self, split: str = "test") -> Metrics | None:
        """The metrics of the ``test`` or ``validation`` rows, None as long as the run is not finished."""
        path = self.directory / METRICS
        if not path.exists():
            return None
        try:
            return Metrics.from_json(read_json(path)[split])
        except (KeyError, TypeError) as error:
            raise RunError(f"{path}: expected metrics of {split} rows: {error}") from error

    def finish(self, finished: Finished) -> None:
        """Write the metrics, the last line of the history, and the manifest: the run is whole."""
        write_json(
            self.directory / METRICS,
            {"validation": finished.validation.to_json(), "test": finished.test.to_json()},
        )
        self.append(finished)
        self.write_manifest()

    def write_manifest(self) -> None:
        """Write down the hash and size of every file that the run consists of."""
        files = [self.directory / name for name in (CONFIG, HISTORY, MODEL, WEIGHTS, METRICS)]
        write_json(
            self.directory / MANIFEST,
            {
                "format": FORMAT,
                "files": {f.name: {"sha256": sha256_of(f), "bytes": f.stat().st_size} for f in files},
            },
        )

    def verify(self, *names: str) -> None:
        """Check files against the manifest; a run without one is not finished and has nothing to check.

        :raises ModelFileError: if one is missing or is not what was written.
        """
        path = self.directory / MANIFEST
        if not path.exists():
            return
        try:
            entries = read_json(path)["files"]
            for name in names:
                if sha256_of(self.directory / name) != entries[name]["sha256"]:
                    raise ModelFileError(
                        f"{self.directory / name}: is not the file that the manifest tells of: damaged or replaced"
                    )
        except (RunError, KeyError, TypeError, OSError) as error:
            raise ModelFileError(f"{path}: can't be checked: {error}") from error


def describe_run(directory: str | os.PathLike[str]) -> RunInfo:
    """What can be told of a run without its weights. Never raises: a damaged run says what its problem is."""
    run = Run(Path(directory))
    try:
        record = run.record()
        config = run.config()
        metrics = run.metrics()
        finished = (run.directory / MANIFEST).is_file()
        data, created = record["data"], str(record["created"])
        labels = int(data["labels"])
        if finished:
            run.verify(CONFIG, METRICS, MODEL)
    except (NameclsError, KeyError, TypeError, ValueError) as error:
        return RunInfo(name=run.name, directory=run.directory, status="damaged", problem=str(error))
    return RunInfo(
        name=run.name,
        directory=run.directory,
        status="finished" if finished else "unfinished",
        title=config.model.title,
        data=str(data["file"]),
        created=created,
        labels=labels,
        accuracy=metrics.accuracy if metrics else None,
        macro_f1=metrics.macro_f1 if metrics else None,
        top_3=metrics.top_3 if metrics else None,
        rows=metrics.rows if metrics else 0,
    )


def list_runs(save_dir: str | os.PathLike[str]) -> list[RunInfo]:
    """All runs in a directory, newest first, the damaged ones last. None if the directory is not there."""
    parent = Path(save_dir)
    try:
        found = [entry for entry in parent.iterdir() if entry.is_dir() and (entry / CONFIG).exists()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise RunError(f"{parent}: could not be read: {error.strerror or error}") from error
    return sorted(map(describe_run, found), key=lambda info: (info.created, info.name), reverse=True)


def delete_run(save_dir: str | os.PathLike[str], name: str) -> None:
    """Remove a run and all its files.

    :raises RunError: if there is no such run, or it can't be removed.
    """
    directory = Path(save_dir) / check_name(name)
    if directory.is_symlink() or not (directory / CONFIG).is_file():
        raise RunError(f"{directory}: there is no run of that name")
    try:
        shutil.rmtree(directory)
    except OSError as error:
        raise RunError(f"{directory}: could not be removed: {error.strerror or error}") from error
