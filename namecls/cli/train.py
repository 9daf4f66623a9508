"""`namecls train`: from a file of names to a run, with its progress told as it happens."""

from __future__ import annotations

import contextlib
import dataclasses
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from namecls.cli.console import count, say, show_json
from namecls.cli.options import (
    Header,
    LabelColumn,
    NameColumn,
    SaveDir,
    columns,
    find_run,
    load_table,
    refuse_others,
)
from namecls.cli.stopping import leave_on_signals
from namecls.config import (
    CELLS,
    CLASS_WEIGHTS,
    DEVICES,
    INPUTS,
    OPTIMIZERS,
    POOLINGS,
    PRESETS,
    SCHEDULES,
    TrainConfig,
)
from namecls.errors import ConfigError, RunError
from namecls.paths import DEFAULT_SAVE_DIR
from namecls.runs import MANIFEST

if TYPE_CHECKING:
    from namecls.data import NameTable
    from namecls.reading import Columns
    from namecls.runs import Run
    from namecls.split import Splits

_DATA, _NETWORK, _LEARNING, _RUN = "Data", "Network", "Learning", "Run"


def _option(flags: str, panel: str, text: str, choices: Sequence[str] = ()) -> Any:
    """An option that takes the place of a value of the preset."""
    return typer.Option(
        *flags.split(),
        rich_help_panel=panel,
        help=f"{text}: {', '.join(choices)}." if choices else text,
        metavar=None if "/" in flags else "WORD" if choices else "N",
        show_default=False,
    )


def train(
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Names and labels: TSV, CSV, .gz of both, Parquet or JSON lines.",
            show_default="the dataset that comes with namecls",
            rich_help_panel=_DATA,
        ),
    ] = None,
    validation: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Validation rows, instead of a split.", rich_help_panel=_DATA),
    ] = None,
    test: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Test rows, instead of a split.", rich_help_panel=_DATA),
    ] = None,
    name_column: NameColumn = None,
    label_column: LabelColumn = None,
    header: Header = None,
    preset: Annotated[
        str, typer.Option(metavar="WORD", help=f"Where values not given come from: {', '.join(PRESETS)}.")
    ] = "default",
    input_: Annotated[str | None, _option("--input", _NETWORK, "How a character is read", INPUTS)] = None,
    embedding: Annotated[int | None, _option("--embedding", _NETWORK, "Numbers per character.")] = None,
    cell: Annotated[str | None, _option("--cell", _NETWORK, "The recurrent cell", CELLS)] = None,
    hidden: Annotated[int | None, _option("--hidden", _NETWORK, "Numbers that the cell remembers.")] = None,
    layers: Annotated[int | None, _option("--layers", _NETWORK, "Cells on top of each other.")] = None,
    bidirectional: Annotated[
        bool | None, _option("--bidirectional/--no-bidirectional", _NETWORK, "Also read from the end.")
    ] = None,
    pooling: Annotated[
        str | None, _option("--pooling", _NETWORK, "Which outputs speak for it", POOLINGS)
    ] = None,
    dropout: Annotated[float | None, _option("--dropout", _NETWORK, "Share hidden at random.")] = None,
    casefold: Annotated[
        bool | None, _option("--casefold/--no-casefold", _NETWORK, "Read capitals as small letters.")
    ] = None,
    transliterate: Annotated[
        bool | None, _option("--transliterate/--no-transliterate", _NETWORK, "Read everything as ASCII.")
    ] = None,
    epochs: Annotated[
        int | None, _option("--epochs -e", _LEARNING, "Passes over the names, at most.")
    ] = None,
    batch_size: Annotated[int | None, _option("--batch-size", _LEARNING, "Names per step.")] = None,
    optimizer: Annotated[
        str | None, _option("--optimizer", _LEARNING, "How weights move", OPTIMIZERS)
    ] = None,
    lr: Annotated[float | None, _option("--lr", _LEARNING, "The highest learning rate.")] = None,
    schedule: Annotated[str | None, _option("--schedule", _LEARNING, "How it changes", SCHEDULES)] = None,
    weight_decay: Annotated[float | None, _option("--weight-decay", _LEARNING, "Pull towards zero.")] = None,
    clip: Annotated[float | None, _option("--clip", _LEARNING, "Longest gradient; 0: any.")] = None,
    label_smoothing: Annotated[
        float | None, _option("--label-smoothing", _LEARNING, "Share of doubt about each label.")
    ] = None,
    accent_dropout: Annotated[
        float | None, _option("--accent-dropout", _LEARNING, "Share of names read without accents.")
    ] = None,
    cut_short: Annotated[
        float | None, _option("--cut-short", _LEARNING, "Share of batches read as if half typed.")
    ] = None,
    class_weights: Annotated[
        str | None, _option("--class-weights", _LEARNING, "Whether rare labels count more", CLASS_WEIGHTS)
    ] = None,
    patience: Annotated[
        int | None, _option("--patience", _LEARNING, "Epochs without a better one before it stops; 0: never.")
    ] = None,
    seed: Annotated[
        int | None, _option("--seed", _LEARNING, "Decides split, first weights and order.")
    ] = None,
    report_every: Annotated[int | None, _option("--report-every", _RUN, "Names between two reports.")] = None,
    device: Annotated[str | None, _option("--device", _RUN, "Where it runs", DEVICES)] = None,
    threads: Annotated[int | None, _option("--threads", _RUN, "CPU threads; 0: one for each core.")] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="RUN", help="Name of the run.", show_default="network and time", rich_help_panel=_RUN
        ),
    ] = None,
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
    resume: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="Go on with a run that was interrupted.", rich_help_panel=_RUN),
    ] = None,
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
    """Train a network on names, and test it on names that it has never seen.

    The file is split by name: 80 % to learn from, 10 % to choose the best
    epoch by, 10 % to test it once at the end. The weights of the best epoch
    are kept. What is not given of network and learning comes from the preset.

    Ctrl-C writes a checkpoint and leaves; so do SIGTERM and a terminal that
    goes away. --resume goes on from there, or from the last checkpoint of a
    training that was killed, and comes to the same weights to the last bit.
    A second Ctrl-C leaves at once.

    Examples:
      namecls train
      namecls train --data names.csv --name-column surname --label-column country
      namecls train --data mine.tsv --preset tutorial --cell lstm --epochs 10
      namecls train --data a.tsv --validation b.tsv --test c.tsv --name mine
      namecls train --json > events.jsonl
      namecls train --resume mine
    """
    if resume is not None:
        _go_on(context, resume, save_dir, detach=detach, as_json=json)
        return
    if (validation is None) != (test is None):
        raise typer.BadParameter(
            "--validation and --test go together: give both, or none to have the file split"
        )
    if validation is not None and data is None:
        raise typer.BadParameter("--validation and --test need --data, the rows to train on")
    config = _configure(
        preset,
        network={
            "input": input_,
            "embedding_size": embedding,
            "cell": cell,
            "hidden_size": hidden,
            "layers": layers,
            "bidirectional": bidirectional,
            "pooling": pooling,
            "dropout": dropout,
            "casefold": casefold,
            "transliterate": transliterate,
        },
        learning={
            "epochs": epochs,
            "batch_size": batch_size,
            "optimizer": optimizer,
            "learning_rate": lr,
            "schedule": schedule,
            "weight_decay": weight_decay,
            "clip_norm": clip,
            "label_smoothing": label_smoothing,
            "accent_dropout": accent_dropout,
            "cut_short": cut_short,
            "class_weights": class_weights,
            "patience": patience,
            "seed": seed,
            "report_every": report_every,
            "device": device,
            "threads": threads,
        },
    )
    dataset = _load(data, validation, test, columns(name_column, label_column, header))

    from namecls.runs import Run

    run = Run.create(save_dir, config, name)
    try:
        if detach:
            _record(run, config, dataset)
            _detach(run, as_json=json)
        else:
            _follow(config, dataset, run, resume=False, as_json=json)
    finally:
        with contextlib.suppress(OSError):
            run.directory.rmdir()  # goes only if nothing is in it: a training that could not even begin


