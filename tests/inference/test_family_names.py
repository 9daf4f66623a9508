"""Which part of a full name is read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from namecls.errors import ConfigError, ModelFileError
from namecls.inference.prediction import Predictor
from namecls.runs.checkpoint import save_description
from namecls.runs.loading import load_model
from namecls.runs.run import MODEL, Run
from tests.cli.conftest import Cli, cli  # noqa: F401

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def shipped() -> Predictor:
    return Predictor.load()


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Yamamoto Akira", "Yamamoto"),
        ("Akira Yamamoto", "Yamamoto"),
        ("Kim Jong-un", "Kim"),
        ("Kim Basinger", "Basinger"),
        ("Nagy István", "Nagy"),
        ("István Nagy", "Nagy"),
        ("Nguyen Van Minh", "Nguyen"),
        ("Bruce Lee", "Lee"),
        ("Thomas Mann", "Mann"),
        ("Kowalski, Jan", "Kowalski"),
        ("De Luca", ""),
        ("王小明", "王"),
        ("王 小明", "王"),
        ("欧阳娜娜", "欧阳"),
        ("山田太郎", "山田"),
        ("佐々木健", "佐々木"),
        ("佐々木", ""),
        ("佐藤 さくら", "佐藤"),
        ("김민수", "김"),
        ("김 민수", "김"),
        ("남궁민", "남궁"),
        ("王", ""),
        ("ヤマダ", ""),
        ("Yamamoto", ""),
    ],
)
def test_the_family_name_by_what_is_known_of_the_words(shipped: Predictor, name: str, family: str) -> None:
    prediction = shipped.predict(name)
    assert prediction.family_name == family
    alone = shipped.predict(family or name)
    assert (prediction.ranked, prediction.read_as) == (alone.ranked, alone.read_as)
    assert torch.equal(shipped.probabilities(name), shipped.probabilities(family or name))


def test_many_names_are_read_as_each_alone(shipped: Predictor) -> None:
    names = ["Yamamoto Akira", "Kowalski", "Smith, John", "De Luca", "", "Dr. Anna Müller"] * 20
    families = [prediction.family_name for prediction in shipped.predict(names)]
    assert families == ["Yamamoto", "", "Smith", "", "", "Müller"] * 20


def test_a_name_is_read_whole_where_the_model_was_not_made_of_family_names(
    shipped: Predictor,
    trained_run: Path,
    cli: Cli,  # noqa: F811
) -> None:
    name = "Tomski Karyan"
    mine = Predictor.load(trained_run)
    assert mine.predict(name).family_name == ""
    assert mine.predict(name).read_as == "tomski karyan"
    assert mine.reading("family").predict(name).family_name == "Karyan"
    assert shipped.reading("whole").predict("Smith, John").family_name == ""
    with pytest.raises(ConfigError, match="whole or family"):
        mine.reading("half")
    given = ("predict", name, "--model", trained_run, "--format", "jsonl")
    told = [json.loads(cli(*given, *more).out)["family_name"] for more in ((), ("--family-name",))]
    assert told == ["", "Karyan"]
    assert "family name: Karyan" in cli(*given[:-1], "table", "--family-name").out
    assert json.loads(cli("predict", "Smith, John", "--whole-name").out)["family_name"] == ""


def test_what_was_recorded_outlives_a_new_calibration_and_is_checked(
    trained_run: Path, tmp_path: Path
) -> None:
    run = Run(Path(shutil.copytree(trained_run, tmp_path / "run")))
    run.revoke_manifest()
    path = run.directory / MODEL
    path.write_text(json.dumps({**json.loads(path.read_text()), "names": "family"}))
    loaded = load_model(run.directory)
    save_description(run, loaded.model.config, loaded.vocabulary, loaded.calibration)
    assert load_model(run.directory).names == "family"
    path.write_text(json.dumps({**json.loads(path.read_text()), "names": ["family"]}))
    with pytest.raises(ModelFileError, match="names must be whole or family"):
        load_model(run.directory)


@pytest.mark.parametrize("name", ["Dr. Dr. Dr.", "Prof. Dr.", "Mr. Mrs.", "Mr Jr"])
def test_titles_alone_are_no_name(shipped: Predictor, name: str) -> None:
    assert shipped.predict([name, *["Kowalski"] * 99])[0].status == "no letters"
    assert shipped.predict(name).ranked == ()
    assert shipped.predict(f"{name} Kowalski").family_name == "Kowalski"
