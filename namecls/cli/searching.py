"""Output of a search: a table of trials that lives on a terminal, lines in a pipe, or JSON."""

from __future__ import annotations

import contextlib
import dataclasses
import shlex
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.text import Text

from namecls.cli.console import (
    Column,
    counted,
    is_terminal,
    messages,
    percent,
    say,
    show,
    show_json,
    show_paragraph,
    show_table,
)
from namecls.cli.following import show_test
from namecls.cli.watching import waiting_text
from namecls.command_line import train_command
from namecls.config import option_of, settings_text
from namecls.events import Event, Progress, Stalled
from namecls.language import N_, _, ngettext
from namecls.search.budget import show_budget
from namecls.search.study import RUNNING, Study, Trial
from namecls.settings import value_text
from namecls.text import safe
from namecls.wide import padded

if TYPE_CHECKING:
    from namecls.search.loop import SearchEnded, SearchEvent

_DRAW_EVERY = 0.5  # seconds
_SETTINGS, _RUN = N_("settings"), N_("run")  # titles
_MOST_SHOWN = 5  # trials at the end of a search, on a terminal


@contextlib.contextmanager
def teller(study: Study, *, as_json: bool) -> Iterator[Callable[[Event | SearchEvent], None]]:
    """A function that prints each event."""
    console = messages()
    if as_json:
        show_json(_study_to_json(study), indent=None)
        yield _tell_json
    elif console.is_terminal:
        with _live(console, study) as tell:
            yield tell
    else:
        say(_head(study))
        yield _tell_line


def _tell_json(event: Event | SearchEvent) -> None:
    from namecls.search.loop import SearchEnded, TrialBegan, TrialEnded, TrialMoved

    if isinstance(event, TrialBegan):
        trial = event.trial
        show_json(
            {"event": "trial", "trial": trial.number, "run": trial.run, "settings": dict(trial.settings)},
            indent=None,
        )
    elif isinstance(event, TrialMoved | TrialEnded):
        kind = "epoch" if isinstance(event, TrialMoved) else "result"
        show_json({"event": kind, **trial_to_json(event.trial)}, indent=None)
    elif isinstance(event, SearchEnded):
        show_json(_winner_to_json(event), indent=None)
    elif isinstance(event, Stalled):
        show_json({"event": "stalled", "problem": event.problem}, indent=None)


def _tell_line(event: Event | SearchEvent) -> None:
    from namecls.search.loop import TrialEnded

    if isinstance(event, TrialEnded):
        cells = _cells(event.trial)
        told = _("trial {trial}: accuracy {accuracy}, macro-F1 {macro_f1}, {status}, {time}: {settings}")
        number, accuracy, macro_f1, _epochs, seconds, status, settings = cells
        figures = {"accuracy": accuracy, "macro_f1": macro_f1, "status": _(status), "time": seconds}
        say(told.format(trial=number, settings=settings, **figures))
    elif isinstance(event, Stalled):
        say(waiting_text(event))


@contextlib.contextmanager
def _live(console: Console, study: Study) -> Iterator[Callable[[Event | SearchEvent], None]]:
    """The trials, the best first, under a line that says where the search is."""
    from rich.live import Live

    from namecls.search.loop import SearchEnded, TrialBegan, TrialEnded, TrialMoved

    now, progress, problem, drawn = study, None, "", 0.0

    def picture() -> Group:
        return Group(
            Text(safe(_head(now)), style="bold", no_wrap=True, overflow="crop"),
            Text(safe(problem or _where(now, progress)), no_wrap=True, overflow="crop"),
            *_short_lines(now, rows=max(console.height - 6, 3)),
            Text(),  # for the terminal's own echo of ^C, which must not break a line
        )

    with Live(picture(), console=console, auto_refresh=False, transient=True) as live:

        def tell(event: Event | SearchEvent) -> None:
            nonlocal now, progress, problem, drawn
            if isinstance(event, TrialBegan | TrialMoved | TrialEnded):
                now, problem = event.study.with_trial(event.trial), ""
                progress = None if isinstance(event, TrialBegan) else progress
            elif isinstance(event, Progress):
                progress, problem = event, ""
            elif isinstance(event, Stalled):
                problem = waiting_text(event)
            if isinstance(event, TrialEnded | SearchEnded) or time.monotonic() - drawn > _DRAW_EVERY:
                drawn = time.monotonic()
                live.update(picture(), refresh=True)

        yield tell


