"""``config.json``: what defines a run, read and written here alone.

It may be shared: of files it holds names and hashes. Where they lie on this machine stands apart, in ``places.json``,
which is no part of the run: without it they are looked for beside the run, or asked for.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from namecls.config import TrainConfig
from namecls.data.layout import Columns
from namecls.errors import ConfigError, RunError
from namecls.files.storage import write_json
from namecls.files.strict_json import read_json
from namecls.language import _
from namecls.runs.manifest import FORMAT, Summary

CONFIG, PLACES = "config.json", "places.json"
#: The parts of a split, as a record calls them.
SIDES = ("train", "validation", "test")
#: What `TrainConfig.init_from` calls the model that is shipped.
SHIPPED = "shipped"

_LONGEST_PLACES = 2**20  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRecord:
    """What it takes to read a file of names again, and to see that it is the same."""

    file: str  # its name
    sha256: str = ""  # "": not known
    columns: Columns = field(default_factory=Columns)
    is_embedded: bool = False  # the dataset that comes with namecls
    path: Path | None = None  # where it lay on this machine; None: not known, or embedded

    def to_json(self) -> dict[str, Any]:
        """All of it that may be shared: without the path."""
        return {
            "file": self.file,
            "embedded": self.is_embedded,
            "sha256": self.sha256,
            "columns": dataclasses.asdict(self.columns),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], path: object = None) -> DataRecord:
        """The inverse of `to_json`.

        :param path: where the file lay on this machine; an older record holds that itself.
        :raises KeyError: a TypeError or a ValueError, if this is no such record.
        """
        columns, path = Columns(**values["columns"]), values.get("path", path)
        record = cls(
            file=values["file"],
            sha256=values["sha256"],
            columns=columns,
            is_embedded=values.get("embedded", "path" in values and path is None),
            path=Path(path) if path is not None else None,  # type: ignore[arg-type]
        )
        if not (isinstance(record.file, str) and isinstance(record.sha256, str)):
            raise TypeError(_("a file must have a name and a hash"))
        if type(record.is_embedded) is not bool or type(columns.header) not in (bool, type(None)):
            raise TypeError(_("embedded and header must be true or false"))
        if any(
            type(column) not in (str, int, type(None))
            for column in (columns.name, columns.label, columns.weight)
        ):
            raise TypeError(_("a column must be a title or a number"))
        if any(type(text) not in (str, type(None)) for text in (columns.separator, columns.encoding)):
            raise TypeError(_("a separator and an encoding must be text"))
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRecord:
    """How the rows were split: sizes of the three sides, and the hash of all."""

    method: str
    sha256: str  # of names and labels of all three parts
    train: int  # rows
    validation: int
    test: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that a run was made from: the name of the model and the hash of its weights, or of what was imported."""

    file: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefitRecord:
    """That a model was trained again on all rows, after it was measured."""

    rows: int  # trained on
    epochs: int
    measured: str  # SHA-256 of the weights that the figures are of

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> RefitRecord:
        """:raises TypeError: if these are no such values."""
        record = cls(**values)
        if (type(record.rows), type(record.epochs), type(record.measured)) != (int, int, str):
            raise TypeError(_("a refit must have a number of rows and of epochs, and a hash"))
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class EditsRecord:
    """The edits that were applied to the data before they were split; they lie in the run as ``edits.jsonl``."""

    file: str  # its name
    sha256: str
    edits: int  # in effect
    unmatched: int  # of these, that concern no row

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> EditsRecord:
        """:raises TypeError: if these are no such values."""
        record = cls(**values)
        kinds = type(record.file), type(record.sha256), type(record.edits), type(record.unmatched)
        if kinds != (str, str, int, int):
            raise TypeError(_("edits must have a name, a hash, and how many there are and match nothing"))
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """All that defines a run: with the data and the versions, what it takes to make it again."""

    created: str  # ISO 8601, UTC
    versions: Mapping[str, str]
    train: TrainConfig
    data: DataRecord  # what was split, or the training rows of a split that was given
    labels: int
    rows: int = 0
    split: SplitRecord | None = None  # None: imported
    given: Mapping[str, DataRecord] = field(
        default_factory=dict
    )  # the files of a split that was given, by side
    parent: Source | None = None  # the model that the training started from
    imported: Source | None = None
    study: str = ""  # the search that it is a trial of
    refit: RefitRecord | None = None  # None: the model is the one that was measured
    edits: EditsRecord | None = None  # None: the data are as they are

    @property
    def summary(self) -> Summary:
        """What a list shows of a run that is not tested."""
        return Summary(
            title=self.train.model.title,
            data=self.data.file,
            created=self.created,
            labels=self.labels,
            operating_point=self.train.operating_point,
            study=self.study,
            refit=self.refit is not None,
            seed=self.train.seed if self.imported is None else None,
        )

    def to_json(self) -> dict[str, Any]:
        """All of it that may be shared."""
        origin = self.train.init_from
        return {
            "format": FORMAT,
            "created": self.created,
            "study": self.study,
            "versions": dict(self.versions),
            "data": {**self.data.to_json(), "rows": self.rows, "labels": self.labels},
            "given": {side: data.to_json() for side, data in self.given.items()},
            "split": dataclasses.asdict(self.split) if self.split else None,
            "parent": dataclasses.asdict(self.parent) if self.parent else None,
            "refit": dataclasses.asdict(self.refit) if self.refit else None,
            "edits": dataclasses.asdict(self.edits) if self.edits else None,
            "imported": dataclasses.asdict(self.imported) if self.imported else None,
            "train": replace(self.train, init_from=os.path.basename(origin)).to_json(),  # noqa: PTH119
        }

    @property
    def places(self) -> dict[str, str]:
        """Where the files of it lie on this machine."""
        files = self.given or {"data": self.data}
        found = {name: str(data.path) for name, data in files.items() if data.path is not None}
        origin = self.train.init_from
        return found | ({"init_from": origin} if os.path.dirname(origin) else {})  # noqa: PTH120

    @property
    def settings(self) -> dict[str, Any]:
        """Its settings by their names, with ``data`` and ``edits``: all by which two runs may differ."""
        return {
            **{name: value for name, value in self.train.to_json().items() if name != "model"},
            **self.train.model.to_json(),
            "data": f"{self.data.file}, SHA-256 {self.data.sha256[:12]}",
            "edits": f"{self.edits.file}, SHA-256 {self.edits.sha256[:12]}" if self.edits else "",
        }

    def write(self, directory: Path) -> None:
        """Write ``config.json``, and before it what is not to be shared.

        :raises DiskFull: if there is no room.
        :raises RunError: if the disk does not take it.
        """
        self.write_places(directory)
        write_json(directory / CONFIG, self.to_json())

    def write_places(self, directory: Path) -> None:
        """Write ``places.json`` alone, if there is anything to write."""
        if self.places:
            write_json(directory / PLACES, self.places)


