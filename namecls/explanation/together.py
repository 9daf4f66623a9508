"""All views of a name together, as `namecls explain` has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from namecls.answers import Prediction
from namecls.explanation.belief import belief
from namecls.explanation.changes import changes
from namecls.explanation.evidence import TrainingNames
from namecls.explanation.influence import influence
from namecls.explanation.views import Belief, Changes, Evidence, Influence

if TYPE_CHECKING:
    from namecls.inference.prediction import Predictor


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a model answers a name as it does.

    But for `prediction` and `seen`, all of it is of the network alone, without the counts that may stand beside it.
    """

    prediction: Prediction
    seen: Evidence
    belief: Belief
    influence: Influence
    changes: Changes

    def to_json(self) -> dict[str, Any]:
        return {
            "prediction": self.prediction.to_json(),
            "seen": self.seen.to_json(),
            "belief": self.belief.to_json(),
            "influence": self.influence.to_json(),
            "changes": self.changes.to_json(),
        }


def explain(
    predictor: Predictor,
    name: str,
    label: str | None = None,
    against: str | None = None,
    *,
    names: TrainingNames | None = None,
    k: int = 8,
) -> Explanation:
    """All views of a name.

    :param label: whose influence is told; None: the network's first answer.
    :param against: the label that it is compared with, and that the smallest changes lead to; None: all others.
    :param names: the data of the model; None: they are read again.
    :param k: how many labels.
    :raises DataError: if the name has no letters, or the model does not know a label.
    """
    found = influence(predictor, name, label, against, randomised=True)
    names = names if names is not None else TrainingNames.of(predictor)
    return Explanation(
        prediction=predictor.predict(name, k),
        seen=names.evidence(name),
        belief=belief(predictor, name, k),
        influence=found,
        changes=changes(predictor, name, against, names),
    )
