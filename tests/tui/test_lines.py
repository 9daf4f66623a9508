"""The app without a screen: lines in, sentences out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from namecls.data.table import NameTable, load_dataset
from namecls.edits.patch import read_patch
from namecls.language import ENGLISH, set_language
from namecls.runs.run import Run
from namecls.training.loop import train
from tests.library import SMALL, small_file
from tests.tui.lines import answers

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = re.findall(r"```console\n(.*?)```", (ROOT / "docs" / "plain.md").read_text("utf-8"), re.DOTALL)


def trained(directory: Path, table: NameTable) -> Path:
    """A small run that gets some of its rows wrong."""
    config = SMALL.changed({"epochs": 1})
    run = Run.create(directory / "save_model", config, "small")
    for _ in train(config, table, run):
        pass
    return run.directory


def test_it_knows_no_textual() -> None:
    program = "import sys, tui.__main__, tui.lines.start; sys.exit('textual' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=60, check=True)


def test_a_name_is_answered_and_explained_and_an_empty_line_repeats(trained_run: Path) -> None:
    said = answers(trained_run, "predict", "Kim", "", "1", "w", "letters", "\x1b[31mKim\u202e", "name why")
    answered = [line for line in said if line.startswith("Kim: ")]
    assert len(answered) == 2
    assert answered[0] == answered[1]
    assert len([line for line in said if line.startswith("Letter 1, K, speaks")]) == 2
    after = [line.partition(":")[0] for line in said if line.startswith("After ")]
    assert after == ["After K", "After Ki", "After Kim"]
    assert any(line.startswith("␛[31mKim<U+202E>: ") for line in said)
    assert any(line.startswith("why: ") for line in said)


def test_several_names_are_answered_in_their_order(trained_run: Path) -> None:
    said = answers(trained_run, "1", "several", "Kim", "Ivanov", "", "quit")
    assert [line.partition(":")[0] for line in said[-3:]] == ["Kim", "Ivanov", "2 names were answered."]


def test_rows_are_searched_and_mended_in_the_file_that_all_use(trained_run: Path, tmp_path: Path) -> None:
    data = small_file(tmp_path)
    lines = ("dataset", "label 1", "drop 1", "relabel 2 Other", "undo", "keep x", "label none")
    said = answers(trained_run, *lines, data=data)
    assert any(line.startswith("Rows 1 to ") for line in said)
    assert len([line for line in said if line.endswith("Dropped.")]) == 1
    assert len([line for line in said if line.endswith("Now Other.")]) == 1
    assert "There is no label none." in said
    patch = read_patch(tmp_path / f"{data.stem}.edits.jsonl")
    assert [edit.op for edit in patch.edits] == ["drop"]


def test_the_rows_of_a_model_s_mistakes_are_mended_in_its_own_file(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    file = small_file(own)
    model = trained(own, load_dataset(file))
    other = tmp_path / "other.tsv"
    other.write_text(file.read_text("utf-8"), "utf-8")
    said = answers(model, "dataset", "mistakes", "keep 1", data=other)
    assert "These are rows of small.tsv, which is open now." in said
    assert [edit.op for edit in read_patch(own / "small.edits.jsonl").edits] == ["keep"]
    assert not (tmp_path / "other.edits.jsonl").exists()
    assert not [line for line in answers(model, "dataset", "mistakes", data=file) if "open now" in line]


def test_settings_are_changed_by_number_or_name_and_refused_with_a_reason(trained_run: Path) -> None:
    said = answers(trained_run, "train", "preset 2", "change 7 2", "change epochs x", "change nothing 1")
    assert "epochs: 2." in said
    assert any(line.startswith("epochs must be ") for line in said)
    assert "There is no setting nothing." in said


def test_everything_that_can_be_done_is_listed_with_a_number(trained_run: Path) -> None:
    said = answers(trained_run, "predict", "?", "back", "nothing")
    assert any(line.startswith("1. why: ") for line in said)
    assert "There is no nothing here. Type ? for what there is." in said


def test_it_speaks_chinese(trained_run: Path) -> None:
    set_language("zh_CN")
    try:
        said = answers(trained_run, "train", "preset fast", "back", "quit")
    finally:
        set_language(ENGLISH)
    assert "预设是 fast。" in said


@pytest.mark.slow
def test_a_training_is_told_in_sentences_and_looked_at_afterwards(trained_run: Path, tmp_path: Path) -> None:
    data = small_file(tmp_path)
    said = answers(trained_run, "train", "preset fast", "change epochs 2", "go", "wait", data=data)
    assert "Finished after 2 epochs: completed." in said
    said = answers(trained_run, "runs", "show 2", data=data)
    assert len([line for line in said if line.startswith("After epoch ")]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_of_the_page_say_what_stands_there(example: str, tmp_path: Path) -> None:
    command, *shown = example.strip().splitlines()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command.removeprefix("$ ")],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "PYTHONUTF8": "1"},
        capture_output=True,
        timeout=120,
        check=True,
    )
    said = done.stdout.decode().splitlines()
    places = [said.index(line) for line in shown]
    assert places == sorted(places)
