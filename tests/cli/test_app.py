import hashlib
import io
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.main import get_command

import namecls
from namecls.cli import app, data
from namecls.cli.commands import PlainGroup
from namecls.errors import DataError
from namecls.paths import packaged_dataset, packaged_model
from tests.cli.conftest import Cli, environment

COMMANDS = ["", "predict", "train", "tune", "evaluate", "explain", "data", "data inspect", "data sample"]
COMMANDS += ["runs", "runs list", "runs show", "runs delete"]


def test_the_version_is_told(cli: Cli) -> None:
    outcome = cli("--version")
    assert (outcome.code, outcome.out, outcome.err) == (0, f"namecls {namecls.__version__}\n", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(cli: Cli, command: str) -> None:
    outcome = cli(*command.split(), "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert "Usage: namecls" in outcome.out
    if command not in ("data", "runs"):
        assert "Examples:" in outcome.out
    assert cli(*command.split(), "-h").out == outcome.out


def test_a_command_is_summed_up_by_the_first_line_of_its_help() -> None:
    group = get_command(app.build())
    assert isinstance(group, PlainGroup)
    assert list(group.commands) == list(app.COMMANDS)
    for name, entry in app.COMMANDS.items():
        assert str(group.commands[name].help).partition("\n")[0] == entry.summary
        assert group.commands[name].name == name


@pytest.mark.parametrize("command", ["data", "runs"])
def test_a_group_without_a_command_shows_help_and_is_2(cli: Cli, command: str) -> None:
    outcome = cli(command)
    assert (outcome.code, outcome.err) == (2, "")
    assert outcome.out == cli(command, "--help").out


def test_the_options_stand_under_their_titles(cli: Cli) -> None:
    lines = cli("train", "--help").out.splitlines()
    titles = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert titles == ["Examples:", "Options:", "Data:", "Network:", "Learning:", "Run:"]
    network = lines[lines.index("Network:") : lines.index("Learning:")]
    assert any(line.startswith("  --hidden N ") for line in network)


def test_no_line_of_help_is_wider_than_a_terminal(cli: Cli) -> None:
    for command in COMMANDS:
        assert max(map(len, cli(*command.split(), "--help").out.splitlines())) <= 80


def test_no_command_at_all_shows_help_and_is_2(cli: Cli) -> None:
    outcome = cli()
    assert (outcome.code, outcome.err) == (2, "")
    assert "Examples:" in outcome.out


@pytest.mark.parametrize("command", ["train", "evaluate", "tune", "compare"])
def test_a_file_without_an_option_is_told_where_it_belongs(cli: Cli, command: str, names_file: Path) -> None:
    advice = f"{names_file} is a file; to use the names in it: --data {names_file}\n"
    said = cli(command, names_file)
    assert (said.code, advice in said.err) == (2, True)
    assert "is a file" not in cli(command, "nowhere.tsv").err


def test_an_unknown_command_is_2(cli: Cli) -> None:
    outcome = cli("pedict")
    assert outcome.code == 2
    assert "predict" in outcome.err


def fail_with(error: BaseException, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(data, "load_table", fail)
    outcome = cli("data", "inspect")
    return outcome.code, outcome.err


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (DataError("x.tsv: is\nnothing"), 1, "namecls: x.tsv: is␊nothing\n"),
        (
            PermissionError(13, "Permission denied", "x"),
            1,
            "namecls: x: Permission denied; check the permissions\n",
        ),
        (OSError("odd"), 1, "namecls: odd\n"),
        (MemoryError(), 1, "namecls: not enough memory; try a smaller file, batch or network\n"),
        (KeyboardInterrupt(), 130, "namecls: interrupted\n"),
        (BrokenPipeError(32, "Broken pipe"), 141, ""),
    ],
)
def test_errors_become_one_line_and_a_code(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, message: str
) -> None:
    assert fail_with(error, cli, monkeypatch) == (code, message)


def test_a_bug_is_70_and_its_traceback_is_in_the_log(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    code, message = fail_with(ValueError("odd \x1b[2J"), cli, monkeypatch)
    log = Path(os.environ["XDG_STATE_HOME"]) / "namecls" / "namecls.log"
    assert code == 70
    assert message == f"namecls: a bug: ValueError: odd ␛[2J; please report it, the traceback is in {log}\n"
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_a_panic_of_the_table_library_is_a_bug_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "names.tsv").write_text("Abel\tCzech\nBo\tDanish\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "namecls", "data", "inspect", tmp_path / "names.tsv"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "POLARS_MAX_THREADS": "0", "RUST_BACKTRACE": "0", "XDG_STATE_HOME": str(tmp_path)},
    )
    assert (done.returncode, done.stdout) == (app.BUG, "")
    assert "Traceback" not in done.stderr
    assert "namecls: a bug: PanicException: " in done.stderr.splitlines()[-1]
    assert "PanicException" in (tmp_path / "namecls" / "namecls.log").read_text(encoding="utf-8")


def test_a_bug_without_a_place_for_a_log_is_told_on_stderr(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setattr(app, "log_file", lambda: blocked / "namecls" / "log")
    code, message = fail_with(ValueError("odd \x1b[2J"), cli, monkeypatch)
    assert code == 70
    assert "Traceback" in message
    assert "\x1b" not in message


@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_a_log_that_leads_elsewhere_is_not_written_to(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    log, elsewhere = tmp_path / "log", tmp_path / "elsewhere"
    elsewhere.touch()
    if kind == "link":
        log.symlink_to(elsewhere)
    else:
        os.mkfifo(log)  # to open it would wait for ever
    monkeypatch.setattr(app, "log_file", lambda: log)
    code, message = fail_with(ValueError("odd"), cli, monkeypatch)
    assert (code, "Traceback" in message) == (70, True)
    assert elsewhere.read_bytes() == b""


def test_a_pipe_gets_utf8_whatever_the_locale_says(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(pipe, encoding="ascii"))
    code = app.run(["data", "sample", str(Path(__file__).with_name("umlaut.tsv"))])
    sys.stdout.flush()
    assert code == 0
    assert "Müller\tGerman\n" in pipe.getvalue().decode()


@pytest.mark.parametrize("line", ["tune --help", "data inspect --help"])
def test_help_is_whole_without_docstrings(cli: Cli, line: str) -> None:
    words = [sys.executable, "-OO", "-m", "namecls", *line.split()]
    told = subprocess.run(words, capture_output=True, text=True, check=True, env=environment(COLUMNS="80"))
    assert told.stdout == cli(*line.split()).out


def test_the_versions_and_hashes_of_what_is_shipped_are_told(cli: Cli) -> None:
    first, *rest = cli("--version", "--verbose").out.splitlines()
    assert first == f"namecls {namecls.__version__}"
    assert cli("--verbose", "-V").out.splitlines() == [first, *rest]
    told = dict(line.rsplit("  ", 1)[::-1] for line in rest if line.startswith("SHA-256"))
    files = (packaged_dataset(), packaged_model() / "model.safetensors", packaged_model() / "MANIFEST.json")
    assert told == {str(f): f"SHA-256 {hashlib.sha256(f.read_bytes()).hexdigest()}" for f in files}
    assert f"torch {version('torch')}" in rest
    outcome = cli("--verbose", "predict", "Kim")
    assert outcome.code == 2
    assert "goes behind the command: namecls COMMAND --verbose" in outcome.err
