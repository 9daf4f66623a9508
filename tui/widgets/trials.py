"""Progress and trials of a search, and details of the trial under the cursor."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from rich.text import Text

from namecls.command_line import train_command
from namecls.config import option_of, settings_text
from namecls.search.space import Settings
from namecls.search.study import FAILED, Study, Trial, show_budget
from namecls.settings import value_text
from namecls.text import safe
from tui.drawing.cells import cut, percent
from tui.drawing.palette import Palette
from tui.state import TuningState
from tui.widgets.drawn import Drawn
from tui.widgets.lists import CursorList


def shown_share(value: float | None) -> str:
    """``82.3 %``, or a dash."""
    return "-" if value is None else percent(value).strip()


class SearchLine(Drawn):
    """Used budget and running trial; after the end, the test of the best trial."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._tuning = TuningState()

    def show(self, tuning: TuningState) -> None:
        self._tuning = tuning
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        tuning, study = self._tuning, self._tuning.study
        if tuning.phase == "failed":
            problem = Text(safe(tuning.problem, 400), style=palette.bad)
            return [Text(" ").append_text(line) for line in problem.wrap(self.app.console, width - 2)]
        if study is None:
            return [Text(" getting ready ...", style=palette.muted)]
        return [self._bar(study, width, palette), self._word(study, palette), _standing(study, palette)]

    def _bar(self, study: Study, width: int, palette: Palette) -> Text:
        used = show_budget(study.seconds)
        left = Text(f" {used}", style=f"bold {palette.text}")
        if study.budget is not None:
            left.append(f" of {show_budget(study.budget)}", style=palette.muted)
        over = sum(trial.is_over for trial in study.trials)
        of = f" of {study.most_trials}" if study.most_trials is not None else ""
        trials = f"{over}{of} {'trial' if over == 1 and not of else 'trials'}"
        right = Text(f"  {trials}  {self._tuning.share:4.0%} ".replace("%", " %"), style=palette.text)
        room = max(width - left.cell_len - right.cell_len - 2, 4)
        done = round(room * self._tuning.share)
        full, empty = ("#", "-") if self.ascii_only else ("━", "─")
        left.append("  " + full * done, style=palette.accent)
        left.append(empty * (room - done), style=palette.faint)
        return left.append_text(right)

    def _word(self, study: Study, palette: Palette) -> Text:
        tuning, trial, won = self._tuning, study.in_work, study.winner
        line = Text(" ", no_wrap=True)
        if tuning.phase == "starting":
            line.append("getting ready ...", style=palette.muted)
        elif tuning.phase == "paused":
            line.append("paused; space resumes", style=palette.warning)
        elif tuning.phase == "stopping":
            line.append("stopping; then the best trial is tested", style=palette.accent)
        elif tuning.busy and trial is not None:
            progress = tuning.progress
            line.append(f"trial {trial.number}", style=palette.accent)
            if progress is not None:
                share = f"{progress.step / max(progress.steps, 1):.0%}".replace("%", " %")
                line.append(f"  epoch {progress.epoch} of {trial.epochs}, {share}", style=palette.text)
            if tuning.holder is not None:
                line.append(f"  process {tuning.holder.pid}; quitting does not stop it", style=palette.muted)
        elif tuning.busy:
            line.append("between two trials", style=palette.muted)
        elif won is not None and not tuning.can_go_on:
            line.append(f"trial {won.trial} tested: ", style=palette.muted)
            line.append(shown_share(won.accuracy), style=f"bold {palette.good}")
            line.append(
                f"  macro-F1 {shown_share(won.macro_f1)}  top-3 {shown_share(won.top_3)}"
                f"  {won.rows:,} test rows",
                style=palette.text,
            )
        else:
            line.append("interrupted; r resumes", style=palette.warning)
        return line


def _standing(study: Study, palette: Palette) -> Text:
    """The best figure so far, and that of the first trial, which is the preset."""
    best, line = study.best, Text(" ", no_wrap=True)
    if best is None:
        return line
    measure = "accuracy" if study.objective == "accuracy" else "macro-F1"
    line.append(f"best validation {measure} ", style=palette.muted)
    line.append(shown_share(best.figure), style=f"bold {palette.good}")
    line.append(f" of trial {best.number}", style=palette.muted)
    if best.number != 1:
        line.append(f"; the preset {safe(study.base.preset, 40)} has ", style=palette.muted)
        line.append(shown_share(study.trials[0].figure), style=palette.text)
    return line


