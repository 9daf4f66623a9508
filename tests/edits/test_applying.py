from __future__ import annotations

import pytest

from namecls.data.split import deduplicate, shared_names, split_table
from namecls.data.table import NameTable
from namecls.edits.applying import EditedTable, apply_edits, find_rows
from namecls.edits.edit import Edit
from namecls.edits.patch import patch_of
from namecls.edits.sides import are_edited, split_edited
from namecls.errors import DataError
from tests.library import small_table

TABLE = NameTable.from_pairs(
    [("Lee", "Chinese"), ("Kim", "Korean"), ("Lee", "Chinese"), ("Mac", "Scotish"), ("Mac", "Scottish")]
)


def applied(*edits: Edit, table: NameTable = TABLE) -> EditedTable:
    return apply_edits(table, patch_of(edits, "x.edits.jsonl"))


def pairs(table: NameTable) -> list[tuple[str, str]]:
    return list(zip(table.names, table.label_of_rows, strict=True))


def test_each_edit_does_what_it_says_and_leaves_the_original_alone() -> None:
    edited = applied(
        Edit.drop("Lee", "Chinese", 3),
        Edit.relabel("Kim", "Korean", 2, "English"),
        Edit.correct("Mac", "Scotish", 4, "McKay"),
        Edit.rename_label("Scotish", "Scottish"),
        Edit.keep("Lee", "Chinese", 1),
    )
    assert pairs(edited) == [
        ("Lee", "Chinese"),
        ("Kim", "English"),
        ("McKay", "Scottish"),
        ("Mac", "Scottish"),
    ]
    assert edited.frame["line"].to_list() == [1, 2, 4, 5]
    assert pairs(edited.original) == pairs(TABLE)
    assert edited.labels == ("Chinese", "English", "Scottish")
    assert edited.changes.rows() == [
        (2, "Kim", "Korean", "Kim", "English"),
        (3, "Lee", "Chinese", None, None),
        (4, "Mac", "Scotish", "McKay", "Scottish"),
    ]


def test_edits_count_in_their_order() -> None:
    kim = ("Kim", "Korean", 2)
    assert pairs(applied(Edit.drop(*kim), Edit.relabel(*kim, "English")))[1] == ("Kim", "English")
    assert len(applied(Edit.relabel(*kim, "English"), Edit.drop(*kim))) == 4
    assert len(applied(Edit.drop(*kim), Edit.keep(*kim))) == 5
    first = applied(Edit.relabel(*kim, "Scotish"), Edit.rename_label("Scotish", "Scottish"))
    last = applied(Edit.rename_label("Scotish", "Scottish"), Edit.relabel(*kim, "Scotish"))
    assert (first.label_of_rows[1], last.label_of_rows[1]) == ("Scottish", "Scotish")


def test_what_no_longer_matches_is_told_and_the_nearest_equal_row_is_meant() -> None:
    gone, other = Edit.drop("Kim", "Chinese", 2), Edit.rename_label("Klingon", "Korean")
    moved, exact = Edit.drop("Lee", "Chinese", 7), Edit.drop("Lee", "Chinese", 1)
    assert applied(gone, other, moved).unmatched == (gone, other)
    assert find_rows(TABLE, [gone, moved, exact, other]) == [None, 2, 0, None]
    assert find_rows(TABLE, [moved, exact, Edit.drop("Lee", "Chinese", 9)]) == [2, 0, None]


def test_to_drop_all_or_to_edit_twice_is_an_error() -> None:
    with pytest.raises(DataError, match="drop every row"):
        applied(*(Edit.drop(*pair, line) for line, pair in enumerate(pairs(TABLE), 1)))
    with pytest.raises(DataError, match="edited already"):
        apply_edits(applied(Edit.drop("Kim", "Korean", 2)), patch_of((), "x"))


def test_unedited_rows_stay_on_their_side_of_the_split() -> None:
    table = small_table()
    rows = list(table.frame.iter_rows())
    edits = [Edit.relabel(name, label, line, "Georgian") for line, name, label in rows[:30]]
    edits += [Edit.drop(name, label, line) for line, name, label in rows[50:60]]
    edits += [Edit.correct(name, label, line, "Newname") for line, name, label in rows[60:70]]
    edits += [Edit.correct(*rows[100][1:], rows[100][0], rows[0][1])]
    edited = applied(*edits, table=table)
    splits, before = split_edited(edited, seed=1), split_table(deduplicate(table), seed=1)
    assert not shared_names(splits)
    side_of = {name: side for side, part in before.sides for name in part.names}
    found = {line: side for side, part in splits.sides for line in part.frame["line"]}
    for line, name, _ in rows[:50] + rows[70:100] + rows[101:]:
        assert found[line] == side_of[name]
    assert found[rows[100][0]] == side_of[rows[0][1]]
    assert len({side for side, part in splits.sides if "Newname" in part.names}) == 1
    assert [part.frame["line"].to_list() for _, part in split_edited(applied(table=table), seed=1).sides] == [
        part.frame["line"].to_list() for _, part in before.sides
    ]
    edited_lines = set(edited.changes["line"])
    assert are_edited(edited, splits.train.frame).to_list() == [
        line in edited_lines for line in splits.train.frame["line"]
    ]


def test_edits_that_leave_a_side_empty_are_an_error() -> None:
    table = NameTable.from_pairs([(name, "a") for name in ("x", "y", "z")] + [("q", "b")])
    test = split_table(table).test
    with pytest.raises(DataError, match="leave no test row"):
        split_edited(applied(Edit.drop(test.names[0], "a", test.frame["line"][0]), table=table))
