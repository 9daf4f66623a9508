"""A run in a ZIP file and back; and files that only look like one."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from namecls.errors import DiskFull, ModelFileError, NameclsError, RunError
from namecls.runs import archive
from namecls.runs.archive import export_zip, import_zip
from namecls.runs.listing import describe_run, list_runs
from namecls.runs.manifest import MANIFEST
from namecls.runs.notes import NOTES, Notes, write_notes
from namecls.runs.record import CONFIG, PLACES
from namecls.runs.run import HISTORY, WEIGHTS, Run
from namecls.runs.sharing import SAME, compare

Members = list[tuple[zipfile.ZipInfo, bytes]]


@pytest.fixture(scope="module")
def packed(trained_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("packed") / "mine.zip"
    export_zip(Run(trained_run), file)
    return file


def changed(packed: Path, file: Path, change: Callable[[Members], Members]) -> Path:
    """The same archive with other members."""
    with zipfile.ZipFile(packed) as archive_before:
        members = [(info, archive_before.read(info)) for info in archive_before.infolist()]
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive_after:
        for info, content in change(members):
            archive_after.writestr(info, content)
    return file


def test_a_run_comes_back_as_it_was_shared(packed: Path, trained_run: Path, tmp_path: Path) -> None:
    run = import_zip(packed, tmp_path / "runs")
    assert run.name == "small"
    assert set(dict(compare(run)).values()) == {SAME}
    found, before = describe_run(run.directory), describe_run(trained_run)
    assert (found.accuracy, found.title, found.status) == (before.accuracy, before.title, "finished")
    assert run.config() == Run(trained_run).config()
    assert [info.name for info in list_runs(tmp_path / "runs")] == ["small"]
    assert stat.S_IMODE(run.directory.stat().st_mode) == stat.S_IMODE((tmp_path / "runs").stat().st_mode)
    assert import_zip(packed, tmp_path / "runs", "other").name == "other"


def test_what_is_of_this_machine_is_not_in_it(trained_run: Path, tmp_path: Path) -> None:
    run = Run(Path(shutil.copytree(trained_run, tmp_path / "mine")))
    write_notes(run, Notes("only for me"))
    export_zip(run, tmp_path / "mine.zip")
    with zipfile.ZipFile(tmp_path / "mine.zip") as found:
        names = found.namelist()
        assert f"mine/{CONFIG}" in names
        assert not {f"mine/{PLACES}", f"mine/{NOTES}"} & set(names)
        for name in names:
            assert str(trained_run.parent).encode() not in found.read(name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "mine.zip"]


def test_nothing_is_written_over(packed: Path, trained_run: Path, tmp_path: Path) -> None:
    before = packed.read_bytes()
    with pytest.raises(RunError, match="is there already"):
        export_zip(Run(trained_run), packed)
    assert packed.read_bytes() == before
    import_zip(packed, tmp_path)
    with pytest.raises(RunError, match="under another name: --name"):
        import_zip(packed, tmp_path)
    for name in ("../x", ".hidden", ""):
        with pytest.raises(RunError, match="run's name must be"):
            import_zip(packed, tmp_path, name)
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def named(name: str, content: bytes = b"{}", mode: int = 0) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info, content


def altered(members: Members, name: str, change: Callable[[bytes], bytes]) -> Members:
    return [
        (info, change(content) if info.filename.endswith(f"/{name}") else content)
        for info, content in members
    ]


def renamed(members: Members, name: str) -> Members:
    return [named(name.replace("*", info.filename.split("/")[1]), content) for info, content in members]


def lying(content: bytes) -> bytes:
    manifest = json.loads(content)
    manifest["files"][HISTORY]["bytes"] += 1
    return json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda m: [*m, named("../../evil")], "files of one run"),
        (lambda m: [*m, named("/etc/passwd")], "files of one run"),
        (lambda m: [*m, named("small/../evil")], "files of one run"),
        (lambda m: [*m, named("small/sub/config.json")], "files of one run"),
        (lambda m: [*m, named("other/config.json")], "files of one run"),
        (lambda m: [*m, named("small\\config.json")], "files of one run"),
        (lambda m: [*m, named(f"small/{PLACES}")], "is no file of a run"),
        (lambda m: [*m, named("small/x\x1b[31m.json")], "is no file of a run"),
        (lambda m: [*m, m[0]], "is in it twice"),
        (lambda m: [*m, named("small/README.md", b"/etc/passwd", stat.S_IFLNK | 0o777)], "is a link"),
        (lambda m: [*m, named("small/README.md", b"", stat.S_IFIFO | 0o777)], "is a link or a device"),
        (lambda m: [*m, named("small/README.md", b" " * (2**20 + 1))], "too large"),
        (lambda m: [*m, *(named(f"small/{n}") for n in range(100))], "files of a run at most"),
        (lambda m: renamed(m, "../*"), "run's name must be"),
        (lambda m: renamed(m, ".deleted/*"), "run's name must be"),
        (lambda m: [x for x in m if MANIFEST not in x[0].filename], "expected a run with its MANIFEST"),
        (lambda m: [x for x in m if WEIGHTS not in x[0].filename], "is missing, of which its MANIFEST.json"),
        (lambda m: [*m, named("small/edits.jsonl")], "does not tell"),
        (
            lambda m: altered(m, HISTORY, lambda c: c.replace(b"0", b"1", 1)),
            "is not the file that the manifest",
        ),
        (lambda m: altered(m, MANIFEST, lying), "has another size than its MANIFEST.json tells"),
        (lambda m: altered(m, MANIFEST, lambda _: b"[]"), "can't be read"),
        (lambda m: altered(m, MANIFEST, lambda _: b'{"format": 1, "files": []}'), "can't be read"),
    ],
)
def test_what_is_no_run_is_refused_and_leaves_nothing(
    change: Callable[[Members], Members], told: str, packed: Path, tmp_path: Path
) -> None:
    with pytest.warns(UserWarning, match="Duplicate name") if told == "is in it twice" else nullcontext():
        file = changed(packed, tmp_path / "hostile.zip", change)
    with pytest.raises(NameclsError, match=told) as caught:
        import_zip(file, tmp_path / "runs")
    assert ".tmp" not in str(caught.value)
    assert not (tmp_path / "runs").exists() or list((tmp_path / "runs").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "runs") == ["hostile.zip"]


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x05\x06" + b"\0" * 18, b"x" * 100_000, b"PK\x05\x06" + b"\xff" * 18]
)
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(ModelFileError, match=r"x\.zip: expected"):
        import_zip(tmp_path / "x.zip", tmp_path / "runs")
    (tmp_path / "link.zip").symlink_to(tmp_path / "x.zip")
    with pytest.raises(RunError, match="link"):
        import_zip(tmp_path / "link.zip", tmp_path / "runs")


def test_a_file_that_is_cut_or_changed_anywhere_is_refused_or_the_same(packed: Path, tmp_path: Path) -> None:
    content = packed.read_bytes()
    for at in range(0, len(content), max(len(content) // 60, 1)):
        for broken in (content[:at], content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :]):
            (tmp_path / "x.zip").write_bytes(broken)
            try:
                run = import_zip(tmp_path / "x.zip", tmp_path / "runs")
            except NameclsError:
                continue
            assert set(dict(compare(run)).values()) == {SAME}
            shutil.rmtree(run.directory)


def test_sizes_are_looked_at_before_the_disk_is_taken(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runs").mkdir()
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(1000, 999, 1))  # type: ignore[attr-defined]
    with pytest.raises(DiskFull, match="and 1 are free"):
        import_zip(packed, tmp_path / "runs")
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    with pytest.raises(ModelFileError, match="expected at most 1,000 bytes"):
        import_zip(packed, tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_run_that_is_not_finished_or_too_large_is_not_packed(
    trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    with pytest.raises(RunError, match="export it to a directory"):
        export_zip(Run(trained_run), tmp_path / "x.zip")
    run = Run(Path(shutil.copytree(trained_run, tmp_path / "mine")))
    run.revoke_manifest()
    with pytest.raises(RunError, match="is not finished"):
        export_zip(run, tmp_path / "x.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
