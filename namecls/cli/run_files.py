"""`namecls runs verify`, `export`, `import`, `export-tutorial`: the files of runs, compared, copied for others."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from namecls.cli.console import Column, say, show_json, show_table
from namecls.cli.destination import check_suffix, destination, is_replaced, is_stdout
from namecls.cli.options import Json, SaveDir, find_run
from namecls.errors import ModelFileError, NameclsError, RunError
from namecls.language import _
from namecls.paths import DEFAULT_SAVE_DIR, packaged_model
from namecls.runs.listing import list_runs
from namecls.runs.run import Run
from namecls.text import json_text

RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run: its directory, or its name.")]


def verify(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN]",
            help="A run: its directory, or its name.",
            show_default="all runs, and the shipped model",
        ),
    ] = None,
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
    json: Json = False,
) -> None:
    """Compare the files of a run with the hashes in its manifest.

    Says of each whether it is as it was written, and ends with 1 if one differs,
    is missing, or can't be read. A run that is not finished has no manifest: its
    weights and its checkpoint are compared with the hashes that they hold
    themselves, and if it was asked for, the command ends with 1 as well.
    Hashes show damage. Whoever changes a run can change its manifest too.

    Examples:
      namecls runs verify
      namecls runs verify mine --json
    """
    from namecls.runs.sharing import DAMAGE, compare

    if run is not None:
        runs = [find_run(run, save_dir)]
    else:
        runs = [Run(packaged_model()), *(Run(info.directory) for info in list_runs(save_dir))]
    rows, problems = [], []
    for each in runs:
        try:
            rows += [(each, file, state) for file, state in compare(each)]
        except NameclsError as error:
            problems.append(str(error))
    problems += [f"{run.directory / file}: {state}" for run, file, state in rows if state in DAMAGE]
    if json:
        show_json([{"run": str(run.directory), "file": file, "state": state} for run, file, state in rows])
    else:
        columns = [
            Column("run", style="bold", folds=False),
            Column("file", folds=False),
            Column("state", words=True),
        ]
        show_table(columns, [[run.name, file, state] for run, file, state in rows])
    if problems:
        raise ModelFileError(_("not as it was written: {problems}").format(problems="; ".join(problems)))
    for each in runs:
        if not each.finished:
            place = each.directory
            told = _(
                "{run}: is not finished: only its weights and its checkpoint have hashes to compare with"
            ).format(run=place)
            if run is not None:
                finish = f"namecls runs finish {shlex.quote(str(place))}"
                raise RunError(_("{told}; to finish it: {command}").format(told=told, command=finish))
            say(told, style="yellow")


def export(
    run: RunName,
    target: Annotated[
        Path,
        typer.Argument(metavar="DIRECTORY|FILE.zip", help="Where to; a new directory, or a new ZIP file."),
    ],
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
) -> None:
    """Copy a finished run to share it: without a path or a name of this machine.

    Leaves out checkpoint, log, notes, and where data and parent model lie here.
    Who gets the copy can predict with it, and evaluate it with the same data file
    beside it. A ZIP file becomes a run again by `namecls runs import`.

    Examples:
      namecls runs export mine shared/mine
      namecls runs export mine mine.zip
    """
    if is_stdout(target):
        raise typer.BadParameter(
            _("a run is copied to a new directory, or to a file that ends in .zip, was: {value!r}").format(
                value=str(target)
            )
        )
    found = find_run(run, save_dir)
    if target.suffix.lower() == ".zip":
        from namecls.runs.archive import export_zip

        export_zip(found, target)
        say(_("packed into {file}").format(file=target))
    else:
        from namecls.runs.sharing import export as copy

        say(_("copied to {directory}").format(directory=copy(found, target).directory))


def import_run(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="What `namecls runs export` packed.")],
    name: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="What to call it.", show_default="as it is called in the file"),
    ] = None,
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
    json: Json = False,
) -> None:
    """Make a run of a ZIP file, checked by its manifest.

    Names, kinds and sizes of the files in it are checked before anything is
    unpacked, and the hash of each before the run stands among the others. Hashes
    show damage. Whoever changes a run can change its manifest too.

    Examples:
      namecls runs import mine.zip
      namecls runs import mine.zip --name theirs
    """
    from namecls.runs.archive import import_zip

    run = import_zip(file, save_dir, name)
    if json:
        show_json({"run": run.name, "directory": str(run.directory)}, indent=None)
    else:
        say(_("imported as {directory}").format(directory=run.directory))


def export_tutorial(
    run: RunName,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to.", show_default="standard output"),
    ] = None,
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
) -> None:
    """Write what the classic RNN tutorial keeps of a training, as its JSON.

    avg_loss and avg_acc are running means over all names so far, one for every
    100 names; all_time is in seconds. The tutorial's plots take it as it is.

    Examples:
      namecls runs export-tutorial mine > rnn_result.json
      namecls runs export-tutorial mine --output rnn_result.json
    """
    if output is not None and is_replaced(output):
        check_suffix("--output", output, ("json",))
    from namecls.runs.tutorial import tutorial_results

    results = tutorial_results(find_run(run, save_dir))
    if output is None:
        show_json(results, indent=None)
        return
    with destination(output) as out:
        out.write(json_text(results) + "\n")
