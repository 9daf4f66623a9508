"""The tutorial's pickles: refused, or read as weights and nothing else."""

from __future__ import annotations

import json
import os
import pickle
import string
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from namecls.cli.app import run as command
from namecls.config import PRESETS, TUTORIAL_ALPHABET
from namecls.data.table import NameTable
from namecls.errors import ModelFileError, RunError
from namecls.inference import evaluation
from namecls.inference.prediction import Predictor
from namecls.runs.history import HISTORY
from namecls.runs.importing import import_tutorial
from namecls.runs.listing import describe_run, list_runs
from namecls.runs.loading import load_model
from namecls.runs.manifest import MANIFEST
from namecls.runs.record import CONFIG
from namecls.runs.run import METRICS, MODEL, WEIGHTS, Run
from namecls.training.protocol import recorded_splits

LETTERS = string.ascii_letters + " .,;'"  # as the tutorial writes it
LABELS = ("Italian", "English", "Arabic")
CELLS: dict[str, type[nn.RNN] | type[nn.LSTM] | type[nn.GRU]] = {
    "rnn": nn.RNN,
    "lstm": nn.LSTM,
    "gru": nn.GRU,
}


class Tutorial(nn.Module):
    """The tutorial's network: one name at a time, one-hot letters, the last output through a linear layer."""

    def __init__(self, kind: str, hidden: int = 128, layers: int = 1) -> None:
        super().__init__()
        setattr(self, kind, CELLS[kind](57, hidden, num_layers=layers))
        self.linear = nn.Linear(hidden, len(LABELS))
        self.kind = kind

    def forward(self, name: str) -> Tensor:
        ids = torch.zeros(len(name), 1, 57)
        for place, letter in enumerate(name):
            ids[place][0][LETTERS.find(letter)] = 1
        outputs, _ = getattr(self, self.kind)(ids)
        answer: Tensor = self.linear(outputs[-1]).log_softmax(-1)[0]
        return answer


@pytest.fixture
def network() -> Tutorial:
    torch.manual_seed(3)
    return Tutorial("rnn")


@pytest.fixture
def file(network: Tutorial, tmp_path: Path) -> Path:
    torch.save(network.state_dict(), tmp_path / "rnn.bin")
    return tmp_path / "rnn.bin"


def brought(file: Path, labels: tuple[str, ...] = LABELS) -> Run:
    return import_tutorial(file, labels, file.parent / "save_model", "tutorial", trust_pickle=True)


def test_the_letters_stand_in_the_tutorials_order() -> None:
    assert TUTORIAL_ALPHABET == LETTERS


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize(("hidden", "layers", "old"), [(128, 1, False), (128, 1, True), (20, 2, False)])
def test_an_imported_network_answers_what_the_tutorials_answers(
    tmp_path: Path, kind: str, hidden: int, layers: int, old: bool
) -> None:
    torch.manual_seed(5)
    network = Tutorial(kind, hidden, layers)
    torch.save(network.state_dict(), tmp_path / "x.bin", _use_new_zipfile_serialization=not old)
    predictor = Predictor.load(brought(tmp_path / "x.bin").directory)
    names = ["Bai", "O'Neill", "de la Cruz", "Zz,.;'", "x"]
    with torch.inference_mode():
        theirs = torch.stack([network(name) for name in names]).exp()
    torch.testing.assert_close(predictor.probabilities(names), theirs, rtol=0, atol=1e-6)
    assert predictor.labels == LABELS
    assert predictor.info.title == f"{kind}-{hidden}{'x2' if layers == 2 else ''}"
    assert not predictor.predict(["Bai"])[0].likely


class Public(nn.Module):
    """PyTorch's own tutorial, as it was written over the years: the cell by hand, with and without tanh."""

    def __init__(self, kind: str, letters: str = LETTERS, hidden: int = 24) -> None:
        super().__init__()
        both, outputs = len(letters) + hidden, len(LABELS)
        self.kind, self.letters, self.hidden = kind, letters, hidden
        if kind == "rnn":
            self.rnn, self.h2o = nn.RNN(len(letters), hidden), nn.Linear(hidden, outputs)
        elif kind == "h2h":
            self.i2h, self.h2h = nn.Linear(len(letters), hidden), nn.Linear(hidden, hidden)
            self.h2o = nn.Linear(hidden, outputs)
        elif kind == "h2o":
            self.i2h, self.h2o = nn.Linear(both, hidden), nn.Linear(hidden, outputs)
        else:
            self.i2h, self.i2o = nn.Linear(both, hidden), nn.Linear(both, outputs)

    def forward(self, name: str) -> Tensor:
        ones = torch.zeros(len(name), 1, len(self.letters))
        for place, letter in enumerate(name):
            ones[place][0][self.letters.index(letter)] = 1
        answer = state = torch.zeros(1, self.hidden)
        if self.kind == "rnn":
            answer = self.h2o(self.rnn(ones)[1][0])
        for one in ones if self.kind != "rnn" else ():
            if self.kind == "h2h":
                state = torch.tanh(self.i2h(one) + self.h2h(state))
            else:
                both = torch.cat([one, state], 1)
                state = self.i2h(both)
            answer = self.i2o(both) if self.kind == "i2o" else self.h2o(state)
        found: Tensor = answer.log_softmax(-1)[0]
        return found


