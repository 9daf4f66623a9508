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
    count,
    is_terminal,
    messages,
    percent,
    say,
    show,
    show_json,
    show_paragraph,
    show_table,
)
from namecls.command_line import train_command
from namecls.config import option_of, settings_text
from namecls.events import Event, Progress, Stalled
from namecls.search.study import RUNNING, Study, Trial, show_budget
from namecls.settings import value_text
from namecls.text import safe

if TYPE_CHECKING:
    from namecls.search.loop import SearchEnded, SearchEvent

_DRAW_EVERY = 0.5  # seconds
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
        say(f"trial {cells[0]}: accuracy {cells[1]}, macro-F1 {cells[2]}, {cells[5]}, {cells[4]}: {cells[6]}")
    elif isinstance(event, Stalled):
        say(f"waiting: {event.problem}")


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
                problem = f"waiting: {event.problem}"
            if isinstance(event, TrialEnded | SearchEnded) or time.monotonic() - drawn > _DRAW_EVERY:
                drawn = time.monotonic()
                live.update(picture(), refresh=True)

        yield tell


def _head(study: Study) -> str:
    ends = [show_budget(study.budget)] if study.budget is not None else []
    ends += [count(study.most_trials, "trial")] if study.most_trials is not None else []
    data = study.data.file
    return f"{study.name}: {study.objective} on {data}, from {study.base.preset}, {' or '.join(ends)} at most"


def _where(study: Study, progress: Progress | None) -> str:
    """Where the search is, and the trial in work."""
    last = study.trials[-1] if study.trials else None
    if last is None or last.status != RUNNING:
        return ""
    used = study.seconds - last.seconds + max(last.seconds, progress.elapsed if progress else 0.0)
    of_budget = f" of {show_budget(study.budget)}" if study.budget is not None else ""
    share = f", {progress.step / max(progress.steps, 1):.0%}".replace("%", " %") if progress else ""
    return f"{show_budget(used)}{of_budget}; trial {last.number}{share}: {settings_text(last.settings)}"


def _short_lines(study: Study, rows: int) -> Iterator[Text]:
    """The best trials, and that in work, each on one line."""
    measure = "accuracy" if study.objective == "accuracy" else "macro-F1"
    yield Text(f"trial  {measure}  epochs    time  {'':<10} settings", style="dim", no_wrap=True)
    for place, trial in enumerate(study.ranked[:rows]):
        number, accuracy, macro_f1, epochs, seconds, status, rest = _cells(trial)
        figure = accuracy if study.objective == "accuracy" else macro_f1
        line = f"{number:>5}  {figure:>8}  {epochs:>6}  {seconds:>6}  {status:<10} {rest}"
        style = "bold" if place == 0 and trial.figure is not None else "dim" if trial.problem else ""
        yield Text(safe(line), style=style, no_wrap=True, overflow="crop")


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
        show(f"trial {best.number} was tested on {count(won.rows, 'held-out name')}:")
        _show_test(won.accuracy, won.macro_f1, won.top_3)
    if (first := study.best) is not None:
        _show_use(study, first)


def conclude(ended: SearchEnded) -> None:
    """Print the result of a search."""
    study, best, test = ended.study, ended.winner, ended.finished.test
    show((_head(study), "bold"))
    _show_trials(study, _MOST_SHOWN)
    first = study.trials[0]
    whose = "the preset's" if study.config_of(first) == study.base else "that of trial 1"
    show(
        (ended.reason, "bold"),
        f" after {count(len(study.trials), 'trial')}, {show_budget(study.seconds)}; the best is trial {best.number}: "
        f"{study.objective} {percent(best.figure)} on the validation rows, {whose} {percent(first.figure)}",
    )
    show(f"tested on {count(test.rows, 'held-out name')}:")
    _show_test(test.accuracy, test.macro_f1, test.top_3)
    _show_use(study, best)


def _show_trials(study: Study, most: int | None = None) -> None:
    """The trials, the best first: on a terminal with their settings below, in a pipe with a column for each."""
    if not is_terminal():
        titles = ("trial", "run", "status", "accuracy", "macro-F1", "epochs", "seconds", *study.space)
        show_table(
            [Column(option_of(title)) for title in titles], (_row(study, trial) for trial in study.ranked)
        )
        return
    show((f"trial  accuracy  macro-F1  epochs    time  {'':<10} run", "dim"))
    for place, trial in enumerate(study.ranked[:most]):
        number, accuracy, macro_f1, epochs, seconds, status, rest = _cells(trial)
        line = (
            f"{number:>5}  {accuracy:>8}  {macro_f1:>8}  {epochs:>6}  {seconds:>6}  {status:<10} {trial.run}"
        )
        show((line, "bold" if place == 0 and trial.figure is not None else ""))
        show_paragraph(rest, 7)
    if most is not None and len(study.trials) > most:
        quoted = shlex.quote(str(study.directory))
        show(
            (
                f"       and {count(len(study.trials) - most, 'more', 'more')}: namecls tune --show {quoted}",
                "dim",
            )
        )


def _row(study: Study, trial: Trial) -> list[str]:
    """A trial as data."""
    shares = ["" if share is None else f"{share:.6f}" for share in (trial.accuracy, trial.macro_f1)]
    settings = [value_text(trial.settings.get(name, "")) for name in study.space]
    epochs, seconds = str(len(trial.figures)), f"{trial.seconds:.1f}"
    return [str(trial.number), trial.run, trial.status, *shares, epochs, seconds, *settings]


def _show_test(accuracy: float, macro_f1: float, top_3: float) -> None:
    show(
        "  accuracy ",
        (percent(accuracy), "bold green"),
        f"   macro-F1 {percent(macro_f1)}   top-3 {percent(top_3)}",
    )


def _show_use(study: Study, best: Trial) -> None:
    directory = study.save_dir / best.run
    show(f"kept in {directory}; use it:")
    show((f"  namecls predict --model {shlex.quote(str(directory))} Kowalski", "bold"))
    show("train it again:")
    show((f"  {train_command(study.config_of(best), study.data, study.save_dir)}", "bold"))


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
        "command": train_command(study.config_of(ended.winner), study.data, study.save_dir),
        "validation": {"accuracy": ended.winner.accuracy, "macro_f1": ended.winner.macro_f1},
        "test": {
            "rows": test.rows,
            "accuracy": test.accuracy,
            "macro_f1": test.macro_f1,
            "top_3": test.top_3,
        },
    }
