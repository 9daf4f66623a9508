import os
from pathlib import Path

import pytest

from namecls.errors import RunError
from namecls.files import control
from namecls.files.control import CONTROL, ask, asked, forget
from tests.files.test_locks import put_directory, put_link, put_link_to_pipe


def put_pipe(path: Path, _: Path) -> None:
    os.mkfifo(path)


def test_a_word_to_a_training_is_heard_until_it_is_forgotten(tmp_path: Path) -> None:
    assert asked(tmp_path) == "go"
    for wish in ("pause", "stop", "leave", "go"):
        ask(tmp_path, wish)  # type: ignore[arg-type]
        assert asked(tmp_path) == wish
    ask(tmp_path, "stop")
    forget(tmp_path)
    assert asked(tmp_path) == "go"
    forget(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 100, b"\xff", b"stopstop", b"stop" + b" " * 10_000_000, b"\x1b[2J"]
)
def test_what_is_no_word_is_not_heard(tmp_path: Path, content: bytes) -> None:
    (tmp_path / CONTROL).write_bytes(content)
    assert asked(tmp_path) == ("stop" if content.startswith(b"stop ") else "go")


@pytest.mark.parametrize("put", [put_directory, put_pipe, put_link, put_link_to_pipe])
def test_what_is_no_file_is_not_heard(tmp_path: Path, put: object) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("stop")
    put(tmp_path / CONTROL, elsewhere)  # type: ignore[operator]
    assert asked(tmp_path) == "go"
    if put is put_directory:
        with pytest.raises(RunError, match="control: could not be written"):
            ask(tmp_path, "stop")
        forget(tmp_path)
    else:
        ask(tmp_path, "stop")
        assert asked(tmp_path) == "stop"
        assert elsewhere.is_fifo() or elsewhere.read_text() == "stop"


def test_a_word_is_looked_for_a_few_times_a_second_and_an_end_is_final(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(control.time, "monotonic", lambda: now)
    heard = control.Heard(tmp_path)
    assert heard.wish == "go"
    ask(tmp_path, "pause")
    assert heard.wish == "go"
    now += control.LOOK_EVERY
    assert heard.wish == "pause"
    ask(tmp_path, "stop")
    now += control.LOOK_EVERY
    assert heard.wish == "stop"
    ask(tmp_path, "go")
    now += control.LOOK_EVERY
    assert heard.wish == "stop"
    heard.forget()
    assert heard.wish == "go"
    assert not (tmp_path / CONTROL).exists()


def test_somebody_looks_for_some_seconds_after_it_was_said_and_a_file_that_was_left_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(control.time, "monotonic", lambda: now)
    control.look_into(tmp_path)
    heard = control.Heard(tmp_path)
    heard.forget()
    assert not heard.is_looked_into
    for _ in range(3):
        control.look_into(tmp_path)
        now += control.LOOKED_FOR - 1
        assert heard.is_looked_into
    now += control.LOOKED_FOR - 1
    assert heard.is_looked_into
    now += 1
    assert not heard.is_looked_into
    heard.forget()
    assert not (tmp_path / control.LOOKED_INTO).exists()
