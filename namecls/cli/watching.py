"""Watching a training on standard error: a live bar and a growing table on a terminal, plain lines in a pipe."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from itertools import islice

from rich.console import Console
from rich.text import Text

from namecls.cli.console import loss_text, messages, percent
from namecls.events import EpochEnd, Event, Progress, Refitting, Stalled, Started, Watched
from namecls.language import N_, _
from namecls.text import safe
from namecls.wide import padded

_TITLES = (N_("train loss"), N_("valid loss"), N_("train acc"), N_("valid acc"), N_("macro-F1"))
BEST = N_("best")
_RANKED = 3  # labels of a watched name


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
                where = _("epoch {epoch}").format(epoch=event.epoch)
                progress.update(task, completed=event.step, where=where, pace=_pace(event))
            elif isinstance(event, Refitting):
                if not refitting:
                    refitting.append(event)
                    _tell(progress.console, event)
                where = _("refit, epoch {epoch} of {epochs}").format(epoch=event.epoch, epochs=event.epochs)
                progress.update(task, total=event.steps, completed=event.step, where=where, pace="")
            else:
                _tell(progress.console, event)

        yield show


def _tell(console: Console, event: Event) -> None:
    """The lines of an event that stay."""
    if isinstance(event, Started):
        begun = _("{title} on {data}, run {run}").format(title=event.title, data=event.data, run=event.run)
        rows = _(
            "{labels:,} labels; rows: {learn:,} training, {validate:,} validation, {test:,} test"
        ).format(
            labels=len(event.labels),
            learn=event.train_rows,
            validate=event.validation_rows,
            test=event.test_rows,
        )
        size = _("{parameters:,} parameters, {characters} characters, on {device}").format(
            parameters=event.parameters, characters=event.characters, device=event.device
        )
        for line, style in ((begun, "bold"), (rows, ""), (size, ""), (_header(), "dim")):
            console.print(Text(safe(line), style=style), soft_wrap=True)
    elif isinstance(event, EpochEnd):
        shares = (event.train_accuracy, event.valid_accuracy, event.valid_macro_f1)
        numbers = f"{loss_text(event.train_loss):>12}{loss_text(event.valid_loss):>12}"
        numbers += "".join(f"{percent(share):>12}" for share in shares)
        best = f"  {_(BEST)}" if event.best else ""
        line = f"{event.epoch:>5}{numbers}{event.seconds:>6.1f} s{best}"
        console.print(Text(line, style="bold" if event.best else ""), soft_wrap=True)
    elif isinstance(event, Watched):
        for watched in event.names:
            ranks = zip(watched.labels, watched.probabilities, strict=True)
            best = "  ".join(f"{safe(label, 30)} {percent(share)}" for label, share in islice(ranks, _RANKED))
            console.print(Text(f"      {safe(watched.name, 40)}: {best}", style="dim"), soft_wrap=True)
    elif isinstance(event, Refitting):
        line = _("refit on all {rows:,} rows: epoch {epoch} of {epochs}").format(
            rows=event.rows, epoch=event.epoch, epochs=event.epochs
        )
        console.print(Text(line), soft_wrap=True)
    elif isinstance(event, Stalled):
        console.print(Text(safe(waiting_text(event)), style="bold yellow"), soft_wrap=True)


def waiting_text(event: Stalled) -> str:
    """That a training waits, and why."""
    return _("waiting: {problem}").format(problem=event.problem)


def _header() -> str:
    """The titles above the epochs."""
    titles = "".join(padded(_(title), 12, right=True) for title in _TITLES)
    return padded(_("epoch"), 5, right=True) + titles + padded(_("time"), 8, right=True)


def _pace(event: Progress) -> str:
    return _("loss {loss}  {pace:,.0f} names/s  {time} left").format(
        loss=loss_text(event.loss), pace=event.names_per_second, time=_clock(event.remaining)
    )


def _clock(seconds: float) -> str:
    """``0:07``, ``12:34``, ``1:02:03``."""
    minutes, rest = divmod(round(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
