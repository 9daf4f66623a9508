"""ONNX files answer as the model does, and hold what it takes to ask them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from namecls.calibration.calibrated import Calibration
from namecls.cli.app import run
from namecls.config import ModelConfig
from namecls.data.vocab import Vocabulary
from namecls.errors import ConfigError, ModelFileError
from namecls.nn.model import NameClassifier
from namecls.nn.ngrams import NgramClassifier
from namecls.normalization import Normalizer
from namecls.paths import packaged_model
from namecls.portable import written
from namecls.portable.written import (
    LONGEST,
    answered,
    export_onnx,
    made_up_names,
    metadata_of,
    onnx_of,
    reading_of,
)
from namecls.runs.loading import load_model
from namecls.runs.model_files import LoadedModel
from tests.cli.conftest import Cli, cli  # noqa: F401

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "onnx.md").read_text(encoding="utf-8")
#: Every cell with one and two directions and layers, every input and pooling, every kind of n-gram, once.
BOTH_WAYS = {"bidirectional": True, "pooling": "concat"}
NETWORKS = (
    ("rnn", {"input": "onehot", "layers": 2, **BOTH_WAYS, "pooling": "max"}),
    ("lstm", {}),
    ("lstm", BOTH_WAYS),
    ("gru", {"pooling": "mean", "layers": 2}),
    ("gru", BOTH_WAYS),
    ("cnn", {}),
    ("cnn", {"input": "onehot", "widest": 8}),
    ("ngram", {"ngram_longest": 16, "ngram_shortest": 3}),
    ("gru+ngram,cnn+ngram,rnn", {"ngram_words": True, "ngram_hidden": 8}),
)


def fresh(network: str, **values: Any) -> LoadedModel:
    """A network with random weights, which are large enough for each part of it to tell."""
    sizes = {"hidden_size": 8, "embedding_size": 6, "filters": 8, "ngram_size": 6, "buckets": 256}
    config = ModelConfig(**{**sizes, "network": network, "bidirectional": False, "pooling": "last", **values})
    vocabulary = Vocabulary(tuple("abcdefghij -é"), ("A", "B", "C", "D"), config.normalizer)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = NameClassifier(config, vocabulary.size, len(vocabulary.labels)).eval()
        with torch.no_grad():
            model.offsets.uniform_(-1, 1)
            model.scales.uniform_(0.5, 2)
            for part in model.parts:
                part.linear.weight.uniform_(-2, 2)
                if isinstance(part, NgramClassifier):
                    part.table.uniform_(-2, 2)
    model.know(vocabulary)
    return LoadedModel(model, vocabulary, Calibration(1.3))


def one_by_one(loaded: LoadedModel, names: list[str]) -> Tensor:
    """What the product answers for each name without any padding."""
    rows = []
    with torch.inference_mode():
        for name in names:
            ids = torch.tensor([loaded.vocabulary.encode(name)])
            rows.append(loaded.calibration.probabilities(loaded.model(ids, torch.tensor([ids.shape[1]]))))
    return torch.cat(rows)


def opened(loaded: LoadedModel, *, int8: bool = False) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(onnx_of(loaded, int8=int8), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(("network", "shape"), NETWORKS, ids=str)
def test_a_graph_answers_as_the_network_in_batches_and_alone(network: str, shape: dict[str, Any]) -> None:
    loaded = fresh(network, **shape)
    session = opened(loaded)
    some = made_up_names(loaded.vocabulary, each=1)
    names = ["", "a", "a b", "xyz", " ab  cd ", *some[:24:3], some[60], some[-1]]
    expected = one_by_one(loaded, names).numpy()
    assert np.abs(expected[0] - expected[-1]).max() > 0.01
    np.testing.assert_allclose(answered(session, loaded.vocabulary, names), expected, atol=1e-5)
    alone = [answered(session, loaded.vocabulary, [name]) for name in names]
    np.testing.assert_allclose(np.concatenate(alone), expected, atol=1e-5)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the shipped model's file."""
    directory = tmp_path_factory.mktemp("onnx")
    loaded = load_model(packaged_model())
    done = export_onnx(loaded)
    assert (done.names, done.same_first) == (2 * LONGEST, 1.0)
    assert done.difference < written.TOLERANCE
    (directory / "names.onnx").write_bytes(done.content)
    (directory / "names.json").write_text(json.dumps(metadata_of(loaded)), "utf-8")
    return directory


