"""Trace one name through the network: every tensor of the forward pass, from characters to ranked labels.

Every step is computed by the network itself, and each shape is that of the tensor that was there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from namecls.calibration.temperature import Calibration
from namecls.config import TUTORIAL_ALPHABET, ModelConfig
from namecls.data.batching import Batch, NameDataset
from namecls.data.vocab import FIRST, UNKNOWN, Vocabulary
from namecls.errors import DataError
from namecls.inference.prediction import Predictor
from namecls.nn.convolution import ConvolutionalClassifier
from namecls.nn.model import NameClassifier, Part
from namecls.nn.ngrams import NgramClassifier
from namecls.nn.recurrent import RecurrentClassifier
from namecls.runs.listing import RunInfo
from namecls.runs.loading import LoadedModel
from namecls.text import has_letters

_SHOWN = 6  # numbers of a vector that are written out
_ROWS = 24  # letters of a name that get a row of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One tensor of the forward pass.

    :param code: what makes it, in PyTorch's words.
    :param shape: its true shape; of text, the number of characters.
    :param meaning: what it is, in a sentence.
    :param preview: what is in it, some lines.
    """

    title: str
    code: str
    shape: tuple[int, ...]
    meaning: str
    preview: str

    def to_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "code": self.code,
            "shape": list(self.shape),
            "meaning": self.meaning,
            "preview": self.preview,
        }


