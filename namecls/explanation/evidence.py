"""Evidence: whether a name is in the data that a model was made of, where, and under which labels.

It is knowledge of another kind than a probability, and stands apart from it. The data are found again by what the run
records of them, their hash and the hash of their split; where they are not the same, nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from namecls.data.split import in_blocks
from namecls.errors import NameclsError
from namecls.explanation.letters import read_letters
from namecls.explanation.views import PARTS, Evidence, Nearest, Sighting
from namecls.language import _
from namecls.normalization import NEWEST, name_key, name_keys
from namecls.runs.run import Run
from namecls.system import reason_of
from namecls.training.protocol import recorded_splits

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from namecls.data.split import Splits
    from namecls.data.table import NameTable
    from namecls.inference.prediction import Predictor

_MOST_EDITS = 2  # that a near name may be away
_SHORT = 4  # letters; shorter names may be one edit away
_NEAREST = 3


class TrainingNames:
    """An index of the names that a model was made of.

    :param predictor: the model, which tells what is read of a name.
    :param missing: why there is none.
    """

    def __init__(
        self,
        predictor: Predictor,
        splits: Splits | None = None,
        *,
        rules: int = NEWEST,
        refitted: bool = False,
        started_from: str = "",
        missing: str = "",
    ) -> None:
        import polars as pl

        schema = {
            "name": pl.String,
            "label": pl.String,
            "key": pl.String,
            "part": pl.UInt8,
            "count": pl.Float64,
        }
        self.missing, self.started_from = missing, started_from
        self._predictor, self._rules = predictor, rules
        sides = [] if splits is None else [table for _, table in splits.sides]
        # Of a refit all rows are trained on.
        rows = [_rows(table, 0 if refitted else part, rules) for part, table in enumerate(sides)]
        whole = pl.concat(rows) if rows else pl.DataFrame(schema=schema)
        self._rows = (
            whole.group_by("key", "label", "part")
            .agg(pl.col("name").first(), pl.col("count").sum())
            .sort("key", "part", "count", "label", descending=[False, False, True, False])
        )
        trained = self._rows.filter(pl.col("part") == 0)["key"].unique(maintain_order=True)
        self._trained = trained
        self._masks, self._lengths = _marks(trained)

    @classmethod
    def of(cls, predictor: Predictor, data: Path | None = None) -> TrainingNames:
        """The index of the data of a predictor's run, read, compared with their hash, and split again.

        It takes about as long as reading the file; an index without data, which says why, is no error.

        :param data: where the file lies now, if it was moved.
        """
        started_from = ""
        if predictor.info.directory == Path():
            return cls(predictor, missing=_("the network is not trained"))
        try:
            run = Run.open(predictor.info.directory)
            record = run.record()
            started_from = Path(record.train.init_from).name
            splits = recorded_splits(run, data)
        except NameclsError as error:
            return cls(predictor, missing=str(error), started_from=started_from)
        except OSError as error:
            return cls(predictor, missing=reason_of(error), started_from=started_from)
        return cls(
            predictor,
            splits,
            rules=record.train.model.normalization,
            refitted=record.refit is not None,
            started_from=started_from,
        )

    def __len__(self) -> int:
        """The number of different training names."""
        return len(self._trained)

    def evidence(self, name: str, nearest: int = _NEAREST) -> Evidence:
        """What the data hold of a name.

        :param nearest: how many near names, where it was not seen.
        :raises DataError: if the name has no letters.
        """
        written = read_letters(self._predictor, name).written
        told: dict[str, Any] = {"name": written, "missing": self.missing, "started_from": self.started_from}
        if self.missing:
            return Evidence(**told)
        sightings = self.sightings(written)
        return Evidence(
            **told, sightings=sightings, nearest=() if sightings else self._near(written, nearest)
        )

    def sightings(self, name: str) -> tuple[Sighting, ...]:
        """How often each part of the data holds a name under each label, as it stands, in any case."""
        import polars as pl

        found = self._rows.filter(pl.col("key") == name_key(name, self._rules))
        return tuple(
            Sighting(label, PARTS[part], count)
            for label, part, count in found.select("label", "part", "count").iter_rows()
        )

    def labels_of(self, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The labels of those of some names that the data hold, in any part, the commonest first."""
        import polars as pl

        keys = {name: name_key(name, self._rules) for name in names}
        found = self._rows.filter(pl.col("key").is_in(list(set(keys.values()))))
        found = (
            found.group_by("key", "label")
            .agg(pl.col("count").sum())
            .sort("count", "label", descending=[True, False])
        )
        labels: dict[str, list[str]] = {}
        for key, label, _rows in found.iter_rows():
            labels.setdefault(key, []).append(label)
        return {name: tuple(labels[key]) for name, key in keys.items() if key in labels}

    def _near(self, name: str, count: int) -> tuple[Nearest, ...]:
        """The training names that are fewest edits away, those that stand there most often first."""
        import polars as pl

        key = name_key(name, self._rules)
        most = _MOST_EDITS if len(key) >= _SHORT else 1
        masks, _rest = _marks(pl.Series([key]))
        # An edit takes one letter away and adds one, at most: what differs in more letters is further away.
        near = np.bitwise_count(self._masks ^ masks[0]) <= 2 * most
        near &= np.abs(self._lengths.astype(np.int16) - len(key)) <= most
        places = np.flatnonzero(near)
        names = self._trained[places].to_list()
        edits = edits_between(key, names, most)
        found: list[Nearest] = []
        for number in range(1, most + 1):
            here = [names[i] for i in np.flatnonzero(edits == number).tolist()]
            found += [
                Nearest(each, label, number) for each, label in self._commonest(here, count - len(found))
            ]
            if len(found) >= count:
                break
        return tuple(found[:count])

    def _commonest(self, keys: Sequence[str], count: int) -> list[tuple[str, str]]:
        """The training names that stand there most often, of some by their keys, each with its commonest label."""
        import polars as pl

        rows = self._rows.filter(pl.col("part") == 0, pl.col("key").is_in(keys))
        names = rows.group_by("key", maintain_order=True).agg(
            pl.col("name").first(), pl.col("label").first(), pl.col("count").sum()
        )
        names = names.sort("count", "key", descending=[True, False]).head(count)
        return list(names.select("name", "label").iter_rows())


