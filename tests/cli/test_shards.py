"""`namecls predict --shard` and `namecls merge`."""

from __future__ import annotations

import csv
import gzip
import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from namecls.data.shards import Shard, first_record
from tests.cli.conftest import Cli, environment

NAMES = [f"{stem}{end}" for stem in ("Kowal", "Müll", "Petro", "O'Bri") for end in ("ski", "er", "v", "en")]


@given(st.binary(max_size=60), st.lists(st.sampled_from(['"', ",", "\n", "\r\n", "a", "ü"]), max_size=40))
def test_the_shards_of_a_file_are_all_of_its_records_each_once(noise: bytes, signs: list[str]) -> None:
    for content, separator in ((noise, None), ("".join(signs).encode(), ",")):
        head = first_record(io.BytesIO(content), ",") if separator else 0
        for of in (1, 2, 3, 7):
            ranges = [
                Shard(n, of).range_of(io.BytesIO(content), head=head, separator=separator)
                for n in range(1, of + 1)
            ]
            assert (ranges[0][0], ranges[-1][1]) == (head, len(content))
            assert [end for _, end in ranges[:-1]] == [begin for begin, _ in ranges[1:]]
            parts = [content[begin:end] for begin, end in ranges]
            assert [row for part in parts for row in rows(part, separator)] == rows(content[head:], separator)


def rows(content: bytes, separator: str | None) -> list[object]:
    if separator is None:
        return list(content.split(b"\n")[: -1 if content.endswith(b"\n") else None]) if content else []
    return list(csv.reader(io.StringIO(content.decode(), newline=""), delimiter=separator))


def table(path: Path) -> Path:
    text = io.StringIO(newline="")
    # Quotes inside of cells, and line ends: where a byte is says nothing about the record.
    notes = ["a\nb", 'say "so"', "", "x,y"]
    csv.writer(text).writerows([("surname", "note"), *((n, notes[i % 4]) for i, n in enumerate(NAMES))])
    path.write_bytes(text.getvalue().encode())
    return path


def parts(cli: Cli, model: Path, source: Path, kind: str, *options: str, of: int = 3) -> list[Path]:
    made = []
    for number in range(1, of + 1):
        made.append(source.with_name(f"part-{number}.{kind}"))
        done = cli(
            *("predict", "--model", model, "-i", source, "-o", made[-1], "--shard", f"{number}/{of}"),
            *options,
        )
        assert done.code == 0, done.err
    return made


def rounded(path: Path) -> object:
    """What is in a file, without the last digits, which the names beside a name may move."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if path.suffix == ".parquet":
        return pl.read_parquet(io.BytesIO(content)).with_columns(pl.col("probability").round(4)).rows()
    if path.suffix == ".jsonl":
        told = [json.loads(line) for line in content.decode().splitlines()]
        return [(one["name"], [each["label"] for each in one["ranked"]], one["status"]) for one in told]
    records = csv.reader(io.StringIO(content.decode(), newline=""))
    return [[f"{cell[:6]}" if cell.startswith("0.") else cell for cell in row] for row in records]


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet", "jsonl"])
def test_what_shards_write_is_merged_to_what_one_process_writes(
    cli: Cli, run_directory: Path, tmp_path: Path, kind: str
) -> None:
    if kind == "jsonl":  # names, a line each, of which the last has no line end
        source, options = tmp_path / "names.txt", []
        source.write_text("\n".join([*NAMES, "", "42"]), encoding="utf-8")
    else:
        source, options = table(tmp_path / "c.csv"), ["--name-column", "surname"]
    whole, merged = tmp_path / f"whole.{kind}", tmp_path / f"merged.{kind}"
    assert cli("predict", "--model", run_directory, "-i", source, "-o", whole, *options).code == 0
    made = parts(cli, run_directory, source, kind, *options)
    done = cli("merge", *made[::-1], *tmp_path.glob("*.shard.json"), "-o", merged)
    assert done.code == 0, done.err
    assert rounded(merged) == rounded(whole)


#: The command line, which is killed in the midst of its work.
KILLED = """
import os, signal, sys
from namecls.cli import app, tables
answered = tables._Asked.of
def of(self, names, blocks=[]):
    blocks.append(len(names))
    if len(blocks) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return answered(self, names)
