"""The command ``namecls-tui``."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shlex
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from namecls.errors import is_bug
from namecls.locales import is_utf8, terminal_encoding
from namecls.paths import DEFAULT_SAVE_DIR
from namecls.text import safe

_EPILOG = """\
examples:
  namecls-tui                              the embedded names and the model that comes with them
  namecls-tui --data names.tsv             a file of your own: name<TAB>label
  namecls-tui --model save_model/my-run    a model of your own

exit status:
  0    left by the user
  1    a bug; the message names the file that holds the traceback
  2    wrong arguments, or no terminal
  129, 130, 143
       left because of SIGHUP, SIGINT or SIGTERM, also when the terminal went away; a training wrote a
       checkpoint, and the next start offers to resume it
"""

#: Seconds that a training has to write a checkpoint when the program must end.
PATIENCE = 4.0


class _Parser(argparse.ArgumentParser):
    """Argument parser whose errors, which repeat what was given, are safe on a terminal."""

    def error(self, message: str) -> NoReturn:
        super().error(safe(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="namecls-tui",
        description="A terminal workbench for classifying names by country.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="names to open (default: the embedded ones)"
    )
    parser.add_argument(
        "--edits",
        type=Path,
        metavar="FILE",
        help="where edits of these names are kept (default: beside them, .edits.jsonl)",
    )
    parser.add_argument(
        "--model", type=Path, metavar="DIR", help="model of Predict (default: the shipped one)"
    )
    parser.add_argument(
        "--prior",
        type=Path,
        metavar="FILE",
        help="population that Predict answers for: label<TAB>share (default: that which the model was made for)",
    )
    parser.add_argument(
        "--save-dir",
        type=Path,
        metavar="DIR",
        default=DEFAULT_SAVE_DIR,
        help="where runs lie (default: %(default)s)",
    )
    parser.add_argument(
        "--screen",
        choices=("predict", "train", "dataset", "tune"),
        default="predict",
        help="the first one (default: %(default)s)",
    )
    parser.add_argument(
        "--low-bandwidth",
        action="store_true",
        default=os.environ.get("NAMECLS_LOW_BANDWIDTH", "") not in ("", "0"),
        help="draw a running training less often, for slow lines (or NAMECLS_LOW_BANDWIDTH=1)",
    )
    parser.add_argument(
        "--ascii",
        action="store_true",
        default=os.environ.get("NAMECLS_ASCII", "") not in ("", "0"),
        help="draw with ASCII alone, for terminals and fonts without lines and blocks (or NAMECLS_ASCII=1)",
    )
    parser.add_argument("--version", action="store_true", help="show the version and leave")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the app. Returns the exit status."""
    options = _parser().parse_args(arguments)
    if options.version:
        from namecls import __version__

        print(f"namecls {__version__}")
        return 0
    # Textual draws on standard error.
    if not all(map(_is_terminal, (sys.stdin, sys.stdout, sys.stderr))):
        _say(
            "namecls-tui: needs a terminal on standard input, output and error; in scripts use the command namecls"
        )
        return 2
    try:
        Path.cwd()
    except OSError:
        _say("namecls-tui: the working directory is gone: go to another one, such as with: cd")
        return 2
    from namecls.limits import shortage

    if problem := shortage():
        _say(f"namecls-tui: {problem}")
        return 1
    try:
        return _run(options)
    except BaseException as error:
        if not is_bug(error):
            raise
        from tui.terminal.crash import last_words

        _say(last_words(error))
        return 1


def _say(text: str) -> None:
    """Write a line to standard error, if there is one and it can be written."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def _is_terminal(stream: object) -> bool:
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


def _run(options: argparse.Namespace) -> int:
    from tui.terminal import garbage

    garbage.wait()  # until the model is loaded
    from tui.app import NameclsApp
    from tui.terminal.alone import alone
    from tui.terminal.driver import SturdyDriver
    from tui.terminal.leaving import Leaving

    bench = NameclsApp(
        data=options.data,
        model=options.model,
        prior=options.prior,
        edits=options.edits,
        save_dir=options.save_dir,
        start=options.screen,
        ascii_only=not _speaks_unicode() or options.ascii,
        low_bandwidth=options.low_bandwidth,
    )
    bench.driver_class = SturdyDriver
    with Leaving(bench, bench.end_threads, PATIENCE) as leaving, alone():
        bench.run()
    left = bench.training if bench.training.is_ours else None
    if left is not None:
        _say("namecls-tui: writing a checkpoint ...")
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
        return f"the training is finished; its model is in {where}"
    if run.diverged:
        return f"the training can't be resumed; to test and save the best epoch: namecls runs finish {where}"
    return f"the next start offers to resume it; or: namecls train --resume {where}"


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
