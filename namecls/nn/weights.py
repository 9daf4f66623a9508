"""The weights that a network has, told by its config alone: names, types and shapes, as its file has them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from namecls.config import ModelConfig
from namecls.data.vocab import FIRST
from namecls.errors import ConfigError
from namecls.language import _

#: Gates of a cell, whose weights stand below each other.
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
_MOST_ONE_HOT = 8192  # characters; the table of so many takes 256 MiB


class Entry(NamedTuple):
    """What a file says of one tensor."""

    dtype: str  # as safetensors calls it: F32
    shape: tuple[int, ...]


def weights_of(config: ModelConfig, characters: int, labels: int) -> dict[str, Entry]:
    """What `NameClassifier.stored` holds.

    :param characters: number of character ids, padding and unknown among them (`Vocabulary.size`).
    :raises ConfigError: if there are too many characters for one-hot vectors.
    """
    found = {"scales": Entry("F32", (len(config.members),)), "offsets": Entry("F32", (labels,))}
    for member, kinds in enumerate(config.members):
        for place, kind in enumerate(kinds):
            for name, entry in _part(config, kind, characters, labels):
                found[f"members.{member}.parts.{place}.{name}"] = entry
    return found


def count_numbers(weights: Mapping[str, Entry]) -> int:
    """How many numbers they are."""
    return sum(math.prod(entry.shape) for entry in weights.values())


def check_one_hot(characters: int) -> None:
    """:raises ConfigError: if so many characters are too many for one-hot vectors."""
    if characters > _MOST_ONE_HOT:
        raise ConfigError(
            _(
                "input onehot takes at most {most_one_hot:,} characters, these are {width:,}: "
                "choose the input embedding, or give an alphabet"
            ).format(most_one_hot=_MOST_ONE_HOT, width=characters)
        )


def input_width(config: ModelConfig, characters: int) -> int:
    """Size of the input layer's vectors."""
    return characters - FIRST if config.input == "onehot" else config.embedding_size


def _part(config: ModelConfig, kind: str, characters: int, labels: int) -> Iterator[tuple[str, Entry]]:
    if kind == "ngram":
        yield "table", Entry("F16", (config.buckets, config.ngram_size))
        if config.ngram_words:
            yield "space", Entry("I64", ())
        if config.ngram_hidden:
            yield from _linear("hidden", config.ngram_size, config.ngram_hidden)
        yield from _linear("linear", config.ngram_size + config.ngram_hidden, labels)
        return
    width = input_width(config, characters)
    if config.input == "onehot":
        check_one_hot(width)
    else:
        yield "input.weight", Entry("F32", (characters, width))
    if kind == "cnn":
        yield "edges", Entry("F32", (2, width))
        for place, size in enumerate(range(2, config.widest + 1)):
            yield f"filters.{place}.weight", Entry("F32", (config.filters, width, size))
            yield f"filters.{place}.bias", Entry("F32", (config.filters,))
        yield from _linear("linear", config.filters * (config.widest - 1), labels)
        return
    hidden, directions = config.hidden_size, 2 if config.bidirectional else 1
    rows = GATES[kind] * hidden
    for layer in range(config.layers):
        below = width if not layer else hidden * directions
        for end in ("", "_reverse")[:directions]:
            yield f"cell.weight_ih_l{layer}{end}", Entry("F32", (rows, below))
            yield f"cell.weight_hh_l{layer}{end}", Entry("F32", (rows, hidden))
            yield f"cell.bias_ih_l{layer}{end}", Entry("F32", (rows,))
            yield f"cell.bias_hh_l{layer}{end}", Entry("F32", (rows,))
    yield from _linear("linear", hidden * directions * (3 if config.pooling == "concat" else 1), labels)


def _linear(name: str, inputs: int, outputs: int) -> Iterator[tuple[str, Entry]]:
    yield f"{name}.weight", Entry("F32", (outputs, inputs))
    yield f"{name}.bias", Entry("F32", (outputs,))