tables._Asked.of = of
app.main(sys.argv[1:])
"""


@pytest.mark.slow
def test_a_shard_whose_process_is_killed_is_written_again_and_nothing_is_lost_or_doubled(
    cli: Cli, run_directory: Path, tmp_path: Path
) -> None:
    source = tmp_path / "c.csv"
    source.write_text(
        "surname,id\n" + "".join(f"{NAMES[at % 16]},{at}\n" for at in range(50_000)), encoding="utf-8"
    )
    one, other = tmp_path / "part-1.csv", tmp_path / "part-2.csv"
    asked = ["predict", "--model", run_directory, "-i", source, "--name-column", "surname"]
    assert cli(*asked, "-o", one, "--shard", "1/2").code == 0
    words = [sys.executable, "-c", KILLED, *map(str, asked), "-o", str(other), "--shard", "2/2"]
    assert subprocess.run(words, env=environment(), timeout=120, check=False).returncode == -signal.SIGKILL
    assert not other.exists()
    assert any(path.name.startswith(".tmp") and path.stat().st_size for path in tmp_path.iterdir())
    assert "part-2.csv" in cli("merge", one, other, "-o", tmp_path / "merged.csv").err
    assert cli(*asked, "-o", other, "--shard", "2/2").code == 0
    assert cli("merge", one, other, "-o", tmp_path / "merged.csv").code == 0
    assert cli(*asked, "-o", tmp_path / "whole.csv").code == 0
    assert rounded(tmp_path / "merged.csv") == rounded(tmp_path / "whole.csv")
    assert not any(path.name.startswith(".tmp") for path in tmp_path.iterdir())


def test_of_parquet_each_shard_is_some_of_the_rows(cli: Cli, run_directory: Path, tmp_path: Path) -> None:
    source = tmp_path / "c.parquet"
    pl.DataFrame({"surname": NAMES}).write_parquet(source)
    made = parts(cli, run_directory, source, "parquet", "--name-column", "surname")
    assert [name for part in made for name in pl.read_parquet(part)["surname"]] == NAMES
    done = cli("merge", *made, "-o", tmp_path / "merged.parquet")
    assert pl.read_parquet(tmp_path / "merged.parquet")["surname"].to_list() == NAMES, done.err


def test_what_is_no_whole_output_is_refused_and_nothing_is_written(
    cli: Cli, run_directory: Path, tmp_path: Path
) -> None:
    merged = tmp_path / "merged.csv"
    made = parts(cli, run_directory, table(tmp_path / "c.csv"), "csv", "--name-column", "surname")

    def refused(*some: Path) -> str:
        done = cli("merge", *some, "-o", merged)
        assert done.code == 1
        assert not merged.exists()
        return done.err

    assert "expected 3 parts, found 2; missing is part 2" in refused(made[0], made[2])
    assert "both are part 3 of 3" in refused(*made, made[2])
    assert "expected c.csv.shard.json beside it" in refused(*made, tmp_path / "c.csv")
    cli(
        *("predict", "--model", run_directory, "-i", tmp_path / "c.csv", "-o", made[1], "--shard", "2/3"),
        *("--name-column", "surname", "--coverage", "0.8"),
    )
    assert "expected a part of the same file, by the same model and options" in refused(*made)
    made[0].write_bytes(made[0].read_bytes()[:-1])
    assert f"{made[0].name}.shard.json tells of" in refused(*made)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--shard", "4/3", "-i", "names.txt"), "--shard must be a number and how many there are"),
        (("--shard", "1/2"), "--shard is for a file"),
        (("--shard", "1/2", "-i", "names.txt", "--encoding", "gbk"), "--shard is for text in UTF-8"),
        (("--shard", "1/2", "-i", "names.txt", "--format", "table"), "--shard is for records"),
        (("--shard", "1/2", "-i", "names.gz", "--name-column", "1"), "gzip data can't be read in parts"),
    ],
)
def test_what_has_no_shards_is_told(
    cli: Cli,
    run_directory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("names.txt").write_text("Kowalski\n")
    Path("names.gz").write_bytes(gzip.compress(b"Kowalski,1\nMoreau,2\n"))
    done = cli("predict", "--model", run_directory, *options)
    assert done.code in (1, 2)
    assert told in done.err
