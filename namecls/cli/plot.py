"""`namecls plot`: pictures of runs, in a file or on the terminal."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from namecls.cli.completion import choices
from namecls.cli.console import say, show_json
from namecls.cli.destination import binary_destination, check_suffix
from namecls.cli.options import MODEL_IN_USE, Json, SaveDir, find_run_or_model, not_one_of
from namecls.language import _
from namecls.paths import DEFAULT_SAVE_DIR
from namecls.pictures.charts import KINDS, SPLITS, pictures


def plot(
    run: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]",
            help="Runs: their directories, or their names.",
            show_default=MODEL_IN_USE,
        ),
    ] = None,
    *,
    kind: Annotated[
        str, typer.Option(metavar="|".join(KINDS), help="What to draw.", autocompletion=choices(*KINDS))
    ] = KINDS[0],
    split: Annotated[
        str,
        typer.Option(
            metavar="|".join(SPLITS), help="Rows that scores are of.", autocompletion=choices(*SPLITS)
        ),
    ] = SPLITS[0],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to: .svg, .png or .pdf.",
            show_default="the terminal",
        ),
    ] = None,
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
    json: Json = False,
) -> None:
    """Draw runs: learning curves, confusion, reliability, scores by label.

    On a terminal, or into a file; in a pipe the numbers are printed. Several
    runs are drawn together, but for confusion.

    A file needs: pip install 'namecls[plot]'

    Examples:
      namecls plot mine
      namecls plot mine other --output curves.svg
      namecls plot --kind confusion --output confusion.pdf
      namecls plot mine other --kind labels --split validation
    """
    for option, value, possible in (("--kind", kind, KINDS), ("--split", split, SPLITS)):
        if value not in possible:
            raise typer.BadParameter(not_one_of(option, possible, value))
    from namecls.pictures.matplotted import FORMATS, drawn

    if output is not None:
        check_suffix("--output", output, FORMATS)
    runs = [find_run_or_model(each, save_dir) for each in run or (None,)]
    found = pictures(kind, runs, split)
    if output is not None:
        content = drawn(found, output.suffix.lower().removeprefix("."))
        with binary_destination(output) as stream:
            stream.write(content)
    if json:
        show_json([dataclasses.asdict(picture) for picture in found])
    elif output is not None:
        say(_("written: {file}, {size:,} bytes").format(file=output, size=len(content)))
    else:
        from namecls.cli.plotted import show_pictures

        show_pictures(found)
