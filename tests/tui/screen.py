"""Reading what an app shows."""

from __future__ import annotations

from textual.app import App
from textual.theme import Theme
from textual.widget import Widget

from tui.app import NameclsApp
from tui.drawing.palette import Palette, palette_of


def text_of(widget: Widget) -> str:
    """The lines of a widget, as they are drawn."""
    lines = [
        "".join(segment.text for segment in widget.render_line(y)).rstrip() for y in range(widget.size.height)
    ]
    return "\n".join(lines).rstrip()


def screen_of(app: App[None]) -> str:
    """The whole screen, as it would be sent to the terminal."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def palette_in(theme: Theme) -> Palette:
    """The colours that are drawn with in a theme."""
    app = NameclsApp()
    app.set_reactive(NameclsApp.theme, theme.name)
    app.get_css_variables()
    return palette_of(app)
