"""List and delete the runs of a directory."""

from __future__ import annotations

import contextlib
import dataclasses
import heapq
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

from namecls.errors import NameclsError, RunError
from namecls.events import Progress
from namecls.files.locks import Holder, check_at_rest, worker_of
from namecls.language import _
from namecls.runs.history import HISTORY
from namecls.runs.manifest import MANIFEST, Summary, glance
from namecls.runs.notes import LONGEST_NOTE, NOTES, Notes, read_notes
from namecls.runs.record import CONFIG, read_summary
from namecls.runs.run import METRICS, MODEL, WEIGHTS, Run, check_name
from namecls.system import reason_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo(Summary):
    """What a list shows of a run."""

    name: str
    directory: Path
    #: "finished"; "running"; "unfinished": interrupted, can be resumed; "diverged": can only be finished; "trial": of a
    #: search, not tested; "damaged". `problem` says why, and why a run that is not damaged has no metrics
    status: str
    holder: Holder | None = None  # of a run that is running: the process that trains it, or is about to
    problem: str = ""
    progress: float | None = (
        None  # of a run that is running: the share of all steps, in 0..1, as last reported
    )
    note: str = ""
    tags: tuple[str, ...] = ()

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


def list_runs(
    save_dir: str | os.PathLike[str], newest: int | None = None, *, finished: bool = True
) -> list[RunInfo]:
    """All runs in a directory, newest first, the damaged ones last. None if the directory is not there.

    Of a finished run the manifest is read, and the sizes of its files are compared; `describe_run` tells more.

    :param newest: no more than so many, those whose record was written last: they are told at once, where all of
        thousands take a second.
    :param finished: list the finished runs, too; without them the newest are those that were at work last.
    :raises RunError: if it is no directory, or can't be read.
    """
    parent = Path(save_dir)
    written = _written(os.fspath(parent))
    if not finished:
        written = {
            name: max(at, changed_at(f"{parent}/{name}/{HISTORY}"))
            for name, at in written.items()
            if not file_state(f"{parent}/{name}/{MANIFEST}")
        }
    if newest is not None:
        written = dict(heapq.nlargest(newest, written.items(), key=itemgetter(1)))
        return newest_first(_described(Run(parent / name), name, _glance) for name in written)
    return newest_first(glance_at(parent, written))


def glance_at(save_dir: Path, names: Iterable[str]) -> list[RunInfo]:
    """Some runs of a directory, as `list_runs` tells of them."""
    with _one_at_a_time:
        return [_described(Run(save_dir / name), name, _glance) for name in names]


def newest_first(runs: Iterable[RunInfo]) -> list[RunInfo]:
    """Runs in the order of a list: the damaged ones, of which nobody knows when they were made, last."""
    return sorted(runs, key=lambda info: (info.created, info.name), reverse=True)


def run_names(save_dir: str | os.PathLike[str]) -> list[str]:
    """The names of the runs in a directory, those written last first; nothing of them is read.

    :raises RunError: if it is no directory, or can't be read.
    """
    written = _written(os.fspath(save_dir))
    return sorted(written, key=written.__getitem__, reverse=True)


def _written(parent: str) -> dict[str, int]:
    """The names of the runs in a directory, and when their records were written."""
    return {entry.name: at for entry in entries_of(parent) if (at := changed_at(f"{entry.path}/{CONFIG}"))}


def entries_of(parent: str) -> Iterator[os.DirEntry[str]]:
    """What there is in a directory of runs, in any order; nothing, if the directory is not there.

    :raises RunError: if it is no directory, or can't be read.
    """
    try:
        with os.scandir(parent) as entries:
            yield from entries
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise RunError(_("{parent}: is no directory; runs lie in one").format(parent=parent)) from None
    except (OSError, ValueError) as error:
        reason = reason_of(error)
        raise RunError(
            _("{parent}: could not be read: {reason}").format(parent=parent, reason=reason)
        ) from error


