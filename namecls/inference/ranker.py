"""Ranker: the rankings of any number of names, batch by batch; what `Predictor` and the command line answer with."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from namecls.answers import Seen
from namecls.arrays import Array, copied, double, like, most, namespace, sort_falling, whole
from namecls.calibration.label_shift import restated
from namecls.calibration.region_sums import RegionSums, answered_by_region
from namecls.errors import ConfigError
from namecls.guarantees import Guarantees
from namecls.inference.asked import Asked
from namecls.inference.engines import Bulk, bulk_of
from namecls.inference.rankings import IS_OK, IS_TOO_UNCERTAIN, Rankings
from namecls.inference.reading import Unranked, read_names
from namecls.language import _

_PIECE = 8192  # names that are ranked at once: bounds the memory, not the speed
_CHARACTERS = 2**17  # in a batch that does not go through `nn.bulk`: the outputs at each are held
_FEW = 64  # names that share too few prefixes for `nn.bulk`


def most_probable(probabilities: Array, k: int) -> tuple[Array, Array]:
    """The probabilities and ids of the `k` most probable labels; equally probable ones in the order of the labels.

    *Shape:* (names, labels) to (names, k) each
    """
    if k >= probabilities.shape[1]:
        return sort_falling(probabilities)
    values, labels = most(probabilities, k + 1)
    tied = (values[:, 1:] == values[:, :-1]).any(1)
    values, labels = values[:, :k], labels[:, :k]
    if bool(tied.any()):
        sorted_values, sorted_labels = sort_falling(probabilities[tied])
        values, labels = copied(values), copied(labels)
        values[tied], labels[tied] = sorted_values[:, :k], sorted_labels[:, :k]
    return values, labels


def restated_for(
    probabilities: Array, counted: Array, ratios: tuple[NDArray[np.float64] | None, ...] | None
) -> Array:
    """The posterior for the population that is asked about. *Shape:* (names, labels)

    :param counted: 1 for a name that is counted, else 0. *Shape:* (names,)
    """
    for which, ratio in enumerate(ratios or ()):
        rows = counted == which
        if ratio is not None and bool(rows.any()):
            probabilities = copied(probabilities)
            probabilities[rows] = restated(probabilities[rows], ratio)
    return probabilities


class Ranker:
    """Rank the labels of any number of names, in batches. A context manager, which ends its threads.

    The next names may be started before the rankings of these are asked for.

    :param guarantees: the coverage of the prediction sets, and the risk beyond which names are too uncertain.
    :param likely: whether prediction sets are wanted, which cost the most after the forward pass.
    :raises ConfigError: if the model does not hold what it takes to give these guarantees.
    """

    def __init__(
        self, predictor: Asked, k: int, guarantees: Guarantees | None = None, *, likely: bool = True
    ) -> None:
        self._guarantees = guarantees or Guarantees()
        self._predictor = predictor
        self._k = min(max(k, 1), len(predictor.labels))
        self._likely = likely
        self._counted = predictor.loaded.counted
        self._calibrations, self._odds = predictor.calibrations, predictor.odds()
        if predictor.prior is not None and predictor.refitted is None and self._guarantees.risk is not None:
            raise ConfigError(
                _(
                    "risks are fitted for the population that the model was made for, not for {name}: "
                    "leave out the risk, or the prior"
                ).format(name=predictor.prior.name)
            )
        for calibration in self._calibrations:
            calibration.require(self._guarantees)
        self._regions = RegionSums(predictor.regions) if predictor.regions is not None else None
        self._reader: Bulk | None = None
        self._has_bulk = True

    def __enter__(self) -> Ranker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reader is not None:
            self._reader.close()

    def start(self, names: Sequence[str]) -> Callable[[], Iterator[Rankings]]:
        """Start the forward pass; the returned function waits for it, and yields the rankings batch by batch."""
        pieces, encoded = read_names(names, self._predictor.loaded, self._predictor.network_probabilities)
        if (pieces.statuses == IS_OK).sum() < _FEW:
            return lambda: self._read_and_rank(pieces, encoded.lengths)
        if self._reader is None and self._has_bulk:
            self._reader = bulk_of(self._predictor.loaded.network)
            self._has_bulk = self._reader is not None
        if self._reader is None:
            return lambda: self._read_and_rank(pieces, encoded.lengths)
        finish = self._reader.start(encoded.choose(pieces.statuses == IS_OK))
        return lambda: self._rank(pieces, finish())

    def _rank(self, pieces: Unranked, logits: Array) -> Iterator[Rankings]:
        begin = 0
        for start in range(0, len(pieces.names), _PIECE):
            piece = pieces.part(start, start + _PIECE)
            asked = np.flatnonzero(piece.statuses == IS_OK)
            yield self._rankings(piece, asked, logits[begin : begin + len(asked)])
            begin += len(asked)

    def _read_and_rank(self, pieces: Unranked, lengths: NDArray[np.int64]) -> Iterator[Rankings]:
        """The same by the network's own forward pass: for any network, and for few names."""
        count = len(pieces.names)
        number = np.maximum(np.arange(count) // _PIECE, (lengths.cumsum() - 1) // _CHARACTERS)
        edges = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), count]
        for start, end in pairwise(edges):
            piece = pieces.part(start, end)
            asked = np.flatnonzero(piece.statuses == IS_OK)
            ours = [piece.names[place] for place in asked.tolist()]
            network = self._predictor.loaded.network
            yield self._rankings(piece, asked, network.logits_of_names(ours, self._predictor.vocabulary))

    def _rankings(self, piece: Unranked, asked: NDArray[np.int64], logits: Array) -> Rankings:
        carried, places = self._predictor.loaded.carried, asked.tolist()
        seen: dict[int, tuple[Seen, ...]] = {}
        seen_as: dict[int, str] = {}
        if carried is not None and len(asked):
            found, others = carried.counts.look_up([piece.texts[place] for place in places])
            logits = logits + carried.gain * carried.of_counts(found)
            seen_as = {places[row]: name for row, name in others.items()}
            seen = _seen(carried.labels, asked, found)
        probabilities = self._calibrations[0].probabilities(logits)
        library = namespace(probabilities)
        counted = library.zeros(len(asked), dtype=library.int64)
        if self._counted is not None and len(asked):
            counts = self._counted.counts
            found, others = counts.look_up([piece.texts[place] for place in places])
            own = _seen(self._predictor.labels, asked, found)
            seen_as = {place: name for place, name in seen_as.items() if place not in own}
            seen_as |= {places[row]: name for row, name in others.items()}
            counted = whole(found.sum(1) > 0)
            probabilities = counts.blend(probabilities, found, like(piece.foreign[asked], found))
            seen |= own
        probabilities = piece.narrowed(places, probabilities)
        probabilities = restated_for(probabilities, counted, self._odds)
        if not self._likely or not len(asked) or self._calibrations[0].sets is None:
            values, labels = most_probable(probabilities, self._k)
            sizes = library.zeros(len(asked), dtype=library.int64)
        else:
            values, labels = sort_falling(probabilities)
            sizes = library.zeros(len(asked), dtype=library.int64)
            for which, calibration in enumerate(self._calibrations):
                rows = counted == which
                if calibration.sets is not None and bool(rows.any()):
                    wanted = self._guarantees.coverage, self._guarantees.sets
                    sizes[rows] = calibration.sets.sizes(values[rows], *wanted)
            most = max(self._k, int(sizes.max()))
            values, labels = values[:, :most], labels[:, :most]
        regions = self._by_region(probabilities, sizes, values[:, 0]) if self._regions is not None else None
        statuses = piece.statuses
        if self._guarantees.risk is not None and len(asked):
            found_thresholds = [each.threshold(self._guarantees.risk) for each in self._calibrations]
            limits = np.array([t if t is not None else math.inf for t in found_thresholds])
            below = np.asarray(double(values[:, 0])) < limits[np.asarray(counted)]
            statuses = statuses.copy()
            statuses[asked[below]] = IS_TOO_UNCERTAIN
        find = self._predictor.vocabulary.unknown_characters
        unknown = {
            place: tuple(c for c in find(piece.typed[place]) if not c.isspace())
            for place in np.flatnonzero(piece.strange).tolist()
        }
        return Rankings(
            *(statuses, asked, np.asarray(labels), np.asarray(values), np.asarray(sizes)),
            *(piece.read, unknown, seen),
            seen_as=seen_as,
            family=piece.family,
            regions=regions,
            by_counts=frozenset(asked[np.asarray(counted) > 0].tolist()),
        )

    def _by_region(
        self, probabilities: Array, sizes: Array, first: Array
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Regions and their probabilities of the names that are answered by region, too."""
        large = answered_by_region(sizes, first)
        library = namespace(sizes)
        regions = library.full((len(sizes),), -1)
        shares = library.zeros(len(sizes), dtype=library.float32)
        if self._regions is not None and bool(large.any()):
            regions[large], shares[large] = self._regions.answer(probabilities[large])
        return np.asarray(regions), np.asarray(shares)


def _seen(labels: Sequence[str], asked: NDArray[np.int64], found: Array) -> dict[int, tuple[Seen, ...]]:
    """What was counted of the names that were counted, by their places."""
    rows, ids = (np.asarray(each) for each in namespace(found).argwhere(found).T)
    counted = np.asarray(found)[rows, ids]
    order = np.lexsort((ids, -counted, rows))
    rows, names = rows[order], map(labels.__getitem__, ids[order].tolist())
    entries = list(map(Seen, names, counted[order].tolist()))
    begins = np.flatnonzero(np.diff(rows, prepend=-1))
    places, edges = asked[rows[begins]].tolist(), [*begins.tolist(), len(entries)]
    return {
        place: tuple(entries[begin:end]) for place, (begin, end) in zip(places, pairwise(edges), strict=True)
    }
