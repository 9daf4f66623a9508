"""The door: all commands under one name, and every error turned into one line and an exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, NoReturn

import typer
from typer.main import get_command

from namecls import __version__
from namecls.cli.commands import USAGE, Entry, lazy
from namecls.cli.console import prepare_streams, say
from namecls.errors import NameclsError, is_bug
from namecls.files.storage import open_to_append
from namecls.limits import guard_imports
from namecls.paths import log_file
from namecls.text import safe

DONE = 0
MENDABLE = 1  # the user can mend it: a file, a disk, a damaged model
BUG = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED = 130  # 128 + SIGINT, as a shell has it; likewise 129 for SIGHUP, 143 for SIGTERM
READER_GONE = 141  # 128 + SIGPIPE: `namecls ... | head`

_HELP = """Classify names by country with character-level recurrent networks.

Examples:
  namecls predict Yamamoto Kowalski        rank countries for two names
  cat names.txt | namecls predict          one JSON line per name
  namecls train                            on the data that come with namecls
  namecls train --data mine.tsv            on your own lines of name<TAB>label
  namecls data inspect mine.tsv            what is in a file, and what is wrong
  namecls explain Kowalski                 why it answers so, letter by letter
  namecls-tui                              all of this in an app

Exit codes: 0 done; 1 something you can mend, one line says what; 2 a mistake
in the command line; 130 interrupted.
"""

#: All commands, in the order of the help, with the first lines of their own.
COMMANDS = {
    "predict": Entry("predict", "Rank the labels that a name may belong to."),
    "train": Entry("train", "Train a network on names, and test it on held-out names."),
    "tune": Entry("tune", "Hyperparameter search: better settings than a preset's, within a time."),
    "compare": Entry("compare", "Compare networks: the same data, split and budget, under several seeds."),
    "evaluate": Entry("evaluate", "Evaluate a model on names with known labels."),
    "explain": Entry(
        "explain", "Explain an answer: evidence, each letter's part, what would change it, every tensor."
    ),
    "import-tutorial": Entry("import_tutorial", "Make a run of the weights that the RNN tutorial saved."),
    "data": Entry("data", "Look into a file of names and labels, and mend it."),
    "runs": Entry(
        "runs",
        "List, show, compare, watch, stop, finish, refit, verify, export and delete runs; list their mistakes.",
    ),
}

#: What to do about the commonest troubles with files.
_ADVICE = {
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "check the path",
    errno.EACCES: "check the permissions",
    errno.EPERM: "check the permissions",
    errno.EISDIR: "give the path of a file",
    errno.ENOSPC: "free some space and try again",
    errno.EDQUOT: "free some space and try again",
    errno.EROFS: "choose another place",
}


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"namecls {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    del version  # its callback has answered


def build() -> typer.Typer:
    """The command line as a Typer app."""
    app = typer.Typer(
        name="namecls",
        cls=lazy(COMMANDS),
        help=_HELP,
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    return app


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command line and leave with its exit code.

    :param arguments: what follows the program's name; None: what this process was started with.
    """
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code. Errors become one line on standard error."""
    prepare_streams()
    guard_imports()
    try:
        command = get_command(build())
        with command.make_context("namecls", list(arguments)) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as left:
        return left.exit_code
    except typer.TyperException as error:
        return _refuse(error)
    except typer.Abort:  # a question answered with no
        return _fail("left as it was")
    except BrokenPipeError:
        return READER_GONE
    except NameclsError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(_describe(error))
    except MemoryError:
        return _fail("not enough memory; try a smaller file, batch or network")
    except KeyboardInterrupt:
        say("namecls: interrupted")
        return INTERRUPTED
    except BaseException as error:
        if not is_bug(error):
            raise
        return _report_bug(error)
    finally:
        _settle_output()
    return DONE


def _fail(message: str) -> int:
    say(f"namecls: {message}")
    return MENDABLE


def _refuse(error: typer.TyperException) -> int:
    """Say what is wrong with the command line. Help that was asked for by giving no arguments is already printed."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "namecls"
    if message := " ".join(error.format_message().split()):
        say(f"{path}: {message}")
        say(f"see: {path} --help")
    return USAGE


def _describe(error: OSError) -> str:
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    what = error.strerror or str(error)
    advice = _ADVICE.get(error.errno or 0)
    return f"{where}{what}{f'; {advice}' if advice else ''}"


def _settle_output() -> None:
    """Write out what is left. What can't be written is dropped, or the interpreter would complain on its way out."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with contextlib.suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)


def _report_bug(error: BaseException) -> int:
    """Keep the traceback in a file, since its text may hold anything, and say where it is."""
    report = "".join(traceback.format_exception(error))
    path = log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(open_to_append(path), "a", encoding="utf-8", errors="backslashreplace") as log:  # noqa: PTH123
            log.writelines(f"{safe(line)}\n" for line in report.rstrip("\n").split("\n"))
    except OSError:
        for line in report.splitlines():
            say(line)
    else:
        say(f"namecls: a bug: {type(error).__name__}: {error}; please report it, the traceback is in {path}")
    return BUG
