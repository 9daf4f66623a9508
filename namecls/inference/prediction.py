"""Names in, ranked labels out."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import TracebackType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from namecls import paths
from namecls.data.batching import NameDataset
from namecls.data.vocab import Vocabulary
from namecls.events import NO_LETTERS, OK, TOO_UNCERTAIN, UNKNOWN_SCRIPT, Prediction, Ranked
from namecls.guarantees import COVERAGE, METHODS, RISKS, Guarantees
from namecls.nn.bulk import BulkReader, can_read
from namecls.nn.model import NameClassifier, logits_of
from namecls.runs.loading import LoadedModel, load_model
from namecls.runs.run import RunInfo, describe_run
from namecls.text import has_letters

#: What `Rankings.statuses` counts in.
STATUSES = (OK, NO_LETTERS, UNKNOWN_SCRIPT, TOO_UNCERTAIN)
_TOO_UNCERTAIN = STATUSES.index(TOO_UNCERTAIN)

_PIECE = 8192  # names that are ranked at once: bounds the memory, not the speed
_CHARACTERS = 2**17  # in a piece that is read without sharing: outputs at each of them are held
_FEW = 64  # names that have too little in common to be read in bulk


@dataclass(frozen=True, slots=True, eq=False)
class Rankings:
    """What a model says of many names, as columns.

    *Shape:* `statuses` (names,), places in `STATUSES`; `asked` (ranked,), the places of the names that have a ranking,
    whose status is "ok" or "too uncertain"; for these, best first, `labels` and `probabilities` (ranked, at least k),
    and `sizes` (ranked,), how many of them are the likely ones, 0 if that is not known or was not wanted.
    """

    statuses: NDArray[np.int8]
    asked: NDArray[np.int64]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    sizes: NDArray[np.int64]

    def are_uncertain(self) -> NDArray[np.bool_]:
        """Which of the names that have a ranking are too uncertain. *Shape:* (ranked,)"""
        uncertain: NDArray[np.bool_] = self.statuses[self.asked] == _TOO_UNCERTAIN
        return uncertain


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """A trained classifier that answers.

    :param info: the run that it comes from, with its test metrics.
    """

    loaded: LoadedModel
    info: RunInfo

    @classmethod
    def load(
        cls, path: str | os.PathLike[str] | None = None, device: torch.device | str = "cpu"
    ) -> Predictor:
        """The classifier in a run directory.

        :param path: None: the model that is shipped.
        :raises ModelFileError: if there is none, or it is damaged.
        """
        directory = paths.packaged_model() if path is None else path
        return cls(load_model(os.fspath(directory), device), describe_run(directory))

    @property
    def model(self) -> NameClassifier:
        return self.loaded.model

    @property
    def vocabulary(self) -> Vocabulary:
        return self.loaded.vocabulary

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels that it can answer, in the order of its logits."""
        return self.loaded.vocabulary.labels

    def predict(
        self,
        names: Sequence[str],
        k: int = 3,
        *,
        coverage: float = COVERAGE,
        sets: str = METHODS[0],
        risk: float | None = None,
    ) -> list[Prediction]:
        """The k most probable labels of each name, in the order of the names.

        What it says of a name does not depend on the names beside it (but for the last bits of a float).

        :param k: at least 1; more than there are labels is all of them.
        :param coverage: of the likely labels, in 0.5..0.99; from one whole percent to the next it is rounded up.
        :param sets: how the likely labels are found, one of `guarantees.METHODS`; see `conformal`.
        :param risk: names are "too uncertain" so that of the others at most this share has a wrong first label, in
            0.01..0.5; see `abstention`. None: none are.
        :raises ConfigError: if a value is not one that it can have, or the model does not hold what it takes.
        """
        guarantees = Guarantees(coverage=coverage, sets=sets, risk=risk)
        predictions: list[Prediction] = []
        with Ranker(self, k, guarantees) as ranker:
            for rankings in ranker.start(names)():
                here = names[len(predictions) : len(predictions) + len(rankings.statuses)]
                predictions.extend(self._predictions(here, rankings, max(k, 1), coverage))
        return predictions

    def probabilities(self, names: Sequence[str]) -> Tensor:
        """The probability of every label for each name, whatever the name is.

        :return: rows sum to 1. *Shape:* (names, labels)
        """
        dataset = NameDataset(names, [0] * len(names), self.vocabulary)
        return self.loaded.calibration.probabilities(logits_of(self.model, dataset))

    def _predictions(
        self, names: Sequence[str], rankings: Rankings, k: int, coverage: float
    ) -> Iterator[Prediction]:
        columns = (rankings.asked, rankings.probabilities, rankings.labels, rankings.sizes)
        answers = {place: rest for place, *rest in zip(*(column.tolist() for column in columns), strict=True)}
        table = self.loaded.calibration.risks
        thresholds = {risk: table.threshold(risk) for risk in RISKS} if table is not None else None
        for place, (name, status) in enumerate(zip(names, rankings.statuses.tolist(), strict=True)):
            values, indices, size = answers.get(place, ((), (), 0))
            ranked = tuple(Ranked(self.labels[i], p) for p, i in zip(values, indices, strict=True))
            risks = None
            if thresholds is not None and ranked:
                kept = {risk: t for risk, t in thresholds.items() if t is not None}
                risks = tuple(risk for risk, t in kept.items() if ranked[0].probability >= t)
            yield Prediction(
                name=name,
                status=STATUSES[status],
                ranked=ranked[:k],
                likely=tuple(r.label for r in ranked[:size]),
                unknown=tuple(c for c in self.vocabulary.unknown_characters(name) if not c.isspace()),
                coverage=coverage,
                risks=risks,
            )


