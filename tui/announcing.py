"""What is told of work that has ended: on the screen, and, unless somebody looks at it, by bell and notification."""

from __future__ import annotations

from typing import Any

from textual.app import App

from namecls.language import _
from tui.state import ComparingState, TuningState
from tui.terminal.notice import ring
from tui.workbench import bench_of


def announce_run(app: App[Any], run: str, accuracy: float | None, place: str = "") -> None:
    """Tell of a finished run, which a place may be showing."""
    told = (
        _("{run} is trained: test accuracy {accuracy:.1f} %").format(run=run, accuracy=100 * accuracy)
        if accuracy is not None
        else _("{run} is trained").format(run=run)
    )
    _announce(app, told, _("{told}. F5 in Predict lists it.").format(told=told), place)


def announce_search(app: App[Any], before: TuningState, now: TuningState) -> None:
    """Tell that the search has found its winner, if it has just now."""
    if now.directory is not None and now.won_since(before):
        told = _("The search {name} is finished").format(name=now.directory.name)
        _announce(app, told, _("{told}. F12 shows it.").format(told=told), "tune")


def announce_comparison(app: App[Any], before: ComparingState, now: ComparingState) -> None:
    """Tell that the comparison has its result, if it has just now."""
    if now.directory is not None and now.compared_since(before):
        told = _("The comparison {name} is finished").format(name=now.directory.name)
        _announce(app, told, _("{told}. F12 and then F7 show it.").format(told=told), "compare")


def _announce(app: App[Any], told: str, on_the_screen: str, place: str) -> None:
    bench = bench_of(app)
    seen = bool(place) and getattr(app.screen, "PLACE", "") == place
    if not seen:
        bench.say(on_the_screen)
    if bench.remembered.now.notify and not bench.quiet and not (seen and app.app_focus):
        ring(app, told)
