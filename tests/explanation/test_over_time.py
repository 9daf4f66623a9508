from pathlib import Path

import pytest

from namecls.errors import ModelFileError, NameclsError, RunError
from namecls.explanation.belief import belief
from namecls.explanation.over_time import at_epoch, kept_epochs, over_time
from namecls.explanation.walk import walk
from namecls.inference.prediction import Predictor
from namecls.runs.run import CHECKPOINTS, WEIGHTS, Run
from namecls.training.loop import train
from tests.library import SMALL, small_table


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = Run.create(tmp_path, SMALL, "run")
    (run.directory / CHECKPOINTS).mkdir()
    for _ in train(SMALL, small_table(), run):
        pass
    return run


def test_the_answer_is_that_of_each_checkpoint(run: Run) -> None:
    assert kept_epochs(run) == (1, 2, 3)
    found = over_time(run, "Boryan", k=2)
    assert (found.epochs, len(found.labels)) == ((1, 2, 3), 2)
    for at, epoch in enumerate(found.epochs):
        predictor = Predictor.load(run.directory / CHECKPOINTS / f"epoch-{epoch:03}")
        shares = dict(
            zip(predictor.labels, predictor.network_probabilities(["Boryan"])[0].tolist(), strict=True)
        )
        assert [row[at] for row in found.probabilities] == pytest.approx(
            [shares[label] for label in found.labels]
        )
    assert list(found.labels) == sorted(shares, key=shares.__getitem__, reverse=True)[:2]


def test_all_views_are_there_at_an_epoch(run: Run) -> None:
    ends = [belief(at_epoch(run, epoch), "Boryan").probabilities[0][-1] for epoch in (1, 3)]
    assert ends[0] != ends[1]
    assert walk(at_epoch(run, 1), "Boryan")[-1].rows != ()


def test_without_checkpoints_there_is_nothing_to_go_through(trained_run: Path) -> None:
    run = Run.open(trained_run)
    assert kept_epochs(run) == ()
    with pytest.raises(RunError, match="--keep-checkpoints"):
        over_time(run, "Boryan")
    with pytest.raises(RunError, match="epoch 1 was not kept"):
        at_epoch(run, 1)


def test_what_is_no_checkpoint_is_passed_over_and_a_damaged_one_refused(run: Run, tmp_path: Path) -> None:
    place = run.directory / CHECKPOINTS
    (place / "epoch-009").symlink_to(place / "epoch-001")
    (place / "epoch-010").mkdir()
    (place / "epoch-\N{ARABIC-INDIC DIGIT ONE}11").mkdir()
    (place / "epoch-012").write_text("x")
    assert kept_epochs(run) == (1, 2, 3)
    content = (place / "epoch-002" / WEIGHTS).read_bytes()
    (place / "epoch-002" / WEIGHTS).write_bytes(content[:-4])
    with pytest.raises(ModelFileError):
        over_time(run, "Boryan")
    (place / "epoch-002" / WEIGHTS).unlink()
    assert over_time(run, "Boryan").epochs == (1, 3)
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    assert kept_epochs(run) == ()
    with pytest.raises(NameclsError):
        at_epoch(run, 1)
