import dataclasses
import json
import os
import shutil
from pathlib import Path

import pytest

from namecls.files import opening, strict_json
from namecls.runs.history import HISTORY
from namecls.runs.listing import describe_run, list_runs
from namecls.runs.manifest import MANIFEST
from namecls.runs.record import CONFIG
from namecls.runs.run import METRICS, MODEL
from tests.library import small_record


def test_a_list_reads_a_line_of_each_run_and_no_hash(
    trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("finished", "begun"):
        shutil.copytree(trained_run, tmp_path / name)
    (tmp_path / "begun" / MANIFEST).unlink()
    expected = [describe_run(tmp_path / name) for name in ("finished", "begun")]
    opened = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda path, *rest: opened.append(Path(path)) or real(path, *rest))
    monkeypatch.setattr(opening, "sha256_of", None)
    found = list_runs(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in sorted(opened) if path.exists()] == [
        "begun/config.json",
        f"finished/{MANIFEST}",
    ]
    assert sorted(found, key=lambda info: info.name, reverse=True) == expected
    assert [info.accuracy is None for info in expected] == [False, True]


def test_what_has_not_changed_is_not_read_again_and_what_has_is(
    trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("finished", "begun"):
        shutil.copytree(trained_run, tmp_path / name)
    (tmp_path / "begun" / MANIFEST).unlink()
    before = list_runs(tmp_path)
    with monkeypatch.context() as closed:
        closed.setattr(strict_json, "open_plain", None)
        assert list_runs(tmp_path) == before

    for path, what in ((tmp_path / "finished" / MANIFEST, "data"), (tmp_path / "begun" / CONFIG, "file")):
        values = json.loads(path.read_text())
        values["summary" if what == "data" else "data"][what] = "other.tsv"
        path.write_text(json.dumps(values))
    assert {info.data for info in list_runs(tmp_path)} == {"other.tsv"}
    (tmp_path / "finished" / MANIFEST).write_text("{")
    assert {info.status for info in list_runs(tmp_path)} == {"damaged", "unfinished"}


@pytest.mark.parametrize("name", [CONFIG, MODEL, METRICS])
def test_a_file_that_was_cut_off_is_seen_in_a_list(trained_run: Path, tmp_path: Path, name: str) -> None:
    copy = Path(shutil.copytree(trained_run, tmp_path / "copy"))
    os.truncate(copy / name, 5)
    (info,) = list_runs(tmp_path)
    assert (info.status, info.usable) == (("finished", True) if name == METRICS else ("damaged", False))
    assert info.accuracy is None
    assert name in info.problem


@pytest.mark.parametrize(
    "change",
    [
        {"accuracy": "\x1b[31m"},
        {"accuracy": 7.0},
        {"accuracy": True},
        {"labels": 10**400},
        {"rows": -1},
        {"title": 7},
        {"created": None},
        {"holder": 3},
    ],
)
def test_a_summary_that_is_none_makes_a_damaged_run(
    trained_run: Path, tmp_path: Path, change: dict[str, object]
) -> None:
    copy = Path(shutil.copytree(trained_run, tmp_path / "copy"))
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["summary"].update(change)
    (copy / MANIFEST).write_text(json.dumps(manifest))
    (info,) = list_runs(tmp_path)
    assert info.status == "damaged"
    assert len(info.problem) < 1000


def test_a_manifest_from_before_there_were_summaries_is_enough(trained_run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(trained_run, tmp_path / "copy"))
    manifest = json.loads((copy / MANIFEST).read_text())
    del manifest["summary"]
    (copy / MANIFEST).write_text(json.dumps(manifest))
    assert list_runs(tmp_path) == [describe_run(copy)]
    assert describe_run(copy).accuracy is not None


def test_a_run_that_has_just_begun_is_listed_as_it_is_described(tmp_path: Path) -> None:
    for name, study in (("run", ""), ("trial", "s")):
        (tmp_path / name).mkdir()
        dataclasses.replace(small_record(), study=study).write(tmp_path / name)
    assert {info.name: info.status for info in list_runs(tmp_path)} == {"run": "unfinished", "trial": "trial"}
    assert list_runs(tmp_path) == [describe_run(tmp_path / "trial"), describe_run(tmp_path / "run")]


def test_of_many_the_newest_are_listed_without_a_look_at_the_others(
    trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        shutil.copytree(trained_run, tmp_path / f"run-{number}")
        os.utime(tmp_path / f"run-{number}" / CONFIG, (number, number))
        os.utime(tmp_path / f"run-{number}" / HISTORY, (number, number))
    for number in (1, 4):
        (tmp_path / f"run-{number}" / MANIFEST).unlink()
    opened = set()
    real = os.open
    monkeypatch.setattr(
        os, "open", lambda path, *rest: opened.add(Path(path).parent.name) or real(path, *rest)
    )
    assert {info.name for info in list_runs(tmp_path, 2)} == {"run-3", "run-4"} == opened
    assert {info.name for info in list_runs(tmp_path, finished=False)} == {"run-1", "run-4"}
    assert {info.name for info in list_runs(tmp_path, 1, finished=False)} == {"run-4"}
    os.utime(tmp_path / "run-1" / HISTORY, (9, 9))  # at work last
    assert {info.name for info in list_runs(tmp_path, 1, finished=False)} == {"run-1"}
    assert {info.name for info in list_runs(tmp_path, 2)} == {"run-3", "run-4"}
    assert list_runs(tmp_path, 9) == list_runs(tmp_path)
