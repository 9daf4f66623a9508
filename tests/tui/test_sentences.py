"""What people read stands in the catalogues: a sentence in the code of the app that is not marked shows in English."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

APP = Path(__file__).resolve().parents[2] / "tui"
_MARKS = frozenset({"_", "N_", "ngettext", "pgettext", "Key", "cast"})
_WORDS = re.compile(r"[A-Za-z']{2,}[,.;:]? +[A-Za-z']{2,}")
#: Arguments that style sheets, types and threads read.
_FOR_PROGRAMS = frozenset({"id", "classes", "style", "pattern"})
#: Names of style sheets, and of the table of what people type in English for a command.
_NOT_READ = re.compile("CSS|_CALLED")
#: Strings of several words that nobody reads, or that say the same in every language.
_NO_SENTENCES = frozenset(
    {
        *("warm up", "namecls data inspect FILE 0", "Kim, Müller, Kowalski"),
        *("bold reverse 0", "bold underline 0"),  # styles
        *(
            "leave one out",
            "integrated gradients",
            "comes first",
            "in the data as",
            "gradient norm",
        ),  # columns
        *("speaks for", "auc searched", "auc held out", "auc checked"),
    }
)


def _sentences(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Strings of two words or more, with their lines; not what is marked, no docstrings, no style sheets."""
    if isinstance(node, ast.Call):
        named = node.func.id if isinstance(node.func, ast.Name) else ""
        if named in _MARKS:
            return
        for argument in (node.func, *node.args):
            yield from _sentences(argument)
        for keyword in node.keywords:
            if keyword.arg not in _FOR_PROGRAMS:
                yield from _sentences(keyword.value)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if node.value is not None and not any(_NOT_READ.search(ast.unparse(target)) for target in targets):
            yield from _sentences(node.value)
    elif isinstance(node, ast.arg | ast.Subscript | ast.Compare):
        return
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _sentences(value)
    elif isinstance(node, ast.JoinedStr):
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in node.values)
        if _WORDS.search(text):
            yield node.lineno, text
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                yield from _sentences(part.value)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str) and _WORDS.search(node.value):
            yield node.lineno, node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from _sentences(child)


def test_every_sentence_of_the_app_is_marked_for_the_catalogues() -> None:
    found = [
        f"{path.relative_to(APP)}:{line}: {text}"
        for path in sorted(APP.rglob("*.py"))
        for line, text in _sentences(ast.parse(path.read_text(encoding="utf-8")))
        if text not in _NO_SENTENCES
    ]
    assert found == []
