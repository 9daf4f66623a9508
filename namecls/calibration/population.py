"""Populations: the share that each label has among the people asked about; see `label_shift`."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from namecls.data.by_label import of_each_label, read_by_label
from namecls.errors import ConfigError, DataError, ModelFileError, shown
from namecls.language import N_, _, retold

#: Words for populations: that which a model was made for, and one in which all labels are alike.
DATA, UNIFORM = "data", "uniform"

_ROWS = N_("training rows")
#: What populations are called, but for those of files.
_CALLED = (_ROWS, N_("bearers"), N_("uniform"), N_("training rows^{power}"), N_("bearers^{power}"))
_MOST_POWER = 100.0
_LEAST_SHARE, _MOST_SHARE = 1e-15, 1e15


@dataclass(frozen=True, slots=True)
class Population:
    """The share of each label of a model among the people asked about.

    :param name: what it is called beside an answer.
    :param shares: above 0, in the order of the labels; their sum is 1.
    """

    name: str
    shares: tuple[float, ...] = field(repr=False)

    @classmethod
    def of_weights(cls, name: str, weights: Sequence[float]) -> Population:
        """The same of numbers that need not sum to 1."""
        total = math.fsum(weights)
        return cls(name, tuple(weight / total for weight in weights))

    @classmethod
    def of_powers(cls, name: str, sizes: Sequence[float], power: float) -> Population:
        """A population in which the share of a label goes with a power of its size: 1 as they are, 0 all alike.

        :param sizes: above 0.
        :raises ConfigError: if that is no population.
        """
        if not power:
            return cls.of_weights(powered(name, power), [1.0] * len(sizes))
        logs = [power * math.log(size) if size > 0 else math.nan for size in sizes]
        most = max(logs)
        weights = [math.exp(log - most) for log in logs]
        if not all(0 < weight <= 1 for weight in weights):
            raise ConfigError(
                _("the shares of labels under {name}^{power:g} are too small to be told").format(
                    name=name, power=power
                )
            )
        return cls.of_weights(powered(name, power), weights)

    @classmethod
    def uniform(cls, labels: int) -> Population:
        """All labels alike."""
        return cls.of_powers(UNIFORM, [1.0] * labels, 0)

    @classmethod
    def read(cls, path: Path, labels: Sequence[str]) -> Population:
        """The population of a file: a label, a tab and its share in each line, above 0, of any sum.

        :param labels: of the model: the file must have all of them, and no others.
        :raises DataError: if it can't be read, or a label is missing, unknown, or has no such share.
        """
        said = read_by_label(path, most=1, what=_("its share"))
        each = of_each_label(path, said, labels, no_others=True)
        return cls.of_weights(path.name, [_share(path, line, text) for line, (text,) in each])


def powered(name: str, power: float) -> str:
    """What a population is called in which shares go with a power of sizes."""
    return UNIFORM if not power else name if power == 1 else f"{name}^{power:g}"


def population_words(name: str) -> str:
    """What a population is called, as people read it: one of our words in their language, a file by its name."""
    return retold(name, _CALLED)


def stated(prior: str | os.PathLike[str] | Population, labels: Sequence[str]) -> Population | None:
    """The population that is asked about.

    :param prior: `DATA`, `UNIFORM`, the path of a file, or a population itself.
    :return: None: that which the model was made for.
    :raises ConfigError: if a population is of other labels.
    :raises DataError: if the file is none of a population.
    """
    if isinstance(prior, Population):
        if len(prior.shares) != len(labels):
            raise ConfigError(
                _("a prior must have {labels:,} shares, had {shares:,}").format(
                    labels=len(labels), shares=len(prior.shares)
                )
            )
        return prior
    if prior == DATA:
        return None
    if prior == UNIFORM:
        return Population.uniform(len(labels))
    path = Path(prior)
    if not os.path.lexists(path) and not path.suffix:
        raise DataError(
            _("prior: expected {data}, {uniform} or a file, found {path}, which is no file").format(
                data=DATA, uniform=UNIFORM, path=shown(os.fspath(path))
            )
        )
    return Population.read(path, labels)


@dataclass(frozen=True, slots=True)
class Learned:
    """Label counts of the training rows, and the power with which they count.

    :param rows: training rows under each label, in their order; above 0.
    :param power: with which power of them the labels count, by class weights and logit adjustment: 1 as they are, 0 all
        labels alike.
    :raises ModelFileError: if these are no such numbers.
    """

    rows: tuple[float, ...] = field(repr=False)
    power: float = 1.0

    def __post_init__(self) -> None:
        if not self.rows or not all(type(n) in (int, float) and 0 < n <= _MOST_SHARE for n in self.rows):
            raise ModelFileError(_("the training rows of labels must be numbers above 0"))
        if type(self.power) not in (int, float) or not -_MOST_POWER <= self.power <= _MOST_POWER:
            raise ModelFileError(
                _("the power of training rows must be a number, was: {power}").format(power=shown(self.power))
            )

    @property
    def name(self) -> str:
        """What its population is called."""
        return powered(self._kind, self.power)

    @property
    def _kind(self) -> str:
        # Rows are whole, what they count for is not.
        return _ROWS if isinstance(self.rows[0], int) else f"weighted {_ROWS}"

    @property
    def population(self) -> Population:
        """:raises ConfigError: if the power leaves nothing of some labels."""
        return Population.of_powers(self._kind, self.rows, self.power)

    def to_json(self) -> dict[str, Any]:
        return {"rows": list(self.rows), "power": self.power}

    @classmethod
    def from_json(cls, values: Any) -> Learned | None:
        """:raises ModelFileError: if it is neither None nor what it should be."""
        if values is None:
            return None
        if (
            not isinstance(values, dict)
            or set(values) != {"rows", "power"}
            or not isinstance(values["rows"], list)
        ):
            raise ModelFileError(
                _("learned: expected the training rows of each label, found {values}").format(
                    values=shown(values)
                )
            )
        return cls(tuple(values["rows"]), values["power"])


def _share(path: Path, line: int, text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not _LEAST_SHARE <= share <= _MOST_SHARE:
        raise DataError(
            _("{path}: line {line:,}: a share must be a number above 0, was: {text}").format(
                path=path, line=line, text=shown(text)
            )
        )
    return share