@pytest.mark.parametrize("letters", [LETTERS, LETTERS + "_", string.ascii_letters + ".,;", "Baixyz"])
@pytest.mark.parametrize("kind", ["rnn", "h2h", "h2o", "i2o"])
def test_the_public_tutorial_answers_what_it_answered(tmp_path: Path, kind: str, letters: str) -> None:
    torch.manual_seed(7)
    network = Public(kind, letters)
    for weight in network.parameters():
        weight.data *= 2  # so that states grow, as where tanh is missing
    torch.save(network.state_dict(), tmp_path / "x.bin")
    given = letters if len(letters) == 6 else None
    made = import_tutorial(tmp_path / "x.bin", LABELS, tmp_path / "runs", letters=given, trust_pickle=True)
    names = ["Bai", "xBiazaBiiaz", "z"]
    with torch.inference_mode():
        theirs = torch.stack([network(name) for name in names]).exp()
    found = Predictor.load(made.directory).probabilities(names)
    torch.testing.assert_close(found, theirs, rtol=0, atol=2e-5)


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda state: {
            "epoch": 3,
            "loss": 0.5,
            "model_state_dict": state,
            "optimizer_state_dict": {"state": {}},
        },
        lambda state: {f"module.{key}": tensor for key, tensor in state.items()},
        lambda state: {"state_dict": {f"_orig_mod.module.{key}": tensor for key, tensor in state.items()}},
        lambda state: {key: tensor.double() for key, tensor in state.items()},
        lambda state: {key.replace("linear", "classifier"): tensor for key, tensor in state.items()},
        lambda state: {key.replace("rnn", "encoder"): tensor for key, tensor in state.items()},
    ],
    ids=["checkpoint", "module", "compiled", "float64", "last layer", "cell"],
)
def test_what_is_wrapped_around_the_weights_does_not_matter(
    tmp_path: Path, network: Tutorial, file: Path, wrapped: Callable[[dict[str, Tensor]], object]
) -> None:
    plain = brought(file)
    torch.save(wrapped(dict(network.state_dict())), tmp_path / "x.bin")
    made = import_tutorial(tmp_path / "x.bin", LABELS, tmp_path / "runs", "x", trust_pickle=True)
    assert (made.directory / WEIGHTS).read_bytes() == (plain.directory / WEIGHTS).read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        {"i2h.weight": torch.zeros(81, 24)},
        {"i2h.weight": torch.zeros(24)},
        {"i2h.bias": torch.zeros(25)},
        {"i2o.weight": torch.zeros(3, 80)},
        {"i2o.bias": torch.zeros(2)},
        {"i2o.weight": torch.zeros(0, 0)},
    ],
)
def test_layers_of_the_public_tutorial_that_do_not_fit_are_refused(
    tmp_path: Path, change: dict[str, Tensor]
) -> None:
    torch.save({**Public("i2o").state_dict(), **change}, tmp_path / "x.bin")
    with pytest.raises(ModelFileError, match="i2h"):
        brought(tmp_path / "x.bin")


def test_an_elman_network_worked_out_by_hand_agrees(file: Path, network: Tutorial) -> None:
    weights = {name: tensor.double() for name, tensor in network.state_dict().items()}
    state = torch.zeros(128, dtype=torch.float64)
    for letter in "Bai":
        one = torch.zeros(57, dtype=torch.float64)
        one[LETTERS.index(letter)] = 1
        into = weights["rnn.weight_ih_l0"] @ one + weights["rnn.bias_ih_l0"]
        state = torch.tanh(into + weights["rnn.weight_hh_l0"] @ state + weights["rnn.bias_hh_l0"])
    expected = (weights["linear.weight"] @ state + weights["linear.bias"]).softmax(0)
    found = Predictor.load(brought(file).directory).probabilities(["Bai"])[0]
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-6)


