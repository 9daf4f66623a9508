"""Pictures of runs: what they are of, and as files."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from namecls.errors import ConfigError, RunError
from namecls.events import EpochEnd
from namecls.pictures.charts import KINDS, Chart, Matrix, Scores, Series, pictures
from namecls.pictures.matplotted import FORMATS, drawn
from namecls.runs.run import Run
from namecls.text import safe
from tests.library import ENDINGS

BEGINNINGS = {"svg": b"<?xml", "png": b"\x89PNG\r\n", "pdf": b"%PDF-"}


@pytest.fixture
def runs(trained_run: Path, tmp_path: Path) -> list[Run]:
    """Two runs, the second of which has two epochs alone, and no metrics."""
    one, two = tmp_path / "one", tmp_path / "two"
    shutil.copytree(trained_run, one)
    shutil.copytree(trained_run, two)
    lines = (two / "history.jsonl").read_bytes().splitlines(keepends=True)
    ends = [at for at, line in enumerate(lines) if b'"epoch"' in line.partition(b",")[0]]
    (two / "history.jsonl").write_bytes(b"".join(lines[: ends[1] + 1]))
    for name in ("metrics.json", "MANIFEST.json"):
        (two / name).unlink()
    return [Run(one), Run(two)]


def test_curves_are_those_of_the_history(runs: list[Run]) -> None:
    loss, accuracy = pictures("curves", runs)
    assert isinstance(loss, Chart)
    assert isinstance(accuracy, Chart)
    assert [series.name for series in loss.series] == [
        f"{run}, {rows} rows" for run in ("one", "two") for rows in ("validation", "training")
    ]
    epochs = [event for event in runs[0].history(EpochEnd) if isinstance(event, EpochEnd)]
    assert loss.series[0].points == tuple((e.epoch, e.valid_loss) for e in epochs)
    assert accuracy.series[1].points == tuple((e.epoch, e.train_accuracy) for e in epochs)
    assert [len(series.points) for series in accuracy.series] == [3, 3, 2, 2]


def test_scores_are_those_of_the_metrics(runs: list[Run]) -> None:
    metrics = runs[0].metrics()
    assert metrics is not None
    (scores,) = pictures("labels", runs[:1])
    assert isinstance(scores, Scores)
    assert set(scores.labels) == set(ENDINGS)
    f1 = {score.label: score.f1 for score in metrics.per_label}
    assert dict(zip(scores.labels, scores.values, strict=True)) == {label: (f1[label],) for label in f1}
    assert sum(scores.rows) == metrics.rows
    (matrix,) = pictures("confusion", runs[:1])
    assert isinstance(matrix, Matrix)
    assert [sum(shares) for shares in matrix.shares] == pytest.approx([1, 1, 1])
    right = sum(
        n
        for t, p, n in zip(
            *(getattr(metrics.confusion, c) for c in ("true", "predicted", "rows")), strict=True
        )
        if t == p
    )
    assert right / metrics.rows == pytest.approx(metrics.accuracy)
    (chart,) = pictures("reliability", runs[:1], "validation")
    assert isinstance(chart, Chart)
    assert chart.title == "Reliability, validation rows"
    assert chart.diagonal


def test_what_a_run_does_not_have_is_told(runs: list[Run]) -> None:
    with pytest.raises(RunError, match=r"two: has no metrics of test rows: finish it, or draw its curves"):
        pictures("labels", runs)
    with pytest.raises(RunError, match="a confusion matrix is of one run, found 2"):
        pictures("confusion", runs)
    (runs[1].directory / "history.jsonl").write_bytes(b"")
    with pytest.raises(RunError, match="has no epoch in its history yet"):
        pictures("curves", runs)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_drawn_and_is_the_same_file_again(kind: str, runs: list[Run]) -> None:
    found = pictures(kind, runs[:1])
    content = drawn(found, "svg")
    assert content == drawn(found, "svg")
    words = " ".join(ElementTree.fromstring(content).itertext())
    for word in ENDINGS if kind in ("labels", "confusion") else ("accuracy",):
        assert word in words


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_is_what_it_says(form: str, runs: list[Run]) -> None:
    assert drawn(pictures("reliability", runs[:1]), form).startswith(BEGINNINGS[form])


def test_texts_are_texts() -> None:
    label = "<b>$x^2$ & \x1b[2J\u202e日本 \\frac"
    series = (Series(label, ((0.0, 1.0), (1.0, float("nan")))),)
    words = drawn(
        [Chart("$\\wrong", "x", "y", series), Scores("t", (label,), (3,), (label,), ((None,),))], "svg"
    )
    text = " ".join(ElementTree.fromstring(words).itertext())
    assert len(re.findall(re.escape(safe(label)), text)) == 3
    assert "$\\wrong" in text
    assert not {"\x1b", "\u202e"} & set(text)


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigError, match=r"package matplotlib, .* pip install 'namecls\[plot\]'"):
        drawn([Chart("", "", "", ())], "svg")
