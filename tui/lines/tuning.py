"""Tune without a screen: a hyperparameter search in a process of its own, and its trials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.command_line import train_command, tune_command
from namecls.config import SETTINGS
from namecls.language import N_, _, ngettext
from namecls.runs.run import WEIGHTS
from namecls.search.budget import show_budget
from namecls.search.space import SPACE
from namecls.search.study import Study, Trial
from namecls.settings import value_text
from tui.drawing.figures import clock
from tui.drawing.trial_words import changes_of, measure_of, shown_share, state_of
from tui.engine.live import LiveStudy
from tui.forms.advice import told_of
from tui.forms.search import (
    CHOICES,
    DOES,
    FIRST_TEXTS,
    SEARCHES,
    TITLES,
    Wanted,
    counted,
    read_form,
    texts_of,
)
from tui.lines.following import Following
from tui.lines.house import House
from tui.lines.place import Command, number_of
from tui.lines.speaking import entry, full, series
from tui.lines.training import Train
from tui.lines.work import Work
from tui.state import TuningState

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from namecls.files.locks import Holder

_TRIALS = 10  # that are listed if nothing is said


class Tune(Work):
    """The settings of a search, its start, and the searches that there are.

    :param train: takes the settings of a trial.
    """

    title = N_("Tune")
    OUTLOOK = N_("what the search will do, and the command for it")
    START = N_("start the search")
    LIST = ("searches", N_("list the searches"))
    SHOW = N_("the trials of a search, by number or name; a running one is followed")
    RESUME = N_("resume an interrupted search, by number or name")
    STARTING = N_("Starting a search on {data}.")
    NONE_YET = N_("There are no searches yet; go starts one.")
    NO_SUCH = N_("There is no search {name}.")
    DONE = N_("{name} is done; show tells its trials.")

    def __init__(self, house: House, train: Train) -> None:
        super().__init__(house, FIRST_TEXTS | texts_of(FIRST_TEXTS["preset"]))
        self._train = train
        self.commands += [
            Command(
                "trials",
                N_("list the trials of the search, the best first; a number says how many"),
                self.trials,
            ),
            Command("trial", N_("a trial, by its number: settings, figures, the command for it"), self.trial),
            Command("curves", N_("a trial epoch by epoch, by its number"), self.curves),
            Command("train", N_("put the settings of a trial into Train; nothing: of the best"), self.train),
            Command("use", N_("answer with the model of a trial; nothing: of the best"), self.use),
        ]

    @property
    def lines(self) -> Sequence[str]:
        return [name for name in TITLES if name != "preset"]

    def title_of(self, name: str) -> str:
        return _(TITLES[name])

    def about(self, name: str) -> str:
        return told_of(SETTINGS[name]) if name in SPACE else ""

    def choices_of(self, name: str) -> Sequence[str]:
        return CHOICES.get(name, ())

    def read(self, texts: Mapping[str, str]) -> tuple[Wanted | None, dict[str, str]]:
        return read_form(texts)

    def texts_of(self, preset: str) -> Mapping[str, str]:
        return texts_of(preset)

    def outlook(self, _rest: str) -> None:
        wanted: Wanted | None = self.wanted()
        if wanted is None:
            return
        budget = show_budget(wanted.budget)
        self.speaker.say(_(DOES).format(budget=budget, data=self.house.table().title))
        self.speaker.say(_(SEARCHES).format(settings=counted(wanted)))
        places = self.record, self.house.save_dir, self.house.edits_file()
        command = tune_command(wanted.base, wanted.texts, wanted.objective, budget, *places)
        self.speaker.say(_("The command for it: {command}").format(command=command))

    def all(self) -> list[tuple[Study, Holder | None]]:
        return self.house.engine.list_studies(self.house.save_dir)

    def line(self, work: Study, holder: Holder | None) -> str:
        state = _("running") if holder is not None else _("interrupted") if is_open(work) else _("done")
        told = [work.name, state]
        if work.best is not None:
            told.append(f"{measure_of(work.objective)} {shown_share(work.best.figure)}")
        trials = ngettext("{n} trial", "{n} trials", len(work.trials)).format(n=len(work.trials))
        return full(series([*told, trials, work.data.file]))

    def is_open(self, work: Study) -> bool:
        return is_open(work)

    def create(self, wanted: Wanted, table: NameTable) -> Study:
        return Study.open(self.house.engine.create_study(self.house.save_dir, wanted, table))

    def begin(self, directory: Path) -> None:
        self.house.engine.start_search(directory)

    def follow(self, work: Study) -> Study:
        following = Searching(self.house, work.directory)
        following.run()
        return following.search.study

    def tell(self) -> None:
        self.trials("")

    # -- trials --

    def trials(self, rest: str) -> None:
        if (study := self._meant()) is not None:
            self.speaker.say(*told_trials(study, number_of(rest, len(study.trials)) or _TRIALS))

    def _meant(self) -> Study | None:
        study: Study | None = self.newest()
        if study is None or not study.trials:
            self.speaker.say(_("There are no trials yet."))
            return None
        return study

    def _of_trial(self, act: Callable[[Study, Trial], None], rest: str) -> None:
        """Do something with a trial that is meant by its number; by nothing, the best."""
        if (study := self._meant()) is None:
            return
        number = number_of(rest, len(study.trials)) if rest else None
        trial = study.trials[number - 1] if number is not None else None if rest else study.best
        if trial is None:
            self.speaker.say(
                _("There is no trial {number}.").format(number=rest)
                if rest
                else _("No trial has a figure yet.")
            )
        else:
            act(study, trial)

    def trial(self, rest: str) -> None:
        self._of_trial(self._tell, rest)

    def _tell(self, study: Study, trial: Trial) -> None:
        self.speaker.say(f"{trial.run}: {told_trial(study, trial)}")
        if trial.problem:
            self.speaker.say(trial.problem)
        figures = _("Validation accuracy {accuracy}, macro-F1 {macro_f1}, best epoch {epoch}.")
        shares = {"accuracy": shown_share(trial.accuracy), "macro_f1": shown_share(trial.macro_f1)}
        self.speaker.say(figures.format(epoch=trial.best_epoch or "-", **shares))
        self.speaker.say(
            *(entry(_(SETTINGS[name].title), value_text(value)) for name, value in trial.settings.items())
        )
        command = train_command(study.config_of(trial), study.data, study.save_dir, edits=study.edits_file)
        self.speaker.say(_("The command for it: {command}").format(command=command))

    def curves(self, rest: str) -> None:
        self._of_trial(self._tell_epochs, rest)

    def _tell_epochs(self, study: Study, trial: Trial) -> None:
        if not trial.figures:
            self.speaker.say(_("No epoch of it is over."))
        for epoch, figure in enumerate(trial.figures, 1):
            told = _("After epoch {epoch} validation {measure} {figure}.")
            values = {"measure": measure_of(study.objective), "figure": shown_share(figure)}
            self.speaker.say(told.format(epoch=epoch, **values))

    def train(self, rest: str) -> None:
        self._of_trial(self._take, rest)

    def _take(self, study: Study, trial: Trial) -> None:
        self._train.set(study.config_of(trial))
        self.speaker.say(_("Train has the settings of trial {number}.").format(number=trial.number))

    def use(self, rest: str) -> None:
        self._of_trial(self._use, rest)

    def _use(self, study: Study, trial: Trial) -> None:
        directory = study.save_dir / trial.run
        if not trial.best_epoch or not (directory / WEIGHTS).is_file():
            self.speaker.say(_("Trial {number} has no model.").format(number=trial.number))
            return
        self.house.use(directory)
        self.speaker.say(_("From now on {name} answers.").format(name=trial.run))


class Searching(Following):
    """A search of another process, told trial by trial."""

    title = N_("Search")
    STOPS = N_("It stops; then the best trial is tested.")
    STOP_HELP = N_("stop it and test the best trial; ctrl+c does the same")
    DETACHED = N_("The search continues in the background; searches, in Tune, lists it.")

    def __init__(self, house: House, directory: Path) -> None:
        super().__init__(house, directory)
        self.search = LiveStudy(directory)
        self._over = {trial.number for trial in self.search.study.trials if trial.is_over}
        trials = Command(
            "trials",
            N_("list the trials of the search, the best first; a number says how many"),
            self._trials,
        )
        self.commands.insert(1, trials)

    def listen(self) -> bool:
        study = self.search.look()
        for trial in study.trials:
            if trial.is_over and trial.number not in self._over:
                self._over.add(trial.number)
                told = _("Trial {number}: {what}")
                self.speaker.say(told.format(number=trial.number, what=told_trial(study, trial)))
        return not is_open(study)

    def _trials(self, rest: str) -> None:
        study = self.search.study
        self.speaker.say(*told_trials(study, number_of(rest, len(study.trials)) or _TRIALS, busy=True))

    def progress(self) -> str:
        study, trial, at = self.search.study, self.search.study.in_work, self.search.progress
        if trial is None:
            told = _("It is between two trials.")
        elif at is None:
            told = _("Trial {number} has not made its first report.").format(number=trial.number)
        else:
            told = _("Trial {number} is in epoch {epoch} of {epochs}, {share} of it done.").format(
                number=trial.number,
                epoch=at.epoch,
                epochs=trial.epochs,
                share=f"{100 * at.step / max(at.steps, 1):.0f} %",
            )
        used = _("{share} of the budget is used.").format(
            share=f"{100 * TuningState(study=study).share:.0f} %"
        )
        return " ".join(filter(None, (told, used, best_of(study))))

    def conclude(self) -> None:
        study, won = self.search.study, self.search.study.winner
        if won is None:
            return
        told = ngettext(
            "The search is done after {n} trial.", "The search is done after {n} trials.", len(study.trials)
        )
        self.speaker.say(told.format(n=len(study.trials)), best_of(study))
        told = _(
            "Trial {number} on {rows:,} test rows: accuracy {accuracy}, macro-F1 {macro_f1}, top-3 {top_3}."
        )
        shares = {"accuracy": won.accuracy, "macro_f1": won.macro_f1, "top_3": won.top_3}
        shown = {name: shown_share(value) for name, value in shares.items()}
        self.speaker.say(told.format(number=won.trial, rows=won.rows, **shown))
        self.speaker.say(_("train puts its settings into Train; use has its model answer."))


def is_open(study: Study) -> bool:
    """Whether a search can go on."""
    return TuningState("done", directory=study.directory, study=study).can_go_on


def best_of(study: Study) -> str:
    """The best figure so far, beside that of the preset, in a sentence; empty: there is none."""
    if (best := study.best) is None:
        return ""
    measure = measure_of(study.objective)
    values = {"measure": measure, "figure": shown_share(best.figure), "number": best.number}
    if best.number == 1:
        return _("The best validation {measure} is {figure}, of trial {number}.").format(**values)
    told = _("The best validation {measure} is {figure}, of trial {number}; the preset {preset} has {first}.")
    return told.format(preset=study.base.preset, first=shown_share(study.trials[0].figure), **values)


def told_trials(study: Study, most: int, *, busy: bool = False) -> list[str]:
    """The first trials, the best first, each with its number; and how many are left out."""
    told = [f"{trial.number}. {told_trial(study, trial, busy=busy)}" for trial in study.ranked[:most]]
    if others := len(study.trials) - len(told):
        left = ngettext(
            "{n} more trial; a number behind trials says how many are listed.",
            "{n} more trials; a number behind trials says how many are listed.",
            others,
        )
        told.append(left.format(n=others))
    return told


def told_trial(study: Study, trial: Trial, *, busy: bool = False) -> str:
    """A trial in a sentence.

    :param busy: whether a process works on the search.
    """
    told = _("{state}, validation {measure} {figure}, {epochs} of {most} epochs, {time}; {settings}.")
    return told.format(
        state=state_of(trial, busy=busy),
        measure=measure_of(study.objective),
        figure=shown_share(trial.figure),
        epochs=len(trial.figures),
        most=trial.epochs,
        time=clock(trial.seconds),
        settings=changes_of(trial, study.trials[0].settings).replace("  ", _(", ")),
    )
