"""Bytes of a terminal in, messages out: whatever they are, nothing fails and nothing in a paste acts as a key."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from tui.terminal.driver import LONG_PAUSE, MOST_PASTED, MOST_TYPED, PAUSE, Incoming


class Line:
    """A terminal line with a clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.told: list[str] = []
        self._incoming = Incoming(self.told.append, lambda: self.now)

    def send(self, *pieces: bytes) -> list[Message]:
        return [message for piece in pieces for message in self._incoming.feed(piece)]

    def wait(self, seconds: float) -> list[Message]:
        self.now += seconds
        return list(self._incoming.idle())


def typed(messages: list[Message]) -> str:
    return "".join(message.character or "" for message in messages if isinstance(message, events.Key))


def pasted(messages: list[Message]) -> list[str]:
    return [message.text for message in messages if isinstance(message, events.Paste)]


def test_letters_are_keys_also_if_their_bytes_come_one_by_one() -> None:
    assert typed(Line().send(*(bytes([byte]) for byte in "Núñez 田中".encode()))) == "Núñez 田中"


def test_bytes_that_are_no_text_become_one_visible_character() -> None:
    assert typed(Line().send(b"a\xff\x9bb\xed\xa0\x80")) == "a\ufffd\ufffdb\ufffd\ufffd\ufffd"


@pytest.mark.parametrize(
    "sequence",
    [b"\x1b[99999999999u", b"\x1b[65;1;99999999999u", b"\x1b[48;99999;99999;0;0t", b"\x1b[48;0;0;0;0t", b"\x1b[55296u"],
    ids=["character", "text", "too large", "no size", "half"],
)  # fmt: skip
def test_sequences_that_no_terminal_sends_are_left_out_and_typing_goes_on(sequence: bytes) -> None:
    line = Line()
    messages = [*line.send(b"a", sequence), *line.wait(PAUSE)]
    assert [type(message) for message in messages] == [events.Key]
    assert typed(line.send(b"bc")) == "bc"


def test_a_paste_is_one_message_wherever_the_line_breaks_it() -> None:
    whole = b"a\x1b[200~O[x]\x1b[31m\x11\n\xc3\xa9\x1b[20\x1b[201~b"
    for at in range(len(whole) + 1):
        messages = Line().send(whole[:at], whole[at:])
        assert pasted(messages) == ["O[x]\x1b[31m\x11\né\x1b[20"]
        assert typed(messages) == "ab"


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_nothing_in_a_paste_acts_as_a_key(inside: bytes) -> None:
    messages = Line().send(b"\x1b[200~" + inside.replace(b"\x1b[201~", b"") + b"\x1b[201~")
    assert all(isinstance(message, events.Paste) for message in messages)


@given(
    st.lists(
        st.binary(max_size=40) | st.sampled_from([b"\x1b[200~", b"\x1b[201~", b"\x1b[", b"\x1b"]), max_size=20
    )
)
@settings(max_examples=200, deadline=None)
def test_no_bytes_make_it_fail_or_deaf(pieces: list[bytes]) -> None:
    line = Line()
    line.send(*pieces)
    line.wait(LONG_PAUSE)
    line.wait(LONG_PAUSE)
    assert typed(line.send(b"q" * 40)).endswith("q")  # some may still belong to a sequence that was begun


def test_a_paste_without_an_end_ends_when_nothing_comes() -> None:
    line = Line()
    assert line.send(b"\x1b[200~abc") == []
    assert pasted(line.wait(PAUSE)) == []
    assert pasted(line.wait(LONG_PAUSE)) == ["abc"]


def test_a_paste_of_any_size_is_cut() -> None:
    line = Line()
    messages = line.send(b"\x1b[200~", *[b"x" * 65_536] * 40, b"\x1b[201~y")
    assert pasted(messages) == ["x" * MOST_PASTED]
    assert typed(messages) == "y"


def test_a_flood_is_cut_and_told_and_the_next_key_counts_again() -> None:
    line = Line()
    messages = line.send(*[b"Borski\r" * 1000] * 20)
    assert len(messages) == MOST_TYPED
    line.wait(PAUSE)
    assert len(line.told) == 1
    assert "140,000 characters came at once" in line.told[0]
    assert typed(line.send(b"q")) == "q"


def test_moving_the_mouse_is_no_flood() -> None:
    line = Line()
    messages = line.send(*[b"\x1b[<35;10;10M"] * 5000)
    assert len(messages) == 5000
    line.wait(PAUSE)
    assert line.told == []
