"""Strategy of a hyperparameter search: which settings to try next, and which trial to prune. Pure functions.

New settings come from a tree-structured Parzen estimator (Bergstra et al., Algorithms for Hyper-Parameter
Optimization, 2011, https://papers.nips.cc/paper/4443) with kernels over all settings together, as in BOHB (Falkner
et al., 2018, https://arxiv.org/abs/1807.01774): the better trials and the others each make a density, and of some draws
from the former the one is taken for which the ratio of the two is highest.

A trial is pruned by the median rule (Golovin et al., Google Vizier, 2017, https://doi.org/10.1145/3097983.3098043):
when its best figure is below the median of what the others had by then. "By then" is the same share of the epochs that
each is to have, not the same epoch: with a schedule of the learning rate, the third of six epochs is far nearer the
end than the third of twenty.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Mapping, Sequence

from namecls.config import TrainConfig
from namecls.search.space import Settings, Space, Value, Words, is_meant
from namecls.search.study import COMPLETED, FAILED, Trial

#: Trials before the estimator is used: the preset itself, and settings drawn at random.
FIRST = 8
#: The share of the trials that count as good, and how many draws compete.
GOOD, DRAWS = 0.2, 24
#: The least number of others, and the least share of the epochs, before a trial is pruned.
LEAST_OTHERS, LEAST_SHARE = 3, 0.2

_WIDTH = 0.2  # of a kernel over a whole range, for one trial
_SURE = 0.7  # of a kernel over words, for its own word
_TRIES = 200
_MOST_REST = 300  # of the trials that are not good: more would only take time
_ROOT_2, _TWICE_PER_ROOT_TAU = math.sqrt(2), 2 / math.sqrt(math.tau)

Point = Mapping[str, float | Value]  # places in 0..1 for numbers, words as they are


def propose(space: Space, base: TrainConfig, trials: Sequence[Trial], seed: int) -> dict[str, Value] | None:
    """Propose the settings of the next trial; None if the space is exhausted.

    The first are those of `base`, or the nearest that the space has. The same trials and seed lead to the same
    settings.
    """
    if not trials:
        return _meant({name: each.nearest(base.value_of(name)) for name, each in space.items()}, base)
    draw = random.Random(f"{seed}/{len(trials) + 1}")
    seen = [trial.settings for trial in trials]
    over = [trial for trial in trials if trial.is_over]
    good, rest = _two_sides(over)
    if len(over) < FIRST or not good:
        return next((new for _ in range(_TRIES) if (new := _anything(space, base, draw)) not in seen), None)
    better = [_point(space, trial.settings) for trial in good]
    worse = [_point(space, trial.settings) for trial in rest[-_MOST_REST:]]
    drawn = [_near(space, base, better, draw) for _ in range(DRAWS)]
    drawn += (
        [_anything(space, base, draw) for _ in range(_TRIES)] if all(new in seen for new in drawn) else []
    )
    fresh = [new for new in drawn if new not in seen]
    if not fresh:
        return None
    return max(fresh, key=lambda new: _ratio(space, _point(space, new), better, worse))


def is_behind(trial: Trial, others: Sequence[Trial]) -> bool:
    """Whether to prune a trial, after the epochs that it has had."""
    share = len(trial.figures) / trial.epochs
    if share < LEAST_SHARE or not trial.figures:
        return False
    then = [figure for other in others if (figure := figure_at(other, share)) is not None]
    return len(then) >= LEAST_OTHERS and max(trial.figures) < statistics.median(then)


def figure_at(trial: Trial, share: float) -> float | None:
    """Best figure of a trial after a share of its epochs; None if it had none yet, or came less far."""
    epoch = math.floor(share * trial.epochs + 1e-9)
    reached = (
        len(trial.figures) if trial.status != COMPLETED else trial.epochs
    )  # one that stopped early would stay so
    return max(trial.figures[:epoch]) if 1 <= epoch <= reached and trial.figures else None


def _two_sides(trials: Sequence[Trial]) -> tuple[list[Trial], list[Trial]]:
    """The better ones and the others. A pruned one counts by how far it came, then by its figure."""
    worked = [trial for trial in trials if trial.status != FAILED and trial.figure is not None]
    worked.sort(
        key=lambda t: (t.status == COMPLETED, t.progress if t.status != COMPLETED else 1.0, t.figure),
        reverse=True,
    )
    count = math.ceil(GOOD * len(worked))
    return worked[:count], [*worked[count:], *(trial for trial in trials if trial not in worked)]


def _anything(space: Space, base: TrainConfig, draw: random.Random) -> dict[str, Value]:
    """Settings at random."""
    return _meant(
        {
            name: draw.choice(dimension.values)
            if isinstance(dimension, Words)
            else dimension.at(draw.random())
            for name, dimension in space.items()
        },
        base,
    )


def _near(space: Space, base: TrainConfig, points: Sequence[Point], draw: random.Random) -> dict[str, Value]:
    """Settings drawn from the density of these points."""
    center: Point = draw.choice([*points, {}])
    width = _width(space, len(points))
    new: dict[str, Value] = {}
    for name, dimension in space.items():
        at = center.get(name)
        if isinstance(dimension, Words):
            new[name] = (
                at if at in dimension.values and draw.random() < _SURE else draw.choice(dimension.values)
            )
        else:
            new[name] = dimension.at(_inside(at, width, draw) if isinstance(at, float) else draw.random())
    return _meant(new, base)


def _inside(at: float, width: float, draw: random.Random) -> float:
    """Draw from a normal distribution truncated to 0..1."""
    for _ in range(_TRIES):
        if 0 <= (place := draw.gauss(at, width)) <= 1:
            return place
    return at


def _ratio(space: Space, point: Point, better: Sequence[Point], worse: Sequence[Point]) -> float:
    """Log-ratio of the densities of the better trials and of the others at a point."""
    return _density(space, point, better) - _density(space, point, worse)


def _density(space: Space, point: Point, points: Sequence[Point]) -> float:
    """Log-density of points at a point (Parzen estimate); a uniform prior counts as one point more."""
    width = _width(space, len(points))
    terms = [0.0]
    for center in points:
        terms.append(
            sum(
                math.log(_kernel(value, center[name], width, dimension))
                for name, dimension in space.items()
                if (value := point.get(name)) is not None and name in center
            )
        )
    top = max(terms)
    return top + math.log(sum(math.exp(term - top) for term in terms) / len(terms))


def _kernel(value: object, center: object, width: float, dimension: object) -> float:
    """Kernel density of a value around a center, relative to uniform."""
    if isinstance(dimension, Words):
        return (_SURE if value == center else 0.0) * len(dimension.values) + (1 - _SURE)
    if not isinstance(value, float) or not isinstance(center, float):
        return 1.0
    within = math.erf((1 - center) / (_ROOT_2 * width)) + math.erf(center / (_ROOT_2 * width))
    height = _TWICE_PER_ROOT_TAU * math.exp(-(((value - center) / width) ** 2) / 2) / (width * within)
    return max(height, 1e-12)


def _width(space: Space, points: int) -> float:
    """Bandwidth of the kernels, by Scott's rule."""
    return float(_WIDTH * max(points, 1) ** (-1 / (len(space) + 4)))


def _point(space: Space, settings: Settings) -> Point:
    """Settings as a point. What the space does not hold, or can't place, is left out."""
    point: dict[str, float | Value] = {}
    for name, value in settings.items():
        dimension = space.get(name)
        if isinstance(dimension, Words):
            point[name] = value
        elif dimension is not None and (place := dimension.place_of(value)) is not None:
            point[name] = place
    return point


def _meant(settings: Mapping[str, Value], base: TrainConfig) -> dict[str, Value]:
    """Settings without those that say nothing beside the others."""
    return {name: value for name, value in settings.items() if is_meant(name, settings, base)}
