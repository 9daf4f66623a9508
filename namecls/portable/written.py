"""A model as an ONNX file, with what a program needs to read names by it, and checked against the product."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from namecls import __version__
from namecls.data.batching import NameDataset
from namecls.data.vocab import FIRST, Vocabulary
from namecls.errors import ModelFileError
from namecls.extras import needed
from namecls.language import _
from namecls.nn.model import logits_of
from namecls.normalization import FOLDS, Normalizer
from namecls.portable.graph import Graph
from namecls.portable.network import IDS, LENGTHS, PROBABILITIES, probabilities
from namecls.runs.model_files import LoadedModel

#: By how much a probability of the file may differ from the product's. Weights of 8 bits are not held to it.
TOLERANCE = 1e-4
#: The longest of the names that are made up for the check, of which there is one of each length and one more.
LONGEST = 256
_BATCH = 64
_LARGEST = 2**31 - 1  # bytes that the format can hold
_CODES = range(0x11_0000)


@dataclass(frozen=True, slots=True)
class Exported:
    """An ONNX file that is not written yet, and how its answers compare with the product's.

    :param names: asked in the check.
    :param difference: the largest of a probability.
    :param same_first: the share of names with the same first label.
    """

    content: bytes
    names: int
    difference: float
    same_first: float


def export_onnx(loaded: LoadedModel, *, int8: bool = False, names: Sequence[str] | None = None) -> Exported:
    """The network of a model as ONNX: character ids and lengths to probabilities, checked.

    Temperature, ensemble members and offsets are in the graph; name counts, other populations and scripts are not.

    :param int8: store weights as 8-bit integers: a quarter of the size, and slightly other probabilities.
    :param names: to compare answers with; None: made-up ones of every length from 1 to `LONGEST`.
    :raises ConfigError: if the extra is not installed.
    :raises ModelFileError: if it is too large for the format, or does not answer as the product does.
    """
    runtime = needed("onnxruntime", "onnx")
    content = onnx_of(loaded, int8=int8)
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    texts = made_up_names(loaded.vocabulary) if names is None else names
    difference, same = _compared(session, loaded, texts)
    if not int8 and not difference <= TOLERANCE:
        raise ModelFileError(
            _(
                "expected probabilities within {tolerance:g} of the model's, found {difference:.2g} by "
                "onnxruntime {version}; nothing was written: try another version of it"
            ).format(tolerance=TOLERANCE, difference=difference, version=runtime.__version__)
        )
    return Exported(content, len(texts), difference, same)


def onnx_of(loaded: LoadedModel, *, int8: bool = False) -> bytes:
    """The file: see `export_onnx`."""
    size = sum(tensor.numel() for tensor in loaded.model.state_dict().values()) * (1 if int8 else 4)
    if size > _LARGEST:
        raise ModelFileError(
            _(
                "ONNX holds {largest:,} bytes in a file, expected a network of no more, found one of {size:,}"
            ).format(largest=_LARGEST, size=size)
        )
    graph = Graph(int8=int8)
    graph.name_output(probabilities(graph, loaded.model, loaded.calibration.temperature), PROBABILITIES)
    return graph.model(
        {IDS: ("INT64", ["names", "characters"]), LENGTHS: ("INT64", ["names"])},
        {PROBABILITIES: ("FLOAT", ["names", loaded.model.labels])},
        {name: json.dumps(value, ensure_ascii=False) for name, value in metadata_of(loaded).items()},
        __version__,
    )


def metadata_of(loaded: LoadedModel) -> dict[str, Any]:
    """What a program needs beside the graph, each value to be written as JSON."""
    vocabulary = loaded.vocabulary
    return {
        "namecls": __version__,
        "characters": vocabulary.characters,
        "first_id": FIRST,
        "labels": vocabulary.labels,
        "normalization": reading_of(vocabulary.normalizer),
        "names": loaded.names,
    }


def reading_of(normalizer: Normalizer) -> dict[str, Any]:
    """How a name is read, as tables, so that no program needs the rules of this version of Python.

    In this order: composed (NFC); by anyascii, if `transliterate`; each character by `casefold`; composed; each by
    `folds`; composed; what is in `blank` trimmed at both ends, and made one space inside.
    """
    folds = {chr(code): other for code, other in FOLDS.items() if chr(code) != other}
    return {
        "rules": normalizer.rules,
        "transliterate": normalizer.transliterate,
        "casefold": _casefolded() if normalizer.casefold else {},
        "folds": folds if normalizer.rules > 1 else {},
        "blank": _blank(),
    }


@cache
def _casefolded() -> dict[str, str]:
    """What every character becomes that case folding changes."""
    return {c: other for c in map(chr, _CODES) if (other := c.casefold()) != c}


@cache
def _blank() -> str:
    """What Python takes for white space."""
    return "".join(filter(str.isspace, map(chr, _CODES)))


def made_up_names(vocabulary: Vocabulary, each: int = 2) -> list[str]:
    """Texts of known characters, the same each time.

    :param each: how many there are of every length from 1 to `LONGEST`.
    """
    draw = np.random.default_rng(0)
    letters = [c for c in vocabulary.characters if unicodedata.normalize("NFC", c) == c and not c.isspace()]
    known = np.array(letters or vocabulary.characters)
    return ["".join(draw.choice(known, length)) for length in range(1, LONGEST + 1) for _ in range(each)]


def answered(session: Any, vocabulary: Vocabulary, names: Sequence[str]) -> NDArray[np.float32]:
    """The probabilities that a session of onnxruntime gives names, in padded batches. *Shape:* (names, labels)"""
    found = np.empty((len(names), len(vocabulary.labels)), dtype=np.float32)
    order = sorted(range(len(names)), key=lambda place: len(names[place]))
    for start in range(0, len(order), _BATCH):
        places = order[start : start + _BATCH]
        encoded = [vocabulary.encode(names[place]) for place in places]
        lengths = np.array([len(ids) for ids in encoded])
        ids = np.zeros((len(encoded), lengths.max()), dtype=np.int64)
        for row, each in zip(ids, encoded, strict=True):
            row[: len(each)] = each
        (found[places],) = session.run([PROBABILITIES], {IDS: ids, LENGTHS: lengths})
    return found


def _compared(session: Any, loaded: LoadedModel, names: Sequence[str]) -> tuple[float, float]:
    """The largest difference of a probability, and the share of names with the same first label."""
    if not names:
        return 0.0, 1.0
    dataset = NameDataset(names, [0] * len(names), loaded.vocabulary)
    expected = loaded.calibration.probabilities(logits_of(loaded.model, dataset)).numpy()
    found = answered(session, loaded.vocabulary, names)
    same = found.argmax(1) == expected.argmax(1)
    return float(np.abs(found - expected).max()), float(same.mean())
