"""`namecls predict --workers`: one file answered by several processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, start
from tests.cli.test_shards import NAMES, rounded, table

SEVERAL = ("--workers", 3)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes run the package of these tests."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet", "jsonl"])
def test_several_processes_write_what_one_writes_and_nothing_else_stays(
    cli: Cli, run_directory: Path, tmp_path: Path, kind: str
) -> None:
    if kind == "jsonl":
        source, options = tmp_path / "names.txt", []
        source.write_text("\n".join([*NAMES, "", "42"]), encoding="utf-8")
    else:
        source, options = table(tmp_path / "c.csv"), ["--name-column", "surname", "--raw-cells"]
    one, several = tmp_path / f"one.{kind}", tmp_path / f"several.{kind}"
    asked = ["predict", "--model", run_directory, "-i", source, *options]
    assert cli(*asked, "-o", one).code == 0
    done = cli(*asked, "-o", several, *SEVERAL)
    assert done.code == 0, done.err
    assert rounded(several) == rounded(one)
    assert sorted(tmp_path.iterdir()) == sorted([source, one, several])


@pytest.mark.slow
def test_what_is_wrong_is_told_once_with_its_exit_code_and_the_old_output_stays(
    cli: Cli, run_directory: Path, tmp_path: Path
) -> None:
    source, output = tmp_path / "c.csv", tmp_path / "out.csv"
    source.write_text("surname,label\n" + "".join(f"{name},x\n" for name in NAMES), encoding="utf-8")
    output.write_text("old")
    asked = ["predict", "--model", run_directory, "-i", source, "-o", output, "--name-column", "surname"]
    done = cli(*asked, *SEVERAL)
    assert done.code == 1
    assert done.err.count("has a column 'label' already") == 1
    assert output.read_text() == "old"
    assert sorted(tmp_path.iterdir()) == [source, output]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "--workers is for a file, of which it takes parts: give --input FILE"),
        (("-i", "names.txt"), "--workers put their parts together in a file: give --output FILE"),
        (("-i", "names.txt", "-o", "-"), "--workers put their parts together in a file"),
        (("-i", "names.txt", "-o", "a.jsonl", "--shard", "1/2"), "leave out --shard"),
        (("-i", "names.txt", "-o", "a.md"), "--workers is for records"),
        (("-i", "names.txt", "-o", "a.csv", "--encoding", "gbk"), "--workers is for text in UTF-8"),
    ],
)
def test_what_it_does_not_take_is_told(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("names.txt").write_text("Kowalski\n")
    done = cli("predict", *options, *SEVERAL)
    assert done.code == 2
    assert told in " ".join(done.err.split())


def children(process: int) -> dict[str, int]:
    """Those of a process that answer shards, by the shard."""
    found = {}
    for directory in Path("/proc").iterdir():
        try:
            words = (directory / "cmdline").read_bytes().decode().split("\0")
            parent = int((directory / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, UnicodeDecodeError):
            continue
        if parent == process and "--shard" in words:
            found[words[words.index("--shard") + 1]] = int(directory.name)
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")
@pytest.mark.parametrize("ends_by", [None, signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_part_whose_process_is_killed_is_answered_again_and_signals_leave_nothing(
    run_directory: Path, tmp_path: Path, ends_by: signal.Signals | None
) -> None:
    source, output = tmp_path / "names.txt", tmp_path / "out.jsonl"
    source.write_text("\n".join(NAMES * 500), encoding="utf-8")
    with start(*("predict", "--model", run_directory, "-i", source, "-o", output, "--workers", 2)) as process:
        until = time.monotonic() + 60
        while len(found := children(process.pid)) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        if ends_by is None:
            os.kill(found["2/2"], signal.SIGKILL)
        else:
            process.send_signal(ends_by)
        code = process.wait(120)
    if ends_by is None:
        assert code == 0
        assert len(output.read_text(encoding="utf-8").splitlines()) == len(NAMES) * 500
        output.unlink()
    else:
        assert code == 128 + ends_by
    assert list(tmp_path.iterdir()) == [source]
    assert not any(Path(f"/proc/{each}").exists() for each in found.values())
