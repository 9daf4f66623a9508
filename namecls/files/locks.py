"""Lock a run for one process at a time; who holds it, since when.

The lock is the kernel's, on an open file, and ends with the process that holds it, however that ends. What the file
says is for people. On a file system without such locks the process that is named in the file decides.

Where the work passes from one process to another, nobody holds the run for some seconds. Who is to take it is named
before it is let go.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from namecls.errors import RunBusy, RunError
from namecls.files.storage import NEITHER_LINK_NOR_PIPE, lock_file, write_atomically
from namecls.language import _
from namecls.system import reason_of

LOCK = "lock.json"
#: The process that is about to take the run.
HEIR = "heir.json"

_LONGEST = 4096  # bytes of a lock file
_HANDED_WITHIN = 120.0  # seconds: an heir that has not taken the run by then does not come
_TRIES, _BETWEEN = 25, 0.02  # seconds; a look at a lock holds it for a moment, so one refusal is none


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a run."""

    pid: int
    host: str
    since: str  # ISO 8601, local time

    def __str__(self) -> str:
        if self == UNKNOWN_HOLDER:
            return _("a process that does not say which it is")
        return _("process {pid} on {host}, since {since}").format(
            pid=self.pid, host=self.host, since=self.since.replace("T", " ")
        )

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine."""
        return self.host == socket.gethostname()


UNKNOWN_HOLDER = Holder(0, "", "")


@contextlib.contextmanager
def held(directory: Path) -> Iterator[None]:
    """Hold a run's directory. A lock that a dead process left is taken over.

    :raises RunBusy: if another process holds it, and says which.
    :raises RunError: if no lock can be written there.
    """
    path = directory / LOCK
    try:
        descriptor = _acquire(path)
    except OSError as error:
        raise RunError(
            _("{path}: could not be written: {reason}; nothing was changed").format(
                path=path, reason=reason_of(error)
            )
        ) from error
    if descriptor is None:
        raise _busy(directory, holder_of(directory) or UNKNOWN_HOLDER)
    try:
        forget_heir(directory)  # it has come, or this one came first
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()
        os.close(descriptor)


def check_free(directory: Path) -> None:
    """Check that no process holds a run's directory.

    :raises RunBusy: if a process does.
    """
    if holder := holder_of(directory):
        raise _busy(directory, holder)


def name_heir(directory: Path, pid: int) -> None:
    """Tell that a process of this machine is about to take a run's directory; on a full disk it is not told."""
    with contextlib.suppress(RunError):
        write_atomically(directory / HEIR, _signed(pid))


def forget_heir(directory: Path) -> None:
    """Take that back, or end it."""
    with contextlib.suppress(OSError):
        (directory / HEIR).unlink()


def heir_of(directory: Path) -> Holder | None:
    """The living process that is about to take a run's directory, named there a moment ago, or None."""
    try:
        descriptor = os.open(directory / HEIR, os.O_RDONLY | NEITHER_LINK_NOR_PIPE)
    except OSError:
        return None
    try:
        heir, named = _read(descriptor), os.fstat(descriptor).st_mtime
    finally:
        os.close(descriptor)
    return (
        heir if heir is not None and abs(time.time() - named) < _HANDED_WITHIN and _may_live(heir) else None
    )


def worker_of(directory: Path) -> Holder | None:
    """The process that holds a run's directory, or is about to."""
    return holder_of(directory) or heir_of(directory)


def check_at_rest(directory: Path) -> None:
    """Check that no process holds a run's directory, and none is about to.

    :raises RunBusy: if a process does, or is.
    """
    check_free(directory)
    if heir := heir_of(directory):
        raise RunBusy(
            _(
                "{directory}: its training is just being handed over to {heir}; wait some seconds, then stop it first"
            ).format(directory=directory, heir=heir)
        )
    check_free(directory)  # the heir may have taken it between the two looks


def holder_of(directory: Path) -> Holder | None:
    """The living process that holds a run's directory, or None."""
    try:
        descriptor = os.open(directory / LOCK, os.O_RDONLY | NEITHER_LINK_NOR_PIPE)
    except OSError:
        return None
    try:
        holder = _read(descriptor)
        free = lock_file(descriptor, shared=True)
    finally:
        os.close(descriptor)
    if free is None:
        return holder if holder is not None and _may_live(holder) else None
    return None if free else holder or UNKNOWN_HOLDER


def _busy(directory: Path, holder: Holder) -> RunBusy:
    return RunBusy(
        _("{directory}: is being worked on by {holder}; wait for it, or stop it first").format(
            directory=directory, holder=holder
        )
    )


def _acquire(path: Path) -> int | None:
    """The descriptor of a lock file that is ours, or None if it is another's."""
    for _try in range(_TRIES):
        # Private: whoever can open it could hold it.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | NEITHER_LINK_NOR_PIPE, 0o600)
        try:
            with contextlib.suppress(PermissionError):  # an older one, of another user
                os.fchmod(descriptor, 0o600)
            got = lock_file(descriptor)
            if got is None:
                holder = _read(descriptor)
                got = holder is None or not _may_live(holder)
            if got and _is_file(descriptor, path):  # else its last holder has just removed it
                _write(descriptor)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        time.sleep(_BETWEEN)
    return None


def _is_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _write(descriptor: int) -> None:
    with contextlib.suppress(OSError):  # a full disk: the lock holds, it only can't say whose it is
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _signed(os.getpid()), 0)


def _signed(pid: int) -> bytes:
    since = datetime.datetime.now().isoformat(timespec="seconds")
    return json.dumps({"pid": pid, "host": socket.gethostname(), "since": since}).encode() + b"\n"


def _read(descriptor: int) -> Holder | None:
    try:
        values = json.loads(os.pread(descriptor, _LONGEST, 0))
        return Holder(int(values["pid"]), str(values["host"]), str(values["since"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _may_live(holder: Holder) -> bool:
    """Whether the process may still be there; of another machine's it can't be told."""
    if not holder.is_here:
        return True
    if holder.pid <= 0:  # no process has such a number; `kill` would mean a group by it
        return False
    try:
        os.kill(holder.pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True
