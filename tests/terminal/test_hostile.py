"""Whatever names, labels, files and arguments hold, a terminal gets it as text: seen in the raw output."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from namecls.text import safe
from tests.terminal.harness import Terminal, terminal
from tests.terminal.payloads import PAYLOADS, HostilePlace, hostile_place, leaks, names

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, trained_run: Path) -> HostilePlace:
    return hostile_place(tmp_path_factory.mktemp("hostile"), trained_run)


def paste(opened: Terminal, text: str) -> None:
    os.write(opened.master, f"\x1b[200~{text}\x1b[201~".encode("utf-8", "surrogatepass"))


def seen(text: str) -> str:
    """The screen without its spaces, as a long line is broken anywhere."""
    return "".join(text.split())


def as_shown(kind: str) -> str:
    return safe(PAYLOADS[kind])


def test_the_search_finds_what_it_looks_for() -> None:
    for payload in PAYLOADS.values():
        assert leaks(b"\x1b[1mName\x1b[0m " + payload.encode("utf-8", "surrogatepass")) or "\r" in payload
        assert leaks(safe(payload).encode()) == []


def test_nothing_hostile_gets_out_of_the_app(hostile: HostilePlace, trained_run: Path) -> None:
    one_line = [kind for kind, payload in PAYLOADS.items() if len(payload.splitlines()) == 1]
    with terminal(*hostile.arguments, "--model", str(trained_run), columns=150, rows=50) as opened:
        opened.wait("a training was interrupted", "fi<U+FFF9>", "24 more")
        opened.press("escape")
        opened.wait("Type a family name", "small · ", lambda text: "interrupted" not in text)
        for kind in one_line:
            paste(opened, names(PAYLOADS[kind]))
            opened.press("enter")
        # what is pasted is in the input with stand-ins, and among the names tried with numbers
        opened.wait("Bor<U+202E>", "Bor␛]0;owned", "Bor<U+009B>66", "Bora<U+E0041>")
        paste(opened, names(PAYLOADS["colour"]))
        opened.wait("│ Bor␛[66;66;66mski", "1 Polish")
        opened.press("f5")
        opened.wait("models", f"fi{as_shown('8-bit CSI')}le", f"da{as_shown('8-bit CSI')}ta")
        opened.press(*["down"] * 30)
        opened.wait("It can't be used", "damaged")
        opened.press("escape")
        opened.wait(lambda text: "models" not in text)
        opened.press("f4")
        opened.wait("label", "Bor␛[66;66;66m", "La<U+009B>", "details")
        paste(opened, names(PAYLOADS["override"]))
        opened.wait("1–8 of 8", "it holds U+20")  # what can not be seen is not searched for either
        opened.press("escape")
        opened.wait("/ search")
        opened.press("escape")
        opened.wait(" of 15")
        opened.press("l")
        opened.wait("only this label")
        opened.press(*["down"] * 4)
        opened.wait("label: La␛")
        opened.press("enter")
        opened.wait("p problems")
        opened.press("p")
        opened.wait("half of a surrogate pair")
        opened.press("right")
        opened.wait("Bor␛P$qm␛\\ski", "Bora<U+2028>b<U+2029>cski")
        opened.press("escape")
        opened.wait("o open file")
        opened.press("o")
        opened.wait("open a file of names", "a<U+DC9B>66;66m<U+DC90>b.tsv/", f"fi{as_shown('APC')}le.tsv")
        paste(opened, str(hostile.bad))
        opened.wait(lambda text: f"fi{as_shown('APC')}le.tsv" not in text)
        opened.press("enter")
        opened.wait("problems: 2")
        opened.press("p")
        opened.wait("only<U+202E>abc", "only<U+009D>52;c", "not UTF-8")
        opened.press("escape")
        opened.wait("o open file")
        opened.press("\x10")  # the palette of commands, whose input is Textual's own
        opened.wait("Search for")
        paste(opened, names(PAYLOADS["colour"] + PAYLOADS["tags"]))
        opened.wait("Bor␛[66;66;66ma")
        opened.press("escape")
        opened.wait(lambda text: "Bor␛[66;66;66ma" not in text)
        opened.press("f2")
        opened.wait("a new training", "on this machine")
        opened.press("f5")
        opened.wait("test rows", "macro-F1", "saved as", "loss", f"on fi{as_shown('link')[:6]}")
        opened.press("o")
        opened.wait("macro-F1", "made", "fi<U+FFF9>a<U+FFFA>b")
        opened.press("escape")
        opened.press("f4")
        opened.wait("o open file")
        opened.press("o")
        opened.wait("open a file of names")
        paste(opened, str(hostile.rows.parent / "no\x1b]0;file\x07"))
        opened.wait("no␛]0;file␇")
        opened.press("enter")
        opened.wait("no␛]0;file␇", "no such file")
        opened.press("ctrl+q")
        assert opened.end() == 0
        assert opened.restored
        assert leaks(bytes(opened.raw)) == []


#: Runs command lines one after the other in one process, since each of its own would load torch.
_PROGRAM = """
import json, pathlib, sys
from namecls.cli.app import run
for arguments in json.loads(pathlib.Path(sys.argv[1]).read_text()):
    sys.argv[1:] = arguments
    print("exit", run(arguments), flush=True)