def test_made_up_names_have_every_length() -> None:
    names = made_up_names(fresh("rnn").vocabulary)
    assert {len(name) for name in names} == set(range(1, LONGEST + 1))


def test_the_metadata_of_a_file_are_written_too_if_asked(
    trained_run: Path,
    tmp_path: Path,
    cli: Cli,  # noqa: F811
) -> None:
    asked = ("export", trained_run, "--onnx", "a.onnx", "--metadata")
    assert cli(*asked, "a.json").code == 0
    session = onnxruntime.InferenceSession(tmp_path / "a.onnx")
    inside = {key: json.loads(value) for key, value in session.get_modelmeta().custom_metadata_map.items()}
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == inside
    assert inside == json.loads(json.dumps(metadata_of(load_model(trained_run))))
    assert json.loads(cli(*asked, "-").out) == inside
    said = cli(*asked, "./a.onnx")
    assert (said.code, said.err.splitlines()[0]) == (
        2,
        "namecls export: Invalid value: --onnx and --metadata are the same file: choose another",
    )


def test_what_is_no_graph_is_not_replaced_by_one(
    trained_run: Path,
    tmp_path: Path,
    cli: Cli,  # noqa: F811
) -> None:
    (tmp_path / "b.tsv").write_text("Kim\tKorean\n")
    for places in (("b.tsv",), ("a.onnx", "--metadata", "b.tsv")):
        said = cli("export", trained_run, "--onnx", *places)
        assert (said.code, said.out) == (2, "")
        assert "or be - for standard output, was: 'b.tsv'" in said.err
    assert "--onnx must end in .onnx" in cli("export", trained_run, "--onnx", "new").err
    assert [path.name for path in tmp_path.iterdir()] == ["b.tsv"]
    assert (tmp_path / "b.tsv").read_text() == "Kim\tKorean\n"


