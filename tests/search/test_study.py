from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from namecls.errors import ConfigError, DiskFull, RunError
from namecls.events import EpochEnd
from namecls.runs.record import DataRecord
from namecls.search.budget import read_budget, show_budget
from namecls.search.space import space_of
from namecls.search.study import COMPLETED, PRUNED, STUDY, Study, Trial, Winner, after_epoch, list_studies
from tests.library import SMALL

SPACE = space_of({"learning_rate": "0.001..0.1", "hidden_size": "4,8"}, SMALL)
DATA = DataRecord(file="x.tsv", sha256="0", is_embedded=True)


def study(directory: Path, name: str = "s", **values: Any) -> Study:
    return Study.create(directory, SMALL, SPACE, name=name, data=DATA, **({"budget": 60.0} | values))


def trial(number: int = 1, **values: Any) -> Trial:
    settings = {"learning_rate": 0.01, "hidden_size": 4}
    return Trial(number=number, run=f"s-{number:03}", settings=settings, epochs=SMALL.epochs, **values)


def epoch(number: int, accuracy: float, *, best: bool, macro_f1: float = 0.3) -> EpochEnd:
    return EpochEnd(
        epoch=number,
        step=number,
        train_loss=1.0,
        train_accuracy=0.5,
        valid_loss=1.0,
        valid_accuracy=accuracy,
        valid_macro_f1=macro_f1,
        seconds=1.0,
        elapsed=float(number),
        best=best,
    )


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    made = study(tmp_path, objective="macro-f1", most_trials=7)
    assert Study.open(made.directory) == made
    made = made.begun(trial())
    assert Study.open(made.directory) == made
    made = made.ended(
        trial(
            status=COMPLETED, figures=(0.2, 0.5, 0.4), best_epoch=2, accuracy=0.6, macro_f1=0.5, seconds=3.5
        )
    )
    made = made.begun(trial(2)).ended(
        trial(2, status=PRUNED, figures=(0.1,), best_epoch=1, accuracy=0.3, macro_f1=0.1)
    )
    made = made.begun(trial(3)).extended(120.0, None)
    made = made.won(Winner(trial=1, accuracy=0.5, macro_f1=0.4, top_3=0.9, rows=15))
    assert Study.open(made.directory) == made
    assert [each.number for each in made.ranked] == [1, 2, 3]
    assert (made.best, made.seconds) == (made.trials[0], 3.5)
    assert made.config_of(made.trials[2]).model.hidden_size == 4


def test_an_epoch_that_is_told_twice_counts_once() -> None:
    told = after_epoch(
        after_epoch(trial(), epoch(1, 0.5, best=True), "accuracy"), epoch(2, 0.4, best=False), "accuracy"
    )
    assert (told.figures, told.best_epoch, told.figure, told.progress) == (
        (0.5, 0.4),
        1,
        0.5,
        pytest.approx(2 / 3),
    )
    assert after_epoch(told, epoch(2, 0.4, best=False), "accuracy") == told


def test_the_figure_is_that_of_the_weights_that_are_kept() -> None:
    told = after_epoch(trial(), epoch(1, 0.5, best=True, macro_f1=0.2), "macro-f1")
    told = after_epoch(told, epoch(2, 0.4, best=False, macro_f1=0.3), "macro-f1")
    assert (told.figures, told.figure, told.accuracy, told.macro_f1) == ((0.2, 0.3), 0.2, 0.5, 0.2)


def test_a_last_line_that_was_cut_off_is_left_out_and_mended(tmp_path: Path) -> None:
    made = study(tmp_path).begun(trial())
    path = made.directory / STUDY
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"event": "result", "tri')
    assert Study.open(made.directory) == made
    made.mend()
    assert path.read_bytes() == whole


