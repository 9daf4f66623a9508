"""Scorer: answers for the batches of a table, in as many processes and on as many machines as an engine has."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from namecls import paths
from namecls.errors import DataError, ModelFileError, shown
from namecls.guarantees import COVERAGE, METHODS, Guarantees
from namecls.inference import frames
from namecls.inference.prediction import Predictor
from namecls.inference.ranker import Ranker
from namecls.inference.rankings import as_count, as_texts
from namecls.language import _
from namecls.runs.manifest import MANIFEST
from namecls.system import reason_of

_LOADING = Lock()
_MOST_MODELS = 4  # that a process keeps


class Scorer:
    """Answers the names of one batch after another.

    Pickled, it is the path of a run, the hash of its manifest and what is asked. A process that is given one loads the
    model at the first batch, once, however many scorers it is given.

    :param run: a finished run, which lies at this path wherever the scorer is used; None: the model that is shipped.
    :param column: of a batch, in which the names stand; of several the texts are put together, with spaces.
    :param k: label and probability of so many ranks.
    :param prefix: of the new titles.
    :param coverage: of the prediction sets; `sets`, `risk` as in `Predictor.predict`.
    :param names: "whole" or "family": how names are read; None: as the model was made.
    :param sha256: of the manifest of the run; None: of the one that is there now.
    :raises ModelFileError: if there is no finished run, or not this one.
    :raises ConfigError: if a value is not one that it can have.
    """

    def __init__(
        self,
        run: str | os.PathLike[str] | None = None,
        column: str | Sequence[str] = "name",
        *,
        k: int = 1,
        prefix: str = "",
        coverage: float = COVERAGE,
        sets: str = METHODS[0],
        risk: float | None = None,
        names: str | None = None,
        sha256: str | None = None,
    ) -> None:
        directory = os.path.realpath(run) if run is not None else None
        self.columns = (column,) if isinstance(column, str) else tuple(column)
        self._guarantees = Guarantees(coverage=coverage, sets=sets, risk=risk)
        self._k, self._prefix, self._names = k, prefix, names
        self._directory = directory
        self.sha256 = sha256 or _manifest_hash(directory)

    def __repr__(self) -> str:
        return f"<Scorer of {self._directory or 'the shipped model'}, {self.sha256[:8]}>"

    def load(self) -> Predictor:
        """The model, as this process has it.

        :raises ModelFileError: if it is not there, is damaged, or is another one than when the scorer was made.
        """
        with _LOADING:  # or threads that begin together would load it once each
            predictor = _load(self._directory, self.sha256)
        return predictor if self._names is None else predictor.reading(self._names)

    def __call__(self, batch: Any) -> Any:
        """The answers for a batch.

        :param batch: an Arrow table or record batch, or a frame of pandas or polars; or texts, which are the names.
        :return: of the same kind, with the answers behind its columns; of texts the columns of the answers alone, by
            title (`frames.columns`).
        :raises DataError: if it has no such column, or one of the title of an answer, or a name is no text.
        """
        if isinstance(batch, dict):  # as Ray gives where nothing is said
            raise DataError(
                _("expected a batch of Arrow or pandas, found a dict; to Ray say batch_format='pyarrow'")
            )
        if _is_arrow(batch):
            return self._beside_arrow(batch)
        if hasattr(batch, "columns"):
            found = self._answers(self._joined([frames.names_in(batch, column) for column in self.columns]))
            return frames.with_answers(batch, found, frames.schema(self._k, self._prefix), "the batch")
        return self._answers(as_texts(batch))

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles of the columns of the answers."""
        return frames.titles(self._k, self._prefix)

    @property
    def ddl(self) -> str:
        """The columns of the answers as Spark writes types."""
        *ranks, sets, status = self.titles
        kinds = [f"`{title}` {'double' if at % 2 else 'string'}" for at, title in enumerate(ranks)]
        return ", ".join([*kinds, f"`{sets}` array<string>", f"`{status}` string"])

    def _answers(self, names: Sequence[str]) -> dict[str, list[Any]]:
        predictor = self.load()
        k = as_count(self._k, len(predictor.labels))
        with Ranker(predictor, k, self._guarantees) as ranker:
            return frames.columns(predictor.labels, ranker.start(names)(), len(names), k, self._prefix)

    def _joined(self, cells: Sequence[Sequence[str]]) -> list[str]:
        if len(cells) == 1:
            return list(cells[0])
        return [" ".join(filter(None, map(str.strip, row))) for row in zip(*cells, strict=True)]

    def _beside_arrow(self, batch: Any) -> Any:
        pa: Any = sys.modules["pyarrow"]  # the batch is one of its

        frames.check_titles(batch.schema.names, self.titles, "the batch")
        found = self._answers(self._joined([_cells(batch, column) for column in self.columns]))
        *ranks, _sets, _status = self.titles
        kinds = [pa.float64() if at % 2 else pa.string() for at in range(len(ranks))]
        kinds += [pa.list_(pa.string()), pa.string()]
        arrays = [pa.array(found[title], kind) for title, kind in zip(self.titles, kinds, strict=True)]
        return type(batch).from_arrays([*batch.columns, *arrays], names=[*batch.schema.names, *self.titles])


@lru_cache(maxsize=_MOST_MODELS)
def _load(directory: str | None, sha256: str) -> Predictor:
    if _manifest_hash(directory) != sha256:
        raise ModelFileError(
            _(
                "{run}: expected the run that the scorer was made of, found another in its place; "
                "copy that run to this machine, or make the scorer again"
            ).format(run=directory or paths.packaged_model())
        )
    return Predictor.load(directory)


def _manifest_hash(directory: str | None) -> str:
    """The hash of a run's manifest, which holds those of its other files."""
    path = Path(directory) if directory is not None else paths.packaged_model()
    try:
        return hashlib.sha256((path / MANIFEST).read_bytes()).hexdigest()
    except OSError as error:
        raise ModelFileError(
            _(
                "{run}: expected a finished run, found no {manifest} ({reason}); it must lie at this path"
            ).format(run=path, manifest=MANIFEST, reason=reason_of(error))
        ) from None


def _is_arrow(batch: object) -> bool:
    """Whether it is a table or a record batch, without importing Arrow where it is none."""
    return type(batch).__module__.partition(".")[0] == "pyarrow" and hasattr(batch, "schema")


def _cells(batch: Any, column: str) -> list[str]:
    """The texts of a column; what is missing there is no name.

    :raises DataError: if there is no such column, or it holds no texts.
    """
    if column not in batch.schema.names:
        known = _(", ").join(batch.schema.names[:8])
        raise DataError(
            _("the batch: expected a column {column!r}, found {known}").format(column=column, known=known)
        )
    texts = ["" if value is None else value for value in batch.column(column).to_pylist()]
    if others := [value for value in texts if not isinstance(value, str)]:
        raise DataError(
            _("column {column!r}: expected names as texts, found {value}").format(
                column=column, value=shown(others[0])
            )
        )
    return texts
