from __future__ import annotations

import pytest
from textual.geometry import Offset
from textual.widgets import Input, Static

from tests.tui.fakes import FakeEngine
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.screens.jump import JumpScreen, labels, places_of
from tui.widgets.name_rows import NameRows


@pytest.mark.parametrize("count", [0, 1, 26, 27, 110, 676])
def test_no_label_is_the_beginning_of_another_one(count: int) -> None:
    made = labels(count)
    assert len(made) == len(set(made)) == count
    assert all(a == b or not b.startswith(a) for a in made for b in made)
    assert all(len(label) == 1 for label in made) == (count <= 26)


async def test_a_letter_leads_to_a_screen_to_a_row_and_into_a_field() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.focused is not None)
        await pilot.press("ctrl+n", "d")  # the third tab, from inside an input
        await until(pilot, lambda: getattr(app.screen, "PLACE", "") == "dataset")
        rows = app.screen.query_one(NameRows)
        await until(pilot, lambda: rows.count == 90)
        await pilot.press("ctrl+n")
        jump = app.screen
        assert isinstance(jump, JumpScreen)
        cell = rows.content_region.offset + Offset(0, rows.HEAD + 7)
        await pilot.press(*next(label for label, spot in jump._spots.items() if spot == cell))
        await until(pilot, lambda: rows.has_focus and rows.cursor == 7)
        await pilot.press("ctrl+n", "g")
        await until(pilot, lambda: isinstance(app.focused, Input))


async def test_of_two_letters_the_first_leaves_those_that_begin_with_it_and_can_be_taken_back() -> None:
    app = NameclsApp(engine=FakeEngine(), start="dataset")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query_one(NameRows).count == 90)
        await pilot.press("ctrl+n", "m")
        shown = [letters for letters in app.screen.query(Static) if letters.display]
        assert {letters.id and letters.id[0] for letters in shown} == {"m"}
        assert all(letters.size.width == 1 for letters in shown)
        await pilot.press("backspace")
        assert all(letters.display for letters in app.screen.query(Static))


async def test_escape_the_key_itself_and_another_size_lead_out() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused is not None)
        for leave in ("escape", "ctrl+n"):
            await pilot.press("ctrl+n")
            assert isinstance(app.screen, JumpScreen)
            await pilot.press(leave)
            assert not isinstance(app.screen, JumpScreen)
        await pilot.press("ctrl+n")
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: not isinstance(app.screen, JumpScreen))


@pytest.mark.parametrize("start", ["predict", "train", "runs"])
async def test_every_screen_has_its_tabs_its_footer_and_its_fields_as_places(start: str) -> None:
    app = NameclsApp(engine=FakeEngine(), start=start)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.focus_chain)
        await pilot.pause()
        places = places_of(app.screen)
        assert {0, app.size.height - 1} <= {cell.y for cell in places}
        assert len(places) >= 4 + 2 + 1