print("all done", flush=True)
"""

Run = Callable[..., tuple[str, list[int]]]


def on_a_terminal(commands: list[list[str]], where: Path) -> tuple[str, list[int]]:
    """What command lines write on a terminal as it reads there without spaces, and how they ended."""
    listed = where / "commands.json"
    listed.write_text(json.dumps(commands), encoding="utf-8")
    with terminal(
        str(listed), program=("-c", _PROGRAM), columns=600, environment={"OMP_NUM_THREADS": "1"}
    ) as opened:
        assert opened.end() == 0, opened.text
        raw = bytes(opened.raw)
    assert leaks(raw) == []
    lines = raw.decode().splitlines()
    assert lines[-1] == "all done"
    ends = [int(line.removeprefix("exit ")) for line in lines if line.startswith("exit ")]
    return seen("".join(lines)), ends


def of_arguments(payload: str) -> str:
    """What of a payload an argument can hold: bytes that are not UTF-8 come as halves of characters."""
    return payload.replace("\ud800", "\udc80")


def test_nothing_hostile_gets_out_of_the_command_line(
    hostile: HostilePlace, trained_run: Path, tmp_path: Path
) -> None:
    model, rows, bad, runs = str(trained_run), str(hostile.rows), str(hostile.bad), str(hostile.runs)
    payloads = [names(of_arguments(payload)) for payload in PAYLOADS.values()]
    listed = tmp_path / "names.txt"
    listed.write_bytes(
        b"\n".join(name.encode("utf-8", "surrogateescape") for name in payloads if "\n" not in name)
    )
    told = runs + "/" + next(path.name for path in hostile.runs.iterdir() if "66;66" in path.name)
    shown, ends = on_a_terminal(
        [
            *(["predict", *payloads, "--model", model, "--format", kind] for kind in ("table", "jsonl", "csv", "tsv")),
            ["predict", "--model", model, "--input", str(listed)],
            ["predict", "Borski", "--model", told],
            ["data", "inspect", rows],
            ["data", "inspect", rows, "--json"],
            ["data", "inspect", bad, "--problems"],
            ["data", "inspect", bad, "--problems", "--json"],
            ["data", "sample", rows],
            ["data", "sample", rows, "--json"],
            ["runs", "list", "--save-dir", runs],
            ["runs", "list", "--save-dir", runs, "--json"],
            ["train", "--data", rows, "--epochs", "1", "--hidden", "8", "--threads", "1", "--save-dir", runs,
             "--name", "fresh"],
            ["evaluate", "--model", runs + "/fresh", "--split", "train"],
            ["evaluate", "--model", model, "--data", rows],
            ["runs", "show", "fresh", "--save-dir", runs],
            ["explain", payloads[0] + "王", "--model", runs + "/fresh"],
            ["explain", payloads[0], "--preset", "tutorial", "--data", rows],
        ],
        tmp_path,
    )  # fmt: skip
    assert set(ends) <= {0, 1}
    assert ends[:5] == [0] * 5
    for kind in PAYLOADS:
        if "half" not in kind:
            assert seen(f"Bor{as_shown(kind)}ski") in shown, kind
    assert seen(f"da{as_shown('embedding')}ta") in shown


def test_nothing_hostile_gets_out_of_an_error(hostile: HostilePlace, tmp_path: Path) -> None:
    commands: list[list[str]] = []
    together = of_arguments("".join(PAYLOADS.values()))
    for payload in (together, together[::-1]):
        commands += [
            [payload],
            ["data", payload],
            ["predict", f"--{payload}"],
            ["predict", "a", "-k", payload],
            ["predict", "a", "--format", payload],
            ["predict", "a", "--model", payload],
            ["predict", "--input", str(hostile.root / "none" / payload)],
            ["train", "--preset", payload],
            ["train", "--cell", payload],
            ["train", "--data", payload],
            ["train", "--name", payload],
            ["train", "--save-dir", payload, "--name", payload],
            ["data", "inspect", str(hostile.rows), "--name-column", payload],
            ["data", "sample", str(hostile.rows), "--label", payload],
            ["evaluate", "--split", payload],
            ["explain", "a", "--preset", payload],
            ["runs", "show", payload],
            ["runs", "show", "none", "--save-dir", payload],
            ["runs", "delete", payload, "--yes"],
            ["runs", "delete", "none", "--save-dir", payload, "--yes"],
        ]
    shown, ends = on_a_terminal(commands, tmp_path)
    assert [arguments for arguments, end in zip(commands, ends, strict=True) if end not in (1, 2)] == []
    assert "␛]52;c;b3duZWQ=␇" in shown
    assert "<U+202E>abc<U+202C>" in shown


def test_a_bug_is_told_without_steering_the_terminal_and_so_is_its_log(tmp_path: Path) -> None:
    program = (
        "import sys, namecls.cli.app as door\n"
        "def broken(*_): raise RuntimeError(sys.argv[1])\n"
        "door.get_command = broken\n"
        "sys.exit(door.run(['--version']))"
    )
    state = tmp_path / "st\x1b]0;ate\x07"
    payload = names("".join(of_arguments(payload) for payload in PAYLOADS.values()))
    with terminal(payload, program=("-c", program), environment={"XDG_STATE_HOME": str(state)}) as opened:
        assert opened.end() == 70
        raw = bytes(opened.raw)
    assert leaks(raw) == []
    assert "RuntimeError: Bor␛[66;66;66m" in raw.decode()
    log = (state / "namecls" / "namecls.log").read_bytes()
    assert b"RuntimeError: Bor" in log
    assert leaks(log) == []


@pytest.mark.parametrize(
    "arguments",
    [("--screen", PAYLOADS["colour"]), (PAYLOADS["clipboard"], PAYLOADS["override"]), (f"--{PAYLOADS['mode']}",)],
    ids=["value", "argument", "option"],
)  # fmt: skip
def test_nothing_hostile_gets_out_of_the_arguments_of_the_app(arguments: tuple[str, ...]) -> None:
    with terminal(*arguments) as opened:
        assert opened.end() == 2
        assert leaks(bytes(opened.raw)) == []
        assert "namecls-tui: error:" in opened.text


@pytest.mark.parametrize("option", ["--data", "--model", "--save-dir"])
def test_the_app_opens_on_hostile_paths(option: str, tmp_path: Path) -> None:
    path = tmp_path / f"no{PAYLOADS['colour']}{PAYLOADS['override']}"
    with terminal(option, str(path), "--screen", "train", columns=200) as opened:
        opened.wait(
            "a new training",
            lambda text: option == "--model" or "no␛[66;66;66m" in seen(text).replace("│", ""),
        )
        opened.press("f3")
        opened.wait("F5 model")
        opened.press("f5")
        opened.wait("models")
        opened.press("ctrl+q")
        assert opened.end() == 0
        assert leaks(bytes(opened.raw)) == []
