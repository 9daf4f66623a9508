"""`namecls data suspects`: the rows of a file that are probably labelled wrongly."""

from __future__ import annotations

import contextlib
import csv
import io
import json as json_
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from namecls.cli.console import (
    Column,
    counted,
    is_terminal,
    percent,
    rows_of,
    say,
    show,
    show_json,
    show_table,
    translated,
)
from namecls.cli.destination import check_suffix, destination
from namecls.cli.edits import EditsOf, edit_table
from namecls.cli.options import ANYHOW, Json, find_model, load_table, with_columns
from namecls.cli.settings import NOTHING, configure, option
from namecls.cli.stopping import leave_on_signals
from namecls.config import PRESET
from namecls.data.cells import quote_cell
from namecls.data.layout import Columns
from namecls.errors import ConfigError, DataError
from namecls.language import N_, _
from namecls.paths import packaged_model
from namecls.runs.record import SHIPPED
from namecls.text import safe

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from namecls.events import Event
    from namecls.repair.found import Suspect, Suspected, SuspectsEvent

_NONE = "none"  # as a second opinion
_SHOWN = 20  # suspects that a terminal shows
_OTHERS = 3  # other labels of a name that it shows
_TITLES = (
    "rank",
    "line",
    "name",
    "label",
    "suggested",
    "probability",
    "self_confidence",
    "margin",
    "action",
    "others",
)


