from pathlib import Path

import pytest

from namecls.data.doubts import Doubt, find_doubts, look_alikes
from namecls.data.inspection import inspect_table
from namecls.data.table import NameTable, load_dataset
from namecls.errors import DataError
from tests.cli.conftest import Cli, cli  # noqa: F401
from tests.library import small_table


def letters(number: int) -> str:
    return "".join(chr(97 + number // 26**place % 26) for place in range(4))


def table_of(*labels: str) -> NameTable:
    """A name of its own for each of these labels."""
    return NameTable.from_pairs((letters(n), label) for n, label in enumerate(labels))


def kinds(table: NameTable) -> list[str]:
    return [doubt.kind for doubt in find_doubts(table)]


def test_a_good_table_raises_no_doubt() -> None:
    assert find_doubts(small_table()) == ()
    assert find_doubts(load_dataset()) == ()


@pytest.mark.parametrize(
    ("few", "many"),
    [
        ("german", "German"), ("Germna", "German"), ("Germn", "German"), ("Germann", "German"), ("Gerkan", "German"),
        ("Türkish", "Turkish"), ("South Korean", "South-Korean"),
    ],
)  # fmt: skip
def test_slips_are_found(few: str, many: str) -> None:
    assert list(look_alikes({few: 3, many: 30, "Polish": 40, "Irish": 4, "Danish": 1})) == [(few, many)]


@pytest.mark.parametrize(
    "counts",
    [
        {"Gambia": 30, "Zambia": 40},  # one letter apart, but neither is rare
        {"Iran": 1, "Iraq": 100},
        {"Slovak": 10, "Slovenian": 100},
        {"label 0001": 1, "label 0002": 100},
        {"A+": 1, "A-": 100},
    ],
)
def test_labels_that_only_resemble_each_other_are_let_be(counts: dict[str, int]) -> None:
    assert list(look_alikes(counts)) == []


def test_of_ten_thousand_labels_no_pair_is_looked_at_by_itself() -> None:
    counts = {f"{letters(n)}{letters(n * 7919)}": 10_000 - n for n in range(10_000)} | {
        "Germna": 1,
        "German": 500,
    }
    assert ("Germna", "German") in list(look_alikes(counts))


def test_the_doubts_of_labels_name_them_with_their_rows() -> None:
    found = find_doubts(table_of(*["German"] * 30, *["Polish"] * 30, "Germna", "german", "german", "german"))
    assert found == (
        Doubt(
            "look-alikes",
            "labels that look alike: german (3 rows) and German (30 rows), Germna (1 row) and German (30 rows)",
            ("german", "Germna"),
            ("looks like German (30 rows)", "looks like German (30 rows)"),
        ),
        Doubt(
            "too few",
            "1 label has fewer than 3 different names, too few to be tested: Germna (1)",
            ("Germna",),
            ("too few to be tested: 1 different",),
        ),
    )


def test_rows_that_say_the_same_are_told_beside_the_rows() -> None:
    again = [(letters(n % 20), "German") for n in range(200)]
    table = NameTable.from_pairs([*again, *((letters(n), "Polish") for n in range(100, 200))])
    summary = inspect_table(table)
    assert summary.different == {"German": 20, "Polish": 100}
    (doubt,) = find_doubts(table)
    assert doubt.kind == "repeated"
    assert "which leaves German 20 of 200 rows" in doubt.text
    assert find_doubts(table, summary.different) == (doubt,)


def test_another_column_than_that_of_the_labels_is_told() -> None:
    assert kinds(NameTable.from_pairs([("Polish", letters(n)) for n in range(12)])) == ["swapped"]
    assert kinds(table_of(*(letters(n) + "x" for n in range(40)))) == ["own labels"]
    assert kinds(table_of(*(str(n % 2) for n in range(40)))) == ["numbers"]
    assert kinds(table_of(*(f"-{n % 2},5" for n in range(40)))) == ["numbers"]
    assert kinds(table_of(*(f"{n % 2}th" for n in range(40)))) == []


def test_inspect_and_train_tell_the_same(cli: Cli, tmp_path: Path) -> None:  # noqa: F811
    path = tmp_path / "n.tsv"
    rows = [(letters(n), "German" if n % 2 else "Polish") for n in range(60)] + [("Xaver", "Germna")]
    path.write_text("".join(f"{name}\t{label}\n" for name, label in rows), encoding="utf-8")
    told = [doubt.text for doubt in find_doubts(load_dataset(path))]
    assert len(told) == 2
    inspected = cli("data", "inspect", path).out
    network = ("--hidden", 4, "--embedding", 4, "--epochs", 1, "--threads", 1)
    trained = cli("train", "--data", path, *network, "--save-dir", tmp_path).err
    for text in told:
        assert text in inspected
        assert text in trained
        assert text not in cli("data", "sample", path).err


def test_labels_are_read_as_names_are_but_for_their_case() -> None:
    table = table_of(
        "Curaçao", "Curac\u0327ao", "South\u00a0 Korea", "South Korea", "Po\u200blish", "Polish ", "polish"
    )
    assert table.label_counts == {"Curaçao": 2, "Polish": 2, "South Korea": 2, "polish": 1}


def test_pairs_are_judged_as_the_rows_of_a_file_are(tmp_path: Path) -> None:
    pairs = [("Abel", "x "), ("", "x"), ("12", "y"), ("Bo", "\u200b"), (" Bo\u00a0", "y"), ("C" * 300, "y")]
    path = tmp_path / "n.tsv"
    path.write_text("\n".join(map("\t".join, pairs)), encoding="utf-8")
    table, of_file = NameTable.from_pairs(pairs), load_dataset(path)
    assert table.frame.rows() == of_file.frame.rows() == [(1, "Abel", "x"), (5, "Bo", "y")]
    assert table.bad_lines == of_file.bad_lines
    assert [bad.line for bad in table.bad_lines] == [2, 3, 4, 6]


@pytest.mark.parametrize("pairs", [[("a", 1)], [("a", None)], [("a",)], [("a", "b", "c")]])
def test_what_is_no_pair_of_texts_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(DataError, match="expected pairs"):
        NameTable.from_pairs(pairs)


def test_a_doubt_names_only_the_labels_that_there_are_still() -> None:
    (doubt,) = find_doubts(table_of(*["German"] * 30, "Sorbian", "Frisian", "Frisian"))
    assert doubt.without(()) == doubt
    left = doubt.without({"Sorbian"})
    assert left == Doubt(
        "too few",
        "1 label has fewer than 3 different names, too few to be tested: Frisian (2)",
        ("Frisian",),
        ("too few to be tested: 2 different",),
    )
    assert left.without({"Frisian"}) is None
    (alike, _few) = find_doubts(table_of(*["German"] * 30, "Germna", *["german"] * 3))
    rest = alike.without({"german"})
    assert rest is not None
    assert rest.text == "labels that look alike: Germna (1 row) and German (30 rows)"
    (swapped,) = find_doubts(NameTable.from_pairs([("Polish", letters(n)) for n in range(12)]))
    assert swapped.without({"Polish"}) == swapped
