"""The file of the RNN tutorials with 300 labels flipped: mended by keys alone, and a model of it as good as before.

Some minutes: only with NAMECLS_LONG=1, as `make stress` sets it, and where the file is.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from bench.suspects import flipped
from namecls.data.table import NameTable, load_dataset
from namecls.edits.patch import read_patch
from namecls.runs.listing import list_runs
from tests.terminal.harness import Terminal, terminal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("NAMECLS_LONG" not in os.environ, reason="takes minutes: NAMECLS_LONG=1"),
]

FLIPPED, FEWEST, WITHIN = 300, 200, 0.005
PATIENCE = 1200.0  # seconds


def test_most_of_the_flipped_labels_are_put_right_by_keys(classic_file: Path, tmp_path: Path) -> None:
    clean = load_dataset(classic_file)
    table, are = flipped(clean, FLIPPED, None)
    files = {name: tmp_path / f"{name}.tsv" for name in ("clean", "flipped")}
    write(clean, files["clean"])
    write(table, files["flipped"])
    right = {at: label for at, label in enumerate(clean.label_of_rows, 1) if are[at - 1]}
    before = hashlib.sha256(files["flipped"].read_bytes()).digest()
    save_dir = tmp_path / "runs"

    with terminal("--data", str(files["clean"]), "--save-dir", str(save_dir), columns=120, rows=40) as opened:
        opened.wait("Type a family name", "F1 help")
        train(opened)
    with terminal(
        "--data", str(files["flipped"]), "--save-dir", str(save_dir), columns=120, rows=40
    ) as opened:
        opened.wait("Type a family name", "F1 help")
        opened.press("\x07")  # from the matrix
        opened.wait("F1 help", "w wrong labels")
        opened.press("w")
        opened.wait("probably labelled wrongly", "a accept", seconds=PATIENCE)
        for done in range(FLIPPED):
            opened.press("a")
            if done % 10 == 9:  # the cursor is on the next one
                opened.wait(f"{done + 2} of ")
        train(opened)

    edits = read_patch(tmp_path / "flipped.edits.jsonl").edits
    put_right = sum(right.get(edit.line) == edit.to for edit in edits)
    tested = {info.data: info.accuracy for info in list_runs(save_dir)}
    print(f"put right: {put_right} of {len(right)}; accuracy: {tested}")
    assert len(edits) >= FLIPPED  # exact duplicates of a row go with it
    assert put_right >= FEWEST
    assert hashlib.sha256(files["flipped"].read_bytes()).digest() == before
    assert tested["flipped.tsv"] >= tested["clean.tsv"] - WITHIN


def train(opened: Terminal) -> None:
    """Train with the preset fast, and leave."""
    opened.press("f2")
    opened.wait("on this machine", "F5 start")
    opened.press("right", "down", "left", "left", "f5")
    opened.wait("saved as", "enter use it", seconds=PATIENCE)
    opened.press("ctrl+q")
    assert opened.end() == 0


def write(table: NameTable, path: Path) -> None:
    """The rows of a table as lines, in their order."""
    rows = zip(table.names, table.label_of_rows, strict=True)
    path.write_text("".join(f"{name}\t{label}\n" for name, label in rows), encoding="utf-8")
