"""`namecls evaluate`: how good a model is, on rows that it was not trained on."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from namecls.cli.console import (
    Column,
    count,
    loss_text,
    percent,
    say,
    show,
    show_json,
    show_table,
    written_as,
)
from namecls.cli.markup import MARKUPS
from namecls.cli.options import (
    Encoding,
    Header,
    Json,
    LabelColumn,
    Model,
    NameColumn,
    Separator,
    check_parts,
    columns,
    find_model,
    given_options,
    load_rows,
    load_table,
)
from namecls.cli.settings import NOTHING, Given, option, with_settings
from namecls.cli.trials import check_protocol, configs_of, measure_recipe
from namecls.config import PRESET, PROTOCOLS
from namecls.errors import ConfigError, NameclsError
from namecls.events import LabelScore, Metrics, ReliabilityBin
from namecls.guarantees import COVERAGE, COVERAGES, RISK, RISKS, Guarantees, as_percent, too_few_rows
from namecls.paths import packaged_dataset, packaged_model

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from namecls.inference.evaluation import Robustness
    from namecls.inference.prediction import Predictor

SPLITS = ("test", "valid", "train")
FORMATS = ("table", *MARKUPS)
_CONFUSIONS = 10
_UNKNOWN = 10  # labels that are named
_BAR_WIDTH = 40
_RECIPE = "Recipe, with --seeds"
#: Options of a model that is measured, or of both ways; all others say how one is trained.
_WITHOUT_SEEDS = {
    *("model", "data", "split", "name_column", "label_column", "header", "separator", "encoding"),
    *("as_typed", "coverage", "risk", "json", "format_"),
}


@with_settings(without=("seed", "report_every"))
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
    name_column: NameColumn = None,
    label_column: LabelColumn = None,
    header: Header = None,
    separator: Separator = None,
    encoding: Encoding = None,
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
    It is the network that is measured: counts of names that many bear, which
    predict uses beside it, are left out.

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
      namecls evaluate --data mine.tsv --preset fast --seeds 0,1,2
      namecls evaluate --format latex > table.tex
      namecls evaluate --seeds 0,1,2 --epochs 20 --train-rows 2000
      namecls evaluate --seeds 0 --data a.tsv --validation b.tsv --test c.tsv
    """
    where = columns(name_column, label_column, header, separator, encoding)
    if format_ not in FORMATS:
        raise typer.BadParameter(f"--format must be one of {', '.join(FORMATS)}, was: {format_!r}")
    if json and format_ != FORMATS[0]:
        raise typer.BadParameter("give --json, or --format, not both")
    markup = format_ if format_ in MARKUPS else None
    if seeds is not None:
        if model is not None or split is not None or as_typed or coverage or risk:
            raise typer.BadParameter(
                "--seeds trains anew: leave out --model, --split, --as-typed, --coverage and --risk"
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
        raise typer.BadParameter(f"--split must be one of {', '.join(SPLITS)}, was: {split!r}")
    coverages, risks = tuple(coverage or COVERAGES), tuple(risk or RISKS)
    _check_shares(coverages, risks)
    directory = find_model(model)

    from namecls.inference.prediction import Predictor

    predictor = Predictor.load(directory)
    if data is not None and split is None:
        table, name = load_table(data, where, min_labels=1), data.name
        _warn_of_own_rows(predictor, table)
    else:
        name = split or "test"
        table = _own_rows(directory or packaged_model(), name, data)
    if name == "train":
        say(
            "these are the rows it was trained on: what follows is no measure of its quality",
            style="bold yellow",
        )

    from namecls.inference import evaluation

    metrics = evaluation.evaluate(predictor, table, split=name, coverages=coverages, risks=risks)
    ways = evaluation.robustness(predictor, table) if as_typed else ()
    unknown = evaluation.unknown_labels(predictor, table)
    if json:
        typed = {"as_typed": [dataclasses.asdict(way) for way in ways]} if ways else {}
        show_json(_to_json(metrics) | {"unknown_labels": unknown} | typed)
        return
    with written_as(markup):
        _show(metrics, predictor.info.name, unknown)
        if ways:
            _show_ways(ways)


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
        raise typer.BadParameter(f"{given[0]} is for a recipe: give --seeds 0,1,2, too, or leave it out")


def _show_ways(ways: Sequence[Robustness]) -> None:
    """Robustness: accuracy on other spellings."""
    show("")
    titles = ("accuracy as it stands", "written so", "points lost", "rows")
    show_table(
        [Column("written"), *(Column(title, True) for title in titles)],
        [
            [
                way.way,
                percent(way.clean),
                percent(way.written),
                f"{100 * (way.clean - way.written):.1f}",
                f"{way.rows:,}",
            ]
            for way in ways
            if way.rows
        ],
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
        what = f"it was trained on the names of {rows:,} of {count(len(table), 'row')} ({percent(rows / len(table))})"
    elif is_own and rows is None:
        what = "it was trained on most of these rows"
    else:
        return
    own = "; for the rows it has never seen, add: --split test" if is_own else ""
    say(f"{table.title}: {what}: these are no measure of its quality on new names{own}", style="bold yellow")


def _to_json(metrics: Metrics) -> dict[str, object]:
    return {
        **metrics.to_json(),
        "top_k": {"1": metrics.accuracy, "3": metrics.top_3, "5": metrics.top_5},
        "labels": [score.label for score in metrics.per_label],
    }


def _show(metrics: Metrics, model: str, unknown: Mapping[str, int]) -> None:
    """All labels, the commonest mistakes, what is stated and kept, and last the whole in one line."""
    _show_labels(metrics)
    if confused := _most_confused(metrics):
        show("")
        show_table([Column("rows", True), Column("taken for"), Column("but is")], confused)
    _show_calibration(metrics)
    show("")
    show(
        (
            f"{model} on {count(metrics.rows, 'row')} ({metrics.split}), chosen for {metrics.operating_point}",
            "bold",
        )
    )
    if unknown:
        labels = ", ".join(f"{label} {rows:,}" for label, rows in list(unknown.items())[:_UNKNOWN])
        more = f" and {len(unknown) - _UNKNOWN:,} more" if len(unknown) > _UNKNOWN else ""
        show(f"{count(metrics.left_out, 'row')} under labels that it does not know, left out: {labels}{more}")
    shares = {
        "accuracy": metrics.accuracy,
        "macro-F1": metrics.macro_f1,
        "top-3": metrics.top_3,
        "top-5": metrics.top_5,
    }
    show_table(
        [Column(title, True) for title in (*shares, "loss", "ECE")],
        [[*map(percent, shares.values()), loss_text(metrics.loss), f"{metrics.ece:.4f}"]],
    )


def _show_labels(metrics: Metrics) -> None:
    """Every label, the commonest first."""
    more: dict[str, Callable[[LabelScore], float | None]] = {
        f"in its {as_percent(COVERAGE)} set": lambda score: score.covered,
        f"answered at {as_percent(RISK)}": lambda score: score.answered_at_10,
    }
    more = {title: of for title, of in more.items() if any(of(s) is not None for s in metrics.per_label)}
    show_table(
        [
            Column("label"),
            *(Column(title, True) for title in ("precision", "recall", "F1", "rows", *more)),
        ],
        [
            [
                *(s.label, f"{s.precision:.3f}", f"{s.recall:.3f}", f"{s.f1:.3f}", f"{s.support:,}"),
                *("-" if (share := of(s)) is None else f"{share:.3f}" for of in more.values()),
            ]
            for s in sorted(metrics.per_label, key=lambda score: (-score.support, score.label))
            if s.support or s.precision
        ],
    )


def _show_calibration(metrics: Metrics) -> None:
    """Reliability diagram; stated coverage and risk beside those measured."""
    if metrics.reliability:
        show("")
        show_table(
            [Column("confidence", True), Column("accuracy", True), Column("rows", True), Column("")],
            [
                [percent(each.confidence), percent(each.accuracy), f"{each.rows:,}", _reliability_bar(each)]
                for each in metrics.reliability
            ],
        )
        show(f"ECE {metrics.ece:.4f}{_by_chance(metrics)}")
    if metrics.coverages:
        show("")
        show_table(
            [
                Column("sets"),
                *(Column(title, True) for title in ("stated coverage", "found", "labels in a set")),
            ],
            [
                [each.method, as_percent(each.stated), percent(each.found), f"{each.mean_size:.2f}"]
                for each in metrics.coverages
            ],
        )
        stated = {each.stated: too_few_rows(each.stated, metrics.calibrated_on) for each in metrics.coverages}
        for caveat in filter(None, stated.values()):
            show((caveat, "yellow"))
    if metrics.selections:
        show("")
        show_table(
            [
                Column(title, True)
                for title in ("stated risk", "threshold", "names answered", "of these wrong")
            ],
            [
                [
                    as_percent(each.stated),
                    "-" if each.threshold is None else percent(each.threshold),
                    percent(each.answered),
                    percent(each.wrong) if each.answered else "-",
                ]
                for each in metrics.selections
            ],
        )


def _by_chance(metrics: Metrics) -> str:
    """The ECE expected if calibrated, for comparison."""
    if metrics.ece_by_chance is None or metrics.ece_by_chance_95 is None:
        return ""
    return (
        f"; expected if calibrated: {metrics.ece_by_chance:.4f} on so many rows, "
        f"at most {metrics.ece_by_chance_95:.4f} in 95 of 100 cases"
    )


def _reliability_bar(each: ReliabilityBin) -> str:
    """A bar as long as the accuracy, and a mark where the confidence says that it should end."""
    filled, mark = round(each.accuracy * _BAR_WIDTH), min(round(each.confidence * _BAR_WIDTH), _BAR_WIDTH - 1)
    line = ("#" * filled).ljust(_BAR_WIDTH)
    return f"{line[:mark]}|{line[mark + 1 :]}".rstrip()


def _most_confused(metrics: Metrics) -> list[list[str]]:
    """The commonest confusions: how often, the label predicted, the true label."""
    labels = [score.label for score in metrics.per_label]
    cells = zip(metrics.confusion.true, metrics.confusion.predicted, metrics.confusion.rows, strict=True)
    mistakes = [(times, labels[guess], labels[true]) for true, guess, times in cells if guess != true]
    mistakes.sort(key=lambda mistake: (-mistake[0], mistake[1:]))
    return [[f"{times:,}", guess, true] for times, guess, true in mistakes[:_CONFUSIONS]]
