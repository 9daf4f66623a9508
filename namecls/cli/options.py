"""Options that several commands share, and what they mean."""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from namecls.cli.commands import COMMON
from namecls.cli.console import counted, rows_of, say
from namecls.data.layout import Columns
from namecls.errors import ModelFileError, RunError
from namecls.extras import ENGINES
from namecls.files.opening import refuse_pickle
from namecls.language import N_, _, ngettext
from namecls.paths import (
    DATA_VARIABLE,
    MODEL_VARIABLE,
    SAVE_DIR_VARIABLE,
    model_directory,
    packaged_model,
    save_directory,
)
from namecls.text import whole_number

if TYPE_CHECKING:
    from namecls.data.split import Splits
    from namecls.data.table import NameTable
    from namecls.runs.run import Run

#: Bad lines that are shown without being asked for.
FIRST_BAD_LINES = 3

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
SafeCells = Annotated[
    bool,
    typer.Option(
        "--safe-cells/--raw-cells",
        help="In CSV and TSV: put ' before a cell that a spreadsheet would run. Files of names are read without it.",
    ),
]
SaveDir = Annotated[
    Path,
    typer.Option(
        "--save-dir", metavar="DIR", help="Where the runs are.", envvar=SAVE_DIR_VARIABLE, show_envvar=True
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Names and labels: TSV, CSV, .gz of both, Parquet or JSON lines.",
        show_default="the dataset that comes with namecls",
        rich_help_panel="Data",
        envvar=DATA_VARIABLE,
        show_envvar=True,
    ),
]
#: Which model is meant where none is named.
MODEL_IN_USE = N_("NAMECLS_MODEL, or the model that comes with namecls")
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="RUN",
        help="A run: its directory, or its name in the save directory.",
        show_default=MODEL_IN_USE,
    ),
]
Engine = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(ENGINES),
        help="What computes. The answers are the same; numpy starts sooner and needs no PyTorch.",
        show_default="torch, if it is installed",
    ),
]
Device = Annotated[
    str,
    typer.Option(
        metavar="auto|cpu|cuda|mps",
        help="Where the network runs. A GPU pays for large networks and very many names.",
    ),
]
Prior = Annotated[
    str,
    typer.Option(
        metavar="data|uniform|FILE",
        help="Shares of the labels among the people asked about; FILE: a label, a tab and its share a line.",
    ),
]
OfRegions = Annotated[
    Path | None,
    typer.Option(
        "--regions",
        metavar="FILE",
        help="Regions of the labels: a label, a tab, its region, perhaps a tab and a larger one a line.",
        show_default="those that come with namecls",
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="How the text is encoded: windows-1252, gbk, big5, shift-jis, utf-16 ...",
        show_default="UTF-8",
    ),
]


def _column_option(
    flag: str, says: str, *, metavar: str | None = "COLUMN", default: str | None = None
) -> Any:
    return typer.Option(flag, metavar=metavar, help=says, show_default=default or True)


_COLUMNS: Mapping[str, Any] = {
    "name_column": Annotated[
        str | None, _column_option("--name-column", "The column of the names: its title or number, from 1.")
    ],
    "label_column": Annotated[
        str | None, _column_option("--label-column", "The column of the labels: its title or number, from 1.")
    ],
    "weight_column": Annotated[
        str | None,
        _column_option(
            "--weight-column",
            "A column of weights, how often a row counts: its title or number, from 1.",
            default="each row counts once",
        ),
    ],
    "header": Annotated[
        bool | None,
        _column_option(
            "--header/--no-header",
            "Whether the first line names the columns.",
            metavar=None,
            default="if it looks like it",
        ),
    ],
    "separator": Annotated[
        str | None,
        _column_option(
            "--separator",
            "What separates the columns: tab, comma, semicolon, pipe, spaces, or one character.",
            metavar="WORD",
            default="what gives labels that come again",
        ),
    ],
    "encoding": Encoding,
}
#: The parameters that `with_columns` makes.
COLUMNS = frozenset(_COLUMNS)


