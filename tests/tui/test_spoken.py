"""The app in another language, and from one to the other while it runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.widgets import Input

from namecls.language import language, set_language
from tests.tui.fakes import FakeEngine, whole_training
from tests.tui.screen import text_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.commands import commands_of
from tui.screens.dataset import DatasetScreen
from tui.screens.predict import PredictScreen
from tui.widgets.choice import Choice
from tui.widgets.keybar import KeyBar
from tui.widgets.short_form import ShortForm

HALF = [*whole_training(12)[: 1 + 5 * 101], None]


async def test_the_language_changes_without_a_restart_and_is_remembered(tmp_path: Path) -> None:
    file = tmp_path / "remembered.json"
    app = NameclsApp(engine=FakeEngine(), memory=file)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.model.status == "ready")
        app.subject = app.screen.query_one(Input).value = "Kim"
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"language")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await until(
            pilot, lambda: isinstance(app.screen, CommandPalette) and app.screen.query_one(Input).value == ""
        )
        await app.run_action("screen.dismiss")
        app.speak("zh_CN")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
        await until(pilot, lambda: text_of(app.screen.query_one(KeyBar)).endswith("F1 帮助  ctrl+q 退出"))
        assert app.screen.query_one(Input).value == "Kim"
        assert {"训练", "预测", "主题", "语言"} <= {command.title for command in commands_of(app.screen)}
    app.end_threads(1.0)
    set_language("en")
    NameclsApp(engine=FakeEngine(), memory=file)
    assert language() == "zh_CN"
    NameclsApp(engine=FakeEngine(), memory=file, language="en")
    assert language() == "en"


async def test_the_search_of_a_screen_that_does_not_show_stays() -> None:
    app = NameclsApp(engine=FakeEngine(), start="dataset")
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, DatasetScreen) and app.dataset.status == "ready")
        app.screen.query_one("#search", Input).value = "a"
        await app.action_go("predict")
        app.speak("zh_CN")
        await app.action_go("dataset")
        await until(pilot, lambda: isinstance(app.screen, DatasetScreen) and app.screen._asked.search == "a")
        assert app.screen.query_one("#search", Input).value == "a"


async def test_a_training_does_not_notice_the_language() -> None:
    app = NameclsApp(engine=FakeEngine(HALF), start="train")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.dataset.status == "ready")
        await pilot.press("f5")
        await until(pilot, lambda: len(app.training.story.epochs) == 5)
        before = app.training
        app.speak("zh_CN")
        await until(pilot, lambda: "F1 帮助" in text_of(app.screen.query_one(KeyBar)))
        assert app.training == before
        assert app.training.busy
        await app.run_action("screen.stop")
        await until(pilot, lambda: app.training.phase == "stopping")


@pytest.mark.parametrize("mode", [mode for mode in NameclsApp.MODES if not mode.startswith("_")])
async def test_every_screen_is_told_the_language_and_stays_the_same(mode: str) -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.model.status == "ready")
        app.need_dataset()
        await until(pilot, lambda: app.dataset.status == "ready")
        await app.action_go(mode)
        for code, told in (("zh_CN", "F1 帮助"), ("en", "F1 help"), ("zh_CN", "F1 帮助")):
            before = app.screen
            app.speak(code)
            await until(pilot, lambda told=told: told in text_of(app.screen.query_one(KeyBar)))
            assert app.screen is before


@pytest.mark.parametrize("mode", ["tune", "compare"])
async def test_what_stands_in_a_short_form_stays(mode: str) -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.model.status == "ready")
        await app.action_go(mode)
        await until(pilot, lambda: app.screen.query(ShortForm))
        form = app.screen.query_one(ShortForm)
        chosen = next(each for each in form.query(Choice) if each.id == "preset")
        chosen.focus()
        await pilot.press("right")
        before = form.texts
        app.speak("zh_CN")
        await until(pilot, lambda: "F1 帮助" in text_of(app.screen.query_one(KeyBar)))
        assert app.screen.query_one(ShortForm).texts == before
        assert app.screen.query_one("#preset", Choice).value == before["preset"] == chosen.value
