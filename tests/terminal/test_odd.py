"""Odd terminals, odd places to work in, and bugs: no crash, a clear word, and a terminal that is left as it was."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from namecls.text import safe
from tests.stress import terminal as stress
from tests.terminal.conftest import Place
from tests.terminal.harness import REPOSITORY, Terminal, terminal
from tests.terminal.payloads import PAYLOADS, leaks
from tests.terminal.test_app import options

pytestmark = pytest.mark.slow

#: Starts the app as its command does, after a line of a test's own.
_START = "import sys; from tui.__main__ import main\n{}\nsys.exit(main())"


def resize(opened: Terminal, columns: int, rows: int) -> None:
    """The kernel tells the program of its new size by itself."""
    fcntl.ioctl(opened.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    opened._screen.resize(rows, columns)


def leave(opened: Terminal, status: int = 0) -> None:
    opened.press("ctrl+q")
    assert opened.end() == status
    assert opened.restored


def one_line(text: str) -> str:
    """The screen as one line, as the terminal breaks it anywhere."""
    return "".join(text.split())


def test_any_size_of_a_terminal(place: Place) -> None:
    with terminal(*options(place), columns=1, rows=1) as opened:
        for columns, rows, word in ((20, 5, "needs 60"), (80, 24, "Type a family name"), (500, 200, "F1 help"),
                                    (20, 5, "needs 60"), (60, 16, "F3 Predict")):  # fmt: skip
            resize(opened, columns, rows)
            opened.wait(word)
        opened.press("Borski")
        opened.wait("1 Polish")
        leave(opened)


def test_storms_of_sizes_and_bytes_and_pastes_do_no_harm() -> None:
    counts = stress.run(False, lambda _line: None)
    assert counts["crashes"] == counts["escapes leaked"] == 0
    assert counts["resizes"] >= 50
    assert counts["random bytes typed"] >= 2000
    assert counts["lines pasted"] >= 100_000


@pytest.mark.parametrize(
    "environment",
    [
        {"TERM": "no-such-terminal"},
        {"TERM": "", "COLORTERM": ""},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX", "LANG": "", "PYTHONUTF8": ""},
        {"COLUMNS": "0", "LINES": "nonsense"},
        {"COLUMNS": "20", "LINES": "5"},
    ],
    ids=["unknown", "none", "C", "POSIX", "no sizes in the environment", "those of another terminal"],
)
def test_odd_environments(place: Place, environment: dict[str, str]) -> None:
    with terminal(*options(place), environment=environment) as opened:
        opened.wait("Type a family name")
        opened.press("Borski")
        opened.wait("1 Polish")
        leave(opened)


def test_without_a_terminal_type_and_without_a_home(place: Place) -> None:
    lines = "import os\nfor name in ('TERM', 'HOME', 'XDG_STATE_HOME', 'LANG'): os.environ.pop(name, None)"
    with terminal(*options(place), program=("-c", _START.format(lines))) as opened:
        opened.wait("Type a family name")
        opened.press("Borski")
        opened.wait("1 Polish")
        leave(opened)


def test_wide_letters_stay_in_their_columns_where_they_can_not_be_shown(place: Place, tmp_path: Path) -> None:
    data = tmp_path / "wide.tsv"
    data.write_text("田中\tJapanese\nBorski\tPolish\ne\u0301a\tPolish\n" * 2, encoding="utf-8")
    environment = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}
    with terminal(
        *options(place)[:4], "--data", str(data), "--screen", "dataset", environment=environment
    ) as opened:
        text = opened.wait("Japanese", "????")
        leave(opened)
    (head, *_) = (
        line for line in text.splitlines() if "name" in line and "label" in line and "split" in line
    )
    for line in text.splitlines():
        if "????" in line and "Japanese" in line:
            assert line.rindex("Japanese") == head.rindex("label")


def test_a_place_that_can_not_be_written_to_is_named_with_what_to_do(place: Place) -> None:
    arguments = options(place, "--screen", "train", save_dir=Path("/proc/none"))
    with terminal(*arguments, columns=160, rows=40) as opened:
        opened.wait("on this machine")
        opened.press("f5")
        opened.wait("/proc/none", "choose another directory")
        leave(opened)


def test_a_working_directory_that_goes_away(place: Place, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    data = shutil.copy(place.data, tmp_path / "names.tsv")
    with terminal("--model", str(place.model), directory=gone) as opened:
        opened.wait("Type a family name", "small · ")
        gone.rmdir()
        opened.press("Borski")
        opened.wait("1 Polish")
        opened.press("f4")
        opened.wait("98,037 rows", "Spanish")
        opened.press("f6")
        opened.wait("open a file of names")
        opened.press(str(data))
        opened.wait("names.tsv  ")
        opened.press("enter")
        opened.wait("144 rows")
        leave(opened)


def test_a_working_directory_that_is_gone_is_told(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    lines = "import os\nos.rmdir(os.getcwd())"
    with terminal(program=("-c", _START.format(lines)), directory=gone) as opened:
        assert opened.end() == 2
        assert "the working directory is gone" in opened.text


def is_empty(shown: str) -> bool:
    """Whether no file is typed; with a mark on the line while something is wrong with it."""
    return re.search(r"data!? +the embedded names", shown) is not None


def test_a_path_that_is_none_is_refused_in_a_sentence(place: Place) -> None:
    with terminal(*options(place, "--screen", "train"), columns=160) as opened:
        opened.wait("on this machine")
        opened.press("up")
        for text in ("~nobody-of-that-name/x", "~\x00/x", "a\x00b", "/dev/zero/x", "~"):
            opened.press("ctrl+u")
            opened.wait(is_empty)
            opened.press(f"\x1b[200~{text}\x1b[201~")
            opened.wait(lambda shown: not is_empty(shown))
            opened.press("down")
            told = safe(str(Path(text).expanduser()) if text == "~" else text)
            opened.wait(lambda shown, told=told: f"{told}:" in one_line(shown).replace("│", ""))
            opened.press("up")
        leave(opened)


def sh(redirection: str, *words: str, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", sys.executable, "-m", *words],
        cwd=cwd, capture_output=True, timeout=120, check=False, env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip


@pytest.mark.parametrize("redirection", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full"])
def test_streams_that_are_closed_or_full_do_no_harm(place: Place, redirection: str) -> None:
    app = sh(redirection, "tui")
    assert app.returncode == 2
    wrong = sh(redirection, "tui", "--none")
    assert wrong.returncode == 2
    answer = sh(redirection, "namecls", "predict", "Borski", "--model", str(place.model))
    assert answer.returncode == (1 if redirection == ">/dev/full" else 0)
    if redirection == ">/dev/full":
        assert b"No space left on device" in answer.stderr
    for done in (app, wrong, answer):
        assert b"Traceback" not in done.stderr
        assert b"Exception" not in done.stderr


# -- bugs --


def last_words(raw: bytes) -> str:
    """What was written after the app's screen was left, without spaces."""
    return one_line(re.sub(r"\x1b\[[0-9;?<]*[a-z]", "", raw.rpartition(b"\x1b[?1049l")[2].decode()))


