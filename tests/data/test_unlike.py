import random
from collections import Counter

import pytest

from namecls.data.table import NameTable
from namecls.data.unlike import find_unlike
from namecls.normalization import name_key


def reasons(pairs: list[tuple[str, str]]) -> dict[str, str]:
    found = find_unlike(NameTable.from_pairs(pairs))
    return {each.name: each.text for each in found.page(0, len(found))}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ann@example.org", "an address: ann@example.org"),
        ("www.smith.co.uk", "an address: www.smith.co.uk"),
        ("12 Main Street", "an address: 12 Main Street"),
        ("Hauptstr. 7", "an address: str. 7"),
        ("Smith and Sons Ltd.", "a word of companies and institutions: Ltd"),
        ("University of Oslo", "a word of companies and institutions: University"),
        ("Smith2", "digits: 2"),
        ("M?ller", "characters that names are not written with: ?"),
        ("Pеtrov", "letters of several scripts in one word: Pеtrov"),  # with a Cyrillic letter
        ("To The First Page", "4 words, more than nearly all others"),
    ],
)
def test_what_is_hardly_a_name_is_told_with_what_shows_it(text: str, reason: str) -> None:
    names = [
        "Smith",
        "O'Brien",
        "Smith-Jones",
        "van der Berg",
        "Müller",
        "J. Smith Jr.",
        "Church",
        "Road",
        "D’Arcy",
    ]
    assert reasons([(text, "X"), *((name, "X") for name in names)]) == {text: reason}


def test_a_script_is_strange_where_next_to_no_row_of_the_label_has_it() -> None:
    pairs = [(name, "Russian") for name in ("Ivanov", "Petrov", "Orlov", "Popov", "Kozlov") * 30]
    pairs += [("Иванов", "Russian"), ("Σωκράτης", "Greek"), ("Papadakis", "Greek")]
    assert reasons(pairs) == {"Иванов": "letters that are rare under its label: Иванов"}
    # Both scripts are usual, or there are too few rows to tell.
    assert reasons([*pairs[:20], *[("Иванов", "Russian")] * 5, *pairs[-2:]]) == {}


def test_many_words_are_nothing_strange_among_full_names() -> None:
    pairs = [(f"Maria {first} de {last}", "X") for first in ("Ana", "Luisa") for last in ("Sousa", "Lima")]
    assert reasons(pairs) == {}
    assert list(reasons([*pairs, ("Ana Maria Luisa de Sousa Lima", "X")])) == [
        "Ana Maria Luisa de Sousa Lima"
    ]


def test_names_far_from_all_others_are_those_that_comparing_each_with_all_finds() -> None:
    drawn = random.Random(0)
    names = ["".join(drawn.choices("abcde", k=drawn.randint(3, 9))).title() for _ in range(400)]
    names += ["Wolfgang", "Wolfie", "Abcdew", "Xyloid"]
    grams = {
        key: [f"^{key}$"[at : at + 3] for at in range(len(key))]
        for key in sorted({name_key(name) for name in names})
    }
    expected = set()
    for key, own in grams.items():
        others = set().union(*(grams[other] for other in grams if other != key))
        if len(own) >= 5 and sum(gram not in others for gram in own) >= 0.4 * len(own):
            expected.add(key)
    found = find_unlike(NameTable.from_pairs([(name, "X") for name in names]))
    assert {name_key(each.name) for each in found.page(0, len(found))} == expected
    assert {"wolfgang", "xyloid"} <= expected
    assert Counter(each.why for each in found.page(0, 2)) == {"far": 2}


def test_in_a_file_of_few_names_none_is_far_from_the_others() -> None:
    assert reasons([("Wolfgang", "X"), ("Kowalski", "Y"), ("Müller", "X")]) == {}