def _rows(table: NameTable, part: int, rules: int) -> pl.DataFrame:
    """The rows of a part: key and name, label, part, and how often they count."""
    import polars as pl

    bearers = table.bearers
    return table.frame.select(
        "name",
        pl.col("label").cast(pl.String),
        key=name_keys(table.frame["name"], rules),
        part=pl.lit(part, pl.UInt8),
        count=pl.lit(bearers if bearers is not None else 1.0, pl.Float64),
    )


def _marks(names: pl.Series) -> tuple[NDArray[np.uint64], NDArray[np.uint16]]:
    """For each name a mark of the letters in it, and its length. *Shape:* both (names,)"""
    masks, lengths = [np.empty(0, np.uint64)], [np.empty(0, np.uint16)]
    for block in in_blocks(names):
        codes, sizes = _codes(block)
        letters = np.left_shift(np.uint64(1), (codes % 64).astype(np.uint64))
        masks.append(np.bitwise_or.reduceat(letters, sizes.cumsum() - sizes))
        lengths.append(sizes.astype(np.uint16))
    return np.concatenate(masks), np.concatenate(lengths)


def _codes(names: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The code points of names behind each other, and the length of each."""
    sizes = np.fromiter(map(len, names), np.int64, len(names))
    return np.frombuffer("".join(names).encode("utf-32-le", "surrogatepass"), np.uint32), sizes


def edits_between(name: str, others: Sequence[str], most: int) -> NDArray[np.uint8]:
    """How many letters of a name have to be inserted, deleted, replaced, or swapped with the next, to come to others.

    No letter is edited twice (optimal string alignment). For all others at once, letter by letter.

    :param most: what is further away than this may have any number above it.
    :return: *Shape:* (others,)
    """
    if not others:
        return np.empty(0, np.uint8)
    codes, sizes = _codes(others)
    width = int(sizes.max())
    places = np.arange(width)
    letters = codes.take((sizes.cumsum() - sizes)[:, None] + places, mode="clip")
    letters[places >= sizes[:, None]] = 0  # never a letter of a name
    letters = np.ascontiguousarray(letters.T)
    over = np.uint8(min(most + 1, 255))
    # A row of the table for each letter of the name; a column for each of the others' letters, holding all of them.
    before = [np.full(len(others), min(column, over), np.uint8) for column in range(width + 1)]
    earlier, previous = before, 0
    for row, letter in enumerate(map(ord, name), 1):
        current = [np.full(len(others), min(row, over), np.uint8)]
        for column in range(1, width + 1):
            best = np.minimum(before[column], current[-1]) + np.uint8(1)
            best = np.minimum(best, before[column - 1] + (letters[column - 1] != letter))
            if row > 1 and column > 1:
                swapped = (letters[column - 1] == previous) & (letters[column - 2] == letter)
                best = np.where(swapped, np.minimum(best, earlier[column - 2] + np.uint8(1)), best)
            current.append(np.minimum(best, over))
        earlier, before, previous = before, current, letter
    return np.stack(before, 1)[np.arange(len(others)), sizes]
