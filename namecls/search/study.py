"""A search on disk: a directory beside the runs that are its trials.

    save_model/<study>/
      edits.jsonl        the edits of the data, if there are any
      study.jsonl        a line for what is searched in what, for each trial that began, and for its result
      lock.json          the process that holds it
      control            what is wanted of that process: pause, resume, stop
    save_model/<study>-001/ ...   the trials: runs like any other

Lines are only added, each whole or not at all. A trial without a result is in work, or was when its process died:
its results so far are in the history of its run.
"""

from __future__ import annotations

import dataclasses
import datetime
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from namecls.config import TrainConfig
from namecls.errors import ConfigError, RunError, shown
from namecls.events import EpochEnd
from namecls.files.opening import open_plain, size_of
from namecls.files.storage import append_line, cut_file, sync_file
from namecls.files.strict_json import MOST_JSON, parse_json
from namecls.language import _, english
from namecls.runs.record import DataRecord, EditsRecord
from namecls.runs.run import EDITS, check_name
from namecls.search.budget import LONGEST
from namecls.search.space import Settings, Space, Value, space_of
from namecls.system import reason_of
from namecls.text import json_text
from namecls.training.kept_edits import edits_record, keep_edits

if TYPE_CHECKING:
    from namecls.data.table import NameTable

STUDY = "study.jsonl"
FORMAT = 1
MOST_TRIALS = 10_000

#: Metrics of the validation rows that a search maximises.
OBJECTIVES = ("accuracy", "macro-f1")

