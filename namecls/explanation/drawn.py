"""Tensors as the rows, columns and lines of a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from namecls.language import _

_SHOWN = 6  # numbers of a vector that are written out
_ROWS = 24  # letters of a name that get a row of their own


def heat(
    columns: Sequence[str],
    values: Tensor,
    rows: Sequence[str],
    *,
    kind: str = "heat",
    span: tuple[float, float] | None = None,
    order: Sequence[int] = (),
) -> dict[str, Any]:
    """Fields of a step whose tensor has a row for each letter, which is drawn as a column.

    :param values: *Shape:* (columns, rows)
    """
    return {
        "kind": kind,
        "rows": tuple(rows),
        "columns": tuple(columns),
        "values": tuple(map(tuple, values.t().tolist())),
        "span": span,
        "order": tuple(order),
    }


def bars(rows: Sequence[str], values: Tensor, what: str, **others: Any) -> dict[str, Any]:
    """Fields of a step whose tensor is one vector. *Shape:* values (rows,)"""
    return heat([what], values[None], rows, kind="bars", **others)


def numbered(count: int) -> list[str]:
    """Names of what is known by its number alone, from 1 on."""
    return [str(number) for number in range(1, count + 1)]


def vector(values: Tensor) -> str:
    """The first numbers of a vector, in a line."""
    shown = " ".join(f"{v:+.2f}" for v in values[:_SHOWN].tolist())
    return f"[{shown}{' …' if len(values) > _SHOWN else ''}]"


def lines(letters: Sequence[str], values: Tensor) -> str:
    """A line for each of the first letters."""
    shown = [f"{c}  {vector(row)}" for c, row in zip(letters[:_ROWS], values, strict=False)]
    return "\n".join(shown + ["…"] * (len(letters) > _ROWS))


def onehot_lines(letters: Sequence[str], values: Tensor) -> str:
    """The same of one-hot vectors."""
    shown = []
    for letter, row in zip(letters[:_ROWS], values, strict=False):
        place = int(row.argmax())
        told = (
            _("1 at {place}, {zeros} zeros").format(place=place, zeros=len(row) - 1)
            if row.any()
            else _("{zeros} zeros: unknown").format(zeros=len(row))
        )
        shown.append(f"{letter}  {told}")
    return "\n".join(shown + ["…"] * (len(letters) > _ROWS))


def last_pieces(pieces: Sequence[str]) -> range:
    """Which n-grams are written out: the last ones, since the long ones tell most."""
    return range(max(len(pieces) - _ROWS, 0), len(pieces))
