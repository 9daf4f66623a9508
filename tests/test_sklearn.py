"""The estimator does what scikit-learn and its tools expect of one."""

from __future__ import annotations

import pickle
import re
import runpy
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import estimator_checks_generator

import namecls.sklearn
from namecls.config import PRESETS, SETTINGS
from namecls.errors import ConfigError, DataError, RunError
from namecls.sklearn import NameClassifierEstimator, name_groups
from tests.library import small_table

TABLE = small_table()
NAMES, LABELS = TABLE.names, TABLE.label_of_rows
QUICK: dict[str, Any] = {
    "epochs": 3,
    "batch_size": 16,
    "threads": 1,
    "device": "cpu",
    "ngram_size": 8,
    "buckets": 256,
    "learning_rate": 0.1,
}


def quick(**values: Any) -> NameClassifierEstimator:
    return NameClassifierEstimator("fast", **{**QUICK, **values})


@pytest.fixture(scope="module")
def fitted() -> NameClassifierEstimator:
    return quick().fit(NAMES, LABELS)


def test_it_learns_and_answers(fitted: NameClassifierEstimator) -> None:
    assert fitted.classes_.tolist() == sorted(set(LABELS))
    found = fitted.predict_proba(NAMES)
    assert found.shape == (len(NAMES), 3)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
    assert fitted.predict(NAMES).tolist() == fitted.classes_[found.argmax(1)].tolist()
    assert fitted.score(NAMES, LABELS) > 0.9
    assert fitted.predict_proba([]).shape == (0, 3)
    assert fitted.bad_lines_ == ()


def test_its_parameters_are_the_settings() -> None:
    estimator = quick(epochs=7, dropout=0.1)
    assert set(estimator.get_params()) == {*SETTINGS, "save_dir"}
    assert estimator.config() == PRESETS["fast"].config.changed({**QUICK, "epochs": 7, "dropout": 0.1})
    other = clone(estimator).set_params(epochs=np.int64(2))
    assert (other.config().epochs, estimator.config().epochs) == (2, 7)
    assert "epochs=7" in repr(estimator)
    with pytest.raises(ConfigError, match="epochs must be a whole number"):
        quick(epochs=0).fit(NAMES, LABELS)
    with pytest.raises(TypeError, match="no parameter 'epoch'"):
        quick(epoch=1)


def test_cross_validation_has_no_name_on_two_sides() -> None:
    names = [*NAMES, *(name.upper() for name in NAMES)]
    labels = LABELS * 2
    groups = name_groups(names)
    assert groups[: len(NAMES)].tolist() == groups[len(NAMES) :].tolist()
    assert len(set(groups.tolist())) == len(NAMES)
    scores = cross_val_score(quick(), names, labels, groups=groups, cv=GroupKFold(2))
    assert scores.shape == (2,)
    assert scores.min() > 0.8


def test_a_search_in_a_pipeline_finds_the_better_setting() -> None:
    pipeline = Pipeline([("strip", FunctionTransformer(_stripped)), ("names", quick())])
    grid = {"names__learning_rate": [1e-6, 0.1]}
    search = GridSearchCV(pipeline, grid, cv=2).fit([f" {name} " for name in NAMES], LABELS)
    assert search.best_params_ == {"names__learning_rate": 0.1}
    assert search.best_estimator_.predict(["Davshvili"]).tolist() == ["Georgian"]


def _stripped(names: list[str]) -> list[str]:
    return [name.strip() for name in names]


def test_a_pickle_has_the_model_or_says_where_it_is(fitted: NameClassifierEstimator, tmp_path: Path) -> None:
    expected = fitted.predict_proba(NAMES)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).predict_proba(NAMES), expected)
    kept = quick(save_dir=tmp_path / "runs").fit(NAMES, LABELS)
    assert kept.run_directory_.parent == tmp_path / "runs"
    content = pickle.dumps(kept)
    assert len(content) < 5_000
    np.testing.assert_array_equal(pickle.loads(content).predict_proba(NAMES), expected)
    with (kept.run_directory_ / "MANIFEST.json").open("a") as file:
        file.write(" ")
    with pytest.raises(RunError, match="expected the run that was fitted, found another"):
        pickle.loads(content).predict(NAMES)
    shutil.rmtree(kept.run_directory_)
    with pytest.raises(RunError, match="expected the run that was fitted, found none"):
        pickle.loads(content).predict(NAMES)