class TrialList(CursorList):
    """The trials, the best first. The cursor stays on its trial while others come and go."""

    HEAD: ClassVar[int] = 1

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._trials: tuple[Trial, ...] = ()
        self._first: Settings = {}
        self._busy = False
        self._objective = ""

    @property
    def current(self) -> Trial | None:
        """The trial under the cursor."""
        return self._trials[self.cursor] if self.cursor < len(self._trials) else None

    def show(self, study: Study | None, *, busy: bool) -> None:
        """Show the trials of a study.

        :param busy: whether a process holds it.
        """
        self._busy = busy
        before = self.current if self.cursor else None  # the first place is that of the best, whichever it is
        self._trials = study.ranked if study is not None else ()
        self._first = study.trials[0].settings if study is not None and study.trials else {}
        self._objective = study.objective if study is not None else ""
        number = before.number if before is not None else 0
        at = [place for place, trial in enumerate(self._trials) if trial.number == number]
        self.set_count(len(self._trials), at[0] if at else 0)

    def head(self, width: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        measure = "macro-F1" if self._objective == "macro-f1" else "accuracy"
        text = f"  trial  {measure}  epochs    time  {'state':<9}  settings"
        return [Text(text, style=palette.muted, no_wrap=True)]

    def item(self, place: int, width: int, palette: Palette) -> Text:
        trial = self._trials[place]
        best = place == 0 and trial.figure is not None
        style = (
            f"bold {palette.accent}" if best else palette.text if trial.figure is not None else palette.muted
        )
        epochs = f"{len(trial.figures)}/{trial.epochs}"
        line = Text(
            f" {trial.number:>5}  {shown_share(trial.figure):>8}  {epochs:>6}  {trial.seconds:>5.0f} s  ",
            style=style,
            no_wrap=True,
        )
        state = trial.status if trial.is_over or self._busy else "to resume"
        line.append(f"{state:<9}  ", style=palette.bad if state == FAILED else palette.muted)
        room = max(width - line.cell_len, 0)
        line.append(cut(self._changes(trial), room, self.ascii_only), style=palette.muted)
        return line

    def _changes(self, trial: Trial) -> str:
        """The settings in which a trial differs from the first one."""
        first = self._first
        changed = {name: value for name, value in trial.settings.items() if first.get(name) != value}
        return settings_text(changed) if changed else "the preset's"

    def empty(self, width: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        return [Text(" one line per trial, the best first", style=palette.muted, no_wrap=True)]


class TrialDetails(Drawn):
    """The settings of a trial, its figures, and the command that trains it again."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._study: Study | None = None
        self._trial: Trial | None = None

    def show(self, study: Study | None, trial: Trial | None) -> None:
        self._study, self._trial = study, trial
        self.border_title = f"trial {trial.number} · {safe(trial.run, 60)}" if trial is not None else "trial"
        self.redraw()

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        study, trial = self._study, self._trial
        if study is None or trial is None:
            return [Text("Details of the trial under the cursor.", style=palette.muted)]
        settings = Text()
        for name, value in trial.settings.items():
            settings.append(f"{option_of(name)} ", style=palette.muted)
            settings.append(f"{safe(value_text(value), 40)}  ", style=palette.text)
        figures = Text.assemble(
            ("validation ", palette.muted),
            (shown_share(trial.accuracy), f"bold {palette.text}"),
            (f"  macro-F1 {shown_share(trial.macro_f1)}", palette.text),
            (f"  best epoch {trial.best_epoch or '-'}", palette.muted),
        )
        config = replace(study.config_of(trial), threads=0)  # one was left to the screen
        command = train_command(config, study.data, study.save_dir)
        paragraphs = [settings, figures, Text(safe(command, 600), style=palette.primary)]
        if trial.problem:
            paragraphs.insert(1, Text(safe(trial.problem, 300), style=palette.bad))
        return [line for paragraph in paragraphs for line in paragraph.wrap(self.app.console, width)]
