"""Put counts beside the network of a finished run: who bears a name that many bear is answered from these.

The network stays as it is, and answers names that are not counted as before. Its strength beside the counts, and the
prediction sets and risks of the blend, are fitted on the bearers of the names in the run's validation rows,
and measured on those of its test rows: names that the network was not trained on, each bearer left out in turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import torch

from namecls.calibration.counts import NameCounts
from namecls.calibration.metrics import measure
from namecls.calibration.people import LABEL_PRIOR, answers_for_people, fit_counted
from namecls.data.batching import NameDataset
from namecls.data.table import NameTable
from namecls.errors import DataError, RunError
from namecls.events import Metrics
from namecls.files.locks import held
from namecls.nn.model import logits_of
from namecls.normalization import name_keys
from namecls.runs.counted import save_counted
from namecls.runs.loading import load_model
from namecls.runs.run import Run
from namecls.training.protocol import recorded_splits


def add_counts(
    run: Run, rows: Sequence[tuple[str, str, float]], *, label_prior: float = LABEL_PRIOR
) -> Metrics:
    """Count bearers, fit, measure, and write all of it into the run.

    :param rows: name, label, and how many people bear the name under the label. Labels that the network does not
        know are left out.
    :param label_prior: see `LABEL_PRIOR`; 0 to 1.
    :return: what is measured on people: each bearer of a name of the test rows counts once, weighed by the population.
    :raises RunBusy: if another process is at work on the run.
    :raises RunError: if the run is not finished, was imported, or can't be written.
    :raises DataError: if its data are no longer what they were, or no name of its validation and test rows is counted.
    """
    with held(run.directory):
        if not run.finished:
            raise RunError(f"{run.directory}: this run is not finished; to do that: namecls runs finish")
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

        def side(split: NameTable) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, list[str]]:
            chosen = keys.is_in(name_keys(split.frame["name"]).unique().implode())
            names = table["name"].filter(chosen).to_list()
            if not names:
                raise DataError(f"{run.directory}: none of the names in its {split.title} rows is counted")
            some = torch.from_numpy(chosen.to_numpy().copy())
            dataset = NameDataset(names, [0] * len(names), loaded.vocabulary)
            probabilities = loaded.calibration.probabilities(logits_of(loaded.model, dataset))
            asked = (weights * priors[ids])[
                some
            ]  # as many people as there are, in the shares that are asked about
            return probabilities, ids[some], asked * (weights[some].sum() / asked.sum()), names

        counted = fit_counted(counts, *side(splits.validation))
        logits, target = answers_for_people(counted.counts, *side(splits.test))
        people = measure(logits, target, labels, split="people", sets=counted.calibration)
        run.revoke_manifest()
        save_counted(run, replace(counted, label_prior=label_prior), people)
        run.write_manifest()
        return people
