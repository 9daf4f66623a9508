from __future__ import annotations

import gzip
import json
from pathlib import Path

from namecls.edits.edit import Edit
from namecls.edits.patch import patch_of
from tests.cli.conftest import Cli


def written(directory: Path, *edits: Edit) -> Path:
    path = directory / "names.edits.jsonl"
    path.write_bytes(patch_of(edits, path.name).content)
    return path


def files(directory: Path) -> tuple[Path, Path]:
    data = directory / "names.tsv.gz"
    data.write_bytes(gzip.compress(b"Lee\tChinese\nKim\tKorean\nSato\tJapanese\n"))
    return data, written(directory, Edit.drop("Kim", "Korean", 2), Edit.drop("Kim\x1b[2J", "Korean", 7))


def test_a_cleaned_file_is_written_and_what_no_longer_matches_is_told(cli: Cli, tmp_path: Path) -> None:
    data, edits = files(tmp_path)
    before = data.read_bytes()
    done = cli("data", "apply", data, "--edits", edits, "--output", tmp_path / "clean.tsv.gz")
    assert done.code == 0, done.err
    assert gzip.decompress((tmp_path / "clean.tsv.gz").read_bytes()) == b"Lee\tChinese\nSato\tJapanese\n"
    assert "1 edit matches no row and is left out" in done.err
    assert "\x1b" not in done.err
    assert data.read_bytes() == before
    assert cli("data", "apply", data, "--edits", edits, "-o", "-").out == "Lee\tChinese\nSato\tJapanese\n"
    told = json.loads(cli("data", "apply", data, "--edits", edits, "-o", "x.tsv", "--json").out)
    assert (told["rows"], told["rows_left"], told["rows_edited"]) == (3, 2, 1)
    assert [each["line"] for each in told["unmatched"]] == [7]


def test_neither_the_file_nor_its_edits_are_written_over(cli: Cli, tmp_path: Path) -> None:
    data, edits = files(tmp_path)
    (tmp_path / "link").symlink_to(data)
    for output in (data, edits, tmp_path / "link"):
        done = cli("data", "apply", data, "--edits", edits, "--output", output)
        assert (done.code, "stays as it is" in done.err) == (2, True)


def test_a_file_of_edits_that_is_none_is_one_line_and_leaves_nothing(cli: Cli, tmp_path: Path) -> None:
    data, edits = files(tmp_path)
    edits.write_text('{"op": "\x1b[2J"}\n')
    done = cli("data", "apply", data, "--edits", edits, "--output", tmp_path / "clean.tsv")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert not (tmp_path / "clean.tsv").exists()
