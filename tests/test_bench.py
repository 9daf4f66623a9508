"""The benchmarks still run and yield their lines; what they measure is not looked at."""

from __future__ import annotations

import math
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch

from bench import accuracy, keystroke, results, soak
from bench.__main__ import TOPICS, few_names, protocols
from bench.__main__ import measure as run_topic
from bench.lines import Line, Options, Table, at_least, at_most, percentile, short
from bench.million_names import eight_one_one
from bench.terminal import Press, Recorded, press_and_watch, recorded
from namecls.calibration.metrics import measure
from namecls.calibration.temperature import calibrate
from tests import programs

ROOT = Path(__file__).resolve().parents[1]
LINES = [
    at_most("start", "first frame", 1.5, 1.0, "s", "on a day"),
    at_least("start", "pace", 2.0, 1.0, "x"),
    Line("start", "a | peer", "3 s"),
]

#: What runs without a file that has to be fetched, and one of its lines.
QUICK = {
    "common": "less common: mass",
    "accuracy": "preset fast",
    "curve": "classic file",
    "typed": "embedded set: what lower case costs",
    "explain": "two edits",
    "neighbours": "the same as by all distances",
    "gradients": "tutorial: fewer names a second while they are shown",
    "throughput": "GRU: the tutorials' loop",
    "fused": "GRU: a step of the tutorials' shape, torch.nn / fused",
    "quality": "embedded set, preset fast",
    "parity": "embedded set, preset fast: macro-F1",
    "default_run": "its memory at the peak",
    "distributed": "default: 2 processes, 1 thread each",
    "start": "first full frame at 120x40, against a minimal Textual app",
    "many_runs": "models, F5 at once, until they are listed",
    "keystroke": "while it trains: ranking, 99th percentile",
    "wire": "--low-bandwidth against the usual, in the mean",
    "onnx": "in batches, largest difference",
    "service": "1 name a request, 32 at once",
    "scorer": "shards: two processes against one",
    "soak": "memory after the first fifth: growth",
    "guarantees": "embedded set: aps by label, 90 %",
    "suspects": "embedded set: suspects against a training a fold",
}


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The names that they have in the place of all."""
    return few_names(tmp_path_factory.mktemp("few"))


@pytest.mark.slow
@pytest.mark.parametrize("topic", QUICK)
def test_a_topic_yields_its_lines(
    topic: str, few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = Options(work=tmp_path / "work", cache=tmp_path / "cache", quick=True, data=few)
    options.work.mkdir()
    threads = torch.get_num_threads()
    try:
        assert run_topic(topic, options, tmp_path) == 0
    finally:
        torch.set_num_threads(threads)
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert f"| {QUICK[topic]} " in page
    assert f"| {QUICK[topic]} " in capsys.readouterr().out
    assert str(ROOT) not in page


@pytest.mark.slow
def test_the_command_measures_what_is_named(tmp_path: Path) -> None:
    words = ["-m", "bench", "common", "--quick", "--output", str(tmp_path), "--classic", "/nowhere"]
    process = programs.start(words, cwd=ROOT, env=programs.environment())
    out, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors
    assert f"| {QUICK['common']} " in (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert f"| {QUICK['common']} " in out.decode()


def test_every_topic_says_how_it_measures() -> None:
    for topic, protocol in protocols().items():
        title, _, how = protocol.partition("\n\n")
        assert len(title.split()) <= 5, topic
        assert len(how.split()) > 20, topic


def test_an_unknown_topic_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "strat"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no topic 'strat'" in done.stderr


def test_lines_are_judged_by_their_targets() -> None:
    assert [line.holds for line in LINES] == [False, True, None]
    assert (LINES[0].figure, LINES[0].target) == ("1.50 s", "≤ 1 s")
    assert at_most("start", "never", math.inf, 1, "s").figure == "none s"


@pytest.mark.parametrize(
    ("value", "shown"), [(0.01234, "0.0123"), (1.5, "1.50"), (17.44, "17.4"), (60412.3, "60,412"), (3, "3")]
)
def test_numbers_are_short(value: float, shown: str) -> None:
    assert short(value) == shown


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(n) for n in range(1, 201)]
    assert percentile(values, 0.99) == 198
    assert percentile(values, 0.5) == 100
    assert percentile([], 0.99) == math.inf


def test_a_busy_machine_that_comes_to_nothing_in_the_time_is_told_not_an_error() -> None:
    lines = soak.judge([(0.1, 300.0), (9.0, 301.0)], [[[], []], [[0.1], []]], "epoch 1")
    lines += keystroke.judge("idle", [[], []], echo=(33, None), ranking=66)
    lines += keystroke.judge("busy", [[], []], echo=(33, 100), ranking=66)
    assert {line.figure.split()[0] for line in lines} == {"none", "1"}
    assert not any(line.holds for line in lines if line.figure.startswith("none"))


def test_answers_to_letters_that_were_never_seen_are_no_figure() -> None:
    for echoes in ([], [math.inf]):
        with pytest.raises(RuntimeError, match="letters were never seen"):
            keystroke.judge("idle", [echoes, [0.04]], echo=(33, None), ranking=66)


def test_topics_are_measured_one_by_one_and_shown_together(tmp_path: Path) -> None:
    kept = tmp_path / "results.json"
    results.merge(kept, "start", LINES, seconds=3, size="as by default")
    results.merge(kept, "wire", [Line("wire", "bytes", "0 B")], seconds=1, size="as by default")
    both = results.merge(kept, "start", LINES[:2], seconds=4, size="as by default")
    page = results.page(both, {topic: f"{topic.title()}.\n\nHow it is measured." for topic in TOPICS})
    assert page.index("## Start\n") < page.index("## Wire\n")
    assert (
        "1 of 2 lines with a target hold. These do not:\n\n- start: first frame: 1.50 s, target ≤ 1 s" in page
    )
    assert "a \\| peer" not in page
    assert "| bytes | 0 B" in page


def test_figures_side_by_side_stand_before_the_lines_of_their_topic(tmp_path: Path) -> None:
    table = Table("Two models", (("model", "accuracy"), ("a|b", "1 %"), ("longer than that", "2 %")))
    kept = results.merge(tmp_path / "kept.json", "start", [*LINES, table], seconds=3, size="in full")
    page = results.page(kept, {"start": "Start.\n\nHow it is measured."})
    assert "## Start\n\n**Two models**\n\n| model            | accuracy |\n" in page
    assert "| a\\|b             | 1 % |\n| longer than that | 2 % |\n\n| what" in page
    assert results.shown([table]) == results.shown([table, LINES[0]])[:6]
    assert "1 of 2 lines with a target hold" in page


def test_the_rows_of_a_nationality_are_parted_in_the_published_sizes() -> None:
    rows = [f"Name {number}\tAfghan" for number in range(973)]
    parts = eight_one_one(rows, 0)
    assert [len(part) for part in parts] == [778, 97, 98]  # as in the table of name2nat's author
    assert sorted(row for part in parts for row in part) == sorted(rows)
    assert eight_one_one(rows[::-1], 0) == parts != eight_one_one(rows, 1)
    assert eight_one_one(rows[:9], 0) == ([], [], [])
    assert [len(part) for part in eight_one_one(rows[:10], 0)] == [8, 1, 1]


def test_ours_are_judged_by_what_was_aimed_at_and_by_the_best_peer() -> None:
    logits = torch.tensor([[2.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 0.0]])
    half, most = (
        measure(
            logits,
            torch.tensor(target),
            ("a", "b"),
            split="test",
            sets=calibrate(logits.repeat(99, 1), torch.tensor(target).repeat(99)),
        )
        for target in ([0, 1, 0, 0], [0, 0, 1, 1])
    )
    figures = {
        "fastText": [accuracy.Figures(most, 0.1, 3, 1_260_000)],
        "preset fast": [accuracy.Figures(half, None, 1, 500)],
        "preset default": [accuracy.Figures(half, None, 2, 26_000), accuracy.Figures(most, None, 2, 26_000)],
    }
    lines = {line.what: line for line in accuracy.judged(accuracy.TOPIC, accuracy.EMBEDDED, figures)}
    prefix = f"{accuracy.EMBEDDED}, preset default: "
    assert {what.removeprefix(prefix) for what in lines} == {"accuracy", "macro-F1", "ECE", "in the 90 % set"}
    line = lines[f"{prefix}accuracy"]
    assert (line.figure, line.target, line.holds, line.note) == ("62.5 %", "≥ 75 %", False, "fastText")
    classic = {line.what: line.target for line in accuracy.judged(accuracy.TOPIC, accuracy.CLASSIC, figures)}
    assert classic[f"{accuracy.CLASSIC}, preset default: accuracy"] == "≥ 85 %"
    assert classic[f"{accuracy.CLASSIC}, preset default: training"] == "≤ 20 s"
    rows = accuracy.side_by_side("some names", figures).rows
    assert [row[0] for row in rows[1:]] == list(figures)
    assert rows[1][1] == "75.0 %"
    assert rows[3][1] == "62.5 ± 17.7 %"
    assert (rows[1][-1], rows[3][-1]) == ("1.26M", "26k")


def test_a_key_counts_until_the_screen_shows_its_work(tmp_path: Path) -> None:
    program = tmp_path / "echo.py"
    program.write_text(
        "import sys, tty\n"
        "tty.setraw(0)\n"
        "print('ready', end='\\r\\n', flush=True)\n"
        "while (key := sys.stdin.read(1)) != 'q':\n"
        "    print(key if key != 'x' else '', end='', flush=True)\n",
        encoding="utf-8",
    )
    shown = {"a": "a", "b": "ab", "x": "ab", "d": "abd"}
    presses = [Press(key, (partial(is_on_line_1, text),)) for key, text in shown.items()]
    with recorded(program=(str(program),)) as terminal:
        assert terminal.first(lambda seen: seen.line(0) == "ready") > 0
        (found,) = press_and_watch(terminal, presses, 0.2)
    # Nothing is to be waited for after x, unless the letter before it took so long.
    assert len(found) in (3, 4)
    assert all(0 < value < math.inf for value in found)


def is_on_line_1(text: str, terminal: Recorded) -> bool:
    return terminal.line(1) == text
