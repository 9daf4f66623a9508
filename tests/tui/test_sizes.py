from __future__ import annotations

import pytest
from textual import events
from textual.geometry import Size
from textual.screen import Screen

from tests.tui.fakes import FakeEngine
from tests.tui.waiting import until
from tui.app import NameclsApp


@pytest.mark.parametrize("over", [None, "f1", "ctrl+p"])
async def test_two_sizes_told_at_once_do_not_chase_each_other(
    over: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid_out: list[Size | None] = []
    lay_out = Screen._refresh_layout

    def counted(screen: Screen[object], size: Size | None = None, scroll: bool = False) -> None:
        laid_out.append(size)
        if len(laid_out) > 200:  # a test can't wait for what gives nothing else its turn
            raise RuntimeError("it is laid out for ever")
        lay_out(screen, size, scroll)

    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused is not None)
        if over is not None:
            await pilot.press(over)
            await until(pilot, lambda: len(app.screen_stack) == 2)
        monkeypatch.setattr(Screen, "_refresh_layout", counted)
        with app.batch_update():  # as while a screen opens or closes
            for size in (Size(20, 5), Size(80, 24)):
                for screen in app.screen_stack:
                    screen.post_message(events.Resize(size, size))
                    screen.call_later(lambda: None)
            await pilot.pause()
        await pilot.pause()
        assert laid_out
        assert Size(20, 5) not in laid_out
        assert all(screen.size == Size(80, 24) for screen in app.screen_stack)


async def test_a_screen_follows_the_size_of_its_terminal_also_below_another_one() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused is not None)
        await pilot.press("f1")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        for size in ((20, 5), (120, 40), (61, 17), (200, 50)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: all(screen.size == size for screen in app.screen_stack))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert app.screen.has_class("-vast", "-tall")
