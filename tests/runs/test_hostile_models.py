"""Model directories of people who mean no good, or of disks that do none."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from namecls.calibration.calibrated import Calibration
from namecls.cli.app import run as command
from namecls.config import OPTIMIZERS, ModelConfig, TrainConfig
from namecls.data.vocab import Vocabulary
from namecls.errors import ModelFileError, NameclsError, RunError
from namecls.files.strict_json import parse_json
from namecls.inference.prediction import Predictor
from namecls.nn.model import NameClassifier
from namecls.runs.checkpoint import RESUME, load_resume, save_description, save_weights
from namecls.runs.history import HISTORY
from namecls.runs.listing import delete_run, describe_run, list_runs
from namecls.runs.loading import load_model as load_for_torch
from namecls.runs.manifest import MANIFEST
from namecls.runs.model_files import LoadedModel, load_plain
from namecls.runs.record import CONFIG
from namecls.runs.run import METRICS, MODEL, WEIGHTS, Run
from namecls.training.learner import Learner, Position
from namecls.training.loop import train
from namecls.training.protocol import prepare, recorded_splits
from tests.library import SMALL, small_file, small_table
from tests.stress import model_bytes
from tests.stress.stories import keeping

ROOT = Path(__file__).resolve().parents[2]
GIB = 2**30


def load_model(directory: Path) -> LoadedModel:
    """The model, for torch; the engine numpy refuses what that refuses, and nothing else."""
    is_refused = False
    try:
        load_plain(directory)
    except ModelFileError:
        is_refused = True
    if not is_refused:
        return load_for_torch(directory)
    with pytest.raises(ModelFileError):
        load_for_torch(directory)
    return load_plain(directory)


@pytest.fixture(autouse=True)
def _nothing_waits() -> Iterator[None]:
    """Whoever waits for a pipe or reads a device without end is told so, and not waited for."""

    def ring(*_: object) -> None:
        raise TimeoutError("hangs")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(300)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def finished(trained_run: Path, tmp_path: Path) -> Path:
    """A finished run to do things to."""
    return Path(shutil.copytree(trained_run, tmp_path / "save_model" / "run"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run beside which its last checkpoint lies."""
    run = keeping(tmp_path_factory.mktemp("kept"), SMALL, "run")
    list(train(SMALL, small_table(), run))
    return run.directory


@pytest.fixture
def model(finished: Path, kept: Path) -> Path:
    """The same without a manifest, so that nothing but the content speaks, and with its last checkpoint."""
    (finished / MANIFEST).unlink()
    shutil.copytree(kept / "resume", finished / "resume")
    return finished


def with_manifest(directory: Path) -> None:
    """Make a manifest that fits whatever is there."""
    files = {}
    for name in (CONFIG, HISTORY, MODEL, WEIGHTS, METRICS):
        content = (directory / name).read_bytes()
        files[name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (directory / MANIFEST).write_text(json.dumps({"format": 1, "files": files}))


def header_of(directory: Path) -> dict[str, Any]:
    content = (directory / WEIGHTS).read_bytes()
    header: dict[str, Any] = json.loads(content[8 : 8 + struct.unpack("<Q", content[:8])[0]])
    return header


def put_header(directory: Path, header: object, body: bytes | None = None) -> None:
    """Replace the header of the weights, and leave the numbers."""
    content = (directory / WEIGHTS).read_bytes()
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    numbers = content[8 + struct.unpack("<Q", content[:8])[0] :] if body is None else body
    (directory / WEIGHTS).write_bytes(struct.pack("<Q", len(text)) + text + numbers)


def sparse(path: Path, size: int, start: bytes = b"") -> None:
    """A file of `size` bytes that takes no room."""
    path.write_bytes(start)
    os.truncate(path, size)


def brief(value: object) -> str:
    """A short name for a case."""
    return repr(value)[:30]


# --- every byte


@pytest.mark.slow
def test_an_altered_file_is_refused_or_gives_the_same_weights() -> None:
    told: list[str] = []
    counts = model_bytes.run(False, told.append)
    assert counts["lost"] == 0, told
    assert counts["bytes flipped"] > 1000
    assert counts["refused"] > 1000
    assert counts["loaded identical"] > 0
    assert counts["refused"] + counts["loaded identical"] + counts["read"] + counts[
        "other weights, as in the forged file"
    ] == (counts["bytes flipped"] + counts["truncations"] + counts["bytes added"])


def test_with_its_manifest_a_model_has_no_byte_that_can_be_changed(finished: Path) -> None:
    for name in (MODEL, WEIGHTS):
        content = (finished / name).read_bytes()
        for at in range(0, len(content), 97):
            (finished / name).write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
            with pytest.raises(ModelFileError):
                load_model(finished)
        (finished / name).write_bytes(content)
    load_model(finished)


def test_a_number_changed_in_an_unfinished_run_is_seen_by_the_hash_in_the_file(model: Path) -> None:
    content = (model / WEIGHTS).read_bytes()
    (model / WEIGHTS).write_bytes(content[:-4] + struct.pack("<f", 0.5))
    with pytest.raises(ModelFileError, match="not those that were written"):
        load_model(model)


def test_what_is_read_is_what_the_library_that_wrote_it_reads(model: Path) -> None:
    loaded = load_model(model).model.state_dict()
    theirs = safetensors.torch.load_file(model / WEIGHTS)
    assert set(loaded) == set(theirs)
    assert all(torch.equal(loaded[name], tensor) for name, tensor in theirs.items())


def test_weights_that_others_have_written_without_a_hash_are_read(model: Path) -> None:
    theirs = safetensors.torch.load_file(model / WEIGHTS)
    safetensors.torch.save_file(theirs, model / WEIGHTS, metadata={"made by": "hand"})
    loaded = load_model(model).model.state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in theirs.items())


