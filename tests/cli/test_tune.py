"""`namecls tune`: results, refusals, and what a signal or a kill leaves behind."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch

from namecls.edits.edit import Edit
from namecls.edits.patch import PatchFile
from namecls.events import EpochEnd
from namecls.files.control import ask
from namecls.files.locks import held, holder_of
from namecls.runs.listing import list_runs
from namecls.runs.model_files import load_vocabulary
from namecls.runs.record import CONFIG
from namecls.runs.run import Run
from namecls.search.study import CUT, STUDY, Study
from tests.cli.conftest import Cli, start
from tests.terminal.harness import terminal

SPACE = ("--only", "lr,epochs", "--space", "epochs=2,3", "--space", "hidden=8", "--space", "embedding=4")
SMALL = ("--preset", "fast", "--threads", 1, "--device", "cpu", *SPACE)


def arguments(data: Path, save_dir: Path, *more: object, name: str = "s") -> tuple[object, ...]:
    return ("tune", "--data", data, *SMALL, "--save-dir", save_dir, "--name", name, *more)


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def found(study: Study) -> list[object]:
    return [(dict(t.settings), t.status, t.figures) for t in study.trials]


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory, names_file: Path) -> Study:
    """A study of three trials; read-only by agreement."""
    from namecls.cli.app import run

    save_dir = tmp_path_factory.mktemp("searched")
    assert run([str(a) for a in arguments(names_file, save_dir, "--trials", 3, "--json")]) == 0
    return Study.open(save_dir / "s")


def test_json_tells_of_every_step_and_last_of_the_winner(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    outcome = cli(*arguments(names_file, tmp_path, "--trials", 2, "--json"))
    assert outcome.code == 0, outcome.err
    events = objects(outcome.out)
    kinds = [event["event"] for event in events]
    assert kinds[0] == "study"
    assert kinds[-1] == "winner"
    assert (kinds.count("trial"), kinds.count("result")) == (2, 2)
    epochs = [event for event in events if event["event"] == "epoch"]
    results = [event for event in events if event["event"] == "result"]
    assert len(epochs) == sum(len(result["figures"]) for result in results)
    winner = events[-1]
    assert winner["validation"]["accuracy"] == max(result["accuracy"] for result in results)
    assert winner["test"]["rows"] == 15
    assert winner["settings"].keys() == {"learning_rate", "epochs"}
    assert events[0]["space"] == {"lr": "0.001..0.02 log", "epochs": "2,3"}


def test_the_command_at_the_end_trains_the_winner_again(cli: Cli, searched: Study, tmp_path: Path) -> None:
    outcome = cli("tune", "--resume", searched.directory, "--json")
    winner = objects(outcome.out)[-1]
    words = shlex.split(winner["command"])
    assert words[:2] == ["namecls", "train"]
    again = cli(*words[1:], "--save-dir", tmp_path, "--name", "again", "--json")
    assert again.code == 0, again.err
    told = objects(again.out)[-1]
    assert {name: told[name] for name in ("accuracy", "macro_f1", "top_3")} == {
        name: winner["test"][name] for name in ("accuracy", "macro_f1", "top_3")
    }
    first, second = Run.open(tmp_path / "again"), Run.open(Path(winner["directory"]))
    assert first.config() == second.config()
    curves = [[e.valid_loss for e in run.history() if isinstance(e, EpochEnd)] for run in (first, second)]
    assert curves[0] == curves[1]


def test_in_a_pipe_the_trials_are_rows(cli: Cli, searched: Study) -> None:
    outcome = cli("tune", "--show", searched.directory)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    titles = "trial\trun\tstatus\taccuracy\tmacro-F1\tepochs\tseconds\tlr\tepochs"
    at = lines.index(titles)
    rows = [line.split("\t") for line in lines[at + 1 : at + 4]]
    assert [int(row[0]) for row in rows] == [trial.number for trial in searched.ranked]
    assert [row[7] for row in rows] == [str(trial.settings["learning_rate"]) for trial in searched.ranked]
    assert f"namecls predict --model {searched.save_dir / searched.ranked[0].run} Kowalski" in outcome.out


def test_a_study_is_shown_as_json(cli: Cli, searched: Study) -> None:
    told = json.loads(cli("tune", "--show", "s", "--save-dir", searched.save_dir, "--json").out)
    assert [each["trial"] for each in told["results"]] == [trial.number for trial in searched.ranked]
    assert told["winner"]["trial"] == searched.ranked[0].number


def test_trials_are_among_the_runs(cli: Cli, searched: Study) -> None:
    runs = json.loads(cli("runs", "list", "--save-dir", searched.save_dir, "--json").out)
    status = {run["name"]: (run["status"], run["study"]) for run in runs}
    best = searched.ranked[0].run
    assert status == {f"s-00{n}": ("finished" if f"s-00{n}" == best else "trial", "s") for n in (1, 2, 3)}


def test_more_trials_go_on_from_what_was_found(
    cli: Cli, names_file: Path, tmp_path: Path, searched: Study
) -> None:
    assert cli(*arguments(names_file, tmp_path, "--trials", 1)).code == 0
    outcome = cli("tune", "--resume", "s", "--save-dir", tmp_path, "--trials", 3)
    assert outcome.code == 0, outcome.err
    assert found(Study.open(tmp_path / "s")) == found(searched)
    assert "all trials are done after 3 trials" in outcome.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_one_that_is_interrupted_or_killed_goes_on_to_the_same_end(
    cli: Cli, names_file: Path, tmp_path: Path, searched: Study, number: signal.Signals
) -> None:
    with start(*arguments(names_file, tmp_path, "--trials", 3, "--json")) as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "epoch" and event["trial"] == 2:
                break
        process.send_signal(number)
        rest, errors = process.communicate(timeout=240)
    if number != signal.SIGKILL:
        assert process.returncode == 128 + number, errors
        assert json.loads(rest.splitlines()[-1])["event"] == "interrupted"
        assert f"namecls tune --resume {tmp_path / 's'}".encode() in errors
    outcome = cli("tune", "--resume", tmp_path / "s", "--json")
    assert outcome.code == 0, outcome.err
    assert found(Study.open(tmp_path / "s")) == found(searched)
    last = objects(outcome.out)[-1]
    assert searched.winner is not None
    assert (last["trial"], last["test"]["accuracy"]) == (searched.winner.trial, searched.winner.accuracy)


def test_another_process_can_stop_it(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    long = ("--space", "epochs=2000", "--trials", 2)
    with start(*arguments(names_file, tmp_path, *long, "--json")) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "epoch":
                break
        outcome = cli("tune", "--stop", "s", "--save-dir", tmp_path)
        assert outcome.code == 0
        assert f"process {process.pid} on" in outcome.err
        rest, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    assert objects(rest.decode())[-1]["reason"] == "stopped"
    (trial,) = Study.open(tmp_path / "s").trials
    assert trial.status == CUT


def test_it_can_search_in_the_background(cli: Cli, names_file: Path, tmp_path: Path, searched: Study) -> None:
    outcome = cli(*arguments(names_file, tmp_path, "--trials", 3, "--detach", "--json"))
    assert outcome.code == 0, outcome.err
    told = json.loads(outcome.out)
    assert told["event"] == "detached"
    from namecls.files import background

    (child,) = [child for child in background._children if child.pid == told["pid"]]
    assert child.wait(timeout=240) == 0
    assert found(Study.open(tmp_path / "s")) == found(searched)
    assert Study.open(tmp_path / "s").winner == searched.winner


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--budget", "10"), "such as 90s, 10m or 1h30m"),
        (("--trials", "0"), "trials must be a whole number from 1"),
        (("--objective", "loss"), "objective must be one of accuracy, macro-f1"),
        (("--preset", "slow"), "preset must be one of"),
        (("--seed", "-1"), "seed must be a whole number"),
        (("--space", "hidden"), "--space takes a setting and its values"),
        (("--space", "hidden=x"), "expected a whole number"),
        (("--space", "seed=1,2"), "no setting that can be searched"),
        (("--only", "lr,optimizer"), "--space optimizer=..."),
        (("--resume", "s", "--seed", "1"), "leave out --seed"),
        (("--resume", "s", "--budget", "soon"), "such as 90s, 10m or 1h30m"),
        (("--show", "s", "--stop", "s"), "not both"),
        (("--show", "s", "--trials", "3"), "leave out --trials"),
        (("--only", "lr", "--space", "lr=0.01"), "there is nothing to search"),
    ],
)
def test_what_makes_no_sense_is_2(
    cli: Cli, names_file: Path, searched: Study, options: tuple[str, ...], problem: str
) -> None:
    data = () if {"--resume", "--show"} & set(options) else ("--data", names_file)
    before = (searched.directory / STUDY).read_bytes()
    outcome = cli("tune", *data, *options, "--save-dir", searched.save_dir)
    assert outcome.code == 2
    assert problem in outcome.err
    assert (searched.directory / STUDY).read_bytes() == before
    assert len(list(searched.save_dir.iterdir())) == 4


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--resume", "t"), "expected a study, found none"),
        (("--show", "s-001"), "expected a study, found none"),
        (("--stop", "s"), "there is nothing to stop"),
        (("--name", "s"), "there already"),
        (("--name", "../s"), "a run's name must be"),
        (("--data", "missing.tsv"), "missing.tsv"),
    ],
)
def test_what_can_be_mended_is_1(cli: Cli, searched: Study, options: tuple[str, ...], problem: str) -> None:
    outcome = cli("tune", *options, "--save-dir", searched.save_dir)
    assert outcome.code == 1
    assert problem in outcome.err
    assert len(list(searched.save_dir.iterdir())) == 4


def test_one_that_another_process_holds_is_not_searched(cli: Cli, searched: Study) -> None:
    with held(searched.directory):
        outcome = cli("tune", "--resume", searched.directory)
        assert holder_of(searched.directory) is not None
    assert outcome.code == 1
    assert "is being worked on by process" in outcome.err


def test_what_was_wanted_of_an_earlier_process_is_forgotten(
    cli: Cli, names_file: Path, tmp_path: Path
) -> None:
    assert cli(*arguments(names_file, tmp_path, "--trials", 1)).code == 0
    ask(tmp_path / "s", "stop")
    outcome = cli("tune", "--resume", "s", "--save-dir", tmp_path, "--trials", 2)
    assert "all trials are done" in outcome.out


def test_hostile_files_steer_no_terminal(cli: Cli, tmp_path: Path, searched: Study) -> None:
    path = tmp_path / "bad\x1b[2J"
    path.mkdir()
    text = (searched.directory / STUDY).read_text().replace("small.tsv", "\\u001b[2Jsmall.tsv")
    (path / STUDY).write_text(text.replace('"problem": ""', '"problem": "\\u001b]0;x\\u0007"'))
    outcome = cli("tune", "--show", path)
    assert outcome.code == 0, outcome.err
    assert not {"\x1b", "\x07"} & set(outcome.out + outcome.err)


def test_on_a_terminal_the_table_lives_and_ends_with_the_best(names_file: Path, tmp_path: Path) -> None:
    words = [str(word) for word in arguments(names_file, tmp_path, "--trials", 2)]
    with terminal(*words, program=("-m", "namecls"), rows=40) as shown:
        shown.wait("trial  accuracy  epochs", "s: accuracy on small.tsv, from fast, 2 trials at most")
        assert shown.end() == 0
        text = " ".join(shown.text.split())
    assert "all trials are done after 2 trials" in text
    assert text.count("s: accuracy on small.tsv") == 1  # the live table has gone away
    assert "train it again:" in text
    assert [run.name for run in list_runs(tmp_path)] == ["s-002", "s-001"]
    assert (tmp_path / "s-001" / CONFIG).exists()


def test_it_needs_no_terminal_to_be_told_of_in_lines(names_file: Path, tmp_path: Path) -> None:
    with start(*arguments(names_file, tmp_path, "--trials", 2), stdin=subprocess.DEVNULL) as process:
        output, errors = process.communicate(timeout=240)
    assert process.returncode == 0
    lines = errors.decode().splitlines()
    assert lines[0] == "s: accuracy on small.tsv, from fast, 2 trials at most"
    assert [line.split(":")[0] for line in lines[1:]] == ["trial 1", "trial 2"]
    assert b"train it again:" in output


@pytest.mark.parametrize("command", ["tune", "compare"])
def test_edits_are_searched_and_compared_on(cli: Cli, names_file: Path, tmp_path: Path, command: str) -> None:
    edits = tmp_path / "names.edits.jsonl"
    with PatchFile.open(edits) as (found, _cut_off):
        found.add([Edit.rename_label("Polish", "Pole")])
    rest = {
        "tune": ("--preset", "fast", "--trials", "1", *SPACE),
        "compare": ("--cells", "gru", "--seeds", "0", "--epochs", "1"),
    }[command]
    done = cli(
        command,
        "--data",
        str(names_file),
        "--edits",
        str(edits),
        "--save-dir",
        str(tmp_path),
        "--threads",
        "1",
        *rest,
    )
    assert done.code == 0, done.err
    runs = list_runs(tmp_path)
    assert runs
    for each in runs:
        assert Run.open(each.directory).record().edits is not None
        assert "Pole" in load_vocabulary(Run.open(each.directory)).labels


@pytest.mark.parametrize("command", ["tune", "compare"])
def test_a_device_that_is_not_here_leaves_nothing_behind(
    cli: Cli, names_file: Path, tmp_path: Path, command: str
) -> None:
    missing = "mps" if not torch.backends.mps.is_available() else "cuda"
    save_dir = tmp_path / "runs"
    done = cli(command, "--data", names_file, "--device", missing, "--save-dir", save_dir)
    assert done.code == 1
    assert f"the device {missing} is not available here" in done.err
    assert not save_dir.exists() or not list(save_dir.iterdir())