def expanded(
    name: str, options: Sequence[inspect.Parameter], gather: Callable[[dict[str, Any]], object]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command whose parameter `name` is to be several options, whose values are gathered into one."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        parameters: list[inspect.Parameter] = []
        for parameter in signature.parameters.values():
            parameters += options if parameter.name == name else [parameter]

        @functools.wraps(command)
        def called(**values: Any) -> None:
            gathered = gather({option.name: values.pop(option.name) for option in options})
            command(**values, **{name: gathered})

        # Both are where Typer looks for the options of a command.
        called.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return called

    return decorate


def parameter(name: str, annotation: Any) -> inspect.Parameter:
    """An optional parameter of a command."""
    return inspect.Parameter(
        name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=annotation
    )


def _as_columns(values: dict[str, Any]) -> Columns:
    return Columns(
        _column(values["name_column"]),
        _column(values["label_column"]),
        values["header"],
        values["separator"],
        values["encoding"],
        _column(values["weight_column"]),
    )


#: Nothing is asked for.
ANYHOW = Columns()

#: A command whose parameter `where`, `Columns`, is the options that say how a file of names is read.
with_columns = expanded("where", [parameter(*each) for each in _COLUMNS.items()], _as_columns)


def find_model(model: str | None, save_dir: Path | None = None) -> Path | None:
    """The directory that `--model`, or else the environment, means; None for the shipped model.

    :param save_dir: where a run lies that is meant by its name; None: where the environment says.
    :raises ModelFileError: if there is no such directory.
    """
    wanted = model if model is not None else os.environ.get(MODEL_VARIABLE) or None
    if wanted is None or (found := model_directory(wanted, save_dir or save_directory())) is not None:
        return found if wanted is not None else None
    refuse_pickle(Path(wanted))
    if model is not None:
        raise ModelFileError(no_run(wanted))
    raise ModelFileError(
        _(
            "{run}: expected the directory of a run, found none ({variable} asks for it); see: namecls runs list"
        ).format(run=wanted, variable=MODEL_VARIABLE)
    )


def no_run(wanted: str) -> str:
    """What is said where a directory is no run."""
    return _("{run}: expected the directory of a run, found none; see: namecls runs list").format(run=wanted)


def not_one_of(option: str, choices: Iterable[str], value: object) -> str:
    """What is said of a word that an option does not take."""
    return _("{option} must be one of {choices}, was: {value!r}").format(
        option=option, choices=_(", ").join(choices), value=value
    )


def check_engine(engine: str | None) -> None:
    """:raises typer.BadParameter: if `--engine` is none."""
    if engine is not None and engine not in ENGINES:
        raise typer.BadParameter(not_one_of("--engine", ENGINES, engine))


def refuse_others(context: typer.Context, beside: Collection[str], why: str) -> None:
    """See that no option was given but these.

    :raises typer.BadParameter: if one was; it says `why` and which one.
    """
    if given := given_options(context, beside=beside):
        raise typer.BadParameter(_("{why}: leave out {option}").format(why=why, option=given[0]))


def find_study(wanted: str, save_dir: Path) -> Path:
    """The directory of the study that is meant by it, or by its name in the save directory.

    :raises RunError: if there is none.
    """
    from namecls.search.study import STUDY

    told = _("{study}: expected a study, found none in {directory}; studies are made by: namecls tune")
    return _directory_with(STUDY, wanted, save_dir, told.format(study=wanted, directory=save_dir))


def find_comparison(wanted: str, save_dir: Path) -> Path:
    """The directory of the comparison that is meant by it, or by its name in the save directory.

    :raises RunError: if there is none.
    """
    from namecls.search.experiment import EXPERIMENT

    told = _("{name}: expected a comparison, found none in {directory}; they are made by: namecls compare")
    return _directory_with(EXPERIMENT, wanted, save_dir, told.format(name=wanted, directory=save_dir))


def _directory_with(file: str, wanted: str, save_dir: Path, told: str) -> Path:
    from namecls.runs.run import check_name

    path = Path(wanted)
    if not (path / file).is_file() and path.name == wanted:
        path = save_dir / check_name(wanted)
    if not os.path.isfile(path / file):  # noqa: PTH113 - false, where `is_file` raises
        raise RunError(told)
    return path


def find_run(wanted: str, save_dir: Path) -> Run:
    """The run that is meant by its directory or by its name in the save directory.

    :raises RunError: if there is none.
    """
    from namecls.runs.record import CONFIG
    from namecls.runs.run import Run, check_name

    path = Path(wanted)
    if (path / CONFIG).is_file():
        return Run(path)
    if path.name != wanted:
        raise RunError(no_run(wanted))
    return Run.open(save_dir / check_name(wanted))


def find_run_or_model(run: str | None, save_dir: Path) -> Run:
    """The run that is named; without a name the model that `predict` would answer with.

    :raises NameclsError: if there is no such run.
    """
    from namecls.runs.run import Run

    return find_run(run, save_dir) if run is not None else Run.open(find_model(None) or packaged_model())


def load_table(
    path: Path | None,
    where: Columns,
    *,
    min_labels: int = 2,
    tell: bool = True,
    learned: bool = False,
) -> NameTable:
    """The rows of a file, or of the embedded dataset.

    :param tell: say on standard error which lines can't be used, and what looks wrong.
    :param learned: also what matters only to a training: labels that look alike, or have few names.
    :raises DataError: if nothing can be read from it.
    """
    from namecls.data.table import load_dataset

    table = load_dataset(
        path,
        name_column=where.name,
        label_column=where.label,
        header=where.header,
        separator=where.separator,
        encoding=where.encoding,
        weight_column=where.weight,
        min_labels=min_labels,
    )
    if tell and not table.layout.is_plain:
        say(_("{file}: read as {layout}").format(file=table.title, layout=table.layout.told), style="dim")
    if tell:
        from namecls.data.doubts import column_doubts, find_doubts
        from namecls.data.inspection import different_rows, duplicate_pairs

        different = different_rows(table, duplicate_pairs(table)) if learned else {}
        if repeated := (len(table) - sum(different.values())) * learned:
            told = _(
                "{file}: {repeated:,} of {rows} are exact duplicates, which count once (--keep-duplicates counts them "
                "all)"
            )
            say(told.format(file=table.title, repeated=repeated, rows=rows_of(len(table))), style="dim")
        for doubt in find_doubts(table, different) if learned else column_doubts(table):
            say(f"{table.title}: {doubt.text}", style="yellow")
    if tell and table.bad_lines:
        left_out = counted(
            len(table.bad_lines),
            "{n:,} line can't be used and is left out:",
            "{n:,} lines can't be used and are left out:",
        )
        say(f"{table.title}: {left_out}", style="yellow")
        for bad in table.bad_lines[:FIRST_BAD_LINES]:
            say(_("  line {line}: {problem}").format(line=bad.line, problem=bad.reason))
        if len(table.bad_lines) > FIRST_BAD_LINES:
            say(all_of_them("namecls data inspect FILE --problems"))
    return table


def all_of_them(option: str) -> str:
    """What is said below a list that is cut off, with the option or command that lists all."""
    return _("  ... all of them: {option}").format(option=option)


def given_options(context: typer.Context, *, beside: Collection[str]) -> list[str]:
    """The options that stand in the command line, as they are written in the help.

    :param beside: parameters that are not told.
    """
    return [parameter.opts[0] for parameter in given_parameters(context, beside=beside)]


def given_parameters(context: typer.Context, *, beside: Collection[str]) -> Iterator[Any]:
    """The parameters that the command line gives, but for those of every command.

    :param beside: parameters that are left out.
    """
    for parameter in context.command.params:
        source = context.get_parameter_source(str(parameter.name))
        if source is not None and source.name == "COMMANDLINE" and parameter.name not in (*beside, *COMMON):
            yield parameter


def check_parts(data: Path | None, validation: Path | None, test: Path | None) -> None:
    """:raises typer.BadParameter: if a split is given in part."""
    if (validation is None) != (test is None):
        raise typer.BadParameter(
            _("--validation and --test go together: give both, or none to have the file split")
        )
    if validation is not None and data is None:
        raise typer.BadParameter(_("--validation and --test need --data, the rows to train on"))


def load_rows(
    data: Path | None, validation: Path | None, test: Path | None, where: Columns
) -> NameTable | Splits:
    """The rows to train on, or the three parts of a split that is given.

    :raises DataError: if nothing can be read from one of the files.
    """
    if validation is None or test is None:
        return load_table(data, where, learned=True)
    from namecls.data.split import Splits, shared_names

    splits = Splits(
        train=load_table(data, where, learned=True),
        validation=load_table(validation, where, min_labels=1),
        test=load_table(test, where, min_labels=1),
    )
    if shared := shared_names(splits):
        told = ngettext(
            "{n:,} name stands in more than one of the files, such as {name!r}: the test is then no test of new names",
            "{n:,} names stand in more than one of the files, such as {name!r}: the test is then no test of new names",
            len(shared),
        )
        say(told.format(n=len(shared), name=shared[0].name), style="bold yellow")
    return splits


def _column(column: str | None) -> str | int | None:
    with contextlib.suppress(ValueError):
        return whole_number(column) if column is not None else None
    return column
