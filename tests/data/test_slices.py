import re
from collections import Counter
from math import isclose, sqrt

import pytest

from namecls.data.slices import measure_slices, slice_words, slices_of
from namecls.language import ENGLISH, set_language
from namecls.results import Slice

NAMES = [
    "Li",
    "O'Brien",
    "Müller",
    "van der Berg",
    "Éluard",
    "Иванов",
    "Papadopoulou",
    "Li  Wei",
    "王",
    "Maria da Costa e Silva",
]


@pytest.mark.parametrize(
    ("name", "length", "script", "words", "first"),
    [
        ("Li", "1 to 3 characters", "Latin", "1 word", "L"),
        ("O'Brien", "6 to 7 characters", "Latin", "1 word", "O"),
        ("Éluard", "6 to 7 characters", "Latin beyond ASCII", "1 word", "E"),
        ("van der Berg", "10 to 12 characters", "Latin", "3 words", "V"),
        ("Иванов", "6 to 7 characters", "Cyrillic", "1 word", "И"),
        ("Pеtrov", "6 to 7 characters", "Cyrillic and Latin", "1 word", "P"),
        ("Maria da Costa e Silva", "17 or more characters", "Latin", "4 or more words", "M"),
        ("Li   Wei", "6 to 7 characters", "Latin", "2 words", "L"),  # as it is read
    ],
)
def test_a_name_is_of_one_slice_of_each_kind(
    name: str, length: str, script: str, words: str, first: str
) -> None:
    assert slices_of(name) == {"length": length, "script": script, "words": words, "first letter": first}


def test_rows_and_hits_are_those_that_counting_each_slice_by_itself_finds() -> None:
    names = [name for at, name in enumerate(NAMES) for _ in range(at + 1)]
    right = [at % 3 > 0 for at in range(len(names))]
    found = measure_slices(names, right)
    assert len({(each.kind, each.value) for each in found}) == len(found)
    for each in found:
        hits = [
            hit for name, hit in zip(names, right, strict=True) if slices_of(name)[each.kind] == each.value
        ]
        assert (each.rows, each.right) == (len(hits), sum(hits))
        assert each.of_all == sum(right) / len(right)
    assert Counter(each.kind for each in found)["first letter"] == 8
    assert [each.interval.high for each in found] == sorted(each.interval.high for each in found)
    assert measure_slices([], []) == ()


def test_the_interval_holds_the_shares_from_which_the_accuracy_is_within_so_many_deviations() -> None:
    """Wilson's interval by its definition: |accuracy - p| = z sqrt(p (1 - p) / n) at both ends."""
    for rows, right in ((1, 0), (7, 7), (40, 13), (10_000, 9_000)):
        part = Slice(kind="length", value="x", rows=rows, right=right, of_all=0.99)
        for end in (part.interval.low, part.interval.high):
            if 0 < end < 1:
                assert isclose(
                    abs(part.accuracy - end), 1.959964 * sqrt(end * (1 - end) / rows), rel_tol=1e-9
                )
        low, high = part.interval.low, part.interval.high
        assert 0 <= low <= part.accuracy <= high <= 1
        assert part.is_weak == (high < 0.99)


def test_slices_are_called_in_the_language_of_the_moment_and_a_syllable_of_hangul_by_a_letter_that_stands_alone() -> (
    None
):
    assert slices_of("김")["first letter"] == "ㄱ"
    names = ("Kowalski", "김", "Ван", "王", "李Lee", "5")
    found = measure_slices(names, [True] * len(names))
    assert {slice_words(each) for each in found} == {each.title for each in found}
    set_language("zh_CN")
    try:
        told = {slice_words(each) for each in found}
    finally:
        set_language(ENGLISH)
    assert {"1 个词", "文字：汉字", "文字：汉字 和 拉丁字母", "首字母 ㄱ", "首字母 无"} <= told
    assert not [text for text in told if re.search("[a-z]", text)]
