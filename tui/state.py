"""State of the app: frozen values that screens watch and draw. Only the app replaces them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from namecls.data.layout import Columns
from namecls.language import _
from tui.drawing.story import Story

if TYPE_CHECKING:
    from namecls.config import TrainConfig
    from namecls.data.table import NameTable
    from namecls.events import Progress
    from namecls.files.locks import Holder
    from namecls.runs.listing import RunInfo
    from namecls.runs.record import DataRecord
    from namecls.search.experiment import Experiment
    from namecls.search.study import Study


#: A file about which nothing is said.
FOUND_OUT = Columns()


@dataclass(frozen=True, slots=True)
class DatasetState:
    """The file of names that Dataset shows and Train trains on.

    While another file is being read, or could not be, the table before it stays.
    """

    status: Literal["none", "reading", "ready", "failed"] = "none"
    path: Path | None = None  # the one asked for; None: the embedded dataset
    columns: Columns = FOUND_OUT  # how it was asked to be read
    table: NameTable | None = None
    problem: str = ""  # why it could not be read

    @property
    def ready(self) -> NameTable | None:
        """The table, if it is that of the file that was asked for: only then may something be started on it."""
        return self.table if self.status == "ready" else None

    @property
    def record(self) -> DataRecord:
        """The file that was asked for, as a command names it."""
        from namecls.runs.record import DataRecord

        return DataRecord(file="", path=self.path, columns=self.columns)


@dataclass(frozen=True, slots=True)
class ModelState:
    """The model that answers in Predict. While another one is being loaded, the one before it stays."""

    status: Literal["loading", "ready", "failed"] = "loading"
    path: Path | None = None  # the one asked for; None: the shipped model
    info: RunInfo | None = None
    labels: tuple[str, ...] = ()
    problem: str = ""
    priors: tuple[str, ...] = ()  # the other populations that it can answer for
    no_prior: str = ""  # why it can't answer for one of them; empty: it can

    @property
    def heading(self) -> str:
        """Its title; without a model, why there is none yet."""
        if self.info is None:
            return _("no model") if self.status == "failed" else _("loading the model")
        return self.title

    @property
    def title(self) -> str:
        """The model's name and test accuracy."""
        if self.info is None:
            return ""
        if self.info.accuracy is None:
            return _("{model} · not tested").format(model=self.info.name)
        return _("{model} · {accuracy:.1f} % test").format(
            model=self.info.name, accuracy=100 * self.info.accuracy
        )


@dataclass(frozen=True, slots=True)
class LiveRun:
    """The run of a comparison that is in work.

    :param validation: accuracy on the validation rows after each epoch.
    :param share: of its steps that are done, in 0..1.
    """

    network: str
    seed: int
    validation: tuple[float, ...] = ()
    share: float = 0.0


Phase = Literal["idle", "starting", "running", "paused", "stopping", "done", "failed"]


@dataclass(frozen=True, slots=True)
class WorkState:
    """A training or a search in progress."""

    phase: Phase = "idle"

    @property
    def busy(self) -> bool:
        """Whether it is running, and may be paused or stopped."""
        return self.phase in ("starting", "running", "paused", "stopping")

    def _sign(self, share: float, ascii_only: bool, *, still: bool) -> str:
        sign = ("=" if ascii_only else "‖") if still else ("*" if ascii_only else "●")
        return f"{sign} {share:.0%}".replace("%", " %")


