"""What the pages say is there, and does what they say."""

from __future__ import annotations

import ast
import re
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from bench.__main__ import TOPICS
from namecls.cli.app import build, run
from namecls.config import PRESETS
from namecls.data.table import load_dataset
from namecls.explanation.fresh import fresh_predictor
from namecls.explanation.walk import walk
from namecls.paths import packaged_model
from namecls.runs.run import Run
from tests.cli.conftest import Cli, cli  # noqa: F401
from tests.library import small_file

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.zh.md")
LESSONS = ("docs/learn.md", "docs/learn.zh.md")
PAGES = (
    *READMES,
    "CONTRIBUTING.md",
    "data/README.md",
    "data/CARD.md",
    "save_model/default/README.md",
    "bench/RESULTS.md",
)
PAGES += tuple(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """All commands of the command line with their full names: ``runs list``."""
    yield " ".join(words), group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*words, name))


COMMANDS = dict(commands(get_command(build())))


def named_in_code(page: str) -> list[str]:
    """What stands in code on a page: its indented and fenced lines, without their comments, and words in backticks."""
    text = re.sub(
        r"```\w*\n(.*?)```", lambda found: "    " + found[1].replace("\n", "\n    "), page, flags=re.DOTALL
    )
    indented = re.findall(r"^ {4,}(?:\$ )?([^\n]*?)(?: {2,}#[^\n]*| # [^\n]*)?$", text, re.MULTILINE)
    return [*indented, *re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", text)]


def wrong_commands(pieces: list[str]) -> list[str]:
    """The pieces of code that call a command, an option, a target or a topic that does not exist."""
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    wrong = []
    for piece in (" ".join(piece.split()) for piece in pieces):
        for called in re.findall(r"(?:^|[|;] ?)namecls ([^|;>]*)", piece):
            words = called.split()
            name = next(n for n in (" ".join(words[:2]), *words[:1], "") if n in COMMANDS)
            if not name and words and re.fullmatch(r"[a-z-]+", words[0]) and not words[0].startswith("-"):
                wrong.append(piece)
            subcommands = getattr(COMMANDS[name], "commands", {})
            if name and subcommands and not re.match(r"-|[A-Z]|$", words[1] if len(words) > 1 else ""):
                wrong.append(piece)
            options = {o for p in COMMANDS[name].params for o in (*p.opts, *p.secondary_opts)} | {
                "-h",
                "--help",
            }
            given = set(re.findall(r"(?<!\S)--?[a-z][a-z0-9-]*", called))
            wrong += [f"{piece}: {option}" for option in sorted(given - options)]
        wrong += [piece for target in re.findall(r"^make ([a-z]+)", piece) if target not in targets]
        wrong += [
            piece for topic in re.findall(r"-m bench ([a-z_]+)", piece) if topic not in {*TOPICS, "imports"}
        ]
    return wrong


def missing_paths(pieces: list[str]) -> list[str]:
    """The paths of the repository among pieces of code that lead nowhere; what a run holds is none of these."""
    tops = "bench|data|docs|namecls|scripts|tests|tui"
    found = {path for piece in pieces for path in re.findall(rf"(?<![\w/.-])(?:{tops})/[\w./-]*\w", piece)}
    return sorted(path for path in found if not (ROOT / path).exists())


@pytest.mark.parametrize("page", PAGES)
def test_the_paths_and_commands_of_a_page_exist(page: str) -> None:
    pieces = named_in_code(read(page))
    assert wrong_commands(pieces) == []
    assert missing_paths(pieces) == []
    targets = [
        target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", read(page)) if "://" not in target
    ]
    assert [target for target in targets if target and not ((ROOT / page).parent / target).exists()] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_paths_and_commands_of_a_help_exist(name: str) -> None:
    command = COMMANDS[name]
    text = "\n".join([command.help or "", *(str(getattr(p, "help", "")) for p in command.params)])
    pages = set(re.findall(r"[\w/]+\.md", text))
    assert [page for page in pages if not (ROOT / page).exists()] == []
    assert (
        wrong_commands([*named_in_code(text), *re.findall(r"^ *(namecls [^\n]*)$", text, re.MULTILINE)]) == []
    )


def test_the_example_in_python_runs_and_is_the_same_in_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(small_file(tmp_path), tmp_path / "mine.tsv")
    shutil.copy(tmp_path / "mine.tsv", tmp_path / "new.tsv")
    monkeypatch.chdir(tmp_path)
    programs = []
    for name in READMES:
        (program,) = re.findall(r"```python\n(.*?)```", read(name), re.DOTALL)
        programs.append(ast.parse(program, name))  # without the comments, which are translated
    assert ast.dump(programs[0]) == ast.dump(programs[1])
    exec(compile(programs[0], READMES[0], "exec"), {})


@pytest.mark.parametrize("name", READMES)
def test_the_example_in_a_session_is_what_is_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (asked, shown) = re.findall(
        r"^    \$ namecls (predict [^|#\n]*)\n((?:    (?!\$).*\n)+)", read(name), re.MULTILINE
    )[0]
    assert run([*asked.split(), "--format", "table"]) == 0
    assert capsys.readouterr().out == textwrap.dedent(shown)


def outline(page: str) -> list[str]:
    """The levels of a page's headings, in order."""
    return [
        line.split(" ")[0]
        for line in re.sub(r"```.*?```", "", page, flags=re.DOTALL).splitlines()
        if line[:1] == "#"
    ]


def blocks(page: str) -> list[str]:
    """The indented lines of a page, commands and what they print, without what is said about a line."""
    return re.findall(
        r"^ {4}( *\S[^\n]*?)(?:\s+# [^\n]*)?$", re.sub(r"```.*?```", "", page, flags=re.DOTALL), re.MULTILINE
    )


def shapes(page: str) -> list[int]:
    """How many bars stand in each row of a page's tables."""
    return [line.count("|") for line in page.splitlines() if line.startswith("|")]


def example(page: str) -> str:
    """The program on a page, without its comments."""
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    return ast.unparse(ast.parse(program))


def test_the_two_readmes_have_the_same_sections_commands_and_rows() -> None:
    here, there = (read(name) for name in READMES)
    assert outline(here) == outline(there)
    assert blocks(here) == blocks(there)
    assert shapes(here) == shapes(there)
    assert example(here) == example(there)
    percentages = [sorted(re.findall(r"\d[\d,.]* %", page)) for page in (here, there)]
    assert percentages[0] == percentages[1]
    assert set(PRESETS) <= set(re.findall(r"`(\w+)`", there))


def test_the_lesson_is_the_same_in_both_languages() -> None:
    here, there = map(read, LESSONS)
    assert outline(here) == outline(there)
    assert blocks(here) == blocks(there)
    assert shapes(here) == shapes(there)
    percentages = [sorted(re.findall(r"\d[\d,.]* %", page)) for page in (here, there)]
    assert percentages[0] == percentages[1]


def test_the_steps_of_the_lesson_are_those_of_the_network() -> None:
    labels = load_dataset().labels
    steps = walk(fresh_predictor(PRESETS["tutorial"].config.model, labels), "Bai")
    walked = [f"{n:>2}  {s.title}  {list(s.shape)}  {s.code}" for n, s in enumerate(steps, 1)]
    told = re.findall(r"^ {4}( ?\d+  \S.*)$", read("docs/learn.md"), re.MULTILINE)
    assert told == walked
    previews = {line for step in steps for line in step.preview.splitlines()}
    for line in ("B=29  a=2  i=10", "B  1 at 27, 56 zeros"):
        assert line in previews
        assert f"        {line}\n" in read("docs/learn.md")


@pytest.mark.parametrize("name", READMES)
def test_its_figures_are_those_of_the_shipped_model(name: str) -> None:
    metrics = Run.open(packaged_model()).metrics()
    assert metrics is not None
    shares = (metrics.accuracy, metrics.macro_f1, metrics.top_3)
    assert f"{metrics.rows:,}" in read(name)
    assert " | ".join(f"{share * 100:.1f} %" for share in shares) in read(name)
    assert f"{len(metrics.per_label)} " in read(name)


RELIABILITY = read("docs/reliability.md")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", RELIABILITY)


@pytest.mark.parametrize("name", READMES)
def test_the_first_answers_are_what_the_program_says(name: str, cli: Cli) -> None:  # noqa: F811
    told = read(name).split("    $ namecls predict Yamamoto Kowalski\n")[1].split("\n\n")[0]
    said = cli("predict", "Yamamoto", "Kowalski", "--format", "table")
    assert said.code == 0
    assert said.out.split("\n")[:-1] == [line.removeprefix("    ") for line in told.split("\n")]


def test_the_tests_that_promises_name_are_there() -> None:
    missing = []
    for file in {file for file, _ in NAMED}:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        missing += [name for other, name in NAMED if other == file and name not in there]
    assert missing == []


def test_every_promise_names_a_test() -> None:
    promises = re.split(r"^\*\*\d+\. ", RELIABILITY.split("## What is not promised")[0], flags=re.MULTILINE)[
        1:
    ]
    assert len(promises) == 12
    assert [promise.split(".")[0] for promise in promises if "- `tests/" not in promise] == []
    assert len(NAMED) == len(set(NAMED)) == RELIABILITY.count("- `tests/")


def test_every_picture_stands_on_a_page() -> None:
    linked = {
        Path(target).name for page in PAGES for target in re.findall(r"\]\(([^)#]+\.svg)\)", read(page))
    }
    assert {path.name for path in (ROOT / "docs").glob("*.svg")} - linked == set()


@pytest.mark.parametrize(
    ("page", "most"), [("docs/plain.md", 130), ("docs/install.md", 130), ("CHANGELOG.md", 120)]
)
def test_lines_of_a_page_are_wrapped(page: str, most: int) -> None:
    prose = re.sub(r"```.*?```", "", read(page), flags=re.DOTALL)
    assert [line for line in prose.splitlines() if len(line) > most] == []
