"""The command ``namecls-tui``."""

from __future__ import annotations

import argparse
import contextlib
import io
import math
import os
import shlex
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NoReturn

from namecls.errors import ConfigError, NameclsError, is_bug
from namecls.language import (
    LANGUAGE_VARIABLE,
    N_,
    _,
    chosen_language,
    language,
    languages,
    retold,
    set_language,
)
from namecls.locales import is_utf8, terminal_encoding
from namecls.paths import (
    DATA_VARIABLE,
    MODEL_VARIABLE,
    SAVE_DIR_VARIABLE,
    keymap_file,
    memory_file,
    model_directory,
    save_directory,
)
from namecls.text import safe

#: Packages that an installation without torch lacks (requirements-lite.txt).
_LEFT_OUT = ("torch", "textual", "plotext")
_EPILOG = N_(
    """\
examples:
  namecls-tui                              the embedded names and the model that comes with them
  namecls-tui names.tsv                    a file of your own: name<TAB>label
  namecls-tui --model save_model/my-run    a model of your own
  printf 'predict\\nKim\\n' | namecls-tui --plain

exit status:
  0    quit by the user; with --plain also at the end of the input
  1    a bug, whose message names the file that holds the traceback; or something that can be
       mended, told in one line: a package or memory that is missing, the port of --serve in use
  2    wrong arguments, no terminal, no working directory, or --serve without its extra
  130  with --plain: ctrl+c, where it did not stop a training or a search
  129, 130, 143
       ended by SIGHUP, SIGINT or SIGTERM, also when the terminal went away; a training wrote a
       checkpoint, and the next start offers to resume it
"""
)

#: Seconds that a training has to write a checkpoint when the program must end.
PATIENCE = 4.0


#: What argparse says of a mistake, for the catalogues.
_MISTAKES = (
    N_("unrecognized arguments: {arguments}"),
    N_("argument {argument}: expected one argument"),
    N_("argument {argument}: invalid choice: {value} (choose from {choices})"),
    N_("argument {argument}: ignored explicit argument {value}"),
    N_("argument {argument}: not allowed with argument {other}"),
    N_("argument {argument}: {problem}"),
    N_("ambiguous option: {option} could match {matches}"),
)


