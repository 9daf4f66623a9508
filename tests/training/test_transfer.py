"""What is carried over from one model to another."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from namecls.config import ModelConfig, TrainConfig
from namecls.data.batching import NameDataset
from namecls.data.table import NameTable
from namecls.errors import ConfigError, ModelFileError
from namecls.events import EpochEnd, Finished
from namecls.inference.evaluation import evaluate
from namecls.inference.mistakes import find_mistakes
from namecls.inference.prediction import Predictor
from namecls.nn.model import logits_of
from namecls.runs.carried import load_carried
from namecls.runs.loading import load_model
from namecls.runs.origin import fitted, read_network
from namecls.runs.record import CONFIG
from namecls.runs.run import CARRIED, COUNTS, FILES, WEIGHTS, Run
from namecls.runs.saved_counts import save_carried
from namecls.runs.sharing import export
from namecls.training.learner import Learner
from namecls.training.loop import finish, train
from namecls.training.protocol import prepare, split_by_config
from namecls.training.refitting import refit
from tests.library import SMALL, small_table

JOINT = ModelConfig(
    network="gru+ngram,cnn",
    hidden_size=12,
    embedding_size=8,
    filters=6,
    ngram_size=6,
    ngram_hidden=4,
    buckets=512,
    dropout=0.1,
)


def other_words(table: NameTable) -> NameTable:
    """The same names under other labels, two of them made one, with a letter that the source never met."""
    words = {"Armenian": "hy", "Georgian": "ka", "Polish": "ka"}
    rows = zip(table.names, table.label_of_rows, strict=True)
    return NameTable.from_pairs(
        [(f"{name}ß" if n % 7 == 0 else name, words[of]) for n, (name, of) in enumerate(rows)]
    )


def source_run(directory: Path, network: ModelConfig) -> Run:
    config = replace(SMALL, model=network, epochs=8)
    run = Run.create(directory, config, "source")
    assert isinstance(list(train(config, small_table(), run))[-1], Finished)
    return run


@pytest.mark.parametrize(
    "network", [SMALL.model, JOINT, replace(SMALL.model, input="onehot")], ids=lambda n: n.title
)
def test_a_training_begins_with_the_answers_of_its_source_in_other_words(
    tmp_path: Path, network: ModelConfig
) -> None:
    run = source_run(tmp_path, network)
    config = replace(
        SMALL, init_from=str(run.directory), model=fitted(read_network(str(run.directory)), SMALL.model)
    )
    prepared = prepare(config, other_words(small_table()))
    source = load_model(run.directory)
    assert prepared.vocabulary.characters[: len(source.vocabulary.characters)] == source.vocabulary.characters
    assert "s" in prepared.vocabulary.characters  # ß, read without regard to case
    learner = Learner(config, prepared, torch.device("cpu"))
    scales = source.model.scales
    assert torch.equal(learner.model.scales, scales)
    assert len(scales) == 1 or not bool((scales == 1).any())
    begun = logits_of(learner.model, prepared.validation).argmax(1)
    assert float((begun == prepared.validation.labels).float().mean()) > 0.9
    names = ["Borshvili", "Dav", "Zoroyan"]
    ours, theirs = (
        NameDataset(names, [0] * 3, vocabulary) for vocabulary in (prepared.vocabulary, source.vocabulary)
    )
    for mine, its in zip(learner.model.parts, source.model.parts, strict=True):
        batches = [dataset.batch(torch.arange(3)) for dataset in (ours, theirs)]
        assert torch.equal(
            mine.eval().features(batches[0].ids, batches[0].lengths),
            its.features(batches[1].ids, batches[1].lengths),
        )


def test_it_is_worth_more_than_beginning_from_nothing(tmp_path: Path) -> None:
    run = source_run(tmp_path, SMALL.model)
    scratch = replace(SMALL, epochs=1)
    carried = replace(
        scratch, init_from=str(run.directory), model=fitted(read_network(str(run.directory)), SMALL.model)
    )
    found = []
    for name, config in (("scratch", scratch), ("carried", carried)):
        events = list(train(config, other_words(small_table()), Run.create(tmp_path, config, name)))
        found.append(next(e.valid_loss for e in events if isinstance(e, EpochEnd)))
    assert found[1] < found[0]


def test_another_network_than_the_source_has_is_refused(tmp_path: Path) -> None:
    run = source_run(tmp_path, SMALL.model)
    config = replace(SMALL, init_from=str(run.directory), model=replace(SMALL.model, hidden_size=17))
    with pytest.raises(ConfigError, match="has its network, gru-16: leave the settings of the network out"):
        prepare(config, small_table())


def test_a_source_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="found nothing"):
        prepare(TrainConfig(init_from=str(tmp_path / "none")), small_table())


def test_a_training_goes_on_to_its_end_without_its_source(tmp_path: Path) -> None:
    ends = []
    for name in ("whole", "left"):
        run = source_run(tmp_path / name, SMALL.model)
        origin = str(run.directory)
        config = replace(SMALL, init_from=origin, model=fitted(read_network(origin), SMALL.model), epochs=2)
        table, made = other_words(small_table()), Run.create(tmp_path / "runs", config, name)
        if name == "left":
            with closing(train(config, table, made)) as events:
                next(event for event in events if isinstance(event, EpochEnd))
            shutil.rmtree(origin)
        *_, finished = train(made.config() if name == "left" else config, table, made, resume=name == "left")
        ends.append(finished.test)
        parent = made.record().parent
        assert parent is not None
        assert (parent.file, len(parent.sha256)) == (run.name, 64)
        assert str(tmp_path) not in (made.directory / CONFIG).read_text()
    assert ends[0] == ends[1]


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A model of names that several people bear, whose network has hardly begun to learn."""
    table = small_table()
    pairs = list(zip(table.names, table.label_of_rows, strict=True))
    config = replace(SMALL, epochs=1, learning_rate=1e-4)
    run = Run.create(tmp_path_factory.mktemp("counted"), config, "source")
    list(train(config, NameTable.from_pairs(pairs * 3), run))
    assert (run.directory / COUNTS).exists()
    return run


