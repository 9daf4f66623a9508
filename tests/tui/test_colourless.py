"""What is told by colours is told without them, too: by a sign, a word or another mark."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from namecls.results import ReliabilityBin
from tests.tui.fakes import FakeEngine, metrics, whole_training
from tests.tui.screen import screen_of, text_of
from tests.tui.test_app import shows
from tests.tui.test_calibration import opened
from tests.tui.tour import to_be_toured, tour
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.screens.predict import PredictScreen
from tui.screens.train import TrainScreen
from tui.widgets.calibration_view import FEW_ROWS
from tui.widgets.compared_view import ComparedCurves, NetworkTable
from tui.widgets.header import Header
from tui.widgets.lists import CursorList
from tui.widgets.run_curves import RunCurves
from tui.widgets.training_curves import CurveView

SIGNS = pytest.mark.parametrize("ascii_only", [False, True], ids=["unicode", "ascii"])


async def test_on_every_screen_the_tab_the_line_of_a_list_and_the_panel_with_the_focus_have_signs(
    tmp_path: Path,
) -> None:
    app = to_be_toured()
    async with app.run_test(size=(120, 40)) as pilot:
        async for place in tour(pilot, tmp_path):
            text, focused = screen_of(app), app.focused
            for header in app.screen.query(Header):
                assert len(re.findall(r"\[F\d+ [^\]]+\]", text_of(header))) == 1, place
            panels = [each for each in app.screen.query(".panel") if each.display and each.size]
            heavy = [each for each in panels if each.styles.border_top[0] == "heavy"]
            assert set(heavy) == {
                each
                for each in panels
                if each.has_class("-chosen") or (focused is not None and each in focused.ancestors_with_self)
            }, place
            if heavy:
                assert "┏" in text, place
            for each in app.screen.query(CursorList):
                if each.count and each.size:
                    assert sum(line[:1] == "›" for line in text_of(each).split("\n")) == 1, place


@SIGNS
async def test_the_curve_of_validation_has_marks_and_so_has_its_value(ascii_only: bool) -> None:
    app = NameclsApp(engine=FakeEngine(whole_training(12)), start="train", ascii_only=ascii_only)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.dataset.table is not None and app.focused is not None)
        await pilot.press("f5")
        await until(pilot, lambda: app.training.phase == "done")
        screen = app.screen
        assert isinstance(screen, TrainScreen)
        screen._draw_curves()
        await pilot.pause()
        mark, star = ("o", "*") if ascii_only else ("○", "★")
        for what in ("loss", "accuracy"):
            told, *plot = text_of(screen.query_one(f"#curve-{what}", CurveView)).split("\n")
            assert f" {mark} valid " in told
            assert f"{star}6" in told
            assert "train " in told
            drawn = "\n".join(plot)
            assert drawn.count(mark) >= 3
            assert drawn.count(star) == 1


async def test_curves_of_runs_and_of_networks_have_signs_that_stand_before_their_names(
    tmp_path: Path,
) -> None:
    app = to_be_toured()
    async with app.run_test(size=(120, 40)) as pilot:
        async for place in tour(pilot, tmp_path):
            if place == "runs":
                drawn = text_of(app.screen.query_one(RunCurves))
                plot, legend = drawn[: drawn.index("at epoch")], drawn[drawn.index("at epoch") :]
                assert re.findall(r"^(\w) gru-\d", legend, re.M) == ["B", "2"]
                assert all(plot.count(sign) >= 2 for sign in "B2")
            if place == "compare":
                listed = text_of(app.screen.query_one(NetworkTable))
                assert re.findall(r"^ *(\d) (\w+)", listed, re.M) == [
                    ("1", "rnn"),
                    ("2", "lstm"),
                    ("3", "gru"),
                ]
                curves = text_of(app.screen.query_one("#curves-validation", ComparedCurves)).split("\n")
                plot = "\n".join(re.sub(r"^.*[┤│]", "", line) for line in curves[:-1])
                assert all(plot.count(sign) >= 3 for sign in "123")


@SIGNS
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_points_of_few_rows_have_another_mark_in_a_reliability_diagram(
    ascii_only: bool, size: tuple[int, int]
) -> None:
    bins = tuple(
        ReliabilityBin(confidence=at, accuracy=at - 0.1, rows=rows)
        for at, rows in ((0.2, FEW_ROWS - 1), (0.6, 400), (0.9, 400))
    )
    app = NameclsApp(engine=FakeEngine(), ascii_only=ascii_only)
    async with app.run_test(size=size) as pilot:
        view = await opened(pilot)
        view.show(replace(metrics(), reliability=bins))
        await pilot.pause()
        few, many = (".", "o") if ascii_only else ("○", "●")
        told, *plot = text_of(view).split("\n")
        assert told.startswith(f" reliability diagram; {few}: <{FEW_ROWS} rows ")
        assert told.endswith("default")
        if not ascii_only:  # there the diagonal is drawn by points
            assert ["".join(plot).count(mark) for mark in (few, many)] == [1, 2]


async def test_a_line_of_a_form_in_which_something_is_wrong_has_a_sign_beside_that_of_a_change() -> None:
    app = NameclsApp(engine=FakeEngine(), start="train")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.focused is not None)
        app.screen.query_one("#epochs", Input).focus()
        await pilot.press("end", "x")
        await until(pilot, lambda: "epochs*!" in screen_of(app))
        await pilot.press("backspace")
        await until(pilot, lambda: "epochs*!" not in screen_of(app) and "epochs!" not in screen_of(app))


async def test_a_problem_that_is_told_in_passing_begins_with_a_sign() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, PredictScreen)
        app.say("all is well")
        app.say("the disk is full", problem=True)
        await until(pilot, lambda: len(app._notifications) >= 2)
        assert [each.message for each in app._notifications][-2:] == ["all is well", "! the disk is full"]
