"""Answers as columns, to stand beside a table of other things or in a data frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from namecls.errors import DataError
from namecls.inference.rankings import STATUSES, Rankings
from namecls.language import _


def titles(k: int = 1, prefix: str = "") -> tuple[str, ...]:
    """The titles of the columns of answers: label and probability of the first k ranks, set, status."""
    more = (f"{what}_{rank}" for rank in range(2, k + 1) for what in ("label", "probability"))
    return tuple(f"{prefix}{title}" for title in ("label", "probability", *more, "set", "status"))


def columns(
    labels: Sequence[str], rankings: Iterable[Rankings], count: int, k: int = 1, prefix: str = ""
) -> dict[str, list[Any]]:
    """The answers for some names.

    :param rankings: of these names, in their order; with prediction sets.
    :param count: how many names there are.
    :return: by title, one value per name: label (text) and probability (0..1) of each rank, None where the name is not
        answered or there are fewer labels; set (texts), the prediction set, most probable first; status, as in
        `Prediction`.
    """
    found: dict[str, list[Any]] = {title: [None] * count for title in titles(k, prefix)}
    *ranks, sets, statuses = found.values()
    known = np.array(labels, dtype=object)
    begin = 0
    for some in rankings:
        end = begin + len(some.statuses)
        statuses[begin:end] = [STATUSES[status] for status in some.statuses.tolist()]
        sets[begin:end] = [[] for _ in range(end - begin)]
        inside = np.arange(some.labels.shape[1]) < some.sizes[:, None]
        likely, edges = known[some.labels[inside]].tolist(), [0, *some.sizes.cumsum().tolist()]
        for place, (first, last) in zip(some.asked.tolist(), pairwise(edges), strict=True):
            sets[begin + place] = likely[first:last]
        sure = ~some.are_uncertain()
        places = some.asked[sure].tolist()
        for rank in range(min(k, some.labels.shape[1])):
            ranked = known[some.labels[sure, rank]].tolist(), some.probabilities[sure, rank].tolist()
            for place, label, probability in zip(places, *ranked, strict=True):
                ranks[2 * rank][begin + place] = label
                ranks[2 * rank + 1][begin + place] = round(probability, 6)
        begin = end
    return found


def schema(k: int = 1, prefix: str = "") -> dict[str, Any]:
    """The types of `columns` in a frame."""
    import polars as pl

    *ranks, sets, status = titles(k, prefix)
    kinds = {title: pl.Float64 if at % 2 else pl.String for at, title in enumerate(ranks)}
    return {**kinds, sets: pl.List(pl.String), status: pl.String}


def check_titles(taken: Iterable[str], found: Iterable[str], source: str) -> None:
    """See that a table has no column of the title of an answer.

    :raises DataError: if it has one.
    """
    here = set(taken)
    for title in found:
        if title in here:
            raise DataError(
                _(
                    "{source}: has a column {title!r} already; choose other titles for the answers: a "
                    "prefix (--prefix)"
                ).format(source=source, title=title)
            )


def names_in(frame: Any, column: str) -> list[str]:
    """The names in a column of a data frame of polars or pandas; what is missing there is no name.

    :raises DataError: if there is no such column, or a name is no text.
    """
    if column not in list(frame.columns):
        raise DataError(
            _("the frame: expected a column {column!r}, found {columns}").format(
                column=column, columns=_(", ").join(map(str, frame.columns[:8]))
            )
        )
    values = frame[column].to_list()
    names = ["" if name is None or name != name else name for name in values]
    if others := [name for name in names if not isinstance(name, str)]:
        raise DataError(
            _("column {column!r}: expected names as texts, found {others!r}").format(
                column=column, others=others[0]
            )
        )
    return names


def with_answers(
    frame: Any, found: dict[str, list[Any]], kinds: dict[str, Any], source: str | None = None
) -> Any:
    """A data frame with the answers behind its columns, of the kind that it is of.

    :param source: what it is called in an error; None: the frame.
    :raises DataError: if it has a column of such a title already.
    """
    import polars as pl

    check_titles(list(frame.columns), found, source or _("the frame"))
    if hasattr(frame, "assign"):  # of pandas, which is not imported for that
        return frame.assign(**found)
    return frame.hstack(pl.DataFrame(found, schema=kinds))
