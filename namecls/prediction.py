"""Names in, ranked labels out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from namecls import paths
from namecls.batching import NameDataset
from namecls.checkpoint import LoadedModel, load_model
from namecls.events import NO_LETTERS, OK, UNKNOWN_SCRIPT, Prediction, Ranked
from namecls.model import NameClassifier, logits_of
from namecls.runs import RunInfo, describe_run
from namecls.text import has_letters
from namecls.vocab import Vocabulary

_CHUNK = 8192  # names at once: bounds the memory, not the speed


@dataclass(frozen=True, slots=True, eq=False)
class Predictor:
    """A trained classifier that answers.

    :param info: the run that it comes from, with its test metrics.
    """

    loaded: LoadedModel
    info: RunInfo

    @classmethod
    def load(
        cls, path: str | os.PathLike[str] | None = None, device: torch.device | str = "cpu"
    ) -> Predictor:
        """The classifier in a run directory.

        :param path: None: the model that is shipped.
        :raises ModelFileError: if there is none, or it is damaged.
        """
        directory = paths.packaged_model() if path is None else path
        return cls(load_model(os.fspath(directory), device), describe_run(directory))

    @property
    def model(self) -> NameClassifier:
        return self.loaded.model

    @property
    def vocabulary(self) -> Vocabulary:
        return self.loaded.vocabulary

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels that it can answer, in the order of its logits."""
        return self.loaded.vocabulary.labels

    def predict(self, names: Sequence[str], k: int = 3) -> list[Prediction]:
        """The k most probable labels of each name, in the order of the names.

        What it says of a name does not depend on the names beside it (but for the last bits of a float).

        :param k: at least 1; more than there are labels is all of them.
        """
        predictions: list[Prediction] = []
        for start in range(0, len(names), _CHUNK):
            predictions.extend(self._predict_chunk(names[start : start + _CHUNK], k))
        return predictions

    def probabilities(self, names: Sequence[str]) -> Tensor:
        """The probability of every label for each name, whatever the name is.

        :return: rows sum to 1. *Shape:* (names, labels)
        """
        dataset = NameDataset(names, [0] * len(names), self.vocabulary)
        return self.loaded.calibration.probabilities(logits_of(self.model, dataset))

    def _predict_chunk(self, names: Sequence[str], k: int) -> list[Prediction]:
        statuses = [self._status(name) for name in names]
        asked = [name for name, status in zip(names, statuses, strict=True) if status == OK]
        probabilities = self.probabilities(asked)
        sizes = self.loaded.calibration.set_sizes(probabilities).tolist()
        best = probabilities.topk(min(max(k, 1, *sizes), len(self.labels)), dim=1)
        answers = zip(best.values.tolist(), best.indices.tolist(), sizes, strict=True)
        predictions: list[Prediction] = []
        for name, status in zip(names, statuses, strict=True):
            values, indices, size = next(answers) if status == OK else ((), (), 0)
            ranked = tuple(Ranked(self.labels[i], p) for p, i in zip(values, indices, strict=True))
            predictions.append(
                Prediction(
                    name=name,
                    status=status,
                    ranked=ranked[: max(k, 1)],
                    likely=tuple(r.label for r in ranked[:size])
                    if self.loaded.calibration.thresholds
                    else (),
                    unknown=tuple(c for c in self.vocabulary.unknown_characters(name) if not c.isspace()),
                )
            )
        return predictions

    def _status(self, name: str) -> str:
        if not has_letters(name):
            return NO_LETTERS
        return OK if self.vocabulary.knows_a_letter(name) else UNKNOWN_SCRIPT
