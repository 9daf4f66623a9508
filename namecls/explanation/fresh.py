"""Networks with random weights: their shapes are right, their answers are not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from namecls.calibration.calibrated import Calibration
from namecls.config import TUTORIAL_ALPHABET, ModelConfig
from namecls.data.vocab import Vocabulary
from namecls.inference.prediction import Predictor
from namecls.nn.model import NameClassifier
from namecls.runs.listing import RunInfo
from namecls.runs.model_files import LoadedModel


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