RUNNING, COMPLETED, PRUNED, CUT, FAILED = "running", "completed", "pruned", "cut short", "failed"
_STATUSES = (COMPLETED, PRUNED, CUT, FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One trial: its settings, status and results. All figures are of the validation rows."""

    number: int  # from 1
    run: str
    settings: Settings
    epochs: int  # that it is to have at most
    status: str = RUNNING  # completed; pruned: behind the others; cut short; failed: see `problem`
    figures: tuple[float, ...] = ()  # the objective after each epoch
    best_epoch: int = 0  # whose weights are kept; 0: none was over
    accuracy: float | None = None  # of these weights
    macro_f1: float | None = None
    seconds: float = 0.0
    problem: str = ""

    @property
    def figure(self) -> float | None:
        """The objective of the weights that are kept."""
        return self.figures[self.best_epoch - 1] if self.best_epoch else None

    @property
    def progress(self) -> float:
        """The share of its epochs that it had, in 0..1."""
        return min(len(self.figures) / self.epochs, 1.0)

    @property
    def is_over(self) -> bool:
        return self.status != RUNNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Winner:
    """The best trial on the validation rows, and its test metrics: the only test of the search."""

    trial: int
    accuracy: float
    macro_f1: float
    top_3: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A hyperparameter search: space, objective, budget, and the trials so far."""

    directory: Path
    base: TrainConfig  # the settings that the search starts from; those outside of the space stay
    space: Space
    objective: str = "accuracy"
    budget: float | None = None  # seconds; None: no end but by `most_trials`
    most_trials: int | None = None
    data: DataRecord  # so that it can be read again: `protocol.file_record`
    edits: EditsRecord | None = None  # of the data, kept beside it
    created: str = ""
    trials: tuple[Trial, ...] = ()
    winner: Winner | None = None

    @property
    def name(self) -> str:
        return self.directory.name

    @property
    def save_dir(self) -> Path:
        """Where the runs of the trials are."""
        return self.directory.parent

    @property
    def edits_file(self) -> Path | None:
        """Where its edits are kept; None: there are none."""
        return self.directory / EDITS if self.edits is not None else None

    @property
    def seconds(self) -> float:
        """What the trials that are over have taken of the budget."""
        return sum(trial.seconds for trial in self.trials)

    @property
    def ranked(self) -> tuple[Trial, ...]:
        """All trials, the best first, those without a figure last."""
        return tuple(sorted(self.trials, key=lambda t: (t.figure is None, -(t.figure or 0.0), t.number)))

    @property
    def best(self) -> Trial | None:
        """The trial that is best so far."""
        return next((trial for trial in self.ranked if trial.figure is not None), None)

    @property
    def in_work(self) -> Trial | None:
        """The running trial, or the one that was running when its process ended."""
        return self.trials[-1] if self.trials and not self.trials[-1].is_over else None

    def config_of(self, trial: Trial) -> TrainConfig:
        """The settings of a trial's training."""
        return self.base.changed(trial.settings)

    def with_trial(self, trial: Trial) -> Study:
        """The same study with what is newer of a trial."""
        at = trial.number - 1
        return replace(self, trials=(*self.trials[:at], trial, *self.trials[at + 1 :]))

    # -- on disk --

    @classmethod
    def create(
        cls,
        save_dir: str | os.PathLike[str],
        base: TrainConfig,
        space: Space,
        *,
        name: str | None = None,
        objective: str = "accuracy",
        budget: float | None = None,
        most_trials: int | None = None,
        data: DataRecord,
        edits_of: NameTable | None = None,
    ) -> Study:
        """A new study without trials.

        :param name: None for one made of the time.
        :param data: the record of the file that is trained on, as `protocol.file_record` makes it.
        :param edits_of: its table, whose edits are kept.
        :raises ConfigError: if there is nothing to search, or no such objective.
        :raises RunError: if something has that name already, or can't be made.
        """
        check_study(space, objective, budget, most_trials)
        parent = Path(save_dir)
        wanted = check_name(name or f"tune-{datetime.datetime.now():%Y%m%d-%H%M%S}")
        study = cls(
            directory=parent / wanted,
            base=base,
            space=space,
            objective=objective,
            budget=budget,
            most_trials=most_trials,
            data=data,
            edits=edits_record(edits_of) if edits_of is not None else None,
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        )
        try:
            parent.mkdir(parents=True, exist_ok=True)
            study.directory.mkdir()
        except FileExistsError:
            raise RunError(
                _("{directory} is there already: choose another name, or resume it").format(
                    directory=study.directory
                )
            ) from None
        except OSError as error:
            raise RunError(
                _("{directory}: could not be made: {reason}").format(
                    directory=study.directory, reason=reason_of(error)
                )
            ) from error
        if edits_of is not None:
            keep_edits(study.directory, edits_of)
        study._append(
            {
                "event": "study",
                "format": FORMAT,
                "created": study.created,
                "data": {**data.to_json(), "path": None if data.path is None else str(data.path)},
                "edits": dataclasses.asdict(study.edits) if study.edits else None,
                "objective": objective,
                "budget": budget,
                "trials": most_trials,
                "space": {each: str(dimension) for each, dimension in space.items()},
                "base": base.to_json(),
            }
        )
        return study

    @classmethod
    def open(cls, directory: str | os.PathLike[str]) -> Study:
        """A study that exists.

        :raises RunError: if it does not, or what stands there is none.
        """
        path = Path(directory) / STUDY
        if not os.path.isfile(path):  # noqa: PTH113 - false, where `is_file` raises
            raise RunError(
                _("{directory}: expected the directory of a study with {study} in it, found none").format(
                    directory=directory, study=STUDY
                )
            )
        study: Study | None = None
        for number, line in enumerate(_lines(path), 1):
            try:
                values = parse_json(line)
                study = _first(Path(directory), values) if study is None else _told(study, values)
            except (KeyError, TypeError, ValueError, AttributeError, ConfigError, RunError) as error:
                raise RunError(
                    _("{path}, line {number}: expected a line of a study: {error}").format(
                        path=path, number=number, error=error
                    )
                ) from error
        if study is None:
            raise RunError(_("{path}: expected a study, found nothing").format(path=path))
        return study

    def mend(self) -> None:
        """Cut off a last line that a dead process did not write to its end. Only for who holds the study."""
        path = self.directory / STUDY
        whole = sum(map(len, _lines(path)))
        if whole < path.stat().st_size:
            cut_file(path, whole)

    def extended(self, budget: float | None, most_trials: int | None) -> Study:
        """The same study with another end, written down."""
        check_study(self.space, self.objective, budget, most_trials)
        self._append({"event": "budget", "budget": budget, "trials": most_trials})
        return replace(self, budget=budget, most_trials=most_trials)

    def begun(self, trial: Trial) -> Study:
        """With one trial more, written down."""
        self._append(
            {"event": "trial", "trial": trial.number, "run": trial.run, "settings": dict(trial.settings)}
        )
        return self.with_trial(trial)

    def ended(self, trial: Trial) -> Study:
        """Add the result of a trial, and write it to the file."""
        values = dataclasses.asdict(trial)
        values.pop("number"), values.pop("run")
        self._append({"event": "result", "trial": trial.number, "figure": trial.figure, **values})
        return self.with_trial(trial)

    def won(self, winner: Winner) -> Study:
        """With its winner, written down."""
        self._append({"event": "winner", **dataclasses.asdict(winner)})
        return replace(self, winner=winner)

    def _append(self, values: Mapping[str, Any]) -> None:
        append_line(self.directory / STUDY, json_text(english(values)))
        sync_file(self.directory / STUDY)


def after_epoch(trial: Trial, event: EpochEnd, objective: str) -> Trial:
    """The trial with one epoch more, or with the same one told again."""
    figure = event.valid_accuracy if objective == "accuracy" else event.valid_macro_f1
    told = replace(trial, figures=(*trial.figures[: event.epoch - 1], figure), seconds=event.elapsed)
    if not event.best:
        return told
    return replace(told, best_epoch=event.epoch, accuracy=event.valid_accuracy, macro_f1=event.valid_macro_f1)


def list_studies(save_dir: str | os.PathLike[str]) -> list[Study]:
    """The studies in a directory that can be read, newest first."""
    found = []
    try:
        places = [entry for entry in Path(save_dir).iterdir() if os.path.lexists(entry / STUDY)]
    except OSError:
        return []
    for place in places:
        try:
            found.append(Study.open(place))
        except RunError:
            continue
    return sorted(found, key=lambda study: (study.created, study.name), reverse=True)


def check_study(space: Space, objective: str, budget: float | None, most_trials: int | None) -> None:
    """See that a search has something to try, and an end.

    :raises ConfigError: if it has not.
    """
    if not space:
        raise ConfigError(_("there is nothing to search: name a setting"))
    if objective not in OBJECTIVES:
        raise ConfigError(
            _("objective must be one of {objectives}, was: {objective}").format(
                objectives=_(", ").join(OBJECTIVES), objective=shown(objective)
            )
        )
    if budget is None and most_trials is None:
        raise ConfigError(_("a search needs an end: a budget, or a number of trials"))
    if budget is not None and not 0 < budget <= LONGEST:
        raise ConfigError(
            _("a budget must be a time above 0 and at most a year, was: {budget}").format(
                budget=shown(budget)
            )
        )
    if most_trials is not None and not 1 <= most_trials <= MOST_TRIALS:
        raise ConfigError(
            _("trials must be a whole number from 1 to {most:,}, was: {trials}").format(
                most=MOST_TRIALS, trials=shown(most_trials)
            )
        )


def _lines(path: Path) -> Iterator[bytes]:
    """The lines that were written to their end."""
    try:
        with open_plain(path) as file:
            if size_of(file) > MOST_JSON:
                raise RunError(
                    _("{path}: expected at most {most_json:,} bytes, found {size_of:,}").format(
                        path=path, most_json=MOST_JSON, size_of=size_of(file)
                    )
                )
            yield from (
                line for line in file.read(MOST_JSON).splitlines(keepends=True) if line.endswith(b"\n")
            )
    except OSError as error:
        raise RunError(
            _("{path}: could not be read: {reason}").format(path=path, reason=reason_of(error))
        ) from error


def _first(directory: Path, values: Any) -> Study:
    if values["event"] != "study" or values["format"] != FORMAT:
        raise ValueError(f"expected a study of the format {FORMAT}, found {shown(values)}")
    base = TrainConfig.from_json(values["base"])
    study = Study(
        directory=directory,
        base=base,
        space=space_of(values["space"], base),
        objective=values["objective"],
        budget=_number(values["budget"]),
        most_trials=_count(values["trials"]),
        data=DataRecord.from_json(values["data"]),
        edits=EditsRecord.from_json(edits) if (edits := values.get("edits")) is not None else None,
        created=str(values["created"]),
    )
    check_study(study.space, study.objective, study.budget, study.most_trials)
    return study


def _told(study: Study, values: Any) -> Study:
    """The study after one more line."""
    event = values["event"]
    if event == "budget":
        budget, most_trials = _number(values["budget"]), _count(values["trials"])
        check_study(study.space, study.objective, budget, most_trials)
        return replace(study, budget=budget, most_trials=most_trials)
    if event == "winner":
        shares = {name: _share(values[name]) for name in ("accuracy", "macro_f1", "top_3")}
        tested = _trial(study, values["trial"]).number
        return replace(study, winner=Winner(trial=tested, rows=_count(values["rows"]) or 0, **shares))
    if event == "trial":
        number = _count(values["trial"]) or 0
        if number != len(study.trials) + 1 or number > MOST_TRIALS:
            raise ValueError(f"expected trial {len(study.trials) + 1}, found {shown(number)}")
        settings: dict[str, Value] = dict(values["settings"])
        trial = Trial(number=number, run=check_name(values["run"]), settings=settings, epochs=1)
        return study.with_trial(replace(trial, epochs=study.config_of(trial).epochs))
    if event != "result":
        raise ValueError(f"expected a trial or its result, found {shown(event)}")
    if values["status"] not in _STATUSES:
        raise ValueError(f"expected a status of {', '.join(_STATUSES)}, found {shown(values['status'])}")
    figures = tuple(map(_share, values["figures"]))
    best = _count(values["best_epoch"]) or 0
    if best > len(figures):
        raise ValueError(f"expected one of {len(figures)} epochs, found {best}")
    return study.with_trial(
        replace(
            _trial(study, values["trial"]),
            status=values["status"],
            figures=figures,
            best_epoch=best,
            accuracy=_share(values["accuracy"]) if best else None,
            macro_f1=_share(values["macro_f1"]) if best else None,
            seconds=_number(values["seconds"]) or 0.0,
            problem=str(values["problem"]),
        )
    )


def _trial(study: Study, number: Any) -> Trial:
    count = _count(number) or 0
    if not 1 <= count <= len(study.trials):
        raise ValueError(f"expected one of {len(study.trials)} trials, found {shown(number)}")
    return study.trials[count - 1]


def _count(value: Any) -> int | None:
    if value is not None and (type(value) is not int or not 0 <= value < 2**53):
        raise TypeError(f"expected a whole number, found {shown(value)}")
    return value


def _number(value: Any) -> float | None:
    if value is not None and (type(value) not in (int, float) or not 0 <= value <= 1e12):
        raise TypeError(f"expected a number, found {shown(value)}")
    return None if value is None else float(value)


def _share(value: Any) -> float:
    number = _number(value)
    if number is None or number > 1 + 1e-6:
        raise TypeError(f"expected a share in 0..1, found {shown(value)}")
    return number
