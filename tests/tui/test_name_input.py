from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.app import App, ComposeResult

from tests.tui.screen import text_of
from tui.widgets.name_input import SafeInput, literal

#: A clipboard write, an 8-bit CSI, a bidi override, a zero-width space, a line separator.
HOSTILE = "a\x1b]52;c;Zm9v\x07\x9b31m\u202e\u200b\u2028b"


@given(st.text())
def test_every_character_becomes_one_that_can_be_seen(text: str) -> None:
    shown = literal(text)
    assert len(shown) == len(text)
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def test_what_steers_a_terminal_is_shown_and_not_sent() -> None:
    assert literal(HOSTILE) == "a␛]52;c;Zm9v␇\ufffd31m\ufffd\ufffd\ufffdb"


async def test_the_value_stays_as_it_was_pasted_and_is_shown_literally() -> None:
    class Bare(App[None]):
        def compose(self) -> ComposeResult:
            yield SafeInput(HOSTILE)
            yield SafeInput("O[x][/b]")

    app = Bare()
    async with app.run_test(size=(60, 4)):
        hostile, markup = app.query(SafeInput)
        assert hostile.value == HOSTILE
        assert text_of(hostile).rstrip() == literal(HOSTILE)
        assert text_of(markup).rstrip() == "O[x][/b]"


async def test_keys_that_arrive_together_keep_their_order() -> None:
    class Bare(App[None]):
        def compose(self) -> ComposeResult:
            yield SafeInput("Kowalskx")

    app = Bare()
    async with app.run_test(size=(60, 4)) as pilot:
        for key in ("end", "backspace", "i"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        assert app.query_one(SafeInput).value == "Kowalski"
        for key in ("ctrl+u", "A", "b", "e"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await pilot.pause()
        assert app.query_one(SafeInput).value == "Abe"
