"""`namecls train`: from a file of names to a run, with its progress told as it happens."""

from __future__ import annotations

import contextlib
import errno
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from namecls.cli.console import say, show_json
from namecls.cli.destination import is_stdout
from namecls.cli.edits import EditsOf, edit_table
from namecls.cli.options import (
    ANYHOW,
    Data,
    SaveDir,
    check_parts,
    find_run,
    given_options,
    load_rows,
    refuse_others,
    with_columns,
)
from namecls.cli.settings import NOTHING, Given, configure, option, with_settings
from namecls.cli.several import group_of
from namecls.cli.stopping import HUNG_UP, stop_on_signals
from namecls.cli.trackers import LogTo, check_tracker
from namecls.cli.train_file import SaveTrainFile, TrainFileOption, given_by, save_train_file
from namecls.config import PRESET, TrainConfig
from namecls.data.layout import Columns
from namecls.errors import RunError
from namecls.files.storage import make_directory
from namecls.language import _
from namecls.paths import DEFAULT_SAVE_DIR
from namecls.runs.manifest import MANIFEST
from namecls.runs.record import CONFIG
from namecls.runs.run import CHECKPOINTS
from namecls.runs.watched import WATCHED, names_in, watch_names

if TYPE_CHECKING:
    from namecls.data.split import Splits
    from namecls.data.table import NameTable
    from namecls.runs.run import Run
    from namecls.training.distributed import Group

_DATA, _RUN = "Data", "Run"


@with_settings()
@with_columns
def train(
    data: Data = None,
    validation: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Validation rows, instead of a split.", rich_help_panel=_DATA),
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Test rows, instead of a split.", rich_help_panel=_DATA),
    ] = None,
    where: Columns = ANYHOW,
    edits: EditsOf = None,
    preset: Annotated[str, option(PRESET, panel=None, default=True)] = "default",
    config: TrainFileOption = None,
    save_config: SaveTrainFile = None,
    settings: Given = NOTHING,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="RUN", help="Name of the run.", show_default="network and time", rich_help_panel=_RUN
        ),
    ] = None,
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
    resume: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Resume a run that was interrupted.", rich_help_panel=_RUN),
    ] = None,
    keep_checkpoints: Annotated[
        bool,
        typer.Option(
            "--keep-checkpoints",
            help="Keep the weights of every epoch, each as a model, and the last checkpoint.",
            rich_help_panel=_RUN,
        ),
    ] = False,
    watch: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Names to rank after every epoch, with commas between; kept in the history.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    gradients: Annotated[
        bool,
        typer.Option(
            "--gradients",
            help="Also tell gradient norms by layer and letter, in the history and with --json.",
            rich_help_panel=_RUN,
        ),
    ] = False,
    log_to: LogTo = None,
    detach: Annotated[
        bool,
        typer.Option(
            "--detach", help="Train in the background, also when the terminal closes.", rich_help_panel=_RUN
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per event.", rich_help_panel=_RUN)
    ] = False,
    *,
    context: typer.Context,
) -> None:
    """Train a network on names, and test it on held-out names.

    The file is split by name: 80 % training rows, 10 % validation rows, which
    choose the best epoch, 10 % test rows, used once at the end. The weights of
    the best epoch are kept. What is not given of network and learning comes from the preset.

    Ctrl-C writes a checkpoint and exits; so do SIGTERM and a terminal that
    goes away. --resume resumes from there, or from the last checkpoint of a
    training that was killed, and comes to the same weights to the last bit.
    A second Ctrl-C exits at once.

    torchrun --nproc-per-node 2 -m namecls train trains it by two processes,
    each with its part of every batch; see docs/distributed.md.

    Examples:
      namecls train
      namecls train --data names.csv --name-column surname --label-column country
      namecls train --data mine.tsv --preset tutorial --cell lstm --epochs 10
      namecls train --data a.tsv --validation b.tsv --test c.tsv --name mine
      namecls train --epochs 5 --keep-checkpoints --name mine
      namecls train --data names.csv --edits names.edits.jsonl
      namecls train --watch "Kim,Müller,Kowalski"
      namecls train --log-to tensorboard
      namecls train --json > events.jsonl
      namecls train --data mine.tsv --lr 0.004 --save-config mine.toml
      namecls train --config mine.toml --seed 1
      namecls train --resume mine
      namecls train --resume mine --data moved/names.tsv
    """
    del config  # its callback has taken it
    watched = names_in(watch) if watch is not None else None
    check_tracker(log_to)
    if log_to is not None and detach:
        raise typer.BadParameter(
            _("--log-to is for a training in this terminal; afterwards: namecls runs log RUN")
        )
    if gradients and detach:
        raise typer.BadParameter(_("--gradients is for a training in this terminal, not with --detach"))
    group = group_of(context, detach=detach)
    if resume is not None:
        moved = data if "--data" in given_options(context, beside=()) else None  # not that of the environment
        _go_on(
            context,
            resume,
            save_dir,
            moved,
            watched,
            gradients=gradients,
            detach=detach,
            as_json=json,
            log_to=log_to,
            group=group,
        )
        return
    if json and save_config is not None and is_stdout(save_config):
        raise typer.BadParameter(
            _("--json and --save-config can't both be printed: give --save-config a file")
        )
    check_parts(data, validation, test)
    wanted = configure(preset, given_by(context, settings), save_dir)
    if edits is not None and test is not None:
        raise typer.BadParameter(
            _("--edits go with one file that is split: leave out --validation and --test")
        )
    dataset = load_rows(data, validation, test, where)
    if edits is not None:
        dataset = edit_table(cast("NameTable", dataset), edits)

    from namecls.runs.run import Run

    if save_config is not None:
        save_train_file(context, wanted, save_config)
    run = Run.create(save_dir, wanted, name)
    try:
        if keep_checkpoints:
            make_directory(run.directory / CHECKPOINTS)
        if watched is not None:
            watch_names(run, watched)
        if detach:
            _record(run, wanted, dataset)
            _detach(run, as_json=json)
        else:
            _follow(
                *(wanted, dataset, run, group),
                resume=False,
                gradients=gradients,
                as_json=json,
                log_to=log_to,
            )
    finally:
        with contextlib.suppress(OSError):
            if not (run.directory / CONFIG).exists():
                (run.directory / WATCHED).unlink(missing_ok=True)
                if keep_checkpoints:
                    (run.directory / CHECKPOINTS).rmdir()
            run.directory.rmdir()  # goes only if nothing is in it: a training that could not even begin


