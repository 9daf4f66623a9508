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
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    asked = [text for place, name in parts.items() for text in (names[place], name.whole)]
    whole = _bearers(counts, list(dict.fromkeys(asked)))
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
            for (place, name), it_does in zip(unsure.items(), stand_first.tolist(), strict=True)
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
) -> NDArray[np.bool_]:
    """Whether the first word of each name is the family name.

    :param labels: those whose family names stand first. *Shape:* (labels,)
    """
    stands_first = np.zeros(len(names), dtype=np.bool_)
    words, first, family = _rows([name.first for name in names], [name.family for name in names])
    if counts is not None:
        bearers = counts.bearers(words)
        asked = np.flatnonzero(bearers[first] >= bearers[family])
    else:
        asked = np.arange(len(names))
    words, first = _rows([names[i].first for i in asked.tolist()])
    if not words:
        return stands_first
    alone = network(words)
    theirs = like(labels, alone)
    blended = alone if counts is None else counts.blend(alone, counts.of_names(words))
    known = blended[:, theirs].sum(1)
    may_be = np.asarray(known >= LEAST_KNOWN)[first]
    asked, first = asked[may_be], first[may_be]
    words, last = _rows([names[i].last for i in asked.tolist()])
    if not words:
        return stands_first
    both = blended[first] * network(words)[last]
    agreed = both[:, theirs].sum(1)
    does = (agreed > both.sum(1) / 2) & (agreed * len(labels) >= LEAST_GIVEN * known[first])
    stands_first[asked[np.asarray(does)]] = True
    return stands_first


def _rows(*columns: Sequence[str]) -> tuple[Any, ...]:
    """Different words, and for each column the places of its own among them. *Shape:* each (names,)"""
    place = {word: row for row, word in enumerate(dict.fromkeys(chain(*columns)))}
    places = [np.array([place[word] for word in column], dtype=np.int64) for column in columns]
    return list(place), *places


def _bearers(counts: NameCounts | None, names: Sequence[str]) -> Mapping[str, float]:
    """How many bearers of each name were counted, under all labels together."""
    if counts is None or not names:
        return {}
    return dict(zip(names, counts.bearers(names).tolist(), strict=True))


def with_family_names(names: Sequence[str], found: Mapping[int, str]) -> Sequence[str]:
    """Names, with the family name in the place of those in which one was found."""
    return [found.get(place, name) for place, name in enumerate(names)] if found else names
