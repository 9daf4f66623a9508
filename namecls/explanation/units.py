"""Units: which number of a network's representation tells a label, or an ending, from all others; and what moves it.

A unit is one of the numbers that the last linear layers take of a name (`represented`): a hidden unit, pooled in one
way, a filter, or a number of the bag of n-grams. How well it separates some names from the others is the area under the
ROC curve: the probability that it is higher (or lower) for one of them than for another name, ties counted half. Units
are searched on training names, and since the best of many looks better than it is, told is what they are worth on names
that they were not searched on, and if there is one on those of another file.

That a unit separates a label does not make it that label's: the same unit may stand for something else on other names
(Bolukbasi et al., An Interpretability Illusion for BERT, 2021, https://arxiv.org/abs/2104.07143), and others may say
the same. Hence the other file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from namecls.data.batching import NameDataset
from namecls.errors import ConfigError, DataError, shown
from namecls.explanation.letters import read_letters
from namecls.explanation.represented import Rows, represented, unit_titles
from namecls.explanation.steps import MovedName, SeparatingUnit, UnitNames, Units
from namecls.language import _

if TYPE_CHECKING:
    from namecls.inference.prediction import Predictor

#: Names of a label or with an ending, and others, that are looked at.
MOST_NAMES, MOST_OTHERS = 1000, 3000
#: With fewer names on a side there is no telling.
FEWEST = 5


def separating_units(
    predictor: Predictor,
    searched: Rows,
    held_out: Rows,
    *,
    label: str | None = None,
    ending: str | None = None,
    check: Rows | None = None,
    name: str | None = None,
    k: int = 5,
    names_each: int = 0,
) -> Units:
    """The units that separate the names of a label, or with an ending, best from all others.

    :param searched: names on which the units are searched.
    :param held_out: others on which they are measured; those that are searched, too, are left out.
    :param check: of another file.
    :param name: whose values of these units are told.
    :param names_each: so many of the searched names that move each unit most are told, each way.
    :raises ConfigError: if there is no such label, or neither or both are given.
    :raises DataError: if too few names are of the label, or have the ending.
    """
    if (label is None) == (ending is None):
        raise ConfigError(_("units are searched for a label or for an ending, one of them"))
    if label is not None and label not in predictor.labels:
        raise ConfigError(
            _("expected a label of the model {name}, found {label}").format(
                name=predictor.info.name, label=shown(label)
            )
        )
    known = set(searched.names)
    fresh = _where(held_out, np.array([each not in known for each in held_out.names], dtype=bool))
    found = [_both(predictor, rows, label, ending) for rows in (searched, fresh, check)]
    areas = [_areas(predictor, both) for both in found]
    first = areas[0]
    if first is None:
        raise DataError(
            _(
                "expected {fewest} training names at least of {label}, and as many others, to search on"
            ).format(fewest=FEWEST, label=shown(label or ending))
        )
    best = np.argsort(-np.abs(first - 0.5), kind="stable")[: max(k, 1)]
    titles, values = unit_titles(predictor.model.config), _values_of(predictor, name)

    def area(which: int, unit: int) -> float | None:
        values = areas[which]
        if values is None:
            return None
        return float(values[unit] if first[unit] >= 0.5 else 1 - values[unit])

    return Units(
        label=label,
        ending=ending,
        units=tuple(
            SeparatingUnit(
                number=unit,
                title=titles[unit],
                is_high=bool(first[unit] >= 0.5),
                searched=float(max(first[unit], 1 - first[unit])),
                held_out=area(1, unit),
                checked=area(2, unit),
                value=float(values[unit]) if values is not None else None,
            )
            for unit in best.tolist()
        ),
        names=_counts(found, 0),
        others=_counts(found, 1),
        moved=_moved(predictor, searched, best.tolist(), names_each) if names_each else (),
    )


def moving_names(predictor: Predictor, rows: Rows, unit: int, k: int = 8) -> UnitNames:
    """The names that move a unit most.

    :param unit: its number, from 0.
    :raises ConfigError: if there is no such unit.
    :raises DataError: if there are no names.
    """
    titles = unit_titles(predictor.model.config)
    if not 0 <= unit < len(titles):
        raise ConfigError(
            _("expected a unit from 0 to {titles:,}, found {unit}").format(
                titles=len(titles) - 1, unit=shown(unit)
            )
        )
    (found,) = _moved(predictor, rows, [unit], k)
    return found


def _moved(predictor: Predictor, rows: Rows, units: Sequence[int], k: int) -> tuple[UnitNames, ...]:
    some = rows.some(MOST_NAMES + MOST_OTHERS)
    if not len(some):
        raise DataError(_("expected names that may move a unit, found none"))
    titles = unit_titles(predictor.model.config)
    all_values = represented(predictor.model, some.dataset(predictor.vocabulary)).numpy()

    def told(unit: int) -> UnitNames:
        values = all_values[:, unit]
        order = np.argsort(-values, kind="stable").tolist()
        highest, lowest = (
            tuple(
                MovedName(
                    name=some.names[at], label=predictor.labels[int(some.labels[at])], value=float(values[at])
                )
                for at in places[:k]
            )
            for places in (order, order[::-1])
        )
        return UnitNames(number=unit, title=titles[unit], highest=highest, lowest=lowest, names=len(some))

    return tuple(map(told, units))


def area_under_curve(values: NDArray[np.floating], positive: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The area under the ROC curve of each column; ties count half. *Shape:* values (names, units), positive (names,)

    It is the statistic of Mann and Whitney: the mean rank of the positive ones, rescaled.
    """
    ones, zeros = values[positive], np.sort(values[~positive], axis=0)
    found = np.empty(values.shape[1])
    for unit in range(values.shape[1]):
        below = np.searchsorted(zeros[:, unit], ones[:, unit], side="left")
        not_above = np.searchsorted(zeros[:, unit], ones[:, unit], side="right")
        found[unit] = (below + not_above).mean() / (2 * len(zeros))
    return found


