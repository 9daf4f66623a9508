import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from namecls.text import has_letters, safe, stand_ins

UNSAFE = {"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn", "Mc", "Me"}

#: Letters, numbers and signs that can't be seen, or have no width that terminals agree on.
DOUBTFUL = "".join(
    chr(code)
    for first, last in ((0x115F, 0x11FF), (0x3164, 0x3164), (0xD7B0, 0xD7FF), (0xFFA0, 0xFFA0))
    for code in range(first, last + 1)
)


@given(st.text())
def test_safe_text_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    assert not UNSAFE & {unicodedata.category(c) for c in safe(text)}
    assert not UNSAFE & {unicodedata.category(c) for c in stand_ins(text)}


@given(st.text())
def test_safe_text_stays_as_it_is(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "Zs"), exclude_characters=DOUBTFUL)))
def test_safe_leaves_harmless_text_alone(text: str) -> None:
    assert safe(text) == text


def test_safe_shows_what_it_takes_out() -> None:
    assert safe("\x1b]52;c;aGk=\x07") == "␛]52;c;aGk=␇"
    assert safe("a\u202eb") == "a<U+202E>b"
    assert safe("a\u2028b\nc\td\x9bm") == "a<U+2028>b␊c␉d<U+009B>m"
    assert safe("O[x]") == "O[x]"


def test_safe_cuts_piles_of_combining_marks() -> None:
    assert safe("e\u0301\u0302") == "e\u0301\u0302"
    assert safe("e\u0301\u0302\u0303") == "e\u0301\u0302<U+0303>"
    assert safe("\u0301e") == "<U+0301>e"


def test_marks_need_something_to_stand_on() -> None:
    assert safe("a\u200d\u0301") == "a<U+200D><U+0301>"
    assert safe("\u05e9\u05c1\u05b8") == "\u05e9\u05c1\u05b8"  # a pointed Hebrew letter


def test_what_takes_a_cell_in_some_terminals_only_is_shown_by_its_number() -> None:
    assert safe("\u0936\u0930\u094d\u092e\u093e") == "\u0936\u0930\u094d\u092e<U+093E>"
    assert safe("\u1112\u1161\u11ab") == "\u1112<U+1161><U+11AB>"
    assert safe("\ud55c\uad6d") == "\ud55c\uad6d"


@pytest.mark.parametrize("code", [0x034F, 0x115F, 0x1160, 0x3164, 0xFFA0, 0xFE0F, 0x180B, 0xE0100, 0xE0041,
                                  0x200B, 0x200D, 0x200E, 0x061C, 0x2066, 0xFFF9, 0x20E3, 0x1F1E9, 0x1F3FD,
                                  0x2800, 0x85, 0x9B, 0xD800])  # fmt: skip
def test_what_can_not_be_seen_is_shown_by_its_number(code: int) -> None:
    assert safe(f"a{chr(code)}b") == f"a<U+{code:04X}>b"
    assert stand_ins(f"a{chr(code)}b") == "a\ufffdb"


@given(st.text(), st.integers(1, 12))
def test_safe_keeps_within_its_limit(text: str, limit: int) -> None:
    shown = safe(text, limit)
    assert len(shown) <= limit
    assert shown == safe(text) or (shown[-1] == "…" and safe(text).startswith(shown[:-1]))


@given(st.text())
def test_stand_ins_are_one_for_one(text: str) -> None:
    assert len(stand_ins(text)) == len(text)


def test_safe_cuts_long_text_to_its_limit() -> None:
    assert safe("\x1b" * 3 + "\u202e", 4) == "␛␛␛…"
    assert safe("Kowalski", 5) == "Kowa…"
    assert safe("Kowal", 5) == "Kowal"


@pytest.mark.parametrize("text", ["", "  ", "123", "-'", "🙂", "\u200d"])
def test_text_without_letters_has_none(text: str) -> None:
    assert not has_letters(text)


@pytest.mark.parametrize("text", ["a", "1a", "王", "Ж", "ñ", "أ"])
def test_letters_of_any_script_are_letters(text: str) -> None:
    assert has_letters(text)
