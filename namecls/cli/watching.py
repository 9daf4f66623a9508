"""Watching a training on standard error: a live bar and a growing table on a terminal, plain lines in a pipe."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from itertools import islice

from rich.console import Console
from rich.text import Text

from namecls.cli.console import loss_text, messages, percent
from namecls.events import EpochEnd, Event, Progress, Refitting, Stalled, Started, Watched
from namecls.text import safe

_TITLES = ("train loss", "valid loss", "train acc", "valid acc", "macro-F1")
_RANKED = 3  # labels of a watched name
_HEADER = f"{'epoch':>5}{''.join(f'{title:>12}' for title in _TITLES)}{'time':>8}"


@contextlib.contextmanager
def watcher() -> Iterator[Callable[[Event], None]]:
    """A function that shows each event it is given."""
    console = messages()
    if not console.is_terminal:
        epoch = 0

        def tell(event: Event) -> None:
            nonlocal epoch
            if not isinstance(event, Refitting) or event.epoch > epoch:
                _tell(console, event)
            epoch = event.epoch if isinstance(event, Refitting) else 0

        yield tell
        return
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    with Bar(
        TextColumn("{task.fields[where]}"),
        BarColumn(bar_width=20),  # short of the margin: the terminal's own echo of ^C must not break the line
        TextColumn("{task.percentage:3.0f} %  {task.fields[pace]}"),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task("", total=None, where="", pace="")
        refitting: list[Refitting] = []

        def show(event: Event) -> None:
            if isinstance(event, Started):
                progress.update(task, total=event.steps)
            if isinstance(event, Progress):
                progress.update(task, completed=event.step, where=f"epoch {event.epoch}", pace=_pace(event))
            elif isinstance(event, Refitting):
                if not refitting:
                    refitting.append(event)
                    _tell(progress.console, event)
                where = f"refit, epoch {event.epoch} of {event.epochs}"
                progress.update(task, total=event.steps, completed=event.step, where=where, pace="")
            else:
                _tell(progress.console, event)

        yield show


def _tell(console: Console, event: Event) -> None:
    """The lines of an event that stay."""
    if isinstance(event, Started):
        learn, validate, test = event.train_rows, event.validation_rows, event.test_rows
        for line, style in (
            (f"{event.title} on {event.data}, run {event.run}", "bold"),
            (
                f"{len(event.labels):,} labels; rows: {learn:,} training, {validate:,} validation, {test:,} test",
                "",
            ),
            (f"{event.parameters:,} parameters, {event.characters} characters, on {event.device}", ""),
            (_HEADER, "dim"),
        ):
            console.print(Text(safe(line), style=style), soft_wrap=True)
    elif isinstance(event, EpochEnd):
        shares = (event.train_accuracy, event.valid_accuracy, event.valid_macro_f1)
        numbers = f"{loss_text(event.train_loss):>12}{loss_text(event.valid_loss):>12}"
        numbers += "".join(f"{percent(share):>12}" for share in shares)
        line = f"{event.epoch:>5}{numbers}{event.seconds:>6.1f} s{'  best' if event.best else ''}"
        console.print(Text(line, style="bold" if event.best else ""), soft_wrap=True)
    elif isinstance(event, Watched):
        for watched in event.names:
            ranks = zip(watched.labels, watched.probabilities, strict=True)
            best = "  ".join(f"{safe(label, 30)} {percent(share)}" for label, share in islice(ranks, _RANKED))
            console.print(Text(f"      {safe(watched.name, 40)}: {best}", style="dim"), soft_wrap=True)
    elif isinstance(event, Refitting):
        line = f"refit on all {event.rows:,} rows: epoch {event.epoch} of {event.epochs}"
        console.print(Text(line), soft_wrap=True)
    elif isinstance(event, Stalled):
        console.print(Text(safe(f"waiting: {event.problem}"), style="bold yellow"), soft_wrap=True)


def _pace(event: Progress) -> str:
    return (
        f"loss {loss_text(event.loss)}  {event.names_per_second:,.0f} names/s  {_clock(event.remaining)} left"
    )


def _clock(seconds: float) -> str:
    """``0:07``, ``12:34``, ``1:02:03``."""
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
