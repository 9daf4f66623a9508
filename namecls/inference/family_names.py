"""Which part of a full name is the family name, by what is known of its words.

In Chinese characters and Hangul without a space it is the longest beginning that is counted, if the whole is not
(`王小明`). The rule for a name of more than one word, after titles, initials, degrees and generations are left out:

1. What stands before a comma is the family name.
2. A name that is counted as it stands is read whole (`De Luca`, `Van Dyck`).
3. Else it is the last word with its particles (`data.full_names`), unless the first word is known as a family name of
      those whose family names stand first: it has at least as many bearers as the other, and both words together are
   rather of such labels than of others, the first by what was counted, the last, a given name, by the network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from namecls.arrays import Array, like
from namecls.calibration.counts import NameCounts
from namecls.data.full_names import FullName, beginnings, may_be_full, take_apart

#: Labels of peoples whose family names stand first.
FAMILY_FIRST = frozenset({"Chinese", "Hungarian", "Japanese", "Korean", "Taiwanese", "Vietnamese"})
#: The first word may be such a family name if these labels have at least this share of its answer.
LEAST_KNOWN = 0.15
#: The last word may be a given name of these labels if the network gives them at least this part of an equal share.
LEAST_GIVEN = 0.2


def family_names(
    names: Sequence[str],
    labels: Sequence[str],
    counts: NameCounts | None,
    network: Callable[[Sequence[str]], Array],
) -> dict[int, str]:
    """The family names of those names that have more to them, by their places.

    :param network: the probabilities that the network gives names. *Shape:* (names, labels)
    """
    full = [place for place, name in enumerate(names) if may_be_full(name)]
    run_on = {place: options for place in full if (options := beginnings(names[place]))}
    parts = {place: take_apart(names[place]) for place in full if place not in run_on}
    parts = {place: name for place, name in parts.items() if name.family != names[place]}
    whole = _bearers(counts, [names[place] for place in parts] + [name.whole for name in parts.values()])
    found = _beginnings(names, run_on, counts)
    unsure: dict[int, FullName] = {}
    for place, name in parts.items():
        if whole.get(names[place]):
            continue
        if whole.get(name.whole):
            found[place] = name.whole
            continue
        found[place] = name.family
        if name.first:
            unsure[place] = name
    first = np.array([label in FAMILY_FIRST for label in labels])
    if unsure and bool(first.any()):
        stand_first = _stand_first(list(unsure.values()), first, counts, network)
        found |= {
            place: name.first
            for (place, name), it_does in zip(unsure.items(), stand_first, strict=True)
            if it_does
        }
    return found


def _beginnings(
    names: Sequence[str], run_on: Mapping[int, tuple[str, ...]], counts: NameCounts | None
) -> dict[int, str]:
    """The longest beginning that is counted of each name that is not."""
    bearers = _bearers(counts, [n for place, some in run_on.items() for n in (names[place], *some)])
    found: dict[int, str] = {}
    for place, options in run_on.items():
        family = next((option for option in options if bearers.get(option)), "")
        if family and not bearers.get(names[place]):
            found[place] = family
    return found


def _stand_first(
    names: Sequence[FullName],
    labels: Array,
    counts: NameCounts | None,
    network: Callable[[Sequence[str]], Array],
) -> list[bool]:
    """Whether the first word of each name is the family name.

    :param labels: those whose family names stand first. *Shape:* (labels,)
    """
    words = list(dict.fromkeys(word for name in names for word in (name.first, name.family, name.last)))
    bearers = _bearers(counts, words)
    asked = [n for n in names if bearers.get(n.first, 0) >= bearers.get(n.family, 0)]
    words = list(dict.fromkeys(word for name in asked for word in (name.first, name.last)))
    if not words:
        return [False] * len(names)
    place = {word: row for row, word in enumerate(words)}
    alone = network(words)
    first = like(labels, alone)
    blended = alone if counts is None else counts.blend(alone, counts.of_names(words))
    found = dict.fromkeys(names, False)
    for name in asked:
        family, given = blended[place[name.first]], alone[place[name.last]]
        both = family * given
        agreed, known = float(both[first].sum()), float(family[first].sum())
        found[name] = (
            known >= LEAST_KNOWN
            and agreed > float(both.sum()) / 2
            and agreed * len(labels) >= LEAST_GIVEN * known
        )
    return [found[name] for name in names]


def _bearers(counts: NameCounts | None, names: Sequence[str]) -> Mapping[str, float]:
    """How many bearers of each name were counted, under all labels together."""
    if counts is None or not names:
        return {}
    return dict(zip(names, counts.of_names(names).sum(1).tolist(), strict=True))


def with_family_names(names: Sequence[str], found: Mapping[int, str]) -> Sequence[str]:
    """Names, with the family name in the place of those in which one was found."""
    return [found.get(place, name) for place, name in enumerate(names)] if found else names
