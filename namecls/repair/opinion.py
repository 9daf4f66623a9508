"""A second opinion: what a model that was trained on other data answers, beside the folds of a file.

How much each of the two counts is fitted to the labels of the file, by maximum likelihood, with a bias for each label,
for labels are not as frequent in both. A share of the labels, which is fitted too, may be any: so wrong ones do not
bend the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from namecls.data.batching import NameDataset
from namecls.data.table import NameTable
from namecls.errors import DataError
from namecls.language import _
from namecls.paths import packaged_model
from namecls.runs.loading import load_model
from namecls.runs.model_files import LoadedModel, load_vocabulary
from namecls.runs.run import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ids = NDArray[np.int64]

_LEAST = 1e-9  # probability, of which a logarithm is taken
_RANDOM = 0.01  # share of labels that are any, to begin with
_STEPS = 40  # after which nothing moves that matters
_LEAST_KNOWN = 2  # labels of a table, that a model can be asked
_MOST_ROWS = 20_000  # that it is fitted to


def load_opinion(directory: Path, sha256: str) -> LoadedModel:
    """A model to give a second opinion.

    :param sha256: of the file that it is asked about.
    :raises DataError: if it was trained on that file: it would find right what it has learned.
    """
    if sha256 and Run(directory).record().data.sha256 == sha256:
        raise DataError(
            _(
                "{name} was trained on this very file; expected a model of other data, for a second opinion"
            ).format(name=directory.name)
        )
    return load_model(directory)


def shipped_opinion(table: NameTable) -> Path | None:
    """The shipped model, if it knows two of the labels of a table and half of them at least, and was not trained on it.

    The app and the command line ask it without being told to.
    """
    directory = packaged_model()
    if Run(directory).record().data.sha256 == table.sha256:
        return None
    known = set(load_vocabulary(Run(directory)).labels) & set(table.labels)
    return directory if len(known) >= _LEAST_KNOWN and 2 * len(known) >= len(table.labels) else None


def check_opinion(model: LoadedModel, labels: Sequence[str]) -> None:
    """See that a model can be asked.

    :raises DataError: if it knows fewer than two of the labels.
    """
    if len(set(model.vocabulary.labels) & set(labels)) < _LEAST_KNOWN:
        raise DataError(
            _(
                "expected a model that knows two of the labels at least, found one of {labels:,} labels, "
                "such as {some}"
            ).format(labels=len(model.vocabulary.labels), some=_(", ").join(model.vocabulary.labels[:3]))
        )


def opinion_of(model: LoadedModel, names: Sequence[str], labels: Sequence[str]) -> Floats:
    """What a model gives each of the labels, for each name: of one that it does not know, the mean of the others.

    *Shape:* (names, labels)

    :raises DataError: if it knows fewer than two of the labels.
    """
    check_opinion(model, labels)
    import polars as pl

    dataset = NameDataset(pl.Series(names, dtype=pl.String), np.zeros(len(names), np.int64), model.vocabulary)
    answers = (model.logits(dataset, names) / model.calibration.temperature).softmax(1).double().numpy()
    places = {label: at for at, label in enumerate(model.vocabulary.labels)}
    known = np.array([label in places for label in labels])
    found = np.zeros((len(names), len(labels)))
    found[:, known] = answers[:, [places[label] for label in labels if label in places]]
    found[:, ~known] = found[:, known].mean(1, keepdims=True)
    return found


def pooled(answers: Floats, opinion: Floats, given: Ids) -> Floats:
    """Probabilities of both together, a logarithmic pool. *Shape:* (rows, labels)

    :param answers: by models that did not see the row; 0 of a label that they did not know, which stays 0.
    :param given: the labels of the file. *Shape:* (rows,)
    """
    both = np.log(np.maximum(np.stack([answers, opinion]), _LEAST))
    judged = np.flatnonzero(answers[np.arange(len(given)), given] > 0)
    some = judged[:: max(-(-len(judged) // _MOST_ROWS), 1)]
    weights, bias = fit_pool(both[:, some], given[some])
    found = _pool(both, weights, bias)
    found[answers == 0] = 0.0
    normed: Floats = found / found.sum(1, keepdims=True)
    return normed


def fit_pool(logs: Floats, given: Ids) -> tuple[Floats, Floats]:
    """How much each of several logarithms counts, and the bias of each label. *Shape:* (several,), (labels,)

    Expectation-maximization over which labels are any; in each step Newton's method for the weights, and proportional
    fitting for the biases.

    :param logs: *Shape:* (several, rows, labels)
    :param given: *Shape:* (rows,)
    """
    several, rows, labels = logs.shape
    own = np.arange(rows), given
    weights, bias, share = np.eye(several)[0], np.zeros(labels), _RANDOM
    for _step in range(_STEPS):
        found = _pool(logs, weights, bias)
        right = (1 - share) * found[own]
        sure = right / (right + share / labels)
        share = 1 - float(sure.mean()) if rows else share
        shares = logs * found
        mean = shares.sum(2)
        slope = ((logs[:, *own] - mean) * sure).sum(1)
        shares *= sure[:, None]
        bend = shares.reshape(several, -1) @ logs.reshape(several, -1).T - (mean * sure) @ mean.T
        weights = np.maximum(weights + np.linalg.solve(bend + np.eye(several), slope), 0)
        expected = (_pool(logs, weights, bias) * sure[:, None]).sum(0)
        bias = bias + np.log((np.bincount(given, sure, labels) + 1) / (expected + 1))
    return weights, bias


def _pool(logs: Floats, weights: Floats, bias: Floats) -> Floats:
    """*Shape:* (rows, labels)"""
    found = np.tensordot(weights, logs, 1) + bias
    found = np.exp(found - found.max(1, keepdims=True))
    pooled: Floats = found / found.sum(1, keepdims=True)
    return pooled
