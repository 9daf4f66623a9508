"""`namecls predict`: names in, ranked labels out, one record per name, in order."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from namecls import garbage
from namecls.calibration.population import DATA
from namecls.cli.answers import write_markup, write_table
from namecls.cli.bulk import CsvRecords, JsonRecords, Lines, Records
from namecls.cli.caveats import tell_of_risk, tell_of_test, under
from namecls.cli.console import say
from namecls.cli.destination import check_suffix, destination
from namecls.cli.markup import MARKUPS
from namecls.cli.on_ray import OnRay, Workers, predict_on
from namecls.cli.options import (
    Device,
    Encoding,
    Engine,
    Model,
    OfRegions,
    Prior,
    SafeCells,
    check_engine,
    find_model,
    given_options,
    not_one_of,
)
from namecls.cli.parts import SIGNS, OfShards, forget_note, note_part, shard_of
from namecls.cli.to_rank import STDIN, counted, names_to_rank
from namecls.cli.undecoded import Undecoded
from namecls.data.cells import quote_cell
from namecls.errors import ConfigError
from namecls.guarantees import COVERAGE, METHODS, Guarantees, too_few_rows
from namecls.language import _
from namecls.text import json_text, safe, whole_number

if TYPE_CHECKING:
    from namecls.data.records import Wanted
    from namecls.inference.prediction import Predictor
    from namecls.inference.rankings import Rankings

FORMATS = ("table", "jsonl", "csv", "tsv", *MARKUPS)
#: Formats by the suffixes of files.
_SUFFIXES = {
    "": "jsonl",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "csv": "csv",
    "tsv": "tsv",
    "md": "markdown",
    "tex": "latex",
}
#: Options that only a table has a use for.
_OF_TABLES = ("--header", "--separator", "--prefix")


def predict(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Names to rank labels for.")
    ] = None,
    input_: Annotated[
        str | None,
        typer.Option("--input", "-i", metavar="FILE|-", help="Read names from a file, one per line."),
    ] = None,
    name_column: Annotated[
        list[str] | None,
        typer.Option(
            "--name-column",
            metavar="COLUMN",
            help="The input is a table; the names stand in this column, by its title or its number. Given again: "
            "the cells of all are put together.",
        ),
    ] = None,
    header: Annotated[
        bool | None,
        typer.Option(
            "--header/--no-header",
            help="Whether the first line of a table names its columns.",
            show_default="if it looks so, or --name-column is a title",
        ),
    ] = None,
    separator: Annotated[
        str | None,
        typer.Option(
            metavar="WORD",
            help="What separates the columns of a table: tab, comma, semicolon, pipe, or one character.",
            show_default="found out",
        ),
    ] = None,
    prefix: Annotated[
        str, typer.Option(metavar="TEXT", help="What the titles of the new columns of a table begin with.")
    ] = "",
    encoding: Encoding = None,
    model: Model = None,
    k: Annotated[
        str, typer.Option("-k", metavar="K|all", help="How many labels to show for a name; all: every one.")
    ] = "3",
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            metavar="|".join(FORMATS),
            help="How to write the records.",
            show_default="by the suffix of --output; table on a terminal, jsonl in a pipe",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to a file, which is whole or not there."),
    ] = None,
    coverage: Annotated[
        float,
        typer.Option(
            metavar="SHARE", help="Coverage of the prediction sets: how often they contain the true label."
        ),
    ] = COVERAGE,
    sets: Annotated[
        str,
        typer.Option(
            metavar="|".join(METHODS), help="How prediction sets are made; see docs/probabilities.md."
        ),
    ] = METHODS[0],
    risk: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Answer only names with so high a confidence that at most this share of the answers is wrong.",
            show_default="every name is answered",
        ),
    ] = None,
    whole_name: Annotated[
        bool | None,
        typer.Option(
            "--whole-name/--family-name",
            help="Read all of a full name, or its family name alone.",
            show_default="as the model was made",
        ),
    ] = None,
    prior: Prior = DATA,
    regions: OfRegions = None,
    engine: Engine = None,
    device: Device = "cpu",
    safe_cells: SafeCells = True,
    shard: OfShards = None,
    on: OnRay = None,
    workers: Workers = None,
    *,
    context: typer.Context,
) -> None:
    """Rank the labels that a name may belong to.

    Every line of the input becomes one record, in order. A line that is no
    name gets a record too, whose status says why: "no letters", "unknown
    script", "unknown letters", "not UTF-8". With --risk, names are "too uncertain" as well:
    their records have no ranking, but their prediction set.

    Shares are from 0 to 1. Both hold for names like those that the model was
    tested on, on the average over them, not for each name or label.

    A model of family names looks for the family name in a full one: before a
    comma, else the last word with its particles, or the first where family
    names stand first (docs/probabilities.md). What it took is shown.

    Probabilities are those of a population, which stands beside the answers:
    in it each label has a share. --prior states another one, in a file with a
    label, a tab and its share in each line. Prediction sets and risks are then
    left out; asked for, they are fitted again on the validation rows.

    A name with several likely labels is answered by region, too: Slavic 97 %.

    With --name-column the input is a table: CSV, TSV, JSON lines or Parquet,
    perhaps gzipped. It is written again, all of it as it was, with the columns
    label, probability, set and status behind the others; with -k those of more
    ranks. The suffix of --output, or --format, may make another kind of it.

    With --workers several processes of this machine answer a part of the file
    each. With --shard a process answers one part, on whatever machine, and namecls
    merge puts the parts together. With --on ray, actors of Ray answer the rows of
    Parquet files and write a directory of them (docs/scale.md).

    Examples:
      namecls predict Yamamoto "O'Brien"
      namecls predict "Kowalski, Jan" "Dr. Anna Müller" "Yamamoto Akira"
      namecls predict Kowalski --model save_model/mine -k 5
      cat names.txt | namecls predict > ranked.jsonl
      namecls predict --input names.txt --output ranked.csv
      namecls predict --input names.txt --encoding windows-1252
      namecls predict Yamamoto Kowalski -k all --format markdown
      namecls predict --coverage 0.95 --risk 0.1 Yamamoto Kowalski
      namecls predict --prior uniform Yamamoto Kowalski
      namecls predict --input customers.csv --name-column surname --output with_labels.parquet
      namecls predict -i people.tsv --name-column given --name-column family --prefix origin_
      namecls predict -i customers.csv --name-column surname -o with_labels.csv --workers 8
      namecls predict -i customers.csv --name-column surname --shard 3/16 -o part-3.csv
      namecls predict --on ray -i 'customers/*.parquet' --name-column surname -o answered
    """
    if on is not None:
        predict_on(
            on, workers, names, context, k=_how_many(k) if "-k" in given_options(context, beside=()) else 1
        )
        return
    of_table = _of_table(name_column, header, separator, encoding, context)
    chosen = _choose_format(format_, output) if of_table is None else ""
    wanted = _how_many(k)
    try:
        guarantees = Guarantees(coverage=coverage, sets=sets, risk=risk)
    except ConfigError as error:
        raise typer.BadParameter(f"--{error}") from None
    if names and input_ is not None:
        raise typer.BadParameter(_("give names, or --input, not both"))
    if of_table is not None and names:
        raise typer.BadParameter(_("--name-column is of a table: give --input FILE, not names"))
    if not names and input_ is None and sys.stdin.isatty():
        raise typer.BadParameter(
            _("give names, or --input FILE, or names in a pipe: namecls predict Yamamoto")
        )
    check_engine(engine)
    for name in names or ():
        if (os.sep in name or "." in name) and os.path.isfile(name):  # noqa: PTH113 - false, where `is_file` raises
            told = _("{name} is a file; to answer the names in it: --input {name}")
            say(told.format(name=name), style="yellow")
    if workers is not None and workers > 1:
        from namecls.cli.on_processes import check_shards, predict_by

        check_shards(shard, input_, chosen, encoding)
        predict_by(workers, output, context)
        return
    part = shard_of(shard, input_, chosen, encoding)
    directory = find_model(model)

    from namecls.inference.prediction import Predictor
    from namecls.runs import model_files

    predictor = under(Predictor.load(directory, device, engine=engine), prior, context)
    if whole_name is not None:
        predictor = predictor.reading(model_files.WHOLE if whole_name else model_files.FAMILY)
    if regions is not None:
        predictor = predictor.with_regions(regions)
    garbage.seldom()
    tell_of_test(predictor, at_length=chosen == "table" and sys.stdout.isatty())
    tell_of_risk(predictor, risk)
    most = min(wanted or len(predictor.labels), len(predictor.labels))
    if of_table is not None:
        from namecls.cli.tables import KINDS, predict_table

        if format_ is not None and format_ not in KINDS:
            raise typer.BadParameter(not_one_of(_("--format of a table"), KINDS, format_))
        forget_note(output)
        titles = predict_table(
            predictor,
            input_ or STDIN,
            of_table,
            output,
            kind=format_,
            k=most if "-k" in given_options(context, beside=()) else 1,
            guarantees=guarantees,
            prefix=prefix,
            safe_cells=safe_cells,
            shard=part,
        )
        note_part(output, part, input_, titles, predictor, context)
        return
    forget_note(output)
    undecoded = Undecoded(encoding)
    with names_to_rank(names, input_, encoding, part, undecoded) as blocks, destination(output) as stream:
        if chosen == "table" or chosen in MARKUPS:
            write = write_table if chosen == "table" else partial(write_markup, chosen)
            write(predictor, blocks, stream, most, guarantees)
        else:
            records = _records(chosen, predictor, most, for_terminal=stream.isatty(), safe_cells=safe_cells)
            at_once = input_ is not None and Path(input_).is_file()
            _write_records(
                predictor, counted(blocks, undecoded), stream, records, guarantees, one_ahead=at_once
            )
            undecoded.tell()
    note_part(output, part, input_, SIGNS.get(chosen, ""), predictor, context)


def _of_table(
    columns: list[str] | None,
    header: bool | None,
    separator: str | None,
    encoding: str | None,
    context: typer.Context,
) -> Wanted | None:
    """How the input is read as a table; None: it is a name a line.

    :raises typer.BadParameter: if it is none, and there is an option for tables.
    """
    from namecls.data.records import Wanted

    if columns:
        return Wanted(columns=tuple(columns), header=header, separator=separator, encoding=encoding)
    for option in given_options(context, beside=()):
        if option in _OF_TABLES:
            raise typer.BadParameter(
                _("{option} is of tables: say with --name-column where the names stand").format(option=option)
            )
    return None


def _choose_format(wanted: str | None, output: Path | None) -> str:
    if wanted is not None:
        if wanted not in FORMATS:
            raise typer.BadParameter(not_one_of("--format", FORMATS, wanted))
        return wanted
    if output is not None:
        suffix = output.suffix.removeprefix(".").lower()
        if suffix:
            possible = [each for each in _SUFFIXES if each]
            check_suffix("--output", output, possible, more=_(" unless --format is given"))
        return _SUFFIXES[suffix]
    return "table" if sys.stdout.isatty() else "jsonl"


def _how_many(k: str) -> int | None:
    """The number of labels that `-k` asks for; None: all."""
    if k == "all":
        return None
    try:
        number = whole_number(k)
    except ValueError:
        number = 0
    if not number:
        raise typer.BadParameter(
            _("-k must be a whole number from 1, or all, was: {value!r}").format(value=k)
        )
    return number


def _write_records(
    predictor: Predictor,
    blocks: Iterable[Lines],
    stream: TextIO,
    records: Records,
    guarantees: Guarantees,
    *,
    one_ahead: bool,
) -> None:
    """A record per name, in order, as soon as all of a block are ranked.

    :param one_ahead: whether a block is begun before the records of the one before it are written; not where that
        would be to wait for somebody.
    """
    from namecls.inference.ranker import Ranker

    calibration = predictor.calibrations[0]
    if records.likely and calibration.sets and (told := too_few_rows(guarantees.coverage, calibration.rows)):
        say(told, style="yellow")
    stream.write(records.header())
    begun: deque[tuple[Lines, Callable[[], Iterator[Rankings]]]] = deque()
    with Ranker(predictor, records.k, guarantees, likely=records.likely) as ranker:
        for lines in chain(blocks, [None]):
            if lines is not None:
                begun.append((lines, ranker.start(lines.readable())))
            while len(begun) > (one_ahead and lines is not None):
                first, finish = begun.popleft()
                for record in records.of_block(first, finish()):
                    stream.write(record)
                stream.flush()


def _records(kind: str, predictor: Predictor, k: int, *, for_terminal: bool, safe_cells: bool) -> Records:
    """What makes the records of a format."""
    if kind == "jsonl":
        text = partial(json_text, for_terminal=for_terminal)
        return JsonRecords(
            predictor.labels,
            k,
            text,
            as_they_are=not for_terminal,
            populations=predictor.populations,
            regions=predictor.regions.names if predictor.regions is not None else (),
        )
    cell = _cell_maker(for_terminal=for_terminal, safe_cells=safe_cells)
    return CsvRecords(predictor.labels, k, cell, tabs=kind == "tsv", as_they_are=not for_terminal)


def _cell_maker(*, for_terminal: bool, safe_cells: bool) -> Callable[[str], str]:
    """What makes a cell of a text: literal on a terminal, and not to be run by a spreadsheet."""
    literal = safe if for_terminal else str
    return (lambda text: quote_cell(literal(text))) if safe_cells else literal