# --- the header of the weights


def entry(dtype: object = "F32", shape: object = (3,), offsets: object = None) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [0, 12] if offsets is None else offsets}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (entry(shape=[2**40, 2**40]), "overflow"),
        (entry(shape=[2**62, 4]), "overflow"),
        (entry(shape=[2**32, 2**32, 2**32], offsets=[0, 0]), "overflow"),
        (entry(shape=[10**4000]), "number out of range"),
        (entry(shape=[-3]), "integer `-3`, expected usize"),
        (entry(shape=[3.0]), "floating point `3.0`, expected usize"),
        (entry(shape=[True, 3]), "boolean `true`, expected usize"),
        (entry(shape=[0], offsets=[0, 0]), "invalid offset|must have the shape"),
        (entry(shape=[1] * 100_000), "invalid shape, data type, or offset"),
        (entry(shape="3"), "expected a sequence"),
        (entry(shape=None), "expected a sequence"),
        (entry(offsets=[12, 0]), "invalid offset"),
        (entry(offsets=[4, 16]), "invalid offset"),
        (entry(offsets=[0, 12, 24]), "length 3, expected 2"),
        (entry(offsets=[-12, 0]), "integer `-12`, expected usize"),
        (entry(offsets=[0, 2**63]), "invalid offset"),
        (entry(dtype="F64", shape=[3], offsets=[0, 24]), "invalid offset|must hold"),
        (entry(dtype="I64"), "invalid shape, data type, or offset"),
        (entry(dtype="I32"), "must hold F32, holds I32"),
        (entry(dtype="U8", shape=[12]), "must have the shape"),
        (entry(dtype="BOOL", shape=[12]), "must have the shape"),
        (entry(dtype="F8_E4M3", shape=[12]), "must have the shape"),
        (entry(dtype="F16", shape=[6]), "must have the shape"),
        (entry(dtype="BF16", shape=[6]), "must have the shape"),
        (entry(dtype="\x1b[2J"), "unknown variant"),
        (entry(dtype=["F32"]), "expected string"),
        ({"dtype": "F32"}, "missing field"),
        ([], "invalid length 0"),
        (None, "invalid type: null"),
    ],
)
def test_a_tensor_that_is_told_wrongly_is_refused(model: Path, value: object, says: str) -> None:
    header = header_of(model)
    assert header["members.0.parts.0.linear.bias"]["shape"] == [3]
    begin = header["members.0.parts.0.linear.bias"]["data_offsets"][0]
    if isinstance(value, dict) and value.get("data_offsets") in ([0, 12], [0, 24]):
        value = {**value, "data_offsets": [begin, begin + value["data_offsets"][1]]}
    put_header(model, {**header, "members.0.parts.0.linear.bias": value})
    with pytest.raises(ModelFileError, match=says):
        load_model(model)


def test_what_a_header_says_beyond_the_format_changes_nothing(model: Path) -> None:
    before = load_model(model).model.state_dict()
    header = header_of(model)
    bias = "members.0.parts.0.linear.bias"
    text = json.dumps({**header, bias: {**header[bias], "more": [1]}})
    put_header(model, f'{text[:-1]}, "{bias}": {json.dumps(header[bias])}}}'.encode())  # and told twice
    found = load_model(model).model.state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in before.items())


def test_tensors_that_overlap_or_are_too_many_are_refused(model: Path) -> None:
    header = header_of(model)
    put_header(model, {**header, "twin": header["members.0.parts.0.linear.bias"]})
    with pytest.raises(ModelFileError, match="invalid offset"):
        load_model(model)
    end = max(value["data_offsets"][1] for name, value in header.items() if name != "__metadata__")
    put_header(model, {**header, "extra": entry(shape=[0], offsets=[end, end])})
    with pytest.raises(ModelFileError, match="'extra' are too many"):
        load_model(model)
    put_header(
        model, {name: value for name, value in header.items() if name != "members.0.parts.0.linear.bias"}
    )
    with pytest.raises(ModelFileError):
        load_model(model)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "expected a header of at most 0 bytes"),
        (b"\0" * 7, "expected a header"),
        (b"\0" * 8, "expected a header"),
        (struct.pack("<Q", 2**32) + b"{}", "expected a header of at most 2 bytes, found 4,294,967,296"),
        (struct.pack("<Q", 2**64 - 1) + b"{}", "expected a header"),
        (struct.pack("<Q", 2) + b"{}", "are missing"),
        (struct.pack("<Q", 2) + b"[]", "invalid type: sequence"),
        (struct.pack("<Q", 3) + b" {}", "are missing"),
        (struct.pack("<Q", 2) + b"{}more", "cut off, or not written whole"),
        (struct.pack("<Q", 2) + b"\xff\xfe", "invalid UTF-8"),
        (struct.pack("<Q", 200_000) + b"[" * 100_000 + b"]" * 100_000, "invalid type: sequence"),
        (struct.pack("<Q", 600_000) + b'{"a":' * 100_000 + b"}" * 100_000, "recursion limit"),
        (struct.pack("<Q", 26) + b'{"__metadata__":{"a":  1}}', "expected a string"),
        (struct.pack("<Q", 20) + b'{"__metadata__": 12}', "expected a map"),
        (struct.pack("<Q", 15) + b'{"a":1 ,"a": 2}', "invalid type: integer"),
        (b"\x80\x02}q\x00.", "expected a header"),
        (b"PK\x03\x04" + b"\0" * 100, "expected a header"),
    ],
    ids=brief,
)
def test_a_header_that_is_none_is_refused(model: Path, content: bytes, says: str) -> None:
    (model / WEIGHTS).write_bytes(content)
    with pytest.raises(ModelFileError, match=says):
        load_model(model)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 1e30, 3.4e38])