@with_columns
def suspects(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="Names and labels.", show_default="the dataset that comes with namecls"
        ),
    ] = None,
    where: Columns = ANYHOW,
    folds: Annotated[int, typer.Option(metavar="N", help="Folds of the cross-validation.")] = 5,
    preset: Annotated[
        str | None, option(PRESET, panel=None, default="default, beyond 50,000 rows fast")
    ] = None,
    order: Annotated[
        str,
        typer.Option(
            metavar="margin|self-confidence",
            help="What is most suspicious: how far another label is above that of the row, or how improbable that is.",
        ),
    ] = "margin",
    most: Annotated[
        int | None,
        typer.Option(
            "-n",
            min=1,
            metavar="ROWS",
            help="The first so many.",
            show_default="as many as labels are estimated to be wrong",
        ),
    ] = None,
    second_opinion: Annotated[
        str | None,
        typer.Option(
            metavar="RUN|shipped|none",
            help="A model of other data whose answers count too, as far as they fit the labels of the file.",
            show_default="shipped, if it knows half of the labels",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the folds and the trainings.")] = 0,
    edits: EditsOf = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write all: .json, .csv or .tsv."),
    ] = None,
    write_edits: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write what is suggested as edits, to review and to apply: .edits.jsonl."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Find rows that are probably labelled wrongly.

    The names are divided into folds; a network that is trained on all others
    answers each (confident learning). A row is a suspect if its label is far
    less probable than another, and there are as many suspects as labels are
    estimated to be wrong. Beside each stands the label that the model would
    give, and under which other labels the same name is in the file. A row of
    which no label is probable may be no name at all: dropping it is suggested.

    Examples:
      namecls data suspects names.csv
      namecls data suspects names.csv -n 300 --write-edits names.edits.jsonl
      namecls data suspects names.csv --preset fast --order self-confidence --json > suspects.json
      namecls data suspects names.csv --edits names.edits.jsonl
    """
    if write_edits is not None and write_edits.exists():
        raise typer.BadParameter(
            _("--write-edits makes a new file, and {file} is there: choose another").format(file=write_edits)
        )
    if output is not None:
        check_suffix("--output", output, ("json", "csv", "tsv"))
    if preset is not None:
        configure(preset, NOTHING)  # refused before anything is read
    table = load_table(file, where)
    if edits is not None:
        table = edit_table(table, edits)

    from namecls.repair.found import Suspected
    from namecls.repair.suspects import find_suspects, suggest, usual_preset
    from namecls.training.memory import keep_pages

    opinion = _opinion(second_opinion, table)
    config = configure(preset or usual_preset(len(table)), NOTHING).changed({"seed": seed})
    found: Suspected | None = None
    keep_pages()
    with leave_on_signals() as stopped:
        try:
            events = find_suspects(
                config,
                table,
                folds=folds,
                order=order,  # type: ignore[arg-type]
                most=most,
                second_opinion=opinion,
            )
            with _teller() as tell, contextlib.closing(events):
                for event in events:
                    if isinstance(event, Suspected):
                        found = event
                    else:
                        tell(event)
                    if stopped:
                        say(_("interrupted; nothing is kept"))
                        break
        except ConfigError as error:
            raise typer.BadParameter(str(error)) from error
    if found is None:
        return
    if output is not None:
        _write(found, output)
    if write_edits is not None:
        _write_edits(list(suggest(found, table)), write_edits)
    if json:
        show_json(found.to_json())
    else:
        _show(found, table.title)


def _opinion(asked: str | None, table: NameTable) -> Path | None:
    """The model of the second opinion; None: there is none."""
    if asked == _NONE:
        return None
    if asked is not None:
        return packaged_model() if asked == SHIPPED else find_model(asked)
    from namecls.repair.opinion import shipped_opinion

    found = shipped_opinion(table)
    if found is not None:
        say(_("the shipped model gives a second opinion; without it: --second-opinion none"), style="dim")
    return found


@contextlib.contextmanager
def _teller() -> Iterator[Any]:
    """A function that shows an event on standard error: a bar on a terminal, a line a fold in a pipe."""
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.text import Text

    from namecls.cli.console import messages
    from namecls.events import Progress as Step
    from namecls.repair.found import FoldBegan, FoldEnded

    console = messages()
    columns = (
        TextColumn("{task.fields[where]}"),
        BarColumn(bar_width=20),
        TextColumn("{task.percentage:3.0f} %"),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None, where="")
        fold = folds = 1

        def tell(event: Event | SuspectsEvent) -> None:
            nonlocal fold, folds
            if isinstance(event, FoldBegan):
                fold, folds = event.fold, event.folds
                bar.update(task, where=_("fold {fold} of {folds}").format(fold=fold, folds=folds))
            elif isinstance(event, Step):
                bar.update(task, total=folds * event.steps, completed=(fold - 1) * event.steps + event.step)
            elif isinstance(event, FoldEnded):
                told = _("fold {fold} of {folds}: accuracy {accuracy}, {seconds:.1f} s")
                accuracy = percent(event.accuracy)
                line = told.format(fold=fold, folds=folds, accuracy=accuracy, seconds=event.seconds)
                with contextlib.suppress(OSError):
                    bar.console.print(Text(safe(line)), soft_wrap=True)

        yield tell


def _show(found: Suspected, title: str) -> None:
    told = _(
        "{suspects} of {rows}; estimated to be wrong: {wrong:,}; accuracy of the {folds} folds {accuracy}"
    ).format(
        suspects=counted(len(found.suspects), "{n:,} suspect", "{n:,} suspects"),
        rows=rows_of(found.rows),
        wrong=found.estimated,
        folds=found.folds,
        accuracy=percent(found.accuracy),
    )
    show((title, "bold"), f"  {told}")
    if found.not_judged:
        show(_("{rows} not judged: under labels of a single name").format(rows=rows_of(found.not_judged)))
    shown = found.suspects[: _SHOWN if is_terminal() else None]
    show_table(
        [
            *(Column("rank", True), Column("line", True, "dim"), Column("name"), Column("label")),
            *(Column("its probability", True), Column("suggested"), Column("probability", True)),
            Column("elsewhere in the file"),
        ],
        [
            [
                *(str(each.rank), _lines(each), each.name, each.label, f"{100 * each.self_confidence:.3f} %"),
                *(
                    translated(N_("drop")) if each.drop else each.suggested,
                    percent(each.probability),
                    _others(each, _OTHERS),
                ),
            ]
            for each in shown
        ],
    )
    if len(shown) < len(found.suspects):
        more = len(found.suspects) - len(shown)
        show(_("... {more:,} more; all of them: --output FILE, --json").format(more=more))


def _lines(each: Suspect) -> str:
    first = f"{each.lines[0]:,}"
    if len(each.lines) == 1:
        return first
    return translated(N_("{labels} and {more:,} more")).format(labels=first, more=len(each.lines) - 1)


def _others(each: Suspect, most: int | None = None) -> str:
    told = ", ".join(f"{other.label} {other.rows:,}" for other in each.others[:most])
    return told + (" ..." if most is not None and len(each.others) > most else "")


def _write(found: Suspected, output: Path) -> None:
    with destination(output) as out:
        if output.suffix == ".json":
            json_.dump(found.to_json(), out, ensure_ascii=False, indent=1)
            out.write("\n")
            return
        text = io.StringIO()
        writer = csv.writer(text, delimiter="\t" if output.suffix == ".tsv" else ",", lineterminator="\n")
        writer.writerow(_TITLES)
        for each in found.suspects:
            writer.writerow(
                [
                    *(
                        each.rank,
                        " ".join(map(str, each.lines)),
                        quote_cell(each.name),
                        quote_cell(each.label),
                    ),
                    *(quote_cell(each.suggested), f"{each.probability:.6f}", f"{each.self_confidence:.6f}"),
                    *(f"{each.margin:.6f}", "drop" if each.drop else "relabel", quote_cell(_others(each))),
                ]
            )
        out.write(text.getvalue())


def _write_edits(edits: list[Any], path: Path) -> None:
    from namecls.edits.patch import MOST_EDITS, describe, patch_of
    from namecls.files.storage import write_atomically

    if len(edits) > MOST_EDITS:
        raise DataError(
            _("{file}: {edits:,} edits, a file holds at most {most:,}; take fewer with -n").format(
                file=path, edits=len(edits), most=MOST_EDITS
            )
        )
    write_atomically(path, patch_of(edits, path.name).content)
    say(
        _("{file}: suggested: {edits}; review it, then: namecls data apply, or namecls train --edits").format(
            file=path, edits=describe(edits)
        )
    )
