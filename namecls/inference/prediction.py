"""Predictor: names in, ranked labels, probabilities and prediction sets out."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from namecls import paths
from namecls.answers import Prediction, Ranked, Seen
from namecls.calibration.label_shift import restated
from namecls.calibration.population import Population, stated
from namecls.calibration.regional import RegionSums, answered_by_region
from namecls.calibration.temperature import Calibration
from namecls.data.batching import NameDataset
from namecls.data.regions import Regions
from namecls.errors import ConfigError, shown
from namecls.guarantees import COVERAGE, METHODS, RISKS, Guarantees
from namecls.inference import tables
from namecls.inference.asked import Asked
from namecls.inference.rankings import (
    IS_OK,
    IS_TOO_UNCERTAIN,
    STATUSES,
    Rankings,
    as_count,
    as_texts,
)
from namecls.inference.reading import Unranked, read_names
from namecls.nn.bulk import BulkClassifier, can_run
from namecls.nn.model import logits_of
from namecls.runs.listing import describe_run
from namecls.runs.loading import FAMILY, WHOLE, load_model
from namecls.text import safe

_PIECE = 8192  # names that are ranked at once: bounds the memory, not the speed
_CHARACTERS = 2**17  # in a batch that does not go through `nn.bulk`: the outputs at each are held
_FEW = 64  # names that share too few prefixes for `nn.bulk`


class Predictor(Asked):
    """A trained classifier with its vocabulary and calibration. Frozen: what asks otherwise returns another one."""

    __slots__ = ()

    @classmethod
    def load(
        cls, path: str | os.PathLike[str] | None = None, device: torch.device | str = "cpu"
    ) -> Predictor:
        """Load the classifier of a run directory.

        :param path: None: the model that is shipped.
        :raises ModelFileError: if there is none, or it is damaged.
        """
        directory = paths.packaged_model() if path is None else path
        loaded = load_model(os.fspath(directory), device)
        regions = Regions.shipped(loaded.vocabulary.labels)
        return cls(loaded, describe_run(directory), regions=regions)

    def __repr__(self) -> str:
        info = self.info
        tested = f", test accuracy {info.accuracy:.4f}" if info.accuracy is not None else ""
        return f"<Predictor {safe(info.name, 60)}: {self.model.config.title}, {len(self.labels):,} labels{tested}>"

    def under(self, prior: str | os.PathLike[str] | Population) -> Predictor:
        """The same model, asked about another population: its posterior by Bayes' rule from the one it was made for.

        Prediction sets and risks do not hold there, and are left out; `refitting.refit` fits them again.

        :param prior: "data": that which the model was made for; "uniform": all labels alike; a file with a label, a tab
            and its share in each line; or a population itself.
        :raises ConfigError: if it is not recorded what the model was made for.
        :raises DataError: if the file is none of a population of these labels.
        """
        population = stated(prior, self.labels)
        if population is not None and self.loaded.learned is None:
            raise ConfigError(
                f"{self.info.name}: how many rows of each label it learned from is not recorded, so that it can't "
                "answer for another population; to record that: namecls runs calibrate, unless it was imported"
            )
        return replace(self, prior=population, refitted=None)

    def with_regions(self, path: str | os.PathLike[str]) -> Predictor:
        """The same with other regions, from a file: a label, a tab, its region, and perhaps a tab and a larger region.

        :raises DataError: if the file does not tell the regions of all labels.
        """
        return replace(self, regions=Regions.read(Path(path), self.labels))

    @overload
    def predict(  # type: ignore[overload-overlap]  # a text is one name, not an iterable of letters
        self,
        names: str,
        k: int | None = 3,
        *,
        coverage: float = COVERAGE,
        sets: str = METHODS[0],
        risk: float | None = None,
    ) -> Prediction: ...

    @overload
    def predict(
        self,
        names: Iterable[str],
        k: int | None = 3,
        *,
        coverage: float = COVERAGE,
        sets: str = METHODS[0],
        risk: float | None = None,
    ) -> list[Prediction]: ...

    def predict(
        self,
        names: str | Iterable[str],
        k: int | None = 3,
        *,
        coverage: float = COVERAGE,
        sets: str = METHODS[0],
        risk: float | None = None,
    ) -> Prediction | list[Prediction]:
        """Rank the labels of each name, the most probable first, in the order of the names.

        The prediction of a name does not depend on the names beside it (but for the last bits of a float).

        :param names: texts, from a list, a column or a generator; one text alone gets one `Prediction` alone.
        :param k: how many labels, at least 1; None, or more than there are, is all of them.
        :param coverage: of the prediction sets, in 0.5..0.99; rounded up to a whole percent.
        :param sets: how the prediction sets are made, one of `guarantees.METHODS`; see `conformal`.
        :param risk: names are "too uncertain" so that of the others at most this share has a wrong first label, in
            0.01..0.5; see `abstention`. None: none are.
        :raises DataError: if a name is no text: None, NaN, a number, bytes.
        :raises ConfigError: if a value is not one that it can have, or the model does not hold what it takes.
        """
        if isinstance(names, str):
            return self.predict([names], k, coverage=coverage, sets=sets, risk=risk)[0]
        names, k = as_texts(names), as_count(k, len(self.labels))
        guarantees = Guarantees(coverage=coverage, sets=sets, risk=risk)
        predictions: list[Prediction] = []
        with Ranker(self, k, guarantees) as ranker:
            for rankings in ranker.start(names)():
                here = names[len(predictions) : len(predictions) + len(rankings.statuses)]
                predictions.extend(self._predictions(here, rankings, k, coverage))
        return predictions

    def probabilities(self, names: str | Iterable[str]) -> Tensor:
        """Compute the probability of every label for each name, whatever the name is.

        :return: rows sum to 1; one text alone is one row. *Shape:* (names, labels), or (labels,)
        :raises DataError: if a name is no text.
        """
        if isinstance(names, str):
            return self.probabilities([names])[0]
        names = as_texts(names)
        read, _ = read_names(names, self.loaded, self.network_probabilities)
        probabilities = self.network_probabilities(read.names)
        counted = torch.zeros(len(names), dtype=torch.int64)
        if self.loaded.counted is not None:
            counts = self.loaded.counted.counts
            found = counts.of_names(read.texts)
            counted = (found.sum(1) > 0).long()
            probabilities = counts.blend(probabilities, found, torch.from_numpy(read.foreign))
        return _restated(read.narrowed(range(len(names)), probabilities), counted, self.odds())

    def predict_frame(
        self,
        frame: Any,
        column: str,
        *,
        k: int = 1,
        prefix: str = "",
        coverage: float = COVERAGE,
        risk: float | None = None,
    ) -> Any:
        """The same data frame with the answers for one of its columns.

        :param frame: of polars or of pandas.
        :param column: the names; what is missing there is no name.
        :param k: label and probability of so many ranks; the set and the status stand behind them.
        :param prefix: of the new titles.
        :return: a frame of the same kind, its rows in their order; the one given stays as it is.
        :raises DataError: if there is no such column, a title is taken, or a name is no text.
        """
        names = tables.names_in(frame, column)
        with Ranker(self, k, Guarantees(coverage=coverage, risk=risk)) as ranker:
            found = tables.columns(self.labels, ranker.start(names)(), len(names), k, prefix)
        return tables.with_answers(frame, found, tables.schema(k, prefix))

    def predict_proba(self, names: str | Iterable[str]) -> NDArray[np.float32]:
        """`probabilities` as an array, its columns in the order of `classes_`. *Shape:* (names, labels)"""
        found: NDArray[np.float32] = self.probabilities(names).numpy()
        return found

    @property
    def classes_(self) -> NDArray[np.str_]:
        """The labels as an array, as scikit-learn calls them. *Shape:* (labels,)"""
        return np.array(self.labels)

    def reading(self, names: str) -> Predictor:
        """The same model, reading the whole of each name ("whole") or the family name of full names ("family").

        :raises ConfigError: if it is neither.
        """
        if names not in (WHOLE, FAMILY):
            raise ConfigError(f"names must be read as {WHOLE} or {FAMILY}, was: {shown(names)}")
        return replace(self, loaded=replace(self.loaded, names=names))

    def network_probabilities(self, names: Sequence[str]) -> Tensor:
        """The same, of the network alone, for the population that it was made for. *Shape:* (names, labels)"""
        dataset = NameDataset(names, [0] * len(names), self.vocabulary)
        return self.loaded.calibration.probabilities(logits_of(self.model, dataset))

    def _predictions(
        self, names: Sequence[str], rankings: Rankings, k: int, coverage: float
    ) -> Iterator[Prediction]:
        regions = rankings.regions or (np.full(len(rankings.asked), -1), np.zeros(len(rankings.asked)))
        columns = (rankings.asked, rankings.probabilities, rankings.labels, rankings.sizes, *regions)
        answers = {place: rest for place, *rest in zip(*(column.tolist() for column in columns), strict=True)}
        calibrations, populations = self.calibrations, self.populations
        names_of_regions = self.regions.names if self.regions is not None else ()
        thresholds_of = list(map(_thresholds, calibrations))
        rows = zip(names, rankings.statuses.tolist(), rankings.read, strict=True)
        for place, (name, status, read) in enumerate(rows):
            values, indices, size, region, share = answers.get(place, ((), (), 0, -1, 0.0))
            ranked = tuple(Ranked(self.labels[i], p) for p, i in zip(values, indices, strict=True))
            risks = None
            seen = rankings.seen.get(place, ())
            which = len(calibrations) - 1 if seen else 0
            thresholds = thresholds_of[which]
            if thresholds is not None and ranked:
                kept = {risk: t for risk, t in thresholds.items() if t is not None}
                risks = tuple(risk for risk, t in kept.items() if ranked[0].probability >= t)
            yield Prediction(
                name=name,
                status=STATUSES[status],
                ranked=ranked[:k],
                likely=tuple(r.label for r in ranked[:size]),
                unknown=rankings.unknown.get(place, ()),
                coverage=coverage,
                calibrated_on=calibrations[which].rows,
                risks=risks,
                read_as=read,
                seen=seen,
                seen_as=rankings.seen_as.get(place, ""),
                family_name=rankings.family.get(place, ""),
                population=populations[which],
                region=Ranked(names_of_regions[region], share) if region >= 0 else None,
            )


def most_probable(probabilities: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The probabilities and ids of the `k` most probable labels; equally probable ones in the order of the labels.

    *Shape:* (names, labels) to (names, k) each
    """
    if k >= probabilities.shape[1]:
        values, labels = probabilities.sort(dim=1, descending=True, stable=True)
        return values, labels
    values, labels = probabilities.topk(k + 1, dim=1)
    tied = (values[:, 1:] == values[:, :-1]).any(1)
    values, labels = values[:, :k], labels[:, :k]
    if bool(tied.any()):  # which topk orders as it likes
        sorted_values, sorted_labels = probabilities[tied].sort(dim=1, descending=True, stable=True)
        values, labels = values.clone(), labels.clone()
        values[tied], labels[tied] = sorted_values[:, :k], sorted_labels[:, :k]
    return values, labels


