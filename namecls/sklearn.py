"""A classifier of names as an estimator of scikit-learn; the extra `sklearn`.

    from namecls.sklearn import NameClassifierEstimator, name_groups

    estimator = NameClassifierEstimator("fast", epochs=4)
    cross_val_score(estimator, names, labels, groups=name_groups(names), cv=GroupKFold(3))

No other module imports this one, or scikit-learn.
"""

from __future__ import annotations

import hashlib
import inspect
import itertools
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from namecls.config import PRESET, PRESETS, SETTINGS, TrainConfig
from namecls.data.table import NameTable
from namecls.errors import DataError, RunError
from namecls.extras import needed
from namecls.files.storage import write_atomically
from namecls.inference.fitting import fit
from namecls.inference.prediction import Predictor
from namecls.inference.rankings import as_texts
from namecls.language import _
from namecls.normalization import name_keys, spellings
from namecls.runs.manifest import MANIFEST
from namecls.runs.run import FILES, Run

_base: Any = needed("sklearn.base", "sklearn")
_multiclass: Any = needed("sklearn.utils.multiclass", "sklearn")
_validation: Any = needed("sklearn.utils.validation", "sklearn")

_SETTINGS = tuple(name for name in SETTINGS if name != PRESET.name)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where the run of a fit is: in a directory, or its files themselves.

    :param sha256: of its manifest.
    """

    sha256: str
    directory: Path | None = None
    files: tuple[tuple[str, bytes], ...] = ()

    @classmethod
    def of(cls, run: Run, *, whole: bool) -> _Kept:
        sha256 = hashlib.sha256((run.directory / MANIFEST).read_bytes()).hexdigest()
        if not whole:
            return cls(sha256, run.directory.resolve())
        there = [name for name in (*FILES, MANIFEST) if (run.directory / name).exists()]
        return cls(sha256, files=tuple((name, (run.directory / name).read_bytes()) for name in there))

    def load(self) -> Predictor:
        if self.directory is not None:
            manifest = self.directory / MANIFEST
            if not manifest.exists() or hashlib.sha256(manifest.read_bytes()).hexdigest() != self.sha256:
                found = "another" if manifest.exists() else "none"
                raise RunError(
                    _(
                        "{directory}: expected the run that was fitted, found {found}; bring it back, or "
                        "fit again"
                    ).format(directory=self.directory, found=found)
                )
            return Predictor.load(self.directory)
        with tempfile.TemporaryDirectory(prefix="namecls-") as directory:
            for name, content in self.files:
                write_atomically(Path(directory) / name, content)
            return Predictor.load(directory)


class NameClassifierEstimator(_base.ClassifierMixin, _base.BaseEstimator):  # type: ignore[misc]
    """Train a classifier of names by `fit`, as scikit-learn has it.

    Its parameters are the settings of `TrainConfig` and `ModelConfig` by their names, so that a `GridSearchCV` may try
    values of each. None is the preset's value. They are checked by `fit`.

    A tenth of the names of a fit are validation rows, which choose the epoch, and a tenth are test rows
    (`valid_fraction`, `test_fraction`); `refit=True` trains on all of them in the end, which takes twice the time. X is
    texts, from a list, an array or a series, or a frame or an array of one column.

    :param preset: where values not given come from.
    :param save_dir: a directory in which each fit keeps its run; pickled is then where that is, with its hash. None: a
        pickle has the model in it.

    Attributes of a fitted one: `classes_`; `predictor_`, the `Predictor`; `run_directory_`, None without `save_dir`;
    `bad_lines_`, the rows that could not be used, such as names without a letter.
    """

    def __init__(
        self, preset: str = "default", *, save_dir: str | os.PathLike[str] | None = None, **settings: Any
    ) -> None:
        self.preset = preset
        self.save_dir = save_dir
        for name in _SETTINGS:
            setattr(self, name, settings.pop(name, None))
        if settings:
            raise TypeError(
                _("{kind} has no parameter {parameter!r}").format(
                    kind=type(self).__name__, parameter=next(iter(settings))
                )
            )

    def config(self) -> TrainConfig:
        """The config that the parameters are.

        :raises ConfigError: if there is no such preset, or a value is not one that its setting can have.
        """
        PRESET.check(self.preset)
        given = {name: getattr(self, name) for name in _SETTINGS if getattr(self, name) is not None}
        return PRESETS[self.preset].config.changed({name: _plain(value) for name, value in given.items()})

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Train on names `X` and their labels `y`, which may be texts, numbers or anything that can be sorted.

        :param sample_weight: how often each row counts (see `row_weighting`); one of weight 0 is left out.
        :raises NameclsError: if there is nothing to be learned from them; see `train`.
        """
        names = self._names(X)
        labels = _validation.column_or_1d(y, warn=True)
        _validation.check_consistent_length(names, labels)
        _multiclass.check_classification_targets(labels)
        weights = None if sample_weight is None else _validation._check_sample_weight(sample_weight, names)
        rows = range(len(names)) if weights is None else np.flatnonzero(weights != 0).tolist()
        classes, codes = np.unique(labels, return_inverse=True)
        texts = _label_texts(classes)
        table = NameTable.from_pairs(
            ((names[row], texts[codes[row]]) for row in rows),
            Path("X"),
            weights=None if weights is None else weights[rows].tolist(),
        )
        config = self.config()
        if self.save_dir is not None:
            run = Run.create(self.save_dir, config)
            predictor = fit(config, table, run)
            self._kept = _Kept.of(run, whole=False)
        else:
            with tempfile.TemporaryDirectory(prefix="namecls-") as directory:
                run = Run.create(directory, config)
                predictor = fit(config, table, run)
                self._kept = _Kept.of(run, whole=True)
        self.classes_ = classes
        self.bad_lines_ = tuple(table.bad_lines)
        self.run_directory_ = self._kept.directory
        self._predictor = predictor
        self._columns = [texts.index(label) for label in predictor.labels]
        return self

    @property
    def predictor_(self) -> Predictor:
        """The fitted model; after unpickling it is loaded when it is first asked for."""
        _validation.check_is_fitted(self, "classes_")
        if getattr(self, "_predictor", None) is None:
            self._predictor = self._kept.load()
        return self._predictor

    def predict_proba(self, X: Any) -> NDArray[np.float32]:  # noqa: N803
        """The probability of every class for each name; of a class without training rows it is 0.

        :return: the columns are in the order of `classes_`. *Shape:* (names, classes)
        """
        predictor = self.predictor_
        names = self._names(X)
        found = np.zeros((len(names), len(self.classes_)), np.float32)
        if names:
            found[:, self._columns] = predictor.predict_proba(names)
        return found

    def predict(self, X: Any) -> NDArray[Any]:  # noqa: N803
        """The most probable class of each name. *Shape:* (names,)"""
        best = self.predict_proba(X).argmax(1)
        found: NDArray[Any] = self.classes_[best]
        return found

    def _names(self, X: Any) -> list[str]:  # noqa: N803
        if isinstance(X, str):
            raise DataError(_("expected names as texts, found one text: put it into a list"))
        shape: tuple[int, ...] = getattr(X, "shape", ())
        if len(shape) == 2:
            if shape[1] != 1:
                raise DataError(
                    _("expected names, one column of texts, found {shape:,} columns").format(shape=shape[1])
                )
            X = np.asarray(X, dtype=object).ravel()  # noqa: N806
        return as_texts(X)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("_predictor", None)
        return state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags


