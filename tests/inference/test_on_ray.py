"""`namecls predict --on ray`, by the real one; nothing is lost or doubled where an actor is killed."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from namecls.errors import RunError
from namecls.inference import on_ray
from namecls.inference.pieces import Piece, parted
from namecls.inference.scorer import Scorer
from tests.cli.conftest import Cli, cli, environment
from tests.library import small_table

__all__ = ["cli"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="the extra ray is not installed"),
    pytest.mark.filterwarnings("ignore"),  # of Ray's own
]
ROWS = 6_000


@pytest.fixture(scope="module")
def cluster() -> Iterator[int]:
    """Ray on this machine, with two processes to answer."""
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv(on_ray.ADDRESS, raising=False)
        with on_ray.cluster(2) as processes:
            yield processes


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three files of names."""
    names = small_table().names
    frame = pl.DataFrame({"id": range(ROWS), "name": [names[at % len(names)] for at in range(ROWS)]})
    paths = [tmp_path / "in" / f"{at}.parquet" for at in range(3)]
    paths[0].parent.mkdir()
    for at, path in enumerate(paths):
        frame.slice(at * 2_000, 2_000).write_parquet(path)
    return paths


def read(directory: Path) -> pl.DataFrame:
    """What is in the files of a directory, in the order of their names, without the last digits."""
    assert all(path.name.startswith("part-") for path in directory.iterdir())
    return pl.read_parquet(directory / "part-*.parquet").with_columns(pl.col("probability").round(4))


class Killed(on_ray.Answering):
    """Waits with its second piece until it is killed; the process after it goes on."""

    def _answer(self, piece: Piece) -> int:
        marker = self._directory.with_name(f"answering-{piece.number}")
        if piece.number == 3 and not marker.exists():
            (self._directory / f"{piece.name}.half").write_bytes(b"PAR1")
            marker.write_text(str(os.getpid()))
            time.sleep(600)
        return super()._answer(piece)


class Deadly(on_ray.Answering):
    """Ends with one of the pieces."""

    def _answer(self, piece: Piece) -> int:
        if piece.number == 1:
            os._exit(1)
        return super()._answer(piece)


def test_an_actor_that_is_killed_loses_and_doubles_nothing(
    cluster: int, files: list[Path], trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_ray, "Answering", Killed)
    out, scorer = tmp_path / "out", Scorer(trained_run)
    out.mkdir()
    pieces = parted(files, [2_000] * 3, cluster, most=500)
    marker, killed = tmp_path / "answering-3", []

    def kill() -> None:
        until = time.monotonic() + 120
        while not killed and time.monotonic() < until:
            if marker.exists() and (pid := marker.read_text()):
                os.kill(int(pid), signal.SIGKILL)
                killed.append(pid)
            time.sleep(0.01)

    thread = threading.Thread(target=kill)
    thread.start()
    rows = list(on_ray.answers(pieces, scorer, out, cluster))
    thread.join()
    assert killed
    assert sum(rows) == ROWS
    assert len(rows) == len(pieces) == 12
    (out / f"{pieces[3].name}.half").unlink()
    whole = scorer(pl.concat(map(pl.read_parquet, files)))
    assert read(out).equals(whole.with_columns(pl.col("probability").round(4)))


def test_a_piece_that_ends_each_process_is_given_up(
    cluster: int, files: list[Path], trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_ray, "Answering", Deadly)
    monkeypatch.setattr(on_ray, "_TRIES", 1)
    pieces = parted(files, [2_000] * 3, cluster)
    with pytest.raises(RunError, match="the processes that answered it ended 2 times"):
        list(on_ray.answers(pieces, Scorer(trained_run), tmp_path, cluster))


@pytest.mark.usefixtures("cluster")
def test_the_command_writes_what_one_process_writes(
    files: list[Path], trained_run: Path, tmp_path: Path, cli: Cli
) -> None:
    asked = ("--model", trained_run, "--name-column", "name", "-k", "2", "--risk", "0.3", "--prefix", "a_")
    done = cli(
        "predict", "--on", "ray", "-i", files[0].parent, "-o", tmp_path / "out", "--workers", 2, *asked
    )
    assert (done.code, done.out) == (0, ""), done.err
    assert f"6,000 rows answered, in 3 files: {tmp_path / 'out'}" in done.err
    frames = []
    for path in files:
        cli("predict", "-i", path, "-o", tmp_path / "whole.parquet", *asked)
        frames.append(pl.read_parquet(tmp_path / "whole.parquet"))
    rounded = pl.col("a_probability", "a_probability_2").round(4)
    found = pl.read_parquet(tmp_path / "out" / "part-*.parquet").with_columns(rounded)
    assert found.equals(pl.concat(frames).with_columns(rounded))

    again = cli("predict", "--on", "ray", "-i", files[0].parent, "-o", tmp_path / "out", *asked)
    assert again.code == 1
    assert "out: is there already; give another place, or delete it first" in again.err


def test_a_cluster_that_is_not_there_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        told = f"RAY_ADDRESS: Ray can't be reached at {address}: Connection refused"
        monkeypatch.setenv("RAY_ADDRESS", address)
        monkeypatch.setitem(
            sys.modules, "ray", SimpleNamespace(is_initialized=lambda: False, shutdown=lambda: None)
        )
        monkeypatch.setitem(sys.modules, "ray.data", SimpleNamespace())
        with pytest.raises(RunError, match=told), on_ray.cluster(1):
            raise AssertionError


class Rows(list[dict[str, Any]]):
    """A batch, as Arrow has it."""

    def to_pylist(self) -> list[dict[str, Any]]:
        return [*self]


def test_what_is_wrong_with_a_file_is_an_answer_of_the_actor(
    files: list[Path], trained_run: Path, tmp_path: Path
) -> None:
    content = files[1].read_bytes()
    files[1].write_bytes(content[:40] + bytes(len(content) // 2) + content[40 + len(content) // 2 :])
    batch = Rows({"number": at, "path": str(files[at]), "shard": 1, "of": 1, "rows": 2_000} for at in (0, 1))
    found = on_ray.Answering(Scorer(trained_run), str(tmp_path), "zh_CN")(batch)
    assert found["rows"] == [2_000, 0]
    assert not found["problem"][0]
    assert "1.parquet: 应为 Parquet 文件，但文件已损坏" in found["problem"][1]
    found = on_ray.Answering(Scorer(trained_run), str(tmp_path / "none"), "en")(batch)
    assert re.fullmatch(r".*/none/\.tmp-[0-9a-f-]+: No such file or directory", found["problem"][0])


@pytest.mark.usefixtures("files")
def test_the_program_starts_ray_for_itself_alone_and_leaves_nothing_behind(
    trained_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(on_ray.ADDRESS, raising=False)
    home, out = tmp_path / "home", tmp_path / "out"
    home.mkdir()
    words = [
        "predict",
        "--on",
        "ray",
        "-i",
        f"{tmp_path}/in/*.parquet",
        "--name-column",
        "name",
        "--workers",
        "1",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "namecls", *words, "--model", str(trained_run), "-o", str(out)],
        env=environment(HOME=str(home)), capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert done.stderr.splitlines() == [f"6,000 rows answered, in 3 files: {out}"]
    assert read(out)["id"].to_list() == list(range(ROWS))
    assert not list(home.iterdir())
