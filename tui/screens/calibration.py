"""Calibration of the model in use, measured on its test rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message

from namecls.language import _
from tui import keys
from tui.engine.threads import fetch
from tui.screens.modal import Modal
from tui.widgets.calibration_view import CalibrationView
from tui.widgets.keybar import KeyBar
from tui.workbench import bench_of

if TYPE_CHECKING:
    from namecls.results import Metrics
    from namecls.runs.listing import RunInfo


@dataclass(eq=False)
class MetricsRead(Message):
    """Test metrics of a model, or why there are none."""

    metrics: Metrics | None
    problem: str = ""


class CalibrationScreen(Modal[None]):
    """Reliability diagram of a model, ECE, and stated against measured coverage and risk.

    :param info: the model in use.
    """

    PLACE = "calibration"
    CSS_PATH = "calibration.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("calibration")

    def __init__(self, info: RunInfo) -> None:
        super().__init__()
        self._info = info

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="panel"):
            yield CalibrationView(self._info.name)
            yield KeyBar(self.PLACE)

    def entitle(self) -> None:
        self.query_one("#box").border_title = _("calibration")

    def on_mount(self) -> None:
        bench = bench_of(self)
        engine, directory = bench.engine, self._info.directory
        fetch(
            "metrics",
            lambda: MetricsRead(engine.read_metrics(directory)),
            lambda problem: MetricsRead(None, problem),
            self.post_message,
            self.app.post_message,
        )

    def on_metrics_read(self, message: MetricsRead) -> None:
        self.query_one(CalibrationView).show(
            message.metrics, message.problem or _("this model was not tested")
        )

    def action_back(self) -> None:
        self.dismiss(None)
