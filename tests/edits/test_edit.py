from __future__ import annotations

from typing import Any

import pytest

from namecls.data.table import NameTable
from namecls.edits.edit import Edit, Edits, Entry, Reason, Redo, Step, Undo
from namecls.errors import DataError, DiskFull

DROP = Edit.drop("Lee", "Chinese", 4)
RELABEL = Edit.relabel("Kim", "Korean", 7, "English")


def test_what_is_undone_can_be_done_again_until_something_else_is_done() -> None:
    edits = Edits()
    edits.add([DROP, RELABEL])
    edits.add([Edit.rename_label("Scotish", "Scottish")])
    undone = edits.undo()
    assert undone is not None
    assert (undone.number, undone) == (2, edits.next_redo)
    assert edits.in_effect == (DROP, RELABEL)
    edits.undo()
    assert (edits.in_effect, edits.undo()) == ((), None)
    edits.redo()
    assert edits.in_effect == (DROP, RELABEL)
    edits.add([RELABEL])
    assert edits.redo() is None
    assert edits.in_effect == (DROP, RELABEL, RELABEL)


def test_every_change_is_told_to_what_keeps_it_and_counts_only_then() -> None:
    told: list[Entry] = []
    edits = Edits(told.append)
    edits.add([DROP])
    edits.undo()
    edits.redo()
    assert told == [Step(1, (DROP,)), Undo(1), Redo(1)]

    def full(_: Entry) -> None:
        raise DiskFull("no room")

    edits.write = full
    for change in (lambda: edits.add([RELABEL]), edits.undo):
        with pytest.raises(DiskFull):
            change()
    assert edits.in_effect == (DROP,)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"op": "explode"}, "must be one of keep, drop"),
        ({"line": 0}, "line must be a number from 1"),
        ({"line": True}, "line must be"),
        ({"name": ""}, "1 to 256 characters"),
        ({"name": " Lee"}, "without blanks"),
        ({"name": "Lee\nKim"}, "must be a line"),
        ({"name": 7}, "must be a name"),
        ({"name": "123"}, "must have a letter"),
        ({"label": "x" * 129}, "1 to 128 characters"),
        ({"label": "a  b"}, "as the table has it"),
        ({"to": "Korean"}, "nothing to become"),
        ({"op": "relabel"}, "to must be a line of 1"),
        ({"op": "rename-label", "to": "Korean", "line": 0}, "concerns no name"),
        ({"when": "yesterday"}, "must be a time"),
    ],
)
def test_an_edit_that_can_be_none_is_an_error(values: dict[str, Any], message: str) -> None:
    usual: dict[str, Any] = {"op": "drop", "name": "Lee", "label": "Chinese", "line": 4}
    with pytest.raises(DataError, match=message):
        Edit(**{**usual, **values})


def test_a_reason_that_can_be_none_is_an_error() -> None:
    for values in ({"by": "magic"}, {"score": float("nan")}, {"score": True}, {"model": "../x"}):
        with pytest.raises(DataError, match="must be"):
            Reason(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Lee", "Korean"),
        ("O’Brien\u200b", "x y"),
        ("12", "a"),
        ("Lee", "x" * 129),
        ("L" * 257, "a"),
        ("Ľ", "ﬁ"),
    ],
)
def test_an_edit_can_mean_just_what_a_table_can_hold(name: str, label: str) -> None:
    table = NameTable.from_pairs([(name, label)])
    if len(table):
        assert Edit.drop(table.names[0], table.label_of_rows[0], 1).name == name
    else:
        with pytest.raises(DataError):
            Edit.drop(name, label, 1)
