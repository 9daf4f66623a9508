import dataclasses
import json
from pathlib import Path

import pytest

from namecls.config import PRESETS, TrainConfig
from namecls.data.table import load_dataset
from namecls.events import EpochEnd
from namecls.files.control import Heard
from namecls.runs.run import Run
from namecls.training.loop import train
from tests.cli.conftest import Cli
from tests.library import SMALL

QUICK = ["--epochs", 2, "--hidden", 8, "--embedding", 4, "--threads", 1, "--device", "cpu"]


def test_json_is_one_object_per_event_and_the_last_is_the_finished_run(
    cli: Cli, names_file: Path, tmp_path: Path
) -> None:
    outcome = cli("train", "--data", names_file, *QUICK, "--save-dir", tmp_path, "--name", "mine", "--json")
    assert outcome.code == 0
    assert outcome.err == ""
    started, *middle, finished = map(json.loads, outcome.out.splitlines())
    assert (started["event"], finished["event"]) == ("started", "finished")
    assert [e["epoch"] for e in middle if e["event"] == "epoch"] == [1, 2]
    assert finished["directory"] == str(tmp_path / "mine")
    for share in ("accuracy", "macro_f1", "top_3"):
        assert 0 <= finished[share] == finished["test"][share] <= 1
    assert cli("predict", "Karyan", "--model", finished["directory"]).code == 0


def test_without_json_the_epochs_go_to_stderr_and_the_result_to_stdout(
    cli: Cli, names_file: Path, tmp_path: Path
) -> None:
    outcome = cli("train", "--data", names_file, *QUICK, "--save-dir", tmp_path, "--name", "mine")
    assert outcome.code == 0
    assert "\x1b" not in outcome.out + outcome.err
    assert [line.split()[0] for line in outcome.err.splitlines()[-3:]] == ["epoch", "1", "2"]
    assert "completed after 2 epochs" in outcome.out
    assert f"namecls predict --model {tmp_path / 'mine'} Kowalski" in outcome.out


