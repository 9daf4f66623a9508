"""The protocol of a run: deduplication, split, vocabulary, encoding; its record in config.json, and doing it again.

Exact (name, label) pairs count once; the table is split with no name on two sides; the vocabulary is built from
the training rows alone. The record in ``config.json`` is enough to repeat all of it and to check that the result is
the same.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import os
import platform
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from namecls import __version__, paths
from namecls.calibration.carried import CarriedCounts
from namecls.calibration.carrying import learn_carried
from namecls.calibration.population import Learned
from namecls.config import TrainConfig
from namecls.data.batching import NameDataset
from namecls.data.reading import digest_of
from namecls.data.split import Splits, deduplicate, in_blocks, split_people, split_table
from namecls.data.table import NameTable, load_dataset
from namecls.data.vocab import Vocabulary
from namecls.edits.applying import EditedTable
from namecls.edits.sides import are_edited, split_edited
from namecls.errors import ConfigError, DataError, NameclsError, RunError
from namecls.files.opening import sha256_of
from namecls.files.storage import write_atomically
from namecls.language import N_, _
from namecls.nn.model import NameClassifier
from namecls.normalization import Normalizer
from namecls.results import EditedRows
from namecls.runs.model_files import MOST_LABELS, LoadedModel, load_vocabulary
from namecls.runs.origin import source_path
from namecls.runs.record import CONFIG, SIDES, DataRecord, RunRecord, Source, SplitRecord
from namecls.runs.run import WEIGHTS, Run
from namecls.train_file import TRAIN_FILE, train_file
from namecls.training.kept_edits import edits_record, keep_edits, with_kept_edits
from namecls.training.transfer import counts_of, source_of

if TYPE_CHECKING:
    import polars as pl

#: How rows are split, in the words of a record.
_METHODS = {
    "names": "stratified by label, grouped by name",
    "rows": "stratified by label, by rows: a name may stand on several sides",
}
_ANOTHER = N_("is not the file that the run was trained on: its SHA-256 is another")


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


def prepare(config: TrainConfig, dataset: NameTable | Splits, begun: Run | None = None) -> Prepared:
    """Split, build the vocabulary, and encode the rows of a training.

    :param begun: a run that has its vocabulary; the model that it started from is then needed no more, and may be gone.
    :raises DataError: if one of the three sides is empty, or training holds fewer than two labels.
    :raises ModelFileError: if there is no model where the config says that training starts from.
    """
    given = isinstance(dataset, Splits)
    splits = split_by_config(config, dataset)
    for side, table in (("training", splits.train), ("validation", splits.validation), ("test", splits.test)):
        if not len(table):
            raise DataError(
                _("{title}: too few names for a {side} part: add more rows").format(
                    title=table.title, side=side
                )
            )
    if len(splits.train.labels) > MOST_LABELS:
        raise DataError(
            _(
                "{title}: {labels:,} labels, expected at most {most_labels:,}; is the label in another "
                "column?"
            ).format(title=splits.train.title, labels=len(splits.train.labels), most_labels=MOST_LABELS)
        )
    names = itertools.chain.from_iterable(in_blocks(splits.train.frame["name"]))
    source = source_of(config) if begun is None else None
    if begun is not None and config.init_from:
        vocabulary = load_vocabulary(begun)
    else:
        known = source.vocabulary.characters if source is not None else ()
        vocabulary = Vocabulary.learn(names, splits.train.labels, config.model, known)
    test, left_out = encode_table(splits.test, vocabulary)
    validation, _unknown = encode_table(splits.validation, vocabulary)
    if not len(test) or not len(validation):
        raise DataError(
            _("{title}: none of its labels stands in the training rows").format(title=splits.test.title)
        )
    train, _unknown = encode_table(splits.train, vocabulary)
    return Prepared(splits, vocabulary, train, validation, test, left_out, given, source)


def split_by_config(config: TrainConfig, dataset: NameTable | Splits) -> Splits:
    """Split a table into training, validation and test rows as a config says; a given split stays as it is."""
    if isinstance(dataset, Splits):
        return dataset
    rules = config.model.normalization
    if isinstance(dataset, EditedTable):
        if config.split == "rows":
            raise ConfigError(
                _("edits keep names on their side of the split: leave them out, or split by names")
            )
        return split_edited(
            dataset,
            seed=config.split_by,
            valid_fraction=config.valid_fraction,
            test_fraction=config.test_fraction,
            rules=rules,
            once=config.deduplicate,
        )
    table = deduplicate(dataset, rules) if config.deduplicate else dataset
    if config.split == "rows":
        return split_people(
            table,
            seed=config.split_by,
            valid_fraction=config.valid_fraction,
            test_fraction=config.test_fraction,
        )
    return split_table(
        table,
        seed=config.split_by,
        valid_fraction=config.valid_fraction,
        test_fraction=config.test_fraction,
        rules=rules,
    )


def encode_table(table: NameTable, vocabulary: Vocabulary) -> tuple[NameDataset, int]:
    """Encode the rows whose label is in the vocabulary; with them, the number of rows left out."""
    ids, known = known_rows(table, vocabulary)
    names, weights = table.frame["name"].filter(known), table.bearers
    people = weights.filter(known).to_numpy() if weights is not None else None
    return NameDataset(names, ids.drop_nulls().to_numpy(), vocabulary, people), len(ids) - len(names)


def known_names(table: NameTable, vocabulary: Vocabulary) -> list[str]:
    """The names of the rows that `encode_table` encodes."""
    names: list[str] = table.frame["name"].filter(known_rows(table, vocabulary)[1]).to_list()
    return names


def known_rows(table: NameTable, vocabulary: Vocabulary) -> tuple[pl.Series, pl.Series]:
    """The id of each row's label, null where it is not in the vocabulary, and whether it is there."""
    import polars as pl

    labels = pl.Enum(labels_as_read(vocabulary))
    ids = table.frame["label"].cast(pl.String).cast(labels, strict=False).to_physical()
    return ids, ids.is_not_null()