def test_weights_that_no_network_can_work_with_are_refused(model: Path, number: float) -> None:
    weights = safetensors.torch.load_file(model / WEIGHTS)
    weights["members.0.parts.0.cell.weight_hh_l0"][3, 2] = number
    safetensors.torch.save_file(weights, model / WEIGHTS)
    with pytest.raises(ModelFileError, match=r"cell\.weight_hh_l0 holds values that are no numbers"):
        load_model(model)


def test_the_largest_weights_that_are_taken_still_give_probabilities(model: Path) -> None:
    weights = {n: torch.full_like(t, 1e12) for n, t in safetensors.torch.load_file(model / WEIGHTS).items()}
    weights["members.0.parts.0.linear.weight"][1:] *= -1
    safetensors.torch.save_file(weights, model / WEIGHTS)
    values = json.loads((model / MODEL).read_text())
    values["calibration"] = Calibration(1e-3).to_json()
    (model / MODEL).write_text(json.dumps(values))
    probabilities = Predictor.load(model).probabilities(["Borski", "x"])
    torch.testing.assert_close(probabilities.sum(1), torch.ones(2))


# --- the description


def described(directory: Path, **changes: object) -> None:
    values = json.loads((directory / MODEL).read_text())
    (directory / MODEL).write_text(json.dumps({**values, **changes}))


def with_sets(sets: object) -> dict[str, object]:
    return {"calibration": {"temperature": 1.0, "sets": sets, "risks": None}}