def _both(
    predictor: Predictor, rows: Rows | None, label: str | None, ending: str | None
) -> tuple[Rows, Rows] | None:
    """Some names of a label or with an ending, and some others; None if they are too few."""
    if rows is None or not len(rows):
        return None
    if label is not None:
        mine = rows.labels == predictor.labels.index(label)
    else:
        normalizer = predictor.vocabulary.normalizer
        wanted = normalizer(ending or "")
        mine = np.array(
            [bool(wanted) and normalizer(each).endswith(wanted) for each in rows.names], dtype=bool
        )
    ones, others = _where(rows, mine).some(MOST_NAMES), _where(rows, ~mine).some(MOST_OTHERS)
    return (ones, others) if min(len(ones), len(others)) >= FEWEST else None


def _areas(predictor: Predictor, both: tuple[Rows, Rows] | None) -> NDArray[np.float64] | None:
    if both is None:
        return None
    ones, others = both
    values = represented(predictor.model, ones.with_rows(others).dataset(predictor.vocabulary)).numpy()
    return area_under_curve(values, np.arange(len(values)) < len(ones))


def _counts(found: list[tuple[Rows, Rows] | None], side: int) -> tuple[int, int, int]:
    searched, held_out, checked = (len(both[side]) if both is not None else 0 for both in found)
    return searched, held_out, checked


def _where(rows: Rows, mask: NDArray[np.bool_]) -> Rows:
    return Rows([rows.names[at] for at in np.flatnonzero(mask).tolist()], rows.labels[mask])


def _values_of(predictor: Predictor, name: str | None) -> NDArray[np.floating] | None:
    """The values of all units for a name."""
    if name is None:
        return None
    read = read_letters(predictor, name).read
    values: NDArray[np.floating] = represented(
        predictor.model, NameDataset([read], [0], predictor.vocabulary)
    )[0].numpy()
    return values
