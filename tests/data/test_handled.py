"""Problems that edits have dealt with are told from those that are still there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from namecls.data.alphabet import Change
from namecls.data.browse import Catalog, Kind, Problem
from namecls.data.handled import Handled, by_now, handled, problems_left
from namecls.data.table import NameTable

LONG = [("Alexander", "German")] * 2 + [("Alexandre", "French")]
PAIRS = [
    *[("Bo", "Danish")] * 3,
    *[("Abel", "Czech"), ("Abel", "German")],
    *LONG,
    ("12 Baker Street", "English"),
    ("Smith", "Englsh"),
    *[(f"Jo{letter}", "English") for letter in "abcdefghijklmnopqrst"],
]
ROWS = [(line, *pair) for line, pair in enumerate(PAIRS, 1)]


def drop(*lines: int) -> list[Change]:
    return [Change(*ROWS[line - 1], *PAIRS[line - 1], dropped=True) for line in lines]


def keep(*lines: int) -> list[Change]:
    return [Change(*ROWS[line - 1], *PAIRS[line - 1], kept=True) for line in lines]


def relabel(label: str, *lines: int) -> list[Change]:
    return [Change(*ROWS[line - 1], PAIRS[line - 1][0], label) for line in lines]


def correct(name: str, *lines: int) -> list[Change]:
    return [Change(*ROWS[line - 1], name, PAIRS[line - 1][1]) for line in lines]


def of_kind(catalog: Catalog, kind: Kind, is_it: Callable[[Problem], bool]) -> Problem:
    (found,) = [problem for problem in catalog.problems(kind, 0, 99) if is_it(problem)]
    return found


@pytest.mark.parametrize(
    ("kind", "named", "changes", "made"),
    [
        ("duplicates", "Bo", [], ""),
        ("duplicates", "Bo", drop(1), ""),
        ("duplicates", "Bo", drop(1, 3), "mended"),
        ("duplicates", "Bo", relabel("Dutch", 1, 2, 3), ""),
        ("duplicates", "Bo", drop(1) + correct("Jo", 2), "mended"),
        ("duplicates", "Bo", keep(1, 2, 3), "kept"),
        ("duplicates", "Bo", keep(1, 2), ""),
        ("several labels", "Abel", relabel("German", 4), "mended"),
        ("several labels", "Abel", relabel("Polish", 4), ""),
        ("several labels", "Abel", drop(5), "mended"),
        ("several labels", "Abel", keep(4, 5), "kept"),
        ("near, labels differ", "Alexander", drop(8), "mended"),
        ("near, labels differ", "Alexander", correct("Alexander", 8), "mended"),
        ("near, labels differ", "Alexander", relabel("German", 8), "mended"),
        ("near, labels differ", "Alexander", relabel("Dutch", 8), ""),
        ("near, labels differ", "Alexander", drop(6) + keep(7, 8), "kept"),
        ("unlike", "12 Baker Street", drop(9), "mended"),
        ("unlike", "12 Baker Street", correct("Baker", 9), "mended"),
        ("unlike", "12 Baker Street", relabel("Irish", 9), ""),
        ("unlike", "12 Baker Street", keep(9), "kept"),
    ],
)
def test_a_problem_is_mended_or_kept_or_still_there(
    kind: Kind, named: str, changes: list[Change], made: Handled
) -> None:
    catalog = Catalog(NameTable.from_pairs(PAIRS))

    def is_named(problem: Problem) -> bool:
        names = [each.name for each in getattr(problem, "names", ())] or [getattr(problem, "name", "")]
        return named in names and getattr(problem, "why", "address") == "address"

    problem = of_kind(catalog, kind, is_named)
    catalog.change(changes)
    assert handled(catalog, problem) == made


def test_a_label_in_doubt_is_mended_once_it_has_no_rows() -> None:
    catalog = Catalog(NameTable.from_pairs(PAIRS))
    problem = of_kind(catalog, "doubts", lambda each: "looks like" in getattr(each, "reason", ""))
    catalog.change(relabel("Irish", 1))
    assert handled(catalog, problem) == ""
    catalog.change([], {"Englsh": "English"})
    assert handled(catalog, problem) == "mended"


def test_problems_that_edits_have_dealt_with_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog(NameTable.from_pairs(PAIRS))
    kinds: tuple[Kind, ...] = ("duplicates", "several labels", "doubts", "bad lines")
    before = [catalog.problem_count(kind) for kind in kinds]
    assert [problems_left(catalog, kind) for kind in kinds] == before
    catalog.change(drop(1, 3, 5))
    left = [problems_left(catalog, kind) for kind in kinds]
    assert left[:2] == [before[0] - 1, before[1] - 1]
    monkeypatch.setattr("namecls.data.handled.MOST_JUDGED", before[0] - 1)
    assert problems_left(catalog, "duplicates") == before[0]


def test_near_duplicates_have_the_labels_of_their_names_by_now() -> None:
    catalog = Catalog(NameTable.from_pairs(PAIRS))
    problem = of_kind(catalog, "near, labels differ", lambda each: "Alexander" in str(each))
    assert by_now(catalog, problem) == problem
    catalog.change([], {"German": "Deutsch", "French": "Deutsch"})
    shown = by_now(catalog, problem)
    labels = {each.name: [(of.label, of.rows) for of in each.labels] for each in shown.names}
    assert labels == {"Alexander": [("Deutsch", 2)], "Alexandre": [("Deutsch", 1)]}
    assert handled(catalog, problem) == "mended"
