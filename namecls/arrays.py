"""Arrays of numpy and tensors of torch, where the same lines serve both engines.

What stands around a network takes either kind and answers in that kind. It calls what both libraries call alike from
`namespace(values)`, and where they differ, the functions here. Nothing here imports torch: who hands in a
tensor has.
"""

from __future__ import annotations

import sys
from typing import Any, TypeAlias

import numpy as np

#: An array of numpy or a tensor of torch, on the CPU.
Array: TypeAlias = Any


def namespace(values: Array) -> Any:
    """The library of an array: numpy or torch."""
    return np if isinstance(values, np.ndarray | np.generic) else sys.modules["torch"]


def single(values: Array) -> Array:
    """The same numbers in single precision."""
    library = namespace(values)
    return library.asarray(values, dtype=library.float32)


def double(values: Array) -> Array:
    """The same numbers in double precision."""
    library = namespace(values)
    return library.asarray(values, dtype=library.float64)


def whole(values: Array) -> Array:
    """The same numbers as 64-bit integers."""
    library = namespace(values)
    return library.asarray(values, dtype=library.int64)


def like(values: Array, other: Array) -> Array:
    """An array as the library of another one has it; its type stays."""
    return namespace(other).asarray(values)


def copied(values: Array) -> Array:
    """The same in memory of its own."""
    return values.copy() if namespace(values) is np else values.clone()


def softmax(logits: Array) -> Array:
    """*Shape:* (rows, labels) -> the same, rows sum to 1."""
    if namespace(logits) is not np:
        return logits.softmax(1)
    powers = np.exp(logits - logits.max(1, keepdims=True, initial=-np.inf))
    return powers / powers.sum(1, keepdims=True)


def most(values: Array, count: int) -> tuple[Array, Array]:
    """The largest values of each row and their places, falling; equal ones in any order.

    *Shape:* (rows, labels) -> (rows, count) each

    :param count: less than there are labels.
    """
    if namespace(values) is not np:
        found, places = values.topk(count, dim=1)
        return found, places
    places = np.argpartition(values, -count, axis=1)[:, -count:]
    found = np.take_along_axis(values, places, 1)
    order = np.argsort(-found, axis=1, kind="stable")
    return np.take_along_axis(found, order, 1), np.take_along_axis(places, order, 1)


def sort_falling(values: Array) -> tuple[Array, Array]:
    """Each row from its largest value on, equal ones in their order, and their places. *Shape:* both (rows, columns)"""
    if namespace(values) is not np:
        return values.sort(dim=1, descending=True, stable=True)  # type: ignore[no-any-return]
    places = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(values, places, 1), places


def largest(values: Array) -> tuple[Array, Array]:
    """The largest value of each row, and its place. *Shape:* both (rows,)"""
    if namespace(values) is not np:
        return values.max(1)  # type: ignore[no-any-return]
    return values.max(1), values.argmax(1)


def rising_order(values: Array) -> Array:
    """Places from the smallest value on, equal ones in their order. *Shape:* (values,)"""
    if namespace(values) is not np:
        return values.argsort(stable=True)
    return np.argsort(values, kind="stable")


def repeat(values: Array, times: Array) -> Array:
    """Each value as often as said. *Shape:* values (values,), times (values,)"""
    if namespace(values) is not np:
        return values.repeat_interleave(times)
    return np.repeat(values, times)


def add_at(values: Array, at: Array | tuple[Array, ...], added: Array) -> None:
    """Add numbers at places, in place; at one that comes again, each."""
    if namespace(values) is not np:
        values.index_put_(at if isinstance(at, tuple) else (at,), added, accumulate=True)
    else:
        np.add.at(values, at, added)