def begun_from(source: Run, **values: object) -> TrainConfig:
    origin = str(source.directory)
    model = fitted(read_network(origin), SMALL.model)
    return replace(SMALL, init_from=origin, model=model, epochs=1, learning_rate=1e-4, seed=1).changed(values)


def trained_from(source: Run, directory: Path, table: NameTable, **values: object) -> tuple[Run, Finished]:
    config = begun_from(source, **values)
    run = Run.create(directory, config, f"run-{len(list(directory.iterdir()))}")
    *_, last = train(config, table, run)
    assert isinstance(last, Finished)
    return run, last


def test_what_the_source_counted_speaks_for_other_labels(counted: Run, tmp_path: Path) -> None:
    table = other_words(small_table())
    run, last = trained_from(counted, tmp_path, table)
    network, without = trained_from(counted, tmp_path, table, name_counts=False)
    assert not (network.directory / CARRIED).exists()
    assert (run.directory / WEIGHTS).read_bytes() == (network.directory / WEIGHTS).read_bytes()
    assert last.test.accuracy > without.test.accuracy + 0.2

    carried = load_carried(run, 2)
    assert carried is not None
    assert (carried.labels, carried.gain > 0) == (("Armenian", "Georgian", "Polish"), True)
    predictor, alone = Predictor.load(run.directory), Predictor.load(network.directory)
    test = split_by_config(run.config(), table).test
    assert evaluate(predictor, test).accuracy == last.test.accuracy
    mistakes = find_mistakes(predictor, {"test": test}).rows
    assert len(mistakes) == round((1 - last.test.accuracy) * last.test.rows)
    names = [name for name in test.names if not name.endswith("ß")]
    asked = predictor.predict(names)
    assert {answer.population for answer in asked} == {alone.predict("Borski").population}
    assert [answer.evidence for answer in asked[:2]] != ["", ""]
    assert {each.label for answer in asked for each in answer.seen} <= set(carried.labels)
    firsts = [answer.ranked[0].probability for answer in asked]
    many = predictor.predict(names * 9)[-len(names) :]
    assert [answer.ranked[0].probability for answer in many] == pytest.approx(firsts, abs=1e-5)
    assert predictor.probabilities(names).max(1).values.tolist() == pytest.approx(firsts, abs=1e-5)
    never = alone.probabilities("Qqqq").log().diff()
    temperatures = [p.loaded.calibration.temperature for p in (alone, predictor)]
    assert torch.allclose(
        predictor.probabilities("Qqqq").log().diff() * temperatures[1], never * temperatures[0]
    )
    copy = export(run, tmp_path / "copy")
    assert Predictor.load(copy.directory).predict(names) == asked


