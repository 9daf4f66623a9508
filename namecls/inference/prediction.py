"""Predictor: names in, ranked labels, probabilities and prediction sets out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from namecls import paths
from namecls.answers import Prediction, Ranked
from namecls.arrays import Array, like, namespace, whole
from namecls.calibration.calibrated import Calibration
from namecls.calibration.population import Population, stated
from namecls.data.regions import Regions
from namecls.errors import ConfigError, shown
from namecls.guarantees import COVERAGE, METHODS, RISKS, Guarantees
from namecls.inference import engines, frames
from namecls.inference.asked import Asked
from namecls.inference.ranker import Ranker, restated_for
from namecls.inference.rankings import (
    STATUSES,
    Rankings,
    as_count,
    as_texts,
)
from namecls.inference.reading import read_names
from namecls.language import _
from namecls.runs.listing import describe_run
from namecls.runs.model_files import FAMILY, WHOLE
from namecls.text import safe

if TYPE_CHECKING:
    import torch


class Predictor(Asked):
    """A trained classifier with its vocabulary and calibration. Frozen: what asks otherwise returns another one."""

    __slots__ = ()

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str] | None = None,
        device: torch.device | str = "cpu",
        *,
        engine: str | None = None,
    ) -> Predictor:
        """Load the classifier of a run directory.

        :param path: None: the model that is shipped.
        :param device: where it computes: "cpu", "cuda", "mps", or "auto", the best that is here.
        :param engine: what computes, "torch" or "numpy"; None: torch if it is installed. The answers are the same up to
            the last digits of a float. With numpy there is no torch, so that nothing is trained or explained.
        :raises ConfigError: if that is no engine or no device, or it is not here.
        :raises ModelFileError: if there is none, or it is damaged.
        """
        directory = paths.packaged_model() if path is None else path
        loaded = engines.load(directory, engine, device)
        regions = Regions.shipped(loaded.vocabulary.labels)
        return cls(loaded, describe_run(directory), regions=regions)

    def __repr__(self) -> str:
        info, title = self.info, self.loaded.network.config.title
        tested = f", test accuracy {info.accuracy:.4f}" if info.accuracy is not None else ""
        return f"<Predictor {safe(info.name, 60)}: {title}, {len(self.labels):,} labels{tested}>"

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
                _(
                    "{name}: how many rows of each label it learned from is not recorded, so that it "
                    "can't answer for another population; to record that: namecls runs calibrate, unless "
                    "it was imported"
                ).format(name=self.info.name)
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

    def probabilities(self, names: str | Iterable[str]) -> Array:
        """Compute the probability of every label for each name, whatever the name is.

        :return: a tensor, or an array of the engine numpy; rows sum to 1; one text alone is one row.
            *Shape:* (names, labels), or (labels,)
        :raises DataError: if a name is no text.
        """
        if isinstance(names, str):
            return self.probabilities([names])[0]
        names = as_texts(names)
        read, _ = read_names(names, self.loaded, self.network_probabilities)
        logits = self.loaded.logits_of_names(read.names, read.texts)
        probabilities = self.loaded.calibration.probabilities(logits)
        library = namespace(probabilities)
        counted = library.zeros(len(names), dtype=library.int64)
        if self.loaded.counted is not None:
            counts = self.loaded.counted.counts
            found = counts.of_names(read.texts)
            counted = whole(found.sum(1) > 0)
            probabilities = counts.blend(probabilities, found, like(read.foreign, found))
        return restated_for(read.narrowed(range(len(names)), probabilities), counted, self.odds())

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
        names = frames.names_in(frame, column)
        with Ranker(self, k, Guarantees(coverage=coverage, risk=risk)) as ranker:
            found = frames.columns(self.labels, ranker.start(names)(), len(names), k, prefix)
        return frames.with_answers(frame, found, frames.schema(k, prefix))

    def predict_proba(self, names: str | Iterable[str]) -> NDArray[np.float32]:
        """`probabilities` as an array, its columns in the order of `classes_`. *Shape:* (names, labels)"""
        found: NDArray[np.float32] = np.asarray(self.probabilities(names))
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
            raise ConfigError(
                _("names must be read as {whole} or {family}, was: {names}").format(
                    whole=WHOLE, family=FAMILY, names=shown(names)
                )
            )
        return replace(self, loaded=replace(self.loaded, names=names))

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
            which = len(calibrations) - 1 if place in rankings.by_counts else 0
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


def _thresholds(calibration: Calibration) -> dict[float, float | None] | None:
    """The least probability of an answer at each of the offered risks."""
    table = calibration.risks
    return {risk: table.threshold(risk) for risk in RISKS} if table is not None else None
