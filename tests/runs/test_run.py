import shutil
from pathlib import Path

import pytest

from namecls.errors import ModelFileError, RunError
from namecls.events import Finished, event_to_json
from namecls.runs.history import HISTORY
from namecls.runs.listing import delete_run, describe_run, list_runs
from namecls.runs.manifest import MANIFEST
from namecls.runs.record import CONFIG
from namecls.runs.run import METRICS, WEIGHTS, Run
from namecls.text import json_text
from tests.library import SMALL


def test_a_run_is_named_after_its_network_unless_told(tmp_path: Path) -> None:
    assert Run.create(tmp_path, SMALL).name.startswith("gru-16-")
    mine = Run.create(tmp_path, SMALL, "mine")
    assert mine.name == "mine"
    assert Run.create(tmp_path, SMALL, "mine") == mine  # whoever made it died before anything was written
    (mine.directory / CONFIG).write_text("{}")
    with pytest.raises(RunError, match="is there already"):
        Run.create(tmp_path, SMALL, "mine")


def test_runs_of_one_moment_get_names_of_their_own(tmp_path: Path) -> None:
    assert len({Run.create(tmp_path, SMALL).name for _ in range(5)}) == 5


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "..", ".hidden", "", " ", "a b", "-x", "x.", "a" * 101, "\x1b[m", "a\n"]
)
def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RunError):
        delete_run(tmp_path, name)
    if name:
        with pytest.raises(RunError):
            Run.create(tmp_path, SMALL, name)


def test_a_finished_run_tells_of_itself(trained_run: Path) -> None:
    info = describe_run(trained_run)
    assert (info.status, info.title, info.labels, info.data) == ("finished", "gru-16", 3, "small.tsv")
    assert info.usable
    assert info.accuracy is not None
    assert info.accuracy > 0.8
    assert Run.open(trained_run).config() == SMALL


def test_runs_are_listed_newest_first_with_damaged_ones_told(trained_run: Path, tmp_path: Path) -> None:
    good = Path(shutil.copytree(trained_run, tmp_path / "good"))
    bad = Path(shutil.copytree(trained_run, tmp_path / "bad"))
    half = Path(shutil.copytree(trained_run, tmp_path / "half"))
    (bad / CONFIG).write_text("{")
    (half / MANIFEST).unlink()
    (tmp_path / "no run").mkdir()
    status = {info.name: info.status for info in list_runs(tmp_path)}
    assert status == {"good": "finished", "half": "unfinished", "bad": "damaged"}
    assert "expected a JSON object" in describe_run(bad).problem
    assert list_runs(tmp_path / "nowhere") == []
    assert good.exists()


def test_a_replaced_file_is_seen(trained_run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(trained_run, tmp_path / "copy"))
    text = (copy / METRICS).read_text()
    (copy / METRICS).write_text(text.replace('"rows"', '"rows" '))
    info = describe_run(copy)  # its weights are whole: they answer without metrics
    assert (info.status, info.usable, info.accuracy) == ("finished", True, None)
    assert "is not the file that the manifest tells of" in info.problem
    with pytest.raises(ModelFileError):
        Run.open(copy).verify(METRICS)
    Run.open(copy).verify(WEIGHTS)


def test_a_deleted_run_is_gone_and_nothing_else(trained_run: Path, tmp_path: Path) -> None:
    shutil.copytree(trained_run, tmp_path / "one")
    shutil.copytree(trained_run, tmp_path / "two")
    delete_run(tmp_path, "one")
    assert [info.name for info in list_runs(tmp_path)] == ["two"]
    (tmp_path / "three").mkdir()
    with pytest.raises(RunError, match="no run of that name"):
        delete_run(tmp_path, "three")


def test_a_link_is_not_followed_to_be_deleted(trained_run: Path, tmp_path: Path) -> None:
    target = Path(shutil.copytree(trained_run, tmp_path / "target"))
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "link").symlink_to(target)
    with pytest.raises(RunError):
        delete_run(tmp_path / "runs", "link")
    assert target.exists()


def test_a_last_line_cut_off_in_the_writing_is_left_out(trained_run: Path, tmp_path: Path) -> None:
    run = Run.open(shutil.copytree(trained_run, tmp_path / "copy"))
    whole = list(run.history())
    (run.directory / MANIFEST).unlink()
    text = (run.directory / HISTORY).read_text()
    (run.directory / HISTORY).write_text(text[:-20])
    assert list(run.history()) == whole[:-1]
    (run.directory / HISTORY).write_text("nonsense\n" + text)
    with pytest.raises(RunError, match="line 1"):
        list(run.history())


def test_no_run_can_be_made_where_a_file_stands(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="choose another directory"):
        Run.create(tmp_path / "file", SMALL)


def test_what_is_written_at_the_end_is_short_enough_to_be_read_again(
    trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.open(shutil.copytree(trained_run, tmp_path / "copy"))
    *_, finished = run.history()
    assert isinstance(finished, Finished)
    for kept in ("all", "scores", "figures"):
        (run.directory / MANIFEST).unlink()
        written = run.finish(finished)
        *_, told = run.history()
        assert told == written
        assert run.metrics() == written.test
        assert written.test.accuracy == finished.test.accuracy
        assert bool(written.test.confusion.rows) == (kept == "all")
        assert bool(written.test.per_label) == (kept != "figures")
        length = len(json_text(event_to_json(written)))
        monkeypatch.setattr("namecls.runs.run.LONGEST_LINE", length)  # with its end it is longer


def test_a_line_cut_off_in_the_writing_is_not_written_on_behind(trained_run: Path, tmp_path: Path) -> None:
    run = Run.open(shutil.copytree(trained_run, tmp_path / "copy"))
    *_, finished = run.history()
    text = (run.directory / HISTORY).read_text()
    (run.directory / HISTORY).write_text(text[:-20])  # killed in the midst of telling of its end
    (run.directory / MANIFEST).unlink()
    run.finish(finished)
    assert (run.directory / HISTORY).read_text() == text
    assert describe_run(run.directory).status == "finished"