def test_names_that_its_own_rows_hold_are_answered_from_these(counted: Run, tmp_path: Path) -> None:
    table = other_words(small_table())
    pairs = list(zip(table.names, table.label_of_rows, strict=True))
    run, _ = trained_from(counted, tmp_path, NameTable.from_pairs(pairs * 2))
    assert all((run.directory / name).exists() for name in (COUNTS, CARRIED))
    predictor = Predictor.load(run.directory)
    splits = split_by_config(run.config(), table)
    own, held_out = (
        predictor.predict(next(name for name in side.names if not name.endswith("ß")))
        for side in (splits.train, splits.test)
    )
    assert ({each.label for each in own.seen} <= {"hy", "ka"}, own.population) == (True, "bearers")
    assert {each.label for each in held_out.seen} <= {"Armenian", "Georgian", "Polish"}
    assert (len(held_out.seen), held_out.population) == (1, "training rows")


def test_a_training_that_is_left_is_finished_with_what_was_carried_over(counted: Run, tmp_path: Path) -> None:
    table = other_words(small_table())
    source = Run(Path(shutil.copytree(counted.directory, tmp_path / "source" / "source")))
    _, whole = trained_from(source, tmp_path, table, epochs=2)
    config = begun_from(source, epochs=2)
    left = Run.create(tmp_path, config, "left")
    with closing(train(config, table, left)) as events:
        next(event for event in events if isinstance(event, EpochEnd))
    shutil.copytree(left.directory, tmp_path / "stopped")
    shutil.rmtree(source.directory)
    *_, resumed = train(config, table, left, resume=True)
    assert isinstance(resumed, Finished)
    assert resumed.test == whole.test
    stopped = finish(Run(tmp_path / "stopped"), table)
    assert stopped.test.accuracy == load_and_measure(Run(tmp_path / "stopped"), table)


def load_and_measure(run: Run, table: NameTable) -> float:
    return evaluate(Predictor.load(run.directory), split_by_config(run.config(), table).test).accuracy


def test_a_refit_keeps_what_was_carried_over(counted: Run, tmp_path: Path) -> None:
    table = other_words(small_table())
    run, last = trained_from(counted, tmp_path, table)
    before = (run.directory / CARRIED).read_bytes()
    *_, end = refit(run, split_by_config(run.config(), table))
    assert isinstance(end, Finished)
    assert (end.test, (run.directory / CARRIED).read_bytes()) == (last.test, before)
    run.verify(*FILES)


def test_counts_of_the_same_rows_are_not_carried_over(tmp_path: Path) -> None:
    table = small_table()
    rows = NameTable.from_pairs(list(zip(table.names, table.label_of_rows, strict=True)) * 3)
    source = Run.create(tmp_path, replace(SMALL, epochs=1), "source")
    list(train(replace(SMALL, epochs=1), rows, source))
    run, _ = trained_from(source, tmp_path, rows, seed=5)
    assert (source.directory / COUNTS).exists()
    assert not (run.directory / CARRIED).exists()


def test_damaged_counts_that_were_carried_over_are_refused(counted: Run, tmp_path: Path) -> None:
    run, _ = trained_from(counted, tmp_path, other_words(small_table()))
    path = run.directory / CARRIED
    whole = path.read_bytes()
    run.revoke_manifest()
    for wrong in (
        b"",
        whole[:-1],
        whole[:100],
        whole.replace(b"I64", b"F64"),
        whole.replace(b"gain", b"goin"),
    ):
        path.write_bytes(wrong)
        with pytest.raises(ModelFileError, match="carried"):
            load_model(run.directory)
    path.write_bytes(whole)
    with pytest.raises(ModelFileError, match="does not fit"):
        load_carried(run, 3)
    carried = load_carried(run, 2)
    assert carried is not None
    save_carried(run, replace(carried, labels=("Armenian", "Georgian", "Polish\ud800")))
    with pytest.raises(ModelFileError, match="whole code points"):
        load_carried(run, 2)
