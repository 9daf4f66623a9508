"""Two engines: numpy answers what torch answers, and is there where torch is not."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from namecls.errors import ConfigError
from namecls.explanation.together import explain
from namecls.guarantees import Guarantees
from namecls.inference.prediction import Predictor
from namecls.inference.ranker import Ranker
from namecls.inference.rankings import Rankings
from namecls.paths import packaged_dataset

ROOT = Path(__file__).resolve().parents[2]
NAMES = [
    *("Yamamoto", "O'Brien", "王小明", "Иванов", "Dr. Anna Müller", "Kowalski, Jan", "Yamamoto Akira"),
    *("", "123", "???", "김", "de la Cruz", "Muller", "MUELLER", "Ǆ", "x" * 3000, "Nguyễn Văn A", "ابن سينا"),
]
#: The program with torch out of reach.
WITHOUT = """
import sys
sys.modules["torch"] = None
from namecls.cli.app import run
codes = [run(arguments) for arguments in {commands!r}]
assert not any(name.startswith("torch.") for name in sys.modules)
print(codes, file=sys.stderr)
"""


@pytest.fixture(scope="module")
def shipped() -> tuple[Predictor, Predictor]:
    return Predictor.load(engine="numpy"), Predictor.load(engine="torch")


def ranked(predictor: Predictor, names: list[str], guarantees: Guarantees | None = None) -> list[Rankings]:
    with Ranker(predictor, 3, guarantees) as ranker:
        return list(ranker.start(names)())


def see_that_they_agree(one: Predictor, other: Predictor, names: list[str], **asked: float) -> None:
    guarantees = Guarantees(**asked)
    for ours, theirs in zip(ranked(one, names, guarantees), ranked(other, names, guarantees), strict=True):
        assert (ours.statuses == theirs.statuses).mean() > 0.9999  # at a threshold the last digit decides
        assert ours.asked.tolist() == theirs.asked.tolist()
        count = min(ours.labels.shape[1], theirs.labels.shape[1], 3)
        assert np.abs(ours.probabilities[:, :count] - theirs.probabilities[:, :count]).max() < 1e-5
        apart = np.diff(theirs.probabilities[:, : count + 1], axis=1) < -2e-5
        certain = apart.all(1)
        assert (ours.labels[certain, :count] == theirs.labels[certain, :count]).all()
        assert (ours.sizes != theirs.sizes).mean() < 1e-3
        assert (ours.read, ours.unknown, ours.seen_as) == (theirs.read, theirs.unknown, theirs.seen_as)
        assert (ours.family, ours.by_counts) == (theirs.family, theirs.by_counts)
        assert ours.seen.keys() == theirs.seen.keys()
        if ours.regions is not None and theirs.regions is not None:
            assert (ours.regions[0] != theirs.regions[0]).mean() < 1e-3


def test_thousands_of_names_get_the_same_answers(shipped: tuple[Predictor, Predictor]) -> None:
    table = pl.read_csv(packaged_dataset(), separator="\t")["name"].sample(4_000, seed=0).to_list()
    names = [
        *NAMES,
        *table,
        *(f"{one} {other}" for one, other in zip(table[:500], table[500:1000], strict=True)),
    ]
    see_that_they_agree(*shipped, names, risk=0.1, coverage=0.95)


def test_so_do_names_of_another_population_read_whole_and_one_alone(
    shipped: tuple[Predictor, Predictor],
) -> None:
    numpy, torch = (each.under("uniform").reading("whole") for each in shipped)
    see_that_they_agree(numpy, torch, NAMES)
    one, other = (each.predict("Yamamoto Akira", k=None) for each in (numpy, torch))
    assert [each.label for each in one.ranked[:3]] == [each.label for each in other.ranked[:3]]
    assert replace(one, ranked=(), region=None) == replace(other, ranked=(), region=None)


def test_arrays_of_probabilities_and_frames_are_the_same(shipped: tuple[Predictor, Predictor]) -> None:
    one, other = (each.predict_proba(NAMES) for each in shipped)
    assert one.dtype == other.dtype == np.float32
    assert np.abs(one - other).max() < 1e-5
    frame = pl.DataFrame({"name": NAMES})
    ours, theirs = (each.predict_frame(frame, "name") for each in shipped)
    assert ours.drop("probability").equals(theirs.drop("probability"))


def test_what_needs_torch_says_so(shipped: tuple[Predictor, Predictor]) -> None:
    with pytest.raises(
        ConfigError, match="this needs PyTorch, and the model was loaded for the engine numpy"
    ):
        explain(shipped[0], "Kowalski")
    with pytest.raises(ConfigError, match="the engine must be one of torch, numpy, was: 'jax'"):
        Predictor.load(engine="jax")
    with pytest.raises(ConfigError, match="computes on the CPU, not on cuda"):
        Predictor.load(device="cuda", engine="numpy")


@pytest.mark.slow
def test_without_torch_predict_answers_and_other_commands_say_what_to_install(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("\n".join(NAMES[:8] * 20) + "\n", encoding="utf-8")
    output = tmp_path / "ranked.jsonl"
    commands = [
        ["predict", "Yamamoto", "Kowalski", "--format", "table"],
        ["predict", "--input", str(names), "--output", str(output), "-k", "5"],
        ["predict", "Kowalski", "--prior", "uniform", "--format", "csv", "--whole-name"],
        ["predict", "Kowalski", "--engine", "torch"],
        *(["train", "--epochs", "1"], ["explain", "Kowalski"], ["evaluate"], ["runs", "verify", "default"]),
    ]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(commands=commands)],
        cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120, check=True,
    )  # fmt: skip
    *said, codes = done.stderr.splitlines()
    assert codes == str([0, 0, 0, 1, 1, 1, 1, 1]), done.stderr
    assert (
        said.count("namecls: this needs PyTorch, which is not installed; to install it: pip install torch")
        == 4
    )
    assert "namecls: the engine torch is not installed; to install it: pip install torch" in said
    assert "Japanese" in done.stdout
    lines = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [line["name"] for line in lines] == NAMES[:8] * 20
    assert len(lines[0]["ranked"]) == 5
