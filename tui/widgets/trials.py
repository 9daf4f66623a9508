"""Progress and trials of a search, and details of the trial under the cursor."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text

from namecls.command_line import train_command
from namecls.config import option_of
from namecls.language import _, again, ngettext
from namecls.search.budget import show_budget
from namecls.search.space import Settings
from namecls.search.study import FAILED, Study, Trial
from namecls.settings import value_text
from namecls.text import safe
from tui.drawing.cells import cut, to_left, to_right
from tui.drawing.palette import Palette
from tui.drawing.trial_words import changes_of, measure_of, shown_share, state_of
from tui.drawing.wording import styled, wrapped
from tui.state import TuningState
from tui.widgets.drawn import Drawn
from tui.widgets.lists import CursorList

_STATE = 9  # cells


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
            problem = Text(safe(again(tuning.problem), 400), style=palette.bad)
            return [Text(" ").append_text(line) for line in wrapped(problem, width - 2)]
        if study is None:
            return [Text(" " + _("getting ready ..."), style=palette.muted)]
        return [self._bar(study, width, palette), self._word(study, palette), _standing(study, palette)]

    def _bar(self, study: Study, width: int, palette: Palette) -> Text:
        used, left = (show_budget(study.seconds), f"bold {palette.text}"), Text(" ", style="bold")
        if study.budget is None:
            left.append(*used)
        else:
            budget = show_budget(study.budget)
            left.append_text(styled(_("{used} of {budget}"), palette.muted, used=used, budget=budget))
        over = sum(trial.is_over for trial in study.trials)
        if study.most_trials is None:
            trials = ngettext("{over} trial", "{over} trials", over).format(over=over)
        else:
            trials = _("{over} of {most} trials").format(over=over, most=study.most_trials)
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
            line.append(_("getting ready ..."), style=palette.muted)
        elif tuning.phase == "paused":
            line.append(_("paused; space resumes"), style=palette.warning)
        elif tuning.phase == "stopping":
            line.append(_("stopping; then the best trial is tested"), style=palette.accent)
        elif tuning.busy and trial is not None:
            progress = tuning.progress
            line.append(_("trial {number}").format(number=trial.number), style=palette.accent)
            if progress is not None:
                word = _("epoch {epoch} of {epochs}, {share:.0f} %").format(
                    epoch=progress.epoch,
                    epochs=trial.epochs,
                    share=100 * progress.step / max(progress.steps, 1),
                )
                line.append(f"  {word}", style=palette.text)
            if tuning.holder is not None:
                word = _("process {number}; quitting does not stop it").format(number=tuning.holder.pid)
                line.append(f"  {word}", style=palette.muted)
        elif tuning.busy:
            line.append(_("between two trials"), style=palette.muted)
        elif won is not None and not tuning.can_go_on:
            others = _("macro-F1 {macro_f1}  top-3 {top_3}  {rows:,} test rows").format(
                macro_f1=shown_share(won.macro_f1), top_3=shown_share(won.top_3), rows=won.rows
            )
            line.append_text(
                styled(
                    _("trial {number} tested: {accuracy}  {others}"),
                    palette.muted,
                    number=won.trial,
                    accuracy=(shown_share(won.accuracy), f"bold {palette.good}"),
                    others=(others, palette.text),
                )
            )
        else:
            line.append(_("interrupted; r resumes"), style=palette.warning)
        return line


def _standing(study: Study, palette: Palette) -> Text:
    """The best figure so far, and that of the first trial, which is the preset."""
    best, line = study.best, Text(" ", no_wrap=True)
    if best is None:
        return line
    if study.objective == "accuracy":
        words = _("best validation accuracy {figure} of trial {number}")
        beside = _("best validation accuracy {figure} of trial {number}; the preset {preset} has {first}")
    else:
        words = _("best validation macro-F1 {figure} of trial {number}")
        beside = _("best validation macro-F1 {figure} of trial {number}; the preset {preset} has {first}")
    told = styled(
        words if best.number == 1 else beside,
        palette.muted,
        figure=(shown_share(best.figure), f"bold {palette.good}"),
        number=best.number,
        preset=safe(study.base.preset, 40),
        first=(shown_share(study.trials[0].figure), palette.text),
    )
    return line.append_text(told)


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

    @property
    def _room(self) -> int:
        """Cells of the figure."""
        return max(cell_len(measure_of(self._objective)), 8)

    def head(self, width: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        titles = (
            to_right(_("trial"), 7),
            to_right(measure_of(self._objective), self._room),
            to_right(_("epochs"), 6),
            to_right(_("time"), 6),
            to_left(_("state"), _STATE),
            _("settings"),
        )
        return [Text("  ".join(titles), style=palette.muted, no_wrap=True)]

    def item(self, place: int, width: int, palette: Palette) -> Text:
        trial = self._trials[place]
        best = place == 0 and trial.figure is not None
        style = (
            f"bold {palette.accent}" if best else palette.text if trial.figure is not None else palette.muted
        )
        epochs, room = f"{len(trial.figures)}/{trial.epochs}", self._room
        line = Text(
            f" {trial.number:>5}  {shown_share(trial.figure):>{room}}  {epochs:>6}  {trial.seconds:>5.0f} s  ",
            style=style,
            no_wrap=True,
        )
        state = state_of(trial, busy=self._busy)
        tint = palette.bad if trial.status == FAILED else palette.muted
        line.append(f"{to_left(state, _STATE)}  ", style=tint)
        left = max(width - line.cell_len, 0)
        line.append(cut(changes_of(trial, self._first), left, self.ascii_only), style=palette.muted)
        return line

    def empty(self, width: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        return [Text(" " + _("one line per trial, the best first"), style=palette.muted, no_wrap=True)]


class TrialDetails(Drawn):
    """The settings of a trial, its figures, and the command that trains it again."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes="panel")
        self._study: Study | None = None
        self._trial: Trial | None = None

    def show(self, study: Study | None, trial: Trial | None) -> None:
        self._study, self._trial = study, trial
        self.entitle()
        self.redraw()

    def entitle(self) -> None:
        trial = self._trial
        if trial is None:
            self.border_title = _("trial")
        else:
            title = _("trial {number}").format(number=trial.number)
            self.border_title = f"{title} · {safe(trial.run, 60)}"

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        study, trial = self._study, self._trial
        if study is None or trial is None:
            return [Text(_("Details of the trial under the cursor."), style=palette.muted)]
        settings = Text()
        for name, value in trial.settings.items():
            settings.append(f"{option_of(name)} ", style=palette.muted)
            settings.append(f"{safe(value_text(value), 40)}  ", style=palette.text)
        figures = styled(
            _("validation {accuracy}  {macro_f1}  best epoch {epoch}"),
            palette.muted,
            accuracy=(shown_share(trial.accuracy), f"bold {palette.text}"),
            macro_f1=(_("macro-F1 {share}").format(share=shown_share(trial.macro_f1)), palette.text),
            epoch=trial.best_epoch or "-",
        )
        config = replace(study.config_of(trial), threads=0)  # one was left to the screen
        command = train_command(config, study.data, study.save_dir, edits=study.edits_file)
        paragraphs = [settings, figures, Text(safe(command, 600), style=palette.primary)]
        if trial.problem:
            paragraphs.insert(1, Text(safe(again(trial.problem), 300), style=palette.bad))
        return [line for paragraph in paragraphs for line in wrapped(paragraph, width)]
