"""List and delete the runs of a directory."""

from __future__ import annotations

import dataclasses
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from namecls.errors import NameclsError, RunError
from namecls.files.locks import Holder, check_free, holder_of
from namecls.runs.manifest import MANIFEST, Summary, glance
from namecls.runs.record import CONFIG, read_summary
from namecls.runs.run import METRICS, MODEL, WEIGHTS, Run, check_name


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo(Summary):
    """What a list shows of a run."""

    name: str
    directory: Path
    #: "finished"; "running"; "unfinished": interrupted, can be resumed; "diverged": can only be finished; "trial": of a
    #: search, not tested; "damaged". `problem` says why, and why a run that is not damaged has no metrics
    status: str
    holder: Holder | None = None  # of a run that is running: the process that trains it
    problem: str = ""

    @property
    def usable(self) -> bool:
        """Whether there are weights to predict with."""
        return self.status != "damaged" and os.path.isfile(self.directory / WEIGHTS)  # noqa: PTH113


def describe_run(directory: str | os.PathLike[str]) -> RunInfo:
    """What can be told of a run without its weights, its files compared with its manifest.

    Never raises: a damaged run says what its problem is. Metrics that can't be read are a problem, and no damage: the
    model answers without them. Those of a run that is not finished count for nothing, as nothing tells whose they are.
    """
    run = Run(Path(directory))
    return _described(run, run.name, _whole)


def list_runs(save_dir: str | os.PathLike[str]) -> list[RunInfo]:
    """All runs in a directory, newest first, the damaged ones last. None if the directory is not there.

    Of a finished run the manifest is read, and the sizes of its files are compared; `describe_run` tells more.
    """
    parent = Path(save_dir)
    try:
        with os.scandir(parent) as entries:
            found = [e.name for e in entries if os.path.lexists(f"{e.path}/{CONFIG}")]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise RunError(f"{parent}: could not be read: {reason}") from error
    with _one_at_a_time:
        runs = [_described(Run(parent / name), name, _glance) for name in found]
    return sorted(runs, key=lambda info: (info.created, info.name), reverse=True)


def delete_run(save_dir: str | os.PathLike[str], name: str) -> None:
    """Remove a run and all its files.

    :raises RunBusy: if a process holds it.
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


def _described(run: Run, name: str, read: Callable[[Run, bool], tuple[Summary, str]]) -> RunInfo:
    try:
        finished = run.finished
        summary, problem = read(run, finished)
        holder = None if finished else holder_of(run.directory)
    except (NameclsError, OSError) as error:
        return RunInfo(name=name, directory=run.directory, status="damaged", problem=str(error))
    status = "finished" if finished else "running" if holder else "trial" if summary.study else "unfinished"
    if status == "unfinished" and (problem := run.diverged):
        status = "diverged"
    values = {field.name: getattr(summary, field.name) for field in _FIELDS}
    return RunInfo(
        name=name, directory=run.directory, status=status, holder=holder, problem=problem, **values
    )


_FIELDS = dataclasses.fields(Summary)


def _whole(run: Run, finished: bool) -> tuple[Summary, str]:
    """What a run is, its files compared with their hashes, and why it has no metrics."""
    summary = run.record().summary
    if not finished:
        return summary, ""
    run.verify(CONFIG, MODEL)
    try:
        run.verify(METRICS)
        return summary.tested(run.metrics()), ""
    except (NameclsError, OSError) as error:
        return summary, str(error)


def _glance(run: Run, finished: bool) -> tuple[Summary, str]:
    """What a finished run says of itself in its manifest, and why it has no metrics; one that says nothing is read."""
    place = os.fspath(run.directory)
    if not finished:
        return _outline(place, _state(f"{place}/{CONFIG}")), ""
    summary, sizes = _told(place, _state(f"{place}/{MANIFEST}"))
    whole = all(
        os.lstat(f"{place}/{name}").st_size == sizes[name]
        for name in (CONFIG, MODEL, METRICS)
        if name in sizes
    )
    return (summary, "") if summary is not None and whole else _whole(run, finished)


def _state(path: str) -> tuple[int, ...]:
    """What changes when a file does; of no file nothing, and who reads it says so."""
    try:
        found = os.lstat(path)
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


# A program that lists thousands of runs again and again reads again only what has changed; and two of its threads that
# list at the same time read once.
_one_at_a_time = threading.Lock()


@lru_cache(maxsize=16_384)
def _outline(directory: str, _of: tuple[int, ...]) -> Summary:
    return read_summary(Path(directory))


@lru_cache(maxsize=16_384)
def _told(directory: str, _of: tuple[int, ...]) -> tuple[Summary | None, dict[str, int]]:
    return glance(Path(directory))
