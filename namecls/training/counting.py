"""Put name counts beside a network: names that many people bear are answered from these.

The network stays as it is, and answers names that are not counted as before. Its strength beside the counts, and the
prediction sets and risks of the blend, are fitted on the bearers of the names in the validation rows,
and measured on those of the test rows: names that the network was not trained on, each bearer left out in turn.

A training counts its own training rows, and no held-out ones: so its test is the same with and without the counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl
import torch

from namecls.calibration.counted import LABEL_PRIOR, Counted
from namecls.calibration.counts import MOST_LABELS, NameCounts
from namecls.calibration.metrics import measure
from namecls.calibration.people import HeldOut, answers_for_people, fit_counted
from namecls.config import TrainConfig
from namecls.data.batching import NameDataset
from namecls.data.split import deduplicate
from namecls.data.table import NameTable
from namecls.errors import DataError, RunError
from namecls.files.locks import held
from namecls.language import _
from namecls.normalization import name_keys
from namecls.results import Metrics
from namecls.runs.loading import load_model
from namecls.runs.run import Run
from namecls.runs.saved_counts import save_counted
from namecls.training.protocol import Prepared, known_rows, recorded_splits, refuse_refitted

_MOST_CELLS = 5 * 10**7  # rows times labels of held-out people that are looked at together


def add_counts(
    run: Run,
    rows: Sequence[tuple[str, str, float]],
    *,
    label_prior: float = LABEL_PRIOR,
    unlisted: Mapping[str, float] | None = None,
) -> Metrics:
    """Count bearers, fit, measure, and write all of it into the run.

    :param rows: name, label, and how many people bear the name under the label. Labels that the network does not
        know are left out.
    :param label_prior: see `LABEL_PRIOR`; 0 to 1.
    :param unlisted: the labels whose bearers are known from lists alone, and how many of their people bear names that
        are on no list.
    :return: what is measured on people: each bearer of a name of the test rows counts once, weighed by the population.
    :raises RunBusy: if another process holds the run.
    :raises RunError: if the run is not finished, was imported, or can't be written.
    :raises DataError: if its data are no longer what they were, or no name of its validation and test rows is counted.
    """
    with held(run.directory):
        if not run.finished:
            raise RunError(
                _("{directory}: this run is not finished; to do that: namecls runs finish").format(
                    directory=run.directory
                )
            )
        refuse_refitted(run)
        splits = recorded_splits(run)
        loaded = load_model(run.directory)
        labels = loaded.vocabulary.labels
        table = pl.DataFrame(
            rows, schema={"name": pl.String, "label": pl.String, "weight": pl.Float64}, orient="row"
        )
        table = table.filter(pl.col("label").is_in(labels) & (pl.col("weight") > 0))
        ids = torch.from_numpy(table["label"].cast(pl.Enum(labels)).to_physical().to_numpy().astype("int64"))
        weights = torch.from_numpy(table["weight"].to_numpy().copy())
        sizes = torch.zeros(len(labels), dtype=torch.float64).index_add_(0, ids, weights)
        priors = sizes.clamp(min=1) ** (label_prior - 1)
        counts = NameCounts.of_rows(table["name"].to_list(), ids, weights, priors=priors)
        keys = name_keys(table["name"])

        missing = torch.tensor([(unlisted or {}).get(label, 0.0) for label in labels], dtype=torch.float64)
        listed = torch.tensor([label in (unlisted or {}) for label in labels])

        def side(split: NameTable) -> HeldOut:
            chosen = keys.is_in(name_keys(split.frame["name"]).unique().implode())
            names = table["name"].filter(chosen).to_list()
            if not names:
                raise DataError(
                    _("{directory}: none of the names in its {title} rows is counted").format(
                        directory=run.directory, title=split.title
                    )
                )
            some = torch.from_numpy(chosen.to_numpy().copy())
            dataset = NameDataset(names, [0] * len(names), loaded.vocabulary)
            probabilities = loaded.calibration.probabilities(loaded.logits(dataset, names))
            target, bearers = ids[some], weights[some]
            rows_of_label = target.bincount(minlength=len(labels)).clamp(min=1)
            # As many people as there are, in the shares that are asked about.
            scale = priors * (bearers.sum() / (bearers * priors[target]).sum())
            share = len(split) / sum(len(each) for _, each in splits.sides)
            return HeldOut(
                probabilities,
                target,
                bearers * scale[target],
                names,
                unlisted=(share * missing / rows_of_label * scale)[target] if unlisted else None,
            )

        counted = fit_counted(counts, side(splits.validation), listed)
        logits, target = answers_for_people(counted.counts, side(splits.test))
        people = measure(logits, target, labels, split="people", sets=counted.calibration)
        run.revoke_manifest()
        save_counted(run, replace(counted, label_prior=label_prior), people)
        run.write_manifest()
        return people


@dataclass(frozen=True, slots=True, eq=False)
class TrainingCounts:
    """Counts of the training rows of a run, which are yet to be fitted.

    :param counts: of the training rows alone.
    """

    counts: NameCounts
    prepared: Prepared

    @classmethod
    def of(cls, config: TrainConfig, prepared: Prepared) -> TrainingCounts | None:
        """None: nothing is counted, since that is switched off, or no row stands for more people than another."""
        table, labels = prepared.splits.train, len(prepared.vocabulary.labels)
        if not config.name_counts or labels > MOST_LABELS:
            return None
        if table.bearers is None and (prepared.given or not config.deduplicate):
            table = deduplicate(table, config.model.normalization)
        if table.bearers is None:
            return None
        return cls(_counts_of(table, prepared, labels), prepared)

    def fit(self, probabilities: torch.Tensor) -> Counted | None:
        """Fit the strength of the network beside the counts, and sets and risks, on people of the validation rows.

        :param probabilities: of the network for the validation rows. *Shape:* (rows, labels)
        :return: None if nobody there bears a name that another bears.
        """
        others, people = self._held_out(
            self.prepared.splits.validation, self.prepared.validation, probabilities
        )
        counted = fit_counted(others, people)
        if counted.calibration.sets is None:
            return None
        return Counted(self._weighed(self.counts, counted), counted.calibration, 1.0)

    @staticmethod
    def _weighed(counts: NameCounts, counted: Counted) -> NameCounts:
        """Counts, with the strengths that were fitted."""
        return counts.with_strengths(counted.counts.strengths, counted.counts.power)

    def measure(self, counted: Counted, probabilities: torch.Tensor) -> Metrics:
        """Measure the blend on the people of the test rows, each counted once.

        :param probabilities: of the network for the test rows. *Shape:* (rows, labels)
        """
        others, people = self._held_out(self.prepared.splits.test, self.prepared.test, probabilities)
        logits, target = answers_for_people(self._weighed(others, counted), people)
        return measure(
            logits, target, self.prepared.vocabulary.labels, split="people", sets=counted.calibration
        )

    def _held_out(
        self, table: NameTable, dataset: NameDataset, probabilities: torch.Tensor
    ) -> tuple[NameCounts, HeldOut]:
        """The people of a side, evenly fewer if there are too many; and the counts that answer for them.

        Where no name stands on two sides, the training rows tell nothing of them, and the others of their side have to.
        """
        labels = len(self.prepared.vocabulary.labels)
        step = -(-len(dataset) * labels // _MOST_CELLS)
        rows = torch.arange(0, len(dataset), max(step, 1))
        _, known = known_rows(table, self.prepared.vocabulary)
        names = table.frame["name"].filter(known).gather(rows.numpy()).to_list()
        apart = bool(self.counts.of_names(names, other_spellings=False).any())
        counts = self.counts if apart else _counts_of(table, self.prepared, labels)
        people = HeldOut(
            probabilities[rows], dataset.labels[rows], _weights(dataset)[rows], names, among=not apart
        )
        return counts, people


def _weights(dataset: NameDataset) -> torch.Tensor:
    return dataset.weights if dataset.weights is not None else torch.ones(len(dataset), dtype=torch.float64)


def _counts_of(table: NameTable, prepared: Prepared, labels: int) -> NameCounts:
    ids, known = known_rows(table, prepared.vocabulary)
    weights = table.bearers
    people = weights.filter(known).to_numpy().copy() if weights is not None else [1.0] * int(known.sum())
    return NameCounts.of_rows(
        table.frame["name"].filter(known).to_list(),
        torch.from_numpy(ids.drop_nulls().to_numpy().astype("int64")),
        torch.as_tensor(people, dtype=torch.float64),
        priors=torch.ones(labels),
        least=1.0,  # a single bearer tells of the next one, too
    )
