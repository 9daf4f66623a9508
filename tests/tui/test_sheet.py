"""What the app's style sheet remembers is what Textual's own finds out anew."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widget import Widget
from textual.widgets import Input, Label

from tests.tui.fakes import FakeEngine
from tests.tui.test_app import shows
from tui.app import NameclsApp
from tui.screens.predict import PredictScreen
from tui.sheet import Sheet


def styles_of(node: DOMNode) -> tuple[object, ...]:
    """All that a style sheet sets at a node."""
    return (
        dict(node.styles.base._rules),
        {name: dict(styles.base._rules) for name, styles in node._component_styles.items()},
        (node._has_hover_style, node._has_focus_within, node._has_order_style, node._has_odd_or_even),
    )


def textuals(app: NameclsApp) -> Stylesheet:
    """The rules of the app in a style sheet of Textual's own."""
    sheet = Stylesheet(variables=app.stylesheet._variables)
    sheet.source = app.stylesheet.source.copy()
    sheet.parse()
    return sheet


def differing(app: NameclsApp) -> list[str]:
    """The nodes on the screen that Textual's own style sheet gives other styles."""
    assert isinstance(app.stylesheet, Sheet)
    nodes = list(app.screen.walk_children(with_self=True))
    found = [styles_of(node) for node in nodes]
    plain = textuals(app)
    plain.update_nodes(nodes)
    return [str(node) for node, styles in zip(nodes, found, strict=True) if styles != styles_of(node)]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_every_node_has_the_styles_that_textual_gives_it(size: tuple[int, int]) -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=size) as pilot:
        await shows(pilot, PredictScreen)
        for mode in app.MODES:
            await app.switch_mode(mode)
            await pilot.pause()
            assert len(list(app.screen.walk_children())) > 3
            assert differing(app) == [], mode
            await pilot.press("tab", "tab")
            assert differing(app) == [], mode
        app.theme = "nord"
        await pilot.resize_terminal(200 - size[0], 30)
        await pilot.pause()
        assert differing(app) == []


async def test_states_of_a_node_and_of_those_above_it_are_told_apart() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        box = app.screen.query(Input).first()
        for change in (
            lambda: app.screen.set_focus(None),
            lambda: box.focus(),
            lambda: setattr(box, "disabled", True),
            lambda: setattr(box.parent, "disabled", True),
            lambda: setattr(box, "disabled", False),
            lambda: box.add_class("-invalid"),
            lambda: setattr(box, "can_focus", False),
        ):
            change()
            app.stylesheet.update(app.screen)
            await pilot.pause()
            assert differing(app) == []


class Nested(App[None]):
    CSS = """
    #left Label { height: 2; }
    .wide Label { width: 7; }
    Vertical:disabled Label { padding: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.stylesheet = Sheet(variables=self.theme_variables, tell=lambda error: pytest.fail(str(error)))

    def compose(self) -> ComposeResult:
        for name in ("left", "right"):
            with Vertical(id=name):
                yield Label("one")
                yield Label("two")


async def test_what_stands_above_a_node_decides_with_it() -> None:
    app = Nested()
    async with app.run_test():
        left, right = app.query_one("#left"), app.query_one("#right")

        def seen(place: Widget) -> list[tuple[object, ...]]:
            return [
                (
                    str(each.styles.height),
                    str(each.styles.width),
                    each.styles.padding.top,
                )
                for each in place.query(Label)
            ]

        assert seen(left) == [("2", "auto", 0)] * 2
        assert seen(right) == [("auto", "auto", 0)] * 2
        right.add_class("wide")
        left.disabled = True
        assert seen(left) == [("2", "auto", 1)] * 2
        assert seen(right) == [("auto", "7", 0)] * 2
        right.remove_class("wide")
        assert seen(right) == [("auto", "auto", 0)] * 2


async def test_styles_that_something_else_set_are_set_again() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        box = app.screen.query(Input).first()
        before = styles_of(box)
        box.styles.base.height = 7
        box._component_styles.clear()
        assert styles_of(box) != before
        app.stylesheet.update(app.screen)
        assert styles_of(box) == before
