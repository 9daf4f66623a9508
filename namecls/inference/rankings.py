"""Rankings: predictions of many names, as columns; and what may be asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import index

import numpy as np
from numpy.typing import NDArray

from namecls.answers import NO_LETTERS, OK, TOO_LITTLE, TOO_UNCERTAIN, UNKNOWN_LETTERS, UNKNOWN_SCRIPT, Seen
from namecls.errors import ConfigError, DataError, shown
from namecls.language import _

#: What `Rankings.statuses` counts in.
STATUSES = (OK, NO_LETTERS, UNKNOWN_SCRIPT, TOO_UNCERTAIN, UNKNOWN_LETTERS, TOO_LITTLE)
IS_OK, HAS_NO_LETTERS, IS_UNKNOWN_SCRIPT, IS_TOO_UNCERTAIN, HAS_UNKNOWN_LETTERS, IS_TOO_LITTLE = range(
    len(STATUSES)
)


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """Predictions of many names, as columns.

    *Shape:* `statuses` (names,), places in `STATUSES`; `asked` (ranked,), the places of the names that have a ranking,
    whose status is "ok" or "too uncertain"; for these, best first, `labels` and `probabilities` (ranked, at least k),
    and `sizes` (ranked,), those of the prediction sets, 0 if not calibrated or not wanted.

    :param read: each name as the model reads it, normalized.
    :param regions: the region that each ranked name is answered with, by its place in the names of the regions, -1
        where it is not, and its probability; None: no regions are known. *Shape:* each (ranked,)
    :param unknown: the characters that the model does not know, by the place of the name.
    :param seen_as: the other spelling that some of it was counted under, by the place of the name.
    :param family: what was taken for the family name of a full name, by the place of the name.
    :param by_counts: the places of the names that the model's own counts answer; others were seen by those that were
        carried over, which speak within the network.
    """

    statuses: NDArray[np.int8]
    asked: NDArray[np.int64]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    sizes: NDArray[np.int64]
    read: Sequence[str]
    unknown: Mapping[int, tuple[str, ...]]
    seen: Mapping[int, tuple[Seen, ...]]
    seen_as: Mapping[int, str]
    family: Mapping[int, str]
    regions: tuple[NDArray[np.int64], NDArray[np.float32]] | None = None
    by_counts: frozenset[int] = frozenset()

    def are_uncertain(self) -> NDArray[np.bool_]:
        """Which of the names that have a ranking are too uncertain. *Shape:* (ranked,)"""
        uncertain: NDArray[np.bool_] = self.statuses[self.asked] == IS_TOO_UNCERTAIN
        return uncertain


def as_texts(names: Iterable[str]) -> list[str]:
    """Names from anything that can be gone through.

    :raises DataError: if one is no text.
    """
    try:
        texts = list(names)
    except TypeError:
        raise DataError(_("expected names as texts, found {names}").format(names=shown(names))) from None
    for place, name in enumerate(texts):
        if not isinstance(name, str):
            raise DataError(
                _(
                    "name {place:,} of {texts:,} is {name}, expected a text: leave it out, or put a text "
                    "in its place"
                ).format(place=place + 1, texts=len(texts), name=shown(name))
            )
    return texts


def as_count(k: object, labels: int) -> int:
    """How many labels are wanted.

    :raises ConfigError: if that is no number of labels.
    """
    if k is None:
        return labels
    if isinstance(k, bool) or not hasattr(k, "__index__") or index(k) < 1:
        raise ConfigError(
            _("k must be a whole number from 1, or None for all labels, was: {k}").format(k=shown(k))
        )
    return index(k)
