"""Without a screen, a number means what was listed with it, and an answer is that of the model in use."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from namecls.data.table import load_dataset
from namecls.runs.manifest import MANIFEST
from namecls.runs.notes import read_notes
from tests.tui.fakes import study
from tests.tui.lines import answers, starting
from tests.tui.test_lines import trained
from tests.tui.test_lines_mending import other_file
from tui.lines.house import House
from tui.lines.models import Models
from tui.lines.predicting import Predict
from tui.lines.runs import Runs
from tui.lines.speaking import Speaker
from tui.lines.training import Train
from tui.lines.tuning import Tune


def housed(save_dir: Path, model: Path | None = None, lines: str = "") -> tuple[House, io.StringIO]:
    out = io.StringIO()
    return House(Speaker(io.StringIO(lines), out, prompts=False), save_dir, model=model), out


def copied(run: Path, save_dir: Path, name: str, *, unfinished: bool = False) -> Path:
    """The same run under another name: newer than one with a name before it."""
    copy = save_dir / name
    shutil.copytree(run, copy)
    if unfinished:
        (copy / MANIFEST).unlink()
    return copy


def numbered(out: io.StringIO, name: str) -> str:
    """The number that a name was last said with."""
    return [line for line in out.getvalue().splitlines() if name in line][-1].partition(".")[0]


def test_the_number_of_a_run_is_that_of_the_last_list(trained_run: Path, tmp_path: Path) -> None:
    house, out = housed(tmp_path, lines="yes\n")
    old = copied(trained_run, tmp_path, "old")
    runs = Runs(house)
    runs.list("")
    number = numbered(out, "old")
    new = copied(trained_run, tmp_path, "young")
    assert house.engine.list_runs(tmp_path)[int(number) - 1].name == "young"
    runs.note(f"{number} mine")
    assert read_notes(old).note == "mine"
    assert read_notes(new).note == ""
    runs.note("young by name")
    assert read_notes(new).note == "by name"
    runs.delete(number)
    assert (old.exists(), new.exists()) == (False, True)
    runs.delete(number)
    assert out.getvalue().endswith(f"There is no run {number}.\n")
    runs.list("")
    assert numbered(out, "young") == number
    house.end()


def test_the_numbers_of_searches_and_trainings_are_those_of_the_last_list(
    trained_run: Path, tmp_path: Path
) -> None:
    house, out = housed(tmp_path)
    train = Train(house)
    tune = Tune(house, train)
    study(tmp_path, 1, name="first")
    copied(trained_run, tmp_path, "old", unfinished=True)
    tune.list_all("")
    train.unfinished("")
    search, training = numbered(out, "first"), numbered(out, "old")
    study(tmp_path, 1, name="second")
    copied(trained_run, tmp_path, "young", unfinished=True)
    tune.show(search)
    assert tune.meant.name == "first"
    tune.show("second")
    assert tune.meant.name == "second"
    train.finish(training)
    assert out.getvalue().endswith("old did not diverge; resume takes it up.\n")


def test_the_number_of_a_model_is_that_of_the_last_list(trained_run: Path, tmp_path: Path) -> None:
    old = copied(trained_run, tmp_path, "old")
    house, out = housed(tmp_path)
    models = Models(house)
    models.list()
    number = numbered(out, old.name)
    young = copied(trained_run, tmp_path, "young")
    Models(house).use(number)
    assert house.model == old
    Models(house).use(young.name)
    assert house.model == young


@pytest.mark.parametrize("change", ["models {name}", "prior uniform"])
def test_what_explains_the_last_answer_is_of_the_model_and_population_in_use(
    trained_run: Path, tmp_path: Path, change: str
) -> None:
    other = trained(tmp_path, load_dataset(other_file(tmp_path)))
    lines = ("predict", "Kimberly", change.format(name=other.name), "inspect", "against", "-", "letters")
    said = answers(trained_run, *lines, save_dir=other.parent)
    assert len(starting(said, "Kimberly: ")) == 2
    names = {"English.", "Korean."} if "models" in change else {"Armenian.", "Georgian.", "Polish."}
    assert names <= {line.partition(". ")[2] for line in said}


def test_an_answer_that_another_model_gives_is_explained_for_its_own_label(
    trained_run: Path, tmp_path: Path
) -> None:
    other = trained(tmp_path, load_dataset(other_file(tmp_path)))
    house, _out = housed(other.parent, trained_run)
    predict = Predict(house)
    predict.answer("Kimberly")
    inspect = predict._inspect
    before = inspect._asked.label
    house.use(other)
    predict.why("")
    assert before in ("Armenian", "Georgian", "Polish")
    assert inspect._asked.label in ("English", "Korean")
