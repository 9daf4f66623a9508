"""Models from disk, with every check before memory is taken.

A model from someone else can hold wrong numbers, never code, and can't take more memory than its files are long.
What loading promises of a directory, whatever is in it:

- It ends with a model whose weights are finite and are, bit by bit, those in the file, or in a `ModelFileError`.
- If the run is finished, description and weights are those of its manifest. Whoever can change the files
  can change the manifest too: hashes show damage, not forgery.
- If it is not finished, weights that namecls wrote are still checked against the hash in their own header. Labels,
  characters and temperature are then taken as they stand, if they fit the weights: nothing tells what they were.
- Only regular files are read, no links: what is loaded lies in the directory.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from namecls.calibration.carried import CarriedCounts
from namecls.calibration.people import Counted
from namecls.calibration.population import Learned
from namecls.calibration.temperature import Calibration
from namecls.config import ModelConfig
from namecls.data.batching import NameDataset
from namecls.data.vocab import Vocabulary
from namecls.data.writing import Writing, writing_from_json
from namecls.errors import ModelFileError, NameclsError, RunError, shown
from namecls.files.opening import refuse_pickle
from namecls.files.strict_json import read_json
from namecls.nn.model import NameClassifier, logits_of
from namecls.results import Metrics
from namecls.runs.carried import load_carried
from namecls.runs.counted import load_counted
from namecls.runs.manifest import FORMAT, MANIFEST
from namecls.runs.run import COUNTS, LONGEST_DESCRIPTION, MODEL, READY, REFIT, WEIGHTS, Run
from namecls.runs.tensors import open_tensors, require

#: What is read of a name: all of it, or the family name of a full name.
WHOLE, FAMILY = "whole", "family"
_MOST_CHARACTERS = 200_000
#: Labels of a model.
MOST_LABELS = 200_000
_LONGEST_LABEL = 1_000
_MOST_NUMBERS = 2**30
#: With smaller weights than this, and a temperature above a thousandth, no float on the way to a probability overflows.
_LARGEST_WEIGHT = 1e12


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A network with its vocabulary, calibration and counts.

    :param carried: counts of the model that its training started from, which are of other labels.
    :param learned: its training rows by label; None: not recorded.
    :param names: `WHOLE`, or `FAMILY`: it was made of family names, which are looked for in full ones.
    :param writing: in which scripts the labels are written, of those that the network does not know.
    """

    model: NameClassifier
    vocabulary: Vocabulary
    calibration: Calibration = field(repr=False)
    counted: Counted | None = field(default=None, repr=False)
    learned: Learned | None = field(default=None, repr=False)
    names: str = WHOLE
    writing: Writing = field(default_factory=dict, repr=False)
    carried: CarriedCounts | None = field(default=None, repr=False)

    def logits(self, dataset: NameDataset, names: Sequence[str]) -> Tensor:
        """Logits of names: the network's, with what counts tell that were carried over. *Shape:* (names, labels)

        :param names: those of the dataset.
        """
        logits = logits_of(self.model, dataset)
        return logits + self.carried.logits(names) if self.carried is not None else logits


