"""The command ``namecls-tui``."""

from __future__ import annotations

import argparse
import io
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from namecls.paths import DEFAULT_SAVE_DIR

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
       left because of SIGHUP, SIGINT or SIGTERM; a training was stopped and what it had learned was kept
"""

#: Seconds that a training has to write what it learned, when the program has to go.
PATIENCE = 4.0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="namecls-tui",
        description="A terminal workbench for classifying names by country.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="names to open (default: the embedded ones)"
    )
    parser.add_argument(
        "--model", type=Path, metavar="DIR", help="model of Predict (default: the shipped one)"
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
        choices=("predict", "train", "dataset"),
        default="predict",
        help="the first one (default: %(default)s)",
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
        print(
            "namecls-tui: needs a terminal on standard input, output and error; in scripts use the command namecls",
            file=sys.stderr,
        )
        return 2
    return _run(options)


def _is_terminal(stream: object) -> bool:
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


def _run(options: argparse.Namespace) -> int:
    from tui.app import Workbench
    from tui.leaving import Leaving

    bench = Workbench(
        data=options.data,
        model=options.model,
        save_dir=options.save_dir,
        start=options.screen,
        ascii_only=not _speaks_unicode(),
    )
    with Leaving(bench, PATIENCE) as leaving:
        bench.run()
    if bench.training.busy:
        print("namecls-tui: keeping what is trained ...", file=sys.stderr)
    ended = bench.end_threads(PATIENCE)
    status = leaving.status or bench.return_code or 0
    if not ended or threading.active_count() > 1:
        # A thread that is inside torch or polars can't be joined and must not meet a dying interpreter.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def _speaks_unicode() -> bool:
    """Whether the terminal's locale has all characters. What it lacks is then shown as a question mark."""
    stream = sys.__stderr__
    if stream is None or (stream.encoding or "").lower().replace("-", "") == "utf8":
        return True
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    return False


if __name__ == "__main__":
    sys.exit(main())
