"""Answers as columns, to stand beside a table of other things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from namecls.errors import DataError
from namecls.guarantees import COVERAGE, Guarantees
from namecls.inference.prediction import Predictor, Ranker
from namecls.inference.rankings import STATUSES

if TYPE_CHECKING:
    import polars as pl


def titles(k: int = 1, prefix: str = "") -> tuple[str, ...]:
    """The titles of the columns of answers: label and probability of the first k ranks, set, status."""
    more = (f"{what}_{rank}" for rank in range(2, k + 1) for what in ("label", "probability"))
    return tuple(f"{prefix}{title}" for title in ("label", "probability", *more, "set", "status"))


def columns(ranker: Ranker, names: Sequence[str], k: int = 1, prefix: str = "") -> dict[str, list[Any]]:
    """The answers for some names.

    :return: by title, one value per name: label (text) and probability (0..1) of each rank, None where the name is not
        answered; set (texts), the prediction set, most probable first; status, as in `Prediction`.
    """
    found: dict[str, list[Any]] = {title: [None] * len(names) for title in titles(k, prefix)}
    *ranks, sets, statuses = found.values()
    labels = ranker.labels
    begin = 0
    for rankings in ranker.start(names)():
        end = begin + len(rankings.statuses)
        statuses[begin:end] = [STATUSES[status] for status in rankings.statuses.tolist()]
        sets[begin:end] = [[] for _ in range(end - begin)]
        answered = (~rankings.are_uncertain()).tolist()
        rows = zip(
            rankings.asked.tolist(),
            answered,
            rankings.labels.tolist(),
            rankings.probabilities.tolist(),
            rankings.sizes.tolist(),
            strict=True,
        )
        for place, is_answered, ids, probabilities, size in rows:
            sets[begin + place] = [labels[at] for at in ids[:size]]
            for rank in range(k if is_answered else 0):
                ranks[2 * rank][begin + place] = labels[ids[rank]]
                ranks[2 * rank + 1][begin + place] = round(probabilities[rank], 6)
        begin = end
    return found


def schema(k: int = 1, prefix: str = "") -> dict[str, Any]:
    """The types of `columns` in a frame."""
    import polars as pl

    *ranks, sets, status = titles(k, prefix)
    kinds = {title: pl.Float64 if at % 2 else pl.String for at, title in enumerate(ranks)}
    return {**kinds, sets: pl.List(pl.String), status: pl.String}


def beside(
    frame: pl.DataFrame, found: dict[str, list[Any]], kinds: dict[str, Any], source: str
) -> pl.DataFrame:
    """A frame with the answers behind its columns.

    :raises DataError: if it has a column of such a title already.
    """
    import polars as pl

    if taken := [title for title in found if title in frame.columns]:
        raise DataError(
            f"{source}: has a column {taken[0]!r} already; choose another title for the answers with a prefix"
        )
    return frame.hstack(pl.DataFrame(found, schema=kinds))


def predict_frame(
    predictor: Predictor,
    frame: Any,
    column: str,
    *,
    k: int = 1,
    prefix: str = "",
    coverage: float = COVERAGE,
    risk: float | None = None,
) -> Any:
    """The same data frame with the answers for one of its columns.

    :param frame: of polars or of pandas.
    :param column: the names; what is missing there is no name.
    :param k: label and probability of so many ranks; the set and the status stand behind them.
    :param prefix: of the new titles.
    :return: a frame of the same kind, its rows in their order; the one given stays as it is.
    :raises DataError: if there is no such column, a title is taken, or a name is no text.
    """
    if column not in list(frame.columns):
        raise DataError(
            f"the frame: expected a column {column!r}, found {', '.join(map(str, frame.columns[:8]))}"
        )
    values = frame[column].to_list()
    missing = {place for place, name in enumerate(values) if name is None or name != name}
    names = ["" if place in missing else name for place, name in enumerate(values)]
    if others := [name for name in names if not isinstance(name, str)]:
        raise DataError(f"column {column!r}: expected names as texts, found {others[0]!r}")
    with Ranker(predictor, k, Guarantees(coverage=coverage, risk=risk)) as ranker:
        found = columns(ranker, names, k, prefix)
    if taken := [title for title in found if title in list(frame.columns)]:
        raise DataError(f"the frame: has a column {taken[0]!r} already; choose a prefix")
    if hasattr(frame, "assign"):  # of pandas, which is not imported for that
        return frame.assign(**found)
    return beside(frame, found, schema(k, prefix), "the frame")
