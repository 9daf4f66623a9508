"""Pieces of Parquet files."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from namecls.errors import DataError
from namecls.inference.pieces import Piece, answer, columns_of, find_files, parted
from namecls.inference.scorer import Scorer

TITLES = ("label", "probability", "set", "status")


@given(st.lists(st.integers(0, 30_000), min_size=1, max_size=6), st.integers(1, 9), st.integers(1_000, 9_000))
def test_pieces_are_all_rows_each_once_in_order_and_none_is_too_large(
    rows: list[int], n: int, most: int
) -> None:
    pieces = parted([Path(f"/{at}") for at in range(len(rows))], rows, n, most)
    assert [piece.number for piece in pieces] == list(range(len(pieces)))
    assert sorted(piece.name for piece in pieces) == [piece.name for piece in pieces]
    assert max(piece.rows for piece in pieces) <= most
    for at, count in enumerate(rows):
        parts = [piece for piece in pieces if piece.path == f"/{at}"]
        ranges = [piece.shard.part(0, count) for piece in parts]
        assert [end - begin for begin, end in ranges] == [piece.rows for piece in parts]
        assert [row for begin, end in ranges for row in range(begin, end)] == list(range(count))


def test_files_are_found_by_path_directory_and_pattern(tmp_path: Path) -> None:
    odd = tmp_path / "a[1]"
    odd.mkdir()
    for name in ("b.parquet", "a.parquet", "c.csv", ".hidden.parquet"):
        (odd / name).touch()
    both = [odd / "a.parquet", odd / "b.parquet"]
    assert find_files(str(odd)) == find_files(f"{tmp_path}/a[[]1]/*.parquet") == both
    assert find_files(str(odd / "b.parquet")) == [odd / "b.parquet"]
    for source in (str(tmp_path), f"{odd}/none*", ""):
        with pytest.raises(DataError, match="expected Parquet files, found none"):
            find_files(source)


def test_columns_are_found_and_what_does_not_fit_is_told(tmp_path: Path) -> None:
    one, other = tmp_path / "1.parquet", tmp_path / "2.parquet"
    frame = pl.DataFrame({"id": [1, 2], "Family": ["Kowalski", None], "kind": ["a", "b"]})
    frame.write_parquet(one)
    frame.cast({"kind": pl.Categorical}).head(0).write_parquet(other)
    assert columns_of([one], ["family", "3"], TITLES) == (("Family", "kind"), [2])
    for paths, wanted, titles, told in (
        ([one], ["name"], TITLES, "expected a column named 'name', found id, Family, kind"),
        ([one], ["id"], TITLES, "expected text in column 'id', found Int64"),
        ([one], ["Family"], ("kind",), "has a column 'kind' already"),
        (
            [one, other],
            ["Family"],
            TITLES,
            r"2\.parquet: expected the same columns as in .*1\.parquet, found id",
        ),
    ):
        with pytest.raises(DataError, match=told):
            columns_of(paths, wanted, titles)
    other.write_bytes(one.read_bytes()[:-20] + b"PAR1")
    with pytest.raises(DataError, match=r"2\.parquet: expected a Parquet file, found a damaged one"):
        columns_of([one, other], ["Family"], TITLES)


def test_a_piece_is_written_whole_or_not_there(trained_run: Path, tmp_path: Path) -> None:
    source = tmp_path / "1.parquet"
    frame = pl.DataFrame({"id": [1, 2, 3], "name": ["Kowalski", None, "O'Brien"]})
    frame.write_parquet(source)
    scorer = Scorer(trained_run)
    first, second = parted([source], [3], 1, most=2)
    assert [answer(piece, scorer, tmp_path) for piece in (second, first, first)] == [2, 1, 1]
    found = pl.read_parquet(tmp_path / "part-*.parquet")
    assert found.equals(scorer(frame))
    frame.head(2).write_parquet(source)
    changed = Piece(7, str(source), second.shard, second.rows)
    with pytest.raises(DataError, match="has changed meanwhile: expected 2 rows of it, found 1"):
        answer(changed, scorer, tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
    # None at all: columns, no rows.
    frame.head(0).write_parquet(source)
    (empty,) = parted([source], [0], 2)
    assert answer(empty, scorer, tmp_path) == 0
    assert pl.read_parquet(tmp_path / empty.name).schema == found.schema