class _Parser(argparse.ArgumentParser):
    """Argument parser whose errors, which repeat what was given, are safe on a terminal."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        told = _("{program}: error: {problem}").format(program=self.prog, problem=retold(message, _MISTAKES))
        self.exit(2, f"{safe(told)}\n")

    def format_usage(self) -> str:
        return _usage_of(self.prog, super().format_usage())

    def format_help(self) -> str:
        return _usage_of(self.prog, super().format_help())


def _usage_of(program: str, text: str) -> str:
    return text.replace(f"usage: {program}", _("usage: {program}").format(program=program), 1)


def _flag(parser: argparse.ArgumentParser, option: str, variable: str, told: str) -> None:
    """Add an option without a value, which a variable of the environment sets too, unless it is 0."""
    on = os.environ.get(variable, "") not in ("", "0")
    parser.add_argument(option, action="store_true", default=on, help=told)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="namecls-tui",
        description=_("A terminal workbench for classifying names by country."),
        epilog=_(_EPILOG),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    parser._optionals.title = _("options")
    parser._positionals.title = _("arguments")
    parser.add_argument("-h", "--help", action="help", help=_("show this help message and exit"))
    names = parser.add_mutually_exclusive_group()
    names.add_argument("file", nargs="?", type=Path, metavar="FILE", help=_("as --data FILE"))
    names.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        default=os.environ.get(DATA_VARIABLE) or None,
        help=_("names to open (default: {variable}, or the embedded ones)").format(variable=DATA_VARIABLE),
    )
    parser.add_argument(
        "--edits",
        type=Path,
        metavar="FILE",
        help=_("where edits of these names are kept (default: beside them, .edits.jsonl)"),
    )
    parser.add_argument(
        "--model",
        metavar="RUN",
        default=os.environ.get(MODEL_VARIABLE) or None,
        help=_(
            "model of Predict: a directory, or a run by its name (default: {variable}, or the shipped one)"
        ).format(variable=MODEL_VARIABLE),
    )
    parser.add_argument(
        "--prior",
        type=Path,
        metavar="FILE",
        help=_(
            "population that Predict answers for: label<TAB>share (default: that which the model was made for)"
        ),
    )
    parser.add_argument(
        "--save-dir",
        type=Path,
        metavar="DIR",
        default=save_directory(),
        help=_("where runs lie (default: {variable}, or save_model)").format(variable=SAVE_DIR_VARIABLE),
    )
    _flag(
        parser,
        "--plain",
        "NAMECLS_PLAIN",
        _(
            "no screen: a line is read, sentences answer it; for screen readers, braille displays, simple terminals "
            "and pipes (or NAMECLS_PLAIN=1)"
        ),
    )
    parser.add_argument(
        "--every",
        type=_seconds,
        metavar="SECONDS",
        default=10.0,
        help=_("with --plain: seconds between two sentences about a training (default: %(default)g)"),
    )
    parser.add_argument(
        "--screen",
        choices=("predict", "train", "dataset", "tune"),
        help=_("the first one (default: predict; dataset, if FILE is given without an option)"),
    )
    _flag(
        parser,
        "--fresh",
        "NAMECLS_FRESH",
        _(
            "start without what was remembered: model, theme, names tried, form, file; and remember nothing "
            "(or NAMECLS_FRESH=1)"
        ),
    )
    _flag(
        parser,
        "--quiet",
        "NAMECLS_QUIET",
        _("neither ring nor notify when a training is finished (or NAMECLS_QUIET=1)"),
    )
    parser.add_argument(
        "--serve",
        action="store_true",
        help=_("serve the app to browsers on this machine, each page with a process of its own (extra: web)"),
    )
    parser.add_argument(
        "--port", type=int, default=8000, metavar="PORT", help=_("of --serve (default: %(default)s)")
    )
    _flag(
        parser,
        "--low-bandwidth",
        "NAMECLS_LOW_BANDWIDTH",
        _("draw a running training less often, for slow lines (or NAMECLS_LOW_BANDWIDTH=1)"),
    )
    _flag(
        parser,
        "--ascii",
        "NAMECLS_ASCII",
        _("draw with ASCII alone, for terminals and fonts without lines and blocks (or NAMECLS_ASCII=1)"),
    )
    _flag(
        parser,
        "--verbose",
        "NAMECLS_VERBOSE",
        _("say what runs, where things lie, and where an error comes from (or NAMECLS_VERBOSE=1)"),
    )
    parser.add_argument(
        "--lang",
        metavar="CODE",
        help=_("language of screens and messages: {codes} (default: {variable}, or the system's)").format(
            codes=", ".join(languages()), variable=LANGUAGE_VARIABLE
        ),
    )
    parser.add_argument("-V", "--version", action="store_true", help=_("show the version and exit"))
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the app. Returns the exit status."""
    problem = _speak(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    options = parser.parse_args(arguments)
    options.data = options.file or options.data
    options.screen = options.screen or ("dataset" if options.file else "predict")
    if problem:
        parser.error(problem)
    if options.version:
        from namecls import __version__

        print(f"namecls {__version__}")
        return 0
    from tui.serving import in_a_page

    if options.serve and not in_a_page():
        return _serve(sys.argv[1:] if arguments is None else arguments, options.port)
    # Textual draws on standard error.
    drawn_elsewhere = options.plain or in_a_page()
    if not drawn_elsewhere and not all(map(_is_terminal, (sys.stdin, sys.stdout, sys.stderr))):
        _say(
            "namecls-tui: "
            + _(
                "needs a terminal on standard input, output and error; in scripts use the command namecls, or --plain"
            )
        )
        return 2
    try:
        Path.cwd()
    except OSError:
        _say("namecls-tui: " + _("the working directory is gone: go to another one, such as with: cd"))
        return 2
    from namecls.limits import shortage

    if problem := shortage():
        _say(f"namecls-tui: {problem}")
        return 1
    if options.verbose:
        from namecls.surroundings import surroundings

        for line in surroundings():
            _say(safe(line))
    try:
        return _run_plain(options) if options.plain else _run(options)
    except BaseException as error:
        if not is_bug(error):
            raise
        if isinstance(error, ModuleNotFoundError) and error.name in _LEFT_OUT:
            told = _(
                "namecls-tui: this needs {package}, which is not installed; to install it: pip install {package}"
            )
            _say(told.format(package=error.name))
            return 1
        from tui.terminal.crash import last_words

        _say(last_words(error))
        if options.verbose:
            for line in "".join(traceback.format_exception(error)).splitlines():
                _say(safe(line))
        return 1


def _speak(arguments: Sequence[str]) -> str:
    """Speak the language that is asked for, before there is a help to show in it; or say what is wrong with that."""
    early = argparse.ArgumentParser(add_help=False)
    early.add_argument("--lang", nargs="?")
    try:
        set_language(chosen_language(early.parse_known_args(arguments)[0].lang))
    except ConfigError as error:
        return str(error)
    return ""


def _serve(arguments: Sequence[str], port: int) -> int:
    from tui.serving import serve

    try:
        return serve(arguments, port)
    except NameclsError as error:
        _say(safe(f"namecls-tui: {error}"))
        return 2


def _say(text: str) -> None:
    """Write a line to standard error, if there is one and it can be written."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _is_terminal(stream: object) -> bool:
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


def _run_plain(options: argparse.Namespace) -> int:
    from tui.lines.start import run

    return run(
        data=options.data,
        model=_model(options),
        edits=options.edits,
        save_dir=options.save_dir,
        every=options.every,
        prior=options.prior,
        source=sys.stdin,
        out=sys.stdout,
    )


def _model(options: argparse.Namespace) -> Path | None:
    """The model that is asked for; None: the shipped one."""
    if not options.model:
        return None
    return model_directory(options.model, options.save_dir) or Path(options.model)


def _seconds(text: str) -> float:
    """:raises ValueError: if it is not a number of seconds above 0."""
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise ValueError(text)
    return seconds


def _run(options: argparse.Namespace) -> int:
    from namecls import garbage

    garbage.wait()  # until the model is loaded
    from tui import keymap, keys

    held, problems = keymap.own_keys(keymap_file(), keys.USUAL)
    keys.use(held)
    from tui.app import NameclsApp
    from tui.serving import in_a_page
    from tui.terminal.alone import alone
    from tui.terminal.driver import SturdyDriver
    from tui.terminal.leaving import Leaving

    bench = NameclsApp(
        data=options.data,
        model=_model(options),
        prior=options.prior,
        edits=options.edits,
        save_dir=options.save_dir,
        start=options.screen,
        ascii_only=not _speaks_unicode() or options.ascii,
        low_bandwidth=options.low_bandwidth,
        memory=None if options.fresh else memory_file(),
        quiet=options.quiet,
        told=problems,
        language=language() if options.lang or os.environ.get(LANGUAGE_VARIABLE) else None,
    )
    aside: AbstractContextManager[None] = nullcontext()
    if not in_a_page():
        bench.driver_class, aside = SturdyDriver, alone()
    with Leaving(bench, bench.end_threads, PATIENCE) as leaving, aside:
        bench.run()
    left = bench.training if bench.training.is_ours else None
    if left is not None:
        _say("namecls-tui: " + _("writing a checkpoint ..."))
    ended = bench.end_threads(PATIENCE)
    if left is not None and left.directory is not None:
        _say(f"namecls-tui: {what_became_of(left.directory)}")
    status = leaving.status or bench.return_code or 0
    if not ended or threading.active_count() > 1:
        # A thread that is inside torch or polars can't be joined and must not meet a dying interpreter.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def what_became_of(directory: Path) -> str:
    """What to do with a training that was told to end; it may have finished before."""
    from namecls.runs.run import Run

    run, where = Run(directory), safe(shlex.quote(str(directory)))
    if run.finished:
        return _("the training is finished; its model is in {where}").format(where=where)
    if run.diverged:
        return _(
            "the training can't be resumed; to test and save the best epoch: namecls runs finish {where}"
        ).format(where=where)
    return _("the next start offers to resume it; or: namecls train --resume {where}").format(where=where)


def _speaks_unicode() -> bool:
    """Whether the terminal's locale is UTF-8; otherwise missing characters are shown as question marks."""
    stream = sys.__stderr__
    if stream is None:
        return True
    encoding = terminal_encoding(stream.encoding)
    if is_utf8(encoding):
        return True
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding=encoding, errors="replace")
    return False


if __name__ == "__main__":
    sys.exit(main())