def damaged(made: Study, line: int, change: dict[str, Any]) -> None:
    path = made.directory / STUDY
    lines = path.read_text().splitlines()
    lines[line - 1] = json.dumps(json.loads(lines[line - 1]) | change)
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("line", "change"),
    [
        (1, {"event": "trial"}),
        (1, {"format": 2}),
        (1, {"objective": "loss"}),
        (1, {"budget": None, "trials": None}),
        (1, {"budget": -1}),
        (1, {"space": {}}),
        (1, {"space": {"seed": "0,1"}}),
        (1, {"base": {"epochs": 0}}),
        (1, {"data": {"file": "x.tsv"}}),
        (1, {"data": DATA.to_json() | {"path": 7}}),
        (1, {"data": DATA.to_json() | {"columns": {"name": [], "label": None, "header": None}}}),
        (2, {"event": "other"}),
        (2, {"trial": 7}),
        (2, {"run": "../../etc"}),
        (2, {"settings": {"learning_rate": "high"}}),
        (3, {"trial": 2}),
        (3, {"status": "good"}),
        (3, {"figures": [0.5, 7.0]}),
        (3, {"best_epoch": 9}),
        (3, {"accuracy": None}),
        (3, {"seconds": "long"}),
        (3, {"seconds": 1e300}),
    ],
)
def test_a_damaged_line_is_told_with_its_number(tmp_path: Path, line: int, change: dict[str, Any]) -> None:
    made = study(tmp_path).begun(trial())
    made.ended(trial(status=COMPLETED, figures=(0.5,), best_epoch=1, accuracy=0.5, macro_f1=0.5))
    damaged(made, line, change)
    with pytest.raises(RunError, match=f"line {line}: expected a line of a study"):
        Study.open(made.directory)


@pytest.mark.parametrize("content", ["", "null\n", "[]\n", '"x"\n', "{}\n", "{\n"])
def test_what_is_no_study_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / STUDY).write_text(content)
    with pytest.raises(RunError, match=re.escape(str(tmp_path))):
        Study.open(tmp_path)


def test_a_directory_without_a_study_and_a_name_that_is_taken_are_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="expected the directory of a study"):
        Study.open(tmp_path)
    study(tmp_path)
    with pytest.raises(RunError, match="there already"):
        study(tmp_path)
    with pytest.raises(RunError, match="a run's name must be"):
        study(tmp_path, "../x")


@pytest.mark.parametrize(
    "values", [{"budget": None}, {"budget": 0.0}, {"most_trials": 0}, {"objective": "loss"}, {"budget": 1e12}]
)
def test_a_study_without_a_sensible_end_is_refused_and_leaves_nothing(
    tmp_path: Path, values: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError):
        study(tmp_path, **values)
    assert list(tmp_path.iterdir()) == []


def test_studies_are_listed_newest_first_and_damaged_ones_are_left_out(tmp_path: Path) -> None:
    for name, created in (("a", "2026-01-01"), ("b", "2026-02-01"), ("c", "2026-03-01")):
        damaged(study(tmp_path, name), 1, {"created": created})
    (tmp_path / "b" / STUDY).write_text("{\n")
    (tmp_path / "run").mkdir()
    assert [each.name for each in list_studies(tmp_path)] == ["c", "a"]
    assert list_studies(tmp_path / "nowhere") == []


def test_a_full_disk_leaves_the_study_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = study(tmp_path)

    def full(path: Path, line: str) -> None:
        raise DiskFull(f"{path}: no room for {len(line)} bytes")

    monkeypatch.setattr("namecls.search.study.append_line", full)
    with pytest.raises(DiskFull):
        made.begun(trial())
    assert Study.open(made.directory) == made


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("1h30m", 5400), ("1h1m1s", 3661)])
def test_a_budget_is_read_and_shown(text: str, seconds: int) -> None:
    assert read_budget(text) == seconds
    assert read_budget(show_budget(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "10", "0s", "ten minutes", "-5m", "1.5h", "10m5", "99999h"])
def test_what_is_no_budget_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match="such as 90s, 10m or 1h30m"):
        read_budget(text)


def test_a_trial_can_not_be_read_from_a_link(tmp_path: Path) -> None:
    made = study(tmp_path)
    (made.directory / STUDY).rename(tmp_path / "elsewhere")
    (made.directory / STUDY).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunError, match="a link"):
        Study.open(made.directory)


def test_all_values_are_frozen(tmp_path: Path) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        study(tmp_path).objective = "macro-f1"  # type: ignore[misc]
