"""A model directory with a byte changed, or cut off: refused in words, or the same weights.

Each alteration is tried three times: with the manifest that was written; without one, as in a run that is not
finished; and *forged*, with a manifest, and a hash within the file, that were made anew to fit.
"""

from __future__ import annotations

import hashlib
import json
import random
import resource
import struct
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from namecls.config import TrainConfig
from namecls.errors import ModelFileError, NameclsError
from namecls.inference.prediction import Predictor
from namecls.runs.checkpoint import RESUME, load_resume
from namecls.runs.history import HISTORY
from namecls.runs.listing import list_runs
from namecls.runs.manifest import MANIFEST
from namecls.runs.record import CONFIG
from namecls.runs.run import METRICS, MODEL, WEIGHTS, Run
from namecls.runs.tensors import open_tensors, write_tensors
from namecls.training.learner import Learner, Position
from namecls.training.loop import train
from namecls.training.protocol import Prepared, prepare
from tests.library import SMALL, small_table
from tests.stress.stories import keeping

FILES = (MODEL, WEIGHTS, MANIFEST, CONFIG, METRICS, HISTORY, RESUME)
WAYS = ("kept", "absent", "forged")
_EVERY, _BODY_BYTES = 29, 40  # in the short way: each 29th byte of headers and JSON, 40 of the numbers
_FULL_BODY_BYTES = 1000


class Altered(NamedTuple):
    what: str  # "bytes flipped", "truncations", "bytes added"
    content: bytes


@dataclass(frozen=True)
class Subject:
    """A run, as it was written, and what it loads as."""

    directory: Path
    config: TrainConfig
    prepared: Prepared
    weights: dict[str, Tensor]


