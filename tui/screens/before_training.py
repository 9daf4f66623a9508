"""Train before a training: the form, what it asks of the engine, and what will happen."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from textual.content import Content

from namecls.language import _
from namecls.text import safe
from namecls.wide import in_a_row
from tui.engine.listing import origins_soon
from tui.engine.messages import NetworkRead, OriginsFound, Planned
from tui.engine.threads import fetch, spawn
from tui.engine.unfinished import Unfinished
from tui.screens.base import Place
from tui.state import DatasetState
from tui.widgets.plan_view import Outlook, PlanView
from tui.widgets.retold import Told
from tui.widgets.training_form import TrainingForm


class BeforeTraining(Place):
    """A screen with a `TrainingForm`, a `PlanView` and an offer above them, which starts a training."""

    def __init__(self) -> None:
        super().__init__()
        self._planned: Planned | None = None
        self._origins: threading.Thread | None = None

    def show_dataset(self, dataset: DatasetState) -> None:
        form = self.query_one(TrainingForm)
        name = str(dataset.path) if dataset.path is not None else ""
        form.show_data(name, dataset.problem if dataset.status == "failed" else "")
        self._planned = None
        self.ask_plan()
        self.refresh_header()
        self.refresh_bindings()

    def on_form_changed(self, _event: TrainingForm.Changed) -> None:
        if texts := self.query_one(TrainingForm).texts:
            self.bench.remembered.keep(form=texts)
        self.ask_plan()
        self.refresh_bindings()

    def on_form_data_asked(self, event: TrainingForm.DataAsked) -> None:
        path = None if event.path == Path() else event.path
        if path != self.bench.dataset.path or self.bench.dataset.status == "failed":
            self.bench.open_dataset(path)

    def on_training_form_preset_asked(self, event: TrainingForm.PresetAsked) -> None:
        from tui.screens.confirming import PresetScreen

        def answered(choice: str | None) -> None:
            if choice is not None:
                self.query_one(TrainingForm).use_preset(event.preset, keep=choice == "keep")

        self.app.push_screen(
            PresetScreen(event.preset, tuple(setting.title for setting in event.changed)), answered
        )

    def look_for_origins(self) -> None:
        engine, save_dir = self.bench.engine, self.bench.save_dir

        def look() -> None:
            for titles in origins_soon(engine, save_dir):
                self.post_message(OriginsFound(titles))

        if self._origins is None or not self._origins.is_alive():
            self._origins = spawn("origins", look, self.app.post_message)

    def on_origins_found(self, message: OriginsFound) -> None:
        self.query_one(TrainingForm).offer_origins(message.titles)

    def on_training_form_origin_asked(self, event: TrainingForm.OriginAsked) -> None:
        engine, model = self.bench.engine, event.init_from
        fetch(
            "network",
            lambda: NetworkRead(model, engine.read_network(model)),
            lambda problem: NetworkRead(model, None, problem),
            self.post_message,
            self.app.post_message,
        )

    def on_network_read(self, message: NetworkRead) -> None:
        self.query_one(TrainingForm).show_network(message.init_from, message.network, message.problem)

    def ask_plan(self) -> None:
        config, table = self.query_one(TrainingForm).config, self.bench.dataset.ready
        if config is not None and table is not None and self.bench.training.phase == "idle":
            self.bench.trainings.plans.ask(config, table, self.bench.edits, self.post_message)
        self._draw_plan()

    def on_planned(self, planned: Planned) -> None:
        if planned.config == self.query_one(TrainingForm).config:
            self._planned = planned
            self._draw_plan()

    def _draw_plan(self) -> None:
        config, planned = self.query_one(TrainingForm).config, self._planned
        fits = planned is not None and planned.config == config
        self.query_one(PlanView).show(
            Outlook(
                dataset=self.bench.dataset,
                config=config,
                plan=planned.plan if planned is not None and fits else None,
                problem=planned.problem if planned is not None and fits else "",
                save_dir=self.bench.save_dir,
                watched=self.query_one(TrainingForm).watched,
                edits=self.bench.edits,
            )
        )

    def show_unfinished(self, unfinished: tuple[Unfinished, ...]) -> None:
        """Say above the form that a training can be resumed."""
        self.set_class(bool(unfinished), "-unfinished")
        if unfinished:
            first, others = unfinished[0], len(unfinished) - 1

            def told() -> Content:
                more = _("{n} more.").format(n=others) if others else ""
                text = " " + in_a_row(first.sentence(time.time()), more, _("F8 lists all."))
                return Content.styled(safe(text, 300), "$warning")

            self.query_one("#offer", Told).tell(told)

    @property
    def can_start(self) -> bool:
        return (
            self.bench.training.phase == "idle"
            and self.bench.dataset.ready is not None
            and not self.query_one(TrainingForm).problems
        )

    def action_start(self) -> None:
        form = self.query_one(TrainingForm)
        form.catch_up()
        table = self.bench.dataset.ready
        if (path := form.asked_data) is not None:
            form.post_message(TrainingForm.DataAsked(path))
        elif form.problems:
            self.say(
                _("Fix the highlighted field: {problem}").format(problem=form.show_problem()), problem=True
            )
        elif form.config is not None and table is not None and self.can_start:
            self.bench.trainings.start(form.config, table, form.watched, self.bench.edits)

    action_show_problem = action_start
