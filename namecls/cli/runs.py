"""`namecls runs`: what was trained so far."""

from __future__ import annotations

import contextlib
import dataclasses
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from namecls.cli.commands import PlainGroup, group
from namecls.cli.console import (
    Column,
    is_terminal,
    loss_text,
    percent,
    say,
    show,
    show_json,
    show_paragraph,
    show_table,
)
from namecls.cli.figures import by_person_text, intervals_text, people_of, people_text, refit_text
from namecls.cli.mistakes import mistakes, slices
from namecls.cli.options import Json, SaveDir, find_run
from namecls.cli.paired import compare
from namecls.cli.run_files import RunName, export, export_tutorial, import_run, verify
from namecls.cli.stopping import nothing_to_stop, told_to_stop
from namecls.cli.trackers import log
from namecls.cli.watching import BEST, watcher
from namecls.config import SETTINGS
from namecls.errors import RunError
from namecls.events import EpochEnd, Event, Finished, Started, event_to_json
from namecls.language import N_, _
from namecls.paths import DEFAULT_SAVE_DIR, packaged_model
from namecls.runs.diagnosis import diagnose
from namecls.runs.listing import RunInfo, delete_run, describe_run, list_runs
from namecls.runs.notes import Notes
from namecls.runs.run import check_name
from namecls.settings import value_text
from namecls.text import safe
from namecls.uncertainty import intervals

Name = Annotated[str, typer.Argument(metavar="RUN", help="The name of a run.")]

Moved = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="FILE", help="Where its data file lies now. Its hash has to be the recorded one."
    ),
]


def build() -> PlainGroup:
    """The commands under `namecls runs`."""
    functions: dict[str, Callable[..., None]] = {
        "list": list_,
        "show": show_run,
        "delete": delete,
        "mistakes": mistakes,
        "slices": slices,
        "watch": watch,
        "stop": stop,
        "finish": finish,
        "calibrate": calibrate,
        "refit": refit,
        "verify": verify,
        "export": export,
        "import": import_run,
        "log": log,
        "export-tutorial": export_tutorial,
        "compare": compare,
    }
    return group(
        "runs",
        "List, show, compare, watch, stop, finish, refit, verify, export, import, delete runs; list their mistakes, "
        "and the names that they are weak on.",
        functions,
    )


def list_(save_dir: SaveDir = DEFAULT_SAVE_DIR, json: Json = False) -> None:
    """List the runs, the newest first, with the metrics of their test rows.

    Examples:
      namecls runs list
      namecls runs list --save-dir elsewhere --json
    """
    runs = list_runs(save_dir)
    if json:
        show_json([_to_json(run) for run in runs])
        return
    if not runs:
        say(
            _("no runs in {directory}; make one: {command}").format(
                directory=save_dir, command="namecls train"
            )
        )
        return
    show_table(
        [
            Column("run", style="bold", folds=False),
            Column("network"),
            Column("data"),
            Column("accuracy", number=True),
            Column("macro-F1", number=True),
            Column("status", folds=False, words=True),
        ],
        [
            [run.name, run.title, run.data, percent(run.accuracy), percent(run.macro_f1), run.status]
            for run in runs
        ],
    )