def test_weights_decide_what_a_name_is() -> None:
    names, labels = NAMES * 2, [*LABELS, *(["Other"] * len(NAMES))]
    ours = np.repeat([100.0, 1.0], len(NAMES))
    assert quick().fit(names, labels, sample_weight=ours).predict(NAMES[:1]).tolist() == LABELS[:1]
    assert quick().fit(names, labels, sample_weight=ours[::-1]).predict(NAMES[:1]).tolist() == ["Other"]
    without = quick().fit(names, labels, sample_weight=ours > 1)
    assert without.predict_proba(NAMES)[:, without.classes_.tolist().index("Other")].max() == 0


@pytest.mark.parametrize("classes", [(3, 1, 2), (True, False, True), ("ä", "b", "c")], ids=str)
def test_classes_are_what_they_were(classes: tuple[Any, ...]) -> None:
    of = dict(zip(sorted(set(LABELS)), classes, strict=True))
    labels = np.array([of[label] for label in LABELS])
    model = quick().fit(np.array(NAMES), labels)
    assert model.predict(NAMES[:1]).dtype == labels.dtype
    assert model.score(NAMES, labels) > 0.9


def test_names_come_in_columns_too(fitted: NameClassifierEstimator) -> None:
    expected = fitted.predict(NAMES).tolist()
    for names in (
        np.array(NAMES),
        np.array(NAMES)[:, None],
        pl.Series(NAMES),
        pl.DataFrame({"n": NAMES}),
        tuple(NAMES),
    ):
        assert fitted.predict(names).tolist() == expected
    for wrong, said in (
        ("Kim", "found one text: put it into a list"),
        (np.zeros((2, 3)), "one column of texts, found 3 columns"),
        ([1.5], "name 1 of 1 is 1.5"),
    ):
        with pytest.raises(DataError, match=re.escape(said)):
            fitted.predict(wrong)


def test_what_it_refuses() -> None:
    with pytest.raises(NotFittedError):
        quick().predict(NAMES)
    with pytest.raises(DataError, match="two that are read as 'A'"):
        quick().fit(NAMES[:2], ["A", "A "])


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("sklearn", "sklearn.base"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        ConfigError, match=r"package sklearn, which is not .* pip install 'namecls\[sklearn\]'"
    ):
        runpy.run_path(namecls.sklearn.__file__)


class OfNumbers(NameClassifierEstimator):
    """The estimator for the numbers that scikit-learn's checks give: each row of them is written as a name."""

    def _names(self, X: Any) -> list[str]:  # noqa: N803
        rows = np.asarray(X)
        if rows.ndim != 2 or rows.dtype.kind not in "fiu":
            return super()._names(X)
        return ["".join(chr(97 + int(abs(value) * 3) % 26) for value in row) for row in rows.tolist()]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.one_d_array, tags.input_tags.two_d_array = False, False, True
        return tags


#: The checks that make no sense for names, and why.
_NUMBERS = "is of matrices of numbers: their columns, types, missing values or sparseness; names are texts"
_TOO_FEW = "has fewer rows, names or labels than a split into training, validation and test rows needs"
LEFT_OUT = {
    **dict.fromkeys(
        (
            *("check_n_features_in_after_fitting", "check_n_features_in", "check_dtype_object"),
            *("check_complex_data", "check_estimators_nan_inf", "check_estimator_sparse_tag"),
            *("check_estimator_sparse_array", "check_estimator_sparse_matrix"),
            *("check_fit1d", "check_fit2d_predict1d", "check_fit2d_1feature"),
        ),
        _NUMBERS,
    ),
    **dict.fromkeys(
        (
            *("check_sample_weights_shape", "check_sample_weights_not_overwritten", "check_fit2d_1sample"),
            *("check_classifiers_one_label", "check_classifiers_one_label_sample_weights"),
        ),
        _TOO_FEW,
    ),
    "check_estimators_empty_data_messages": "wants a ValueError; what is wrong with data is a DataError",
    "check_sample_weight_equivalence_on_dense_data": "a row counts by the root of its weight, a duplicate once",
    "check_classifiers_train": "wants other numbers of columns to be refused",
}


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore:invalid value encountered in cast:RuntimeWarning"
)  # theirs, of an infinite y
def test_it_passes_the_checks_of_scikit_learn_that_make_sense_for_names() -> None:
    estimator = OfNumbers("fast", **{**QUICK, "epochs": 1})
    checked = 0
    for _, check in estimator_checks_generator(estimator, mark=None):
        name = getattr(check, "func", check).__name__
        if name in LEFT_OUT:
            continue
        try:
            check(clone(estimator))
        except Exception as error:
            if type(error).__name__ != "SkipTest":
                raise AssertionError(f"{name}: {error}") from error
        else:
            checked += 1
    assert checked > 35