def with_risks(risks: object) -> dict[str, object]:
    return {"calibration": {"temperature": 1.0, "sets": None, "risks": risks}}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"network": {"hidden_size": 65_536, "layers": 16}}, "weights, expected at most"),
        ({"network": {"hidden_size": 10_000}}, "must have the shape|are missing|weights, expected"),
        ({"network": {"hidden_size": 10**4000}}, "hidden units must be"),
        ({"network": {"hidden_size": -1}}, "hidden units must be"),
        ({"network": {"hidden_size": True}}, "hidden units must be"),
        ({"network": {"layers": 2**70}}, "layers must be"),
        ({"network": {"dropout": 10**400}}, "dropout must be"),
        ({"network": {"dropout": float("nan")}}, "NaN is no number"),
        ({"network": {"network": "x" * 900}}, "network must be some of"),
        ({"network": {"network": "x" * 100_000}}, "network must be a text of at most 1,000"),
        ({"network": {"network": [["gru"]]}}, "network must be a text"),
        ({"network": {"alphabet": ["a", "b"]}}, "alphabet must be a text"),
        ({"network": {"__class__": 1}}, "unknown setting"),
        ({"network": [["cell", "gru"]]}, "no model that can be read"),
        ({"network": None}, "no model that can be read"),
        ({"format": 2}, "another version"),
        ({"format": True}, "another version"),
        ({"format": None}, "another version"),
        ({"labels": ["a", "b"]}, "offsets"),
        ({"labels": ["a", "b", "c", "d"]}, "offsets"),
        ({"labels": ["a", "b", "b"]}, "each once"),
        ({"labels": ["a", "b", "\ud800"]}, "found half of one"),
        ({"labels": ["a", "b", ""]}, "1 to 1,000 characters long"),
        ({"labels": ["a", "b", "c" * 2**20]}, "1 to 1,000 characters long"),
        ({"labels": [str(n) for n in range(10**5)]}, "offsets"),
        ({"labels": [str(n) for n in range(10**6)]}, "at most 200,000"),
        ({"labels": [f"{n:020}" for n in range(10**6)]}, "at most 16,777,216 bytes"),
        ({"labels": ["a", "b", 3]}, "must be a list of texts"),
        ({"labels": {"a": 1, "b": 2}}, "must be a list of texts"),
        ({"characters": ["\udfff"]}, "found half of one"),
        ({"characters": ["a", ""]}, "a single code point"),
        ({"characters": ["a", "ab"]}, "a single code point"),
        ({"characters": ["a", "a"]}, "each once"),
        ({"characters": "ab"}, "must be a list of texts"),
        ({"calibration": {**Calibration().to_json(), "temperature": 0}}, "temperature must be"),
        ({"calibration": {**Calibration().to_json(), "temperature": -1.0}}, "temperature must be"),
        ({"calibration": {**Calibration().to_json(), "temperature": 1e308}}, "temperature must be"),
        ({"calibration": {**Calibration().to_json(), "temperature": 5e-324}}, "temperature must be"),
        ({"calibration": {**Calibration().to_json(), "temperature": 10**4000}}, "expected a temperature"),
        ({"calibration": {**Calibration().to_json(), "temperature": True}}, "expected a temperature"),
        ({"calibration": {**Calibration().to_json(), "temperature": "1.0"}}, "expected a temperature"),
        ({"calibration": {"temperature": 1.0}}, "calibration: expected a temperature, sets and risks"),
        (with_sets("00000"), "calibration: expected"),
        (with_sets({"coverages": [0.9], "aps": "0"}), "aps must be a list of numbers"),
        (with_sets({"coverages": [0.9], "aps": [True]}), "aps must be a list of numbers"),
        (with_sets({"coverages": [0.9], "aps": [10**4000]}), "calibration: expected"),
        (with_sets({"coverages": [0.9], "aps": [1.1]}), "numbers that rise within 0 to 1"),
        (with_sets({"coverages": [0.9], "lac": [-0.1]}), "numbers that rise within 0 to 1"),
        (with_sets({"coverages": [0.9], "raps": [1e308]}), "numbers that rise within"),
        (with_sets({"coverages": [0.8, 0.9], "aps": [0.5, 0.4]}), "numbers that rise within"),
        (with_sets({"coverages": [0.9, 0.8], "aps": [0.4, 0.5]}), "coverages must rise"),
        (with_sets({"coverages": [i / 1e5 for i in range(1, 10**5)], "aps": [0.5]}), "coverages must rise"),
        (with_sets({"coverages": [0.9]}), "sets must be of the kinds"),
        (with_risks({"thresholds": [0.5, 0.0], "answered": [1, 2], "wrong": [2, 2]}), "more wrong rows"),
        (with_risks({"thresholds": [0.5, 0.0], "answered": [1, 2**60], "wrong": [0, 0]}), "must grow from 0"),
        (with_risks({"thresholds": [0.0, 0.5], "answered": [1, 2], "wrong": [0, 0]}), "must fall"),
        (with_risks({"thresholds": [0.5, 0.0], "answered": [1, 2]}), "calibration: expected"),
        (with_risks({"thresholds": 1, "answered": 1, "wrong": 1}), "must be numbers"),
        (with_risks([[0.0], [1], [0]]), "calibration: expected"),
        ({"calibration": []}, "calibration"),
    ],
)
@pytest.mark.parametrize("manifest", [False, True])
def test_a_description_that_lies_is_refused(
    model: Path, changes: dict[str, object], says: str, manifest: bool
) -> None:
    described(model, **changes)
    if manifest:
        with_manifest(model)
    with pytest.raises(ModelFileError, match=says) as error:
        load_model(model)
    assert str(model) in str(error.value)
    assert len(str(error.value)) < 1_000


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "expected a JSON object"),
        (b"null", "found a NoneType"),
        (b"[]", "found a list"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nested too deeply"),
        (b'{"format": 1, "format": 1}', "a key twice"),
        (b'{"format": ' + b"1" * 5_001 + b"}", "expected a JSON object"),
        (b'{"format": Infinity}', "Infinity is no number"),
        (b'{"format": 1e999}', "another version"),
        (b'\xef\xbb\xbf{"format": 1}', "expected a JSON object"),
        ('{"format": 1}'.encode("utf-16"), "expected a JSON object"),
        (b'{"format": 1, "network": {}}', "expected 'characters'"),
        (b'{"format": 1, "x": "\xed\xa0\x80"}', "expected a JSON object"),
        (b"[" + b"[]," * 1_100_000 + b"0]", "more than 1,000,000 lists"),
    ],
    ids=brief,
)
@pytest.mark.parametrize("name", [MODEL, MANIFEST, CONFIG, METRICS])
def test_json_that_is_none_is_refused(finished: Path, name: str, content: bytes, says: str) -> None:
    (finished / name).write_bytes(content)
    if name == METRICS:  # those of a run that is not finished count for nothing
        with_manifest(finished)
    elif name != MANIFEST:
        (finished / MANIFEST).unlink()
    if name in (MODEL, MANIFEST):
        with pytest.raises(ModelFileError):
            load_model(finished)
    if name == MODEL:
        with pytest.raises(ModelFileError, match=says):
            load_model(finished)
    else:
        info = describe_run(finished)
        assert info.status == ("finished" if name == METRICS else "damaged")  # weights can do without metrics
        assert info.usable == (name == METRICS)
        assert str(finished) in info.problem
        assert len(info.problem) < 1_000


