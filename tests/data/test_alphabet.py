"""What is found among rows that edits made others is what a file of these rows would have."""

from __future__ import annotations

import random

import pytest

from namecls.data import alphabet
from namecls.data.alphabet import Change
from namecls.data.browse import SORTS, Catalog, Query
from namecls.data.inspection import LabelCount, LabelRows
from namecls.data.table import NameTable

NAMES = ["Ábel", "abel", "Abel", "Bo", "Bó", "Cy", "Dee", "de la Cruz", "Łódź", "王"]
LABELS = ["A", "B", "C"]
TABLE = NameTable.from_pairs(
    [("Abel", "Czech"), ("Abel", "German"), ("Bo", "Danish"), ("Bo", "Danish"), ("Cy", "English")]
)


def listed(catalog: Catalog, query: Query) -> list[int]:
    """The lines that a query finds."""
    found = catalog.select(query)
    return [row.line for row in found.rows(0, len(found))]


@pytest.mark.parametrize("few", [0, 1000])
@pytest.mark.parametrize("seed", range(10))
def test_rows_are_found_in_the_order_and_with_the_labels_of_a_file_with_the_edits(
    seed: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alphabet, "_FEW", few)
    drawn = random.Random(seed)
    rows = [(drawn.choice(NAMES), drawn.choice(LABELS)) for _ in range(40)]
    table = NameTable.from_pairs(rows)
    catalog, now, dropped = Catalog(table), list(rows), set[int]()
    for _ in range(12):
        if drawn.random() < 0.2:
            old, new = drawn.choice(LABELS), drawn.choice("BCDE")
            labels = {old: new, drawn.choice(LABELS): "F"}
            now, dropped = [(name, labels.get(label, label)) for name, label in rows], set()
            catalog.change([], labels)
        changes = []
        for at in drawn.sample(range(40), drawn.randint(1, 6)):
            now[at] = drawn.choice([now[at][0], rows[at][0], *NAMES]), drawn.choice("ABCDE")
            (dropped.add if drawn.random() < 0.3 else dropped.discard)(at)
            changes.append(Change(at + 1, *rows[at], *now[at], at in dropped))
        catalog.change(changes)
        fresh = Catalog(NameTable.from_pairs(now))
        for sort in SORTS:
            assert listed(catalog, Query(sort=sort)) == listed(fresh, Query(sort=sort))
            assert listed(catalog, Query(label="D", sort=sort)) == listed(fresh, Query(label="D", sort=sort))
        counts = {each.label: each for each in catalog.select(Query()).labels}
        for label in "ABCDEF":
            stay = sum(label == now[at][1] for at in range(40) if at not in dropped)
            in_file = sum(label == other for _, other in rows)
            if in_file or stay:
                assert counts.pop(label) == LabelRows(label, stay, stay - in_file, gone=not stay)
        assert not counts
        assert catalog.select(Query()).dropped == len(dropped)
        for search in ("abel", "bo", "de "):
            both = set(listed(fresh, Query(search))) | set(listed(Catalog(table), Query(search)))
            found = listed(catalog, Query(search))
            assert len(found) == len(set(found))
            assert set(listed(fresh, Query(search))) <= set(found) <= both
            stay = sum(line - 1 not in dropped for line in found)
            assert sum(each.rows for each in catalog.select(Query(search)).labels) == stay


def test_a_corrected_name_is_found_by_what_it_is_and_by_what_it_was() -> None:
    catalog = Catalog(TABLE)
    assert listed(catalog, Query("bo")) == [3, 4]
    catalog.change([Change(3, "Bo", "Danish", "Kai", "Danish")])
    for search in ("kai", "KA"):
        assert listed(catalog, Query(search)) == [3]
    assert listed(catalog, Query("bo")) == [4, 3]
    assert sorted(listed(catalog, Query("bo | kai"))) == [3, 4]
    assert listed(catalog, Query()) == [1, 2, 4, 5, 3]
    catalog.change([Change(3, "Bo", "Danish", "Bo", "Danish")])
    assert listed(catalog, Query("kai")) == []
    assert listed(catalog, Query()) == [1, 2, 3, 4, 5]


def test_details_and_other_labels_of_a_name_are_those_that_its_rows_have_by_now() -> None:
    catalog = Catalog(TABLE)
    catalog.change(
        [
            Change(1, "Abel", "Czech", "Abel", "German"),
            Change(3, "Bo", "Danish", "Abel", "Danish"),
            Change(4, "Bo", "Danish", "Bo", "Danish", dropped=True),
        ]
    )
    found = catalog.details("Abel")
    assert [row.line for row in found.rows] == [1, 2, 3]
    assert found.labels == (LabelCount("German", 2), LabelCount("Danish", 1))
    assert [row.also for row in found.rows] == [("Danish",), ("Danish",), ("German",)]
    gone = catalog.details("Bo")
    assert ([row.line for row in gone.rows], gone.labels, gone.dropped) == ([4], (), 1)


def test_a_row_that_the_table_has_not_changes_nothing() -> None:
    catalog = Catalog(TABLE)
    before = catalog.select(Query()).labels
    catalog.change([Change(1, "Abel", "Danish", "Abel", "X", dropped=True), Change(99, "Li", "A", "Li", "X")])
    assert catalog.select(Query()).labels == before
