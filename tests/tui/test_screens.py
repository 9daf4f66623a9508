"""What happens to a screen is heard once: Textual calls the handler of each class that it is of."""

from __future__ import annotations

import pytest
from textual import events
from textual.screen import Screen
from textual.widgets import Input

from tests.tui.fakes import FakeEngine
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.screens import base, modal
from tui.screens.base import Place
from tui.screens.jump import JumpScreen
from tui.screens.models import ModelsScreen
from tui.screens.problems import ProblemsScreen


def resized(app: NameclsApp) -> events.Resize:
    return events.Resize(app.size, app.size)


@pytest.mark.parametrize("place", ["predict", "inspect", "mistakes", "dataset", "problems", "runs"])
async def test_a_place_that_comes_back_or_is_resized_hears_of_it_once(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    resumed, heeded = Place.on_screen_resume, base.heed_present_size

    def resume(self: Place) -> None:
        heard.append("resumed")
        resumed(self)

    def heed(screen: Screen[None], event: events.Resize) -> None:
        heard.append("resized")
        heeded(screen, event)

    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.model.status == "ready" and app.screen.PLACE == "predict")
        if place == "problems":
            await app.action_go("dataset")
            await until(pilot, lambda: app.screen.check_action("show_problems", ()))
            app.screen.action_show_problems()
            await until(pilot, lambda: isinstance(app.screen, ProblemsScreen))
        else:
            await app.action_go(place)
        await until(pilot, lambda: place == app.screen.PLACE)
        await pilot.pause()
        monkeypatch.setattr(Place, "on_screen_resume", resume)
        monkeypatch.setattr(base, "heed_present_size", heed)
        app.screen.post_message(events.ScreenResume())
        app.screen.post_message(resized(app))
        await until(pilot, lambda: "resized" in heard)
        await pilot.pause()
        assert heard == ["resumed", "resized"]


async def test_a_screen_over_another_one_that_is_resized_hears_of_it_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[type] = []
    heeded = modal.heed_present_size

    def heed(screen: Screen[None], event: events.Resize) -> None:
        heard.append(type(screen))
        heeded(screen, event)

    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.model.status == "ready" and app.screen.query(Input))
        for key, kind in (("f5", ModelsScreen), ("ctrl+n", JumpScreen)):
            await pilot.press(key)
            await until(pilot, lambda kind=kind: isinstance(app.screen, kind))
            await pilot.pause()
            monkeypatch.setattr(modal, "heed_present_size", heed)
            app.screen.post_message(resized(app))
            await until(pilot, lambda: heard)
            await pilot.pause()
            assert heard == [kind]
            monkeypatch.setattr(modal, "heed_present_size", heeded)
            heard.clear()
            await pilot.press("escape")
            await until(pilot, lambda kind=kind: not isinstance(app.screen, kind))