def labels_as_read(vocabulary: Vocabulary) -> tuple[str, ...]:
    """The labels of a model as a table has them; version 0.1 took them as they stood in the file."""
    read = tuple(map(Normalizer(), vocabulary.labels))
    return read if len(set(read)) == len(read) else vocabulary.labels


def carried_counts(config: TrainConfig, prepared: Prepared) -> CarriedCounts | None:
    """What the counts of the model that a training starts from tell of its labels, learned from its training rows.

    None: there are none, they are not wanted, no training name is among them, or they are of the same file: these would
    know the held-out rows.
    """
    if prepared.source is None or not config.name_counts or (found := counts_of(prepared.source)) is None:
        return None
    with contextlib.suppress(NameclsError):  # a model need not have a record
        if Run.open(source_path(config.init_from)).record().data.sha256 == prepared.splits.train.sha256:
            return None
    names, target = known_names(prepared.splits.train, prepared.vocabulary), prepared.train.labels
    return learn_carried(*found, names, target, len(prepared.vocabulary.labels))


def edited_rows(table: NameTable, vocabulary: Vocabulary, right: torch.Tensor) -> EditedRows | None:
    """The edited rows of a table told apart; None: it is not edited.

    :param right: whether each row that `encode_table` encodes is answered right. *Shape:* (rows,)
    """
    if not isinstance(table, EditedTable):
        return None
    _, known = known_rows(table, vocabulary)
    are = torch.from_numpy(are_edited(table, table.frame).filter(known).to_numpy(writable=True))
    shares = [float(right[some].double().mean()) if bool(some.any()) else 0.0 for some in (are, ~are)]
    return EditedRows(rows=int(are.sum()), accuracy=shares[0], accuracy_of_others=shares[1])


def row_weights(config: TrainConfig, prepared: Prepared) -> torch.Tensor | None:
    """How much each training row counts in the loss, 1 on average; None: all alike, or they have no weights.

    *Shape:* (rows,)
    """
    weights = prepared.train.weights
    if prepared.splits.train.weights is None or weights is None or config.row_weighting == "none":
        return None
    found = weights.sqrt() if config.row_weighting == "sqrt" else weights.log1p()
    return (found / found.mean()).float()


def learned_from(config: TrainConfig, model: NameClassifier, prepared: Prepared) -> Learned:
    """The population that the probabilities of a network are of.

    Class weights train it under other label shares than those of its training rows. So do what is added to
    its logits in the loss, and its own offsets: a multiple of the log prior of each label.
    """
    rows = row_weights(config, prepared)
    counts = torch.bincount(prepared.train.labels, rows, minlength=len(model.offsets))
    counts = counts.clamp(min=1) if rows is None else counts.clamp(min=1e-6)
    power = 1.0 - config.logit_adjustment - (config.class_weights == "balanced")
    log_shares = (counts / counts.sum()).log().sum()
    if bool(log_shares):
        power -= round(float(model.offsets.sum().cpu() / log_shares), 3)
    return Learned(tuple(counts.tolist()), power)