def _head(study: Study) -> str:
    ends = [show_budget(study.budget)] if study.budget is not None else []
    if study.most_trials is not None:
        ends.append(counted(study.most_trials, "{n:,} trial", "{n:,} trials"))
    return _("{study}: {metric} on {data}, from {preset}, {ends} at most").format(
        study=study.name,
        metric=study.objective,
        data=study.data.file,
        preset=study.base.preset,
        ends=_(" or ").join(ends),
    )


def _where(study: Study, progress: Progress | None) -> str:
    """Where the search is, and the trial in work."""
    last = study.trials[-1] if study.trials else None
    if last is None or last.status != RUNNING:
        return ""
    used = study.seconds - last.seconds + max(last.seconds, progress.elapsed if progress else 0.0)
    spent = show_budget(used)
    if study.budget is not None:
        spent = _("{spent} of {budget}").format(spent=spent, budget=show_budget(study.budget))
    told = (
        _("{spent}; trial {trial}, {share:.0f} %: {settings}")
        if progress
        else _("{spent}; trial {trial}: {settings}")
    )
    share = 100 * progress.step / max(progress.steps, 1) if progress else 0
    return told.format(spent=spent, trial=last.number, share=share, settings=settings_text(last.settings))


def _short_lines(study: Study, rows: int) -> Iterator[Text]:
    """The best trials, and that in work, each on one line."""
    measure = N_("accuracy") if study.objective == "accuracy" else N_("macro-F1")
    yield Text(f"{_titles(measure)} {_(_SETTINGS)}", style="dim", no_wrap=True)
    for place, trial in enumerate(study.ranked[:rows]):
        number, accuracy, macro_f1, epochs, seconds, status, rest = _cells(trial)
        figure = accuracy if study.objective == "accuracy" else macro_f1
        line = f"{number:>5}  {figure:>8}  {epochs:>6}  {seconds:>6}  {padded(_(status), 10)} {rest}"
        style = "bold" if place == 0 and trial.figure is not None else "dim" if trial.problem else ""
        yield Text(safe(line), style=style, no_wrap=True, overflow="crop")


def _titles(*measures: str) -> str:
    """The titles of the figures of a trial, above them."""
    widths = [(N_("trial"), 5), *((measure, 8) for measure in measures), (N_("epochs"), 6), (N_("time"), 6)]
    return "  ".join([*(padded(_(title), width, right=True) for title, width in widths), " " * 10])


def _cells(trial: Trial) -> list[str]:
    return [
        str(trial.number),
        percent(trial.accuracy),
        percent(trial.macro_f1),
        f"{len(trial.figures)}/{trial.epochs}",
        f"{trial.seconds:.0f} s",
        trial.status,
        trial.problem or settings_text(trial.settings),
    ]


def show_study(study: Study, *, as_json: bool) -> None:
    """What a study has found so far."""
    if as_json:
        show_json(
            {
                **_study_to_json(study),
                "results": [trial_to_json(trial) for trial in study.ranked],
                "winner": dataclasses.asdict(study.winner) if study.winner else None,
            }
        )
        return
    show((_head(study), "bold"))
    _show_trials(study)
    if study.winner is not None:
        best = study.trials[study.winner.trial - 1]
        won = study.winner
        told = ngettext(
            "trial {trial} was tested on {n:,} held-out name:",
            "trial {trial} was tested on {n:,} held-out names:",
            won.rows,
        )
        show(told.format(trial=best.number, n=won.rows))
        show_test(won.accuracy, won.macro_f1, won.top_3)
    if (first := study.best) is not None:
        _show_use(study, first)