def test_one_hot_input_for_a_sea_of_characters_is_refused(tmp_path: Path) -> None:
    config = ModelConfig(input="onehot", network="rnn", hidden_size=1, bidirectional=False, pooling="last")
    characters = tuple(chr(code) for code in range(0x10000, 0x10000 + 9_000))
    vocabulary = Vocabulary(characters, ("a", "b"), config.normalizer)
    run = Run.create(tmp_path, TrainConfig(model=config), "run")
    save_description(run, config, vocabulary, Calibration())
    (run.directory / WEIGHTS).write_bytes(b"")
    with pytest.raises(ModelFileError, match="input onehot takes at most"):
        load_model(run.directory)


# --- the record


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        (CONFIG, lambda v: v.pop("train"), "expected the settings"),
        (CONFIG, lambda v: v.update(train=[["a"]]), "expected the settings"),
        (CONFIG, lambda v: v.update(train={"epochs": 10**400}), "epochs must be"),
        (CONFIG, lambda v: v.update(train={"preset": {}}), "preset must be"),
        (CONFIG, lambda v: v.update(train={"model": 7}), "expected the settings"),
        (CONFIG, lambda v: v.update(created=7), "expected a time"),
        (CONFIG, lambda v: v.update(data=None), ""),
        (CONFIG, lambda v: v["data"].update(labels=1e308), "expected a time"),
        (CONFIG, lambda v: v["data"].update(file=["x"]), "expected a time"),
        (METRICS, lambda v: v.pop("test"), "expected metrics"),
        (METRICS, lambda v: v.update(test=[]), "expected metrics"),
        (METRICS, lambda v: v["test"].update(accuracy="\x1b[31m"), "accuracy must be"),
        (METRICS, lambda v: v["test"].update(accuracy=7.0), "accuracy must be"),
        (METRICS, lambda v: v["test"].update(accuracy=None), "accuracy must be"),
        (METRICS, lambda v: v["test"].update(rows=10**400), "rows must be"),
        (METRICS, lambda v: v["test"].update(loss=1e300), "loss must be"),
        (METRICS, lambda v: v["test"].update(split=[]), "split must be"),
        (METRICS, lambda v: v["test"].update(more=1), "more"),
        (METRICS, lambda v: v["test"].update(confusion=[[1]]), "the confusion must have"),
        (METRICS, lambda v: v["test"].update(confusion=7), "expected metrics"),
        (METRICS, lambda v: v["test"].update(per_label=[7]), "expected metrics"),
        (METRICS, lambda v: v["test"]["per_label"][0].update(label=3), "label must be"),
    ],
)
def test_a_record_that_is_none_makes_a_damaged_run_and_metrics_that_are_none_one_without(
    model: Path, name: str, change: Callable[[dict[str, Any]], object], says: str
) -> None:
    values = json.loads((model / name).read_text())
    change(values)
    (model / name).write_text(json.dumps(values))
    for manifest in (False, True):
        if manifest:
            with_manifest(model)
        info = describe_run(model)
        if name == METRICS:  # the weights are whole, and answer without them
            assert info.status == ("finished" if manifest else "unfinished")
            assert info.accuracy is None
        else:
            assert info.status == "damaged"
        assert info.usable == (name == METRICS)
        if name == METRICS and not manifest:  # nothing tells whose they are, so they are not even looked at
            assert info.problem == ""
            continue
        assert says in info.problem


ODD: tuple[object, ...] = (
    None,
    [],
    {},
    -5,
    10**30,
    True,
    1.5,
    "x",
    "\0",
    "\ud800",
    "/dev/zero",
    "x" * 5_000,
    [[1]],
)


@pytest.mark.parametrize(
    "keys",
    [
        ("data",),
        ("data", "path"),
        ("data", "sha256"),
        ("data", "columns"),
        ("data", "columns", "name"),
        ("data", "columns", "label"),
        ("data", "columns", "header"),
        ("data", "given"),
        ("split",),
        ("split", "sha256"),
        ("train", "seed"),
        ("train", "valid_fraction"),
    ],
    ids=".".join,
)
def test_a_record_of_data_that_is_none_is_refused_or_gives_the_same_rows(
    model: Path, keys: tuple[str, ...]
) -> None:
    record = json.loads((model / CONFIG).read_text())
    rows = recorded_splits(Run(model))
    for odd in ODD:
        values = json.loads(json.dumps(record))
        place = values
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = odd
        (model / CONFIG).write_text(json.dumps(values))
        with contextlib.suppress(NameclsError):
            assert recorded_splits(Run(model)).digest == rows.digest


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"7",
        b"[]",
        b"{}",
        b'{"event": []}',
        b'{"event": "progress"}',
        b'{"event": "started", "labels": 7}',
        b'{"event": "finished", "test": []}',
        b'{"event": "stalled", "problem": NaN}',
        b'{"event": "stalled", "problem": 1' + b"0" * 5000 + b"}",
        b"[" * 100_000,
        b"\xff\xfe",
        b"\0" * 1000,
    ],
    ids=brief,
)
def test_a_line_of_history_that_is_no_event_is_told(model: Path, line: bytes) -> None:
    content = (model / HISTORY).read_bytes()
    (model / HISTORY).write_bytes(content + line + b"\n")
    with pytest.raises(RunError, match=rf"line {content.count(10) + 1}: "):
        list(Run.open(model).history())


