"""Every theme that can be chosen works on every screen."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from textual.color import Color
from textual.css.stylesheet import Stylesheet
from textual.theme import Theme

import tui
from tests.tui.fakes import FakeEngine, whole_training
from tests.tui.test_app import shows
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.drawing.palette import palette_of
from tui.drawing.themes import DARK, READABLE, VISIBLE, contrast
from tui.screens.help import HelpScreen
from tui.screens.predict import PredictScreen

THEMES = sorted(NameclsApp().available_themes)


SHEETS = sorted(Path(tui.__file__).parent.rglob("*.tcss"))


@pytest.mark.parametrize("name", THEMES)
def test_every_style_sheet_can_be_read_with_the_colours_of_every_theme(name: str) -> None:
    app = NameclsApp(engine=FakeEngine())
    app.theme = name
    sheet = Stylesheet(variables=app.get_css_variables())
    for path in SHEETS:
        sheet.read(path)
    sheet.parse()
    assert len(sheet.rules) > 50
    palette = palette_of(app)
    colours = [getattr(palette, f.name) for f in fields(palette) if f.name not in ("dark", "strong")]
    assert [c for c in colours if not re.fullmatch("#[0-9a-fA-F]{6}", c)] == []


@pytest.mark.parametrize("name", ["nord", "textual-light", "ansi-dark"])
async def test_a_theme_of_each_kind_works_on_every_screen(name: str) -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        await pilot.press(*"Kowalski")
        app.theme = name
        for size in ((80, 24), (120, 40)):
            await pilot.resize_terminal(*size)
            for mode in app.MODES:
                await app.switch_mode(mode)
                assert "Predict" in app.export_screenshot()
        assert app.theme == name


@pytest.mark.parametrize("name", THEMES)
def test_colours_of_every_theme_can_be_told_from_its_ground(name: str) -> None:
    app = NameclsApp(engine=FakeEngine())
    app.set_reactive(NameclsApp.theme, name)
    variables, palette = app.get_css_variables(), palette_of(app)
    if app.current_theme.ansi:  # a ground that nobody here knows
        return
    ground = Color.parse(variables["background"])
    for use in ("text", "muted", "accent", "primary", "good", "warning", "bad"):
        wanted = READABLE if use in ("text", "muted") else VISIBLE
        assert contrast(Color.parse(getattr(palette, use)), ground) > wanted - 0.05, use
    ink = palette.ground if palette.strong else palette.text
    assert contrast(Color.parse(ink), Color.parse(palette.cursor)) > VISIBLE


def told(app: NameclsApp, words: str) -> bool:
    return any(words in each.message for each in app._notifications)


async def test_a_theme_whose_style_sheet_is_broken_gives_way_to_ours_and_a_training_goes_on() -> None:
    engine = FakeEngine([*whole_training(12)[: 1 + 5 * 101], None])
    app = NameclsApp(engine=engine, start="train")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.dataset.table is not None and app.focused is not None)
        await pilot.press("f5")
        await until(pilot, lambda: len(app.training.story.epochs) == 5)
        app.register_theme(Theme("broken", primary="#123456", variables={"scrollbar": "no colour at all"}))
        app.theme = "broken"
        await until(pilot, lambda: app.theme == DARK.name and told(app, "The theme broken can't be shown"))
        assert app.training.phase == "running"
        await pilot.press("f3")
        await shows(pilot, PredictScreen)
        assert "Predict" in app.export_screenshot()
        engine.gate.set()


async def test_a_style_sheet_that_a_screen_brings_and_can_not_be_read_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(HelpScreen, "CSS", "Static { color: $nobody-knows-it; }")
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        await pilot.press("f1")
        await shows(pilot, HelpScreen)
        await until(pilot, lambda: told(app, "A style sheet can't be read"))
        assert app.theme == DARK.name
