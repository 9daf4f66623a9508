"""`namecls runs verify`, `export` and `export-tutorial`: the files of runs, compared, and copied for others."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from namecls.cli.console import Column, say, show_json, show_table
from namecls.cli.options import Json, SaveDir, find_run
from namecls.errors import ModelFileError, NameclsError, RunError
from namecls.paths import DEFAULT_SAVE_DIR, packaged_model
from namecls.runs.listing import list_runs
from namecls.runs.run import Run

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
        columns = [Column("run", style="bold", folds=False), Column("file", folds=False), Column("state")]
        show_table(columns, [[run.name, file, state] for run, file, state in rows])
    if problems:
        raise ModelFileError("not as it was written: " + "; ".join(problems))
    for each in runs:
        if not each.finished:
            place = each.directory
            told = (
                f"{place}: is not finished: only its weights and its checkpoint have hashes to compare with"
            )
            if run is not None:
                raise RunError(f"{told}; to finish it: namecls runs finish {shlex.quote(str(place))}")
            say(told, style="yellow")


def export(
    run: RunName,
    directory: Annotated[Path, typer.Argument(metavar="DIRECTORY", help="Where to; a new one.")],
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
) -> None:
    """Copy a finished run to share it: without a path or a name of this machine.

    Leaves out checkpoint, log, and where data and parent model lie here. Who gets
    the copy can predict with it, and evaluate it with the same data file beside it.

    Examples:
      namecls runs export mine shared/mine
    """
    from namecls.runs.sharing import export as copy

    say(f"copied to {copy(find_run(run, save_dir), directory).directory}")


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
    from namecls.files.storage import write_json
    from namecls.runs.tutorial import tutorial_results

    results = tutorial_results(find_run(run, save_dir))
    if output is None:
        show_json(results, indent=None)
    else:
        write_json(output, results)
