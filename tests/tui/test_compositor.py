"""Characters of two cells stay whole wherever lines are cut."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.geometry import Region
from textual.screen import Screen
from textual.widgets import Static
from textual.widgets._toast import Toast

from tests.tui.fakes import FakeEngine
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.terminal.compositor import Composed

TOAST = "若终端允许，程序会在屏幕之外通知您；若终端允许，程序会在屏幕之外通知您"


class Wide(Composed, Screen[None]):
    def __init__(self, columns: int) -> None:
        super().__init__()
        self._columns = columns

    def compose(self) -> ComposeResult:
        with Horizontal():
            for column in range(self._columns):
                text = Static("隐藏层大小学习率\n" * 12, id=f"s{column}")
                text.styles.width = 80 // self._columns
                yield text


class Bench(App[None]):
    def __init__(self, columns: int) -> None:
        super().__init__()
        self._columns = columns

    def get_default_screen(self) -> Screen[None]:
        return Wide(self._columns)


def lines_of(app: App[None]) -> list[str]:
    return [strip.text for strip in app.screen._compositor.render_strips()]


@pytest.mark.parametrize("columns", [1, 5, 10, 16])
async def test_a_toast_is_whole_whatever_ends_below_it(columns: int) -> None:
    app = Bench(columns)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        before = lines_of(app)
        app.notify(TOAST, timeout=60)
        await until(pilot, lambda: list(app.screen.query(Toast)) and app.screen.query_one(Toast).size.width)
        lines = lines_of(app)
        toast = app.screen.query_one(Toast)
        x, y, width, height = toast.region
        own = toast.render_lines(Region(0, 0, width, height))
        assert any(line == was for line, was in zip(lines, before, strict=True))
        for line, strip in zip(lines[y : y + height], own, strict=True):
            assert cell_len(line) == 80
            assert strip.text in line
            assert cell_len(line[: line.index(strip.text)]) == x
        assert "通知您" in "".join(strip.text for strip in own)


@pytest.mark.parametrize("end", range(1, 16))
async def test_a_change_that_ends_in_a_character_is_drawn_to_its_end(end: int) -> None:
    app = Bench(1)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        compositor = app.screen._compositor
        compositor._dirty_regions = {Region(0, 1, end, 1)}
        update = compositor.render_partial_update()
        assert update is not None
        drawn = update.render_segments(app.console)
        wanted = "隐藏层大小学习率"[: (end + 1) // 2]
        assert wanted in drawn
        assert not drawn.rstrip("\n").endswith(" ")


@pytest.mark.parametrize("columns", [60, 66, 80])
async def test_a_toast_is_never_wider_than_the_terminal(columns: int) -> None:
    app = NameclsApp(engine=FakeEngine(), start="train")
    async with app.run_test(size=(columns, 16), notifications=True) as pilot:
        await until(pilot, lambda: app.dataset.table is not None)
        app.say(
            "epochs must be a whole number from 1 to 100,000, and here stand many more words", problem=True
        )
        await until(pilot, lambda: any("100,000" in line for line in lines_of(app)))
        told = " ".join(" ".join(lines_of(app)).split())
        assert "many more words" in told
        assert all(toast.region.right <= columns for toast in app.screen.query(Toast))
