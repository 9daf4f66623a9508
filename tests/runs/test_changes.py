"""A directory of runs that is looked at again and again."""

from __future__ import annotations

import itertools
import os
import shutil
import time
from pathlib import Path

import pytest

from namecls.errors import RunError
from namecls.events import Progress
from namecls.files import strict_json
from namecls.files.locks import held
from namecls.runs.changes import Changes
from namecls.runs.history import HISTORY, line_of
from namecls.runs.listing import RunInfo, delete_run, list_runs
from namecls.runs.manifest import MANIFEST
from namecls.runs.notes import notes_of, write_notes
from namecls.runs.run import Run


@pytest.fixture
def save_dir(trained_run: Path, tmp_path: Path) -> Path:
    for name in ("finished", "begun"):
        shutil.copytree(trained_run, tmp_path / name)
    (tmp_path / "begun" / MANIFEST).unlink()
    settle(tmp_path)
    return tmp_path


def settle(save_dir: Path) -> None:
    """As if all was written long ago."""
    for place in save_dir.iterdir():
        os.utime(place, ns=(10**18, place.stat().st_mtime_ns - 10**9))


def seen(changes: Changes) -> dict[str, RunInfo]:
    runs = changes.look()
    assert runs is not None
    return {info.name: info for info in runs}


def test_the_first_look_tells_all_and_the_next_one_nothing_and_opens_no_file(
    save_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = Changes(save_dir)
    assert changes.look() == list_runs(save_dir)
    with monkeypatch.context() as closed:
        closed.setattr(os, "open", None)
        assert changes.look() is None


def test_what_other_processes_make_finish_note_rename_and_delete_is_told(
    trained_run: Path, save_dir: Path
) -> None:
    changes = Changes(save_dir)
    before = seen(changes)

    shutil.copytree(trained_run, save_dir / "made")
    assert list(seen(changes)) == [info.name for info in list_runs(save_dir)] == ["made", *before]

    shutil.copy(trained_run / MANIFEST, save_dir / "begun")
    assert seen(changes)["begun"].status == "finished"

    write_notes(Run.open(save_dir / "finished"), notes_of("the best #good"))
    assert seen(changes)["finished"].tags == ("good",)

    (save_dir / "made").rename(save_dir / "called")
    assert seen(changes).keys() == {"called", "begun", "finished"}

    delete_run(save_dir, "finished")
    assert seen(changes).keys() == {"called", "begun"}


def test_only_what_has_changed_is_read_again(save_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = Changes(save_dir)
    before = seen(changes)
    write_notes(Run.open(save_dir / "begun"), notes_of("look"))
    opened: list[Path] = []
    real = strict_json.open_plain
    monkeypatch.setattr(strict_json, "open_plain", lambda path: opened.append(path) or real(path))
    after = seen(changes)
    assert after["finished"] is before["finished"]
    assert {path.parent.name for path in opened} == {"begun"}


def test_what_changes_nothing_that_is_listed_is_not_told(save_dir: Path) -> None:
    changes = Changes(save_dir)
    assert seen(changes)
    (save_dir / "begun" / "scratch").touch()
    (save_dir / "no-run").mkdir()
    (save_dir / "a-file").touch()
    assert changes.look() is None


def test_a_training_is_followed_from_its_beginning_to_its_end(save_dir: Path) -> None:
    changes = Changes(save_dir)
    assert seen(changes)["begun"].status == "unfinished"
    with held(save_dir / "begun"):
        assert seen(changes)["begun"].status == "running"
        with (save_dir / "begun" / HISTORY).open("a") as history:
            history.write(line_of(report(30)) + "\n")
        running = seen(changes)["begun"]
        assert (running.progress, running.seconds) == (0.3, 6.0)
        with (save_dir / "begun" / HISTORY).open("a") as history:
            history.write(line_of(report(40)) + "\n")
        assert seen(changes)["begun"].progress == 0.4
    left = seen(changes)["begun"]
    assert (left.status, left.progress) == ("unfinished", None)


def report(step: int) -> Progress:
    return Progress(
        epoch=1,
        step=step,
        steps=100,
        names=10,
        loss=1.0,
        accuracy=0.5,
        learning_rate=0.01,
        names_per_second=100.0,
        elapsed=step / 5,
        remaining=1.0,
    )


def test_a_directory_that_can_not_be_read_is_an_error_until_it_can(save_dir: Path) -> None:
    changes = Changes(save_dir)
    before = changes.look()
    save_dir.rename(save_dir.with_name("elsewhere"))
    save_dir.touch()
    with pytest.raises(RunError, match="no directory"):
        changes.look()
    save_dir.unlink()
    assert changes.look() == []
    save_dir.with_name("elsewhere").rename(save_dir)
    assert changes.look() == before
    assert changes.look() is None


def test_a_change_in_the_tick_in_which_it_was_looked_is_told(
    trained_run: Path, save_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A time of a directory says no more than a file system's clock does."""
    changes = Changes(save_dir)
    now = save_dir / "begun"
    at = now.stat().st_mtime_ns
    ticks = itertools.count(1)
    monkeypatch.setattr(time, "time_ns", lambda: at + next(ticks))
    assert seen(changes)["begun"].status == "unfinished"
    shutil.copy(trained_run / MANIFEST, now)
    os.utime(now, ns=(at, at))
    assert seen(changes)["begun"].status == "finished"
