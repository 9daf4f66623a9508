"""`namecls predict --on ray`: the rows of Parquet files answered by actors of Ray, into a directory of such files."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from namecls.cli.caveats import tell_of_risk, tell_of_test
from namecls.cli.console import messages, rows_of, say
from namecls.cli.options import find_model, not_one_of, refuse_others
from namecls.cli.stopping import left_by_signals
from namecls.errors import ConfigError
from namecls.extras import NUMPY, see_that_there_is
from namecls.files.storage import making
from namecls.language import _, ngettext

if TYPE_CHECKING:
    from namecls.inference.pieces import Piece
    from namecls.inference.scorer import Scorer

RAY = "ray"
OnRay = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar=RAY,
        help="Answer Parquet files by actors of Ray, here or in a cluster; --output is a directory.",
        show_default="this process alone",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        max=10_000,
        help="How many processes answer --input, a part of it each; with --on ray its actors, each a processor.",
        show_default="1; with --on ray as many as there are processors",
    ),
]
#: The parameters that it knows what to do with.
_TAKES = (
    *("on", "workers", "names", "input_", "output", "name_column", "prefix", "model", "k"),
    *("coverage", "sets", "risk", "whole_name"),
)


def predict_on(
    on: str, workers: int | None, names: list[str] | None, context: typer.Context, *, k: int | None
) -> None:
    """Answer as the options of `namecls predict` say that belong to it.

    :param names: that were given beside it; there must be none.
    :param k: how many ranks; None: all.
    :raises typer.BadParameter: if an option is missing, or one is given that it does not take.
    """
    if on != RAY:
        raise typer.BadParameter(not_one_of("--on", (RAY,), on))
    if names:
        raise typer.BadParameter(
            _("--on ray answers files: give no names, and patterns in quotes: --input 'dir/*.parquet'")
        )
    refuse_others(context, _TAKES, _("not with --on ray"))
    given = context.params
    if given["input_"] in (None, "-"):
        raise typer.BadParameter(
            _("--on ray reads Parquet: give --input FILE, DIR, or 'DIR/*.parquet' in quotes")
        )
    if not given["name_column"]:
        raise typer.BadParameter(_("--on ray reads tables: say with --name-column where the names stand"))
    if given["output"] is None:
        raise typer.BadParameter(_("--on ray writes a directory of Parquet files: give --output DIR"))
    see_that_there_is(RAY, RAY)  # Ray reads its settings when it is imported, which is too soon here
    from namecls.inference.pieces import columns_of, find_files, parted
    from namecls.inference.prediction import Predictor
    from namecls.inference.scorer import Scorer
    from namecls.runs.model_files import FAMILY, WHOLE

    directory = find_model(given["model"])
    # What is said of it needs no torch, for which only the actors wait.
    predictor = Predictor.load(directory, engine=NUMPY)
    tell_of_test(predictor, at_length=False)
    tell_of_risk(predictor, given["risk"])

    def scorer_of(columns: list[str] | tuple[str, ...]) -> Scorer:
        whole = given["whole_name"]
        return Scorer(
            directory,
            columns,
            k=min(k or len(predictor.labels), len(predictor.labels)),
            prefix=given["prefix"],
            coverage=given["coverage"],
            sets=given["sets"],
            risk=given["risk"],
            names=None if whole is None else WHOLE if whole else FAMILY,
        )

    try:
        titles = scorer_of(given["name_column"]).titles
    except ConfigError as error:
        raise typer.BadParameter(f"--{error}") from None
    files = find_files(given["input_"])
    columns, rows = columns_of(files, given["name_column"], titles)
    with making(Path(os.path.abspath(given["output"]))) as place, left_by_signals():  # noqa: PTH100
        from namecls.inference.on_ray import cluster

        with (
            Path(os.devnull).open("w") as nowhere,
            contextlib.redirect_stdout(nowhere),
            cluster(workers or 0) as n,
            left_by_signals(),  # again: Ray has set its own
        ):
            count = _answer(parted(files, rows, n), scorer_of(columns), place, n)
    told = ngettext(
        "{rows} answered, in {n:,} file: {output}", "{rows} answered, in {n:,} files: {output}", count
    )
    say(told.format(rows=rows_of(sum(rows)), n=count, output=given["output"]))


def _answer(pieces: list[Piece], scorer: Scorer, place: Path, processes: int) -> int:
    """Answer all pieces; on a terminal with a bar.

    :return: how many there were.
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from namecls.inference.on_ray import answers

    console = messages()
    columns = (BarColumn(), TextColumn("{task.percentage:3.0f} %"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=sum(piece.rows for piece in pieces))
        for rows in answers(pieces, scorer, place, processes):
            bar.advance(task, rows)
    return len(pieces)