_BUGS = {
    "handler": "from tui.screens.predict import PredictScreen\n"
    "def broken(self, _event): raise RuntimeError(BUG)\n"
    "PredictScreen.on_input_changed = broken",
    "compose": "from tui.screens.predict import PredictScreen\n"
    "def broken(self): raise RuntimeError(BUG)\n"
    "PredictScreen.body = broken",
    "drawing": "from tui.widgets.bars import Ranking\n"
    "def broken(self, *_): raise RuntimeError(BUG)\n"
    "Ranking.draw = broken",
    "worker": "from tui.engine.library import Library\n"
    "def broken(self, _path): raise RuntimeError(BUG)\n"
    "Library.load_predictor = broken",
    "reader": "from tui.terminal.driver import Incoming\n"
    "def broken(self, _bytes): raise RuntimeError(BUG)\n"
    "Incoming.feed = broken",
    "start": "import tui.app\n"
    "def broken(self, **_): raise RuntimeError(BUG)\n"
    "tui.app.NameclsApp.__init__ = broken",
}  # fmt: skip


@pytest.mark.parametrize("where", _BUGS)
def test_a_bug_anywhere_is_told_in_a_few_lines(where: str, tmp_path: Path) -> None:
    lines = f"BUG = 'a bug ' + {''.join(PAYLOADS.values())!r}\n{_BUGS[where]}"
    with terminal(
        program=("-c", _START.format(lines)), environment={"XDG_STATE_HOME": str(tmp_path)}, columns=200
    ) as opened:
        if where in ("handler", "reader"):
            opened.wait("Type a family name")
            opened.press("x")
        assert opened.end() == 1
        if where != "start":
            assert opened.restored
        raw = bytes(opened.raw)
    assert leaks(raw) == []
    shown = last_words(raw)
    assert "namecls-tui:RuntimeError:abug␛[66;66;66m" in shown
    assert f"Thetracebackisin{tmp_path}/namecls/namecls.log" in shown
    log = (tmp_path / "namecls" / "namecls.log").read_bytes()
    assert log.count(b"RuntimeError: a bug") == 1
    assert leaks(log) == []


def test_a_log_that_can_not_be_written_is_told() -> None:
    program = _START.format(f"BUG = 'a bug'\n{_BUGS['worker']}")
    with terminal(program=("-c", program), environment={"XDG_STATE_HOME": "/proc/none"}) as opened:
        assert opened.end() == 1
        assert opened.restored
        assert "Thetracebackcouldnotbewrittentoafile." in last_words(bytes(opened.raw))


@pytest.mark.parametrize(
    "environment",
    [{"LANG": "C"}, {"LC_ALL": "C"}, {"LC_CTYPE": "POSIX"}, {"LANG": "de_DE.ISO-8859-1"}],
    ids=str,
)
def test_a_locale_without_unicode_is_believed(place: Place, environment: dict[str, str]) -> None:
    with terminal(*options(place), environment={"LANG": "", **environment}) as opened:
        opened.wait("Type a family name")
        opened.press("Borski")
        text = opened.wait("1 Polish", "###")
        leave(opened)
        assert text.isascii()
    with terminal(
        *predict_line(place), program=("-m", "namecls"), environment={"LANG": "", **environment}
    ) as opened:
        assert opened.end() == 0
        assert "###" in opened.text
        assert opened.text.isascii()


def test_ascii_is_drawn_where_it_is_asked_for_and_letters_stay(place: Place) -> None:
    with terminal(*options(place), "--ascii") as opened:
        opened.wait("Type a family name")
        opened.press("Bórski")
        text = opened.wait("1 Polish", "###", "Bórski")
        leave(opened)
        assert text.replace("ó", "").isascii()
    with terminal(*predict_line(place), "--ascii", program=("-m", "namecls")) as opened:
        assert opened.end() == 0
        assert "###" in opened.text
        assert opened.text.replace("ó", "").isascii()


def predict_line(place: Place) -> tuple[str, ...]:
    return "predict", "Bórski", "--model", str(place.model)
