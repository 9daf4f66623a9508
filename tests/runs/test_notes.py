"""A note and tags: what may be in them, and that they change nothing else of a run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from namecls.errors import ConfigError, RunError
from namecls.runs.listing import list_runs
from namecls.runs.notes import (
    LONGEST_NOTE,
    LONGEST_TAG,
    MOST_TAGS,
    NOTES,
    Notes,
    notes_in,
    notes_of,
    read_notes,
    write_notes,
)
from namecls.runs.record import CONFIG
from namecls.runs.run import Run


def test_notes_are_written_listed_and_taken_back(trained_run: Path, tmp_path: Path) -> None:
    run = Run(Path(shutil.copytree(trained_run, tmp_path / "mine")))
    before = (run.directory / CONFIG).read_bytes()
    write_notes(run, notes_in(" [b]the best\x1b[31m ", ["#good", "good", " later "]))
    assert read_notes(run.directory) == Notes("[b]the best\x1b[31m", ("good", "later"))
    (info,) = list_runs(tmp_path)
    assert (info.note, info.tags, info.status) == ("[b]the best\x1b[31m", ("good", "later"), "finished")
    assert (run.directory / CONFIG).read_bytes() == before
    write_notes(run, Notes())
    assert not (run.directory / NOTES).exists()
    assert list_runs(tmp_path)[0].note == ""


@pytest.mark.parametrize(
    ("typed", "notes"),
    [
        ("  the  best #good so far #later #good ", Notes("the best so far", ("good", "later"))),
        ("# 1 of 3", Notes("# 1 of 3")),
        ("", Notes()),
    ],
)
def test_a_note_is_typed_on_one_line_with_its_tags(typed: str, notes: Notes) -> None:
    assert notes_of(typed) == notes
    assert notes_of(notes.text) == notes


@pytest.mark.parametrize(
    ("note", "tags"),
    [
        ("a" * (LONGEST_NOTE + 1), ()),
        ("\udcf1", ()),
        ("", ("two words",)),
        ("", ("a,b",)),
        ("", ("a" * (LONGEST_TAG + 1),)),
        ("", tuple(f"t{i}" for i in range(MOST_TAGS + 1))),
    ],
)
def test_what_is_no_note_is_refused(note: str, tags: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected"):
        Notes(note, tags)
    (tmp_path / NOTES).write_text(json.dumps({"note": note, "tags": list(tags)}))
    with pytest.raises(RunError, match=NOTES):
        read_notes(tmp_path)


@pytest.mark.parametrize("content", ["", "[]", '{"note": 3}', '{"tags": 3}', '{"tags": [[]]}', "[" * 10_000])
def test_a_damaged_file_of_notes_does_not_hide_a_run(trained_run: Path, tmp_path: Path, content: str) -> None:
    copy = Path(shutil.copytree(trained_run, tmp_path / "mine"))
    (copy / NOTES).write_text(content)
    (info,) = list_runs(tmp_path)
    assert info.status == "finished"
    assert NOTES in info.note
