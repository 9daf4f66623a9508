"""From suspicious labels to mended rows and a model of them, by the keyboard alone; killed in between."""

from __future__ import annotations

import hashlib
import signal
from pathlib import Path

import pytest

from namecls.edits.patch import read_patch
from namecls.runs.listing import list_runs
from namecls.runs.run import Run
from tests.library import small_table
from tests.terminal.harness import terminal

pytestmark = pytest.mark.slow

WRONG = (3, 20, 52, 77, 101, 130)
MOST_OF_THEM = 4


def test_wrong_labels_are_found_mended_and_trained_without(tmp_path: Path) -> None:
    table = small_table()
    labels = list(table.label_of_rows)
    flipped = [labels[(at + 48) % len(labels)] if at in WRONG else label for at, label in enumerate(labels)]
    data = tmp_path / "mine.tsv"
    data.write_text("".join(f"{name}\t{label}\n" for name, label in zip(table.names, flipped, strict=True)))
    before = hashlib.sha256(data.read_bytes()).digest()
    edits = tmp_path / "mine.edits.jsonl"
    options = ("--data", str(data), "--save-dir", str(tmp_path / "runs"), "--screen", "dataset")

    with terminal(*options, columns=120, rows=40) as opened:
        opened.wait("144 rows", "F1 help")
        opened.press("\x07", "w")
        opened.wait("Searching: network")
        opened.wait("probably labelled wrongly", "a accept")
        opened.press("*")
        opened.wait("›*")
        opened.press("a")
        opened.wait(lambda text: text.count("now ") + text.count("dropped") >= MOST_OF_THEM)
        opened.send(signal.SIGKILL)
    mended = {edit.line - 1: edit.to for edit in read_patch(edits).edits}  # "": dropped
    found = set(WRONG) & set(mended)
    assert len(found) >= MOST_OF_THEM
    assert all(mended[at] in (labels[at], "") for at in found)

    with terminal(*options, columns=120, rows=40) as opened:
        opened.wait(f"{len(mended)} edits", "F1 help")
        opened.press("f2")
        opened.wait(" by mine.edits.jsonl", "on this machine")
        opened.press("right", "down", "left", "left", "f5")  # the preset fast
        opened.wait("saved as", "enter use it")
        opened.press("ctrl+q")
        assert opened.end() == 0
    (info,) = list_runs(tmp_path / "runs")
    record = Run.open(info.directory).record()
    assert record.edits is not None
    assert (record.edits.file, record.edits.edits) == ("mine.edits.jsonl", len(mended))
    assert record.edits.sha256 == hashlib.sha256(edits.read_bytes()).hexdigest()
    assert hashlib.sha256(data.read_bytes()).digest() == before