def show_run(run: RunName, save_dir: SaveDir = DEFAULT_SAVE_DIR, json: Json = False) -> None:
    """Show one run: its settings, its epochs, its test, and what stands out in its history.

    Examples:
      namecls runs show bi-gru-128-20261123-091500
      namecls runs show elsewhere/mine --json
    """
    found = find_run(run, save_dir)
    info = describe_run(found.directory)
    if info.status == "damaged":
        raise RunError(
            _("{directory}: damaged: {problem}").format(directory=found.directory, problem=info.problem)
        )
    events = list(found.history(Started, EpochEnd, Finished))
    epochs = [event for event in events if isinstance(event, EpochEnd)]
    findings = diagnose(events, found.config(), found.diverged)
    metrics = None if info.problem else found.metrics()
    people = people_of(found) if metrics is not None else None
    if info.problem:
        say(info.problem, style="yellow")
    if json:
        show_json(
            {
                **_to_json(info),
                "config": found.config().to_json(),
                "history": [event_to_json(epoch) for epoch in epochs],
                "diagnosis": [dataclasses.asdict(finding) for finding in findings],
                "test": metrics.to_json() if metrics else None,
                "intervals": intervals(metrics).to_json() if metrics else None,
                "refit": dataclasses.asdict(refitted) if (refitted := found.record().refit) else None,
                "people": people[1].to_json() if people else None,
            }
        )
        return
    made = _("{network} on {data}, {status}, created {time}").format(
        network=info.title, data=info.data, status=_(info.status), time=info.created
    )
    show((info.name, "bold"), f"  {made}")
    show(
        _("  accuracy {accuracy}   macro-F1 {macro_f1}   top-3 {top_3}   ECE {ece}").format(
            accuracy=percent(info.accuracy),
            macro_f1=percent(info.macro_f1),
            top_3=percent(info.top_3),
            ece=percent(info.ece),
        )
    )
    if metrics is not None:
        show(f"  {intervals_text(metrics)}")
    if told := _of_training(info):
        show(f"  {told}")
    if written := Notes(info.note, info.tags).text:
        show(f"  {written}")
    record = found.record()
    if refit_told := refit_text(record):
        show((f"  {refit_told}", "bold"))
    if metrics is not None and metrics.by_person is not None:
        show(f"  {by_person_text(metrics.by_person)}")
    if people is not None:
        show(f"  {people_text(*people)}")
    show("")
    config = found.config()
    imported = record.imported is not None  # then nobody knows how it was trained
    settings: dict[str, Any] = {**({} if imported else config.to_json()), **config.model.to_json()}
    settings.pop("model", None)
    show_table(
        [Column("setting", words=True), Column("value")],
        [
            [SETTINGS[name].title, "-" if value is None else value_text(value)]
            for name, value in settings.items()
        ],
    )
    if findings:
        show("")
        show((_("What its history shows"), "bold"))
        for finding in findings:
            show_paragraph(f"{finding.text} {finding.advice}", 2)
    if not epochs:
        return
    show("")
    titles = (
        N_("epoch"),
        N_("train loss"),
        N_("valid loss"),
        N_("train acc"),
        N_("valid acc"),
        N_("macro-F1"),
    )
    columns = [Column(title, number=True) for title in (*titles, N_("time"))]
    show_table([*columns, Column("", words=True)], map(_epoch_row, epochs))


def delete(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
    json: Json = False,
) -> None:
    """Delete a run with all its files.

    Examples:
      namecls runs delete mine
      namecls runs delete mine --yes
    """
    directory = save_dir / check_name(name)
    if directory.resolve() == packaged_model().resolve():
        raise RunError(
            _("{directory}: is the model that comes with namecls and stays").format(directory=directory)
        )
    if not yes and directory.exists():
        if not (sys.stdin.isatty() and is_terminal()):
            raise typer.BadParameter(_("to delete {run} without being asked, add --yes").format(run=name))
        typer.confirm(_("Delete {directory} for good?").format(directory=safe(str(directory))), abort=True)
    delete_run(save_dir, name)
    if json:
        show_json({"deleted": name}, indent=None)
    else:
        say(_("deleted {directory}").format(directory=directory))


def watch(run: RunName, save_dir: SaveDir = DEFAULT_SAVE_DIR, json: Json = False) -> None:
    """Watch a training in another process, until it ends. Ctrl-C ends the watching, not the training.

    Examples:
      namecls runs watch mine
      namecls runs watch mine --json
    """
    from namecls.cli.following import conclude, last_object
    from namecls.files.background import last_words
    from namecls.runs.follow import follow_history

    found = find_run(run, save_dir)
    finished = None
    with contextlib.nullcontext(_show_event) if json else watcher() as tell:
        for event in follow_history(found):
            if isinstance(event, Finished):
                finished = event
            else:
                tell(event)
    if finished is None:
        raise RunError(
            _(
                "{directory}: no process works on it any more, and it is not finished: {why}; to resume: {command}"
            ).format(
                directory=found.directory,
                why=last_words(found.directory),
                command=f"namecls train --resume {shlex.quote(str(found.directory))}",
            )
        )
    if json:
        show_json(last_object(finished), indent=None)
    else:
        conclude(finished)