#: Options that say nothing about what is learned from what.
_BESIDE_RESUME = {"resume", "detach", "json", "save_dir"}


def _go_on(context: typer.Context, wanted: str, save_dir: Path, *, detach: bool, as_json: bool) -> None:
    """Go on with a run that was interrupted."""
    refuse_others(context, _BESIDE_RESUME, "--resume goes on with the settings of the run")
    run = find_run(wanted, save_dir)
    if (run.directory / MANIFEST).exists():
        raise RunError(f"{run.directory}: this run is finished; there is nothing to go on with")
    if detach:
        _detach(run, as_json=as_json)
        return
    from namecls.protocol import recorded_splits

    _follow(run.config(), recorded_splits(run), run, resume=True, as_json=as_json)


def _follow(
    config: TrainConfig, dataset: NameTable | Splits, run: Run, *, resume: bool, as_json: bool
) -> None:
    from namecls.cli.following import follow

    with leave_on_signals() as stop:
        follow(config, dataset, run, stop, resume=resume, as_json=as_json)


def _record(run: Run, config: TrainConfig, dataset: NameTable | Splits) -> None:
    """Write down what is to be trained, for a process that has nothing but the run's directory."""
    from namecls.protocol import prepare, write_record

    write_record(run, config, prepare(config, dataset))


def _detach(run: Run, *, as_json: bool) -> None:
    """Let a process in the background do it."""
    from namecls.background import start

    holder = start(run.directory)
    if as_json:
        show_json({"event": "detached", "directory": str(run.directory), "pid": holder.pid}, indent=None)
        return
    say(f"process {holder.pid} trains it in the background, in {run.directory}")
    quoted = shlex.quote(str(run.directory))
    say(f"  to watch: namecls runs watch {quoted}")
    say(f"  to stop:  namecls runs stop {quoted}")


def _configure(preset: str, *, network: dict[str, object], learning: dict[str, object]) -> TrainConfig:
    """The preset's values, with those that were given in their place."""
    if preset not in PRESETS:
        raise typer.BadParameter(f"preset must be one of {', '.join(PRESETS)}, was: {preset!r}")
    base = PRESETS[preset].config
    given = {key: value for key, value in network.items() if value is not None}
    settings = {key: value for key, value in learning.items() if value is not None}
    try:
        model = dataclasses.replace(base.model, **given)  # type: ignore[arg-type]  # checked by the constructor
        return dataclasses.replace(base, model=model, **settings)  # type: ignore[arg-type]
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from error


def _load(
    data: Path | None, validation: Path | None, test: Path | None, where: Columns
) -> NameTable | Splits:
    if validation is None or test is None:
        return load_table(data, where)
    from namecls.split import Splits, shared_names

    splits = Splits(
        train=load_table(data, where),
        validation=load_table(validation, where, min_labels=1),
        test=load_table(test, where, min_labels=1),
    )
    if shared := shared_names(splits):
        say(
            f"{count(len(shared), 'name stands', 'names stand')} in more than one of the files, such as "
            f"{shared[0].name!r}: the test is then no test of new names",
            style="bold yellow",
        )
    return splits
