"""All views of a name together, as `namecls explain` has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from namecls.answers import Prediction
from namecls.errors import ConfigError, NameclsError, RunError
from namecls.explanation.belief import belief
from namecls.explanation.changes import changes
from namecls.explanation.evidence import TrainingNames
from namecls.explanation.influence import influence
from namecls.explanation.neighbours import NeighbourIndex
from namecls.explanation.over_time import over_time
from namecls.explanation.reach import reach
from namecls.explanation.represented import Rows, learned_and_held_out, run_of
from namecls.explanation.steps import Neighbours, OverTime, Reach, Units
from namecls.explanation.units import separating_units
from namecls.explanation.views import Belief, Changes, Evidence, Influence

if TYPE_CHECKING:
    from namecls.inference.prediction import Predictor


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a model answers a name as it does.

    But for `prediction` and `seen`, all of it is of the network alone, without the counts that may stand beside it.

    :param neighbours: None: it is not known what the model was trained on.
    :param reach: None: no part of the network takes letters one by one.
    :param units: those that tell the label whose influence is told; None: as for neighbours.
    :param over_time: None: no checkpoints of epochs were kept.
    """

    prediction: Prediction
    seen: Evidence
    belief: Belief
    influence: Influence
    changes: Changes
    neighbours: Neighbours | None
    reach: Reach | None
    units: Units | None
    over_time: OverTime | None

    def to_json(self) -> dict[str, Any]:
        return {
            "prediction": self.prediction.to_json(),
            "seen": self.seen.to_json(),
            "belief": self.belief.to_json(),
            "influence": self.influence.to_json(),
            "changes": self.changes.to_json(),
            "neighbours": self.neighbours.to_json() if self.neighbours is not None else None,
            "reach": self.reach.to_json() if self.reach is not None else None,
            "units": self.units.to_json() if self.units is not None else None,
            "over_time": self.over_time.to_json() if self.over_time is not None else None,
        }


#: Names that move a unit most, each way.
NAMES_EACH = 6


def explain(
    predictor: Predictor,
    name: str,
    label: str | None = None,
    against: str | None = None,
    *,
    names: TrainingNames | None = None,
    index: NeighbourIndex | None = None,
    data: Path | None = None,
    check: Rows | None = None,
    k: int = 8,
) -> Explanation:
    """All views of a name.

    :param label: whose influence is told; None: the network's first answer.
    :param against: the label that it is compared with, and that the smallest changes lead to; None: all others.
    :param names: the data of the model; None: they are read again.
    :param index: of the names that it was trained on; None: it is looked for, or made.
    :param data: where the file of these names lies now, if it was moved.
    :param check: rows of another file, on which the units are checked.
    :param k: how many labels.
    :raises DataError: if the name has no letters, or the model does not know a label.
    """
    found = influence(predictor, name, label, against, randomised=True)
    names = names if names is not None else TrainingNames.of(predictor, data)
    rows = cache(lambda: learned_and_held_out(run_of(predictor), predictor.vocabulary, data))
    return Explanation(
        prediction=predictor.predict(name, k),
        seen=names.evidence(name),
        belief=belief(predictor, name, k),
        influence=found,
        changes=changes(predictor, name, against, names),
        neighbours=_neighbours(predictor, name, index, rows),
        reach=_reach(predictor, name, label),
        units=_units(predictor, name, found.label, rows, check),
        over_time=_over_time(predictor, name),
    )


def _units(
    predictor: Predictor,
    name: str,
    label: str,
    rows: Callable[[], tuple[Rows, Rows]],
    check: Rows | None,
) -> Units | None:
    try:
        return separating_units(
            predictor, *rows(), label=label, name=name, check=check, names_each=NAMES_EACH
        )
    except NameclsError:  # the data are not at hand, or too few
        return None


def _over_time(predictor: Predictor, name: str) -> OverTime | None:
    try:
        return over_time(run_of(predictor), name)
    except RunError:  # of no run, or none was kept
        return None


def _neighbours(
    predictor: Predictor, name: str, index: NeighbourIndex | None, rows: Callable[[], tuple[Rows, Rows]]
) -> Neighbours | None:
    try:
        index = index if index is not None else NeighbourIndex.of(predictor, rows)
    except NameclsError:  # the data are not at hand, and no index was kept
        return None
    return index.query(predictor, name)


def _reach(predictor: Predictor, name: str, label: str | None) -> Reach | None:
    try:
        return reach(predictor, name, label)
    except ConfigError:
        return None
