import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from namecls.calibration.calibrated import Calibration
from namecls.config import PRESETS, ModelConfig
from namecls.data.vocab import Vocabulary
from namecls.errors import ModelFileError
from namecls.events import EpochEnd
from namecls.nn.model import NameClassifier
from namecls.runs.checkpoint import RESUME, save_description, save_weights
from namecls.runs.loading import load_model
from namecls.runs.run import MODEL, WEIGHTS, Run
from namecls.training.loop import finish, train
from tests.library import SMALL, small_table

LABELS = ("Czech", "Polish")
CALIBRATION = Calibration().to_json()


def saved(directory: Path, config: ModelConfig) -> tuple[Run, NameClassifier, Vocabulary]:
    run = Run.create(directory, SMALL, "run")
    vocabulary = Vocabulary.learn(["Novák", "Kowalski"], LABELS, config)
    model = NameClassifier(config, vocabulary.size, len(LABELS)).eval()
    save_description(run, config, vocabulary, Calibration())
    save_weights(run, model)
    return run, model, vocabulary


@pytest.mark.parametrize("preset", PRESETS)
def test_a_saved_and_loaded_model_answers_the_same(tmp_path: Path, preset: str) -> None:
    run, model, vocabulary = saved(tmp_path, PRESETS[preset].config.model)
    loaded = load_model(run.directory)
    ids = torch.tensor([vocabulary.encode("Kowal")])
    lengths = torch.tensor([ids.shape[1]])
    assert loaded.vocabulary == vocabulary
    torch.testing.assert_close(loaded.model(ids, lengths), model(ids, lengths), rtol=1e-3, atol=1e-4)
    for name, tensor in model.stored().items():
        assert torch.equal(loaded.model.state_dict()[name], tensor.to(loaded.model.state_dict()[name]))
    for name, tensor in model.state_dict().items():  # tables of n-grams are halved in precision
        precision = 2**-11 * float(tensor.abs().max()) if name.endswith(".table") else 0
        assert float((loaded.model.state_dict()[name] - tensor).abs().max()) <= precision


def test_loading_a_model_draws_no_random_number(tmp_path: Path) -> None:
    run, _, _ = saved(tmp_path, SMALL.model)
    torch.manual_seed(7)
    load_model(run.directory)
    here = torch.get_rng_state()
    torch.manual_seed(7)
    assert torch.equal(here, torch.get_rng_state())


def test_what_is_no_model_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="found nothing"):
        load_model(tmp_path / "none")
    with pytest.raises(ModelFileError, match="no such pair"):
        load_model(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(ModelFileError, match="found a file"):
        load_model(tmp_path / "file")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("labels", ["Czech"]),
        ("labels", ["Czech", "Czech"]),
        ("labels", ["Czech", "Polish", "Slovak"]),
        ("labels", "Czech"),
        ("labels", None),
        ("characters", ["ab"]),
        ("characters", []),
        ("characters", [1]),
        ("network", {}),
        ("network", {"network": "grru"}),
        ("network", {"hidden_size": 60_000}),
        ("network", 7),
        ("calibration", None),
        ("calibration", {}),
        ("calibration", {**CALIBRATION, "temperature": 0}),
        ("calibration", {**CALIBRATION, "temperature": "warm"}),
        ("calibration", {**CALIBRATION, "temperature": float("nan")}),
        ("calibration", {**CALIBRATION, "sets": {"coverages": [0.9], "aps": [2.0]}}),
        ("calibration", {**CALIBRATION, "sets": {"coverages": [0.9]}}),
        ("calibration", {**CALIBRATION, "risks": {}}),
        ("calibration", {"temperature": 1.0, "coverages": [0.9], "thresholds": [0.5, 0.6]}),
    ],
)
def test_a_description_that_does_not_fit_the_weights_is_refused(
    tmp_path: Path, key: str, value: object
) -> None:
    run, _, _ = saved(tmp_path, SMALL.model)
    values = json.loads((run.directory / MODEL).read_text())
    (run.directory / MODEL).write_text(json.dumps({**values, key: value}))
    with pytest.raises(ModelFileError):
        load_model(run.directory)


def test_weights_of_the_wrong_kind_are_refused(tmp_path: Path) -> None:
    run, _, _ = saved(tmp_path, SMALL.model)
    path = run.directory / WEIGHTS
    weights = load_file(path)
    for wrong in (
        {**weights, "members.0.parts.0.linear.bias": weights["members.0.parts.0.linear.bias"].double()},
        {
            **weights,
            "members.0.parts.0.linear.bias": torch.full_like(
                weights["members.0.parts.0.linear.bias"], torch.nan
            ),
        },
        {**weights, "members.0.parts.0.linear.bias": torch.zeros(3)},
        {**weights, "extra": torch.zeros(3)},
        {k: v for k, v in weights.items() if k != "members.0.parts.0.linear.bias"},
    ):
        save_file(wrong, path)
        with pytest.raises(ModelFileError):
            load_model(run.directory)


def test_every_truncation_of_the_weights_is_refused(tmp_path: Path) -> None:
    run, _, _ = saved(tmp_path, SMALL.model)
    path = run.directory / WEIGHTS
    content = path.read_bytes()
    for size in range(0, len(content), 97):
        path.write_bytes(content[:size])
        with pytest.raises(ModelFileError):
            load_model(run.directory)


def test_a_finished_model_whose_weights_were_replaced_is_refused(trained_run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(trained_run, tmp_path / "copy"))
    path = copy / WEIGHTS
    weights = load_file(path)
    save_file(
        {**weights, "members.0.parts.0.linear.bias": weights["members.0.parts.0.linear.bias"] + 1}, path
    )
    with pytest.raises(ModelFileError, match="manifest"):
        load_model(copy)


def test_the_weights_of_the_tutorial_are_no_model(tmp_path: Path) -> None:
    run, _, _ = saved(tmp_path, SMALL.model)
    (run.directory / WEIGHTS).write_bytes(b"\x80\x02}q\x00.")
    with pytest.raises(ModelFileError):
        load_model(run.directory)


def test_a_checkpoint_to_resume_from_lies_beside_the_model_until_it_is_tested(
    trained_run: Path, tmp_path: Path
) -> None:
    run = Run.create(tmp_path, SMALL, "mine")
    events = train(SMALL, small_table(), run)
    next(event for event in events if isinstance(event, EpochEnd))
    assert (run.directory / RESUME).is_file()
    events.close()
    assert (run.directory / RESUME).is_file()
    finish(run, small_table())
    for finished in (run.directory, trained_run):
        assert not (finished / RESUME).parent.exists()