#: What scikit-learn reads the parameters from.
NameClassifierEstimator.__init__.__signature__ = inspect.signature(  # type: ignore[attr-defined]
    NameClassifierEstimator.__init__
).replace(
    parameters=[
        *itertools.islice(inspect.signature(NameClassifierEstimator.__init__).parameters.values(), 3),
        *(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in _SETTINGS),
    ]
)


def name_groups(names: Iterable[str]) -> NDArray[np.int64]:
    """A number for each name, the same for spellings of one name: `groups` for `GroupKFold`. *Shape:* (names,)"""
    keys = name_keys(pl.Series(as_texts(names), dtype=pl.String))
    _, numbers = np.unique(keys.to_numpy().astype(str), return_inverse=True)
    return numbers.astype(np.int64)


def _label_texts(classes: NDArray[Any]) -> Sequence[str]:
    """The classes as labels of a table.

    :raises DataError: if two of them are read as the same label.
    """
    texts = list(map(str, classes.tolist()))
    read: list[str] = spellings(pl.Series(texts, dtype=pl.String)).str.strip_chars().to_list()
    if len(set(read)) < len(read):
        twice = next(text for at, text in enumerate(read) if text in read[:at])
        raise DataError(
            _("expected classes that are read differently, found two that are read as {twice!r}").format(
                twice=twice
            )
        )
    return read


def _plain(value: Any) -> Any:
    """A value as a setting has it: a search may have drawn a number of numpy."""
    return value.item() if isinstance(value, np.generic) else value
