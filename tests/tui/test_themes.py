"""Every theme that can be chosen works on every screen."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from textual.css.stylesheet import Stylesheet
from textual.theme import Theme

import tui
from tests.tui.fakes import FakeEngine
from tests.tui.test_app import shows
from tui.app import NameclsApp
from tui.drawing.palette import DARK, palette_of
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
    colours = [getattr(palette, f.name) for f in fields(palette) if f.name != "dark"]
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


async def test_a_theme_whose_style_sheet_is_broken_gives_way_to_ours() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        app.register_theme(Theme("broken", primary="#123456", variables={"muted": "no colour at all"}))
        app.theme = "broken"
        await pilot.pause()
        await pilot.pause()
        assert app.theme == DARK.name
        await pilot.press("f2")
        assert app.is_running