def test_numbers_of_history_that_no_plot_could_show_are_refused(model: Path) -> None:
    lines = (model / HISTORY).read_text().splitlines()
    progress = next(json.loads(line) for line in lines if '"progress"' in line)
    for change in (
        {"loss": 1e300},
        {"loss": "0.5"},
        {"step": -1},
        {"accuracy": 2},
        {"epoch": 1.5},
        {"step": True},
    ):
        (model / HISTORY).write_text(json.dumps({**progress, **change}) + "\n")
        with pytest.raises(RunError, match="must be of the type"):
            list(Run.open(model).history())


# --- what is no file


def made(kind: str, path: Path, outside: Path) -> contextlib.ExitStack:
    """Put something else in the place of a file."""
    stack = contextlib.ExitStack()
    content = path.read_bytes()
    path.unlink()
    match kind:
        case "link out":
            outside.write_bytes(content)
            path.symlink_to(outside)
        case "link inside":
            (path.parent / "other").write_bytes(content)
            path.symlink_to("other")
        case "link to nothing":
            path.symlink_to(outside / "nothing")
        case "link to itself":
            path.symlink_to(path.name)
        case "link to a device":
            path.symlink_to("/dev/zero")
        case "link to a file of the system":
            path.symlink_to("/etc/passwd")
        case "pipe":
            os.mkfifo(path)
        case "link to a pipe":
            os.mkfifo(outside)
            path.symlink_to(outside)
        case "directory":
            path.mkdir()
        case "socket":
            here = os.open(path.parent, os.O_RDONLY)
            listening = stack.enter_context(socket.socket(socket.AF_UNIX))
            listening.bind(f"/proc/self/fd/{here}/{path.name}")  # the whole path may be too long for one
            os.close(here)
        case "unreadable":
            path.write_bytes(content)
            path.chmod(0)
    return stack


def read_all(directory: Path) -> None:
    """What a command reads that shows all of a run."""
    run = Run.open(directory)
    run.config()
    run.metrics()
    list(run.history())
    run.verify(WEIGHTS, MODEL)


KINDS = (
    "link out",
    "link inside",
    "link to nothing",
    "link to itself",
    "link to a device",
    "link to a file of the system",
    "pipe",
    "link to a pipe",
    "directory",
    "socket",
    "unreadable",
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [MODEL, WEIGHTS, MANIFEST, CONFIG, METRICS, HISTORY])
def test_what_is_no_plain_file_is_not_read(finished: Path, tmp_path: Path, name: str, kind: str) -> None:
    if kind == "unreadable" and os.geteuid() == 0:
        pytest.skip("root may read everything")
    if kind == "socket" and not Path("/proc/self/fd").is_dir():
        pytest.skip("the path of a socket may be too long here")
    with made(kind, finished / name, tmp_path / "outside"):
        if name in (MODEL, WEIGHTS, MANIFEST):
            with pytest.raises(ModelFileError, match=name):
                load_model(finished)
        if name != WEIGHTS:
            info = describe_run(finished)
            assert (info.status == "damaged") == (name not in (HISTORY, METRICS))
            assert bool(info.problem) == (name != HISTORY)
        assert [info.name for info in list_runs(finished.parent)] == ["run"]
        with pytest.raises(NameclsError, match=name):
            read_all(finished)


@pytest.mark.parametrize("kind", ["link out", "link to a device", "pipe", "directory"])
def test_a_checkpoint_that_is_no_plain_file_is_not_resumed_from(
    model: Path, tmp_path: Path, kind: str
) -> None:
    with made(kind, model / RESUME, tmp_path / "outside"), pytest.raises(ModelFileError, match="resume"):
        resumed(model)


def test_to_go_on_writes_nothing_through_a_link(model: Path, tmp_path: Path) -> None:
    (tmp_path / "diary").write_text("dear diary\n")
    (tmp_path / "elsewhere").mkdir()
    content = (model / RESUME).read_bytes()
    for name, target in ((HISTORY, tmp_path / "diary"), ("resume", tmp_path / "elsewhere")):
        shutil.rmtree(model / "resume") if name == "resume" else (model / name).unlink()
        (model / name).symlink_to(target)
        with pytest.raises(RunError, match="is a link"):
            Run.open(model)
        with pytest.raises(NameclsError, match="is a link"):
            list(train(SMALL, small_table(), Run(model), resume=True))
        (model / name).unlink()
        (model / "resume").mkdir(exist_ok=True)
        (model / RESUME).write_bytes(content)
    os.mkfifo(model / "control")
    with pytest.raises(RunError, match="a pipe or a device"):
        list(train(SMALL, small_table(), Run(model), resume=True))
    assert (tmp_path / "diary").read_text() == "dear diary\n"
    assert list((tmp_path / "elsewhere").iterdir()) == []


# --- a training to resume


def resumed(directory: Path) -> Learner:
    learner = Learner(SMALL, prepare(SMALL, small_table()), torch.device("cpu"))
    state = load_resume(Run(directory), learner.model, learner.optimizer)
    learner.position = Position.from_state(state["position"])
    return learner


