"""At what risk a name is answered, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from namecls.guarantees import RISKS, as_percent
from namecls.language import _

if TYPE_CHECKING:
    from namecls.answers import Prediction


def is_withheld(prediction: Prediction, risk: float | None) -> bool:
    """Whether a name is too uncertain to be answered at a risk; never without risk thresholds."""
    return risk is not None and prediction.risks is not None and risk not in prediction.risks


def told_at_risk(prediction: Prediction, risk: float | None) -> str:
    """At what risk the name is answered: at that which was chosen, else at which it would be; empty: not known."""
    kept = prediction.risks
    if risk is not None:
        if kept is None:
            words = _("this model has no risk thresholds; a risk of {risk} was asked for")
        elif risk in kept:
            words = _("answered at {risk} risk: of such answers at most {risk} are wrong")
        else:
            words = _("too uncertain: of such names more than {risk} may be wrong")
        return words.format(risk=as_percent(risk))
    if kept is None:
        return ""
    if not kept:
        return _("too uncertain even at {risk} risk").format(risk=as_percent(max(RISKS)))
    if len(kept) == len(RISKS):
        return _("answered at {risk} risk").format(risk=as_percent(min(kept)))
    words = _("answered at {risk} risk, too uncertain at {beyond}")
    return words.format(risk=as_percent(min(kept)), beyond=as_percent(max(set(RISKS) - set(kept))))
