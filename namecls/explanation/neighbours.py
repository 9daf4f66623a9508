"""Neighbours: the nearest training names in the network's own representation.

A name's vector is what the last linear layers of all parts and members take of it (`represented`), each part brought
to the same mean square over the training names, so that none drowns the others; then turned to their principal
components, of which the first 56 are kept in half precision. Near is near by Euclidean distance.

The first components stand apart. The distance in these alone is never above that in all, so that they tell which names
can be among the nearest; where these are many, the next ones are asked, too. Only what is left is looked at whole: what
is found is exact.

The index is a file of the run, ``neighbours.safetensors``, bound to its weights by their hash. It holds the training
names, and is no part of a run that is shared.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from namecls import paths
from namecls.data.batching import NameDataset
from namecls.errors import DataError, ModelFileError, NameclsError, RunError, shown
from namecls.explanation.letters import read_letters
from namecls.explanation.represented import (
    Rows,
    learned_and_held_out,
    logits_of_units,
    part_sizes,
    representations,
    represented,
    run_of,
)
from namecls.explanation.steps import Neighbour, Neighbours
from namecls.files.strict_json import parse_json
from namecls.language import _
from namecls.runs.run import Run
from namecls.runs.tensors import hash_of, open_tensors, write_tensors

if TYPE_CHECKING:
    from namecls.inference.prediction import Predictor

INDEX = "neighbours.safetensors"
#: Components that are kept, in pieces that stand apart.
PIECES = (16, 16, 24)
KEPT = sum(PIECES)
#: Neighbours whose labels are counted to say how good they are as an explanation.
VOTERS = 10

_FORMAT = "3"
_SAMPLED = 8192  # names that the components are computed from
_HELD_OUT = 500  # names that the votes are measured on
_BLOCK = 2**14  # names that are looked at together
_MANY = 16  # of so many names one
_SLACK = 1e-3  # what is lost to rounding of a squared distance, at most, as a share of the vectors' own
_MOST_HALF = 65_504.0
#: The tensors of a file, the type of each and its dimensions.
_TENSORS = {
    "scale": ("F32", 1),
    "mean": ("F32", 1),
    "components": ("F32", 2),
    **{f"piece{number}": ("F16", 2) for number in range(len(PIECES))},
    "labels": ("I32", 1),
    "starts": ("I32", 1),
    "names": ("U8", 1),
}


@dataclass(frozen=True, slots=True)
class Projection:
    """From a network's vectors to the numbers that are kept of them.

    *Shape:* `scale` and `mean` (units,), `components` (units, kept).
    """

    scale: Tensor
    mean: Tensor
    components: Tensor

    @classmethod
    def fitted(cls, sample: Tensor, sizes: Sequence[int]) -> Projection:
        """The principal components of some vectors. *Shape:* sample (names, units)

        :param sizes: of the parts that stand side by side.
        """
        mean = sample.mean(0)
        centred = sample - mean
        squares = [part.square().sum(1).mean() for part in torch.split(centred, list(sizes), 1)]
        scale = torch.cat(
            [
                square.clamp(min=1e-24).rsqrt().expand(size)
                for square, size in zip(squares, sizes, strict=True)
            ]
        )
        vectors = centred * scale
        if len(vectors) < vectors.shape[1]:  # fewer names than units: the same by the smaller of two products
            values, found = torch.linalg.eigh(vectors @ vectors.t())
            found = vectors.t() @ found / values.clamp(min=1e-12).sqrt()
        else:
            _, found = torch.linalg.eigh(vectors.t() @ vectors)
        return cls(scale, mean, found[:, -KEPT:].flip(1).contiguous())

    def __call__(self, vectors: Tensor) -> Tensor:
        """*Shape:* (names, units) -> (names, kept)"""
        kept = ((vectors - self.mean) * self.scale) @ self.components
        return kept.clamp(-_MOST_HALF, _MOST_HALF)


@dataclass(frozen=True, slots=True, eq=False)
class NeighbourIndex:
    """The training names of a network by its own representation. Make one with `of`, or `build`.

    *Shape:* `pieces` (names, 16), (names, 16) and (names, 24), half precision; `labels` (names,) int32; `starts`
    (names + 1,), where each name begins in the bytes of all.

    :param accuracy: of the label that most of the 10 nearest have, on held-out names; `model_accuracy`: of the network
        on the same; None: no name was held out.
    """

    projection: Projection
    pieces: tuple[Tensor, ...]
    labels: Tensor
    starts: Tensor
    names: Tensor
    accuracy: float | None = None
    model_accuracy: float | None = None
    held_out: int = 0
    _squares: tuple[Tensor, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_squares", tuple(map(_squares, self.pieces)))

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        return f"<NeighbourIndex: {len(self):,} names, {self.bytes:,} bytes>"

    @property
    def bytes(self) -> int:
        """The memory that it takes."""
        kept = (*self.pieces, *self._squares, self.labels, self.starts, self.names)
        return sum(tensor.numel() * tensor.element_size() for tensor in kept)

    @classmethod
    def of(
        cls, predictor: Predictor, rows_of: Callable[[], tuple[Rows, Rows]] | None = None
    ) -> NeighbourIndex:
        """The index of a model: that of its run if it fits its weights, else a new one, which is kept there.

        Of a model that is not written to, such as the shipped one, it is kept in the user's cache.

        :param rows_of: gives the rows that it was trained on, and those that it was not; None: they are read again.
        :raises RunError: if the run does not tell what it was trained on.
        :raises DataError: if the file is gone or is not what it was.
        """
        run, weights = run_of(predictor), hash_of(predictor.model.stored())
        for place in _places(run, weights):
            with contextlib.suppress(NameclsError):
                return cls.load(place, predictor, weights)
        rows, held_out = rows_of() if rows_of else learned_and_held_out(run, predictor.vocabulary)
        index = cls.build(predictor, rows, held_out)
        for place in _places(run, weights):  # without a place for it, it is built again
            with contextlib.suppress(RunError, OSError):
                place.parent.mkdir(parents=True, exist_ok=True)
                index.save(place, weights)
                break
        return index

    @classmethod
    def build(cls, predictor: Predictor, rows: Rows, held_out: Rows | None = None) -> NeighbourIndex:
        """An index of some rows, and what its votes are worth on others.

        :raises DataError: if there is no row.
        """
        if not len(rows):
            raise DataError(_("expected training names to look for neighbours among, found none"))
        model, vocabulary = predictor.model, predictor.vocabulary
        sample = represented(model, rows.some(_SAMPLED).dataset(vocabulary))
        projection = Projection.fitted(sample, part_sizes(model))
        sizes = _sizes(projection.components.shape[1])
        pieces = tuple(torch.empty(len(rows), size, dtype=torch.float16) for size in sizes)
        for indices, vectors in representations(model, rows.dataset(vocabulary)):
            for piece, found in zip(pieces, torch.split(projection(vectors).half(), sizes, 1), strict=True):
                piece[indices] = found
        texts = [name.encode("utf-8", "replace") for name in rows.names]
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        index = cls(
            projection,
            *(pieces, torch.from_numpy(rows.labels).int()),
            torch.from_numpy(np.concatenate([np.zeros(1, np.int64), lengths.cumsum()])).int(),
            torch.frombuffer(bytearray(b"".join(texts)) or bytearray(1), dtype=torch.uint8),
        )
        return index._measured(predictor, held_out) if held_out is not None and len(held_out) else index

    def _measured(self, predictor: Predictor, held_out: Rows) -> NeighbourIndex:
        """The same with what its votes are worth on some held-out names."""
        rows = held_out.some(_HELD_OUT)
        dataset = rows.dataset(predictor.vocabulary)
        vectors = represented(predictor.model, dataset)
        with torch.inference_mode():
            votes = [self.vote(vector) for vector in self.projection(vectors)]
            answers = logits_of_units(predictor.model, vectors).argmax(1).numpy()
        return replace(
            self,
            accuracy=float(np.mean(np.array(votes) == rows.labels)),
            model_accuracy=float(np.mean(answers == rows.labels)),
            held_out=len(rows),
        )

    def vote(self, vector: Tensor) -> int:
        """The label that most of the 10 nearest have; of several, that of the nearest. *Shape:* vector (kept,)"""
        _, rows = self.nearest(vector, VOTERS)
        labels: list[int] = self.labels[rows].tolist()
        return max(labels, key=lambda label: (labels.count(label), -labels.index(label)))

    def nearest(self, vector: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Distances and rows of the k nearest, the nearest first. *Shape:* vector (kept,), both (k,)"""
        k = min(k, len(self))
        parts = torch.split(vector.float(), [piece.shape[1] for piece in self.pieces])
        rough, first = _distances(self.pieces[0], self._squares[0], parts[0])
        if len(first) < 4 * k:
            first = rough.topk(min(4 * k, len(self)), largest=False).indices
        bound = float(self._squared(first, parts).kthvalue(k).values)
        bound += _SLACK * (1 + float(vector.square().sum()))
        rows = np.flatnonzero(rough.numpy() <= bound)
        for piece, squares, part in zip(self.pieces[1:], self._squares[1:], parts[1:], strict=True):
            if len(rows) > len(self) // _MANY:  # to go through all is quicker than to pick so many
                rough += _distances(piece, squares, part)[0]
                rows = np.flatnonzero(rough.numpy() <= bound)
        found = torch.from_numpy(rows)
        values, order = self._squared(found, parts).sort(stable=True)
        return values[:k].sqrt(), found[order[:k]]

    def _squared(self, rows: Tensor, parts: Sequence[Tensor]) -> Tensor:
        """Squared distances of some rows. *Shape:* (rows,)"""
        found = torch.zeros(len(rows))
        for start in range(0, len(rows), _BLOCK):
            some = slice(start, start + _BLOCK)
            for piece, part in zip(self.pieces, parts, strict=True):
                found[some] += (piece[rows[some]].float() - part).square().sum(1)
        return found

    def name(self, row: int) -> str:
        """The name of a row."""
        start, end = self.starts[row : row + 2].tolist()
        return bytes(self.names[start:end].tolist()).decode("utf-8", "replace")

    def query(self, predictor: Predictor, name: str, k: int = VOTERS) -> Neighbours:
        """The nearest training names of a name; the name itself is among them, if it was trained on.

        :raises DataError: if the name has no letters, or too many.
        """
        read = read_letters(predictor, name)
        vectors = represented(predictor.model, NameDataset([read.read], [0], predictor.vocabulary))
        with torch.inference_mode():
            best = int(logits_of_units(predictor.model, vectors)[0].argmax())
            distances, rows = self.nearest(self.projection(vectors)[0], max(k, 1))
        found = zip(rows.tolist(), self.labels[rows].tolist(), distances.tolist(), strict=True)
        return Neighbours(
            name=name,
            label=predictor.labels[best],
            neighbours=tuple(
                Neighbour(
                    name=self.name(row),
                    label=predictor.labels[label],
                    distance=distance,
                    speaks_for=label == best,
                )
                for row, label, distance in found
            ),
            indexed=len(self),
            accuracy=self.accuracy,
            model_accuracy=self.model_accuracy,
            held_out=self.held_out,
        )

    def save(self, path: Path, weights: str) -> None:
        """Write it to a file.

        :param weights: the hash of the network's weights.
        :raises RunError: if the disk does not take it.
        """
        projection = self.projection
        write_tensors(
            path,
            {
                **{name: getattr(projection, name) for name in ("scale", "mean", "components")},
                **{f"piece{number}": piece for number, piece in enumerate(self.pieces)},
                **{name: getattr(self, name) for name in ("labels", "starts", "names")},
            },
            format=_FORMAT,
            weights=weights,
            measured=json.dumps([self.accuracy, self.model_accuracy, self.held_out]),
        )

    @classmethod
    def load(cls, path: Path, predictor: Predictor, weights: str) -> NeighbourIndex:
        """An index from a file.

        :raises RunError: if there is none.
        :raises ModelFileError: if it is damaged, or of other weights.
        """
        units, labels = sum(part_sizes(predictor.model)), len(predictor.labels)
        with open_tensors(path) as stored:
            if stored.texts.get("weights") != weights or stored.texts.get("format") != _FORMAT:
                raise ModelFileError(
                    _("{path}: is of other weights, or written by another version").format(path=path)
                )
            kinds = {name: (entry.dtype, len(entry.shape)) for name, entry in stored.entries.items()}
            if kinds != _TENSORS:
                raise ModelFileError(
                    _("{path}: expected an index of names, found {kinds}").format(
                        path=path, kinds=shown(kinds)
                    )
                )
            shapes = {name: entry.shape for name, entry in stored.entries.items()}
            kept, rows = shapes["components"][1], shapes["labels"][0]
            expected = {
                "scale": (units,),
                "mean": (units,),
                "components": (units, kept),
                **{f"piece{number}": (rows, size) for number, size in enumerate(_sizes(kept))},
                "labels": (rows,),
                "starts": (rows + 1,),
            }
            if (
                any(shapes[name] != shape for name, shape in expected.items())
                or not rows
                or not 1 <= kept <= KEPT
            ):
                raise ModelFileError(
                    _("{path}: its tensors don't fit each other, or the network").format(path=path)
                )
            tensors = stored.read()
            accuracy, model_accuracy, held_out = _measured(stored.texts.get("measured", ""))
        _check_numbers(path, tensors, labels)
        projection = Projection(*(tensors.pop(name) for name in ("scale", "mean", "components")))
        pieces = tuple(tensors.pop(f"piece{number}") for number in range(len(PIECES)))
        return cls(
            projection, pieces, **tensors, accuracy=accuracy, model_accuracy=model_accuracy, held_out=held_out
        )


