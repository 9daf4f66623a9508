from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from namecls.config import PRESETS
from namecls.runs.run import Run
from tests.tui.fakes import FakeEngine, run_info, study
from tests.tui.screen import screen_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.screens.models import ModelsScreen
from tui.screens.studies import StudiesScreen
from tui.widgets.columns import Column, fitted

COLUMNS = (Column("name", least=10), Column("figure", right=True), Column("data", least=5), Column("made"))
RUNS = [
    run_info(f"bi-gru-128-20261122-18{n:04}", title="bi-gru-64+ngram-48", data="names-of-the-world.tsv")
    for n in range(40)
]


@pytest.mark.parametrize(
    ("room", "widths"),
    [
        (60, [20, 7, 8, 10]),  # all as they want it
        (45, [14, 7, 8, 10]),  # the widest gives way
        (38, [10, 7, 5, 10]),
        (37, [16, 7, 0, 10]),  # the last that may be left out is left out, and the others are cut less
        (20, [0, 7, 0, 10]),
        (5, [0, 7, 0, 10]),  # what is never left out
    ],
)
def test_columns_are_cut_and_then_left_out(room: int, widths: list[int]) -> None:
    assert fitted(COLUMNS, [20, 7, 8, 10], room) == widths


@pytest.mark.parametrize("name", PRESETS)
def test_the_name_of_a_run_can_be_shown_to_its_end(name: str, tmp_path: Path) -> None:
    run = Run.create(tmp_path, PRESETS[name].config)
    assert re.fullmatch(r"[\w-]+-\d{8}-\d{6}", run.name)
    assert len(run.name) < 34
    assert PRESETS[name].config.model.title.startswith(run.name[:-16])


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_names_and_dates_of_models_are_read_whole_at_every_size(size: tuple[int, int]) -> None:
    app = NameclsApp(engine=FakeEngine())
    app.engine.runs = [*RUNS, replace(RUNS[0], name="broken-off", status="unfinished")]
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.focused is not None and app.model.status == "ready")
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen) and app.screen.list.count == 41)
        await pilot.pause()
        shown = screen_of(app)
        assert "bi-gru-128-20261122-180000 " in shown
        assert "2026-11-23" in shown
        assert ("09:15" in shown) == (size[0] == 120)
        assert "back" in shown  # the keys are there too, however many runs there are
        await pilot.press("end")
        await pilot.pause()
        assert "broken-off" in screen_of(app)
        assert "↑" in screen_of(app)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "broken-off" in screen_of(app) and "↑25" in screen_of(app))


async def test_searches_stand_in_columns_that_fit(tmp_path: Path) -> None:
    app = NameclsApp(engine=FakeEngine(), start="tune")
    app.engine.studies = [(study(tmp_path, name="tune-20261126-222612", objective="macro-f1"), None)]
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused is not None)
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, StudiesScreen) and app.screen.list.count == 1)
        await pilot.pause()
        shown = screen_of(app)
        for text in (
            "tune-20261126-222612 ",
            "interrupted",
            "macro-f1",
            app.engine.studies[0][0].created[:10],
        ):
            assert text in shown
