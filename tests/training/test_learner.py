"""One step of learning."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from namecls.data.table import NameTable
from namecls.training.learner import Learner
from namecls.training.protocol import learned_from, prepare
from tests.library import SMALL, small_table


def test_the_loss_of_an_ensemble_is_the_mean_of_what_its_members_learn_by() -> None:
    config = replace(
        SMALL,
        model=replace(
            SMALL.model, network="rnn,cnn,ngram", filters=4, buckets=256, dropout=0.0, ngram_dropout=0.0
        ),
    )
    learner = Learner(config, prepare(config, small_table()), torch.device("cpu"))
    indices = torch.arange(12)
    batch = learner.train_set.batch(indices)
    with torch.no_grad():
        answers = learner.model.answers(batch.ids, batch.lengths)
    losses = [float(F.cross_entropy(logits, batch.labels)) for logits in answers]
    assert max(losses) - min(losses) > 1e-3
    learner.step(indices)
    at = learner.position
    assert (at.names, at.epoch_names, at.window_names) == (12, 12, 12)
    assert abs(at.epoch_loss / 12 - sum(losses) / 3) < 1e-5
    assert at.window_loss == at.epoch_loss
    assert at.epoch_hits == int((learner.model.combine(answers).argmax(1) == batch.labels).sum())


@pytest.mark.parametrize(
    ("settings", "offsets", "name"),
    [
        ({}, 0.0, "training rows"),
        ({"class_weights": "balanced"}, 0.0, "uniform"),
        ({"logit_adjustment": 0.5}, 0.0, "training rows^0.5"),
        ({"operating_point": "macro-f1"}, 0.3, "training rows^0.7"),
    ],
)
def test_what_moves_answers_to_rare_labels_is_told_with_the_population(
    settings: dict[str, object], offsets: float, name: str
) -> None:
    table = small_table()
    config = replace(SMALL, **settings)  # type: ignore[arg-type]
    rare = NameTable.from_pairs(list(zip(table.names, table.label_of_rows, strict=True))[:124])
    prepared = prepare(config, rare)
    learner = Learner(config, prepared, torch.device("cpu"))
    learner.model.offsets.copy_(offsets * learner.log_shares)
    learned = learned_from(config, learner.model, prepared)
    assert learned.rows == tuple(torch.bincount(prepared.train.labels).tolist())
    assert len(set(learned.rows)) > 1
    assert learned.name == name
