"""Calibration: what was fitted on the calibration rows, as it is applied to logits; `temperature` fits it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from namecls.arrays import Array, softmax
from namecls.calibration.abstention import RiskTable
from namecls.calibration.conformal import ConformalSets
from namecls.errors import ConfigError, ModelFileError
from namecls.guarantees import Guarantees
from namecls.language import _

_LEAST_TEMPERATURE, _MOST_TEMPERATURE = 1e-3, 1e3


@dataclass(frozen=True, slots=True)
class Calibration:
    """Temperature, conformal thresholds and risk table of a model.

    :param temperature: logits are divided by it; above 1 lowers the confidence.
    :param sets: None: nothing was fitted.
    :param risks: None: nothing was fitted.
    :raises ModelFileError: if a value is not one that it can have.
    """

    temperature: float = 1.0
    sets: ConformalSets | None = None
    risks: RiskTable | None = None

    def __post_init__(self) -> None:
        if not _LEAST_TEMPERATURE <= self.temperature <= _MOST_TEMPERATURE:
            raise ModelFileError(
                _(
                    "temperature must be from {least_temperature:g} to {most_temperature:g}, was: "
                    "{temperature!r}"
                ).format(
                    least_temperature=_LEAST_TEMPERATURE,
                    most_temperature=_MOST_TEMPERATURE,
                    temperature=self.temperature,
                )
            )

    @property
    def rows(self) -> int | None:
        """The rows that it was fitted on; None: not known."""
        return self.risks.answered[-1] if self.risks is not None else None

    def probabilities(self, logits: Array) -> Array:
        """Softmax of the scaled logits. *Shape:* (rows, labels) -> (rows, labels), rows sum to 1."""
        return softmax(logits / self.temperature)

    def threshold(self, risk: float) -> float | None:
        """The least probability of the first label with which a name is answered at this risk; None: no name is.

        :raises ConfigError: if the model holds no table of risks.
        """
        if self.risks is None:
            raise ConfigError(
                _(
                    "the model holds no table of risks, since it was imported: ask without a risk, or "
                    "calibrate it anew: namecls runs calibrate"
                )
            )
        return self.risks.threshold(risk)

    def require(self, guarantees: Guarantees) -> None:
        """:raises ConfigError: if it can't give them. Without sets none are given; that is no error."""
        if self.sets is not None:
            self.sets.require(guarantees.sets)
        if guarantees.risk is not None:
            self.threshold(guarantees.risk)

    def to_json(self) -> dict[str, Any]:
        return {
            "temperature": self.temperature,
            "sets": self.sets.to_json() if self.sets is not None else None,
            "risks": self.risks.to_json() if self.risks is not None else None,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Calibration:
        """:raises ModelFileError: if it does not hold what it should."""
        try:
            temperature = values["temperature"]
            if type(temperature) not in (int, float):
                raise TypeError(_("found something that is no number"))
            sets, risks = values["sets"], values["risks"]
            return cls(
                float(temperature),
                ConformalSets.from_json(sets) if sets is not None else None,
                RiskTable.from_json(risks) if risks is not None else None,
            )
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
            raise ModelFileError(
                _("calibration: expected a temperature, sets and risks, or null for these: {error!r}").format(
                    error=error
                )
            ) from error
