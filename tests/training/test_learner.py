"""One step of learning."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch.nn import functional as F

from namecls.training.learner import Learner
from namecls.training.protocol import prepare
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