class Ranker:
    """Ranks any number of names, many at a time. To be used as a context, which ends its threads.

    The next names may be begun before the rankings of these are asked for.

    :param guarantees: the coverage of the likely labels, and the risk beyond which names are too uncertain.
    :param likely: whether the likely labels are wanted, which cost the most after the reading.
    :raises ConfigError: if the model does not hold what it takes to give these guarantees.
    """

    def __init__(
        self, predictor: Predictor, k: int, guarantees: Guarantees | None = None, *, likely: bool = True
    ) -> None:
        calibration = predictor.loaded.calibration
        self._guarantees = guarantees or Guarantees()
        calibration.require(self._guarantees)
        self._predictor = predictor
        self._k = min(max(k, 1), len(predictor.labels))
        self._sets = calibration.sets if likely else None
        self._threshold = 0.0  # of the probability of the first label
        if self._guarantees.risk is not None:
            threshold = calibration.threshold(self._guarantees.risk)
            self._threshold = threshold if threshold is not None else math.inf
        self._reader: BulkReader | None = None

    def __enter__(self) -> Ranker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reader is not None:
            self._reader.close()

    def start(self, names: Sequence[str]) -> Callable[[], Iterator[Rankings]]:
        """Begin to read; what comes back waits, and gives the rankings of the names piece by piece."""
        vocabulary, model = self._predictor.vocabulary, self._predictor.model
        encoded = vocabulary.encode_all(names)
        letters = np.fromiter((n[:1].isalpha() or has_letters(n) for n in names), np.bool_, len(names))
        statuses = np.where(letters, np.where(vocabulary.know_a_letter(encoded), 0, 2), 1).astype(np.int8)
        if (statuses == 0).sum() < _FEW or not can_read(model):
            return lambda: self._read_and_rank(names, statuses, encoded.lengths)
        if self._reader is None:
            self._reader = BulkReader(model)
        finish = self._reader.start(encoded.choose(statuses == 0))
        return lambda: self._rank(statuses, finish())

    def _rank(self, statuses: NDArray[np.int8], logits: Tensor) -> Iterator[Rankings]:
        begin = 0
        for start in range(0, len(statuses), _PIECE):
            piece = statuses[start : start + _PIECE]
            asked = np.flatnonzero(piece == 0)
            yield self._rankings(piece, asked, logits[begin : begin + len(asked)])
            begin += len(asked)

    def _read_and_rank(
        self, names: Sequence[str], statuses: NDArray[np.int8], lengths: NDArray[np.int64]
    ) -> Iterator[Rankings]:
        """The same by the network's own modules: for any network, and for few names."""
        number = np.maximum(np.arange(len(names)) // _PIECE, (lengths.cumsum() - 1) // _CHARACTERS)
        edges = [0, *(np.flatnonzero(np.diff(number)) + 1).tolist(), len(names)]
        for start, end in pairwise(edges):
            piece = statuses[start:end]
            asked = np.flatnonzero(piece == 0)
            ours = [names[start + place] for place in asked.tolist()]
            dataset = NameDataset(ours, [0] * len(ours), self._predictor.vocabulary)
            yield self._rankings(piece, asked, logits_of(self._predictor.model, dataset))

    def _rankings(self, statuses: NDArray[np.int8], asked: NDArray[np.int64], logits: Tensor) -> Rankings:
        probabilities = self._predictor.loaded.calibration.probabilities(logits)
        if self._sets is None or not len(asked):
            values, labels = probabilities.topk(self._k, dim=1)
            sizes = torch.zeros(len(asked), dtype=torch.int64)
        else:
            values, labels = probabilities.sort(dim=1, descending=True, stable=True)
            sizes = self._sets.sizes(values, self._guarantees.coverage, self._guarantees.sets)
            most = max(self._k, int(sizes.max()))
            values, labels = values[:, :most], labels[:, :most]
        if self._threshold > 0.0:
            statuses = statuses.copy()
            statuses[asked[(values[:, 0].double() < self._threshold).numpy()]] = _TOO_UNCERTAIN
        return Rankings(statuses, asked, labels.numpy(), values.numpy(), sizes.numpy())
