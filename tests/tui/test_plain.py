from __future__ import annotations

from rich.cells import cell_len

from tui.drawing.cells import bar
from tui.terminal.plain import plain


def test_everything_that_is_drawn_has_an_ascii_form_of_the_same_width() -> None:
    drawn = "╭─ name ─╮│┃┤…·–●★‖›▲▼↑↓←→━╸▁▂▃▄▅▆▇█▉▊▋▌▍▎▏░▒▓␛\ufffd⠁⣿" + bar(0.7, 9)
    assert plain(drawn).isascii()
    assert cell_len(plain(drawn)) == cell_len(drawn)


def test_letters_stay() -> None:
    assert plain("Łukąsz 王 é") == "Łukąsz 王 é"
