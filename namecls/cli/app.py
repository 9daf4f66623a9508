"""The door: all commands under one name, and every error turned into one line and an exit code."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
import traceback
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.main import get_command

from namecls import __version__
from namecls.cli.commands import USAGE, Entry, Language, lazy
from namecls.cli.completion import is_asked
from namecls.cli.console import be_verbose, is_terminal, is_verbose, prepare_streams, say
from namecls.cli.help import help_lines
from namecls.errors import ConfigError, NameclsError, is_bug, shown
from namecls.files.storage import open_to_append
from namecls.language import ENGLISH, N_, _, chosen_language, set_language
from namecls.limits import guard_imports
from namecls.paths import log_file
from namecls.system import reason_of
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

#: What `namecls` alone says on a terminal, translated as a help is.
FIRST = """namecls classifies names by country. Three things to begin with:

  namecls predict Yamamoto          where a name may come from
  namecls train --data mine.tsv     a model of your own lines of name<TAB>label
  namecls-tui                       all of it in an app: type, train, browse, mend

namecls demo plays the whole path by itself; namecls --help lists all commands.
"""

#: All commands, in the order of the help, with the first lines of their own.
COMMANDS = {
    "demo": Entry("demo", "Play the whole path by itself, in about a minute; any key stops it."),
    "predict": Entry("predict", "Rank the labels that a name may belong to."),
    "merge": Entry("merge", "Put together what predict --shard wrote in parts, in order."),
    "train": Entry("train", "Train a network on names, and test it on held-out names."),
    "tune": Entry("tune", "Hyperparameter search: better settings than a preset's, within a time."),
    "compare": Entry("compare", "Compare networks: the same data, split and budget, under several seeds."),
    "evaluate": Entry("evaluate", "Evaluate a model on names with known labels."),
    "explain": Entry(
        "explain", "Explain an answer: evidence, each letter's part, what would change it, every tensor."
    ),
    "plot": Entry("plot", "Draw runs: learning curves, confusion, reliability, scores by label."),
    "export": Entry("export", "Write the network of a model as ONNX, for programs without torch."),
    "serve": Entry("serve", "Answer names over HTTP, on this machine."),
    "import-tutorial": Entry("import_tutorial", "Make a run of the weights that the RNN tutorial saved."),
    "data": Entry("data", "Look into a file of names and labels, and mend it."),
    "runs": Entry(
        "runs",
        "List, show, compare, watch, stop, finish, refit, verify, export, import, delete runs; list their mistakes, "
        "and the names that they are weak on.",
    ),
}

#: What to do about the commonest troubles with files.
_ADVICE = {
    errno.ENOENT: N_("check the path"),
    errno.ENOTDIR: N_("check the path"),
    errno.EACCES: N_("check the permissions"),
    errno.EPERM: N_("check the permissions"),
    errno.EISDIR: N_("give the path of a file"),
    errno.ENOSPC: N_("free some space and try again"),
    errno.EDQUOT: N_("free some space and try again"),
    errno.EROFS: N_("choose another place"),
}


def _print_version(context: typer.Context, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    print(f"namecls {__version__}")
    if context.params.get("verbose"):
        from namecls.surroundings import shipped_versions

        for line in shipped_versions():
            print(line)
    raise typer.Exit


def _root(
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            is_eager=True,
            help="With --version: also those of libraries, and the SHA-256 of the data and the model.",
        ),
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_print_version, help="Print the version and exit.")
    ] = False,
    lang: Language = None,
) -> None:
    del version, lang  # its callback has answered; it is spoken already
    if verbose:
        raise typer.BadParameter(
            _("goes behind the command: namecls COMMAND --verbose"), param_hint="--verbose"
        )


def build() -> typer.Typer:
    """The command line as a Typer app."""
    app = typer.Typer(
        name="namecls",
        cls=lazy(COMMANDS),
        help=_HELP,
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
    try:
        set_language(chosen_language(_wanted_language(arguments)))
    except ConfigError as error:
        set_language(ENGLISH)
        say(f"namecls: {error}")
        return USAGE
    if not arguments and is_terminal() and not is_asked():
        print("\n".join(help_lines(FIRST, 78, {})))
        return USAGE
    guard_imports()
    be_verbose(False)
    began = time.monotonic()
    try:
        command = get_command(build())
        if is_asked():
            command.main(prog_name="namecls")  # leaves with an exit code
        with command.make_context("namecls", list(arguments)) as context:
            command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as left:
        return left.exit_code
    except typer.TyperException as error:
        return _refuse(error)
    except typer.Abort:  # a question answered with no
        return _fail(_("left as it was"))
    except BrokenPipeError:
        return READER_GONE
    except ModuleNotFoundError as error:
        if error.name != "torch":
            return _report_bug(error)
        return _fail(_("this needs PyTorch, which is not installed; to install it: pip install torch"))
    except NameclsError as error:
        notes = f" ({'; '.join(error.__notes__)})" if hasattr(error, "__notes__") else ""
        return _fail(f"{error}{notes}")
    except OSError as error:
        return _fail(_describe(error))
    except MemoryError:
        return _fail(_("not enough memory; try a smaller file, batch or network"))
    except KeyboardInterrupt:
        say(_("namecls: interrupted"))
        return INTERRUPTED
    except BaseException as error:
        if not is_bug(error):
            raise
        return _report_bug(error)
    finally:
        if is_verbose():
            say(f"namecls: {time.monotonic() - began:.2f} s", style="dim")
        _settle_output()
    return DONE


def _wanted_language(arguments: Sequence[str]) -> str | None:
    """What `--lang` says, wherever it stands: typer reads the command line only after that."""
    wanted = None
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    for word, following in zip(before, [*before, ""][1:], strict=True):
        if word == "--lang":
            wanted = following or wanted
        elif word.startswith("--lang="):
            wanted = word.removeprefix("--lang=")
    return wanted


def _fail(message: str) -> int:
    if is_verbose() and (error := sys.exception()) is not None:
        for line in "".join(traceback.format_exception(error)).splitlines():
            say(line, style="dim")
    say(f"namecls: {message}")
    return MENDABLE


def _refuse(error: typer.TyperException) -> int:
    """Say what is wrong with the command line. Help that was asked for by giving no arguments is already printed."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "namecls"
    if (wanted := _wanted(error.__cause__)) and isinstance(error, typer.BadParameter):
        error.message = wanted
    if message := " ".join(error.format_message().split()):
        from namecls.cli.refusals import left_over, translated

        say(f"{path}: {translated(message)}")
        extra = left_over(message)
        takes_data = context is not None and any(each.name == "data" for each in context.command.params)
        if extra and takes_data and os.path.isfile(extra):  # noqa: PTH113 - false, where `is_file` raises
            say(_("{name} is a file; to use the names in it: --data {name}").format(name=extra))
        say(_("see: {command} --help").format(command=path))
    return USAGE


def _wanted(cause: BaseException | None) -> str:
    """What a validator of a number expected and found, in words of ours; nothing, if it is no such error."""
    found: dict[str, Any] = next(iter(getattr(cause, "errors", list)()), {})
    bounds = found.get("ctx", {})
    wanted = {
        "int_parsing": _("must be a whole number, was: {value}"),
        "float_parsing": _("must be a number, was: {value}"),
        "greater_than_equal": _("must be at least {least:,}, was: {value}"),
        "less_than_equal": _("must be at most {most:,}, was: {value}"),
    }.get(found.get("type", ""))
    values = {"least": bounds.get("ge", 0), "most": bounds.get("le", 0)}
    return wanted.format(value=shown(found["input"]), **values) if wanted else ""


def _describe(error: OSError) -> str:
    where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    what = reason_of(error)
    advice = _ADVICE.get(error.errno or 0)
    return _("; ").join([f"{where}{what}", *([_(advice)] if advice else [])])


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
        bug = f"{type(error).__name__}: {error}"
        say(
            _("namecls: a bug: {bug}; please report it, the traceback is in {path}").format(
                bug=bug, path=path
            )
        )
    return BUG
