from __future__ import annotations

import dataclasses
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from namecls.data.inspection import LabelCount
from namecls.data.split import deduplicate, fold_of_rows
from namecls.data.table import NameTable
from namecls.edits.applying import apply_edits
from namecls.edits.edit import Edit
from namecls.edits.patch import patch_of
from namecls.errors import ConfigError, DataError
from namecls.events import EpochEnd
from namecls.repair.found import FoldBegan, FoldEnded, Order, Suspected
from namecls.repair.suspects import Answered, find_suspects, suggest, suspected
from tests.library import SMALL, small_table

FLIPPED = {5: "Georgian", 60: "Polish", 100: "Armenian"}


def flipped_table() -> NameTable:
    """The small table with three wrong labels, one of them twice, and a label that stands alone."""
    pairs = list(zip(small_table().names, small_table().label_of_rows, strict=True))
    for row, label in FLIPPED.items():
        pairs[row] = (pairs[row][0], label)
    return NameTable.from_pairs([*pairs, pairs[5], ("Zzz", "Klingon")])


@pytest.fixture(scope="module")
def events() -> list[object]:
    return list(find_suspects(SMALL, flipped_table(), folds=2, most=3))


def answered(probabilities: dict[int, float] | None = None) -> Answered:
    """As if every network gave the right label 90 %, and to what a row has else what is said."""
    table = deduplicate(flipped_table())
    found = np.full((len(table), len(table.labels)), 0.1 / (len(table.labels) - 1))
    truth = [*small_table().label_of_rows, "Klingon"]
    found[np.arange(len(table)), [table.labels.index(label) for label in truth]] = 0.9
    found[144, table.labels.index("Klingon")] = 0.0
    for row, share in (probabilities or {}).items():
        found[row, table.labels.index(table.label_of_rows[row])] = share
    return Answered(table, found, "ab" * 32, 0.9, 1.0)


def test_wrong_labels_are_the_first_suspects_with_the_label_that_is_right(events: list[object]) -> None:
    found = events[-1]
    assert isinstance(found, Suspected)
    truth = small_table().label_of_rows
    assert {each.lines[0] - 1: (each.label, each.suggested) for each in found.suspects} == {
        row: (label, truth[row]) for row, label in FLIPPED.items()
    }
    assert (6, 145) in [each.lines for each in found.suspects]
    assert [each.rank for each in found.suspects] == [1, 2, 3]
    assert (found.rows, found.not_judged) == (145, 1)


def test_every_fold_is_told_with_its_training_and_holds_all_rows_of_a_name(events: list[object]) -> None:
    assert [type(event) for event in events if isinstance(event, FoldBegan | FoldEnded | Suspected)] == [
        *([FoldBegan, FoldEnded] * 2),
        Suspected,
    ]
    assert sum(event.rows for event in events if isinstance(event, FoldBegan)) == 145
    assert sum(isinstance(event, EpochEnd) for event in events) == 2 * SMALL.epochs
    table = flipped_table()
    fold_of_name: dict[str, set[int]] = {}
    for name, fold in zip(table.names, fold_of_rows(table, 3).tolist(), strict=True):
        fold_of_name.setdefault(name, set()).add(fold)
    assert {len(folds) for folds in fold_of_name.values()} == {1}


@pytest.mark.parametrize(("order", "first"), [("self-confidence", 100), ("margin", 60)])
def test_suspects_are_as_many_as_estimated_or_asked_for_in_the_order_that_was_asked_for(
    order: Order, first: int
) -> None:
    judged = answered({5: 0.03, 60: 0.02, 100: 0.01})
    judged.probabilities[100] *= 0.001 / judged.probabilities[100].max()
    judged.probabilities[100, judged.table.labels.index("Armenian")] = 0.0005
    found = suspected(judged, flipped_table(), folds=2, order=order, most=3)
    assert found.suspects[0].lines[0] - 1 == first
    estimated = suspected(answered(), flipped_table(), folds=2, order=order)
    assert estimated.estimated == len(estimated.suspects) == 3
    assert [each.drop for each in found.suspects if each.lines == (101,)] == [True]
    assert not [each for each in found.suspects if each.label == "Klingon"]


def test_suggestions_are_edits_of_the_file_that_put_it_right() -> None:
    table = flipped_table()
    edits = list(suggest(suspected(answered(), table, folds=2, order="margin"), table))
    assert len(edits) == 4  # the exact duplicate, too
    assert {(edit.why.by, edit.why.model) for edit in edits} == {("suspects", "ab" * 32)}
    edited = apply_edits(table, patch_of(edits, "x"))
    assert not edited.unmatched
    assert edited.label_of_rows[:144] == small_table().label_of_rows


def test_what_was_kept_is_no_suspect_and_edits_of_an_edited_table_are_of_its_file() -> None:
    table = flipped_table()
    rows = {line: (name, label) for line, name, label in table.frame.iter_rows()}
    edited = apply_edits(
        table, patch_of([Edit.keep(*rows[6], 6), Edit.rename_label("Polish", "polski")], "x")
    )
    judged = dataclasses.replace(answered(), table=deduplicate(edited))
    found = suspected(judged, edited, folds=2, order="margin")
    edits = {edit.line: edit for edit in suggest(found, edited)}
    assert set(edits) == {61, 101}
    assert (edits[61].name, edits[61].label, edits[61].to) == (*rows[61], "Georgian")
    assert edits[101].to == "polski"


def test_the_same_name_under_another_label_is_evidence() -> None:
    table = NameTable.from_pairs(
        [*zip(small_table().names, small_table().label_of_rows, strict=True)]
        + [("Boryan", "Polish")]
        + [("Boryan", "Armenian")] * 3
    )
    truth = deduplicate(table)
    found = np.full((len(truth), 3), 1 / 3)
    judged = Answered(truth, found, "ab" * 32, 0.9, 1.0)
    (first, *_) = suspected(judged, table, folds=2, order="margin", most=1).suspects
    assert (first.label, first.suggested) == ("Polish", "Armenian")
    assert first.others == (LabelCount("Armenian", 4),)


def test_to_close_it_early_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with closing(find_suspects(SMALL, flipped_table())) as events:
        for _, event in zip(range(3), events, strict=False):
            assert not isinstance(event, Suspected)
    assert not list(tmp_path.iterdir())


def test_what_can_not_be_done_is_an_error() -> None:
    with pytest.raises(ConfigError, match="folds must be from 2"):
        next(find_suspects(SMALL, small_table(), folds=1))
    with pytest.raises(ConfigError, match="order must be one of"):
        next(find_suspects(SMALL, small_table(), order="alphabet"))  # type: ignore[arg-type]
    with pytest.raises(DataError, match="three different names"):
        list(find_suspects(SMALL, NameTable.from_pairs([("Lee", "a"), ("Kim", "b")]), folds=2))