def _sizes(kept: int) -> list[int]:
    """The sizes of the pieces, if so many components are kept."""
    ends = [min(sum(PIECES[: number + 1]), kept) for number in range(len(PIECES))]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _squares(vectors: Tensor) -> Tensor:
    """Squared lengths. *Shape:* (names, kept) half precision -> (names,)"""
    blocks = [some.float().square().sum(1) for some in torch.split(vectors, _BLOCK)]
    return torch.cat(blocks)


def _distances(vectors: Tensor, squares: Tensor, one: Tensor) -> tuple[Tensor, Tensor]:
    """Squared distances of all from one, up to rounding; and in each block of them the row of the least.

    *Shape:* vectors (names, kept), squares (names,), one (kept,) -> (names,), (blocks,)
    """
    found, least = torch.empty(len(vectors)), []
    own = float(one.square().sum())
    for start in range(0, len(vectors), _BLOCK):
        some = slice(start, start + _BLOCK)
        torch.mv(vectors[some].float(), one, out=found[some])
        found[some].mul_(-2).add_(squares[some]).add_(own)
        least.append(start + int(found[some].argmin()))
    return found, torch.tensor(least)


def _check_numbers(path: Path, tensors: dict[str, Tensor], labels: int) -> None:
    numbers = all(bool(tensor.isfinite().all()) for tensor in tensors.values() if tensor.is_floating_point())
    which, starts = tensors["labels"], tensors["starts"]
    in_order = bool((starts[1:] >= starts[:-1]).all()) and int(starts[0]) == 0
    if not (
        numbers
        and bool(((which >= 0) & (which < labels)).all())
        and in_order
        and int(starts[-1]) <= len(tensors["names"])
    ):
        raise ModelFileError(
            _("{path}: holds numbers that an index of these labels can't have").format(path=path)
        )


def _measured(text: str) -> tuple[float | None, float | None, int]:
    """What was measured of an index, from a file."""
    values = parse_json(text.encode())
    fits = isinstance(values, list) and len(values) == 3 and type(values[2]) is int and 0 <= values[2] < 2**53
    if not fits or not all(v is None or (type(v) in (int, float) and 0 <= v <= 1) for v in values[:2]):
        raise ModelFileError(
            _("expected two shares and a number of names, found {values}").format(values=shown(values))
        )
    return values[0], values[1], values[2]


def _places(run: Run, weights: str) -> Iterator[Path]:
    """Where an index may lie: in the run, and if that is not written to, or can't be, in the user's cache."""
    if os.path.realpath(run.directory) != os.path.realpath(paths.packaged_model()):
        yield run.directory / INDEX
    yield paths.cache_directory() / f"neighbours-{weights[:32]}.safetensors"
