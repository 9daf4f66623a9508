import dataclasses
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from namecls.data.layout import Columns
from namecls.data.table import load_dataset
from namecls.errors import DataError, RunError
from namecls.runs.record import CONFIG, PLACES, DataRecord, Source, SplitRecord, read_record
from namecls.runs.run import Run
from namecls.training.protocol import file_record, read_again, recorded_splits
from tests.library import SMALL, small_file, small_record


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    data = DataRecord(file="a.tsv", sha256="0", columns=Columns("n", 2, True, "tab"), path=Path("/x/a.tsv"))
    record = small_record(
        data=data,
        rows=7,
        split=SplitRecord(method="given", sha256="1", train=3, validation=2, test=2),
        train=dataclasses.replace(SMALL, init_from="/models/mine"),
        parent=Source(file="mine", sha256="2"),
        study="s",
    )
    for each in (
        record,
        small_record(imported=Source(file="names.bin", sha256="3")),
        dataclasses.replace(record, given={"train": data, "validation": data, "test": data}),
    ):
        (tmp_path / PLACES).unlink(missing_ok=True)
        each.write(tmp_path)
        read = read_record(tmp_path)
        assert dataclasses.replace(read, data=each.data) == each  # of a given split the parts have the paths


def test_what_may_be_shared_holds_no_path(tmp_path: Path) -> None:
    record = small_record(
        data=DataRecord(file="a.tsv", sha256="0", path=tmp_path / "secret" / "a.tsv"),
        train=dataclasses.replace(SMALL, init_from=str(tmp_path / "secret" / "mine")),
    )
    record.write(tmp_path)
    assert "secret" not in (tmp_path / CONFIG).read_text()
    (tmp_path / PLACES).unlink()
    shared = read_record(tmp_path)
    assert (shared.data.path, shared.train.init_from) == (None, "mine")


def test_a_record_with_paths_in_it_is_read_too(trained_run: Path, tmp_path: Path) -> None:
    run = Run(Path(shutil.copytree(trained_run, tmp_path / "run")))
    values = json.loads((run.directory / CONFIG).read_text())
    path = json.loads((run.directory / PLACES).read_text())["data"]
    for name in ("study", "parent", "imported"):
        values.pop(name, None)
    values["data"].pop("embedded", None)
    values["data"] |= {"path": path, "given": None}
    (run.directory / CONFIG).write_text(json.dumps(values))
    (run.directory / PLACES).unlink()
    assert recorded_splits(run).digest == recorded_splits(Run(trained_run)).digest


def test_a_file_is_read_only_if_its_bytes_are_the_recorded_ones(tmp_path: Path) -> None:
    diary = tmp_path / "diary.txt"
    diary.write_text("Dear diary,\tI have a secret\n", encoding="utf-8")
    forged = DataRecord(file="names.tsv", sha256="0" * 64, path=diary, columns=Columns("no such column"))
    with pytest.raises(DataError) as caught:
        read_again(forged)
    assert "has changed since the run was trained on it" in str(caught.value)
    assert not any(word in str(caught.value) for word in ("diary,", "secret", "column", "line"))


def test_a_file_that_was_moved_is_found_beside_the_run_or_where_it_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    source = small_file(tmp_path / "old")
    record = file_record(load_dataset(source))
    run = tmp_path / "runs" / "mine"
    run.mkdir(parents=True)
    for place in (run / "small.tsv", tmp_path / "runs" / "small.tsv", tmp_path / "renamed.tsv"):
        source = source.rename(place)
        moved = place if place.name == "renamed.tsv" else None
        assert read_again(record, run, moved).source == place
    with pytest.raises(DataError, match="there is no such file any more; say where small"):
        read_again(record, run)
    for elsewhere, place in ((replace(record, path=None), None), (record, tmp_path / "none.tsv")):
        with pytest.raises(DataError, match="there is no such file; say where small"):
            read_again(elsewhere, run, place)
    other = tmp_path / "other.tsv"
    other.write_text("a\tb\nc\td\n")
    with pytest.raises(DataError, match="is not the file that the run was trained on"):
        read_again(record, run, other)


@pytest.mark.parametrize("file", ["..", "../diary", "/etc/passwd", "", "."])
def test_the_name_of_a_file_leads_nowhere(tmp_path: Path, file: str) -> None:
    (tmp_path / "diary").write_text("secret")
    (tmp_path / "runs").mkdir()
    with pytest.raises(DataError, match="there is no such file; say where"):
        read_again(DataRecord(file=file, sha256="0"), tmp_path / "runs" / "mine")


@pytest.mark.parametrize("content", ["7", '{"data": 7}', '{"data": "\\u0000"}', '{"init_from": []}', "{"])
def test_places_that_are_none_are_told_or_passed_over(
    trained_run: Path, tmp_path: Path, content: str
) -> None:
    run = Run(Path(shutil.copytree(trained_run, tmp_path / "run")))
    (run.directory / PLACES).write_text(content)
    with pytest.raises((RunError, DataError)):
        recorded_splits(run)
