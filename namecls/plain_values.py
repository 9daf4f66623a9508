"""Values of plain dataclasses to a file and back, each field that is read of its type and within bounds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from namecls.errors import shown
from namecls.language import _

#: A loss beyond it is as good as none, and a plot of it could not have an axis.
LARGEST = 1e12
_LARGEST_SUM = 1e24  # of the weights of rows


def fields_of(value: Any) -> dict[str, Any]:
    """The values of a dataclass that holds no other; `asdict` copies them one by one, and there may be a million."""
    return {entry.name: getattr(value, entry.name) for entry in dataclasses.fields(value)}


def made(kind: type[Any], values: Mapping[str, Any]) -> Any:
    """A dataclass of values from a file, each seen to be of the type that its field has.

    :raises TypeError: if one is not, or is missing or too many.
    """
    for entry in dataclasses.fields(kind):
        fits = _CHECKS.get(entry.name) or _FITS.get(str(entry.type))
        if fits is not None and entry.name in values and not fits(values[entry.name]):
            raise TypeError(
                _("{name} must be of the type {type}, within bounds, was: {values}").format(
                    name=entry.name, type=entry.type, values=shown(values[entry.name])
                )
            )
    return kind(**values)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _is_number(value: object) -> bool:
    # Neither NaN nor infinite nor larger.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _is_sum(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LARGEST_SUM


def _is_share(value: object) -> bool:
    return _is_number(value) and 0 <= value <= 1 + 1e-6  # type: ignore[operator]


def _are_norms(values: Any) -> bool:
    return all(_is_number(value) and value >= 0 for value in values)


_SHARES = {
    *("accuracy", "macro_f1", "top_3", "top_5", "ece", "precision", "recall", "f1"),
    *("train_accuracy", "valid_accuracy", "valid_macro_f1"),
    *("confidence", "stated", "found", "answered", "wrong", "accuracy_of_others"),
}
_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(_SHARES, _is_share),
    **dict.fromkeys(("norms", "letters", "reverse"), _are_norms),
    "people": _is_sum,
    "probabilities": lambda values: all(map(_is_share, values)),
}
_FITS: Mapping[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "int": _is_count,
    "float": _is_number,
    "float | None": lambda value: value is None or _is_share(value),  # all of these are shares
    "tuple[str, ...]": lambda value: all(isinstance(v, str) for v in value),
    "int | None": lambda value: value is None or _is_count(value),
    "tuple[int, ...]": lambda value: all(map(_is_count, value)),
}