def test_lines_that_cannot_be_used_are_told_of(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    spoiled = tmp_path / "spoiled.tsv"
    spoiled.write_bytes(b"one\n\x1b[2Jtwo\nthree\nfour\n" + names_file.read_bytes())
    outcome = cli("train", "--data", spoiled, *QUICK, "--save-dir", tmp_path / "runs", "--json")
    assert outcome.code == 0
    told = outcome.err.splitlines()
    assert told[0] == "spoiled.tsv: 4 lines can't be used and are left out:"
    assert [line.split(":")[0] for line in told[1:4]] == ["  line 1", "  line 2", "  line 3"]
    assert "--problems" in told[4]


def test_three_files_are_a_split_of_the_users_own(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    rows = names_file.read_text(encoding="utf-8").splitlines(keepends=True)
    for name, part in (("a", rows[::2]), ("b", rows[1::4]), ("c", rows[3::4])):
        (tmp_path / f"{name}.tsv").write_text("".join(part), encoding="utf-8")
    files = ["--data", tmp_path / "a.tsv", "--validation", tmp_path / "b.tsv", "--test", tmp_path / "c.tsv"]
    outcome = cli("train", *files, *QUICK, "--save-dir", tmp_path / "runs", "--json")
    assert outcome.code == 0
    assert outcome.err == ""
    started = json.loads(outcome.out.splitlines()[0])
    assert [started[f"{side}_rows"] for side in ("train", "validation", "test")] == [72, 36, 36]


def test_a_name_in_two_of_the_three_files_is_told_of(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    files = ["--data", names_file, "--validation", names_file, "--test", names_file]
    outcome = cli("train", *files, *QUICK, "--save-dir", tmp_path, "--json")
    assert outcome.code == 0
    assert "144 names stand in more than one of the files" in outcome.err


@pytest.mark.parametrize(
    ("option", "field", "value"),
    [
        ("--input onehot", "model.input", "onehot"),
        ("--embedding 5", "model.embedding_size", 5),
        ("--cell lstm", "model.network", "lstm"),
        ("--hidden 9", "model.hidden_size", 9),
        ("--layers 2", "model.layers", 2),
        ("--no-bidirectional", "model.bidirectional", False),
        ("--pooling mean", "model.pooling", "mean"),
        ("--dropout 0.2", "model.dropout", 0.2),
        ("--no-casefold", "model.casefold", False),
        ("--transliterate", "model.transliterate", True),
        ("--batch-size 7", "batch_size", 7),
        ("--optimizer sgd", "optimizer", "sgd"),
        ("--lr 0.5", "learning_rate", 0.5),
        ("--schedule cosine", "schedule", "cosine"),
        ("--weight-decay 0.3", "weight_decay", 0.3),
        ("--clip 2", "clip_norm", 2.0),
        ("--label-smoothing 0.1", "label_smoothing", 0.1),
        ("--accent-dropout 0.3", "accent_dropout", 0.3),
        ("--cut-short 0.2", "cut_short", 0.2),
        ("--class-weights balanced", "class_weights", "balanced"),
        ("--patience 9", "patience", 9),
        ("--seed 5", "seed", 5),
        ("--report-every 9", "report_every", 9),
        ("--threads 2", "threads", 2),
        ("--epochs 3", "epochs", 3),
        ("--preset fast", "preset", "fast"),
    ],
)
def test_an_option_takes_the_place_of_the_presets_value(
    cli: Cli,
    names_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    option: str,
    field: str,
    value: object,
) -> None:
    seen = config_of(cli, names_file, monkeypatch, tmp_path, *option.split())
    base = PRESETS[seen.preset].config
    if field.startswith("model."):
        name = field.removeprefix("model.")
        assert seen == dataclasses.replace(base, model=dataclasses.replace(base.model, **{name: value}))
    else:
        assert seen == dataclasses.replace(base, **{field: value})


def config_of(
    cli: Cli, names_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *options: str
) -> TrainConfig:
    """The config that the command line makes of these options; no training is done."""
    seen: list[TrainConfig] = []

    def create(_: Path, config: TrainConfig, __: str | None) -> Run:
        seen.append(config)
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "create", create)
    assert cli("train", "--data", names_file, *options, "--save-dir", tmp_path).code == 130
    return seen[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cell", "grru"], "network must be some of rnn, lstm, gru"),
        (["--preset", "none"], "preset must be one of tutorial, fast, default, strong, large, was: 'none'"),
        (["--epochs", "0"], "epochs must be a whole number from 1"),
        (["--epochs", "many"], "--epochs"),
        (["--dropout", "nan"], "dropout must be a number"),
        (["--data", "a.tsv", "--test", "b.tsv"], "--validation and --test go together"),
        (["--validation", "a.tsv", "--test", "b.tsv"], "need --data"),
    ],
)
def test_a_mistake_in_the_command_line_is_2(cli: Cli, arguments: list[str], message: str) -> None:
    outcome = cli("train", *arguments)
    assert outcome.code == 2
    assert message in outcome.err


def test_a_file_that_is_not_there_is_1_and_one_line(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("train", "--data", tmp_path / "none\x1b[2J.tsv", "--save-dir", tmp_path / "runs")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert "none␛[2J.tsv: there is no such file" in outcome.err
    assert not (tmp_path / "runs").exists()


def test_a_name_that_is_taken_is_1_and_nothing_is_lost(
    cli: Cli, names_file: Path, run_directory: Path
) -> None:
    before = sorted(path.name for path in run_directory.iterdir())
    outcome = cli(
        "train", "--data", names_file, "--save-dir", run_directory.parent, "--name", run_directory.name
    )
    assert outcome.code == 1
    assert "is there already" in outcome.err
    assert sorted(path.name for path in run_directory.iterdir()) == before


def test_a_training_that_cannot_begin_leaves_nothing_behind(cli: Cli, tmp_path: Path) -> None:
    few = tmp_path / "few.tsv"
    few.write_text("Karyan\tArmenian\nTomski\tPolish\n", encoding="utf-8")
    outcome = cli("train", "--data", few, "--save-dir", tmp_path / "runs")
    assert outcome.code == 1
    assert list((tmp_path / "runs").iterdir()) == []


def test_the_weights_of_every_epoch_are_kept_on_request(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    words = ("train", "--data", names_file, "--preset", "tutorial", "--epochs", 3, "--name")
    assert cli(*words, "mine", "--keep-checkpoints").code == 0
    assert cli(*words, "plain").code == 0
    run, plain = tmp_path / "save_model" / "mine", tmp_path / "save_model" / "plain"
    kept = sorted((run / "checkpoints").iterdir())
    assert [path.name for path in kept] == ["epoch-001", "epoch-002", "epoch-003"]
    assert not (plain / "checkpoints").exists()
    assert (run / "model.safetensors").read_bytes() == (plain / "model.safetensors").read_bytes()
    assert (run / "model.safetensors").read_bytes() in [
        (path / "model.safetensors").read_bytes() for path in kept
    ]
    assert len({(path / "model.safetensors").read_bytes() for path in kept}) == 3
    assert cli("predict", "--model", kept[0], "Borski").code == 0
    assert cli("runs", "verify", "mine").code == 0


def test_a_training_that_could_not_begin_leaves_no_place_for_checkpoints(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "two.tsv").write_text("a\tb\nc\td\n", encoding="utf-8")
    assert cli("train", "--data", tmp_path / "two.tsv", "--keep-checkpoints").code == 1
    assert list((tmp_path / "save_model").iterdir()) == []


def test_checkpoints_go_on_where_a_training_goes_on(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    run = Run.create(tmp_path, SMALL, "run")
    (run.directory / "checkpoints").mkdir()
    events = train(SMALL, load_dataset(names_file), run)
    next(event for event in events if isinstance(event, EpochEnd))
    events.close()
    (run.directory / "checkpoints" / "epoch-001" / ".tmp-half").write_text("half")
    assert cli("train", "--resume", run.directory).code == 0
    assert len(list((run.directory / "checkpoints").iterdir())) == SMALL.epochs
    assert not (run.directory / "checkpoints" / "epoch-001" / ".tmp-half").exists()


def test_watched_names_are_ranked_after_every_epoch(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    where = ["--data", names_file, *QUICK, "--save-dir", tmp_path]
    outcome = cli("train", *where, "--name", "mine", "--watch", "Boryan, \x1b[2JDav,,M\u00fcller")
    assert outcome.code == 0
    assert "\x1b" not in outcome.err
    assert [line.split(":")[0].strip() for line in outcome.err.splitlines() if ":" in line][-3:] == [
        *("Boryan", "\u241b[2JDav", "M\u00fcller"),
    ]
    told = cli("train", *where, "--name", "other", "--watch", "Boryan", "--gradients", "--json").out
    events = [json.loads(line) for line in told.splitlines()]
    assert [e["names"][0]["name"] for e in events if e["event"] == "watched"] == ["Boryan", "Boryan"]
    assert next(e["layers"][0] for e in events if e["event"] == "gradients") == "gru input"


def test_what_can_not_be_watched_begins_no_training(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    outcome = cli("train", "--data", names_file, "--save-dir", tmp_path / "runs", "--watch", "123")
    assert (outcome.code, outcome.err.count("\n")) == (1, 1)
    assert not (tmp_path / "runs").exists()
    assert cli("train", "--gradients", "--detach").code == 2


def test_they_are_measured_as_long_as_another_process_looks(
    cli: Cli, names_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ["--data", names_file, *QUICK, "--save-dir", tmp_path, "--json"]

    def told(name: str) -> set[str]:
        return {json.loads(line)["event"] for line in cli("train", *where, "--name", name).out.splitlines()}

    assert "gradients" not in told("plain")
    monkeypatch.setattr(Heard, "is_looked_into", property(lambda _: True))
    assert "gradients" in told("looked")
