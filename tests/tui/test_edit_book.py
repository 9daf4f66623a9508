"""What the edits of a file come to, step by step."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from namecls.data.browse import Catalog, Query
from namecls.data.table import NameTable
from namecls.edits.edit import Edit
from tui.drawing.edited import RowKey, RowNow
from tui.engine import editing
from tui.engine.editing import EditBook, Followed

ROWS = [RowKey(line, name, "ABC"[line % 3]) for line, name in enumerate(["Li", "Bo", "Ann", "Cy", "Dee"], 1)]


def drawn_edit(drawn: random.Random) -> Edit:
    row, label = drawn.choice(ROWS), drawn.choice("ABCD")
    make = drawn.choice(["drop", "keep", "relabel", "correct", "rename"])
    if make == "rename":
        return Edit.rename_label(drawn.choice("ABCD"), label)
    if make in ("drop", "keep"):
        return getattr(Edit, make)(row.name, row.label, row.line)
    return getattr(Edit, make)(row.name, row.label, row.line, label)


def by_definition(edits: list[Edit]) -> dict[RowKey, RowNow]:
    """Each row by itself, through all edits."""
    found = {}
    for key in ROWS:
        name, label, op = key.name, key.label, ""
        edited = False
        for edit in edits:
            if edit.op == "rename-label":
                if label == edit.label:
                    label = edit.to
                    op = op if edited else "rename-label"
            elif RowKey(edit.line, edit.name, edit.label) == key:
                name = edit.to if edit.op == "correct" else name
                label = edit.to if edit.op == "relabel" else label
                op, edited = edit.op, True
        found[key] = RowNow(name, label, "" if not edited and label == key.label else op)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_what_rows_are_by_now_is_what_all_edits_in_effect_make_of_each(seed: int, tmp_path: Path) -> None:
    drawn, book = random.Random(seed), EditBook(None, tmp_path / "a.edits.jsonl")
    done: list[list[Edit]] = []
    undone: list[list[Edit]] = []
    for _ in range(30):
        what = drawn.choice(["add", "add", "undo", "redo"])
        if what == "add":
            done.append([drawn_edit(drawn) for _ in range(drawn.randint(1, 3))])
            undone.clear()
            book.add(done[-1])
        elif what == "undo" and book.undo():
            undone.append(done.pop())
        elif what == "redo" and book.redo():
            done.append(undone.pop())
        edits = [edit for step in done for edit in step]
        state = book.state
        assert {row: state.now(row) for row in ROWS} == by_definition(edits)
        assert state.count == len(edits)
        assert bool(state.told) == bool(edits)
    book.close()
    again = EditBook(None, tmp_path / "a.edits.jsonl")
    assert {row: again.state.now(row) for row in ROWS} == by_definition(
        [edit for step in done for edit in step]
    )
    again.close()


@pytest.mark.parametrize("seed", range(10))
def test_a_catalog_follows_edits_undone_and_done_again_also_if_it_missed_some(
    seed: int, tmp_path: Path
) -> None:
    drawn, book = random.Random(seed), EditBook(None, tmp_path / "a.edits.jsonl")
    table = NameTable.from_pairs([(row.name, row.label) for row in ROWS])
    catalog = Catalog(table)
    followed = Followed(catalog)
    for _ in range(40):
        what = drawn.choice(["add", "add", "undo", "redo"])
        if what == "add":
            book.add([drawn_edit(drawn) for _ in range(drawn.randint(1, 3))])
        else:
            getattr(book, what)()
        if drawn.random() < 0.3:
            continue
        state = book.state
        followed.follow(state)
        assert not followed.follow(state)
        now = [state.now(row) for row in ROWS]
        counts = Counter(row.label for row in now if row.op != "drop")
        found = catalog.select(Query())
        assert {each.label: each.rows for each in found.labels if not each.gone} == counts
        assert found.dropped == len(ROWS) - counts.total()
        for label in "ABCD":
            lines = {row.line for row in catalog.select(Query(label=label)).rows(0, 9)}
            assert lines == {key.line for key, row in zip(ROWS, now, strict=True) if row.label == label}
        for key, row in zip(ROWS, now, strict=True):
            assert key.line in {each.line for each in catalog.details(row.name).rows}
    book.close()


def test_an_edit_and_its_undoing_look_at_no_edit_before_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = EditBook(None, tmp_path / "a.edits.jsonl")
    book.add([Edit.drop(f"name{line}", "X", line) for line in range(1, 200)])
    looked: list[Edit] = []
    monkeypatch.setattr(
        editing, "row_of", lambda edit: looked.append(edit) or RowKey(edit.line, edit.name, edit.label)
    )
    book.add([Edit.drop("last", "X", 200)])
    assert len(looked) == 1
    assert book.state.count == 200
    book.undo()
    book.redo()
    assert len(looked) == 2
    assert book.state.told == "200 dropped"
    book.close()
