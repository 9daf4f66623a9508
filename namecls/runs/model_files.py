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

import math
import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from namecls.arrays import Array
from namecls.calibration.calibrated import Calibration
from namecls.calibration.carried import CarriedCounts
from namecls.calibration.counted import Counted
from namecls.calibration.population import Learned
from namecls.config import ModelConfig
from namecls.data.vocab import Vocabulary
from namecls.data.writing import Writing, writing_from_json
from namecls.errors import ConfigError, ModelFileError, NameclsError, RunError, shown
from namecls.files.opening import refuse_pickle
from namecls.files.strict_json import read_json
from namecls.language import N_, _
from namecls.nn.plain import PlainClassifier
from namecls.nn.weights import Entry, count_numbers, weights_of
from namecls.results import Metrics
from namecls.runs.carried import load_carried
from namecls.runs.counted import load_counted
from namecls.runs.manifest import FORMAT, MANIFEST
from namecls.runs.run import COUNTS, LONGEST_DESCRIPTION, MODEL, READY, REFIT, WEIGHTS, Run
from namecls.runs.stored import open_stored, require

if TYPE_CHECKING:
    from torch import Tensor

    from namecls.data.batching import NameDataset
    from namecls.nn.model import NameClassifier

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

    :param network: of torch, or of numpy; what stands beside it is of arrays of the same library.
    :param carried: counts of the model that its training started from, which are of other labels.
    :param learned: its training rows by label; None: not recorded.
    :param names: `WHOLE`, or `FAMILY`: it was made of family names, which are looked for in full ones.
    :param writing: in which scripts the labels are written, of those that the network does not know.
    """

    network: NameClassifier | PlainClassifier
    vocabulary: Vocabulary
    calibration: Calibration = field(repr=False)
    counted: Counted | None = field(default=None, repr=False)
    learned: Learned | None = field(default=None, repr=False)
    names: str = WHOLE
    writing: Writing = field(default_factory=dict, repr=False)
    carried: CarriedCounts | None = field(default=None, repr=False)

    @property
    def model(self) -> NameClassifier:
        """The network of torch.

        :raises ConfigError: if it is one of numpy.
        """
        if isinstance(self.network, PlainClassifier):
            raise ConfigError(
                _("this needs PyTorch, and the model was loaded for the engine numpy: load it for torch")
            )
        return self.network

    def logits(self, dataset: NameDataset, names: Sequence[str]) -> Tensor:
        """Logits of names: the network's, with what counts tell that were carried over. *Shape:* (names, labels)

        :param names: those of the dataset.
        """
        logits: Tensor = self._with_carried(self.model.logits_of(dataset), names)
        return logits

    def logits_of_names(self, names: Sequence[str], texts: Sequence[str]) -> Array:
        """`logits` of names that the network reads, where the counts are asked for others.

        :param texts: what is looked up in the counts.
        """
        return self._with_carried(self.network.logits_of_names(names, self.vocabulary), texts)

    def _with_carried(self, logits: Array, names: Sequence[str]) -> Array:
        return logits + self.carried.logits(names) if self.carried is not None else logits


def read_model(
    directory: str | Path,
    library: str,
    build: Callable[[ModelConfig, Vocabulary, dict[str, Array]], NameClassifier | PlainClassifier],
) -> LoadedModel:
    """Read a run or the shipped model.

    :param library: whose arrays its numbers become, as safetensors calls it: pt or np.
    :param build: makes the network of its weights.
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
            raise ModelFileError(
                _("{model}: names must be {whole} or {family}, was: {names}").format(
                    model=MODEL, whole=WHOLE, family=FAMILY, names=shown(names)
                )
            )
        weights = _weights(run, weights_of(config, vocabulary.size, len(vocabulary.labels)), library)
        if learned is not None and len(learned.rows) != len(vocabulary.labels):
            raise ModelFileError(
                _("{model}: expected the rows of each label, found {rows:,} numbers").format(
                    model=MODEL, rows=len(learned.rows)
                )
            )
        writing = writing_from_json(description.get("writing", {}))
        counted = load_counted(run, len(vocabulary.labels), library)
        carried = load_carried(run, len(vocabulary.labels), library)
    except ModelFileError as error:
        raise ModelFileError(_("{path}: {error}").format(path=path, error=error)) from error
    except (NameclsError, OSError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelFileError(
            _("{path}: is no model that can be read: {error}").format(path=path, error=error)
        ) from error
    return LoadedModel(
        build(config, vocabulary, weights),
        vocabulary,
        calibration,
        counted[0] if counted is not None else None,
        learned,
        names,
        writing,
        carried,
    )


def load_plain(directory: str | Path) -> LoadedModel:
    """`read_model` for numpy.

    :raises ModelFileError: if there is none, or it is damaged, or its parts don't fit each other.
    """

    def build(config: ModelConfig, vocabulary: Vocabulary, weights: dict[str, Array]) -> PlainClassifier:
        return PlainClassifier(config, len(vocabulary.labels), weights)

    return read_model(directory, "np", build)


def load_people(run: Run) -> tuple[int, Metrics] | None:
    """How many names of a run are counted, and what was measured on people; None if there are no counts.

    :raises ModelFileError: if they are damaged.
    """
    if not os.path.lexists(run.directory / COUNTS):
        return None
    found = load_counted(run, len(load_vocabulary(run).labels), "np")
    return (len(found[0].counts), found[1]) if found is not None and found[1] is not None else None


def load_vocabulary(run: Run) -> Vocabulary:
    """The characters and labels of a run, whether it has weights yet or not.

    :raises ModelFileError: if its description is missing or damaged.
    """
    try:
        run.verify(MODEL)
        return _description(read_json(run.directory / MODEL, LONGEST_DESCRIPTION))[1]
    except (NameclsError, OSError, KeyError, TypeError, ValueError) as error:
        raise ModelFileError(
            _("{directory}: {error}").format(directory=run.directory, error=error)
        ) from error


def check_strings(value: Any, what: str, most: int, longest: int) -> tuple[str, ...]:
    """Labels or characters from a file: texts, each once, that can be written as UTF-8.

    :raises ModelFileError: if they are anything else.
    """
    what = _(what)
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ModelFileError(
            _("{what} must be a list of texts, were: {found}").format(what=what, found=shown(value))
        )
    if len(value) > most or len(set(value)) != len(value):
        raise ModelFileError(
            _("{what} must be at most {most:,}, each once, were {found:,}").format(
                what=what, most=most, found=len(value)
            )
        )
    for text in value:
        if not 1 <= len(text) <= longest:
            size = (
                _("a single code point")
                if longest == 1
                else _("1 to {longest:,} characters long").format(longest=longest)
            )
            raise ModelFileError(
                _("each of the {what} must be {size}, one was {length:,}: {text}").format(
                    what=what, size=size, length=len(text), text=shown(text)
                )
            )
        if any("\ud800" <= c <= "\udfff" for c in text):
            raise ModelFileError(
                _("the {what} must be whole code points, found half of one: {text}").format(
                    what=what, text=shown(text)
                )
            )
    return tuple(value)


def check_labels(value: Any) -> tuple[str, ...]:
    """`check_strings` for labels."""
    return check_strings(value, N_("labels"), MOST_LABELS, _LONGEST_LABEL)


def check_numbers(name: str, tensor: Array) -> None:
    """Check weights for NaN, infinities, and values too large for a forward pass.

    :raises ModelFileError: if one is NaN, infinite, or so large that the next step would be.
    """
    if math.prod(tensor.shape) and not float(abs(tensor).max()) <= _LARGEST_WEIGHT:
        raise ModelFileError(
            _("{name} holds values that are no numbers, or beyond {largest_weight:g}").format(
                name=name, largest_weight=_LARGEST_WEIGHT
            )
        )


def _require_model(path: Path) -> None:
    if not os.path.isdir(path):  # noqa: PTH112 - false, where `is_dir` raises
        raise ModelFileError(
            _("expected a model directory, found a file")
            if os.path.lexists(path)
            else _("expected a model directory, found nothing")
        )
    if not os.path.lexists(path / MODEL) or not os.path.lexists(path / WEIGHTS):
        raise ModelFileError(
            _(
                "expected {model} and {weights} in it, found no such pair; a training writes them after "
                "its first epoch"
            ).format(model=MODEL, weights=WEIGHTS)
        )
    if os.path.lexists(path / REFIT / READY) and not os.path.lexists(path / MANIFEST):
        raise ModelFileError(
            _(
                "its refit was interrupted while it was put in place, so that its files are of two "
                "models; to complete it: namecls runs refit {path}"
            ).format(path=shlex.quote(os.fspath(path)))
        )


def _description(values: dict[str, Any]) -> tuple[ModelConfig, Vocabulary, Calibration, Learned | None]:
    """What ``model.json`` says."""
    try:
        if type(values["format"]) is not int or values["format"] != FORMAT:
            raise ModelFileError(
                _("{file}: expected the format {format}, found {found}: written by another version").format(
                    file=MODEL, format=FORMAT, found=shown(values["format"])
                )
            )
        config = ModelConfig.from_json(values["network"])
        characters = check_strings(values["characters"], N_("characters"), _MOST_CHARACTERS, 1)
        vocabulary = Vocabulary(characters, check_labels(values["labels"]), config.normalizer)
        learned = Learned.from_json(values.get("learned"))
        return config, vocabulary, Calibration.from_json(values["calibration"]), learned
    except KeyError as error:
        raise ModelFileError(
            _("{model}: expected {error} in it, found nothing of that name").format(model=MODEL, error=error)
        ) from None


def _weights(run: Run, expected: dict[str, Entry], library: str) -> dict[str, Array]:
    """The tensors of a file, if they are just those that the network has."""
    numbers = count_numbers(expected)
    if numbers > _MOST_NUMBERS:
        raise ModelFileError(
            _("{model} tells of {numbers:,} weights, expected at most {most_numbers:,}").format(
                model=MODEL, numbers=numbers, most_numbers=_MOST_NUMBERS
            )
        )
    try:
        with open_stored(run.directory / WEIGHTS, library) as stored:
            require(stored.entries, expected)
            run.verify(WEIGHTS)
            weights = stored.read()
        for name, tensor in weights.items():
            check_numbers(name, tensor)
    except (ModelFileError, RunError) as error:
        raise ModelFileError(_("{weights}: {error}").format(weights=WEIGHTS, error=error)) from error
    return weights
