"""Runs that are deleted and can be taken back: moved aside within their directory, gone at the end of the program.

Each is held as a run in work is, so that another program that clears up after one that died leaves it alone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from dataclasses import dataclass, field
from pathlib import Path

from namecls.errors import RunError
from namecls.files.locks import held, holder_of
from namecls.language import _
from namecls.runs.listing import run_to_delete
from namecls.system import reason_of

#: Where they are, in the directory of runs; no run can be called so.
ASIDE = ".deleted"


@dataclass(slots=True)
class Discarded:
    """A run that was moved aside."""

    name: str
    before: Path
    place: Path
    _hold: contextlib.ExitStack = field(repr=False)

    def restore(self) -> None:
        """Put it back where it was.

        :raises RunError: if another one is there by now, or the disk does not take it.
        """
        if os.path.lexists(self.before):
            raise RunError(
                _("{before}: is there again; the deleted one waits in {place}").format(
                    before=self.before, place=self.place
                )
            )
        try:
            self.place.rename(self.before)
        except OSError as error:
            raise RunError(
                _("{place}: could not be moved: {reason}").format(place=self.place, reason=reason_of(error))
            ) from error
        self._hold.close()
        _remove_if_empty(self.place.parent)

    def remove(self) -> None:
        """Delete it for good, as far as the disk lets; the next program tries the rest."""
        shutil.rmtree(self.place, ignore_errors=True)
        self._hold.close()
        _remove_if_empty(self.place.parent)


def discard_run(save_dir: str | os.PathLike[str], name: str) -> Discarded:
    """Move a run aside, to be restored or removed.

    :raises RunBusy: if a process holds it, or is about to.
    :raises RunError: if there is no such run, or it can't be moved.
    """
    before = run_to_delete(save_dir, name)
    aside = before.parent / ASIDE
    with contextlib.ExitStack() as hold:
        hold.enter_context(held(before))
        try:
            if os.path.islink(aside):  # noqa: PTH114 - never raises
                raise RunError(_("{aside}: is a link, expected a directory; remove it").format(aside=aside))
            aside.mkdir(exist_ok=True)
            place = next(
                p for number in range(1, 10_000) if not os.path.lexists(p := aside / f"{name}-{number}")
            )
            before.rename(place)
        except OSError as error:
            raise RunError(
                _("{before}: could not be moved: {reason}").format(before=before, reason=reason_of(error))
            ) from error
        return Discarded(name, before, place, hold.pop_all())


class Discards:
    """The runs that a program has moved aside, the last one on top. They are gone when it ends.

    Threads may call it at the same time; one waits for another.
    """

    def __init__(self) -> None:
        self._runs: list[Discarded] = []
        self._one_at_a_time = threading.Lock()

    @property
    def last(self) -> Discarded | None:
        """The run that is taken back next."""
        return self._runs[-1] if self._runs else None

    def discard(self, save_dir: str | os.PathLike[str], name: str) -> None:
        """Move a run aside.

        :raises RunBusy: if a process holds it, or is about to.
        :raises RunError: if there is no such run, or it can't be moved.
        """
        with self._one_at_a_time:
            self._runs.append(discard_run(save_dir, name))

    def restore(self, run: Discarded) -> None:
        """Move one back; nothing, if it is back already.

        :raises RunError: if another one is there by now, or the disk does not take it. It can be tried again.
        """
        with self._one_at_a_time:
            if run in self._runs:
                run.restore()
                self._runs.remove(run)

    def end(self) -> None:
        """Delete them for good."""
        with self._one_at_a_time:
            while self._runs:
                self._runs.pop().remove()


def clear_discarded(save_dir: str | os.PathLike[str]) -> None:
    """Remove what programs moved aside that ended before they removed it; what can't be removed stays."""
    aside = Path(save_dir) / ASIDE
    if os.path.islink(aside) or not os.path.isdir(aside):  # noqa: PTH112, PTH114 - never raise
        return
    with contextlib.suppress(OSError):
        for place in list(aside.iterdir()):
            if place.is_dir() and not place.is_symlink() and holder_of(place) is None:
                with contextlib.suppress(RunError), held(place):
                    shutil.rmtree(place, ignore_errors=True)
    _remove_if_empty(aside)


def _remove_if_empty(aside: Path) -> None:
    with contextlib.suppress(OSError):
        aside.rmdir()