def put_resume(directory: Path, change: Callable[[dict[str, torch.Tensor], dict[str, Any]], object]) -> None:
    """Change what is in the checkpoint, and leave it without a hash of its own."""
    path = directory / RESUME
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    state = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["state"])
    tensors = safetensors.torch.load(content)
    change(tensors, state)
    path.write_bytes(safetensors.torch.save(tensors, metadata={"state": json.dumps(state)}))


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors, _: tensors.pop("model.members.0.parts.0.linear.bias"),
        lambda tensors, _: tensors.update({"model.members.0.parts.0.linear.bias": torch.zeros(4)}),
        lambda tensors, _: tensors.update({"model.more": torch.zeros(4)}),
        lambda tensors, _: tensors["model.members.0.parts.0.linear.bias"].fill_(torch.nan),
        lambda tensors, _: tensors.pop("optimizer.0.exp_avg"),
        lambda tensors, _: tensors.update({"optimizer.0.exp_avg": torch.zeros(2)}),
        lambda tensors, _: tensors.update({"optimizer.99.exp_avg": torch.zeros(2)}),
        lambda tensors, _: tensors.update({"optimizer.-1.exp_avg": torch.zeros(3)}),
        lambda tensors, _: tensors.update({"optimizer.x.exp_avg": torch.zeros(2)}),
        lambda tensors, _: tensors.update({"optimizer.": torch.zeros(2)}),
        lambda tensors, _: tensors["optimizer.0.exp_avg"].fill_(torch.inf),
        lambda tensors, _: tensors.pop("random"),
        lambda tensors, _: tensors.update({"random": torch.zeros(5, dtype=torch.uint8)}),
        lambda tensors, _: tensors["random"].fill_(255),
        lambda _, state: state.pop("position"),
        lambda _, state: state.update(position=[]),
        lambda _, state: state["position"].update(epoch="1"),
        lambda _, state: state["position"].update(epoch=-(2**70)),
        lambda _, state: state["position"].update(elapsed=1e400),
        lambda _, state: state["position"].update(batch=3, epoch_names=0),
        lambda _, state: state["position"].update(more=3),
        lambda _, state: state.pop("history"),
        lambda _, state: state.update(history="7"),
        lambda _, state: state.pop("optimizer"),
        lambda _, state: state.update(optimizer=[]),
        lambda _, state: state.update(optimizer={"0.step": []}),
        lambda _, state: state.update(optimizer={"no": 1}),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused(
    model: Path, change: Callable[[dict[str, torch.Tensor], dict[str, Any]], object]
) -> None:
    put_resume(model, change)
    with pytest.raises(ModelFileError):
        resumed(model)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_what_each_optimiser_remembers_is_whole(tmp_path: Path, optimizer: str) -> None:
    config = replace(SMALL, optimizer=optimizer, epochs=1)
    run = keeping(tmp_path, config, "run")
    for _ in train(config, small_table(), run):
        pass
    learner = Learner(config, prepare(config, small_table()), torch.device("cpu"))
    before = learner.optimizer.state_dict()["state"]
    state = load_resume(run, learner.model, learner.optimizer)
    assert Position.from_state(state["position"]).epoch == 1
    assert not before
    assert len(learner.optimizer.state_dict()["state"]) == len(list(learner.model.parameters()))
    learner.step(torch.arange(4))


def test_a_checkpoint_that_others_have_written_and_that_fits_is_gone_on_from(model: Path) -> None:
    put_resume(model, lambda tensors, _: tensors["model.members.0.parts.0.linear.bias"].fill_(0.5))
    assert resumed(model).model.parts[0].linear.bias.tolist() == [0.5] * 3


# --- memory and time


