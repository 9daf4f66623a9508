"""The programs of docs/scale.md run, each as one of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest

from tests.programs import environment

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "scale.md").read_text(encoding="utf-8")
RAY, SPARK, PROCESSES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
NAMES = ["Yamamoto", "Kowalski", None, "O'Brien"]
TITLES = ["id", "surname", "origin_label", "origin_probability", "origin_set", "origin_status"]

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="the extra ray is not installed")
needs_spark = [
    pytest.mark.skipif(
        find_spec("pyspark") is None, reason="pyspark is not installed: pip install pyspark pandas"
    ),
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, which is not here"),
]
#: What becomes of a function of batches in the program of Spark: the first process that calls it is killed.
KILLED = """
import pathlib, signal
def killed(batches):
    marker = pathlib.Path("killed").absolute()
    for at, batch in enumerate(batches):
        try:
            marker.touch(exist_ok=False)
        except FileExistsError:
            yield scorer(batch)
        else:
            os.kill(os.getpid(), signal.SIGKILL)
"""


def customers(directory: Path) -> None:
    """A directory of tables."""
    (directory / "customers").mkdir()
    for at in range(2):
        frame = pl.DataFrame({"id": range(4 * at, 4 * at + 4), "surname": NAMES})
        frame.write_parquet(directory / "customers" / f"{at}.parquet")


def ran(program: str, directory: Path) -> str:
    """What a program prints in a directory."""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=directory, capture_output=True, encoding="utf-8",
        env=environment({"RAY_USAGE_STATS_ENABLED": "0", "HOME": str(directory), "SPARK_LOCAL_IP": "127.0.0.1"}),
        timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def see_that_it_is_answered(directory: Path) -> None:
    """All rows, each once."""
    found = pl.read_parquet(directory / "answered" / "*.parquet").sort("id")
    assert found.columns == TITLES
    assert found["surname"].to_list() == NAMES * 2
    assert found["origin_label"].to_list()[:3] == ["Japanese", "Polish", None]


@pytest.mark.slow
def test_the_program_of_processes_runs(tmp_path: Path) -> None:
    assert ran(PROCESSES, tmp_path).startswith("['Japanese', ")


@pytest.mark.slow
@pytest.mark.parametrize(
    "program",
    [pytest.param(RAY, marks=needs_ray), pytest.param(SPARK, marks=needs_spark)],
    ids=["ray", "spark"],
)
def test_a_program_of_an_engine_runs(program: str, tmp_path: Path) -> None:
    customers(tmp_path)
    assert str(TITLES) in ran(program, tmp_path)
    see_that_it_is_answered(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    "engine",
    [pytest.param("Arrow", marks=needs_spark), pytest.param("Pandas", marks=needs_spark)],
)
def test_a_process_of_spark_that_is_killed_loses_and_doubles_nothing(engine: str, tmp_path: Path) -> None:
    customers(tmp_path)
    called = f"table.mapIn{engine}(killed,"
    program = SPARK.replace("table.mapInArrow(lambda batches: map(scorer, batches),", called)
    assert called in program
    ran(program.replace("columns =", f"{KILLED}\ncolumns ="), tmp_path)
    assert (tmp_path / "killed").exists()
    see_that_it_is_answered(tmp_path)
