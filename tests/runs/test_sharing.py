import json
import os
import shutil
from pathlib import Path

import pytest

from namecls.errors import ModelFileError, RunError
from namecls.events import Started, Watched
from namecls.explanation.neighbours import INDEX
from namecls.inference.prediction import Predictor
from namecls.paths import packaged_model
from namecls.runs.history import HISTORY
from namecls.runs.listing import describe_run
from namecls.runs.manifest import MANIFEST
from namecls.runs.record import CONFIG, PLACES
from namecls.runs.run import METRICS, MODEL, WEIGHTS, Run
from namecls.runs.sharing import BROKEN, DAMAGE, DIFFERS, MISSING, SAME, UNKNOWN, compare, export
from namecls.runs.watched import watch_names
from namecls.training.loop import train
from namecls.training.protocol import recorded_splits
from tests.library import SMALL, small_table
from tests.stress.stories import keeping

NAMES = (CONFIG, HISTORY, MODEL, WEIGHTS, METRICS)


def test_a_copy_for_others_answers_the_same_and_knows_no_place(trained_run: Path, tmp_path: Path) -> None:
    (tmp_path / "sent").mkdir()
    copy = export(Run(trained_run), tmp_path / "sent" / "mine")
    assert {path.name for path in copy.directory.iterdir()} == {*NAMES, MANIFEST}
    for path in copy.directory.iterdir():
        assert str(trained_run.parent).encode() not in path.read_bytes(), path.name
    assert set(dict(compare(copy)).values()) == {SAME}
    asked = ["Borovski", "Davidyan"]
    assert Predictor.load(copy.directory).predict(asked) == Predictor.load(trained_run).predict(asked)
    started = next(copy.history(Started))
    assert isinstance(started, Started)
    assert started.directory == str(copy.directory)
    shutil.copy(json.loads((trained_run / PLACES).read_text())["data"], tmp_path / "sent")
    assert recorded_splits(copy).digest == recorded_splits(Run(trained_run)).digest


def test_names_that_somebody_watched_or_trained_on_are_not_copied(tmp_path: Path) -> None:
    run = Run.create(tmp_path, SMALL, "mine")
    watch_names(run, ["Qyxorvik"])
    for _ in train(SMALL.changed({"epochs": 1}), small_table(), run):
        pass
    (run.directory / INDEX).write_bytes(b"Boryan")
    copy = export(run, tmp_path / "sent")
    assert list(run.history(Watched)) != []
    assert {path.name for path in copy.directory.iterdir()} == {*NAMES, MANIFEST}
    assert not any(b"Qyxorvik" in path.read_bytes() for path in copy.directory.iterdir())
    assert [*copy.history()][1:-1] == [e for e in run.history() if not isinstance(e, Watched)][1:-1]


def test_only_a_whole_run_is_copied_and_only_to_a_new_place(trained_run: Path, tmp_path: Path) -> None:
    mine = Run(Path(shutil.copytree(trained_run, tmp_path / "mine")))
    with pytest.raises(RunError, match="is there already"):
        export(mine, tmp_path / "mine")
    (mine.directory / METRICS).write_text("{}")
    with pytest.raises(ModelFileError, match=METRICS):
        export(mine, tmp_path / "other")
    (mine.directory / MANIFEST).unlink()
    with pytest.raises(RunError, match="is not finished"):
        export(mine, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_what_is_shipped_holds_no_place_and_is_as_it_was_written() -> None:
    shipped = Run(packaged_model())
    assert set(dict(compare(shipped)).values()) == {SAME}
    assert shipped.record().places == {}
    for path in shipped.directory.iterdir():
        assert b"/tmp/" not in path.read_bytes(), path.name


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_not_as_it_was_written_is_named(trained_run: Path, tmp_path: Path, name: str) -> None:
    run = Run(Path(shutil.copytree(trained_run, tmp_path / "mine")))
    content = bytearray((run.directory / name).read_bytes())
    content[-3] ^= 1
    (run.directory / name).write_bytes(content)
    assert {file for file, state in compare(run) if state != SAME} == {name}
    assert dict(compare(run))[name] == DIFFERS
    (run.directory / name).unlink()
    assert dict(compare(run))[name] == MISSING


def test_of_a_run_that_is_not_finished_the_weights_are_compared_and_metrics_count_for_nothing(
    tmp_path: Path,
) -> None:
    run = keeping(tmp_path, SMALL, "mine")
    list(train(SMALL, small_table(), run))
    (run.directory / MANIFEST).unlink()
    assert describe_run(run.directory).accuracy is None
    assert Predictor.load(run.directory).info.accuracy is None
    found = dict(compare(run))
    assert (found[METRICS], found[WEIGHTS], found["resume/state.safetensors"]) == (UNKNOWN, SAME, SAME)
    content = bytearray((run.directory / WEIGHTS).read_bytes())
    content[-3] ^= 1
    (run.directory / WEIGHTS).write_bytes(content)
    assert dict(compare(run))[WEIGHTS] == DIFFERS


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_in_place_of_a_file_is_damage(
    trained_run: Path, tmp_path: Path, name: str, finished: bool
) -> None:
    run = Run(Path(shutil.copytree(trained_run, tmp_path / "mine")))
    if not finished:
        (run.directory / MANIFEST).unlink()
    (run.directory / name).unlink()
    os.mkfifo(run.directory / name)
    assert dict(compare(run))[name] in DAMAGE


@pytest.mark.parametrize("name", [CONFIG, MODEL, METRICS, HISTORY])
def test_of_a_run_that_is_not_finished_a_file_that_is_none_of_its_kind_is_damage(
    trained_run: Path, tmp_path: Path, name: str
) -> None:
    run = Run(Path(shutil.copytree(trained_run, tmp_path / "mine")))
    (run.directory / MANIFEST).unlink()
    (run.directory / name).write_text("[]\n{}\n")
    assert dict(compare(run))[name] == BROKEN
