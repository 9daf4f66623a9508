"""Everything that can go wrong and that a user can mend.

Each message says what was expected, what was found, where, and what to do. The command line prints it on one
line and exits with 1; the app shows it where it happened. Anything that is not a `NameclsError` is a bug.
"""

import reprlib

_SHOWN = 80  # characters of a wrong value that an error shows
_BRIEF = reprlib.Repr()  # of which no more is put together than this
_BRIEF.maxstring = _BRIEF.maxlong = _BRIEF.maxother = _SHOWN


class NameclsError(Exception):
    """Base of every error that namecls raises on purpose."""


class ConfigError(NameclsError):
    """A setting has a value that it can't have."""


class DataError(NameclsError):
    """A file of names can't be read, or nothing useful is in it."""


class ModelFileError(NameclsError):
    """A model directory is missing, damaged, or not one of ours."""


class RunError(NameclsError):
    """A run directory can't be made, found, read or removed."""


class DiskFull(RunError):  # noqa: N818 - it says what is the matter
    """There is no room on the disk. It may be tried again when there is."""


class RunBusy(RunError):  # noqa: N818
    """Another process holds the run."""


class TrainingError(NameclsError):
    """Training can't continue: the loss is NaN or infinite, or memory ran out."""


class Diverged(TrainingError):  # noqa: N818
    """A loss, an answer or a weight is no longer a number: resuming would end there again."""


class ProcessLost(NameclsError):  # noqa: N818
    """Another process of a training on several is gone, or does not answer."""


def is_bug(error: BaseException) -> bool:
    """Whether an error that nobody expected is a bug, and not the wish to leave.

    What the table library calls a panic is no `Exception`, so that nothing catches it by accident.
    """
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def shown(value: object) -> str:
    """A wrong value for an error message, however long or deep it is."""
    try:
        text = _BRIEF.repr(value)
    except ValueError:  # a number of more digits than Python prints
        return f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
