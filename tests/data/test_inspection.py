import json

from namecls.data.inspection import Ambiguous, Duplicate, LabelCount, inspect_table
from namecls.data.table import NameTable, load_dataset


def test_duplicates_are_exact_pairs_beyond_the_first():
    summary = inspect_table(
        NameTable.from_pairs([("Bo", "A"), ("Li", "B"), ("Li", "B"), ("Bo", "A"), ("Bo", "A"), ("bo", "A")])
    )
    assert summary.duplicate_rows == 3
    assert summary.duplicates == (Duplicate("Bo", "A", rows=3, line=1), Duplicate("Li", "B", rows=2, line=2))
    assert (summary.rows, summary.names) == (6, 3)


def test_names_under_several_labels_list_the_most_frequent_label_first():
    summary = inspect_table(
        NameTable.from_pairs(
            [("Lee", "B"), ("Lee", "A"), ("Lee", "A"), ("Bo", "A"), ("Li", "A"), ("Li", "B"), ("Li", "C")]
        )
    )
    assert summary.ambiguous == (
        Ambiguous("Li", (LabelCount("A", 1), LabelCount("B", 1), LabelCount("C", 1))),
        Ambiguous("Lee", (LabelCount("A", 2), LabelCount("B", 1))),
    )


def test_lengths_are_counted_in_characters():
    lengths = inspect_table(
        NameTable.from_pairs([("Bo", "A"), ("Müller", "B"), ("王", "B"), ("Li", "A")])
    ).lengths
    assert (lengths.shortest, lengths.longest, lengths.mean, lengths.median) == (1, 6, 2.75, 2.0)
    assert lengths.counts == ((1, 1), (2, 2), (6, 1))


def test_characters_are_counted_and_the_unusual_ones_named():
    summary = inspect_table(NameTable.from_pairs([("O'Bo Jr.", "A"), ("B2-B", "B"), ("e\u0301\u202eB", "B")]))
    counts = {found.character: found.count for found in summary.characters}
    assert counts["B"] == 4
    assert next(iter(counts)) == "B"
    assert {found.character for found in summary.unusual} == {"2", "\u202e"}
    assert {found.title for found in summary.unusual} == {"U+0032 DIGIT TWO", "U+202E RIGHT-TO-LEFT OVERRIDE"}


def test_a_control_character_has_a_title_too():
    summary = inspect_table(NameTable.from_pairs([("a\x1b[31m", "A"), ("b", "B")]))
    assert "U+001B without a name" in {found.title for found in summary.unusual}


def test_the_largest_and_the_smallest_label_are_told():
    summary = inspect_table(NameTable.from_pairs([("a", "A"), ("b", "B"), ("c", "B")]))
    assert summary.labels == (LabelCount("B", 2), LabelCount("A", 1))
    assert (summary.largest.label, summary.smallest.label) == ("B", "A")


def test_json_has_all_bad_lines_and_all_labels(tmp_path):
    (tmp_path / "n.tsv").write_text("a\tA\nb\tB\nb\tB\nb\tA\nbad\n")
    found = json.loads(json.dumps(inspect_table(load_dataset(tmp_path / "n.tsv")).to_json()))
    assert found["rows"] == 4
    assert found["labels"] == {"A": 2, "B": 2}
    assert found["bad_lines"] == [{"line": 5, "reason": "expected 2 columns, found 1", "text": "bad"}]
    assert found["exact_duplicates"] == 1
    assert found["names_under_several_labels"] == 1
    assert found["names_under_several_labels_first"] == [{"name": "b", "labels": {"B": 2, "A": 1}}]
    assert found["lengths"]["counts"] == {"1": 4}
    assert found["characters"] == {"b": 3, "a": 1}


def test_json_shortens_what_may_be_long():
    table = NameTable.from_pairs([(name, label) for name in "abcdef" for label in "ABB"])
    found = inspect_table(table).to_json(examples=2)
    assert found["exact_duplicates"] == 6
    assert len(found["exact_duplicates_first"]) == len(found["names_under_several_labels_first"]) == 2


def test_the_classic_file_in_numbers(classic_file):
    summary = inspect_table(load_dataset(classic_file))
    assert (summary.rows, len(summary.labels), len(summary.bad_lines)) == (20_074, 18, 2)
    assert summary.duplicate_rows == 2_080
    # 476 before any trimming: ten names have a trailing space, and four of them stand under other labels without.
    assert len(summary.ambiguous) == 480
    assert summary.ambiguous[0].name == "Michel"
    assert len(summary.ambiguous[0].labels) == 6
    assert summary.largest == LabelCount("Russian", 9_408)
    assert summary.smallest == LabelCount("Vietnamese", 73)
    assert summary.unusual == ()


def test_spellings_that_are_read_as_one_are_one_name():
    summary = inspect_table(
        NameTable.from_pairs([("O’Brien", "A"), ("O'Brien", "A"), ("O`Brien", "B"), ("Li", "B")])
    )
    assert summary.names == 2
    assert summary.duplicates == (Duplicate("O’Brien", "A", rows=2, line=1),)
    assert summary.ambiguous == (Ambiguous("O'Brien", (LabelCount("A", 2), LabelCount("B", 1))),)
