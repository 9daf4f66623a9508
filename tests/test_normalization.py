import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from namecls.normalization import (
    APOSTROPHES,
    FOLDS,
    HYPHENS,
    INVISIBLE,
    RULES,
    Normalizer,
    name_key,
    name_keys,
    spellings,
)

#: What the rules are about, among letters that compose, fold to two, or have a full-width form.
DELICATE = st.text(
    st.sampled_from(
        [
            *map(chr, FOLDS),
            *"aeKßİŉ",
            " ",
            "\u00a0",
            "\u3000",
            "\u0301",
            "\u0308",
            "\u0345",
            "\u3099",
            "\u1161",
        ]
    ),
    max_size=8,
)


def test_normalizing_always_composes_and_trims_all_white_space() -> None:
    assert Normalizer()("\u00a0 Mu\u0308ller\u3000\t") == "Müller"
    assert Normalizer()("  De   la\u2003Cruz ") == "De la Cruz"


def test_case_folding_and_transliteration_are_settings() -> None:
    assert Normalizer(casefold=True)("STRAßE") == "strasse"
    assert Normalizer(casefold=True)("O'BRIEN") == "o'brien"
    assert Normalizer(transliterate=True)("Łukasz Müller") == "Lukasz Muller"
    assert Normalizer(transliterate=True)("Иванов") == "Ivanov"
    assert Normalizer()("Łukasz") == "Łukasz"


@given(st.text() | DELICATE, st.booleans(), st.booleans(), st.sampled_from(RULES))
def test_normalizing_twice_changes_nothing(
    text: str, casefold: bool, transliterate: bool, rules: int
) -> None:
    normalize = Normalizer(casefold, transliterate, rules)
    assert normalize(normalize(text)) == normalize(text)


def test_spellings_of_one_name_share_a_key() -> None:
    assert name_key(" MÜLLER ") == name_key("Mu\u0308ller") == "müller"
    assert name_key("Muller") != name_key("Müller")


@pytest.mark.parametrize("sign", APOSTROPHES)
def test_every_apostrophe_is_read_as_one(sign: str) -> None:
    assert Normalizer()(f"O{sign}Brien") == "O'Brien"


@pytest.mark.parametrize("sign", HYPHENS)
def test_every_dash_is_read_as_a_hyphen(sign: str) -> None:
    assert Normalizer()(f"Garcia{sign}Lopez") == "Garcia-Lopez"


@pytest.mark.parametrize("code", [code for first, last in INVISIBLE for code in (first, last)])
def test_what_can_not_be_seen_is_not_read(code: int) -> None:
    assert Normalizer()(f"{chr(code)}Kowal{chr(code)}ski{chr(code)}") == "Kowalski"


def test_full_and_half_width_forms_are_read_as_the_usual_ones() -> None:
    assert Normalizer()("Ｙａｍａｍｏｔｏ　Ｋｅｎ") == "Yamamoto Ken"
    assert Normalizer()("ﾔﾏﾀﾞ") == "ヤマダ"


def test_marks_that_an_invisible_one_held_apart_are_composed() -> None:
    assert Normalizer()("Mu\u200d\u0308ller") == "Müller"


def test_letters_and_other_signs_are_read_as_they_are() -> None:
    for name in ("Þórarinsson", "ﬁ", "ªº", "李", "Ng.", "²", "ー", "〜", "א״ב"):
        assert Normalizer()(name) == unicodedata.normalize("NFC", name)


def test_the_first_rules_read_as_models_did_that_were_made_under_them() -> None:
    for name in ("O’Brien", "Garcia‑Lopez", "Kowalski\u202c", "Ａ", "O`Brien"):
        assert Normalizer(rules=1)(name) == name
        assert name_key(name, rules=1) == name.casefold()


@given(st.lists(st.text(st.characters(codec="utf-8")) | DELICATE | st.text(st.characters(max_codepoint=127))))
def test_columns_of_names_are_read_like_single_ones(names: list[str]) -> None:
    column = pl.Series(names, dtype=pl.String)
    assert name_keys(column).to_list() == list(map(name_key, names))
    assert spellings(column).to_list() == list(map(Normalizer(), names))
    assert spellings(column, rules=1).to_list() == names
    assert column.to_list() == names
