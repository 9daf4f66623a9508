import polars as pl
import pytest

from namecls.data.browse import KINDS, Catalog, Doubtful, Query, Row
from namecls.data.inspection import Ambiguous, Duplicate, LabelCount
from namecls.data.split import split_table
from namecls.data.table import BadLine, NameTable, load_dataset
from namecls.normalization import fold

PAIRS = [
    ("Müller", "German"),
    ("Abel", "Czech"),
    ("muller", "English"),
    ("Øberg", "Danish"),
    ("Abel", "German"),
    ("Łódź", "Polish"),
    ("Abel", "German"),
    ("王", "Chinese"),
]


@pytest.fixture
def catalog() -> Catalog:
    return Catalog(NameTable.from_pairs(PAIRS))


def names(catalog: Catalog, **query) -> list[str]:
    selection = catalog.select(Query(**query))
    return [row.name for row in selection.rows(0, len(selection))]


@pytest.mark.parametrize("search", ["mull", "MÜLL", "müll", "u\u0308ll"])
def test_search_looks_past_case_and_accents(catalog, search):
    assert names(catalog, search=search) == ["Müller", "muller"]


def test_search_is_literal(catalog):
    assert names(catalog, search=".") == []
    assert names(catalog, search="[") == []


@pytest.mark.parametrize(("search", "found"), [("oberg", "Øberg"), ("lodz", "Łódź"), ("王", "王")])
def test_search_finds_letters_that_have_no_decomposition(catalog, search, found):
    assert names(catalog, search=search) == [found]


def test_rows_are_sorted_by_what_is_asked_for(catalog):
    assert names(catalog, sort="file") == [name for name, _ in PAIRS]
    assert names(catalog, sort="file", descending=True) == [name for name, _ in reversed(PAIRS)]
    assert names(catalog, sort="name") == ["Abel", "Abel", "Abel", "Łódź", "Müller", "muller", "Øberg", "王"]
    assert names(catalog, sort="label") == ["王", "Abel", "Øberg", "muller", "Abel", "Abel", "Müller", "Łódź"]
    assert names(catalog, sort="length") == [
        "王",
        "Abel",
        "Abel",
        "Abel",
        "Łódź",
        "Øberg",
        "Müller",
        "muller",
    ]
    assert names(catalog, sort="length", descending=True)[:2] == ["muller", "Müller"]


def test_search_label_and_order_work_together(catalog):
    assert names(catalog, search="e", label="German", descending=True) == ["Müller", "Abel", "Abel"]
    assert names(catalog, label="German", sort="file") == ["Müller", "Abel", "Abel"]
    assert names(catalog, label="no such label") == []


def test_a_page_is_cut_at_both_ends(catalog):
    selection = catalog.select(Query(sort="file"))
    assert len(selection) == 8
    assert [row.line for row in selection.rows(6, 99)] == [7, 8]
    assert [row.line for row in selection.rows(-3, 1)] == [1]
    assert selection.rows(8, 10) == []


def test_a_row_tells_the_other_labels_of_its_name(catalog):
    assert catalog.select(Query(search="abel", sort="file")).rows(0, 2) == [
        Row(line=2, name="Abel", label="Czech", split="", also=("German",)),
        Row(line=5, name="Abel", label="German", split="", also=("Czech",)),
    ]


def test_rows_stand_where_the_training_puts_them():
    table = NameTable.from_pairs([(a + b, label) for a in "abcdef" for b in "ghijkl" for label in "AB"])
    catalog = Catalog(table)
    assert {row.split for row in catalog.select(Query()).rows(0, len(table))} == {""}
    catalog.find_sides(seed=3)
    rows = catalog.select(Query(sort="file")).rows(0, len(table))
    splits = split_table(table, seed=3)
    for side, part in splits.sides:
        assert [row.line for row in rows if row.split == side] == part.frame["line"].to_list()


def test_labels_are_counted_for_the_search_whatever_the_label(catalog):
    counts = {found.label: found.rows for found in catalog.select(Query(search="e", label="Czech")).labels}
    assert counts == {"German": 3, "Czech": 1, "English": 1, "Danish": 1, "Polish": 0, "Chinese": 0}
    assert next(iter(counts)) == "German"


def test_details_tell_all_rows_labels_and_spellings(catalog):
    found = catalog.details("Abel")
    assert [row.line for row in found.rows] == [2, 5, 7]
    assert found.labels == (LabelCount("German", 2), LabelCount("Czech", 1))
    assert found.spellings == ()
    assert catalog.details("Müller").spellings == ("muller",)


def test_problems_are_counted_and_come_in_pages(tmp_path):
    (tmp_path / "n.tsv").write_text("a\tA\nbad\na\tA\nb\tA\nb\tB\n")
    catalog = Catalog(load_dataset(tmp_path / "n.tsv"))
    assert catalog.problems("bad lines", 0, 10) == [BadLine(2, "expected 2 columns, found 1", "bad")]
    assert catalog.problems("duplicates", 0, 10) == [Duplicate("a", "A", rows=2, line=1)]
    assert catalog.problems("several labels", 0, 10) == [
        Ambiguous("b", (LabelCount("A", 1), LabelCount("B", 1)))
    ]
    assert [catalog.problem_count(kind) for kind in ("bad lines", "duplicates", "several labels")] == [
        1,
        1,
        1,
    ]
    assert catalog.problems("several labels", 1, 10) == []
    assert catalog.repeated_rows == 1


