"""One term for one thing: wordings that were given up stand on no screen, in no help and on no page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_docs import PAGES, ROOT, read

#: What was said once, and what is said now.
GIVEN_UP = {
    r"old runs": "runs",
    r"names to (learn|train) from": "training rows",
    r"to pick the best epoch": "validation rows",
    r"to test at the end": "test rows",
    r"from both ends": "bidirectional",
    r"longest gradient": "gradient clipping (max norm)",
    r"label weights": "class weights",
    r"\bgood for\b": "optimise for",
    r"^begins? with$|\| begins with \|": "start from",
    r"trials? (is|are|was|were) given up": "pruned",
    r"no better\b": "no improvement",
    r"\bto go on\b|\bgoes on\b": "resume",
    r"what is trained is tested": "stop, evaluate and save",
    r"process in the background train on": "detach",
    r"^calibration error": "ECE",
    r"expected by chance": "expected if calibrated",
    r"accuracy at each confidence": "reliability diagram",
    r"with \d* ?%? ?coverage:|% coverage: ": "90 % prediction set",
    r"sure enough for": "answered at 10 % risk",
    r"^leave$|left by the user": "quit",
    r"keys of this (place|screen)": "keyboard help",
    r"everything by name": "command palette",
    r"is not right yet": "fix the highlighted field",
    r"it goes on|widen the terminal": "still running, enlarge the terminal",
    r"(letters|characters) unknown to|unknown letters and digits": "unknown characters",
}
#: Where a bad phrase in the middle of a sentence is that sentence's own: actions and wishes, which nobody reads.
_CODE = re.compile(r"[a-z_]+")


def texts_of(path: Path) -> Iterator[str]:
    """What a module may show: its strings, joined where they are formatted; docstrings only where they are a help."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
        and isinstance(node.body[0].value, ast.Constant)
    }
    told = "cli" in path.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if (node not in docs or told) and not _CODE.fullmatch(node.value):
                yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "" for part in node.values)


def old_words(text: str) -> list[str]:
    """The wordings in a text that were given up, with those that took their place."""
    line = " ".join(text.split())
    return [
        f"{old} -> {new}: {line[:80]}" for old, new in GIVEN_UP.items() if re.search(old, line, re.IGNORECASE)
    ]


@pytest.mark.parametrize("folder", ["tui", "namecls"])
def test_no_screen_and_no_message_has_words_that_were_given_up(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for text in texts_of(path)
        for word in old_words(text)
    ]
    assert found == []


@pytest.mark.parametrize("page", [page for page in PAGES if "bench" not in page and "zh" not in page])
def test_no_page_has_words_that_were_given_up(page: str) -> None:
    found = [word for block in read(page).split("\n\n") for word in old_words(block)]
    assert found == []


@pytest.mark.parametrize(
    "text", ["no better", "with  coverage: Polish", "Still running: widen the terminal."]
)
def test_words_that_were_given_up_are_found(text: str) -> None:
    assert old_words(text)
