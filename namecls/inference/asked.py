"""Asked: a model with its run, and what it is asked about, from which a Predictor answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from namecls.arrays import Array
from namecls.calibration.calibrated import Calibration
from namecls.calibration.label_shift import odds
from namecls.calibration.population import Population
from namecls.data.regions import Regions
from namecls.data.vocab import Vocabulary
from namecls.runs.listing import RunInfo
from namecls.runs.model_files import LoadedModel

if TYPE_CHECKING:
    from namecls.nn.model import NameClassifier


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A trained classifier, and what it is asked about.

    :param info: the run that it comes from, with its test metrics.
    :param prior: the population that is asked about; None: that which the model was made for.
    :param refitted: sets and risks for that population; see `refitting`.
    :param regions: of the labels; None: no regions are answered.
    """

    loaded: LoadedModel
    info: RunInfo
    prior: Population | None = None
    refitted: Calibration | None = None
    regions: Regions | None = None

    @property
    def populations(self) -> tuple[str, str]:
        """What the populations are called that answers of the network alone, and for counted names, are of."""
        learned, counted = self.loaded.learned, self.loaded.counted
        if self.prior is not None:
            return self.prior.name, self.prior.name
        return learned.name if learned is not None else "", counted.name if counted is not None else ""

    @property
    def calibrations(self) -> tuple[Calibration, ...]:
        """What calibrates names that the network alone answers, and those that are counted, if any are."""
        fitted = [self.loaded.calibration]
        if self.loaded.counted is not None:
            fitted.append(self.loaded.counted.calibration)
        if self.prior is None:
            return tuple(fitted)
        if self.refitted is not None:
            return (self.refitted,) * len(fitted)
        return tuple(replace(each, sets=None, risks=None) for each in fitted)

    def odds(self) -> tuple[NDArray[np.float64] | None, ...] | None:
        """By what the probabilities of both kinds of names are multiplied for the population that is asked about."""
        learned, counted = self.loaded.learned, self.loaded.counted
        if self.prior is None or learned is None:
            return None
        made_for = [learned.population, *([counted.population] if counted is not None else [])]
        return tuple(odds(self.prior, each) for each in made_for)

    @property
    def model(self) -> NameClassifier:
        """The network of torch; see `LoadedModel.model`."""
        return self.loaded.model

    @property
    def vocabulary(self) -> Vocabulary:
        return self.loaded.vocabulary

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels, in the order of the logits."""
        return self.loaded.vocabulary.labels

    def network_probabilities(self, names: Sequence[str]) -> Array:
        """Compute the probability of every label by the network alone, for the population that it was made for.

        :return: rows sum to 1. *Shape:* (names, labels)
        """
        logits = self.loaded.network.logits_of_names(names, self.vocabulary)
        return self.loaded.calibration.probabilities(logits)
