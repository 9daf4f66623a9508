"""`namecls evaluate`: how good a model is, on rows that it was not trained on."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from namecls.calibration.population import DATA
from namecls.cli.answers import population_text
from namecls.cli.console import (
    percent,
    rows_of,
    say,
    show,
    show_json,
    written_as,
)
from namecls.cli.figures import show_metrics, show_regions, show_ways
from namecls.cli.markup import MARKUPS
from namecls.cli.options import (
    ANYHOW,
    COLUMNS,
    Json,
    Model,
    OfRegions,
    Prior,
    check_parts,
    find_model,
    given_options,
    load_rows,
    load_table,
    not_one_of,
    with_columns,
)
from namecls.cli.settings import NOTHING, Given, option, with_settings
from namecls.cli.trials import check_protocol, configs_of, measure_recipe
from namecls.config import PRESET, PROTOCOLS
from namecls.data.layout import Columns
from namecls.errors import ConfigError, NameclsError
from namecls.guarantees import COVERAGES, RISKS, Guarantees
from namecls.language import _
from namecls.paths import packaged_dataset, packaged_model
from namecls.results import Metrics
from namecls.uncertainty import intervals

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from namecls.inference.prediction import Predictor

SPLITS = ("test", "valid", "train")
FORMATS = ("table", *MARKUPS)
_RECIPE = "Recipe, with --seeds"
#: Options of a model that is measured, or of both ways; all others say how one is trained.
_WITHOUT_SEEDS = {
    *COLUMNS,
    *("model", "data", "split", "as_typed", "coverage", "risk", "prior", "regions", "json", "format_"),
}


@with_settings(without=("seed", "report_every", "split", "refit"))
@with_columns
def evaluate(
    model: Model = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Rows of your own, with labels that the model knows.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(SPLITS), help="A part of the data that the run was made of.", show_default="test"
        ),
    ] = None,
    where: Columns = ANYHOW,
    as_typed: Annotated[
        bool,
        typer.Option("--as-typed", help="Also in lower case, without accents, half typed and so on."),
    ] = False,
    coverage: Annotated[
        list[float] | None,
        typer.Option(
            metavar="SHARE", help="A coverage of prediction sets to measure.", show_default="0.8, 0.9, 0.95"
        ),
    ] = None,
    risk: Annotated[
        list[float] | None,
        typer.Option(metavar="SHARE", help="A risk to measure abstention at.", show_default="0.2, 0.1, 0.05"),
    ] = None,
    prior: Prior = DATA,
    regions: OfRegions = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            metavar="0,1,2",
            help="Train anew with each seed, measure each, show mean and spread.",
            rich_help_panel=_RECIPE,
        ),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(
            metavar="WORD",
            help=f"How the data are split: {', '.join(PROTOCOLS)}.",
            show_default="grouped; published with --test",
            rich_help_panel=_RECIPE,
        ),
    ] = None,
    train_rows: Annotated[
        int | None,
        typer.Option(metavar="N", min=2, help="Train on so many rows at most.", rich_help_panel=_RECIPE),
    ] = None,
    preset: Annotated[str | None, option(PRESET, panel=_RECIPE, default="default")] = None,
    validation: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Validation rows; --data then holds those to train on.",
            rich_help_panel=_RECIPE,
        ),
    ] = None,
    test: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Test rows.", rich_help_panel=_RECIPE)
    ] = None,
    json: Json = False,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="|".join(FORMATS),
            help="How to write the tables: markdown and latex for papers.",
        ),
    ] = FORMATS[0],
    settings: Given = NOTHING,
    *,
    context: typer.Context,
) -> None:
    """Evaluate a model on names with known labels.

    Without --data these are the test rows of the run: the file that it was
    trained on is read and split again, and has to be the same, byte by byte.
    If it was moved, --data says where it lies, and --split which part is meant.
    It is the network that is measured, with counts carried over from the
    model that it started from: counts of its own rows, which predict uses
    beside it, are left out.

    With --prior the figures are those of another population: each row counts
    as often as the share of its label there asks for. Prediction sets and
    risks are fitted for it on the validation rows of the run.

    With --seeds no model is measured but a recipe: for each seed the data are
    split, a network is trained and tested, and nothing of it is kept.
    "grouped": no name is on two sides; "rows": each row for itself, so that
    some test names were trained on under another label, or twice; "published":
    the split is that of three files, and the seed decides the training alone.
    The recipe is that of the preset, with what is given of network and learning.

    Examples:
      namecls evaluate
      namecls evaluate --model save_model/mine --split valid
      namecls evaluate --model save_model/mine --data new.tsv --json
      namecls evaluate --model save_model/mine --data moved/names.tsv --split test
      namecls evaluate --coverage 0.85 --risk 0.15 --risk 0.02
      namecls evaluate --prior uniform
      namecls evaluate --data mine.tsv --preset fast --seeds 0,1,2
      namecls evaluate --format latex > table.tex
      namecls evaluate --seeds 0,1,2 --epochs 20 --train-rows 2000
      namecls evaluate --seeds 0 --data a.tsv --validation b.tsv --test c.tsv
    """
    if format_ not in FORMATS:
        raise typer.BadParameter(not_one_of("--format", FORMATS, format_))
    if json and format_ != FORMATS[0]:
        raise typer.BadParameter(_("give --json, or --format, not both"))
    markup = format_ if format_ in MARKUPS else None
    if seeds is not None:
        if model is not None or split is not None or as_typed or coverage or risk or prior != DATA or regions:
            raise typer.BadParameter(
                _(
                    "--seeds trains anew: leave out --model, --split, --as-typed, --coverage, --risk, --prior and "
                    "--regions"
                )
            )
        check_parts(data, validation, test)
        protocol = check_protocol(protocol, given=test is not None)
        configs = configs_of(seeds, preset or "default", settings)
        dataset = load_rows(data, validation, test, where)
        title = data.name if data is not None else packaged_dataset().name
        with written_as(markup):
            measure_recipe(
                configs, dataset, title=title, protocol=protocol, train_rows=train_rows, as_json=json
            )
        return
    _refuse_recipe(context)
    if split is not None and split not in SPLITS:
        raise typer.BadParameter(not_one_of("--split", SPLITS, split))
    coverages, risks = tuple(coverage or COVERAGES), tuple(risk or RISKS)
    _check_shares(coverages, risks)
    directory = find_model(model)

    from namecls.inference.prediction import Predictor
    from namecls.runs.run import Run

    predictor = Predictor.load(directory).under(prior)
    if regions is not None:
        predictor = predictor.with_regions(regions)
    if predictor.prior is not None:
        predictor = _refitted(predictor, data if split is not None else None, needed=bool(coverage or risk))
    if data is not None and split is None:
        table, name = load_table(data, where, min_labels=1), data.name
        _warn_of_own_rows(predictor, table)
    else:
        name = split or "test"
        table = _own_rows(directory or packaged_model(), name, data)
        if Run.open(predictor.info.directory).record().refit is not None and name != "train":
            say(
                _(
                    "this model was refitted on all rows, these among them: what follows is no measure of its "
                    "quality; for the figures of the model that was measured: namecls runs show"
                ),
                style="bold yellow",
            )
    if name == "train":
        say(
            _("these are the rows it was trained on: what follows is no measure of its quality"),
            style="bold yellow",
        )

    from namecls.inference import evaluation

    metrics, by_region = evaluation.figures(predictor, table, split=name, coverages=coverages, risks=risks)
    ways = evaluation.robustness(predictor, table) if as_typed else ()
    unknown = evaluation.unknown_labels(predictor, table)
    if json:
        typed = {"as_typed": [dataclasses.asdict(way) for way in ways]} if ways else {}
        more = {
            "unknown_labels": unknown,
            "population": predictor.populations[0],
            "regions": dataclasses.asdict(by_region) if by_region is not None else None,
        }
        show_json(_to_json(metrics) | more | typed)
        return
    with written_as(markup):
        show_metrics(metrics, predictor.info.name, unknown)
        if by_region is not None:
            show_regions(by_region)
        if predictor.populations[0]:
            show((population_text(predictor.populations[0]), "dim"))
        if ways:
            show_ways(ways)


def _refitted(predictor: Predictor, data: Path | None, *, needed: bool) -> Predictor:
    """The network alone, with sets and risks for the stated population, or without them if they can't be fitted.

    :param data: where the data file of the run lies now, if it was moved.
    :param needed: whether they were asked for.
    """
    from namecls.inference.refitting import refit

    alone = dataclasses.replace(predictor, loaded=dataclasses.replace(predictor.loaded, counted=None))
    try:
        return refit(alone, data)
    except NameclsError as error:
        if needed:
            raise
        say(_("without prediction sets and risks: {why}").format(why=error), style="yellow")
        return alone


def _check_shares(coverages: Sequence[float], risks: Sequence[float]) -> None:
    """:raises typer.BadParameter: if one is none that can be stated."""
    try:
        for share in coverages:
            Guarantees(coverage=share)
        for share in risks:
            Guarantees(risk=share)
    except ConfigError as error:
        raise typer.BadParameter(f"--{error}") from None


def _refuse_recipe(context: typer.Context) -> None:
    """:raises typer.BadParameter: if it is said how to train, but not to train."""
    if given := given_options(context, beside=_WITHOUT_SEEDS):
        raise typer.BadParameter(
            _("{option} is for a recipe: give --seeds 0,1,2, too, or leave it out").format(option=given[0])
        )


def _own_rows(directory: Path, split: str, data: Path | None) -> NameTable:
    """A part of the rows that a run was made of, read and split again.

    :param data: where its data file lies now, if it was moved.
    """
    from namecls.runs.run import Run
    from namecls.training.protocol import recorded_splits

    splits = recorded_splits(Run.open(directory), data)
    return {"test": splits.test, "valid": splits.validation, "train": splits.train}[split]


def _warn_of_own_rows(predictor: Predictor, table: NameTable) -> None:
    """Say so if the model was trained on some of the names."""
    from namecls.inference.evaluation import learned_rows
    from namecls.runs.run import Run

    is_own = False
    with contextlib.suppress(NameclsError):  # a model without a record can still be measured
        is_own = Run.open(predictor.info.directory).record().data.sha256 == table.sha256
    if rows := learned_rows(predictor, table):
        told = _(
            "{file}: it was trained on the names of {learned:,} of {rows} ({share}): these are no measure of its "
            "quality on new names"
        ).format(file=table.title, learned=rows, rows=rows_of(len(table)), share=percent(rows / len(table)))
    elif is_own and rows is None:
        told = _(
            "{file}: it was trained on most of these rows: these are no measure of its quality on new names"
        ).format(file=table.title)
    else:
        return
    if is_own:
        told = _("{told}; for the rows it has never seen, add: --split test").format(told=told)
    say(told, style="bold yellow")


def _to_json(metrics: Metrics) -> dict[str, object]:
    return {
        **metrics.to_json(),
        "intervals": intervals(metrics).to_json(),
        "top_k": {"1": metrics.accuracy, "3": metrics.top_3, "5": metrics.top_5},
        "labels": [score.label for score in metrics.per_label],
    }
