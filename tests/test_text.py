import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from namecls.text import Normalizer, has_letters, name_key, safe

UNSAFE = {"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"}


@given(st.text())
def test_safe_text_holds_nothing_that_a_terminal_obeys(text: str) -> None:
    assert not UNSAFE & {unicodedata.category(c) for c in safe(text)}


@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "Zs"))))
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


def test_safe_cuts_long_text_to_its_limit() -> None:
    assert safe("Kowalski", 5) == "Kowa…"
    assert safe("Kowal", 5) == "Kowal"


@pytest.mark.parametrize("text", ["", "  ", "123", "-'", "🙂", "\u200d"])
def test_text_without_letters_has_none(text: str) -> None:
    assert not has_letters(text)


@pytest.mark.parametrize("text", ["a", "1a", "王", "Ж", "ñ", "أ"])
def test_letters_of_any_script_are_letters(text: str) -> None:
    assert has_letters(text)


def test_normalizing_always_composes_and_trims_all_white_space() -> None:
    assert Normalizer()("\u00a0 Mu\u0308ller\u3000\t") == "Müller"
    assert Normalizer()("  De   la\u2003Cruz ") == "De la Cruz"


def test_case_folding_and_transliteration_are_settings() -> None:
    assert Normalizer(casefold=True)("STRAßE") == "strasse"
    assert Normalizer(casefold=True)("O'BRIEN") == "o'brien"
    assert Normalizer(transliterate=True)("Łukasz Müller") == "Lukasz Muller"
    assert Normalizer(transliterate=True)("Иванов") == "Ivanov"
    assert Normalizer()("Łukasz") == "Łukasz"


@given(st.text(), st.booleans(), st.booleans())
def test_normalizing_twice_changes_nothing(text: str, casefold: bool, transliterate: bool) -> None:
    normalize = Normalizer(casefold=casefold, transliterate=transliterate)
    assert normalize(normalize(text)) == normalize(text)


def test_spellings_of_one_name_share_a_key() -> None:
    assert name_key(" MÜLLER ") == name_key("Mu\u0308ller") == "müller"
    assert name_key("Muller") != name_key("Müller")