def conclude(ended: SearchEnded) -> None:
    """Print the result of a search."""
    study, best, test = ended.study, ended.winner, ended.finished.test
    show((_head(study), "bold"))
    _show_trials(study, _MOST_SHOWN)
    first = study.trials[0]
    told = _(
        " after {trials}, {time}; the best is trial {trial}: {metric} {figure} on the validation rows, that of trial 1 "
        "{first}"
    )
    if study.config_of(first) == study.base:
        told = _(
            " after {trials}, {time}; the best is trial {trial}: {metric} {figure} on the validation rows, the "
            "preset's {first}"
        )
    found = {"metric": study.objective, "figure": percent(best.figure), "first": percent(first.figure)}
    trials = counted(len(study.trials), "{n:,} trial", "{n:,} trials")
    told = told.format(trials=trials, time=show_budget(study.seconds), trial=best.number, **found)
    show((_(ended.reason), "bold"), told)
    show(counted(test.rows, "tested on {n:,} held-out name:", "tested on {n:,} held-out names:"))
    show_test(test.accuracy, test.macro_f1, test.top_3)
    _show_use(study, best)


def _show_trials(study: Study, most: int | None = None) -> None:
    """The trials, the best first: on a terminal with their settings below, in a pipe with a column for each."""
    if not is_terminal():
        titles = (
            "trial",
            "run",
            "status",
            "accuracy",
            "macro-F1",
            "epochs",
            "seconds",
            *study.space,
        )  # for programs
        show_table(
            [Column(option_of(title)) for title in titles], (_row(study, trial) for trial in study.ranked)
        )
        return
    show((f"{_titles('accuracy', 'macro-F1')} {_(_RUN)}", "dim"))
    for place, trial in enumerate(study.ranked[:most]):
        number, accuracy, macro_f1, epochs, seconds, status, rest = _cells(trial)
        line = (
            f"{number:>5}  {accuracy:>8}  {macro_f1:>8}  {epochs:>6}  {seconds:>6}  "
            f"{padded(_(status), 10)} {trial.run}"
        )
        show((line, "bold" if place == 0 and trial.figure is not None else ""))
        show_paragraph(rest, 7)
    if most is not None and len(study.trials) > most:
        command = f"namecls tune --show {shlex.quote(str(study.directory))}"
        told = _("       and {more:,} more: {command}").format(more=len(study.trials) - most, command=command)
        show((told, "dim"))


def _row(study: Study, trial: Trial) -> list[str]:
    """A trial as data."""
    shares = ["" if share is None else f"{share:.6f}" for share in (trial.accuracy, trial.macro_f1)]
    settings = [value_text(trial.settings.get(name, "")) for name in study.space]
    epochs, seconds = str(len(trial.figures)), f"{trial.seconds:.1f}"
    return [str(trial.number), trial.run, trial.status, *shares, epochs, seconds, *settings]


def _show_use(study: Study, best: Trial) -> None:
    directory = study.save_dir / best.run
    show(_("kept in {directory}; use it:").format(directory=directory))
    show((f"  namecls predict --model {shlex.quote(str(directory))} Kowalski", "bold"))
    show(_("train it again:"))
    show(
        (
            f"  {train_command(study.config_of(best), study.data, study.save_dir, edits=study.edits_file)}",
            "bold",
        )
    )


def trial_to_json(trial: Trial) -> dict[str, Any]:
    """A trial as the study's file has it."""
    values = dataclasses.asdict(trial)
    return {"trial": values.pop("number"), **values, "figure": trial.figure}


def _study_to_json(study: Study) -> dict[str, Any]:
    return {
        "event": "study",
        "study": study.name,
        "directory": str(study.directory),
        "data": study.data.file,
        "objective": study.objective,
        "budget": study.budget,
        "trials": study.most_trials,
        "space": {option_of(name): str(dimension) for name, dimension in study.space.items()},
    }


def _winner_to_json(ended: SearchEnded) -> dict[str, Any]:
    study, test = ended.study, ended.finished.test
    return {
        "event": "winner",
        "reason": ended.reason,
        **trial_to_json(ended.winner),
        "directory": ended.finished.directory,
        "command": train_command(
            study.config_of(ended.winner), study.data, study.save_dir, edits=study.edits_file
        ),
        "validation": {"accuracy": ended.winner.accuracy, "macro_f1": ended.winner.macro_f1},
        "test": {
            "rows": test.rows,
            "accuracy": test.accuracy,
            "macro_f1": test.macro_f1,
            "top_3": test.top_3,
        },
    }