def fresh_predictor(config: ModelConfig, labels: Sequence[str], seed: int = 0) -> Predictor:
    """Make a predictor with random weights: its shapes are right, its predictions are not.

    It knows the characters of the config's alphabet, or those of the tutorial if that has none.
    """
    alphabet = config.alphabet or TUTORIAL_ALPHABET
    characters = tuple(sorted({c for letter in alphabet for c in config.normalizer(letter) or letter}))
    vocabulary = Vocabulary(
        tuple(alphabet) if config.alphabet else characters, tuple(sorted(set(labels))), config.normalizer
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = NameClassifier(config, vocabulary.size, len(vocabulary.labels)).eval()
        model.know(vocabulary)
    info = RunInfo(name="untrained", directory=Path(), status="unfinished", title=config.title)
    return Predictor(LoadedModel(model, vocabulary, Calibration()), info)


def walk(predictor: Predictor, name: str, k: int = 3) -> list[Step]:
    """Every tensor between a name and its k most probable labels, in their order.

    :raises DataError: if the name has no letters.
    """
    if not has_letters(name):
        raise DataError(f"expected a name with letters to walk through, found {name!r}")
    model, vocabulary = predictor.model, predictor.vocabulary
    batch = NameDataset([name], [0], vocabulary).batch(torch.tensor([0]))
    letters = _letters(vocabulary.normalizer(name))
    steps = _into_numbers(model, vocabulary, name)
    with torch.inference_mode():
        for number, member in enumerate(model.members, 1):
            of = f" of member {number}" if len(model.members) > 1 else ""
            parts = list(member.parts)  # type: ignore[arg-type]
            for part in parts:
                walked = _through(part, batch, letters, "logits" if len(parts) == 1 else "its logits")
                steps += [replace(step, title=f"{step.title}{of}") for step in walked]
            if len(parts) > 1:
                steps.append(_sum(member(batch.ids, batch.lengths), of))
        logits = model(batch.ids, batch.lengths)
        if len(model.members) > 1:
            steps.append(_asked_together(logits))
        return [*steps, *_into_probabilities(predictor, logits, k)]


def _into_numbers(model: NameClassifier, vocabulary: Vocabulary, name: str) -> list[Step]:
    text = vocabulary.normalizer(name)
    ids = torch.tensor(vocabulary.encode(name))
    known = len(vocabulary.characters)
    return [
        Step(
            title="text",
            code="normalize(name)",
            shape=(len(text),),
            meaning=f"The name as the model reads it: {_reading(model.config)}.",
            preview=text,
        ),
        Step(
            title="ids",
            code="[vocabulary[c] for c in text]",
            shape=tuple(ids.shape),
            meaning=f"A whole number per character: {known} known ones from {FIRST} on, {UNKNOWN} if unknown.",
            preview="  ".join(f"{c}={i}" for c, i in zip(_letters(text), ids.tolist(), strict=True)),
        ),
    ]


def _through(part: Part, batch: Batch, letters: list[str], result: str) -> list[Step]:
    """The steps of one part, up to its logits."""
    if isinstance(part, RecurrentClassifier):
        return _through_cell(part, batch, letters, result)
    if isinstance(part, ConvolutionalClassifier):
        return _through_filters(part, batch, letters, result)
    return _through_ngrams(part, batch, letters, result)


def _input(
    part: RecurrentClassifier | ConvolutionalClassifier, ids: Tensor, letters: list[str]
) -> list[Step]:
    onehot = part.config.input == "onehot"
    features = part.input(ids)
    return [
        Step(
            title="one-hot" if onehot else "embedding",
            code="one_hot(ids)" if onehot else "embedding(ids)",
            shape=tuple(features[0].shape),
            meaning=(
                "Each character as zeros with a single 1 at its place in the alphabet; zeros alone if unknown."
                if onehot
                else "Each character as a learned vector: its row of the embedding."
            ),
            preview=_onehot_rows(letters, features[0]) if onehot else _rows(letters, features[0]),
        ),
        Step(
            title="batch",
            code="features.unsqueeze(0)",
            shape=tuple(features.shape),
            meaning="(batch, letters, features): a forward pass takes many names at once; this batch holds one.",
            preview=f"1 name of {features.shape[1]} letters, {features.shape[2]} numbers each",
        ),
    ]


def _through_cell(part: RecurrentClassifier, batch: Batch, letters: list[str], result: str) -> list[Step]:
    config = part.config
    outputs, last = part.encode(batch.ids, batch.lengths)
    pooled = part.pool(outputs, last, batch.lengths)
    first = torch.zeros(config.layers * part.directions, 1, config.hidden_size)
    kind = type(part.cell).__name__.lower()
    both = " The second half of each row is the backward direction." if config.bidirectional else ""
    return [
        *_input(part, batch.ids, letters),
        Step(
            title="h0 and c0" if kind == "lstm" else "h0",
            code="torch.zeros(layers * directions, batch, hidden)",
            shape=tuple(first.shape),
            meaning="The initial state, before the first letter: zeros.",
            preview=_vector(first[0, 0]),
        ),
        Step(
            title="outputs",
            code=f"outputs, hidden = {kind}(features)",
            shape=tuple(outputs.shape),
            meaning=f"(batch, letters, directions * hidden): the hidden state after each letter.{both}",
            preview=_rows(letters, outputs[0]),
        ),
        Step(
            title="last hidden state",
            code="hidden[-1]",
            shape=tuple(last.shape),
            meaning="The state after the last letter of each direction: the whole name as one vector.",
            preview=_vector(last[0]),
        ),
        *_pooled(config, pooled),
        _logits(part, "last" if config.pooling == "last" else "pooled", pooled, result),
    ]


def _through_filters(
    part: ConvolutionalClassifier, batch: Batch, letters: list[str], result: str
) -> list[Step]:
    pooled = part.features(batch.ids, batch.lengths)
    widest = part.config.widest
    return [
        *_input(part, batch.ids, letters),
        Step(
            title="max over time",
            code=f"cat([conv(features).relu().amax(2) for conv in filters])  # widths 2 to {widest}",
            shape=tuple(pooled.shape),
            meaning=f"Max-over-time pooling: the highest activation of each filter of 2 to {widest} letters.",
            preview=_vector(pooled[0]),
        ),
        _logits(part, "pooled", pooled, result),
    ]


def _through_ngrams(part: NgramClassifier, batch: Batch, letters: list[str], result: str) -> list[Step]:
    config = part.config
    rows, real = part.hash_pieces(batch.ids, batch.lengths)
    rows = rows[real][None]
    bag, pooled = part.mean(batch.ids, batch.lengths), part.features(batch.ids, batch.lengths)
    pieces = part.pieces_of(letters, batch.ids[0].tolist())
    of_words = "" if part.space is None else ", and of every word"
    values = part.table[rows[0]]
    shown = range(max(len(pieces) - _ROWS, 0), len(pieces))  # the long ones tell most
    return [
        Step(
            title="n-grams",
            code=f"hash of every piece of {config.ngram_shortest} to {config.ngram_longest} characters{of_words}",
            shape=tuple(rows.shape),
            meaning=f"(batch, n-grams): for each piece of ^name$ a row of a table of {config.buckets:,}.",
            preview="  ".join(f"{pieces[i]}={int(rows[0, i])}" for i in shown),
        ),
        Step(
            title="n-gram vectors",
            code="table[rows]",
            shape=(1, *values.shape),
            meaning="(batch, n-grams, size): the learned embedding of each piece.",
            preview=_rows([pieces[i] for i in shown], values[list(shown)]),
        ),
        Step(
            title="bag",
            code="vectors.mean(1)",
            shape=tuple(bag.shape),
            meaning="One vector for the name: the mean of all pieces, wherever they stand.",
            preview=_vector(bag[0]),
        ),
        *_together(part, bag, pooled),
        _logits(part, "bag" if part.hidden is None else "pooled", pooled, result),
    ]


def _together(part: NgramClassifier, bag: Tensor, pooled: Tensor) -> list[Step]:
    if part.hidden is None:
        return []
    return [
        Step(
            title="hidden layer",
            code="cat([bag, hidden(bag).relu()], 1)",
            shape=tuple(pooled.shape),
            meaning="Hidden units over the bag, concatenated to it: which pieces occur together.",
            preview=_vector(pooled[0, bag.shape[1] :]),
        )
    ]


def _logits(part: Part, of: str, pooled: Tensor, title: str) -> Step:
    logits = part.linear(pooled)
    return Step(
        title=title,
        code=f"linear({of})",
        shape=tuple(logits.shape),
        meaning="A score for each label, higher for more likely; any number.",
        preview=_vector(logits[0]),
    )


def _sum(logits: Tensor, of: str) -> Step:
    return Step(
        title=f"logits{of}",
        code="sum(logits of the parts)",
        shape=tuple(logits.shape),
        meaning="The parts were trained jointly: their logits are added.",
        preview=_vector(logits[0]),
    )


def _asked_together(logits: Tensor) -> Step:
    return Step(
        title="logits",
        code="mean([log_softmax(scale * logits) for each member])",
        shape=tuple(logits.shape),
        meaning="The ensemble members were trained independently: the mean of their log-probabilities.",
        preview=_vector(logits[0]),
    )


def _into_probabilities(predictor: Predictor, logits: Tensor, k: int) -> list[Step]:
    log_probabilities = (logits / predictor.loaded.calibration.temperature).log_softmax(1)
    best = log_probabilities.topk(min(max(k, 1), len(predictor.labels)), dim=1)
    top = [predictor.labels[i] for i in best.indices[0].tolist()]
    return [
        Step(
            title="log-softmax",
            code="log_softmax(logits, dim=1)",
            shape=tuple(log_probabilities.shape),
            meaning="Log-probabilities, whose exponentials sum to 1; the loss is minus that of the true label.",
            preview=f"{_vector(log_probabilities[0])}   sum of exp: {float(log_probabilities.exp().sum()):.4f}",
        ),
        Step(
            title="top-k",
            code=f"log_probabilities.topk({best.values.shape[1]})",
            shape=tuple(best.values.shape),
            meaning="The best labels, most probable first.",
            preview="  ".join(
                f"{n} {p:.1%}" for n, p in zip(top, best.values[0].exp().tolist(), strict=True)
            ),
        ),
    ]


def _pooled(config: ModelConfig, pooled: Tensor) -> list[Step]:
    if config.pooling == "last":
        return []
    how = {
        "mean": "the mean of the outputs over all letters",
        "max": "the highest value of each output over all letters",
        "concat": "the last hidden state, the mean and the maximum of the outputs, side by side",
    }
    return [
        Step(
            title="pooled",
            code=f"pool_{config.pooling}(outputs)",
            shape=tuple(pooled.shape),
            meaning=f"One vector for the name: {how[config.pooling]}.",
            preview=_vector(pooled[0]),
        )
    ]


def _reading(config: ModelConfig) -> str:
    ways = ["composed (NFC)", "trimmed"]
    ways += ["as ASCII"] if config.transliterate else []
    ways += ["without regard to case"] if config.casefold else []
    return ", ".join(ways)


def _letters(text: str) -> list[str]:
    return list(text) or ["?"]


def _vector(values: Tensor) -> str:
    shown = " ".join(f"{v:+.2f}" for v in values[:_SHOWN].tolist())
    return f"[{shown}{' …' if len(values) > _SHOWN else ''}]"


def _rows(letters: Sequence[str], values: Tensor) -> str:
    lines = [f"{c}  {_vector(row)}" for c, row in zip(letters[:_ROWS], values, strict=False)]
    return "\n".join(lines + ["…"] * (len(letters) > _ROWS))


def _onehot_rows(letters: Sequence[str], values: Tensor) -> str:
    lines = []
    for letter, row in zip(letters[:_ROWS], values, strict=False):
        place = int(row.argmax())
        lines.append(
            f"{letter}  {f'1 at {place}, {len(row) - 1} zeros' if row.any() else f'{len(row)} zeros: unknown'}"
        )
    return "\n".join(lines + ["…"] * (len(letters) > _ROWS))
