"""What screens and widgets may ask of the app, and how they reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from textual.dom import DOMNode

    from namecls.data.layout import Columns
    from tui.engine.editing import EditState
    from tui.engine.threads import Post
    from tui.engine.unfinished import Unfinished
    from tui.engine.values import Question
    from tui.engine.wanted import Engine
    from tui.jobs.comparisons import Comparisons
    from tui.jobs.discarding import Discarding
    from tui.jobs.mending import Mending
    from tui.jobs.searches import Searches
    from tui.jobs.trainings import Trainings
    from tui.memory import Remembered
    from tui.state import ComparingState, DatasetState, ModelState, TrainingState, TuningState


class Workbench(Protocol):
    """The app, as its screens see it."""

    engine: Engine
    save_dir: Path
    ascii_only: bool
    low_bandwidth: bool
    quiet: bool
    trainings: Trainings
    searches: Searches
    mending: Mending
    remembered: Remembered
    comparisons: Comparisons
    discarding: Discarding
    subject: str
    population: str

    # The values that screens watch.
    @property
    def dataset(self) -> DatasetState: ...
    @property
    def model(self) -> ModelState: ...
    @property
    def training(self) -> TrainingState: ...
    @property
    def tuning(self) -> TuningState: ...
    @property
    def comparing(self) -> ComparingState: ...
    @property
    def unfinished(self) -> tuple[Unfinished, ...]: ...

    def say(self, text: str, *, problem: bool = False) -> None: ...
    async def action_go(self, mode: str) -> None: ...

    def need_dataset(self) -> None: ...
    def open_dataset(self, path: Path | None, columns: Columns = ...) -> None: ...
    def show_name(self, name: str) -> None: ...

    @property
    def edits(self) -> EditState: ...

    def use_model(self, path: Path | None) -> None: ...
    def action_choose_model(self) -> None: ...
    def ask(self, text: str, k: int, coverage: float, post: Post, prior: str = ...) -> None: ...
    def ask_all(self, texts: Sequence[str], coverage: float, post: Post, prior: str = ...) -> None: ...
    def explain(self, asked: Question, post: Post) -> None: ...


def bench_of(node: DOMNode) -> Workbench:
    """The app that a screen or a widget is part of."""
    return cast("Workbench", node.app)
