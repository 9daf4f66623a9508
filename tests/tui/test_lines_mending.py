"""Whose rows are mended without a screen, and where that is kept."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from namecls.data.table import load_dataset
from namecls.edits.edit import Edit
from namecls.edits.patch import read_patch
from tests.library import small_file
from tests.tui.lines import answers, starting
from tests.tui.test_lines import trained
from tui.engine.editing import EditBook, place_of
from tui.lines import rows
from tui.lines.house import House
from tui.lines.speaking import Speaker


def kept(data: Path) -> list[tuple[str, str]]:
    """The edits in effect beside a file: what, of which name."""
    file = place_of(data, data.parent)
    return [(edit.op, edit.name) for edit in read_patch(file).edits] if file.exists() else []


def other_file(directory: Path) -> Path:
    path = directory / "other.tsv"
    path.write_text("".join(f"Kimber{end}\tEnglish\nKimbo{end}\tKorean\n" for end in "abcdefgh"), "utf-8")
    return path


def test_a_number_never_means_a_row_of_names_that_are_not_open_any_more(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    data, other = small_file(own), other_file(tmp_path)
    model = trained(own, load_dataset(data))
    lines = ("dataset", "search kimber", "mistakes", "back")
    for last in ("drop 1", "drop all", "next", "details 1"):
        said = answers(model, *lines, last, data=other)
        assert "These are rows of small.tsv, which is open now." in said
        assert "Kimber" not in "".join(said[said.index("These are rows of small.tsv, which is open now.") :])
    said = answers(model, *lines, "drop 1", "drop 1", data=other)
    assert "Other names are open by now; these are their rows." in said
    assert kept(data) == [("drop", min(load_dataset(data).names))]
    assert kept(other) == []


def test_a_search_after_other_names_were_opened_is_of_these(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    data, other = small_file(own), other_file(tmp_path)
    model = trained(own, load_dataset(data))
    name = load_dataset(data).names[7]
    said = answers(model, "dataset", "label Korean", "mistakes", "back", f"search {name}", data=other)
    assert said[-1].startswith(f"1. {name}, ")


def test_after_an_empty_list_there_is_nothing_to_mend(trained_run: Path, tmp_path: Path) -> None:
    data = small_file(tmp_path)
    said = answers(trained_run, "dataset", "search", "search zzzzzz", "drop 1", "drop all", data=data)
    assert said[-3:] == [
        "There are no rows there.",
        "Name a row of the list by its number; search lists some.",
        "There are no rows there.",
    ]
    assert kept(data) == []


def test_the_file_of_edits_that_was_given_stays_that_of_its_names(trained_run: Path, tmp_path: Path) -> None:
    data, other, edits = small_file(tmp_path), other_file(tmp_path), tmp_path / "mine.jsonl"
    house = House(Speaker(io.StringIO(), io.StringIO(), prompts=False), tmp_path, data, trained_run, edits)
    name = house.table().names[0]
    house.book().make([Edit.drop(name, house.table().labels[0], 1)])
    house.open(other)
    assert house.book().file == place_of(other, tmp_path)
    for columns in (None, house.columns):
        house.open(data, columns)
        assert house.book().file == edits
        assert house.book().state.count == 1
    house.end()


def test_edits_that_were_cut_off_are_told(trained_run: Path, tmp_path: Path) -> None:
    data = small_file(tmp_path)
    answers(trained_run, "dataset", "search", "drop 1", data=data)
    with place_of(data, tmp_path).open("ab") as file:
        file.write(b'{"op": "dr')
    said = answers(trained_run, "dataset", data=data)
    assert len(starting(said, "small.edits.jsonl: ")) == 2


def test_an_edit_that_changes_nothing_is_not_made_again(trained_run: Path, tmp_path: Path) -> None:
    data = small_file(tmp_path)
    lines = ("search", "drop 1", "drop 1", "drop 1-2", "drop all", "drop all", "undo", "undo", "undo", "undo")
    said = answers(trained_run, "dataset", *lines, data=data)
    assert said.count("That is so already.") == 2
    assert len(starting(said, "Undone: ")) == 3
    assert said[-1] == "There is nothing to undo."
    table = load_dataset(data)
    name, label = min(zip(table.names, table.label_of_rows, strict=True))
    lines = ("search", f"rename 1 {label}", "relabel 1 X", "relabel 1 X")
    said = answers(trained_run, "dataset", *lines, data=data)
    assert said.count("That is so already.") == 2
    assert kept(data) == [("relabel", name)]


def test_what_changes_nothing_is_no_step(tmp_path: Path) -> None:
    book = EditBook(None, tmp_path / "a.edits.jsonl")
    drop, other = Edit.drop("Kim", "Korean", 1), Edit.drop("Kang", "Korean", 2)
    assert book.make([drop])
    assert not book.make([drop])
    assert not book.make([Edit.rename_label("Korean", "Korean")])
    assert book.make([drop, other])
    assert book.state.undo == "1 dropped"
    assert book.make([Edit.keep("Kim", "Korean", 1)])
    assert book.make([drop])
    assert book.state.count == 4
    book.close()


def test_what_is_left_out_of_all_is_said_and_what_can_not_be_read(
    trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = small_file(tmp_path)
    monkeypatch.setattr(rows, "MOST_MARKED", 12)
    total = len(load_dataset(data))
    said = answers(trained_run, "dataset", "search", "keep 5-3", "keep all", data=data)
    assert said[-3:] == [
        "5-3 can't be read; the smaller number comes first.",
        f"These are the first 12 of {total} rows; {total - 12} are left out.",
        "12 rows were mended.",
    ]
    assert len(kept(data)) == 12


def test_search_is_named_only_where_there_is_one(tmp_path: Path) -> None:
    data = small_file(tmp_path)
    said = answers(trained(tmp_path, load_dataset(data)), "mistakes", "keep 99", data=data)
    assert said[-1] == "Name a row of the list by its number."
