"""Statistical guarantees that can be asked for: the coverage of prediction sets, the risk of answers.

Both hold for names that are drawn as the rows were which the model was calibrated on, on the average over such
names: not for each name, and not for each label.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

from namecls.errors import ConfigError
from namecls.language import _

#: How prediction sets are made, the default first; `conformal` says what each is.
METHODS = ("aps", "raps", "lac")

#: The coverage of the prediction sets that are shown where no other is asked for.
COVERAGE = 0.9
#: The coverages that are measured and offered.
COVERAGES = (0.8, 0.9, 0.95)
LEAST_COVERAGE, MOST_COVERAGE = 0.5, 0.99

#: The risks that are measured and offered: shares of the given answers that may be wrong.
RISKS = (0.2, 0.1, 0.05)
#: The one of them for which it is measured by label how many names are answered.
RISK = 0.1
LEAST_RISK, MOST_RISK = 0.01, 0.5

#: The most people that sets and risks for counted names are fitted on, and figures by person measured on.
MOST_PEOPLE = 100_000


@dataclass(frozen=True, slots=True)
class Guarantees:
    """Guarantees asked of predictions.

    :param coverage: of the prediction sets: the share of names whose set contains their label, in 0.5..0.99.
    :param sets: how they are made, one of `METHODS`.
    :param risk: at most this share of the given answers may be wrong, in 0.01..0.5; a name of which the model is
        less sure gets none. None: every name gets its answer.
    :raises ConfigError: if a value is not one that it can have.
    """

    coverage: float = COVERAGE
    sets: str = METHODS[0]
    risk: float | None = None

    def __post_init__(self) -> None:
        if not LEAST_COVERAGE <= self.coverage <= MOST_COVERAGE:
            raise ConfigError(
                _("coverage must be from {least_coverage} to {most_coverage}, was: {coverage!r}").format(
                    least_coverage=LEAST_COVERAGE, most_coverage=MOST_COVERAGE, coverage=self.coverage
                )
            )
        if self.sets not in METHODS:
            raise ConfigError(
                _("sets must be one of {methods}, was: {sets!r}").format(
                    methods=_(", ").join(METHODS), sets=self.sets
                )
            )
        if self.risk is not None and not LEAST_RISK <= self.risk <= MOST_RISK:
            raise ConfigError(
                _("risk must be from {least_risk} to {most_risk}, was: {risk!r}").format(
                    least_risk=LEAST_RISK, most_risk=MOST_RISK, risk=self.risk
                )
            )


def least_rows(coverage: float) -> int:
    """The fewest rows that can calibrate sets of this coverage; with fewer, each set holds all labels.

    :param coverage: rounded up to whole percent, as the sets are.
    """
    percent = math.ceil(100 * coverage - 1e-9)
    return math.ceil(percent / (100 - percent)) if percent < 100 else sys.maxsize


def too_few_rows(coverage: float, rows: int | None) -> str:
    """What to say of sets that hold all labels because too few rows calibrate them; nothing if there are enough.

    :param rows: that calibrate them; None: not known.
    """
    if rows is None or rows >= least_rows(coverage):
        return ""
    return _(
        "sets of {as_percent} hold all labels: {rows:,} validation rows calibrate them, it takes "
        "{least_rows:,}"
    ).format(as_percent=as_percent(coverage), rows=rows, least_rows=least_rows(coverage))


def as_percent(share: float) -> str:
    """A stated share as people say it: ``90 %``, ``92.5 %``."""
    return f"{100 * share:.4g} %"
