"""Runs that are moved aside come back as they were, or are gone, whatever became of the program."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from namecls.errors import RunBusy, RunError
from namecls.files.locks import held
from namecls.runs.discarded import ASIDE, Discards, clear_discarded, discard_run
from namecls.runs.listing import describe_run, list_runs


@pytest.fixture
def save_dir(trained_run: Path, tmp_path: Path) -> Path:
    shutil.copytree(trained_run, tmp_path / "runs" / "mine")
    return tmp_path / "runs"


def files(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


def test_a_discarded_run_is_not_listed_and_comes_back_as_it_was(save_dir: Path) -> None:
    before = files(save_dir)
    gone = discard_run(save_dir, "mine")
    assert list_runs(save_dir) == []
    gone.restore()
    assert files(save_dir) == before
    assert list(save_dir.iterdir()) == [save_dir / "mine"]
    assert describe_run(save_dir / "mine").status == "finished"


def test_a_discarded_run_is_removed_for_good(save_dir: Path) -> None:
    discard_run(save_dir, "mine").remove()
    assert list(save_dir.iterdir()) == []


def test_one_name_is_discarded_twice_and_does_not_come_back_over_another(
    save_dir: Path, trained_run: Path
) -> None:
    first = discard_run(save_dir, "mine")
    shutil.copytree(trained_run, save_dir / "mine")
    with pytest.raises(RunError, match="is there again"):
        first.restore()
    second = discard_run(save_dir, "mine")
    second.restore()
    first.remove()
    assert list(save_dir.iterdir()) == [save_dir / "mine"]


def test_what_a_dead_program_moved_aside_is_cleared_and_what_a_living_one_did_is_left(
    save_dir: Path, trained_run: Path
) -> None:
    shutil.copytree(trained_run, save_dir / "other")
    code = (
        "import os, sys; from namecls.runs.discarded import discard_run; "
        "discard_run(sys.argv[1], 'other'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(save_dir)], check=True)
    mine = discard_run(save_dir, "mine")
    assert {place.name for place in (save_dir / ASIDE).iterdir()} == {"mine-1", "other-1"}
    clear_discarded(save_dir)
    assert [place.name for place in (save_dir / ASIDE).iterdir()] == ["mine-1"]
    mine.restore()
    clear_discarded(save_dir)


def test_a_run_in_work_none_or_a_place_that_leads_elsewhere_is_refused(
    save_dir: Path, tmp_path: Path
) -> None:
    with held(save_dir / "mine"), pytest.raises(RunBusy):
        discard_run(save_dir, "mine")
    for name in ("none", "../runs/mine", ".."):
        with pytest.raises(RunError):
            discard_run(save_dir, name)
    (tmp_path / "elsewhere" / "kept").mkdir(parents=True)
    (save_dir / ASIDE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RunError, match="is a link"):
        discard_run(save_dir, "mine")
    clear_discarded(save_dir)
    assert (tmp_path / "elsewhere" / "kept").is_dir()
    assert describe_run(save_dir / "mine").status == "finished"


def test_the_last_one_comes_back_first_once_and_all_others_go_at_the_end(save_dir: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(save_dir / "mine", save_dir / name)
    discards = Discards()
    assert discards.last is None
    for name in ("mine", "one", "two"):
        discards.discard(save_dir, name)
    assert list_runs(save_dir) == []
    last = discards.last
    assert last is not None
    assert last.name == "two"
    discards.restore(last)
    discards.restore(last)  # a key that was pressed twice
    assert [info.name for info in list_runs(save_dir)] == ["two"]
    discards.end()
    assert discards.last is None
    assert sorted(path.name for path in save_dir.iterdir()) == ["two"]


def test_one_that_can_not_come_back_waits_for_another_try(save_dir: Path) -> None:
    discards = Discards()
    discards.discard(save_dir, "mine")
    last = discards.last
    assert last is not None
    (save_dir / "mine").mkdir()
    with pytest.raises(RunError, match="is there again"):
        discards.restore(last)
    (save_dir / "mine").rmdir()
    assert discards.last == last
    discards.restore(last)
    assert [info.name for info in list_runs(save_dir)] == ["mine"]
