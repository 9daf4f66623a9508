"""Rows, mistakes, problems and runs without a screen."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from namecls.data.table import NameTable, load_dataset
from namecls.edits.edit import Edit
from namecls.edits.patch import read_patch
from namecls.language import set_language
from namecls.repair.found import FoldBegan
from namecls.results import Mistake
from namecls.runs.curves import Curve
from namecls.runs.listing import list_runs
from namecls.search.compared import Difference
from namecls.search.paired import McNemar, PairedRun, PairedRuns
from tests.library import small_file, small_table
from tests.tui.lines import answers, starting
from tests.tui.test_lines import trained
from tui.drawing.edited import RowKey
from tui.engine.editing import Suspects
from tui.engine.library import Library
from tui.lines.dataset import Dataset
from tui.lines.house import House
from tui.lines.runs import Runs, trend
from tui.lines.speaking import Speaker

DIRTY = "Kim\tKorean\nKim\tKorean\nKim\tChinese\nkim\tKorean\n\tGerman\nqq77\tGerman\n"


def dirty(directory: Path) -> Path:
    path = small_file(directory)
    path.write_text(DIRTY + path.read_text("utf-8"), "utf-8")
    return path


def test_several_rows_are_mended_at_once_and_a_label_is_renamed(trained_run: Path, tmp_path: Path) -> None:
    data = dirty(tmp_path)
    lines = (
        "search kim",
        "drop 1-2,4",
        "undo",
        "relabel all Thai",
        "keep 9",
        "details 1",
        "rename 1 Siamese",
        "sort length",
        "reverse",
    )
    said = answers(trained_run, "dataset", *lines, data=data)
    assert len([line for line in said if line.endswith("Dropped.")]) == 3
    assert len(starting(said, "Name a row of the list by its number")) == 1
    assert "Thai is Siamese everywhere." in said
    assert starting(said, "Kim, 3 rows:", "lines 1, 2, 3.", "Also spelled kim.") == [
        "Kim, 3 rows:",
        "lines 1, 2, 3.",
        "Also spelled kim.",
    ]
    assert said[-4].startswith("1. kim, Korean, line 4.")
    ops = [edit.op for edit in read_patch(data.with_name("small.edits.jsonl")).edits]
    assert ops == ["relabel"] * 4 + ["rename-label"]


def test_the_rows_of_a_search_are_written_with_their_edits(
    trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = dirty(tmp_path)
    monkeypatch.chdir(tmp_path)
    said = answers(trained_run, "dataset", "search kim", "drop 1", "relabel 2 Thai", "save", data=data)
    assert starting(said, "Wrote 3 of 4 rows to namecls-rows-")
    (written,) = tmp_path.glob("namecls-rows-*.tsv")
    labels = sorted(line.split("\t")[1] for line in written.read_text().splitlines()[1:])
    assert labels == ["Chinese", "Korean", "Thai"]


def test_problems_are_listed_kind_by_kind_and_their_rows_mended(trained_run: Path, tmp_path: Path) -> None:
    data = dirty(tmp_path)
    lines = (
        "keep 1",
        "kind 1",
        "rows 1",
        "kind duplicates",
        "rows 1",
        "drop 2",
        "kind 3",
        "kind 5",
        "kind 7",
        "next",
        "rows 1",
        "accept 1",
    )
    said = answers(trained_run, "dataset", "problems", *lines, data=data)
    assert "rows lists the rows of a problem; these can be mended." in said
    assert "1. Line 5: no name: ␉German" in said
    assert "No row of the names stands behind it." in said
    assert "1. Kim, Korean, 2 times, first in line 1." in said
    assert "Kim, Korean, line 2. Dropped." in said
    assert "1. Kim: Korean 2, Chinese 1." in said
    assert "1. Kim (Korean 2, Chinese 1), kim (Korean 1): case." in said
    assert starting(said, "1. qq77, German, line 6: digits: 77.")
    assert "Nothing is suggested for it." in said


def test_mistakes_are_told_by_label_and_slice_and_mended_with_their_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = small_file(tmp_path)
    model = trained(tmp_path, load_dataset(data))
    monkeypatch.chdir(tmp_path)
    lines = (
        "pairs",
        "pairs all",
        "pairs 1",
        "labels recall",
        "labels x",
        "of Polish",
        "given Polish",
        "given x",
        "slices",
        "slices 1",
        "confidence 99",
        "list",
    )
    said = answers(model, "mistakes", *lines, "accept 1", "predict 1", "save", data=data)
    assert starting(
        said,
        "1. 6 to 7 characters",
        "1. script Latin",
        "1. 8 to 9",
        "1. 1 word",
        "1. first letter",
        "1. 10 to",
    )
    assert any(" taken for " in line for line in said)
    assert len([line for line in said if ": F1 " in line and ", recall " in line]) == 3
    assert "There is no label x." in said
    assert "2. precision: by label, least precision first." in said
    (edit,) = read_patch(data.with_name("small.edits.jsonl")).edits
    assert edit.op == "relabel"
    assert edit.why.score is not None
    (written,) = tmp_path.glob("namecls-mistakes-*.json")
    assert len(json.loads(written.read_text())["labels"]) == 3


def test_runs_are_noted_filtered_sorted_deleted_and_taken_back(tmp_path: Path) -> None:
    data = small_file(tmp_path)
    model = trained(tmp_path, load_dataset(data))
    save_dir, name = model.parent, model.name
    lines = (
        f"note {name} the first #good",
        "filter #good",
        "filter #bad",
        "filter",
        "sort network",
        "sort x",
        f"curves {name}",
        f"differs 1 {name}",
    )
    said = answers(
        model,
        "runs",
        *lines,
        f"files {name}",
        f"show {name}",
        f"finish {name}",
        f"use {name}",
        "resume 1",
        "note 1 x",
        save_dir=save_dir,
    )
    assert "Note: the first #good" in said
    assert "No run holds these words." in said
    assert f"{name} did not diverge; resume takes it up." in said
    assert starting(
        said,
        "validation loss: ",
        "model.safetensors, the weights of the best epoch: as written.",
        f"From now on {name} answers.",
    )
    assert any(line.endswith("comes with namecls, and stays as it is.") for line in said)
    said = answers(
        model, "runs", f"delete {name}", "no", f"delete {name}", "yes", "undo", "undo", save_dir=save_dir
    )
    assert starting(said, f"{name} is ") == [
        f"{name} is kept.",
        f"{name} is deleted; undo takes it back until the program ends.",
        f"{name} is back.",
    ]
    assert "No run was deleted." in said
    assert [info.name for info in list_runs(save_dir)] == [name]
    answers(None, "runs", f"delete {name}", "yes", save_dir=save_dir)
    assert list_runs(save_dir) == []


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((0.9,), "validation loss: 0.900 after epoch 1."),
        ((0.9, 0.5), "validation loss: from 0.900 to 0.500, best at the end, epoch 2."),
        (
            (0.9, 0.5, 0.7),
            "validation loss: from 0.900 to its best, 0.500, at epoch 2; 0.700 at the end, epoch 3.",
        ),
        (
            (0.9, float("nan")),
            "validation loss: from 0.900 to its best, 0.900, at epoch 1; nan at the end, epoch 2.",
        ),
    ],
)
def test_a_curve_is_a_sentence(values: tuple[float, ...], told: str) -> None:
    places = tuple(float(at + 1) for at in range(len(values)))
    assert trend("valid_loss", Curve(step=places, epoch=places, seconds=places, values=values)) == told


class Searching(Library):
    """A search for suspects that lasts until it was paused and continued, or stopped."""

    def __init__(self, out: io.StringIO, last: str) -> None:
        self._out, self._last = out, last

    def find_suspects(self, table: NameTable) -> Iterator[object]:
        yield FoldBegan(fold=2, folds=5, rows=len(table))
        end = time.monotonic() + 60
        while self._last not in self._out.getvalue() and time.monotonic() < end:
            yield None
        yield Suspects((), {}, 0)


@pytest.mark.parametrize(
    ("lines", "last", "told"),
    [
        (
            "how\npause\ngo\n",
            "It continues.",
            "0 rows are suspicious; about 0 labels are estimated to be wrong.",
        ),
        ("how\npause\nstop\n", "The search was ended.", "The search was ended."),
        ("how\nstop\n", "The search was ended.", "The search was ended."),
    ],
)
def test_a_search_for_suspects_is_paused_and_stopped(
    tmp_path: Path, lines: str, last: str, told: str
) -> None:
    out = io.StringIO()
    reading, writing = os.pipe()  # which does not end, as a terminal
    os.write(writing, lines.encode())
    with os.fdopen(reading, encoding="utf-8") as source:
        house = House(
            Speaker(source, out, prompts=True), tmp_path, small_file(tmp_path), engine=Searching(out, last)
        )
        Dataset(house).suspects("")
        os.close(writing)
    said = out.getvalue().splitlines()
    assert "Network 2 of 5, 20.0 % done." in said
    assert any(line.endswith(told) for line in said)
    assert ("It pauses." in said) == ("pause" in lines)


class Suspecting(Library):
    """Finds that one row is to be relabelled, another to be dropped."""

    def find_suspects(self, table: NameTable) -> Iterator[object]:
        rows = [RowKey(*row) for row in table.frame.select("line", "name", "label").rows()[:2]]
        said = {"split": "", "given": "Polish", "confidence": 0.25, "of_label": 0.01}
        found = [Mistake(**row._asdict(), **said) for row in rows]
        relabelled, dropped = rows
        edits = (
            Edit.relabel(relabelled.name, relabelled.label, relabelled.line, "Polish"),
            Edit.drop(dropped.name, dropped.label, dropped.line),
        )
        yield Suspects(tuple(found), {row: (edit,) for row, edit in zip(rows, edits, strict=True)}, len(rows))


def test_a_suspect_that_is_to_be_dropped_is_told_so_before_that_is_accepted(tmp_path: Path) -> None:
    out, data = io.StringIO(), small_file(tmp_path)
    house = House(Speaker(io.StringIO(), out, prompts=False), tmp_path, data, engine=Suspecting())
    dataset = Dataset(house)
    dataset.suspects("")
    first, second = starting(out.getvalue().splitlines(), "1. ", "2. ")
    assert first.endswith("The model says Polish, 25.0 %.")
    assert second.endswith("The model says Polish, 25.0 %. Suggested: to drop it.")
    dataset.accept("1-2")
    assert [line[-12:] for line in out.getvalue().splitlines()[-2:]] == [" Now Polish.", "it. Dropped."]
    house.end()


class Pairing(Library):
    """Two runs that differ in their edits and in one setting."""

    def compare_runs(self, first: Path, second: Path) -> PairedRuns:
        figures = {"accuracy": 0.5, "macro_f1": 0.4, "top_3": 0.6, "loss": 1.0, "ece": 0.1}
        runs = [
            PairedRun(run=each.name, title="LSTM", data="small.tsv", edits=0, test_rows=10, **figures)
            for each in (first, second)
        ]
        return PairedRuns(
            first=runs[0],
            second=runs[1],
            rows=10,
            differences=(
                Difference(
                    first="a",
                    second="b",
                    figure="macro_f1",
                    mean=0.01,
                    low=-0.02,
                    high=0.03,
                    exceeds_noise=False,
                ),
            ),
            mcnemar=McNemar.of(1, 1),
            labels=(),
            settings={"edits": ("mine.edits.jsonl, SHA-256 a154eb5b7ab4", ""), "hidden_size": (16, 32)},
            others=(),
        )


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "en",
            [
                "macro-F1: +1.00 points, from -2.00 to +3.00; that is within the noise.",
                "edits: mine.edits.jsonl, SHA-256 a154eb5b7ab4; none.",
                "hidden units: 16; 32.",
                "Only small is right on 1 row.",
            ],
        ),
        ("zh_CN", ["宏平均 F1：", "编辑：mine.edits.jsonl, SHA-256 a154eb5b7ab4；无。"]),
    ],
)
def test_how_two_runs_differ_is_told_by_titles_and_none(tmp_path: Path, code: str, told: list[str]) -> None:
    model, out = trained(tmp_path, small_table()), io.StringIO()
    set_language(code)
    house = House(Speaker(io.StringIO(), out, prompts=False), model.parent, engine=Pairing())
    Runs(house).compare(f"{model.name} {model.name}")
    for sentence in told:
        assert starting(out.getvalue().splitlines(), sentence), out.getvalue()