#: Options that change nothing about the training.
_BESIDE_RESUME = {"resume", "data", "watch", "gradients", "log_to", "detach", "json", "save_dir"}


def _go_on(
    context: typer.Context,
    wanted: str,
    save_dir: Path,
    data: Path | None,
    watched: tuple[str, ...] | None,
    *,
    gradients: bool,
    detach: bool,
    as_json: bool,
    log_to: str | None,
    group: Group | None,
) -> None:
    """Resume a run that was interrupted.

    :param data: where its data file lies now, if it was moved.
    :param watched: other names to watch; None: those that are.
    """
    refuse_others(context, _BESIDE_RESUME, _("--resume takes the settings of the run"))
    run = find_run(wanted, save_dir)
    from namecls.training.refitting import is_wanted

    if (run.directory / MANIFEST).exists() and not is_wanted(run):
        raise RunError(
            _("{directory}: this run is finished; there is nothing to resume").format(directory=run.directory)
        )
    from namecls.training.protocol import moved_splits

    if watched is not None:
        watch_names(run, watched)
    if detach:
        if data is not None:
            moved_splits(run, data)
        _detach(run, as_json=as_json)
        return
    _follow(
        run.config(),
        moved_splits(run, data),
        run,
        group,
        resume=True,
        gradients=gradients,
        as_json=as_json,
        log_to=log_to,
    )


def _follow(
    config: TrainConfig,
    dataset: NameTable | Splits,
    run: Run,
    group: Group | None,
    *,
    resume: bool,
    gradients: bool,
    as_json: bool,
    log_to: str | None,
) -> None:
    from namecls.cli.following import follow

    with stop_on_signals() as stop:
        try:
            follow(
                config,
                dataset,
                run,
                stop,
                group=group,
                resume=resume,
                gradients=gradients,
                as_json=as_json,
                log_to=log_to,
            )
        except OSError as error:
            if not stop and error.errno == errno.EIO:  # the terminal went away, and nobody sent SIGHUP
                raise typer.Exit(HUNG_UP) from error
            if not stop:
                raise
    if stop:
        raise typer.Exit(stop.exit_code)


def _record(run: Run, config: TrainConfig, dataset: NameTable | Splits) -> None:
    """Write the config of a training, for a process that has nothing but the run's directory."""
    from namecls.training.protocol import prepare, write_record

    write_record(run, config, prepare(config, dataset))


def _detach(run: Run, *, as_json: bool) -> None:
    """Let a process in the background do it."""
    from namecls.files.background import start

    holder = start(run.directory)
    if as_json:
        show_json({"event": "detached", "directory": str(run.directory), "pid": holder.pid}, indent=None)
        return
    say(
        _("process {pid} trains it in the background, in {directory}").format(
            pid=holder.pid, directory=run.directory
        )
    )
    quoted = shlex.quote(str(run.directory))
    say(_("  to watch: {command}").format(command=f"namecls runs watch {quoted}"))
    say(_("  to stop:  {command}").format(command=f"namecls runs stop {quoted}"))
