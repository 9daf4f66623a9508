from __future__ import annotations

from textual import events
from textual.app import App, ComposeResult

from namecls.text import stand_ins
from tests.tui.screen import text_of
from tui.widgets.name_input import MOST, SafeInput

#: A clipboard write, an 8-bit CSI, a bidi override, a zero-width space, a line separator.
HOSTILE = "a\x1b]52;c;Zm9v\x07\x9b31m\u202e\u200b\u2028b"


def test_what_steers_a_terminal_is_shown_and_not_sent() -> None:
    assert stand_ins(HOSTILE) == "a␛]52;c;Zm9v␇\ufffd31m\ufffd\ufffd\ufffdb"


async def test_the_value_stays_as_it_was_pasted_and_is_shown_literally() -> None:
    class Bare(App[None]):
        def compose(self) -> ComposeResult:
            yield SafeInput(HOSTILE)
            yield SafeInput("O[x][/b]")

    app = Bare()
    async with app.run_test(size=(60, 4)):
        hostile, markup = app.query(SafeInput)
        assert hostile.value == HOSTILE
        assert text_of(hostile).rstrip() == stand_ins(HOSTILE)
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


async def test_a_paste_is_cut_to_one_line_that_fits_and_says_so() -> None:
    class Bare(App[None]):
        def compose(self) -> ComposeResult:
            yield SafeInput()

        def say(self, text: str, *, problem: bool = False) -> None:
            self.notify(text, severity="warning" if problem else "information", markup=False)

    app = Bare()
    async with app.run_test(size=(60, 4)) as pilot:
        box = app.query_one(SafeInput)
        box.post_message(events.Paste("Kowalski\n"))
        await pilot.pause()
        assert (box.value, len(app._notifications)) == ("Kowalski", 0)
        box.post_message(events.Paste("\nNguyen\x1b\nSmith"))
        await pilot.pause()
        assert (box.value, len(app._notifications)) == ("KowalskiNguyen\x1b", 1)
        box.post_message(events.Paste("x" * 1_000_000))
        await pilot.pause()
        assert box.value == "KowalskiNguyen\x1b".ljust(MOST, "x")
        box.post_message(events.Key("y", "y"))
        await pilot.pause()
        assert len(box.value) == MOST


async def test_the_cursor_stands_behind_the_stand_ins() -> None:
    class Bare(App[None]):
        def compose(self) -> ComposeResult:
            yield SafeInput("a\u200b\u200bb")

    app = Bare()
    async with app.run_test(size=(60, 4)):
        assert app.query_one(SafeInput)._position_to_cell(3) == 3