def _restated(probabilities: Tensor, counted: Tensor, ratios: tuple[Tensor | None, ...] | None) -> Tensor:
    """The posterior for the population that is asked about. *Shape:* (names, labels)

    :param counted: 1 for a name that is counted, else 0. *Shape:* (names,)
    """
    for which, ratio in enumerate(ratios or ()):
        rows = counted == which
        if ratio is not None and bool(rows.any()):
            probabilities = probabilities.clone()
            probabilities[rows] = restated(probabilities[rows], ratio)
    return probabilities


def _thresholds(calibration: Calibration) -> dict[float, float | None] | None:
    """The least probability of an answer at each of the offered risks."""
    table = calibration.risks
    return {risk: table.threshold(risk) for risk in RISKS} if table is not None else None


class Ranker:
    """Rank the labels of any number of names, in batches. A context manager, which ends its threads.

    The next names may be started before the rankings of these are asked for.

    :param guarantees: the coverage of the prediction sets, and the risk beyond which names are too uncertain.
    :param likely: whether prediction sets are wanted, which cost the most after the forward pass.
    :raises ConfigError: if the model does not hold what it takes to give these guarantees.
    """

    def __init__(
        self, predictor: Predictor, k: int, guarantees: Guarantees | None = None, *, likely: bool = True
    ) -> None:
        self._guarantees = guarantees or Guarantees()
        self._predictor = predictor
        self._k = min(max(k, 1), len(predictor.labels))
        self._likely = likely
        self._counted = predictor.loaded.counted
        self._calibrations, self._odds = predictor.calibrations, predictor.odds()
        if predictor.prior is not None and predictor.refitted is None and self._guarantees.risk is not None:
            raise ConfigError(
                f"risks are fitted for the population that the model was made for, not for {predictor.prior.name}: "
                "leave out the risk, or the prior"
            )
        for calibration in self._calibrations:
            calibration.require(self._guarantees)
        self._regions = RegionSums(predictor.regions) if predictor.regions is not None else None
        self._reader: BulkClassifier | None = None

    def __enter__(self) -> Ranker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reader is not None:
            self._reader.close()

    def start(self, names: Sequence[str]) -> Callable[[], Iterator[Rankings]]:
        """Start the forward pass; the returned function waits for it, and yields the rankings batch by batch."""
        model = self._predictor.model
        pieces, encoded = read_names(names, self._predictor.loaded, self._predictor.network_probabilities)
        if (pieces.statuses == IS_OK).sum() < _FEW or not can_run(model):
            return lambda: self._read_and_rank(pieces, encoded.lengths)
        if self._reader is None:
            self._reader = BulkClassifier(model)
        finish = self._reader.start(encoded.choose(pieces.statuses == IS_OK))
        return lambda: self._rank(pieces, finish())

    def _rank(self, pieces: Unranked, logits: Tensor) -> Iterator[Rankings]:
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
            dataset = NameDataset(ours, [0] * len(ours), self._predictor.vocabulary)
            yield self._rankings(piece, asked, logits_of(self._predictor.model, dataset))

    def _rankings(self, piece: Unranked, asked: NDArray[np.int64], logits: Tensor) -> Rankings:
        probabilities = self._calibrations[0].probabilities(logits)
        counted = torch.zeros(len(asked), dtype=torch.int64)
        seen: dict[int, tuple[Seen, ...]] = {}
        seen_as: dict[int, str] = {}
        if self._counted is not None and len(asked):
            counts = self._counted.counts
            places = asked.tolist()
            found, others = counts.look_up([piece.texts[place] for place in places])
            seen_as = {places[row]: name for row, name in others.items()}
            counted = (found.sum(1) > 0).long()
            probabilities = counts.blend(probabilities, found, torch.from_numpy(piece.foreign[asked]))
            seen = self._seen(asked, found)
        probabilities = piece.narrowed(asked.tolist(), probabilities)
        probabilities = _restated(probabilities, counted, self._odds)
        if not self._likely or not len(asked) or self._calibrations[0].sets is None:
            values, labels = most_probable(probabilities, self._k)
            sizes = torch.zeros(len(asked), dtype=torch.int64)
        else:
            values, labels = probabilities.sort(dim=1, descending=True, stable=True)
            sizes = torch.zeros(len(asked), dtype=torch.int64)
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
            limits = torch.tensor(
                [t if t is not None else math.inf for t in found_thresholds], dtype=torch.double
            )
            statuses = statuses.copy()
            statuses[asked[(values[:, 0].double() < limits[counted]).numpy()]] = IS_TOO_UNCERTAIN
        find = self._predictor.vocabulary.unknown_characters
        unknown = {
            place: tuple(c for c in find(piece.typed[place]) if not c.isspace())
            for place in np.flatnonzero(piece.strange).tolist()
        }
        return Rankings(
            *(statuses, asked, labels.numpy(), values.numpy(), sizes.numpy(), piece.read, unknown, seen),
            seen_as=seen_as,
            family=piece.family,
            regions=regions,
        )

    def _by_region(
        self, probabilities: Tensor, sizes: Tensor, first: Tensor
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Regions and their probabilities of the names that are answered by region, too."""
        large = answered_by_region(sizes, first)
        regions, shares = torch.full((len(sizes),), -1), torch.zeros(len(sizes))
        if self._regions is not None and bool(large.any()):
            regions[large], shares[large] = self._regions.answer(probabilities[large])
        return regions.numpy(), shares.numpy()

    def _seen(self, asked: NDArray[np.int64], found: Tensor) -> dict[int, tuple[Seen, ...]]:
        """What was counted of the names that were counted, by their places."""
        labels = self._predictor.labels
        rows, ids = found.nonzero().unbind(1)
        entries: dict[int, list[Seen]] = {}
        for row, label, count in zip(
            asked[rows.numpy()].tolist(), ids.tolist(), found[rows, ids].tolist(), strict=True
        ):
            entries.setdefault(row, []).append(Seen(labels[label], count))
        return {row: tuple(sorted(each, key=lambda entry: -entry.count)) for row, each in entries.items()}
