import itertools
import random

import polars as pl
import pytest

from namecls.data.near import find_near_duplicates
from namecls.data.table import NameTable
from namecls.normalization import fold


def groups(table: NameTable, **limits) -> dict[str, set[tuple[str, ...]]]:
    """All near-duplicates: their names, sorted, by way."""
    near = find_near_duplicates(table, **limits)
    found: dict[str, set[tuple[str, ...]]] = {}
    for differ in (False, True):
        page = near.page(0, near.count(differ=differ), differ=differ)
        assert len(page) == near.count(differ=differ)
        for each in page:
            assert (len({count.label for name in each.names for count in name.labels}) > 1) == differ
            found.setdefault(each.way, set()).add(tuple(sorted(name.name for name in each.names)))
    return found


def one_edit_apart(one: str, two: str) -> bool:
    """By its definition: some edit of one is the other."""
    letters = set(two)
    edits = {one[:i] + one[i + 1 :] for i in range(len(one))}
    edits |= {one[:i] + c + one[i:] for i in range(len(one) + 1) for c in letters}
    edits |= {one[:i] + c + one[i + 1 :] for i in range(len(one)) for c in letters}
    edits |= {one[:i] + one[i + 1] + one[i] + one[i + 2 :] for i in range(len(one) - 1)}
    return two in edits - {one}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shortest", [1, 4])
def test_names_a_letter_apart_are_those_that_trying_every_edit_finds(seed, shortest):
    drawn = random.Random(seed)
    names = ["".join(drawn.choices("abcd", k=drawn.randint(1, 7))) for _ in range(300)]
    table = NameTable.from_pairs([(name, drawn.choice("XYZ")) for name in names])
    expected = {
        pair
        for pair in itertools.combinations(sorted(set(names)), 2)
        if min(map(len, pair)) >= shortest and one_edit_apart(*pair)
    }
    assert groups(table, shortest=shortest) == {"letter": expected}


def test_each_way_in_which_names_are_nearly_the_same_is_told():
    pairs = [
        ("Müller", "German"), ("Muller", "German"), ("MULLER", "German"), ("DeVries", "Dutch"), ("Devries", "Dutch"),
        ("Hans Maier", "German"), ("Maier, Hans", "Dutch"), ("Kowalski", "Polish"), ("Kowlaski", "Polish"),
        ("Kowalskí", "Czech"), ("Smith", "English"), ("Smit", "Dutch"),
    ]  # fmt: skip
    assert groups(NameTable.from_pairs(pairs)) == {
        "accents": {("MULLER", "Muller", "Müller"), ("Kowalski", "Kowalskí")},
        "case": {("DeVries", "Devries")},
        "words": {("Hans Maier", "Maier, Hans")},
        "letter": {("Kowalski", "Kowlaski")},
    }


def test_the_commonest_spelling_comes_first_with_its_lines_and_labels():
    table = NameTable.from_pairs(
        [("Sørensen", "Danish"), *[("Sorensen", "Danish")] * 2, ("Sorensen", "Norwegian")]
    )
    (found,) = find_near_duplicates(table).page(0, 10, differ=True)
    assert found.to_json() == {
        "way": "accents",
        "names": [
            {"name": "Sorensen", "line": 2, "labels": {"Danish": 2, "Norwegian": 1}},
            {"name": "Sørensen", "line": 1, "labels": {"Danish": 1}},
        ],
    }


def test_vowel_signs_are_no_accents():
    assert groups(NameTable.from_pairs([("สมชาย", "Thai"), ("สมชายี", "Thai"), ("สมชายู", "Thai")])) == {
        "letter": {("สมชายี", "สมชายู")}
    }


def test_too_many_pairs_are_bounded_and_that_is_told():
    names = ["".join(letters) + "son" for letters in itertools.product("abcdef", repeat=3)]
    table = NameTable.from_pairs([(name, "X") for name in names])
    near = find_near_duplicates(table, most=100)
    assert near.limited
    assert near.count(differ=False) <= 100
    assert not find_near_duplicates(table).limited


def test_names_that_nothing_is_near_are_no_near_duplicates():
    assert (
        groups(NameTable.from_pairs([("Kowalski", "Polish"), ("Kowalski", "Polish"), ("王", "Chinese")]))
        == {}
    )


def test_names_are_compared_as_a_search_compares_them():
    assert fold(pl.Series(["Łódź"]))[0] == "lodz"
    assert groups(NameTable.from_pairs([("Łódźka", "Polish"), ("Lodzka", "Polish")])) == {
        "accents": {("Lodzka", "Łódźka")}
    }
