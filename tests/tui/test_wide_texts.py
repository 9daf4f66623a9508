"""The app in a language whose characters are two cells wide: lines, columns and titles keep within their room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text
from textual.app import App
from textual.pilot import Pilot

from namecls.config import SETTINGS
from namecls.language import _, set_language
from tests.tui.fakes import FakeEngine, experiment, looked_into, study, whole_training
from tests.tui.test_views import drawn, named
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.drawing.palette import palette_of
from tui.drawing.reasons import VIEWS
from tui.drawing.wording import styled, wrapped
from tui.state import ComparingState, TuningState
from tui.widgets.drawn import Drawn
from tui.widgets.training_view import _NARROW, _WIDE

_COLUMN_OF_A_FORM = 18  # cells, as in the style sheets


@pytest.fixture(autouse=True)
def _chinese() -> None:
    set_language("zh_CN")


@given(st.text("ab 1字国，。（）", max_size=60), st.integers(2, 30))
def test_wrapped_lines_keep_within_their_room_and_lose_nothing(text: str, width: int) -> None:
    lines = [line.plain for line in wrapped(Text(text), width)]
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_line_is_broken_between_wide_characters_and_begins_with_no_closing_sign() -> None:
    lines = [line.plain for line in wrapped(Text("网络读完一个字母，给出判断（GRU）。"), 16)]
    assert lines == ["网络读完一个字", "母，给出判断", "（GRU）。"]


def test_a_styled_sentence_has_its_parts_in_the_order_of_the_language() -> None:
    line = styled("{b}，{a:>3} 行", "dim", a=7, b=("两个", "bold"))
    assert line.plain == "两个，  7 行"
    assert [(str(span.style), line.plain[span.start : span.end]) for span in line.spans] == [
        ("bold", "两个"),
        ("dim", "，  7 行"),
    ]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
@pytest.mark.parametrize("size", [(76, 17), (36, 20)])
def test_each_view_keeps_within_its_room(view, size: tuple[int, int]) -> None:
    lines = drawn(view, width=size[0], height=size[1], other="Czech", randomised=True, item=0)
    assert any(cell_len(line) > len(line) for line in lines)
    assert all(cell_len(line) <= size[0] for line in lines)


def test_titles_of_the_units_stand_over_their_columns() -> None:
    lines = drawn(named("units"))
    title = next(line for line in lines if line.strip().startswith(_("unit")))
    assert cell_len(title) == 2 + 22 + 2 + 9 + 9 + 8


@pytest.mark.parametrize("columns", [_WIDE, _NARROW])
def test_titles_of_the_epochs_fit_their_columns(columns: tuple[tuple[str, int], ...]) -> None:
    assert all(cell_len(_(title)) < room for title, room in columns)


def test_titles_of_settings_fit_the_column_of_a_form_with_a_mark_behind_them() -> None:
    assert [s.title for s in SETTINGS.values() if cell_len(_(s.title)) > _COLUMN_OF_A_FORM - 2] == []


async def _on_train(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: pilot.app.dataset.table is not None and pilot.app.focused is not None)
    _holds_its_widths(pilot.app)
    await pilot.press("f5")
    await until(pilot, lambda: pilot.app.training.phase == "done")


async def _on_tune(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: pilot.app.dataset.table is not None and pilot.app.focused is not None)
    _holds_its_widths(pilot.app)
    pilot.app.tuning = TuningState("done", study=study(Path("save_model"), trials=4))


async def _on_compare(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: pilot.app.dataset.table is not None and pilot.app.focused is not None)
    _holds_its_widths(pilot.app)
    found = experiment(Path("save_model"), 9)
    pilot.app.comparing = ComparingState("done", found.directory, found)


async def _on_runs(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: getattr(pilot.app.screen, "_runs", None))


@pytest.mark.parametrize(
    ("start", "shown"),
    [("train", _on_train), ("tune", _on_tune), ("compare", _on_compare), ("runs", _on_runs)],
)
async def test_whatever_a_screen_draws_holds_its_width(
    start: str, shown: Callable[[Pilot[None]], Awaitable[None]]
) -> None:
    app = NameclsApp(engine=FakeEngine(looked_into(whole_training(3), "Kowalski")), start=start)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot)
        for size in ((80, 24), (120, 40)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            _holds_its_widths(app)


def _holds_its_widths(app: App[None]) -> None:
    palette = palette_of(app)
    for widget in app.screen.query(Drawn).results():
        width, height = widget.size
        if width and height:
            lines = [line.plain.rstrip() for line in widget.draw(width, height, palette)[:height]]
            assert [line for line in lines if cell_len(line) > width] == [], widget
            assert cell_len(str(widget.border_title or "")) <= max(widget.outer_size.width - 4, 0), widget