def differing(settings: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """Of the settings of runs those that are not the same in all of them: what each has."""
    told = {name: tuple(each.get(name) for each in settings) for name in (settings[0] if settings else ())}
    return {name: values for name, values in told.items() if any(value != values[0] for value in values)}


def read_record(directory: Path) -> RunRecord:
    """The record of a run.

    :raises RunError: if it can't be read, or is none.
    """
    path = directory / CONFIG
    values = read_json(path)
    places = read_json(directory / PLACES, _LONGEST_PLACES) if os.path.lexists(directory / PLACES) else {}
    train, _rest = _outline(path, values)
    if train.init_from not in ("", SHIPPED) and isinstance(origin := places.get("init_from"), str):
        train = replace(train, init_from=origin)
    try:
        given = values.get("given", values["data"].get("given")) or {}
        split, parent, imported = (values.get(name) for name in ("split", "parent", "imported"))
        refit, edits = values.get("refit"), values.get("edits")
        return RunRecord(
            created=values["created"],
            study=values.get("study", ""),
            versions={str(name): str(version) for name, version in values["versions"].items()},
            train=train,
            data=(
                DataRecord.from_json(values["data"], places.get("data"))
                if imported is None
                else DataRecord(file=values["data"]["file"])
            ),
            labels=values["data"]["labels"],
            rows=values["data"].get("rows", 0),
            given={
                side: DataRecord.from_json(given[side], places.get(side)) for side in (SIDES if given else ())
            },
            split=SplitRecord(**split) if split is not None else None,
            parent=Source(**parent) if parent is not None else None,
            imported=Source(**imported) if imported is not None else None,
            refit=RefitRecord.from_json(refit) if refit is not None else None,
            edits=EditsRecord.from_json(edits) if edits is not None else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(
            _("{path}: expected the record of a training: {error!r}").format(path=path, error=error)
        ) from error


def read_summary(directory: Path) -> Summary:
    """What a list shows of a run that is not tested. Of its record no more is looked at than that and the settings.

    :raises RunError: if it does not tell it.
    """
    return _outline(directory / CONFIG, read_json(directory / CONFIG))[1]


@lru_cache(maxsize=256)
def _settings(text: str) -> TrainConfig:
    """Settings of a training, from JSON: thousands of runs have few different ones."""
    return TrainConfig.from_json(json.loads(text))


def _outline(path: Path, values: Mapping[str, Any]) -> tuple[TrainConfig, Summary]:
    try:
        train = _settings(json.dumps(values["train"]))
    except (KeyError, TypeError, ValueError, ConfigError) as error:
        raise RunError(
            _("{path}: expected the settings of a training: {error}").format(path=path, error=error)
        ) from error
    try:
        summary = Summary.from_json(
            {
                "title": train.model.title,
                "data": values["data"]["file"],
                "created": values["created"],
                "labels": values["data"]["labels"],
                "operating_point": train.operating_point,
                "study": values.get("study", ""),
                "seed": train.seed if values.get("imported") is None else None,
            }
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(
            _("{path}: expected a time, the name of a file and a number of labels: {error!r}").format(
                path=path, error=error
            )
        ) from error
    return train, summary
