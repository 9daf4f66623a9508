"""What is trained on what: the protocol of a run, and its record.

Exact (name, label) pairs count once; the table is split with no name on two sides; the vocabulary is learned from
the training rows alone. The record in ``config.json`` holds enough to do it all again and to see that it came out
the same.
"""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from namecls import __version__, paths
from namecls.config import TrainConfig
from namecls.data.batching import NameDataset
from namecls.data.split import Splits, deduplicate, in_blocks, split_table
from namecls.data.table import NameTable, load_dataset
from namecls.data.vocab import Vocabulary
from namecls.errors import DataError, RunError
from namecls.files.storage import write_json
from namecls.runs.loading import MOST_LABELS, LoadedModel
from namecls.runs.run import CONFIG, FORMAT, Run
from namecls.training.transfer import source_of


@dataclass(frozen=True, slots=True)
class Prepared:
    """A split of a table, encoded for a network."""

    splits: Splits
    vocabulary: Vocabulary
    train: NameDataset
    validation: NameDataset
    test: NameDataset
    test_left_out: int  # test rows under labels that stand in no training row
    given: bool  # whether the split is the user's own
    source: LoadedModel | None  # what the training starts from


def prepare(config: TrainConfig, dataset: NameTable | Splits) -> Prepared:
    """Rows and vocabulary of a training.

    :raises DataError: if one of the three sides is empty, or training holds fewer than two labels.
    :raises ModelFileError: if there is no model where the config says that training starts from.
    """
    given = isinstance(dataset, Splits)
    splits = split_by_config(config, dataset)
    for side, table in (("training", splits.train), ("validation", splits.validation), ("test", splits.test)):
        if not len(table):
            raise DataError(f"{table.title}: too few names for a {side} part: add more rows")
    if len(splits.train.labels) > MOST_LABELS:
        raise DataError(
            f"{splits.train.title}: {len(splits.train.labels):,} labels, expected at most {MOST_LABELS:,}; is the "
            "label in another column?"
        )
    names = itertools.chain.from_iterable(in_blocks(splits.train.frame["name"]))
    source = source_of(config)
    known = source.vocabulary.characters if source is not None else ()
    vocabulary = Vocabulary.learn(names, splits.train.labels, config.model, known)
    test, left_out = encode_table(splits.test, vocabulary)
    validation, _ = encode_table(splits.validation, vocabulary)
    if not len(test) or not len(validation):
        raise DataError(f"{splits.test.title}: none of its labels stands in the training rows")
    train, _ = encode_table(splits.train, vocabulary)
    return Prepared(splits, vocabulary, train, validation, test, left_out, given, source)


def split_by_config(config: TrainConfig, dataset: NameTable | Splits) -> Splits:
    """The three sides that a config makes of a table; a split that is given stays as it is."""
    if isinstance(dataset, Splits):
        return dataset
    rules = config.model.normalization
    table = deduplicate(dataset, rules) if config.deduplicate else dataset
    return split_table(
        table,
        seed=config.seed,
        valid_fraction=config.valid_fraction,
        test_fraction=config.test_fraction,
        rules=rules,
    )


def encode_table(table: NameTable, vocabulary: Vocabulary) -> tuple[NameDataset, int]:
    """The rows whose label the vocabulary holds, encoded, and the number of those left out."""
    import polars as pl

    ids = table.frame["label"].cast(pl.String).cast(pl.Enum(vocabulary.labels), strict=False).to_physical()
    known = ids.is_not_null()
    names = table.frame["name"].filter(known)
    return NameDataset(names, ids.drop_nulls().to_numpy(), vocabulary), len(ids) - len(names)


def write_record(run: Run, config: TrainConfig, prepared: Prepared) -> None:
    """Write ``config.json``: everything that defines the run."""
    splits = prepared.splits
    tables = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    write_json(
        run.directory / CONFIG,
        {
            "format": FORMAT,
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "versions": {
                "namecls": __version__,
                "python": platform.python_version(),
                "torch": torch.__version__,
                "numpy": np.__version__,
            },
            "data": {
                **file_record(splits.train),
                "rows": sum(map(len, tables.values())),
                "labels": len(prepared.vocabulary.labels),
                "given": {side: file_record(t) for side, t in tables.items()} if prepared.given else None,
            },
            "split": {
                "method": "given" if prepared.given else "stratified by label, grouped by name",
                "sha256": splits.digest,
                **{side: len(table) for side, table in tables.items()},
            },
            "train": config.to_json(),
        },
    )


def recorded_splits(run: Run) -> Splits:
    """The rows of a run, read again and split again.

    :raises RunError: if the run does not tell which they are.
    :raises DataError: if the file is gone or is not what it was.
    """
    record = run.record()
    if "imported" in record:
        raise RunError(
            f"{run.directory}: was imported, so the rows that it was trained on are not known: give --data"
        )
    try:
        data, digest = record["data"], str(record["split"]["sha256"])
        if data["given"]:
            given = {side: read_again(data["given"][side]) for side in ("train", "validation", "test")}
            splits = Splits(**given)
        else:
            splits = split_by_config(run.config(), read_again(data))
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{run.directory / CONFIG}: expected the record of a training: {error!r}") from error
    if splits.digest != digest:
        raise DataError(f"{run.directory / CONFIG}: the split came out another than the one that it records")
    return splits


def file_record(table: NameTable) -> dict[str, Any]:
    """What it takes to read a table again, and to see that it is the same."""
    packaged = table.source.resolve() == paths.packaged_dataset().resolve()
    columns = table.layout.columns
    return {
        "file": table.title,
        "path": None if packaged else str(table.source.resolve()),  # None: the embedded dataset
        "sha256": table.sha256,
        "columns": dataclasses.asdict(columns),
    }


def read_again(record: Mapping[str, Any]) -> NameTable:
    """The table that `file_record` tells of.

    :raises DataError: if the file is gone or is not what it was.
    :raises KeyError: or a TypeError, if this is no such record.
    """
    path, columns = record["path"], record["columns"]
    if any(type(columns[what]) not in (str, int, type(None)) for what in ("name", "label")):
        raise TypeError("a column must be a title or a number")
    if any(type(columns.get(what)) not in (str, type(None)) for what in ("separator", "encoding")):
        raise TypeError("a separator and an encoding must be text")
    table = load_dataset(
        Path(path) if path is not None else None,
        name_column=columns["name"],
        label_column=columns["label"],
        header=columns["header"],
        separator=columns.get("separator"),
        encoding=columns.get("encoding"),
        min_labels=1,
    )
    if table.sha256 != record["sha256"]:
        raise DataError(
            f"{table.source}: has changed since the run was trained on it; "
            "put back the file that it was, or start a new run"
        )
    return table