@dataclass(frozen=True, slots=True)
class TrainingState(WorkState):
    """The one training there is, or was, or will be.

    idle -> starting -> running <-> paused -> stopping -> done | failed; only idle, done and failed let another
    one start.
    """

    config: TrainConfig | None = None
    story: Story = field(default_factory=Story)
    beat: int = 0  # grows with every event, so that a watcher sees a change
    problem: str = ""
    replay: bool = False  # an old run, read from its history
    directory: Path | None = None  # of the run, as soon as there is one
    holder: Holder | None = None  # the other process that does it; None: it is done here
    study: str = ""  # the search that it is a trial of: that alone trains it and tests it
    waiting: str = ""  # what it waits for: room on the disk
    handing_over: bool = False  # while it is stopping: to a process in the background
    diverged: bool = False  # it can't be resumed, only tested

    @property
    def is_ours(self) -> bool:
        """Whether it runs in this process, and ends with it."""
        return self.busy and self.holder is None

    @property
    def can_go_on(self) -> bool:
        """Whether it was interrupted and can be resumed."""
        return self._broken_off and not self.diverged

    @property
    def can_be_finished(self) -> bool:
        """Whether it can't be resumed, but its best epoch can be tested and saved."""
        return self._broken_off and self.diverged and self.story.best is not None

    @property
    def can_watch(self) -> bool:
        """Whether names may be watched from now on: it trains, or may go on."""
        return self.directory is not None and (self.busy or self.can_go_on)

    @property
    def _broken_off(self) -> bool:
        broken_off = self.phase in ("done", "failed") and self.story.finished is None
        return broken_off and self.directory is not None and not self.study

    def mark(self, ascii_only: bool = False) -> str:
        """What other screens say of it, in a few cells."""
        if self.phase == "idle" or self.replay:
            return ""
        if self.phase == "done":
            return _("interrupted") if self.can_go_on else _("diverged") if self.diverged else _("done")
        if self.phase == "failed":
            return _("failed")
        return self._sign(self.story.share, ascii_only, still=self.phase == "paused" or bool(self.waiting))


@dataclass(frozen=True, slots=True)
class TuningState(WorkState):
    """The one search that is shown. It runs in a process of its own.

    idle -> starting -> running <-> paused -> stopping -> done | failed
    """

    directory: Path | None = None  # of the study, as soon as there is one
    study: Study | None = None  # with the events of the running trial
    progress: Progress | None = None  # of the running trial
    holder: Holder | None = None  # the process that does it
    problem: str = ""

    @property
    def can_go_on(self) -> bool:
        """Whether it was interrupted and can be resumed."""
        broken_off = self.study is None or self.study.winner is None or self.study.in_work is not None
        return self.phase in ("done", "failed") and self.directory is not None and broken_off

    def won_since(self, before: TuningState) -> bool:
        """Whether the same search has come to its end meanwhile."""
        now, then = self.study, before.study
        if now is None or then is None or self.directory != before.directory:
            return False
        return now.winner is not None and then.winner is None

    @property
    def share(self) -> float:
        """Share of its budget or trials that is used, in 0..1."""
        study = self.study
        if study is None:
            return 0.0
        of_time = study.seconds / study.budget if study.budget else 0.0
        over = sum(trial.is_over for trial in study.trials)
        return min(max(of_time, over / study.most_trials if study.most_trials else 0.0), 1.0)

    def mark(self, ascii_only: bool = False) -> str:
        """What other screens say of it, in a few cells."""
        if not self.busy:
            return {"idle": "", "done": "" if self.can_go_on else _("done")}.get(self.phase, _("failed"))
        return self._sign(self.share, ascii_only, still=self.phase == "paused")


@dataclass(frozen=True, slots=True)
class ComparingState(WorkState):
    """The one comparison that is shown. It runs in a process of its own.

    idle -> starting -> running <-> paused -> stopping -> done | failed
    """

    directory: Path | None = None  # of the comparison, as soon as there is one
    experiment: Experiment | None = None
    live: LiveRun | None = None
    holder: Holder | None = None  # the process that does it
    problem: str = ""

    @property
    def can_go_on(self) -> bool:
        """Whether it was interrupted and can be resumed."""
        is_open = self.experiment is None or self.experiment.result is None
        return self.phase in ("done", "failed") and self.directory is not None and is_open

    def compared_since(self, before: ComparingState) -> bool:
        """Whether the same comparison has come to its end meanwhile."""
        now, then = self.experiment, before.experiment
        if now is None or then is None or self.directory != before.directory:
            return False
        return now.result is not None and then.result is None

    @property
    def share(self) -> float:
        """Share of its runs that is done, in 0..1."""
        if self.experiment is None:
            return 0.0
        runs = len(self.experiment.networks) * len(self.experiment.seeds)
        done = len(self.experiment.measured) + (self.live.share if self.live is not None else 0.0)
        return 1.0 if self.experiment.result is not None else min(done / runs, 1.0)

    def mark(self, ascii_only: bool = False) -> str:
        """What other screens say of it, in a few cells."""
        return self._sign(self.share, ascii_only, still=self.phase == "paused") if self.busy else ""
