"""Models from disk as networks of torch; `model_files` reads them, with every check before memory is taken."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from namecls.config import ModelConfig
from namecls.data.vocab import Vocabulary
from namecls.nn.devices import choose_device
from namecls.nn.model import NameClassifier
from namecls.runs.model_files import LoadedModel, read_model


def load_model(directory: str | Path, device: torch.device | str = "cpu") -> LoadedModel:
    """Load the network of a run or of the shipped model, in eval mode.

    :param device: one of `nn.devices.DEVICES`.
    :raises ConfigError: if the device is not here.
    :raises ModelFileError: if there is none, or it is damaged, or its parts don't fit each other.
    """
    where = choose_device(device)

    def build(config: ModelConfig, vocabulary: Vocabulary, weights: dict[str, Tensor]) -> NameClassifier:
        # On the meta device nothing is allocated and no random number is drawn: a training that runs beside
        # this stays what it would have been.
        with torch.device("meta"):
            model = NameClassifier(config, vocabulary.size, len(vocabulary.labels))
        model.load_state_dict(
            {name: t.float() if t.dtype == torch.float16 else t for name, t in weights.items()}, assign=True
        )
        model.restore_constants()
        model.to(where)
        for module in model.modules():
            if isinstance(module, nn.RNNBase):
                module.flatten_parameters()  # cuDNN wants them in one piece; elsewhere it does nothing
        return model.eval()

    return read_model(directory, "pt", build)
