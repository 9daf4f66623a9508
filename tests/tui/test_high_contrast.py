"""High contrast: everything that is read at 7:1 and more (WCAG 2.2, 1.4.6), borders and bars at 3:1 (1.4.11)."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.theme import Theme

from tests.tui.fakes import FakeEngine
from tests.tui.screen import palette_in
from tests.tui.test_app import shows
from tests.tui.tour import to_be_toured, tour
from tui.app import NameclsApp
from tui.drawing.palette import palette_of
from tui.drawing.themes import CONTRAST, CONTRAST_LIGHT, DARK, STRONG, VISIBLE, contrast
from tui.memory import read_values
from tui.screens.predict import PredictScreen

BOTH = pytest.mark.parametrize("theme", [CONTRAST, CONTRAST_LIGHT], ids=lambda theme: theme.name)

#: Borders, bars, scroll bars and axes, which are no text.
DRAWN = set(map(chr, range(0x2500, 0x25A0)))

#: Edges of Textual's own command palette, which only soften its corners.
EDGES = set("▁▔")


@BOTH
def test_every_colour_of_the_palette_stands_out_from_every_ground(theme: Theme) -> None:
    app = NameclsApp()
    app.set_reactive(NameclsApp.theme, theme.name)
    variables, palette = app.get_css_variables(), palette_in(theme)
    for ground in (palette.ground, palette.shade, variables["surface"]):
        for use in ("text", "muted", "faint", "accent", "primary", "good", "warning", "bad"):
            assert contrast(Color.parse(getattr(palette, use)), Color.parse(ground)) >= STRONG, (use, ground)
        for name in ("border", "scrollbar", "scrollbar-hover", "scrollbar-active", "block-cursor-background"):
            assert contrast(Color.parse(variables[name]), Color.parse(ground)) >= VISIBLE, (name, ground)
    ink, row = palette.row().split(" on ")
    assert contrast(Color.parse(ink), Color.parse(row)) >= STRONG
    for part in ("block-cursor", "input-selection"):
        ink, row = variables[f"{part}-foreground"], variables[f"{part}-background"]
        assert contrast(Color.parse(ink), Color.parse(row)) >= STRONG, part


@BOTH
async def test_all_that_is_read_on_every_screen_has_the_contrast(theme: Theme, tmp_path: Path) -> None:
    app, seen = to_be_toured(), 0
    async with app.run_test(size=(120, 40)) as pilot:
        app.theme = theme.name
        async for place in tour(pilot, tmp_path):
            weak = {}
            for segment in _cells_on_top(app):
                seen += 1
                wanted = VISIBLE if set(segment.text) & DRAWN else STRONG
                found = _contrast(segment, palette_of(app).ground)
                if found < wanted and set(segment.text.strip()) - EDGES:
                    weak[segment.text.strip()[:20], str(segment.style)] = round(found, 1)
            assert not weak, place
        assert app.theme == theme.name
    assert seen > 1000


def _cells_on_top(app: NameclsApp) -> list[Segment]:
    """What the topmost screen draws, without what lies dimmed below it."""
    found, strips = [], app.screen._compositor.render_strips()
    for widget in app.screen.walk_children(with_self=False):
        if widget.is_container and not widget.styles.border_title_align:
            continue
        x, y, width, height = widget.region.intersection(app.screen.region)
        if not widget.visible or not widget.display or width * height == 0:
            continue
        for strip in strips[y : y + height]:
            found += [s for s in strip.crop(x, x + width) if s.text.strip() and s.style is not None]
    return found


def _contrast(segment: Segment, ground: str) -> float:
    style = segment.style
    assert style is not None
    ink = style.color.get_truecolor().hex if style.color else "#ffffff"
    below = style.bgcolor.get_truecolor().hex if style.bgcolor else ground
    return contrast(Color.parse(ink), Color.parse(below))


async def test_it_is_chosen_from_the_palette_kept_and_goes_with_light_and_dark(tmp_path: Path) -> None:
    file = tmp_path / "remembered.json"
    app = NameclsApp(engine=FakeEngine(), memory=file)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        await pilot.press("ctrl+p", *"high contrast")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await pilot.pause()
        assert app.theme == CONTRAST.name
        await pilot.press("f9")
        assert app.theme == CONTRAST_LIGHT.name
        await pilot.press("f9")
        assert app.theme == CONTRAST.name
        app.action_change_contrast()
        assert app.theme == DARK.name
        app.action_change_contrast()
    app.end_threads(1.0)
    assert read_values(file)["theme"] == CONTRAST.name
    assert NameclsApp(engine=FakeEngine(), memory=file).theme == CONTRAST.name
