"""Counted: name counts beside a network, with what calibrates their answers."""

from __future__ import annotations

from dataclasses import dataclass

from namecls.arrays import add_at, double, namespace
from namecls.calibration.calibrated import Calibration
from namecls.calibration.counts import NameCounts
from namecls.calibration.population import Population, powered

#: The population that is asked about: the share of a label goes with this power of its bearers. 1: as they were
#: counted; 0: all labels alike.
LABEL_PRIOR = 0.5
_BEARERS = "bearers"


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Counts, and the prediction sets and risks for the names in them.

    :param label_prior: with which power of its bearers the share of a label goes in the population that is asked about.
    """

    counts: NameCounts
    calibration: Calibration
    label_prior: float = LABEL_PRIOR

    @property
    def name(self) -> str:
        """What the population is called."""
        return powered(_BEARERS, self.label_prior)

    @property
    def population(self) -> Population:
        """The population that the answers for counted names are of.

        A bearer weighs a power of the bearers of his label, less 1: by that these are known again.
        """
        power = self.label_prior
        if power == 1:
            counts, library = self.counts, namespace(self.counts.priors)
            sizes = library.ones(len(counts.priors), dtype=library.float64)
            add_at(sizes, counts.labels, double(counts.counts))
        else:
            sizes = double(self.counts.priors) ** (1 / (power - 1))
        return Population.of_powers(_BEARERS, sizes.tolist(), power)
