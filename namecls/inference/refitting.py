"""A Predictor for a stated population: prediction sets and risks fitted for it, and rows that stand for its people.

The validation rows hold some labels more often than the people asked about do. If the names of each label are alike in
both, a row stands for so many people as its label's share there is to that among the rows (importance weights under
label shift). Sets are fitted by weighted quantiles. The test by which risks are kept counts rows: it has rows that are
drawn by these weights, fewer of them, but as if drawn from the population.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from namecls.calibration.conformal import fit_sets
from namecls.calibration.label_shift import label_weights, restated
from namecls.calibration.people import people_of
from namecls.calibration.temperature import count_risks
from namecls.errors import ConfigError, DataError, shown
from namecls.inference.prediction import Predictor
from namecls.language import _
from namecls.runs.run import Run
from namecls.training.protocol import encode_table, known_names, recorded_splits, refuse_refitted

_SEED = 0


def refit(predictor: Predictor, data: Path | None = None) -> Predictor:
    """The same, with prediction sets and risks for its stated population, fitted on the validation rows of its run.

    :param data: where the data file of the run lies now, if it was moved.
    :raises ConfigError: if the model has counts beside its network, whose people are not at hand.
    :raises RunError: if the run does not tell what its validation rows are.
    :raises DataError: if they are gone, or hold no row of some label.
    """
    if predictor.prior is None:
        return predictor
    if predictor.loaded.counted is not None:
        raise ConfigError(
            _(
                "{name}: sets and risks can't be fitted for the population {population}: they are fitted on "
                "people who bear the names that it has counts of, and these are not at hand; leave out "
                "coverage and risk, or the prior"
            ).format(name=predictor.info.name, population=predictor.prior.name)
        )
    run = Run.open(predictor.info.directory)
    refuse_refitted(run)
    validation = recorded_splits(run, data).validation
    dataset, _unknown = encode_table(validation, predictor.vocabulary)
    weights = label_weights(predictor.prior, dataset.labels)
    if bool((missing := weights == torch.inf).any()):
        label = predictor.labels[int(missing.nonzero()[0])]
        raise DataError(
            _(
                "{title}: sets and risks can't be fitted for the population {name}: none of the "
                "validation rows is of {label}; leave out coverage and risk, or the prior"
            ).format(title=validation.title, name=predictor.prior.name, label=shown(label))
        )
    logits = predictor.loaded.logits(dataset, known_names(validation, predictor.vocabulary))
    probabilities = _restated(predictor, predictor.loaded.calibration.probabilities(logits))
    draws = torch.rand(len(dataset), generator=torch.Generator().manual_seed(_SEED), dtype=torch.double)
    kept = draws < (weights / weights.max())[dataset.labels]
    fitted = replace(
        predictor.loaded.calibration,
        sets=fit_sets(probabilities, dataset.labels, weights),
        risks=count_risks(probabilities[kept], dataset.labels[kept]),
    )
    return replace(predictor, refitted=fitted)


def as_in_population(predictor: Predictor, logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Rows as the stated population would have them, as many as there are: each as often as it stands for people.

    Labels without rows are left out of the population.

    :param logits: at the temperature of the model. *Shape:* (rows, labels)
    :param target: *Shape:* (rows,)
    :return: log-probabilities for that population, labels, and for the chance in figures, some of the rows: as many as
        tell as much as if they were drawn from it. *Shape:* (people, labels), (people,), (some,)
    """
    if predictor.prior is None:
        return logits, target, torch.arange(len(target))
    weights = label_weights(predictor.prior, target)[target]
    weights = weights * len(target) / weights.sum()
    answers = _restated(predictor, logits.softmax(1)).clamp(min=1e-30).log()
    people = people_of(weights)
    worth = round(float(weights.sum() ** 2 / (weights**2).sum()))
    return answers[people], target[people], people_of(torch.ones(len(people)), max(worth, 1))


def _restated(predictor: Predictor, probabilities: Tensor) -> Tensor:
    """Those of the network, for the stated population."""
    ratios = predictor.odds()
    return restated(probabilities, ratios[0]) if ratios is not None else probabilities