def peaks(*calls: str) -> list[int]:
    """How many MiB more each of some calls takes at its peak, in a process that has loaded a model before."""
    program = f"""
from pathlib import Path
from namecls.errors import NameclsError
from namecls.runs.loading import load_model
from namecls.runs.listing import describe_run
from namecls.runs.run import Run
def memory(what):
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) // 1024
load_model({str(ROOT / "save_model" / "default")!r})
for call in {list(calls)!r}:
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak
    before = memory("VmRSS")
    try:
        eval(call)
    except NameclsError as error:
        print("refused", end=" ")
    else:
        print("read", end=" ")
    print(memory("VmHWM") - before)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [word for word, _ in lines] == [
        "read" if "big" in call or "describe" in call else "refused" for call in calls
    ]
    return [int(number) for _, number in lines]


def big_model(directory: Path) -> int:
    """A model with some 50 MiB of weights; its size."""
    config = ModelConfig(
        network="rnn", hidden_size=3600, embedding_size=8, bidirectional=False, pooling="last"
    )
    vocabulary = Vocabulary(("a", "b"), ("x", "y"), config.normalizer)
    run = Run.create(directory, TrainConfig(model=config), "big")
    save_description(run, config, vocabulary, Calibration())
    save_weights(run, NameClassifier(config, vocabulary.size, 2))
    return (run.directory / WEIGHTS).stat().st_size


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="this system does not tell the peak of a process"
)
def test_loading_takes_no_memory_but_for_the_weights(finished: Path, tmp_path: Path) -> None:
    place = finished.parent
    calls: list[str] = []

    def case(name: str, call: str = "load_model({!r})") -> Path:
        copy = Path(shutil.copytree(finished, place / name))
        calls.append(call.format(str(copy)))
        return copy

    def told_size(directory: Path, name: str, size: int) -> None:
        values = json.loads((directory / MANIFEST).read_text())
        values["files"][name]["bytes"] = size
        (directory / MANIFEST).write_text(json.dumps(values))

    at = case("terabyte-weights")
    sparse(at / WEIGHTS, 1024 * GIB, (at / WEIGHTS).read_bytes())
    told_size(at, WEIGHTS, 1024 * GIB)
    at = case("terabyte-description")
    sparse(at / MODEL, 1024 * GIB, b"{")
    told_size(at, MODEL, 1024 * GIB)
    for name in (MODEL, CONFIG, METRICS, HISTORY):
        at = case(
            f"terabyte-{name}", "describe_run({!r})" if name != HISTORY else "list(Run(Path({!r})).history())"
        )
        sparse(at / name, 1024 * GIB)
        told_size(at, name, 1024 * GIB)
    at = case("terabyte-manifest")
    sparse(at / MANIFEST, 1024 * GIB)
    at = case("terabyte-line", "list(Run(Path({!r})).history())")
    (at / MANIFEST).unlink()
    sparse(at / HISTORY, 1024 * GIB, b'{"event": "stalled", "problem": ""}\n')
    at = case("header")
    sparse(at / WEIGHTS, 6 * GIB, struct.pack("<Q", 4 * GIB) + b"{")
    at = case("hidden")
    described(at, network={**json.loads((at / MODEL).read_text())["network"], "hidden_size": 65_536})
    at = case("many")
    described(at, labels=[str(n) for n in range(10**6)])
    for directory in place.iterdir():
        if directory.name in ("header", "hidden", "many"):
            (directory / MANIFEST).unlink()
    size = big_model(tmp_path) // 2**20
    assert size >= 48
    calls.append(f"load_model({str(tmp_path / 'big')!r})")
    grown = dict(zip(calls, peaks(*calls), strict=True))
    history = next(call for call in calls if "terabyte-line" in call)
    assert grown.pop(history) <= 200, grown  # a line of 64 MiB, twice: as it was read in parts, and whole
    assert grown.pop(calls[-1]) <= 3 * size, grown
    many = next(call for call in calls if "many" in call)
    assert grown.pop(many) <= 300, (
        grown
    )  # 10^6 labels are 12 MB of JSON, and are read before they are counted
    assert all(number <= 32 for number in grown.values()), grown


# --- names


NAMES = (
    "../../x",
    "..",
    ".",
    "/etc",
    "/tmp/x",
    "a/b",
    "a\\b",
    "",
    " ",
    "a\0b",
    "\x1b]0;x\x07",
    "a\nb",
    "\u202eb",
    "\ud800",
    "x" * 101,
    "ж" * 101,
    "𐐷" * 60,  # letters of four bytes: no file may have a name so long
    "x" * 100_000,
    "-rf",
    "~",
    "$HOME",
    "con:",
    "x.",
)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_that_is_none_is_refused_wherever_a_run_is_named(tmp_path: Path, name: str) -> None:
    place = tmp_path / "a" / "b" / "save_model"
    place.mkdir(parents=True)
    with pytest.raises(RunError, match="name must be") as error:
        Run.create(place, SMALL, name)
    assert len(str(error.value)) < 400
    with pytest.raises(RunError, match="name must be"):
        delete_run(place, name)
    assert sorted(entry.name for entry in tmp_path.rglob("*")) == ["a", "b", "save_model"]
    if name not in ("", ".", "..", "/etc", " "):
        for directory in (name, place / name):
            with contextlib.suppress(ValueError), pytest.raises(NameclsError):
                load_model(directory)
            with pytest.raises(RunError):
                Run.open(directory)
            assert describe_run(directory).status == "damaged"


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_the_command_line_refuses_such_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    table = small_file(tmp_path)
    commands = [
        ["runs", "show", "--", name],
        ["runs", "delete", "--yes", "--", name],
        ["train", f"--data={table}", f"--name={name}"],
        ["predict", f"--model={name}", "Bai"],
    ]
    for arguments in commands:
        assert command(arguments) in (1, 2), arguments
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.startswith("namecls")
        assert not any(c in told.err for c in ("\x1b", "\x07", "\u202e", "\0"))
    assert sorted(entry.name for entry in tmp_path.rglob("*")) == ["a", "b", "small.tsv"]


@pytest.mark.parametrize(
    "name", ["x\0y", "x" * 5_000, "a/" * 3_000, "\ud800"], ids=["NUL", "long", "deep", "half"]
)
def test_a_save_directory_that_can_not_be_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunError):
        Run.create(tmp_path / name, SMALL, "run")
    with contextlib.suppress(RunError):
        assert list_runs(tmp_path / name) == []
    with pytest.raises(RunError):
        delete_run(tmp_path / name, "run")


def test_json_is_read_strictly() -> None:
    assert parse_json('{"a": [1, 2.5, "ж", null, true]}'.encode()) == {"a": [1, 2.5, "ж", None, True]}
    for content in (b'{"a": 1, "a": 2}', b"NaN", b"-Infinity", b"1" * 5_000, b"[" * 10**6, b'"\xff"'):
        with pytest.raises(ValueError, match=r"twice|no number|digits|nested|more than|decode"):
            parse_json(content)