def test_folding_leaves_ascii_to_lower_case_and_others_bare():
    assert fold(pl.Series(["O'Neil", "Straße", "Æsir", "Yılmaz", "Oʻahu"])).to_list() == [
        "o'neil",
        "strasse",
        "aesir",
        "yilmaz",
        "o'ahu",
    ]


def test_a_search_reads_apostrophes_dashes_and_widths_as_a_model_does():
    catalog = Catalog(
        NameTable.from_pairs([("O’Brien", "A"), ("O'Brien", "B"), ("Garcia‑Lopez", "A"), ("Ｌｅｅ", "A")])
    )

    def found(text: str) -> list[str]:
        return [row.name for row in catalog.select(Query(search=text, sort="file")).rows(0, 9)]

    assert found("o`b") == found("o'b") == ["O’Brien", "O'Brien"]
    assert found("garcia-") == found("Garcia—") == ["Garcia‑Lopez"]
    assert found("lee") == found("ＬＥＥ") == ["Ｌｅｅ"]
    assert catalog.select(Query(search="brien", sort="file")).rows(0, 1)[0].also == ("B",)


def test_a_blank_at_the_end_of_a_search_is_asked_for():
    catalog = Catalog(NameTable.from_pairs([("De Vries", "A"), ("Deng", "B")]))
    assert [row.name for row in catalog.select(Query(search="de ")).rows(0, 9)] == ["De Vries"]


def test_labels_in_doubt_are_problems_one_each() -> None:
    pairs = [*((f"Name{chr(97 + at)}", "German") for at in range(20)), ("Abel", "german"), ("Abel", "Czech")]
    catalog = Catalog(NameTable.from_pairs(pairs))
    assert catalog.problem_count("doubts") == 3
    assert catalog.problems("doubts", 0, 1) == [Doubtful("german", 1, "looks like German (20 rows)")]
    assert {found.label for found in catalog.problems("doubts", 1, 9)} == {"german", "Czech"}
    swapped = Catalog(NameTable.from_pairs([(label, name) for name, label in pairs]))
    (found,) = swapped.problems("doubts", 0, 9)
    assert (found.label, found.rows) == ("", len(pairs))
    assert "swapped" in found.reason


def test_rows_are_sorted_by_their_weights_and_then_by_name(tmp_path):
    path = tmp_path / "names.csv"
    path.write_text("name,label,bearers\nKim,Korean,5210\nKim,Chinese,3\nAbel,Czech,3\nBerg,Danish,0.5\n")
    catalog = Catalog(load_dataset(path, weight_column="bearers"))
    selection = catalog.select(Query(sort="weight"))
    assert [(row.name, row.label, row.weight) for row in selection.rows(0, 9)] == [
        ("Berg", "Danish", 0.5),
        ("Abel", "Czech", 3),
        ("Kim", "Chinese", 3),
        ("Kim", "Korean", 5210),
    ]
    assert [
        row.name for row in catalog.select(Query(search="k", sort="weight", descending=True)).rows(0, 9)
    ] == [
        "Kim",
        "Kim",
    ]


def test_a_table_without_weights_has_none_to_sort_by(catalog):
    assert names(catalog, sort="weight") == names(catalog, sort="name")
    assert {row.weight for row in catalog.select(Query()).rows(0, 9)} == {None}


def test_the_embedded_dataset_knows_the_bearers_of_its_names():
    table = load_dataset()
    assert table.weights is not None
    assert table.weights.min() == 1
    found = Catalog(table).select(Query(sort="weight", descending=True)).rows(0, 300)
    assert ("Kim", "Korean") in [(row.name, row.label) for row in found]
    assert table.layout.is_plain


def test_a_search_has_alternatives():
    catalog = Catalog(
        NameTable.from_pairs(
            [("Kowalski", "Polish"), ("Kowlaski", "Czech"), ("Kowal", "Polish"), ("Li", "Chinese")]
        )
    )
    found = catalog.select(Query("kowalskí | KOWLASKI"))
    assert [row.name for row in found.rows(0, 9)] == ["Kowalski", "Kowlaski"]
    assert [(each.label, each.rows) for each in found.labels if each.rows] == [("Polish", 1), ("Czech", 1)]
    assert len(catalog.select(Query(" | "))) == 0
    assert len(catalog.select(Query("li | "))) == 1


def test_near_duplicates_and_rows_unlike_all_others_are_problems():
    catalog = Catalog(
        NameTable.from_pairs(
            [
                ("Kowalski", "Polish"),
                ("Kowlaski", "Czech"),
                ("Novák", "Czech"),
                ("Novak", "Czech"),
                ("a@b.org", "Czech"),
            ]
        )
    )
    counts = {kind: catalog.problem_count(kind) for kind in KINDS[4:]}
    assert counts == {"near, labels differ": 1, "near, one label": 1, "unlike": 1}
    (differ,), (same,), (unlike,) = (catalog.problems(kind, 0, 9) for kind in KINDS[4:])
    assert [name.name for name in differ.names] == ["Kowalski", "Kowlaski"]
    assert {name.name for name in same.names} == {"Novák", "Novak"}
    assert unlike.name == "a@b.org"