def test_the_graph_goes_where_every_output_goes(
    trained_run: Path,
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    """Through a link that stays one, into a device, to standard output; and there is nothing beside it."""
    (tmp_path / "there.onnx").write_bytes(b"old")
    (tmp_path / "link.onnx").symlink_to("there.onnx")
    asked = ["export", str(trained_run), "--onnx"]
    assert run([*asked, "link.onnx"]) == 0
    assert run([*asked, "/dev/null"]) == 0
    assert (tmp_path / "link.onnx").is_symlink()
    capfdbinary.readouterr()
    assert run([*asked, "-"]) == 0
    assert capfdbinary.readouterr().out == (tmp_path / "there.onnx").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.onnx", "there.onnx"]
    assert run([*asked, "-", "--json"]) == 2
    assert b"--onnx and --json can't both be printed" in capfdbinary.readouterr().err


@pytest.mark.parametrize("rules", [1, 2])
@pytest.mark.parametrize("casefold", [False, True])
@given(name=st.text() | st.text("aİßẞΣς`ʼ‐Ａ\u0301\u200d\u00a0\x1c \ufeffｶﾞ가"))
def test_the_tables_read_a_name_as_the_rules_do(rules: int, casefold: bool, name: str) -> None:
    normalizer = Normalizer(casefold, rules=rules)
    key = (rules, casefold)
    if key not in READERS:
        program = re.search(r"def encode.*?\n\n", PAGE, re.DOTALL)
        assert program is not None
        text = program[0].replace("number.get(c, 1) for c in", "c for c in")
        scope: dict[str, Any] = {"reading": reading_of(normalizer)}
        exec(f"import unicodedata\n{text}", scope)
        READERS[key] = scope["encode"]
    assert "".join(map(str, READERS[key](name))) == (normalizer(name) or "1")


READERS: dict[tuple[int, bool], Any] = {}


def answers(printed: str) -> list[tuple[str, list[tuple[str, float]]]]:
    """What the programs of the page print: a name and its three first labels."""
    lines = [line.partition(" ") for line in printed.splitlines()]
    return [
        (name, [(a, float(b)) for a, b in re.findall(r"[\(\[][\"'](.+?)[\"'], ?([\d.e-]+)", rest)])
        for name, _, rest in lines
    ]


def expected_answers() -> list[tuple[str, list[tuple[str, float]]]]:
    loaded, names = load_model(packaged_model()), ["Yamamoto", "Kowalski"]
    values, ids = one_by_one(loaded, names).topk(3)
    rows = zip(names, values.tolist(), ids.tolist(), strict=True)
    return [
        (name, [(loaded.vocabulary.labels[n], pytest.approx(p, abs=1e-4)) for p, n in zip(*r, strict=True)])
        for name, *r in rows
    ]


def test_the_program_in_python_answers_without_torch(shipped: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    check = "import sys; assert not {'torch', 'namecls'} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{check}"],
        cwd=shipped,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert answers(done.stdout) == expected_answers()


def test_the_program_in_javascript_answers_the_same(shipped: Path) -> None:
    """NODE_PATH is where the package onnxruntime-node is."""
    packages = Path(os.environ.get("NODE_PATH", "/nowhere"))
    if shutil.which("node") is None or not (packages / "onnxruntime-node").is_dir():
        pytest.skip("node, or its package onnxruntime-node, is not here")
    (program,) = re.findall(r"```javascript\n(.*?)```", PAGE, re.DOTALL)
    (shipped / "node_modules").symlink_to(packages)  # modules are not looked for in NODE_PATH
    (shipped / "ask.mjs").write_text(program, "utf-8")
    done = subprocess.run(
        ["node", "ask.mjs"], cwd=shipped, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert answers(done.stdout) == expected_answers()


def test_weights_of_8_bits_answer_much_the_same_in_a_quarter_of_the_room(
    trained_run: Path,
) -> None:
    done = export_onnx(load_model(trained_run), int8=True, names=["Borski", "Davyan"])
    assert done.names == 2
    assert 0 < done.difference < 0.05
    assert done.same_first == 1
    loaded = fresh("ngram", ngram_size=48, buckets=2**14)
    assert len(onnx_of(loaded, int8=True)) < len(onnx_of(loaded)) / 3


def test_int8_keeps_every_part() -> None:
    loaded = fresh("gru+ngram,cnn,lstm", **BOTH_WAYS)
    done = export_onnx(loaded, int8=True)
    assert done.same_first > 0.9
    assert done.difference < 0.2


def test_a_file_that_answers_otherwise_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    right = written.probabilities
    monkeypatch.setattr(written, "probabilities", lambda graph, model, t: right(graph, model, 2 * t))
    with pytest.raises(ModelFileError, match=r"within 0\.0001 of the model's, found .* nothing was written"):
        export_onnx(fresh("rnn"))


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_without_the_extra_it_is_named(
    package: str,
    trained_run: Path,
    tmp_path: Path,
    cli: Cli,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigError, match=package):
        export_onnx(load_model(trained_run))
    said = cli("export", trained_run, "--onnx", tmp_path / "x.onnx")
    assert (said.code, len(said.err.splitlines())) == (1, 1)
    assert f"this needs the package {package}, which is not installed" in said.err
    assert "pip install 'namecls[onnx]'" in said.err
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_it_wrote_and_how_it_compares(
    trained_run: Path,
    tmp_path: Path,
    cli: Cli,  # noqa: F811
) -> None:
    said = cli("export", trained_run, "--onnx", tmp_path / "x.onnx")
    assert said.code == 0, said.err
    assert f"asked {2 * LONGEST} made-up names of 1 to {LONGEST} characters by onnxruntime" in said.err
    assert "the same first label for 100.0 %" in said.err
    told = json.loads(cli("export", trained_run, "--onnx", tmp_path / "x.onnx", "--int8", "--json").out)
    assert told["bytes"] == (tmp_path / "x.onnx").stat().st_size
    assert 0 < told["names"] < 2 * LONGEST  # its test rows
