"""Every test that docs/reliability.md names is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_test_that_is_named_is_there(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    assert name in {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_every_promise_names_a_test() -> None:
    promises = re.split(r"^\*\*\d+\. ", TEXT.split("## What is not promised")[0], flags=re.MULTILINE)[1:]
    assert len(promises) == 11
    assert [promise.split(".")[0] for promise in promises if "- `tests/" not in promise] == []
    assert len(NAMED) == len(set(NAMED)) == TEXT.count("- `tests/")