def load_model(directory: str | Path, device: torch.device | str = "cpu") -> LoadedModel:
    """Load the network of a run or of the shipped model, in eval mode.

    :raises ModelFileError: if there is none, or it is damaged, or its parts don't fit each other.
    """
    path = Path(directory)
    refuse_pickle(path)
    try:
        _require_model(path)
        run = Run(path)
        run.verify(MODEL)
        description = read_json(path / MODEL, LONGEST_DESCRIPTION)
        config, vocabulary, calibration, learned = _description(description)
        if (names := description.get("names", WHOLE)) not in (WHOLE, FAMILY):
            raise ModelFileError(f"{MODEL}: names must be {WHOLE} or {FAMILY}, was: {shown(names)}")
        # On the meta device nothing is allocated and no random number is drawn: a training that runs beside
        # this stays what it would have been.
        with torch.device("meta"):
            model = NameClassifier(config, vocabulary.size, len(vocabulary.labels))
        weights = _weights(run, model.stored())
        if learned is not None and len(learned.rows) != len(vocabulary.labels):
            raise ModelFileError(
                f"{MODEL}: expected the rows of each label, found {len(learned.rows):,} numbers"
            )
        writing = writing_from_json(description.get("writing", {}))
        counted = load_counted(run, len(vocabulary.labels))
        carried = load_carried(run, len(vocabulary.labels))
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from error
    except (NameclsError, OSError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelFileError(f"{path}: is no model that can be read: {error}") from error
    model.load_state_dict(
        {name: t.float() if t.dtype == torch.float16 else t for name, t in weights.items()}, assign=True
    )
    model.restore_constants()
    return LoadedModel(
        model.to(device).eval(),
        vocabulary,
        calibration,
        counted[0] if counted is not None else None,
        learned,
        names,
        writing,
        carried,
    )


def load_people(run: Run) -> tuple[int, Metrics] | None:
    """How many names of a run are counted, and what was measured on people; None if there are no counts.

    :raises ModelFileError: if they are damaged.
    """
    if not os.path.lexists(run.directory / COUNTS):
        return None
    found = load_counted(run, len(load_vocabulary(run).labels))
    return (len(found[0].counts), found[1]) if found is not None and found[1] is not None else None


def load_vocabulary(run: Run) -> Vocabulary:
    """The characters and labels of a run, whether it has weights yet or not.

    :raises ModelFileError: if its description is missing or damaged.
    """
    try:
        run.verify(MODEL)
        return _description(read_json(run.directory / MODEL, LONGEST_DESCRIPTION))[1]
    except (NameclsError, OSError, KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"{run.directory}: {error}") from error


def check_strings(value: Any, what: str, most: int, longest: int) -> tuple[str, ...]:
    """Labels or characters from a file: texts, each once, that can be written as UTF-8.

    :raises ModelFileError: if they are anything else.
    """
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ModelFileError(f"{what} must be a list of texts, were: {shown(value)}")
    if len(value) > most or len(set(value)) != len(value):
        raise ModelFileError(f"{what} must be at most {most:,}, each once, were {len(value):,}")
    for text in value:
        if not 1 <= len(text) <= longest:
            size = "a single code point" if longest == 1 else f"1 to {longest:,} characters long"
            raise ModelFileError(f"each of the {what} must be {size}, one was {len(text):,}: {shown(text)}")
        if any("\ud800" <= c <= "\udfff" for c in text):
            raise ModelFileError(f"the {what} must be whole code points, found half of one: {shown(text)}")
    return tuple(value)


def check_labels(value: Any) -> tuple[str, ...]:
    """`check_strings` for labels."""
    return check_strings(value, "labels", MOST_LABELS, _LONGEST_LABEL)


def check_numbers(name: str, tensor: Tensor) -> None:
    """Check weights for NaN, infinities, and values too large for a forward pass.

    :raises ModelFileError: if one is NaN, infinite, or so large that the next step would be.
    """
    if tensor.numel() and not float(tensor.abs().max()) <= _LARGEST_WEIGHT:
        raise ModelFileError(f"{name} holds values that are no numbers, or beyond {_LARGEST_WEIGHT:g}")


def _require_model(path: Path) -> None:
    if not os.path.isdir(path):  # noqa: PTH112 - false, where `is_dir` raises
        raise ModelFileError(
            f"expected a model directory, found {'a file' if os.path.lexists(path) else 'nothing'}"
        )
    if not os.path.lexists(path / MODEL) or not os.path.lexists(path / WEIGHTS):
        raise ModelFileError(
            f"expected {MODEL} and {WEIGHTS} in it, found no such pair; "
            "a training writes them after its first epoch"
        )
    if os.path.lexists(path / REFIT / READY) and not os.path.lexists(path / MANIFEST):
        raise ModelFileError(
            "its refit was interrupted while it was put in place, so that its files are of two models; to complete it: "
            f"namecls runs refit {shlex.quote(os.fspath(path))}"
        )


def _description(values: dict[str, Any]) -> tuple[ModelConfig, Vocabulary, Calibration, Learned | None]:
    """What ``model.json`` says."""
    try:
        if type(values["format"]) is not int or values["format"] != FORMAT:
            raise ModelFileError(
                f"{MODEL}: expected the format {FORMAT}, found {shown(values['format'])}: written by another version"
            )
        config = ModelConfig.from_json(values["network"])
        characters = check_strings(values["characters"], "characters", _MOST_CHARACTERS, 1)
        vocabulary = Vocabulary(characters, check_labels(values["labels"]), config.normalizer)
        learned = Learned.from_json(values.get("learned"))
        return config, vocabulary, Calibration.from_json(values["calibration"]), learned
    except KeyError as error:
        raise ModelFileError(f"{MODEL}: expected {error} in it, found nothing of that name") from None


def _weights(run: Run, expected: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a file, if they are just those that the network has."""
    numbers = sum(tensor.numel() for tensor in expected.values())
    if numbers > _MOST_NUMBERS:
        raise ModelFileError(f"{MODEL} tells of {numbers:,} weights, expected at most {_MOST_NUMBERS:,}")
    try:
        with open_tensors(run.directory / WEIGHTS) as stored:
            require(stored.entries, expected)
            run.verify(WEIGHTS)
            weights = stored.read()
        for name, tensor in weights.items():
            check_numbers(name, tensor)
    except (ModelFileError, RunError) as error:
        raise ModelFileError(f"{WEIGHTS}: {error}") from error
    return weights
