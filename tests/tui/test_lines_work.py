"""Searches and comparisons without a screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch import Tensor

from namecls.config import PRESETS
from namecls.data.table import load_dataset
from namecls.errors import TrainingError
from namecls.events import EpochEnd, Gradients, Watched, WatchedName
from namecls.runs.run import WEIGHTS, Run
from namecls.search.space import space_of
from namecls.search.study import Study
from namecls.training.learner import Learner
from namecls.training.loop import train
from namecls.training.protocol import file_record
from tests.library import SMALL, small_file
from tests.tui.fakes import experiment, study
from tests.tui.lines import answers, starting
from tui.engine.library import Library
from tui.forms import comparison, search
from tui.lines import comparing, training
from tui.lines.tuning import is_open


def test_the_form_of_a_search_is_the_app_s(tmp_path: Path) -> None:
    said = answers(
        None, "tune", "change 1 2", "change budget soon", "change layers", "-", "settings", data=tmp_path
    )
    assert "objective: macro-f1." in said
    assert "a budget must be a time such as 90s, 10m or 1h30m, was: 'soon'" in said
    assert "1. objective (objective): macro-f1." in said
    listed = [line for line in said if " (" in line and line.split(". ")[0].isdecimal()]
    assert len(listed) == len(search.TITLES) - 1


def test_the_trials_of_a_search_are_told_and_taken(tmp_path: Path) -> None:
    made = study(tmp_path, 3, tested=True)
    lines = (
        "tune",
        "searches",
        "show 1",
        "trial 2",
        "curves 2",
        "train",
        "use 2",
        "resume tune",
        "trial 9",
        "back",
        "train",
        "settings",
    )
    said = answers(None, *lines, save_dir=tmp_path)
    assert starting(said, "1. tune, done, accuracy 80.3 %, 3 trials")
    order = [line.partition(".")[0] for line in starting(said, "2. completed", "1. completed", "3. pruned")]
    assert order == ["2", "1", "3"]
    assert len(starting(said, "After epoch ")) == 3
    assert "Train has the settings of trial 2." in said
    assert "Trial 2 has no model." in said
    assert "tune is done; show tells its trials." in said
    assert "There is no trial 9." in said
    rate = made.config_of(made.trials[1]).learning_rate
    assert (
        starting(said, f"5. learning rate (learning_rate): {rate:g}. Changed.")
        or rate == made.base.learning_rate
    )


@pytest.mark.slow
def test_an_interrupted_search_goes_on_and_its_best_model_answers(tmp_path: Path) -> None:
    data, save_dir, engine = small_file(tmp_path), tmp_path / "runs", Library()
    base = PRESETS["fast"].config.changed({"epochs": 2})
    record = file_record(load_dataset(data))
    space = space_of({"learning_rate": "0.01,0.02"}, base)
    directory = Study.create(save_dir, base, space, most_trials=2, data=record).directory
    said = answers(None, "tune", "resume", "how", "trials", "wait", data=data, save_dir=save_dir)
    assert len(starting(said, "Trial 1: completed", "Trial 2: completed", "Trial 2: pruned")) == 2
    assert starting(said, "The search is done after ")
    ((found, _holder),) = engine.list_studies(save_dir)
    assert not is_open(found)
    best = found.best
    assert best is not None
    assert (save_dir / best.run / WEIGHTS).is_file()
    said = answers(None, "tune", "use", "back", "predict", "Borski", data=data, save_dir=save_dir)
    assert f"From now on {best.run} answers." in said
    assert starting(said, "Borski: ")
    assert directory == found.directory


@pytest.mark.parametrize(("measured", "ends"), [(4, "all runs are over."), (9, "test rows and seeds.")])
def test_what_a_comparison_came_to_is_told(tmp_path: Path, measured: int, ends: str) -> None:
    found = experiment(tmp_path, measured)
    told = comparing.told(found)
    networks = {run.network for run in found.measured}
    assert len(starting(told, *(f"{network}, " for network in networks))) == len(networks)
    assert told[-1].endswith(ends)
    differences = found.result.differences if found.result is not None else ()
    beyond = [line for line in told if line.endswith("that exceeds the noise.")]
    assert len(beyond) == sum(each.exceeds_noise for each in differences)
    for each, line in zip([each for each in differences if each.exceeds_noise], beyond, strict=True):
        better, worse = (each.first, each.second) if each.mean > 0 else (each.second, each.first)
        assert line.startswith(f"{better} is better than {worse}, ")
        assert f"by {100 * abs(each.mean):.1f} points" in line


@pytest.mark.slow
def test_a_comparison_that_was_left_is_resumed(tmp_path: Path) -> None:
    data, save_dir, engine = small_file(tmp_path), tmp_path / "runs", Library()
    texts = {"preset": "fast", "networks": "rnn,cnn", "seeds": "0", "epochs": "1"}
    wanted, problems = comparison.read_form(texts)
    assert wanted is not None, problems
    engine.create_comparison(save_dir, wanted, load_dataset(data))
    said = answers(None, "compare", "comparisons", "resume 1", "wait", data=data, save_dir=save_dir)
    assert any(", interrupted, 0 of 2 runs, " in line for line in starting(said, "1. compare-"))
    assert len(starting(said, "rnn, seed 0: accuracy ", "cnn, seed 0: accuracy ")) == 2
    assert "The comparison is done." in said
    ((found, _holder),) = engine.list_comparisons(save_dir)
    assert found.result is not None
    said = answers(None, "compare", "resume 1", data=data, save_dir=save_dir)
    assert said[-1] == f"{found.name} is done; show tells what it came to."


@pytest.mark.slow
def test_networks_are_compared_and_a_comparison_is_stopped(tmp_path: Path) -> None:
    data, save_dir = small_file(tmp_path), tmp_path / "runs"
    lines = ("compare", "change networks rnn,cnn", "change seeds 0", "change seeds 0,0", "change epochs 9999")
    said = answers(None, *lines, "go", "stop", data=data, save_dir=save_dir)
    assert "expected 1 to 100 seeds to compare, each once, found [0, 0]" in said
    assert said[-1] == "It was stopped; resume takes it up."
    ((found, _holder),) = Library().list_comparisons(save_dir)
    assert found.result is None

    said = answers(
        None,
        "compare",
        "change networks rnn",
        "change seeds 1",
        "change epochs 1",
        "go",
        "wait",
        data=data,
        save_dir=save_dir,
    )
    assert starting(said, "rnn, seed 1: accuracy ")
    assert "The comparison is done." in said
    said = answers(None, "compare", "comparisons", "show 1", "curves", "reach", data=data, save_dir=save_dir)
    assert len(starting(said, "1. compare-", "2. compare-")) == 2
    assert starting(said, "rnn, validation accuracy by epoch: ")
    assert starting(said, "rnn, gradient by distance from the last letter: 1.00, ")


@pytest.mark.slow
def test_a_training_starts_from_a_model_and_tells_of_watched_names(trained_run: Path, tmp_path: Path) -> None:
    save_dir = tmp_path / "runs"
    data = small_file(tmp_path)
    first = ("train", "preset fast", "change epochs 1", "watch Borski", "go", "watch 77", "wait")
    said = answers(trained_run, *first, data=data, save_dir=save_dir)
    assert starting(said, "expected names with letters")
    assert starting(said, "After epoch 1 Borski is ")
    (run,) = (info.name for info in Library().list_runs(save_dir) if info.directory.parent == save_dir)
    lines = (
        "train",
        f"from {run}",
        "change network gru",
        "change epochs 3",
        "watch Kim,Lee",
        "outlook",
        "from -",
        "watch -",
    )
    said = answers(trained_run, *lines, data=data, save_dir=save_dir)
    assert f"It starts from {run}; its network stays." in said
    assert f"{run} has decided that." in said
    assert "epochs: 3." in said
    assert any("--init-from" in line and "--watch Kim,Lee" in line for line in said)
    assert said[-2:] == ["It starts from random weights.", "No name is watched."]


def test_the_best_epoch_of_a_training_that_diverged_is_tested_and_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_dir, data = tmp_path / "runs", small_file(tmp_path)
    run = Run.create(save_dir, SMALL, "wild")
    events = train(SMALL, load_dataset(data), run)
    next(event for event in events if isinstance(event, EpochEnd))
    real = Learner.step

    def spoiled(self: Learner, indices: Tensor) -> None:
        next(self.model.parameters()).data.fill_(float("nan"))
        real(self, indices)

    with monkeypatch.context() as spoiling:
        spoiling.setattr(Learner, "step", spoiled)
        with pytest.raises(TrainingError, match="no longer a number"):
            list(events)
    said = answers(None, "train", "unfinished", "resume 1", "finish wild", "finish wild", save_dir=save_dir)
    assert starting(said, "1. wild diverged ")
    assert "wild diverged and can't be resumed; finish tests its best epoch." in said
    assert starting(said, "On 15 test rows: accuracy ")
    assert "The model is saved as wild; models, in Predict, uses it." in said
    assert said[-1] == "No such training is running or was interrupted."


def test_watched_names_and_gradient_norms_are_sentences() -> None:
    told = training.ranked(
        Watched(
            epoch=2,
            step=9,
            names=(WatchedName(name="Kim", labels=("Korean", "Thai"), probabilities=(0.6, 0.2)),),
        )
    )
    assert told == ["After epoch 2 Kim is Korean, 60.0 %."]
    norms = Gradients(epoch=1, step=1200, layers=("embedding", "gru"), norms=(0.5, 0.25), letters=(1.0, 0.5))
    assert training.measured(norms) == [
        "Gradient norms at step 1,200: embedding 0.5, gru 0.25.",
        "By letter, the last one first: 1, 0.5.",
    ]
