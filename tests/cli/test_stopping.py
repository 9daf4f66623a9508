import os
import signal
from pathlib import Path

import pytest

from namecls.cli.stopping import stop_on_signals
from namecls.events import Finished
from namecls.files.control import Heard
from namecls.files.locks import Holder, heir_of
from namecls.runs.run import Run
from namecls.training import loop
from tests.cli.conftest import Cli


def test_the_first_signal_is_remembered_and_the_second_has_its_usual_effect() -> None:
    with stop_on_signals() as stop:
        assert not stop
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop
        assert stop.exit_code == 143
        assert signal.getsignal(signal.SIGINT) == signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_afterwards_signals_are_what_they_were() -> None:
    before = signal.getsignal(signal.SIGINT)
    with stop_on_signals():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_on_signals() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_training_that_is_stopped_is_not_let_go_before_it_is_tested(
    cli: Cli, names_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or it could be deleted in between."""
    heirs: list[Holder | None] = []
    finish = loop.finish

    def tested(run: Run, *rest: object) -> Finished:
        heirs.append(heir_of(run.directory))
        return finish(run, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "finish", tested)
    monkeypatch.setattr(Heard, "wish", property(lambda _: "stop"))
    network = ("--preset", "fast", "--network", "gru", "--hidden", 8, "--embedding", 4, "--device", "cpu")
    outcome = cli(
        *("train", "--data", names_file, *network, "--report-every", 30, "--save-dir", tmp_path),
        *("--name", "mine", "--json"),
    )
    assert outcome.code == 0, outcome.err
    assert [heir and heir.pid for heir in heirs] == [os.getpid()]
    assert heir_of(tmp_path / "mine") is None
    assert Run.open(tmp_path / "mine").finished
