"""Full names taken apart by how they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from namecls.data.full_names import beginnings, may_be_full, take_apart


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("García Márquez, Gabriel", "García Márquez"),
        ("Arco, Giulia", "Arco"),
        ("Tolkien, J. R. R.", "Tolkien"),
        ("Müller, Prof. Dr. Anna", "Müller"),
        ("Dr. Müller, Anna", "Müller"),
        ("Anna Müller, PhD", "Müller"),
        ("Prof. Dr. Anna Müller", "Müller"),
        ("Dr.Müller", "Müller"),
        ("Mme Dupont", "Dupont"),
        ("Mr Smith", "Smith"),
        ("John Smith Jr.", "Smith"),
        ("J.R.R. Tolkien", "Tolkien"),
        ("Smith J.", "Smith"),
        ("Ludwig van Beethoven", "van Beethoven"),
        ("Vincent VAN GOGH", "VAN GOGH"),
        ("Otto von der Heide", "von der Heide"),
        ("Sr. Juan de la Cruz", "de la Cruz"),
        ("Osama bin Laden", "bin Laden"),
        ("Bashar al-Assad", "al-Assad"),
        ("Conan O' Brien", "O' Brien"),
        ("José Ortega y Gasset", "Ortega y Gasset"),
        ("Antoni Puig i Cadafalch", "Puig i Cadafalch"),
        ("De Luca", "De Luca"),
        ("Ben Smith", "Smith"),
        ("王 小明", "王"),
        ("佐藤 さくら", "佐藤"),
        ("김 민수", "김"),
        ("王 Smith", "Smith"),
        ("Müller", "Müller"),
        ("Mr", "Mr"),
        ("Dr.", ""),
        ("Dr. Dr. Dr.", ""),
        ("Prof. Dr.", ""),
        ("Mr Mrs", ""),
        ("Dr., Jr.", ""),
        ("Dr. Don", "Don"),
        ("Don Lord", "Lord"),
        (",", ","),
        ("", ""),
    ],
)
def test_the_family_name_by_how_it_is_written(name: str, family: str) -> None:
    assert take_apart(name).family == family


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("王小明", ("王小", "王")),
        ("山田太郎", ("山田太", "山田", "山")),
        ("王", ()),
        ("佐藤さくら", ("佐藤さ", "佐藤", "佐")),
        ("さくら", ()),
        ("王Smith", ()),
        ("北京大学中文系图书馆", ()),
    ],
)
def test_what_may_be_the_family_name_where_no_space_parts_it(name: str, found: tuple[str, ...]) -> None:
    assert beginnings(name) == found
    assert may_be_full(name) == bool(found)


@given(st.text(st.sampled_from("aB .,'-y"), max_size=12))
def test_what_is_taken_apart_has_a_family_name_made_of_its_own_letters(name: str) -> None:
    parts = take_apart(name)
    assert bool(parts.family) == bool(parts.whole)
    assert set(parts.family) <= set(name)
    if any(letter.isalpha() for letter in name):
        assert any(letter.isalpha() for letter in parts.family)
    if not may_be_full(name):
        assert parts.family == name