def stop(
    run: RunName,
    later: Annotated[bool, typer.Option("--later", help="Don't test it: it is to be resumed later.")] = False,
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
) -> None:
    """Stop a training in another process, evaluate its best weights, and save them.

    Examples:
      namecls runs stop mine
      namecls runs stop mine --later
    """
    from namecls.files.control import ask
    from namecls.files.locks import holder_of

    found = find_run(run, save_dir)
    holder = holder_of(found.directory)
    if holder is None:
        raise RunError(nothing_to_stop(found.directory))
    ask(found.directory, "leave" if later else "stop")
    say(told_to_stop(found.directory, holder))


def finish(
    run: RunName, data: Moved = None, save_dir: SaveDir = DEFAULT_SAVE_DIR, json: Json = False
) -> None:
    """Finish an interrupted run: test its best weights and save them.

    Examples:
      namecls runs finish mine
      namecls runs finish mine --data moved/names.tsv
    """
    from namecls.cli.following import conclude, last_object
    from namecls.training.loop import finish as finish_run
    from namecls.training.protocol import moved_splits

    found = find_run(run, save_dir)
    finished = finish_run(found, moved_splits(found, data) if data is not None else None)
    if json:
        show_json(last_object(finished), indent=None)
    else:
        conclude(finished)


def calibrate(
    run: RunName, data: Moved = None, save_dir: SaveDir = DEFAULT_SAVE_DIR, json: Json = False
) -> None:
    """Calibrate a finished run anew, and test it again: for one of an older version.

    Its weights stay as they are, and with them every ranking. Temperature,
    prediction sets and risks are fitted on its validation rows again.

    Examples:
      namecls runs calibrate mine
    """
    from namecls.cli.following import conclude, last_object
    from namecls.training.recalibration import recalibrate

    finished = recalibrate(find_run(run, save_dir), data)
    if json:
        show_json(last_object(finished), indent=None)
    else:
        conclude(finished)


def refit(run: RunName, data: Moved = None, save_dir: SaveDir = DEFAULT_SAVE_DIR, json: Json = False) -> None:
    """Train the recipe of a finished run again on all of its rows, and keep that model.

    It takes the epochs that were best. The figures stay those of the model that
    was measured, and so do temperature, prediction sets and risks. Until the
    new weights are whole the run is what it was; what was interrupted
    resumes where it was. `namecls train --refit` does it right after the test.

    Examples:
      namecls runs refit mine
    """
    from namecls.cli.following import conclude, last_object
    from namecls.cli.stopping import stop_on_signals
    from namecls.training.protocol import moved_splits
    from namecls.training.refitting import refit as train_again

    found = find_run(run, save_dir)
    events = train_again(found, moved_splits(found, data) if data is not None else None)
    finished = None
    with (
        stop_on_signals() as stop,
        contextlib.nullcontext(_show_event) if json else watcher() as tell,
        contextlib.closing(events),
    ):
        for event in events:
            if isinstance(event, Finished):
                finished = event
            else:
                tell(event)
            if stop:
                break
    if finished is None:
        again = f"namecls runs refit {shlex.quote(str(found.directory))}"
        say(_("interrupted; the run is what it was; to resume: {command}").format(command=again))
        raise typer.Exit(stop.exit_code)
    if json:
        show_json(last_object(finished), indent=None)
    else:
        conclude(finished)


def _show_event(event: Event) -> None:
    show_json(event_to_json(event), indent=None)


def _of_training(run: RunInfo) -> str:
    """Parameters, seed and duration, of those that are known."""
    told = (
        _("{n:,} parameters").format(n=run.parameters) if run.parameters is not None else "",
        _("seed {seed}").format(seed=run.seed) if run.seed is not None else "",
        _("trained for {seconds:,.0f} s").format(seconds=run.seconds) if run.seconds is not None else "",
    )
    return _(", ").join(filter(None, told))


def _to_json(run: RunInfo) -> dict[str, Any]:
    return {**dataclasses.asdict(run), "directory": str(run.directory)}


def _epoch_row(epoch: EpochEnd) -> list[str]:
    return [
        str(epoch.epoch),
        loss_text(epoch.train_loss),
        loss_text(epoch.valid_loss),
        percent(epoch.train_accuracy),
        percent(epoch.valid_accuracy),
        percent(epoch.valid_macro_f1),
        f"{epoch.seconds:.1f} s",
        BEST if epoch.best else "",
    ]
