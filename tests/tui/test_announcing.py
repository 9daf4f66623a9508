from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.tui.fakes import FakeEngine, experiment, study
from tests.tui.waiting import until
from tui import announcing
from tui.app import NameclsApp
from tui.state import ComparingState, TuningState


async def test_a_search_and_a_comparison_that_end_meanwhile_are_announced_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(announcing, "ring", lambda _app, told: rung.append(told))
    app = NameclsApp(engine=FakeEngine())
    running, won = study(tmp_path), study(tmp_path / "other", tested=True)
    begun, compared = experiment(tmp_path / "c", 4), experiment(tmp_path / "d", 9)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.focused is not None)
        app.tuning = TuningState("done", tmp_path / "old", won)  # an old one, looked at
        app.comparing = ComparingState("done", tmp_path / "old", compared)
        assert rung == []
        app.tuning = TuningState("running", tmp_path / "tune", running)
        app.tuning = replace(app.tuning, study=won)
        app.tuning = replace(app.tuning, phase="done")
        app.comparing = ComparingState("running", tmp_path / "compare", begun)
        app.comparing = replace(app.comparing, experiment=compared)
        app.comparing = replace(app.comparing, phase="done")
        assert rung == ["The search tune is finished", "The comparison compare is finished"]
