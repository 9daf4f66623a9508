import itertools
import random
from collections import Counter

import polars as pl
import pytest

from namecls.data.split import (
    Splits,
    deduplicate,
    fewer_rows,
    shared_names,
    side_of_rows,
    split_table,
)
from namecls.data.table import NameTable, load_dataset
from namecls.errors import DataError
from namecls.normalization import name_key, name_keys


def made_up(seed: int = 0, rows: int = 2000) -> list[tuple[str, str]]:
    """Names of which some stand under two labels, some twice, and some in capitals as well."""
    choose = random.Random(seed)
    names = ["".join(choose.choices("abcdeéü", k=choose.randint(2, 6))) for _ in range(rows)]
    pairs = [(name, f"L{int(choose.random() ** 3 * 10)}") for name in names]
    return pairs + [(name.upper(), label) for name, label in pairs[: rows // 10]] + pairs[: rows // 20]


def keys(table: NameTable) -> set[str]:
    return set(map(name_key, table.names))


def test_no_name_stands_on_two_sides():
    splits = split_table(NameTable.from_pairs(made_up()))
    train, validation, test = keys(splits.train), keys(splits.validation), keys(splits.test)
    assert not train & validation
    assert not train & test
    assert not validation & test
    assert shared_names(splits) == ()


def test_every_row_stands_on_one_side():
    table = NameTable.from_pairs(made_up())
    splits = split_table(table)
    lines = [line for _, side in splits.sides for line in side.frame["line"]]
    assert sorted(lines) == list(range(1, len(table) + 1))


def test_each_label_is_split_by_the_same_shares():
    table = NameTable.from_pairs(
        [(f"{label} {chr(97 + i // 26)}{chr(97 + i % 26)}", label) for label in "AB" for i in range(200)]
    )
    splits = split_table(table, valid_fraction=0.1, test_fraction=0.2)
    assert splits.train.label_counts == {"A": 140, "B": 140}
    assert splits.validation.label_counts == {"A": 20, "B": 20}
    assert splits.test.label_counts == {"A": 40, "B": 40}


def test_the_order_of_the_rows_moves_no_name():
    pairs = made_up()
    shuffled = random.Random(1).sample(pairs, len(pairs))
    one, other = split_table(NameTable.from_pairs(pairs)), split_table(NameTable.from_pairs(shuffled))
    assert keys(one.test) == keys(other.test)
    assert one.digest == other.digest


def test_duplicates_move_no_name():
    table = NameTable.from_pairs(made_up())
    assert deduplicate(split_table(table).test).frame.equals(split_table(deduplicate(table)).test.frame)


def test_another_seed_is_another_split():
    table = NameTable.from_pairs(made_up())
    assert split_table(table, seed=0).digest == split_table(table, seed=0).digest
    assert split_table(table, seed=0).digest != split_table(table, seed=1).digest


def test_the_split_is_the_same_everywhere():
    table = NameTable.from_pairs([(f"name {letter}", "A") for letter in "abcdefghij"])
    assert dict(zip(table.names, side_of_rows(table), strict=True)) == {
        **dict.fromkeys(table.names, "train"),
        "name f": "valid",
        "name b": "test",
    }


@pytest.mark.parametrize(
    ("names", "sides"), [(1, "train"), (2, "train"), (3, "train valid test"), (4, "train valid test")]
)
def test_rare_labels_are_trained_on_first_and_tested_from_three_names_on(names, sides):
    table = NameTable.from_pairs([("abcdef"[i], "rare") for i in range(names)])
    assert set(side_of_rows(table)) == set(sides.split())


def test_something_is_always_left_to_train_on():
    table = NameTable.from_pairs([("abcdef"[i], "rare") for i in range(4)])
    counts = Counter(side_of_rows(table, valid_fraction=0.5, test_fraction=0.5))
    assert counts == {"train": 1, "valid": 1, "test": 2}


def test_a_name_under_several_labels_counts_for_the_rarest():
    common = [(f"c{chr(97 + i // 26)}{chr(97 + i % 26)}", "common") for i in range(300)]
    rare = [(name, "rare") for name, _ in common[:3]]
    splits = split_table(NameTable.from_pairs(common + rare))
    assert [side.label_counts["rare"] for _, side in splits.sides] == [1, 1, 1]


def test_too_few_names_for_three_sides_are_an_error():
    with pytest.raises(DataError, match="a label with three different names"):
        split_table(NameTable.from_pairs([("a", "A"), ("A", "A"), ("b", "B")]))


def test_deduplicating_keeps_the_first_of_each_exact_pair():
    table = deduplicate(NameTable.from_pairs([("a", "A"), ("b", "B"), ("a", "A"), ("a", "B"), ("A", "A")]))
    assert table.frame["line"].to_list() == [1, 2, 4, 5]


def test_names_shared_by_a_users_own_files_are_reported():
    splits = Splits(
        NameTable.from_pairs([("Abel", "Czech"), ("Bo", "Danish")]),
        NameTable.from_pairs([("Cid", "Spanish"), ("BO", "Danish")]),
        NameTable.from_pairs([("bo", "Chinese"), ("abel", "Czech"), ("Dee", "English")]),
    )
    assert [(found.name, found.sides) for found in shared_names(splits)] == [
        ("abel", ("train", "test")),
        ("bo", ("train", "valid", "test")),
    ]


def test_keys_are_those_of_name_key():
    names = ["Müller", "Mu\u0308ller", "STRAẞE", "Abel", "İpek", "Ǆ", "ΣΑΣ"]
    assert name_keys(pl.Series(names)).to_list() == [name_key(name) for name in names]
    assert name_keys(pl.Series(["Abel"])).to_list() == ["abel"]


def test_the_classic_file_is_split_80_10_10(classic_file):
    splits = split_table(deduplicate(load_dataset(classic_file)))
    rows = [len(side) for _, side in splits.sides]
    assert sum(rows) == 17_994
    assert [round(count / sum(rows), 2) for count in rows] == [0.8, 0.1, 0.1]
    assert len(splits.test.labels) == len(splits.validation.labels) == 18


def test_fewer_rows_are_part_of_more_rows_with_whole_names_and_every_label():
    table = NameTable.from_pairs(made_up())
    sizes = (len(table.labels), 50, 200, 1000)
    parts = [fewer_rows(table, rows, seed=2) for rows in sizes]
    for rows, part in zip(sizes, parts, strict=True):
        assert rows - 20 < len(part) <= rows
        chosen = keys(part)
        assert {name for name in map(name_key, table.names) if name in chosen} == chosen
        assert sum(name_key(name) in chosen for name in table.names) == len(part)
    lines = [set(part.frame["line"]) for part in parts]
    assert all(fewer < more for fewer, more in itertools.pairwise(lines))
    assert {part.labels for part in parts[1:]} == {table.labels}
    assert fewer_rows(table, len(table)) is table


def test_fewer_rows_keep_the_shares_of_the_labels():
    table = NameTable.from_pairs([(f"{a}{b}", "AB"[b % 4 == 0]) for a in "abcdefghij" for b in range(100)])
    assert Counter(fewer_rows(table, 100).label_of_rows) == {"A": 75, "B": 25}


def test_too_few_rows_to_tell_labels_apart_are_an_error():
    with pytest.raises(DataError, match="fewer than two labels"):
        fewer_rows(NameTable.from_pairs(made_up()), 1)


SPELLED = [
    ("O'Brien", "Irish"),
    ("O’Brien", "Irish"),
    ("Garcia‑Lopez", "Spanish"),
    ("garcia-lopez\u202c", "Spanish"),
]


@pytest.mark.parametrize("seed", range(8))
def test_spellings_of_a_name_that_are_read_as_one_stand_on_one_side(seed):
    table = NameTable.from_pairs(made_up() + SPELLED)
    sides = dict(zip(table.names, side_of_rows(table, seed=seed), strict=True))
    assert sides["O'Brien"] == sides["O’Brien"]
    assert sides["Garcia‑Lopez"] == sides["garcia-lopez\u202c"]


def test_a_split_that_was_made_under_the_first_rules_comes_out_the_same_today():
    pairs = [(name + sign, label) for name, label in made_up(rows=300) for sign in ("’", "'", "\u200b")]
    splits = split_table(deduplicate(NameTable.from_pairs(pairs), rules=1), rules=1)
    assert splits.digest == "e78bb889d8d94ac3bc49b6932dfef010dfe8d16143b3330d108c67f315d5b6a5"
    assert split_table(deduplicate(NameTable.from_pairs(pairs))).digest != splits.digest


def test_rows_that_are_read_the_same_count_once():
    table = deduplicate(NameTable.from_pairs(SPELLED))
    assert table.names == ["O'Brien", "Garcia‑Lopez", "garcia-lopez\u202c"]
    assert len(deduplicate(NameTable.from_pairs(SPELLED), rules=1)) == 4
