"""Records that are made by the block are those that `csv` and `json` write one by one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from namecls.answers import OK, TOO_UNCERTAIN, Seen
from namecls.cli import bulk
from namecls.cli.bulk import CsvRecords, JsonRecords, Lines, Records, split_lines
from namecls.cli.incoming import parse_line
from namecls.data.cells import quote_cell
from namecls.inference.prediction import Predictor
from namecls.inference.rankings import STATUSES, Rankings
from namecls.text import json_text, safe
from tests.cli.conftest import Cli

LABELS = ("Ada", 'B"o,b', "=1+1", "Dée", "E\t\x1b\\ve")
REGIONS = ("Slavic", 'N"ordic\x1b')
POPULATIONS = ("rows", 'mine"\x1b.tsv')
HOSTILE = "aZé王 .'-\"\\,;\t\r\x00\x0b\x1b\x7f\x85\u2028\u202e=+@＝0٣\u0301\U0001f600"
names = st.one_of(st.text(max_size=8), st.text(HOSTILE, max_size=8), st.text("abc .'-", max_size=8))
#: As they come of a network: of single precision. Some lie between two numbers of six decimals.
numbers = st.one_of(
    st.floats(0, 1, width=32),
    st.integers(0, 2**10).map(lambda i: i / 2**10),
    st.sampled_from([0.0, 1.0, 1e-4, 9.9999e-5, 1e-7, 1e-38, 0.9999999, 0.0078125, 0.5]),
)


@st.composite
def rankings_of_lines(draw: st.DrawFn) -> tuple[Lines, Rankings]:
    """Lines and made-up rankings, at least two ranks each."""
    lines = draw(st.lists(names, min_size=1, max_size=12))
    unreadable = st.sampled_from(["not UTF-8", "longer than 4,096 bytes"])
    problems = draw(st.dictionaries(st.integers(0, len(lines) - 1), unreadable, max_size=3))
    statuses = [1 if i in problems else draw(st.sampled_from([0, 0, 0, 1, 2, 3])) for i in range(len(lines))]
    asked = [i for i, status in enumerate(statuses) if status in (0, 3)]
    width = draw(st.integers(2, len(LABELS)))
    labels = [draw(st.permutations(range(len(LABELS))))[:width] for _ in asked]
    probabilities = [draw(st.lists(numbers, min_size=width, max_size=width)) for _ in asked]
    sizes = [draw(st.integers(0, width)) for _ in asked]
    regions = [draw(st.integers(-1, len(REGIONS) - 1)) for _ in asked]
    shares = [draw(numbers) for _ in asked]
    return Lines(lines, problems), Rankings(
        np.array(statuses, dtype=np.int8),
        np.array(asked, dtype=np.int64),
        np.array(labels, dtype=np.int64).reshape(-1, width),
        np.array(probabilities, dtype=np.float32).reshape(-1, width),
        np.array(sizes, dtype=np.int64),
        [line.casefold() for line in lines],
        {i: tuple(line) for i, line in enumerate(lines) if line and draw(st.booleans())},
        {i: (Seen(LABELS[4], 12.5), Seen(LABELS[1], 2.0)) for i in asked if draw(st.booleans())},
        {i: LABELS[1] for i in asked if draw(st.booleans())},
        {i: line[:3] for i, line in enumerate(lines) if line and draw(st.booleans())},
        draw(st.sampled_from([None, (np.array(regions, np.int64), np.array(shares, np.float32))])),
        frozenset(i for i in asked if draw(st.booleans())),
    )


def one_by_one(lines: Lines, rankings: Rankings) -> list[tuple[str, str, list[tuple[str, float]], list[str]]]:
    """Name, status, ranking and likely labels of each line."""
    rows = zip(
        rankings.labels.tolist(), rankings.probabilities.tolist(), rankings.sizes.tolist(), strict=True
    )
    found = []
    for place, (name, status) in enumerate(zip(lines.names, rankings.statuses.tolist(), strict=True)):
        ranked: list[tuple[str, float]] = []
        likely: list[str] = []
        if status in (0, 3):
            ids, values, size = next(rows)
            ranked = [(LABELS[i], p) for i, p in zip(ids, values, strict=True)]
            likely = [label for label, _ in ranked[:size]]
            if STATUSES[status] == TOO_UNCERTAIN:
                ranked = []
        found.append((name, lines.problems.get(place, STATUSES[status]), ranked, likely))
    return found


def region_of(rankings: Rankings, place: int) -> dict[str, object] | None:
    if rankings.regions is None or place not in rankings.asked:
        return None
    at = rankings.asked.tolist().index(place)
    region, share = (column[at].item() for column in rankings.regions)
    return {"region": REGIONS[region], "probability": share} if region >= 0 else None


def made(records: Records, lines: Lines, rankings: Rankings) -> str:
    return records.header() + "".join(records.of_block(lines, [rankings]))


@settings(deadline=None)
@given(rankings_of_lines(), st.booleans())
def test_json_is_what_json_dumps_writes(
    lines_and_rankings: tuple[Lines, Rankings], for_terminal: bool
) -> None:
    lines, rankings = lines_and_rankings
    expected = [
        json_text(
            {
                "name": name,
                "ranked": [{"label": label, "probability": p} for label, p in ranked[:2]],
                "status": status,
                "likely": likely,
                "read_as": rankings.read[place],
                "unknown": list(rankings.unknown.get(place, ())),
                "seen": {each.label: each.count for each in rankings.seen.get(place, ())},
                "seen_as": rankings.seen_as.get(place, ""),
                "family_name": rankings.family.get(place, ""),
                "population": POPULATIONS[place in rankings.by_counts],
                "region": region_of(rankings, place),
            },
            for_terminal=for_terminal,
        )
        for place, (name, status, ranked, likely) in enumerate(one_by_one(lines, rankings))
    ]
    records = JsonRecords(
        LABELS,
        2,
        lambda text: json_text(text, for_terminal=for_terminal),
        as_they_are=not for_terminal,
        populations=POPULATIONS,
        regions=REGIONS,
    )
    found = made(records, lines, rankings)
    assert found == "".join(f"{line}\n" for line in expected)
    assert [json.loads(line)["name"] for line in found.split("\n")[:-1]] == lines.names


@pytest.mark.parametrize("dialect", ["excel", "excel-tab"])
@settings(deadline=None)
@given(rankings_of_lines(), st.booleans(), st.booleans())
def test_rows_are_what_csv_writes(
    dialect: str, lines_and_rankings: tuple[Lines, Rankings], for_terminal: bool, safe_cells: bool
) -> None:
    lines, rankings = lines_and_rankings

    def cell(text: str) -> str:
        text = safe(text) if for_terminal else text
        return quote_cell(text) if safe_cells else text

    stream = io.StringIO()
    writer = csv.writer(stream, dialect=dialect, lineterminator="\n")
    writer.writerow(
        [
            "name",
            "status",
            "label_1",
            "probability_1",
            "label_2",
            "probability_2",
            "unknown",
            "seen",
            "family_name",
        ]
    )
    for place, (name, status, ranked, _) in enumerate(one_by_one(lines, rankings)):
        row: list[str] = [cell(name), status]
        for label, probability in ranked[:2]:
            row += [cell(label), f"{probability:.6f}"]
        unknown = rankings.unknown.get(place)
        seen = "14.5" if place in rankings.seen else "0"
        family = cell(rankings.family[place]) if place in rankings.family else ""
        row += [""] * (6 - len(row))
        writer.writerow([*row, cell(" ".join(unknown)) if unknown else "", seen, family])
    records = CsvRecords(LABELS, 2, cell, tabs=dialect == "excel-tab", as_they_are=not for_terminal)
    assert made(records, lines, rankings) == stream.getvalue()


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=6),
            st.text(max_size=6).map(lambda text: text.encode(errors="ignore")),
            st.sampled_from([b"", b"\r", b"a\r", b"\r\r", b"x" * 1025, b"x" * 4097, "é".encode() * 2049]),
        )
    )
)
def test_lines_of_a_block_are_those_read_one_by_one(lines: Sequence[bytes]) -> None:
    whole = b"\n".join(lines)
    found = split_lines(whole)
    expected = [parse_line(line) for line in whole.split(b"\n")]
    assert found.names == [line.name for line in expected]
    assert dict(found.problems) == {i: line.problem for i, line in enumerate(expected) if line.problem}


def test_more_lines_than_fit_come_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_MOST", 2)
    pieces = list(Lines(list("abcde"), {0: "x", 3: "y", 4: "z"}).pieces())
    assert [piece.names for piece in pieces] == [["a", "b"], ["c", "d"], ["e"]]
    assert [piece.problems for piece in pieces] == [{0: "x"}, {1: "y"}, {0: "z"}]


@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv"])
def test_a_file_of_many_blocks_gets_a_record_for_each_line(
    cli: Cli, run_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(bulk, "_BLOCK", 1000)
    parts = ["Karyan", "Tomski", "Levshvili", "", "123", "王", "a,b", "Kar\x1byan", "x" * 4097]
    given_names = [parts[i * i % len(parts)] + ("o" * (i % 3) if i % 4 else "") for i in range(3000)]
    source, target = tmp_path / "names", tmp_path / f"out.{kind}"
    source.write_bytes("\n".join(given_names).encode() + b"\nMu\xf1oz")
    assert cli("predict", "--model", run_directory, "-i", source, "-o", target, "-k", 2).code == 0
    text = target.read_text(encoding="utf-8")
    predictions = Predictor.load(run_directory).predict(given_names, k=2)
    if kind == "jsonl":
        found = [json.loads(line) for line in text.split("\n")[:-1]]
        labels = [[r["label"] for r in record["ranked"]] for record in found]
        statuses = [record["status"] for record in found]
    else:
        _, *rows = csv.reader(
            io.StringIO(text, newline=""), dialect="excel" if kind == "csv" else "excel-tab"
        )
        labels = [list(filter(None, row[2:6:2])) for row in rows]
        statuses = [row[1] for row in rows]
    assert len(labels) == 3001
    assert statuses[-1] == "not UTF-8"
    for name, status, ranked, prediction in zip(given_names, statuses, labels, predictions, strict=False):
        if len(name) > 4096:
            assert (status, ranked) == ("longer than 4,096 bytes", [])
        else:
            assert status == prediction.status
            assert ranked == [r.label for r in prediction.ranked]
            assert bool(ranked) == (status == OK)