def test_an_imported_run_is_a_whole_run_without_a_past(file: Path) -> None:
    made = brought(file)
    assert {entry.name for entry in made.directory.iterdir()} == {
        *(CONFIG, MODEL, MANIFEST, "model.safetensors"),
    }
    info = describe_run(made.directory)
    assert (info.status, info.problem, info.accuracy, info.rows, info.labels) == ("finished", "", None, 0, 3)
    assert info.usable
    assert list_runs(made.directory.parent) == [info]
    assert list(made.history()) == []
    assert made.metrics() is None
    assert made.config().model == PRESETS["tutorial"].config.model
    with pytest.raises(RunError, match="was imported"):
        recorded_splits(made)
    table = NameTable.from_pairs([("Rossi", "Italian"), ("Smith", "English"), ("Novak", "Czech")])
    metrics = evaluation.evaluate(Predictor.load(made.directory), table)
    assert (metrics.rows, metrics.left_out) == (2, 1)


def test_metrics_that_were_slipped_into_an_imported_run_are_seen(file: Path, trained_run: Path) -> None:
    made = brought(file)
    for name in (METRICS, HISTORY):
        (made.directory / name).write_bytes((trained_run / name).read_bytes())
    info = describe_run(made.directory)
    assert "manifest" in info.problem
    assert info.accuracy is None
    with pytest.raises(RunError, match="manifest"):
        list(made.history())


def test_without_the_flag_the_file_is_not_even_opened(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="--trust-pickle"):
        import_tutorial(tmp_path / "not there", LABELS, tmp_path / "save_model")
    assert list(tmp_path.iterdir()) == []


