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
from namecls.nn.model import logits_of
from namecls.runs.loading import load_model
from namecls.runs.origin import fitted, read_network
from namecls.runs.record import CONFIG
from namecls.runs.run import Run
from namecls.training.learner import Learner
from namecls.training.loop import train
from namecls.training.protocol import prepare
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