def run(full: bool, say: Callable[[str], None]) -> dict[str, int]:
    """Alter every file of a run at many places and read it.

    :param full: at each byte of the headers and of the JSON files, and at 1,000 of the numbers.
    """
    counts: Counter[str] = Counter({"refused": 0, "loaded identical": 0, "read": 0, "lost": 0})
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        warnings.simplefilter("error")
        subject = make(Path(place))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for name in FILES:
            at = counts.copy()
            for way in WAYS:
                _alter_all(subject, name, way, full, counts, say)
            done = counts - at
            say(f"{name}: " + ", ".join(f"{count:,} {what}" for what, count in sorted(done.items())))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {**counts, "MiB more at the peak": grown // 1024}


def make(place: Path) -> Subject:
    """A small finished run beside which its last checkpoint lies."""
    table = small_table()
    made = keeping(place / "save_model", SMALL, "small")
    for _ in train(SMALL, table, made):
        pass
    weights = Predictor.load(made.directory).model.state_dict()
    return Subject(made.directory, SMALL, prepare(SMALL, table), weights)


def _alter_all(
    subject: Subject, name: str, way: str, full: bool, counts: Counter[str], say: Callable[[str], None]
) -> None:
    path = subject.directory / name
    original = path.read_bytes()
    manifest = (subject.directory / MANIFEST).read_bytes()
    chance = random.Random(f"{name} {way}")
    for altered in alterations(original, name, full, chance, cuts=1 if full and way == "absent" else 7):
        counts[altered.what] += 1
        content = (
            forge_hash(altered.content) if way == "forged" and name in (WEIGHTS, RESUME) else altered.content
        )
        path.write_bytes(content)
        if way == "absent" and name != MANIFEST:
            (subject.directory / MANIFEST).unlink(missing_ok=True)
        if way == "forged" and name not in (MANIFEST, RESUME):
            _forge_manifest(subject.directory, json.loads(manifest))
        try:
            counts[_outcome(subject, name, content)] += 1
        except Exception as error:
            counts["lost"] += 1
            say(f"{name}, {way}, {altered.what}: {type(error).__name__}: {error}")
    path.write_bytes(original)
    (subject.directory / MANIFEST).write_bytes(manifest)


def alterations(
    original: bytes, name: str, full: bool, chance: random.Random, *, cuts: int
) -> Iterator[Altered]:
    """The file with a byte changed, with its end cut off, with something more at its end.

    :param cuts: it is cut off at each of so many places at which a byte was changed.
    """
    step = 1 if full else _EVERY
    header = len(original)
    body: list[int] = []
    if name in (WEIGHTS, RESUME):
        header = 8 + struct.unpack("<Q", original[:8])[0]
        many = _FULL_BODY_BYTES if full else _BODY_BYTES
        body = [chance.randrange(header, len(original)) for _ in range(many)]
    prefix = range(min(8, header)) if body else range(0)
    places = sorted({*prefix, *range(chance.randrange(step), header, step), *body})
    for at in places:
        mask = chance.choice([1 << chance.randrange(8), 0xFF, chance.randrange(1, 256)])
        yield Altered("bytes flipped", original[:at] + bytes([original[at] ^ mask]) + original[at + 1 :])
    for at in places[::cuts]:
        yield Altered("truncations", original[:at])
    for more in (b"\0", b"\n", b" " * 9, b"{}", original):
        yield Altered("bytes added", original + more)


def forge_hash(content: bytes) -> bytes:
    """A safetensors file whose own hash fits its tensors again, if it can be read at all."""
    with tempfile.NamedTemporaryFile() as file:
        path = Path(file.name)
        path.write_bytes(content)
        try:
            with open_tensors(path) as stored:
                texts = {key: text for key, text in stored.texts.items() if key != "sha256"}
                tensors = replace(stored, texts=texts).read()
            write_tensors(path, tensors, **texts)
        except (NameclsError, TypeError, UnicodeError):
            return content
        return path.read_bytes()


def _forge_manifest(directory: Path, manifest: dict[str, dict[str, object]]) -> None:
    for name in manifest["files"]:
        content = (directory / name).read_bytes()
        manifest["files"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (directory / MANIFEST).write_text(json.dumps(manifest))


def _outcome(subject: Subject, name: str, content: bytes) -> str:
    """How a directory is read: "refused", "loaded identical" (the weights), or "read" (the record).

    :raises AssertionError: if other weights come out than those in the file. Any other error is one too many.
    """
    if name == RESUME:
        return _resumed(subject, content)
    if name in (CONFIG, METRICS, HISTORY):
        return _read_record(subject.directory)
    if name == MANIFEST:
        _read_record(subject.directory)
    try:
        predictor = Predictor.load(subject.directory)
    except ModelFileError as error:
        return _refused(error, subject.directory)
    found = predictor.model.state_dict()
    if name == WEIGHTS:
        assert as_bytes(found) == _body(content)
    else:
        assert as_bytes(found) == as_bytes(subject.weights)
    for prediction in predictor.predict(["Borski", "Ф", "-"], 3):
        total = sum(ranked.probability for ranked in prediction.ranked)
        assert not prediction.ranked or abs(total - 1) < 1e-3
    same = as_bytes(found) == as_bytes(subject.weights)
    return "loaded identical" if same else "other weights, as in the forged file"


def _read_record(directory: Path) -> str:
    """Everything that shows a run reads its record like this."""
    (info,) = list_runs(directory.parent)
    try:
        opened = Run.open(directory)
        opened.config()
        opened.metrics()
        opened.metrics("validation")
        list(opened.history())
    except NameclsError as error:
        return _refused(error, directory)
    return "read" if info.status != "damaged" else "refused"


def _resumed(subject: Subject, content: bytes) -> str:
    learner = Learner(subject.config, subject.prepared, torch.device("cpu"))
    before = as_bytes(learner.model.state_dict())
    numbers = torch.get_rng_state()
    try:
        state = load_resume(Run(subject.directory), learner.model, learner.optimizer)
        Position.from_state(state["position"])
    except ModelFileError:
        if "state" not in locals():
            assert as_bytes(learner.model.state_dict()) == before
            assert torch.equal(torch.get_rng_state(), numbers)
        return "refused"
    for tensor in learner.model.state_dict().values():
        assert tensor.numpy().tobytes() in content
    learner.step(torch.arange(4))
    return "read"


def _refused(error: NameclsError, directory: Path) -> str:
    if str(directory) not in str(error):
        raise AssertionError(f"does not say where: {error}")
    return "refused"


def as_bytes(tensors: dict[str, Tensor]) -> bytes:
    return b"".join(tensors[name].numpy().tobytes() for name in sorted(tensors))


def _body(content: bytes) -> bytes:
    """The numbers of a safetensors file, in the order of the names, told from its header alone."""
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    numbers = content[8 + length :]
    return b"".join(numbers[slice(*header[name]["data_offsets"])] for name in sorted(header))
