import json
from pathlib import Path

import pytest

from namecls.files.background import TO_RESUME
from namecls.files.control import Heard
from tests.cli.conftest import Cli

QUICK = ["--epochs", 1, "--hidden", 8, "--threads", 1, "--device", "cpu", "--batch-size", 16]


def test_networks_are_compared_and_kept(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    where = ["--data", names_file, *QUICK, "--save-dir", tmp_path, "--name", "mine"]
    outcome = cli("compare", "--cells", "rnn,gru", "--seeds", "0,1", *where)
    assert outcome.code == 0
    assert "1 of 4: rnn, seed 0, run mine-rnn-0" in outcome.err
    assert "rnn against gru, accuracy: " in outcome.out
    assert "the noise" in outcome.out
    assert "95 % intervals of 1,000 paired bootstrap resamples of test rows and seeds" in " ".join(
        outcome.out.split()
    )
    again = cli("compare", "--cells", "rnn,gru", "--seeds", "0,1", *where, "--json")
    *runs, last = map(json.loads, again.out.splitlines())
    assert [event["run"] for event in runs] == ["mine-rnn-0", "mine-rnn-1", "mine-gru-0", "mine-gru-1"]
    assert last["event"] == "compared"
    assert json.loads((tmp_path / "mine" / "comparison.json").read_text())["networks"] == last["networks"]
    assert cli("predict", "Karyan", "--model", tmp_path / "mine-gru-1").code == 0
    assert cli("evaluate", "--model", tmp_path / "mine-gru-1").code == 0


def test_it_resumes_by_its_name(cli: Cli, names_file: Path, tmp_path: Path) -> None:
    where = ["--data", names_file, *QUICK, "--save-dir", tmp_path, "--name", "mine"]
    assert cli("compare", "--cells", "rnn", "--seeds", "0,1", *where).code == 0
    (tmp_path / "mine" / "comparison.json").unlink()
    again = cli("compare", "--resume", "mine", "--save-dir", tmp_path)
    assert again.code == 0
    assert "2 of 2: rnn, seed 1, run mine-rnn-1, finished before" in again.err
    assert (tmp_path / "mine" / "comparison.json").exists()
    assert cli("compare", "--resume", "mine", "--seeds", "0", "--save-dir", tmp_path).code == 2
    other = cli("compare", "--resume", "other", "--save-dir", tmp_path)
    assert other.code == 1
    assert "they are made by: namecls compare" in other.err


def test_another_process_has_it_stop_with_a_checkpoint(
    cli: Cli, names_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Heard, "wish", property(lambda _: "stop"))
    where = ["--data", names_file, *QUICK, "--save-dir", tmp_path, "--name", "mine"]
    outcome = cli("compare", "--cells", "rnn", "--seeds", "0", *where)
    assert outcome.code == 0
    assert f"{TO_RESUME} namecls compare --resume {tmp_path / 'mine'}" in outcome.err
    assert not (tmp_path / "mine" / "comparison.json").exists()


def test_what_can_not_be_compared_is_2(cli: Cli) -> None:
    for wrong in (
        ["--cells", "rnm"],
        ["--cells", "rnn,rnn"],
        ["--seeds", "a"],
        ["--seeds", "-1"],
        ["--seed", "3"],
    ):
        outcome = cli("compare", *wrong)
        assert outcome.code == 2, wrong


def test_a_hostile_word_is_shown_not_sent(cli: Cli, names_file: Path) -> None:
    outcome = cli("compare", "--cells", "\x1b[2J", "--data", names_file)
    assert outcome.code == 2
    assert "\x1b" not in outcome.err
