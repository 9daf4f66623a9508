"""What `from namecls import ...` gives: names, one line about each value, and a process that is left as it was."""

from __future__ import annotations

import ast
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader

import namecls
from namecls import PRESETS, NameDataset, Predictor, Run, Splits, Started, Vocabulary, errors
from namecls.data.table import NameTable
from namecls.nn.bulk import BulkClassifier
from tests.library import SMALL, small_table

NAMES = [f"{stem}{end}" for stem in ("Bor", "Dav", "Jan", "Kar") for end in map(str, range(100))]


def state() -> tuple[bytes, int, float, bool, int]:
    """What a process has but once."""
    random = bytes(torch.get_rng_state().numpy())
    return (
        random,
        torch.get_num_threads(),
        sys.getswitchinterval(),
        torch.is_grad_enabled(),
        threading.stack_size(),
    )


@pytest.fixture(autouse=True)
def _unusual() -> Iterator[None]:
    """Threads, turns and random numbers that no function would set by chance."""
    threads, turns = torch.get_num_threads(), sys.getswitchinterval()
    torch.set_num_threads(3)
    sys.setswitchinterval(0.0123)
    torch.manual_seed(4711)
    yield
    torch.set_num_threads(threads)
    sys.setswitchinterval(turns)


@pytest.fixture(scope="module")
def splits() -> Splits:
    return namecls.split_table(small_table())


def test_all_names_are_listed_and_fetched_and_none_of_them_brings_torch_before_it_is_asked_for() -> None:
    program = "import sys, namecls; print(*dir(namecls)); assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(namecls.__all__) <= set(done.stdout.split())
    assert sorted(namecls.__all__) == sorted(namecls._HOMES)
    assert all(getattr(namecls, name).__name__ == name for name in namecls.__all__ if name != "PRESETS")
    with pytest.raises(AttributeError, match="nothing"):
        namecls.nothing  # noqa: B018


def test_every_error_is_among_them() -> None:
    found = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert {name for name in found if issubclass(getattr(errors, name), Exception)} <= set(namecls.__all__)


def test_the_classes_of_a_training_go_together_as_in_any_pytorch_program(splits: Splits) -> None:
    vocabulary = Vocabulary.learn(splits.train.names, splits.train.labels, SMALL.model)
    label_ids = [vocabulary.labels.index(label) for label in splits.train.label_of_rows]
    dataset = NameDataset(splits.train.names, label_ids, vocabulary)
    model = namecls.NameClassifier(SMALL.model, vocabulary.size, len(vocabulary.labels))
    for batch in DataLoader(dataset, batch_size=16, collate_fn=namecls.collate):
        assert model(batch.ids, batch.lengths).shape == (len(batch.labels), 3)


def test_what_is_shown_of_a_value_is_one_line_that_says_what_it_is(splits: Splits, trained_run: Path) -> None:
    predictor = Predictor.load(trained_run)
    run = Run.open(trained_run)
    metrics = run.metrics()
    table = NameTable.from_pairs([("A", "x"), ("B", "y")] * 1000, source=Path("odd\n\x1b[2J.tsv"))
    dataset = NameDataset(["Abc"], [0], predictor.vocabulary)
    events = list(run.history())
    prediction = predictor.predict(["Boryan"])[0]
    values = (predictor, predictor.model, predictor.vocabulary, predictor.loaded, run, metrics, table, splits)
    for value in (*values, dataset, SMALL, SMALL.model, *PRESETS.values(), *events, prediction):
        shown = repr(value)
        assert len(shown) < 500, shown
        assert shown.isprintable(), shown
        assert type(value).__name__ in shown
    assert repr(PRESETS["fast"].config.model).startswith("ModelConfig(network='ngram', ")
    assert (
        eval(repr(SMALL), {"ModelConfig": namecls.ModelConfig, "TrainConfig": namecls.TrainConfig}) == SMALL
    )


def test_a_training_leaves_random_numbers_threads_and_turns_alone(splits: Splits, tmp_path: Path) -> None:
    before = state()
    for event in namecls.train(SMALL, splits, Run.create(tmp_path, SMALL, "whole")):
        assert state() == before, event
    assert state() == before
    stopped = Run.create(tmp_path, SMALL, "stopped")
    events = namecls.train(SMALL, splits, stopped)
    assert isinstance(next(events), Started)
    next(events)
    events.close()
    assert state() == before
    namecls.finish(stopped, splits)
    assert state() == before


def test_what_a_caller_draws_between_two_events_changes_no_training(splits: Splits, tmp_path: Path) -> None:
    endings = []
    for name in ("alone", "beside"):
        run = Run.create(tmp_path, SMALL, name)
        for _ in namecls.train(SMALL, splits, run):
            if name == "beside":
                torch.manual_seed(int(torch.rand(()) * 1000))
        endings.append((run.directory / "model.safetensors").read_bytes())
    assert endings[0] == endings[1]


def test_fit_and_what_comes_of_it_leave_them_alone_too(splits: Splits) -> None:
    config = SMALL.changed({"epochs": 1, "operating_point": "macro-f1"})
    before = state()
    predictor = namecls.fit(config, splits)
    assert state() == before
    assert not predictor.info.directory.exists()
    assert len(predictor.predict(NAMES)) == len(NAMES)
    assert state() == before
    metrics = namecls.evaluate(predictor, splits.test)
    assert metrics.accuracy == predictor.info.accuracy
    assert metrics.operating_point == "macro-f1"
    assert state() == before


def test_fit_keeps_the_run_that_it_is_given(splits: Splits, tmp_path: Path) -> None:
    run = Run.create(tmp_path, SMALL, "kept")
    predictor = namecls.fit(SMALL.changed({"epochs": 1}), splits, run)
    assert predictor.info.directory == run.directory
    assert run.finished


def test_turns_are_as_they_were_when_the_last_of_two_bulk_readers_is_closed(trained_run: Path) -> None:
    before = sys.getswitchinterval()
    model = Predictor.load(trained_run).model
    first, second = BulkClassifier(model), BulkClassifier(model)
    first.close()
    assert sys.getswitchinterval() < before
    second.close()
    assert sys.getswitchinterval() == before


def test_the_library_calls_nothing_that_holds_for_the_whole_process() -> None:
    """What can't be put back, or holds for other threads too, is for the programs to call."""
    root = Path(namecls.__file__).parent
    lasting = {"manual_seed", "keep_pages", "setlocale", "signal", "set_default_dtype", "seed_all", "environ"}
    found = {
        f"{path.relative_to(root)}: {name}"
        for path in root.rglob("*.py")
        if path.parent.name != "cli"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        for name in [ast.unparse(node.func)]
        if name.split(".")[-1] in lasting
    }
    assert found == {
        "calibration/metrics.py: torch.Generator().manual_seed",
        "explanation/influence.py: torch.Generator().manual_seed",
        "inference/refitting.py: torch.Generator().manual_seed",
        "explanation/fresh.py: torch.manual_seed",  # in `fork_rng`
        "training/own_state.py: torch.cuda.manual_seed",
        "training/own_state.py: torch.default_generator.manual_seed",
        "training/own_state.py: torch.mps.manual_seed",
        "inference/on_ray.py: signal.signal",  # what Ray put in the place of another is put back
    }
