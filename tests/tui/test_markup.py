"""What looks like markup is text, on every screen: brackets, slashes, backslashes, equal signs, quotes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rich.text import Text
from textual.pilot import Pilot
from textual.widgets import Input

from namecls.cli import console
from namecls.data.table import NameTable
from tests.tui.explanations import MadeUp
from tests.tui.fakes import FakeEngine, FakePredictor, run_info
from tests.tui.screen import screen_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.drawing.reasons import VIEWS
from tui.screens.dataset import DatasetScreen
from tui.screens.predict import PredictScreen
from tui.screens.train import TrainScreen
from tui.widgets.explained import ExplanationPanel

MARKUP = st.text(alphabet='[]/\\="ab', min_size=1, max_size=8)


async def shows(pilot: Pilot[None], *wanted: str) -> None:
    """Wait until the screen holds all that is wanted, as it stands there."""

    def missing() -> list[str]:
        shown = screen_of(pilot.app)
        return [text for text in wanted if text not in shown]

    try:
        await until(pilot, lambda: not missing())
    except TimeoutError as error:
        raise AssertionError(f"not shown: {missing()} in\n{screen_of(pilot.app)}") from error


async def every_screen(text: str) -> None:
    """Go through the screens of an app in which everything is called by a name with `text` in it."""
    name, label, title, run = f"n{text}n", f"l{text}l", f"t{text}t", f"r{text}r"
    pairs = [(name, label), (name, label), (name, "Other"), ("Smith", "Other")]
    engine = FakeEngine(table=NameTable.from_pairs(pairs, Path(f"/{title.replace('/', '|')}.tsv")))
    info = run_info(run, title=title, data=f"d{text}d", status="damaged", problem=f"p{text}p")
    engine.predictor = FakePredictor(run_info(run, title=title), labels=(label, "English", "German", "French", "Irish",
                                                                        "Danish"))  # fmt: skip
    engine.explaining = MadeUp((label, "Czech", "German"))
    engine.runs = [info]
    app = NameclsApp(engine=engine)
    async with app.run_test(size=(160, 50), notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
        await until(pilot, lambda: app.model.status == "ready")
        app.screen.query_one(Input).value = name
        await shows(pilot, f" {name} ", f" {label} ", run)
        await pilot.press("enter")
        await until(pilot, lambda: screen_of(app).count(name) == 3)  # in the input, tried, and in the belief
        await pilot.press("tab")
        await shows(pilot, name, label, f'after "{name}"')
        await shows(pilot, *(f" {view.title} " for view in VIEWS))
        await until(
            pilot,
            lambda: (
                app.screen.is_explained
                and all(panel.value is not None for panel in app.screen.query(ExplanationPanel))
            ),
        )
        await shows(pilot, f"for {label}")
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
        await pilot.press("ctrl+g")
        await shows(pilot, f"{label}name1", f" {label} ", label[:3])
        await pilot.press("v", "v")
        await shows(pilot, f"{label}name1", f" {label} ", "precision")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
        await pilot.press("f5")
        await shows(pilot, run, title, f"d{text}d", f"p{text}p")
        await pilot.press("escape", "f4")
        await until(pilot, lambda: isinstance(app.screen, DatasetScreen))
        await shows(pilot, name, label, f"{title.replace('/', '|')}.tsv")
        await until(pilot, lambda: app.screen.check_action("show_problems", ()))
        app.screen.query_one(Input).value = f"{name}none"
        await shows(pilot, f"{name!r}"[1:-1])
        app.screen.query_one(Input).value = ""
        await pilot.press("escape", "p")
        await shows(pilot, "duplicates", name, label)
        await pilot.press("right")
        await shows(pilot, name, label)
        await pilot.press("escape", "o")
        await shows(pilot, "open a file of names")
        app.screen.query_one(Input).value = f"/none/{name}"
        await shows(pilot, f"/none/{name}")
        await pilot.press("escape", "f2")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        await shows(pilot, f"{title.replace('/', '|')}.tsv", "4 rows, 2 labels")
        app.say(f"notice {text}")
        await shows(pilot, f"notice {text}"[:30])
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.focused, Input))
        app.focused.value = name  # type: ignore[union-attr]
        await shows(pilot, name)
        await pilot.press("escape")  # its search must not meet the end of the app
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))


@given(MARKUP)
@example("[/b]")
@example("[red]a[/]")
@example("\\[a")
@example('[a="b"]')
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_markup_is_literal_on_every_screen(text: str) -> None:
    asyncio.run(every_screen(text))


@given(st.lists(MARKUP, min_size=2, max_size=2))
@settings(deadline=None)
def test_markup_is_literal_in_what_the_commands_print(texts: list[str]) -> None:
    first, second = texts
    with console.output().capture():  # nothing of it is for this terminal
        pass
    shown = console.literal(first)
    assert shown == first
    printed = Text(console.fit(second, 20))
    assert printed.plain == second.ljust(20)
