"""What a comparison of networks comes to: figures with their spread over seeds, and which differences exceed the noise.

The noise is of two kinds: another seed gives other weights, and other test names would give another share of right
answers. Both are drawn again (paired bootstrap): in each of many resamples the test rows and the seeds are drawn with
replacement, the same ones for all networks, and the difference of two networks is taken of these. Its middle 95 % are
the interval; a difference exceeds the noise if 0 is not in it. Nothing is corrected for the number of pairs, and few
seeds tell little of all seeds: of one, only the noise of the test rows is in the interval.

After Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 13 and 15.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from namecls.errors import RunError, shown
from namecls.language import N_, _

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ids = NDArray[np.int64]

#: The file in which a comparison is kept.
COMPARISON = "comparison.json"
FIGURES = ("accuracy", "macro_f1")
_TITLES = {"accuracy": N_("accuracy"), "macro_f1": N_("macro-F1")}
#: Resamples, and the share of them that an interval holds.
RESAMPLES, INTERVAL = 1000, 0.95

_SEED = 0
_MOST_RUNS, _MOST_POINTS, _LARGEST = 1600, 100_000, 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A figure over seeds: mean, sample standard deviation (0 of one seed), lowest and highest."""

    mean: float
    deviation: float
    lowest: float
    highest: float

    @classmethod
    def over(cls, values: Sequence[float]) -> Spread:
        return cls(
            mean=statistics.fmean(values),
            deviation=statistics.stdev(values) if len(values) > 1 else 0.0,
            lowest=min(values),
            highest=max(values),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRun:
    """One training of a comparison.

    :param run: its name, in the directory of runs.
    :param seconds: of training.
    :param validation: accuracy on the validation rows after each epoch.
    :param reach: how much the answers hang on a letter by its distance from the last one, as a share of what they hang
        on that: see `comparison.reach_by_distance`. Empty: no part of the network takes letters one by one.
    :param far: the same of all letters that stand five or more before the last.
    """

    network: str
    seed: int
    run: str
    accuracy: float
    macro_f1: float
    seconds: float
    epochs: int
    parameters: int
    validation: tuple[float, ...]
    reach: tuple[float, ...]
    far: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedNetwork:
    """A network of a comparison, over its seeds."""

    network: str
    runs: tuple[ComparedRun, ...]
    accuracy: Spread
    macro_f1: Spread
    seconds: Spread
    far: Spread | None

    @classmethod
    def of(cls, runs: Sequence[ComparedRun]) -> ComparedNetwork:
        far = [run.far for run in runs if run.far is not None]
        return cls(
            network=runs[0].network,
            runs=tuple(runs),
            accuracy=Spread.over([run.accuracy for run in runs]),
            macro_f1=Spread.over([run.macro_f1 for run in runs]),
            seconds=Spread.over([run.seconds for run in runs]),
            far=Spread.over(far) if len(far) == len(runs) else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The figure of one network less that of another, with the interval of the noise.

    :param figure: one of `FIGURES`.
    :param exceeds_noise: whether 0 lies outside the interval.
    """

    first: str
    second: str
    figure: str
    mean: float
    low: float
    high: float
    exceeds_noise: bool

    @property
    def text(self) -> str:
        """In words: ``gru against rnn, accuracy: +2.10 points (+1.20 to +3.00), exceeds the noise``."""
        verdict = _("exceeds the noise") if self.exceeds_noise else _("within the noise")
        points = _("{mean:+.2f} points ({low:+.2f} to {high:+.2f})").format(
            mean=100 * self.mean, low=100 * self.low, high=100 * self.high
        )
        return _("{first} against {second}, {figure}: {points}, {verdict}").format(
            first=self.first,
            second=self.second,
            figure=_(_TITLES[self.figure]),
            points=points,
            verdict=verdict,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Networks trained on the same rows, under the same seeds, with the same budget."""

    name: str
    data: str  # name of the file
    seeds: tuple[int, ...]
    test_rows: int
    networks: tuple[ComparedNetwork, ...]
    differences: tuple[Difference, ...]
    resamples: int = RESAMPLES
    interval: float = INTERVAL

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Comparison:
        """The inverse of `to_json`, for values from a file. The figures of a network are made of its runs again.

        :raises RunError: if it is no comparison.
        """
        try:
            networks = [
                ComparedNetwork.of([_read(ComparedRun, run) for run in _few(each["runs"], _MOST_RUNS)])
                for each in _few(values["networks"], _MOST_RUNS)
            ]
            rest = {
                "networks": tuple(networks),
                "differences": tuple(
                    _read(Difference, each) for each in _few(values["differences"], 10 * _MOST_RUNS)
                ),
            }
            found: Comparison = _read(cls, {**values, **rest})
            if not networks:
                raise ValueError(_("no network"))
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise RunError(
                _("expected a comparison of networks, found something else: {error!r}").format(error=error)
            ) from error
        return found


def runs_to_json(runs: Sequence[ComparedRun]) -> dict[str, Any]:
    """A JSON object of runs that are over."""
    return {"runs": [asdict(run) for run in runs]}


def runs_from_json(values: Mapping[str, Any]) -> tuple[ComparedRun, ...]:
    """The inverse of `runs_to_json`, for values from a file.

    :raises RunError: if they are no runs.
    """
    try:
        return tuple(_read(ComparedRun, run) for run in _few(values["runs"], _MOST_RUNS))
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(
            _("expected runs of a comparison, found something else: {error!r}").format(error=error)
        ) from error


def differences(
    predicted: Mapping[str, Ids], target: Ids, labels: int, resamples: int = RESAMPLES
) -> tuple[Difference, ...]:
    """The differences of every two networks, and which exceed the noise.

    :param predicted: label ids by each network under each seed. *Shape:* each (seeds, rows)
    :param target: true label ids. *Shape:* (rows,)
    """
    import numpy as np

    drawn = np.random.default_rng(_SEED)
    seeds, rows = next(iter(predicted.values())).shape
    whole = np.ones(rows)
    usual = {name: _figures(ids, target, labels, whole).mean(0) for name, ids in predicted.items()}
    redrawn = {name: np.empty((resamples, len(FIGURES))) for name in predicted}
    for number in range(resamples):
        weights = np.bincount(drawn.integers(0, rows, rows), minlength=rows).astype(float)
        chosen = drawn.integers(0, seeds, seeds)
        for name, ids in predicted.items():
            redrawn[name][number] = _figures(ids, target, labels, weights)[chosen].mean(0)
    found = []
    for first, second in itertools.combinations(predicted, 2):
        edges = np.quantile(
            redrawn[first] - redrawn[second], [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=0
        )
        for at, figure in enumerate(FIGURES):
            low, high = edges[:, at].tolist()
            found.append(
                Difference(
                    first=first,
                    second=second,
                    figure=figure,
                    mean=float(usual[first][at] - usual[second][at]),
                    low=low,
                    high=high,
                    exceeds_noise=low > 0 or high < 0,
                )
            )
    return tuple(found)


def _figures(predicted: Ids, target: Ids, labels: int, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Accuracy and macro-F1 under each seed, of rows that count as often as their weights say. *Shape:* (seeds, 2)"""
    import numpy as np

    support = np.bincount(target, weights, minlength=labels)
    found = np.empty((len(predicted), len(FIGURES)))
    for seed, ids in enumerate(predicted):
        right = ids == target
        hits = np.bincount(target[right], weights[right], minlength=labels)
        both = support + np.bincount(ids, weights, minlength=labels)
        found[seed] = hits.sum() / weights.sum(), (2 * hits[both > 0] / both[both > 0]).mean()
    return found


def _few(values: Any, most: int) -> list[Any]:
    if not isinstance(values, list) or len(values) > most:
        raise TypeError(
            _("expected a list of at most {most:,}, found {values}").format(most=most, values=shown(values))
        )
    return values


def _read(kind: type[Any], values: Mapping[str, Any]) -> Any:
    """A dataclass of values from a file, each seen to be of its type and a number that can be drawn."""
    made = dict(values)
    for name, annotation in kind.__annotations__.items():
        value = (
            made[name] if name in made or name not in ("resamples", "interval") else getattr(kind, name, None)
        )
        if annotation.startswith("tuple[") and isinstance(value, list):
            made[name] = value = tuple(_few(value, _MOST_POINTS))
        if not _FITS[annotation](value):
            raise TypeError(_("{name} is none: {found}").format(name=name, found=shown(value)))
    return kind(**made)


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= _LARGEST


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


_FITS: Mapping[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "int": _is_count,
    "bool": lambda value: type(value) is bool,
    "float": _is_number,
    "float | None": lambda value: value is None or _is_number(value),
    "tuple[float, ...]": lambda value: isinstance(value, tuple) and all(map(_is_number, value)),
    "tuple[int, ...]": lambda value: isinstance(value, tuple) and all(map(_is_count, value)),
    "tuple[ComparedNetwork, ...]": lambda value: isinstance(value, tuple),
    "tuple[Difference, ...]": lambda value: isinstance(value, tuple),
}