def write_record(run: Run, config: TrainConfig, prepared: Prepared) -> None:
    """Write ``config.json``: everything that defines the run; and its settings as `namecls train` reads them."""
    splits = prepared.splits
    tables = dict(zip(SIDES, (splits.train, splits.validation, splits.test), strict=True))
    counts = {side: len(table) for side, table in tables.items()}
    keep_edits(run.directory, splits.train)
    told = replace(config, init_from=Path(config.init_from).name)  # no path of this machine
    write_atomically(run.directory / TRAIN_FILE, train_file(told).encode())
    RunRecord(
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        versions={
            "namecls": __version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        train=config,
        data=file_record(splits.train),
        rows=sum(counts.values()),
        labels=len(prepared.vocabulary.labels),
        given={side: file_record(table) for side, table in tables.items()} if prepared.given else {},
        split=SplitRecord(
            method="given" if prepared.given else _METHODS[config.split],
            sha256=splits.digest,
            **counts,
        ),
        parent=_parent(config),
        edits=edits_record(splits.train),
    ).write(run.directory)


def _parent(config: TrainConfig) -> Source | None:
    """The model that a training starts from, known again by the hash of its weights."""
    if not config.init_from:
        return None
    weights = source_path(config.init_from) / WEIGHTS
    return Source(file=weights.parent.name, sha256=sha256_of(weights))


def recorded_splits(run: Run, data: Path | None = None) -> Splits:
    """Load and split the rows of a run again.

    :param data: where the file lies now, if it was moved; those of a given split may lie beside it.
    :raises RunError: if the run does not tell which they are.
    :raises DataError: if the file is gone or is not what it was.
    """
    record = run.record()
    if record.imported is not None or record.split is None:
        raise RunError(
            _(
                "{directory}: was imported, so the rows that it was trained on are not known: give --data"
            ).format(directory=run.directory)
        )
    if record.given:
        splits = Splits(*(read_again(record.given[side], run.directory, data) for side in SIDES))
    else:
        splits = split_by_config(
            record.train,
            with_kept_edits(run.directory, record.edits, read_again(record.data, run.directory, data)),
        )
    if splits.digest != record.split.sha256:
        raise DataError(
            _("{directory}: the split came out another than the one that it records").format(
                directory=run.directory / CONFIG
            )
        )
    return splits


def refuse_refitted(run: Run) -> None:
    """:raises RunError: if a model was trained on its own held-out rows, so that nothing can be fitted on these."""
    if run.record().refit is not None:
        raise RunError(
            _(
                "{directory}: was refitted on all of its rows, so none is left that sets, risks or "
                "counts could be fitted on: train it anew without a refit"
            ).format(directory=run.directory)
        )


def moved_splits(run: Run, data: Path | None) -> Splits:
    """`recorded_splits` of a run whose data were moved; records where they lie now.

    :raises RunError: if that can't be written.
    """
    splits = recorded_splits(run, data)
    if data is not None:
        record = run.record()
        found = {side: file_record(table) for side, (_, table) in zip(SIDES, splits.sides, strict=True)}
        if record.given:
            record = replace(record, given={s: replace(record.given[s], path=found[s].path) for s in SIDES})
        else:
            record = replace(record, data=replace(record.data, path=found["train"].path))
        record.write_places(run.directory)
    return splits


def file_record(table: NameTable) -> DataRecord:
    """Path, hash and layout of a table's file, to load it again and see that it is the same."""
    source = table.source.resolve()
    embedded = source == paths.packaged_dataset().resolve()
    return DataRecord(
        file=table.title,
        sha256=table.sha256,
        columns=table.layout.columns,
        is_embedded=embedded,
        path=None if embedded else source,
    )


def read_again(record: DataRecord, beside: Path | None = None, moved: Path | None = None) -> NameTable:
    """Load the table of a `file_record`. A file is read only if it has the recorded hash.

    :param beside: a directory in which, and beside which, the file may lie too.
    :param moved: where it lies now, if the user says so.
    :raises DataError: if the file is gone or is not what it was.
    """
    columns = record.columns
    return load_dataset(
        _find(record, beside, moved),
        name_column=columns.name,
        label_column=columns.label,
        header=columns.header,
        separator=columns.separator,
        encoding=columns.encoding,
        weight_column=columns.weight,
        min_labels=1,
    )


def _find(record: DataRecord, beside: Path | None, moved: Path | None) -> Path:
    """Where the file of a record lies: the first place at which its bytes are the recorded ones."""
    name = Path(record.file).name.removeprefix("..")  # a record may come from anywhere, and lead nowhere
    if record.is_embedded:
        places = [paths.packaged_dataset()]
    elif moved is not None:
        places = [moved, moved.parent / name]
    else:
        places = [record.path] if record.path is not None else []
        places += [place / name for place in (beside, beside.parent)] if beside is not None and name else []
    others = []
    for place in places:
        if os.path.lexists(place):
            if digest_of(place) == record.sha256:
                return place
            others.append(place)
    if others:
        is_own = others[0] == record.path
        raise DataError(
            _(
                "{file}: {why}; put back the file that it was, say where it lies with --data, or start a new run"
            ).format(
                file=others[0],
                why=_("has changed since the run was trained on it") if is_own else _(_ANOTHER),
            )
        )
    where = _(", ").join(map(str, places)) or _("a place that is not recorded")
    said = (
        _("{where}: there is no such file any more; say where {name} lies with --data")
        if record.path is not None and moved is None  # it has been at none of the others
        else _("{where}: there is no such file; say where {name} lies with --data")
    )
    raise DataError(said.format(where=where, name=name))