def changed_at(path: str) -> int:
    """When a file was changed, in nanoseconds; 0: there is none."""
    try:
        return max(os.lstat(path).st_mtime_ns, 1)
    except OSError:
        return 0


def delete_run(save_dir: str | os.PathLike[str], name: str) -> None:
    """Remove a run and all its files.

    :raises RunBusy: if a process holds it, or is about to.
    :raises RunError: if there is no such run, or it can't be removed.
    """
    directory = run_to_delete(save_dir, name)
    try:
        shutil.rmtree(directory)
    except OSError as error:
        raise RunError(
            _("{directory}: could not be removed: {reason}").format(
                directory=directory, reason=reason_of(error)
            )
        ) from error


def run_to_delete(save_dir: str | os.PathLike[str], name: str) -> Path:
    """The directory of a run that may be deleted: nobody trains it, also where a training is just handed over.

    :raises RunBusy: if a process holds it, or is about to.
    :raises RunError: if there is no such run.
    """
    directory = Path(save_dir) / check_name(name)
    if os.path.islink(directory) or not os.path.isfile(directory / CONFIG):  # noqa: PTH113, PTH114 - never raise
        raise RunError(_("{directory}: there is no run of that name").format(directory=directory))
    check_at_rest(directory)
    return directory


def _described(run: Run, name: str, read: Callable[[Run, bool], tuple[Summary, str]]) -> RunInfo:
    try:
        finished = run.finished
        summary, problem = read(run, finished)
        holder = None if finished else worker_of(run.directory)
    except (NameclsError, OSError) as error:
        return RunInfo(name=name, directory=run.directory, status="damaged", problem=str(error))
    progress = None
    if holder is not None and (report := _last_report(run)) is not None:
        progress = min(max(report.step / report.steps, 0.0), 1.0) if report.steps > 0 else None
        summary = dataclasses.replace(summary, seconds=report.elapsed)
    status = "finished" if finished else "running" if holder else "trial" if summary.study else "unfinished"
    if status == "unfinished" and (problem := run.diverged):
        status = "diverged"
    values = {field.name: getattr(summary, field.name) for field in _FIELDS}
    place = os.fspath(run.directory)
    notes = _noted(place, state) if (state := file_state(f"{place}/{NOTES}")) else Notes()
    return RunInfo(
        name=name,
        directory=run.directory,
        status=status,
        holder=holder,
        problem=problem,
        progress=progress,
        note=notes.note,
        tags=notes.tags,
        **values,
    )


def _last_report(run: Run) -> Progress | None:
    """The last report of a run in work; what can't be read of it is left out."""
    with contextlib.suppress(NameclsError, OSError):
        event = run.last_event(Progress)
        return event if isinstance(event, Progress) else None
    return None


_FIELDS = dataclasses.fields(Summary)


def _whole(run: Run, finished: bool) -> tuple[Summary, str]:
    """What a run is, its files compared with their hashes, and why it has no metrics."""
    if not finished:
        return run.record().summary, ""
    summary = run.summary()
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
        return _outline(place, file_state(f"{place}/{CONFIG}")), ""
    summary, sizes = _told(place, file_state(f"{place}/{MANIFEST}"))
    whole = all(
        os.lstat(f"{place}/{name}").st_size == sizes[name]
        for name in (CONFIG, MODEL, METRICS)
        if name in sizes
    )
    return (summary, "") if summary is not None and whole else _whole(run, finished)


def file_state(path: str) -> tuple[int, ...]:
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
def _noted(directory: str, _of: tuple[int, ...]) -> Notes:
    try:
        return read_notes(Path(directory))
    except RunError as error:
        return Notes(str(error)[:LONGEST_NOTE])


@lru_cache(maxsize=16_384)
def _told(directory: str, _of: tuple[int, ...]) -> tuple[Summary | None, dict[str, int]]:
    return glance(Path(directory))