class Payload:
    """What an attacker puts into a pickle."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.target}",)


def pickled(value: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(value))


@pytest.mark.parametrize("save", [torch.save, pickled])
@pytest.mark.parametrize("whole", [False, True])
def test_a_program_in_the_file_does_not_run(
    tmp_path: Path, network: Tutorial, save: Callable[[object, Path], None], whole: bool
) -> None:
    payload = Payload(tmp_path / "ran")
    save(payload if whole else {**network.state_dict(), "rnn.bias_ih_l0": payload}, tmp_path / "evil.bin")
    with pytest.raises(ModelFileError, match="holds more than weights") as error:
        brought(tmp_path / "evil.bin")
    assert "weights_only" not in str(error.value)  # no advice to read it without protection
    with pytest.raises(ModelFileError, match="import-tutorial"):
        load_model(tmp_path / "evil.bin")
    assert {entry.name for entry in tmp_path.iterdir()} == {"evil.bin"}


def test_a_whole_network_is_no_state_dict(tmp_path: Path, network: Tutorial) -> None:
    torch.save(network.rnn, tmp_path / "whole.bin")
    with pytest.raises(ModelFileError, match="more than weights"):
        brought(tmp_path / "whole.bin")


def changed(network: Tutorial, **changes: object) -> dict[str, object]:
    weights: dict[str, object] = {**network.state_dict()}
    for key, value in changes.items():
        name = key.replace("__", ".")
        if value is None:
            del weights[name]
        else:
            weights[name] = value
    return weights


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"linear__bias": None}, "linear.bias is missing"),
        ({"linear__weight": None}, "linear.weight is missing"),
        ({"rnn__weight_hh_l0": None}, "expected a matrix rnn.weight_hh_l0"),
        ({"rnn__weight_hh_l0": torch.zeros(128)}, "expected a matrix"),
        ({"rnn__weight_hh_l0": torch.zeros(128, 0)}, "neither an RNN"),
        ({"rnn__weight_hh_l0": torch.zeros(256, 128)}, "neither an RNN"),
        ({"rnn__weight_hh_l0": torch.zeros(5, 128)}, "neither an RNN"),
        ({"rnn__weight_hh_l0": torch.zeros(384, 128)}, "must have the shape"),
        (
            {"rnn__weight_ih_l0": torch.zeros(128, 59)},
            "reads 59 letters, the tutorials' 55, 57, 58: say which",
        ),
        ({"rnn__weight_ih_l0": torch.zeros(128, 57).half()}, "must be a tensor of float32"),
        ({"rnn__weight_ih_l0": torch.zeros(128, 57).to_sparse()}, "must be a tensor of float32"),
        ({"rnn__weight_ih_l0": [1.0]}, "must be a tensor of float32"),
        ({"rnn__weight_ih_l1": torch.zeros(128, 128)}, "missing"),
        ({"rnn__weight_ih_l99": torch.zeros(128, 128)}, "layers must be"),
        ({"rnn__weight_ih_l0_reverse": torch.zeros(128, 57)}, "left to right"),
        ({"gru__weight_ih_l0": torch.zeros(128, 57)}, "left to right"),
        ({"i2h__weight": torch.zeros(128, 185)}, "i2h.bias is missing"),
        ({"\x1b[2J": torch.zeros(1)}, "left to right"),
        ({"rnn__bias_ih_l0": torch.full((128,), torch.nan)}, "no numbers"),
        ({"linear__bias": torch.tensor([0.0, torch.inf, 0.0])}, "no numbers"),
        ({"linear__bias": torch.zeros(4)}, "must have the shape"),
    ],
)
def test_weights_of_another_network_are_refused(
    tmp_path: Path, network: Tutorial, changes: dict[str, object], says: str
) -> None:
    torch.save(changed(network, **changes), tmp_path / "x.bin")
    with pytest.raises(ModelFileError, match=says):
        brought(tmp_path / "x.bin")
    assert not (tmp_path / "save_model").exists()


def test_a_tensor_that_is_large_on_little_is_refused(tmp_path: Path) -> None:
    one = torch.zeros(1)
    torch.save(
        OrderedDict(
            {
                "rnn.weight_ih_l0": one.expand(60_000, 57),
                "rnn.weight_hh_l0": one.expand(60_000, 60_000),
                "rnn.bias_ih_l0": one.expand(60_000),
                "rnn.bias_hh_l0": one.expand(60_000),
                "linear.weight": one.expand(3, 60_000),
                "linear.bias": torch.zeros(3),
            }
        ),
        tmp_path / "x.bin",
    )
    assert (tmp_path / "x.bin").stat().st_size < 10_000
    with pytest.raises(ModelFileError, match="more numbers than there are bytes"):
        brought(tmp_path / "x.bin")


@pytest.mark.parametrize(
    "labels", [("a", "b"), ("a", "b", "c", "d"), ("a", "b", "b"), ("a", "b", ""), ("a", "b", "\ud800")]
)
def test_labels_that_do_not_fit_are_refused(file: Path, labels: tuple[str, ...]) -> None:
    with pytest.raises(ModelFileError) as error:
        brought(file, labels)
    if len(labels) != 3:
        assert "tells 3 labels apart" in str(error.value)
        assert f"{len(labels)} labels were given" in str(error.value)


def test_every_damaged_file_is_refused_or_gives_weights(file: Path) -> None:
    content = file.read_bytes()
    for at in range(0, len(content), 997):
        for altered in (content[:at], content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :]):
            file.write_bytes(altered)
            try:
                made = brought(file)
            except ModelFileError:
                continue
            load_model(made.directory)
            for entry in made.directory.iterdir():
                entry.unlink()
            made.directory.rmdir()


@pytest.mark.parametrize("kind", ["pipe", "directory", "nothing", "device"])
def test_what_is_no_file_is_not_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.bin"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    with pytest.raises(ModelFileError, match=r"x\.bin|/dev/zero"):
        brought(path)


def test_the_command_imports_shows_and_predicts(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(file.parent)
    (file.parent / "labels.txt").write_text("\ufeffItalian\r\n\r\nEnglish\r\n Arabic\r\n", encoding="utf-8")
    arguments = ["import-tutorial", "rnn.bin", "--labels", "labels.txt", "--name", "mine"]
    assert command(arguments) == 1
    assert "--trust-pickle" in capsys.readouterr().err
    assert not (file.parent / "save_model").exists()
    assert command([*arguments, "--trust-pickle"]) == 0
    assert "rnn-128 with 3 labels" in capsys.readouterr().err
    assert command(["predict", "--model", "mine", "Bai", "-f", "jsonl"]) == 0
    ranked = json.loads(capsys.readouterr().out)["ranked"]
    assert {entry["label"] for entry in ranked} == set(LABELS)
    assert command(["runs", "show", "mine"]) == 0
    shown = capsys.readouterr().out
    assert "learning rate" not in shown
    assert "rnn" in shown
    assert command(["runs", "list"]) == 0
    assert "finished" in capsys.readouterr().out
    assert command(["evaluate", "--model", "mine"]) == 1
    assert "give --data" in capsys.readouterr().err
    assert command([*arguments, "--trust-pickle"]) == 1
    assert "is there already" in capsys.readouterr().err
    assert command(["import-tutorial", "rnn.bin", "--labels", "A,B,C", "--trust-pickle", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"] == ["A", "B", "C"]


@pytest.mark.parametrize("arguments", [["predict", "Bai"], ["evaluate"], ["explain", "Bai"]])
@pytest.mark.parametrize("name", ["rnn.bin", "model"])
def test_a_pickle_as_a_model_is_refused_and_the_way_is_told(
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    name: str,
) -> None:
    monkeypatch.chdir(file.parent)
    file.rename(name)
    assert command([*arguments, "--model", name]) == 1
    told = capsys.readouterr().err
    assert "can run any program" in told
    assert "namecls import-tutorial" in told
