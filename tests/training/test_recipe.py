from __future__ import annotations

from pathlib import Path

import pytest

from namecls.data.split import split_rows
from namecls.data.table import NameTable
from namecls.errors import ConfigError, DataError
from namecls.training.recipe import run_trial, trial_splits
from tests.library import SMALL, small_table


def test_a_trial_of_the_same_seed_comes_out_the_same_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = (run_trial(SMALL, small_table()) for _ in range(2))
    assert (first.test, first.validation) == (second.test, second.validation)
    assert first.test.rows == 15
    assert not list(tmp_path.glob("namecls-*"))


def test_rows_are_split_each_for_itself_and_stratified() -> None:
    table = NameTable.from_pairs(
        [("Lee", "English")] * 50 + [("Lee", "Chinese")] * 30 + [("Kim", "Korean")] * 20
    )
    splits = split_rows(table, seed=1)
    sizes = {side: part.frame["label"].value_counts() for side, part in splits.sides}
    found = {side: dict(counts.iter_rows()) for side, counts in sizes.items()}
    assert found["test"] == found["valid"] == {"English": 5, "Chinese": 3, "Korean": 2}
    assert found["train"] == {"English": 40, "Chinese": 24, "Korean": 16}
    assert split_rows(table, seed=1).digest == splits.digest


def test_every_row_stands_on_one_side() -> None:
    table = small_table()
    splits = split_rows(table, seed=3)
    names = [name for _, part in splits.sides for name in part.names]
    assert sorted(names) == sorted(table.names)
    assert split_rows(table, seed=4).digest != splits.digest


def test_too_few_rows_are_an_error() -> None:
    with pytest.raises(DataError, match="three rows"):
        split_rows(NameTable.from_pairs([("a", "x"), ("b", "y")]))


def test_an_unknown_protocol_is_an_error() -> None:
    with pytest.raises(ConfigError, match="grouped, rows"):
        run_trial(SMALL, small_table(), "leaky")


def test_a_protocol_takes_a_table_or_three_parts() -> None:
    splits = split_rows(small_table())
    with pytest.raises(ConfigError, match="the three parts of a split, found NameTable"):
        trial_splits(SMALL, small_table(), "published")
    with pytest.raises(ConfigError, match="one table, found Splits"):
        trial_splits(SMALL, splits, "rows")
    assert trial_splits(SMALL, splits, "published") is splits


def test_fewer_rows_to_learn_from_leave_the_other_sides_as_they_are() -> None:
    whole = trial_splits(SMALL, small_table())
    part = trial_splits(SMALL, small_table(), train_rows=30)
    assert len(part.train) == 30
    assert set(part.train.names) < set(whole.train.names)
    assert (part.validation.names, part.test.names) == (whole.validation.names, whole.test.names)
