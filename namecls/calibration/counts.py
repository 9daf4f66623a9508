"""NameCounts: how often the training data contain this very name, and under which labels, beside a network.

A network generalises to unseen names; names that many people bear need no generalising, since a table holds their
counts. A name with the counts n_l is answered by the posterior mean under a Dirichlet prior whose mean is
the network:

    (n_l + s_l p_l) / sum over all labels m of (n_m + s_m p_m)

with p_l the calibrated probabilities of the network and s_l its strength. It is one number for all labels, but for
those whose bearers are known from lists alone: that a name is on no list says little, so that the network has more say.
A name that is not in the table is answered by the network exactly as before. Where the counts are of a population with
other shares of the labels than the one that is asked about, `priors` weighs them (Bayes' rule); n stays what it is.

Names are held as hashes of 64 bits, sorted: 100,000 names take 1.5 MB, and looking one up takes a few microseconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from anyascii import anyascii
from numpy.typing import NDArray

from namecls.arrays import Array, add_at, double, like, namespace, repeat, rising_order, single, whole
from namecls.calibration.spellings import KINDS as SPELLINGS
from namecls.calibration.spellings import Spellings
from namecls.data.spelling import forms, forms_of_key, has_han, in_order
from namecls.errors import ConfigError, ModelFileError
from namecls.language import _
from namecls.normalization import name_key

#: Strengths that are tried: how many people the network's opinion counts for, of a name with one bearer.
STRENGTHS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0, 11.0, 16.0, 32.0)
#: Powers that are tried: with which power of the bearers of a name that grows.
POWERS = (0.0, 0.25, 0.5, 0.75)
#: What a count weighs that was found under another spelling of the name, or with its words in another order.
ANOTHER_SPELLING, ANOTHER_ORDER = 0.5, 0.25
#: A name with so many bearers has a spelling of its own, and is not looked for under others.
ENOUGH = 20.0
#: Names with fewer bearers are found by their own spelling alone.
LEAST_SPELLED = 3.0
#: More labels than this, or more of one name, can't be counted: a file has two bytes and one byte for them.
MOST_LABELS, MOST_OF_A_NAME = 2**15 - 1, 255

# Of a file: between these all products are finite, and none is 0.
_LEAST_COUNT, _MOST_COUNT, _MOST_PRIOR = 1e-7, 1e24, 1e6

#: The tensors of a file, and what each holds.
KINDS = {
    "keys": {"I64"},
    "sizes": {"U8"},
    "labels": {"I16"},
    "counts": {"F32", "I16"},  # the latter where all are whole
    "priors": {"F32"},
    "strengths": {"F32"},
    "power": {"F32"},
    **SPELLINGS,
}


@dataclass(frozen=True, slots=True, eq=False)
class NameCounts:
    """How often each name stands under each label.

    *Shape:* `keys` (names,) int64, rising; `starts` (names + 1,) int64, where a name's entries begin; `labels` and
    `counts` (entries,) int64 and float32.

    :param priors: what a count of each label weighs. *Shape:* (labels,)
    :param strengths: how many people the network's opinion of each label counts for, of a name with one bearer.
        *Shape:* (labels,)
    :param power: with which power of the bearers of a name the strengths grow: names that many bear are at home with
        more peoples than they were counted under.
    :param spellings: to find names by other spellings of them.
    """

    keys: Array
    starts: Array
    labels: Array
    counts: Array
    priors: Array
    strengths: Array
    power: float = 0.0
    spellings: Spellings = field(default_factory=lambda: Spellings.of(()))
    totals: Array = field(init=False)  # bearers of each name under all labels. *Shape:* (names,) float32

    def __post_init__(self) -> None:
        library = namespace(self.counts)
        upto = library.concatenate([library.zeros(1, dtype=library.float64), double(self.counts).cumsum(0)])
        object.__setattr__(self, "totals", single(library.diff(upto[self.starts])))

    def __repr__(self) -> str:
        least, most = float(self.strengths.min()), float(self.strengths.max())
        strength = f"{least:g}" if least == most else f"{least:g} to {most:g}"
        grows = f" n^{self.power:g}" if self.power else ""
        return (
            f"<NameCounts of {len(self):,} names, {len(self.labels):,} entries, strength {strength}{grows}>"
        )

    def __len__(self) -> int:
        return len(self.keys)

    @classmethod
    def of_rows(
        cls,
        names: Sequence[str],
        label_ids: Array,
        weights: Array,
        *,
        priors: Array,
        least: float = 2.0,
        strength: float = 1.0,
    ) -> NameCounts:
        """The counts of rows.

        :param weights: how often each row counts. *Shape:* (rows,)
        :param priors: *Shape:* (labels,)
        :param least: names with fewer bearers in all are left to the network.
        :raises ConfigError: if there are too many labels to be counted.
        """
        if len(priors) > MOST_LABELS:
            raise ConfigError(
                _("names can be counted under at most {most_labels:,} labels, there are {priors:,}").format(
                    most_labels=MOST_LABELS, priors=len(priors)
                )
            )
        keys = _hashes(map(name_key, names))
        ids, weighed = np.asarray(label_ids, dtype=np.int64), np.asarray(weights, dtype=np.float64)
        order = np.lexsort((ids, keys))
        pairs = np.stack([keys[order], ids[order]], 1)
        begins = np.diff(pairs, axis=0, prepend=pairs[:1] - 1).any(1)
        unique = pairs[begins]
        counts = np.bincount(begins.cumsum() - 1, weighed[order], minlength=len(unique))
        names_of, firsts, sizes = np.unique(unique[:, 0], return_index=True, return_counts=True)
        totals = np.add.reduceat(counts, firsts) if len(firsts) else counts
        kept = (totals >= least) & (sizes <= MOST_OF_A_NAME)
        entries = np.repeat(kept, sizes)
        spelled = np.flatnonzero(np.isin(keys, names_of[kept & (totals >= LEAST_SPELLED)])).tolist()
        # The most borne of the names that differ in case alone comes last, and stays.
        shown = {
            int(keys[row]): names[row] for row in sorted(spelled, key=lambda row: (weighed[row], names[row]))
        }
        return cls(
            like(names_of[kept], priors),
            like(np.concatenate([[0], sizes[kept].cumsum()]), priors),
            like(unique[entries, 1], priors),
            like(counts[entries].astype(np.float32), priors),
            single(priors),
            namespace(priors).full((len(priors),), strength, dtype=namespace(priors).float32),
            spellings=Spellings.of(shown.values()),
        )

    def with_strengths(self, strengths: Array, power: float) -> NameCounts:
        """The same counts, with other strengths of the network. *Shape:* (labels,)"""
        return replace(self, strengths=strengths, power=power)

    def of_names(self, names: Sequence[str], *, other_spellings: bool = True) -> Array:
        """`look_up` without what was found; all 0 for a name that is not in the table.

        :return: *Shape:* (names, labels) float32
        """
        return self.look_up(names, other_spellings=other_spellings)[0]

    def look_up(self, names: Sequence[str], *, other_spellings: bool = True) -> tuple[Array, dict[int, str]]:
        """Look up the counts of names.

        A name with fewer than `ENOUGH` bearers under its own spelling is also looked for under others: without its
        accents or with those that it lacks, with letters for digraphs and the other way round, with or without
        apostrophes, hyphens and blanks after particles (`data.spelling.forms`), in another order of its words, and by
        its transliteration, but for Chinese characters. What is found so counts half, or a quarter in another order; if
        there are any bearers under its own spelling, half of that, and the less the more there are.

        :return: the counts, *shape:* (names, labels) float32; and by its place the most borne of the other spellings
            of each name that was found under one.
        """
        library = namespace(self.priors)
        found = library.zeros((len(names), len(self.priors)), dtype=library.float32)
        matches = self._matches(list(map(name_key, names)), other_spellings=other_spellings)
        self._add(found, matches)
        return found, matches.others

    def bearers(self, names: Sequence[str]) -> NDArray[np.float32]:
        """How many bearers of each name were counted, under all labels together. *Shape:* (names,)"""
        matches = self._matches(list(map(name_key, names)))
        counted = np.asarray(matches.weights * self.totals[matches.entries])
        return np.bincount(np.asarray(matches.rows), counted, minlength=len(names)).astype(np.float32)

    def of_name(self, name: str) -> dict[int, float]:
        """The counts of one name, by the ids of its labels, the largest first."""
        row = self.of_names([name])[0]
        ids = namespace(row).argwhere(row)[:, 0].tolist()
        return dict(sorted(((i, float(row[i])) for i in ids), key=lambda entry: -entry[1]))

    def blend(self, probabilities: Array, counts: Array, alone: Array | None = None) -> Array:
        """Posterior mean of the label probabilities of names with these counts: n_l + s_l n^power p_l, normalized.

        :param probabilities: of the network. *Shape:* (names, labels)
        :param counts: from `of_names`. *Shape:* (names, labels)
        :param alone: the names of which the network knows no letter: the counts alone speak. *Shape:* (names,)
        :return: rows sum to 1; where there are no counts, the network's. *Shape:* (names, labels)
        """
        total = counts.sum(1, keepdims=True)
        weighed = counts * self.priors
        shares = weighed / weighed.sum(1, keepdims=True).clip(min=1e-30)
        strengths = self.strengths if alone is None else self.strengths * single(~alone[:, None])
        blended = total * shares + strengths * total.clip(min=1) ** self.power * probabilities
        normal = blended / blended.sum(1, keepdims=True).clip(min=1e-30)
        return namespace(counts).where(total > 0, normal, probabilities)

    def to_tensors(self) -> dict[str, Array]:
        """Arrays for a safetensors file."""
        library = namespace(self.starts)
        return {
            "keys": self.keys,
            "sizes": library.asarray(library.diff(self.starts), dtype=library.uint8),
            "labels": library.asarray(self.labels, dtype=library.int16),
            "counts": library.asarray(self.counts, dtype=library.int16) if self._are_whole() else self.counts,
            "priors": self.priors,
            "strengths": self.strengths,
            "power": library.asarray([self.power], dtype=library.float32),
            **{name: library.asarray(each) for name, each in self.spellings.to_arrays().items()},
        }

    def _are_whole(self) -> bool:
        return bool((self.counts == self.counts.round()).all()) and bool((self.counts < 2**15).all())

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Array], labels: int) -> NameCounts:
        """The inverse of `to_tensors`.

        :raises ModelFileError: if these are no such counts.
        """
        keys, sizes = tensors["keys"], whole(tensors["sizes"])
        ids, counts, priors = whole(tensors["labels"]), single(tensors["counts"]), tensors["priors"]
        strengths, power = tensors["strengths"], tensors["power"]
        rises = bool((keys[1:] > keys[:-1]).all())
        fits = (
            len(sizes) == len(keys)
            and bool((sizes > 0).all())
            and int(sizes.sum()) == len(ids) == len(counts)
            and (not len(ids) or (int(ids.min()) >= 0 and int(ids.max()) < labels))
            and len(priors) == len(strengths) == labels
            and _within(counts, _LEAST_COUNT, _MOST_COUNT)
            and _within(priors, 1 / _MOST_COUNT, _MOST_PRIOR)
            and _within(strengths, _LEAST_COUNT, _MOST_PRIOR)
            and len(power) == 1
            and 0 <= float(power[0]) <= 1
        )
        if not rises or not fits:
            raise ModelFileError(_("the counts of names don't fit each other or the labels"))
        starts = namespace(sizes).concatenate([sizes[:1] * 0, sizes.cumsum(0)])
        spellings = (
            Spellings.from_tensors(tensors) if SPELLINGS.keys() <= tensors.keys() else Spellings.of(())
        )
        return cls(keys, starts, ids, counts, priors, strengths, float(power[0]), spellings)

    def _matches(self, keys: Sequence[str], *, other_spellings: bool = True) -> _Matches:
        """What stands in the table of names, by their keys."""
        library = namespace(self.keys)
        rows, entries = self._entries(keys)
        weights = library.ones(len(rows), dtype=library.float32)
        own = np.zeros(len(keys), dtype=np.float32)
        own[np.asarray(rows)] = np.asarray(self.totals[entries])
        few = np.flatnonzero(own < ENOUGH).tolist() if other_spellings and len(self.keys) else []
        others = self._others([keys[row] for row in few])
        which, found = self._entries([other.key for other in others])
        if not len(which):
            return _Matches(rows, entries, weights, {})
        others = [others[i] for i in which.tolist()]
        places = [few[other.place] for other in others]
        # In eighths, so that counts don't get many digits.
        left = np.ceil(8 * (1 - own[places] / np.float32(ENOUGH))) / 8
        weighed = np.array([other.weight for other in others], dtype=np.float32)
        weighed *= np.where(own[places] > 0, left / 2, 1.0)
        ordered = rising_order(like(weighed, self.totals) * self.totals[found]).tolist()
        return _Matches(
            library.concatenate([rows, library.asarray(places)]),
            library.concatenate([entries, found]),
            library.concatenate([weights, like(weighed, weights)]),
            {places[i]: others[i].name for i in ordered},  # the most borne one last
        )

    def _entries(self, keys: Sequence[str]) -> tuple[Array, Array]:
        """Which of some names, by their keys, stand in the table, and where. *Shape:* both (found,)"""
        library = namespace(self.keys)
        if not len(self.keys):
            return (library.zeros(0, dtype=library.int64),) * 2
        wanted = like(_hashes(keys), self.keys)
        places = library.searchsorted(self.keys, wanted).clip(max=len(self.keys) - 1)
        here = library.argwhere(self.keys[places] == wanted)[:, 0]
        return here, places[here]

    def _others(self, keys: Sequence[str]) -> list[_Other]:
        """Other spellings that names, by their keys, may be counted under, once each."""
        places, asked, weights = _other_forms(keys)
        new = [i for i, form in enumerate(asked) if form != keys[places[i]]]
        here, _ = self._entries([asked[i] for i in new])  # few of them are names
        found: dict[tuple[int, str], _Other] = {}
        for i in map(new.__getitem__, here.tolist()):
            name = asked[i].title()
            key = asked[i] if asked[i].isascii() else name_key(name)
            found.setdefault((places[i], asked[i]), _Other(places[i], key, name, weights[i]))
        for i, names in self.spellings.find(asked).items():
            for name in names:
                if (key := name_key(name)) != keys[places[i]]:
                    found.setdefault((places[i], key), _Other(places[i], key, name, weights[i]))
        return list(found.values())

    def _add(self, found: Array, matches: _Matches) -> None:
        """Add the counts of entries of the table, weighed, to rows."""
        library = namespace(self.starts)
        starts, sizes = self.starts[matches.entries], library.diff(self.starts)[matches.entries]
        entry = library.arange(int(sizes.sum())) - repeat(sizes.cumsum(0) - sizes, sizes)
        entry += repeat(starts, sizes)
        weighed = repeat(matches.weights, sizes) * self.counts[entry]
        add_at(found, (repeat(matches.rows, sizes), self.labels[entry]), weighed)


class _Matches(NamedTuple):
    """Entries of the table that names were found under.

    *Shape:* the first three (found,)

    :param rows: the names, by their places.
    :param weights: what a count there weighs.
    :param others: by its place the most borne of the other spellings of each name that was found under one.
    """

    rows: Array
    entries: Array
    weights: Array
    others: dict[int, str]


class _Other(NamedTuple):
    """Another spelling of the name at a place."""

    place: int
    key: str
    name: str
    weight: float


def _other_forms(keys: Sequence[str]) -> tuple[list[int], list[str], list[float]]:
    """Forms that names, by their keys, share with other spellings: the place of the name, the form, its weight."""
    places, asked, weights = [], [], []
    for place, key in enumerate(keys):
        if key.isascii() and key.isalpha():  # it is its only form
            places.append(place)
            asked.append(key)
            weights.append(ANOTHER_SPELLING)
            continue
        own = forms_of_key(key)
        if not key.isascii() and not _is_latin(key) and not has_han(key):
            own = (*own, *forms(anyascii(key)))
        own = tuple(filter(None, own))
        turned = [
            form for form in dict.fromkeys(in_order(form) for form in own if " " in form) if form not in own
        ]
        places += [place] * (len(own) + len(turned))
        asked += (*own, *turned)
        weights += [ANOTHER_SPELLING] * len(own) + [ANOTHER_ORDER] * len(turned)
    return places, asked, weights


def _within(values: Array, least: float, most: float) -> bool:
    return bool(((values >= least) & (values <= most)).all())


def _hashes(keys: Iterable[str]) -> NDArray[np.int64]:
    """64-bit hashes of names, by their keys. *Shape:* (keys,)"""
    blake = hashlib.blake2b
    digests = [blake(key.encode("utf-8", "surrogatepass"), digest_size=8).digest() for key in keys]
    return np.frombuffer(b"".join(digests), dtype=">i8").astype(np.int64)


def _is_latin(name: str) -> bool:
    return all(
        character < "\u0250" or "\u1e00" <= character < "\u1f00" for character in name if character.isalpha()
    )
