"""Where the terminal's own cursor stands after keys, as the terminal has it."""

from __future__ import annotations

import pytest

from tests.terminal.conftest import Place
from tests.terminal.harness import Terminal, terminal
from tests.terminal.test_app import options

pytestmark = pytest.mark.slow


def waits(opened: Terminal, wanted: str) -> None:
    """Wait until the text from the cursor on begins so."""

    def there(text: str) -> bool:
        x, y = opened.cursor
        return text.split("\n")[y][x:].startswith(wanted)

    opened.wait(there)


def test_it_stands_at_the_insertion_point_at_the_line_of_a_list_and_at_the_focus_of_a_form(
    place: Place,
) -> None:
    with terminal(*options(place)) as opened:
        opened.wait("Type a family name", "small · ")
        opened.press("Borski", "left", "left")
        waits(opened, "ki")
        opened.press("f4")
        opened.wait("144 rows", "Borski")
        opened.press("escape")
        for key in ("down", "down", "pagedown", "up"):
            opened.press(key)
            waits(opened, "›")
        lines = opened.text.split("\n")
        assert [y for y, line in enumerate(lines) if line[opened.cursor[0] :].startswith("›")][
            -1
        ] == opened.cursor[1]
        opened.press("f5", "down")
        waits(opened, "›")
        assert opened.cursor[0] < 10  # in the list of labels
        opened.press("f2")
        opened.wait("on this machine")
        waits(opened, "default]")
        opened.press("down", "right")
        opened.press("f8")
        opened.wait("bi-gru", "finished")
        waits(opened, "›")
        assert opened.cursor_hidden
        opened.press("ctrl+q")
        assert opened.end() == 0


def test_it_shows_where_that_was_chosen_and_is_hidden_while_a_frame_is_written(place: Place) -> None:
    with terminal(*options(place)) as opened:
        opened.wait("Type a family name", "small · ")
        opened.press("\x10")
        opened.wait("Search for commands")
        opened.press("terminal cursor")
        opened.wait("show it where the focus is")
        opened.press("enter")
        opened.wait(lambda text: not opened.cursor_hidden and "Search for commands" not in text)
        before = len(opened.raw)
        opened.press("Borski")
        opened.wait("1 Polish")
        waits(opened, "")
        written = bytes(opened.raw[before:])
        for frame in written.split(b"\x1b[?25h")[:-1]:
            assert frame.startswith(b"\x1b[?25l") or b"\x1b[?25l" in frame[:40]
        opened.wait(lambda _text: not opened.cursor_hidden)
        opened.press("ctrl+q")
        assert opened.end() == 0
        assert opened.restored
