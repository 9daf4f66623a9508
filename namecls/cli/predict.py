"""`namecls predict`: names in, ranked labels out, one record per name, in order."""

from __future__ import annotations

import contextlib
import csv
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO, cast

import typer
from rich.console import Console
from rich.text import Text

from namecls.cli.console import bar, json_text, percent, say
from namecls.cli.incoming import ByteStream, Line, parse_line, read_lines
from namecls.cli.options import Model, find_model
from namecls.events import OK, Prediction
from namecls.text import safe

if TYPE_CHECKING:
    from namecls.prediction import Predictor

FORMATS = ("table", "jsonl", "csv", "tsv")
_STDIN = "-"
_STDOUT = ("-", "/dev/stdout")
_BAR_WIDTH = 30
_LABEL_WIDTH = 32
_MANY = 5  # labels; more of them are counted, not listed


def predict(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Names to rank labels for.")
    ] = None,
    input_: Annotated[
        str | None,
        typer.Option("--input", "-i", metavar="FILE|-", help="Read names from a file, one per line."),
    ] = None,
    model: Model = None,
    k: Annotated[int, typer.Option("-k", min=1, metavar="K", help="How many labels to show for a name.")] = 3,
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
) -> None:
    """Rank the labels that a name may belong to.

    Every line of the input becomes one record, in order. A line that is no
    name gets a record too, whose status says why: "no letters", "unknown
    script", "not UTF-8".

    Examples:
      namecls predict Yamamoto "O'Brien"
      namecls predict Kowalski --model save_model/mine -k 5
      cat names.txt | namecls predict > ranked.jsonl
      namecls predict --input names.txt --output ranked.csv
    """
    chosen = _choose_format(format_, output)
    if names and input_ is not None:
        raise typer.BadParameter("give names, or --input, not both")
    if not names and input_ is None and sys.stdin.isatty():
        raise typer.BadParameter("give names, or --input FILE, or names in a pipe: namecls predict Yamamoto")
    directory = find_model(model)

    from namecls.prediction import Predictor

    predictor = Predictor.load(directory)
    if chosen == "table" and sys.stdout.isatty() and predictor.info.accuracy is not None:
        tested = f"right for {percent(predictor.info.accuracy)} of the names it was tested on"
        say(f"{predictor.info.name}: {tested}", style="dim")
    k = min(k, len(predictor.labels))
    with _names(names, input_) as chunks, _destination(output) as stream:
        write = _writer(chosen, stream, k, max(map(len, predictor.labels)))
        for chunk in chunks:
            write(_records(predictor, chunk, k))
            stream.flush()


def _choose_format(wanted: str | None, output: Path | None) -> str:
    if wanted is not None:
        if wanted not in FORMATS:
            raise typer.BadParameter(f"--format must be one of {', '.join(FORMATS)}, was: {wanted!r}")
        return wanted
    if output is not None:
        suffix = output.suffix.removeprefix(".").lower()
        return suffix if suffix in ("csv", "tsv") else "jsonl"
    return "table" if sys.stdout.isatty() else "jsonl"


@contextlib.contextmanager
def _names(names: list[str] | None, source: str | None) -> Iterator[Iterable[list[Line]]]:
    """The names to rank, from the arguments, a file or standard input, in chunks."""
    if names:
        # An argument that is not UTF-8 comes with half characters in it; back as bytes it is a line like others.
        yield [[parse_line(os.fsencode(name)) for name in names]]
    elif source is not None and source != _STDIN:
        with Path(source).open("rb") as file:
            yield read_lines(file)
    else:
        yield read_lines(cast(ByteStream, sys.stdin.buffer))


@contextlib.contextmanager
def _destination(output: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that appears under its name when all is written to it."""
    if output is None or str(output) in _STDOUT:  # whose target is not ours to replace
        yield sys.stdout
        return
    target = Path(os.path.realpath(output))
    if (
        target.exists() and not target.is_file()
    ):  # a device or a named pipe can't be replaced, only written to
        with target.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            yield stream
        return
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("x", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            yield stream
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _records(predictor: Predictor, lines: Sequence[Line], k: int) -> Iterator[Prediction]:
    """One prediction per line, in order."""
    predictions = iter(predictor.predict([line.name for line in lines if not line.problem], k))
    for line in lines:
        if line.problem:
            yield Prediction(name=line.name, status=line.problem, ranked=(), unknown=())
        else:
            yield next(predictions)


def _writer(kind: str, stream: TextIO, k: int, label_width: int) -> Callable[[Iterable[Prediction]], None]:
    """A function that writes predictions in one of `FORMATS`."""
    if kind == "jsonl":
        return partial(_write_json, stream)
    if kind == "table":
        console = Console(file=stream, highlight=False, markup=False, emoji=False)
        return partial(_write_blocks, console, min(label_width, _LABEL_WIDTH))
    rows = csv.writer(stream, dialect="excel-tab" if kind == "tsv" else "excel", lineterminator="\n")
    ranks = [f"{what}_{rank}" for rank in range(1, k + 1) for what in ("label", "probability")]
    rows.writerow(["name", "status", *ranks])
    return partial(_write_rows, rows.writerow, str if not stream.isatty() else safe)


def _write_json(stream: TextIO, predictions: Iterable[Prediction]) -> None:
    for_terminal = stream.isatty()
    for prediction in predictions:
        stream.write(json_text(prediction.to_json(), for_terminal=for_terminal) + "\n")


def _write_rows(
    write: Callable[[list[str]], object], literal: Callable[[str], str], predictions: Iterable[Prediction]
) -> None:
    for prediction in predictions:
        row = [literal(prediction.name), prediction.status]
        for ranked in prediction.ranked:
            row += [literal(ranked.label), f"{ranked.probability:.6f}"]
        write(row)


def _write_blocks(console: Console, width: int, predictions: Iterable[Prediction]) -> None:
    """A name, and under it its labels with bars."""
    ascii_only = not console.encoding.lower().startswith("utf")
    for prediction in predictions:
        console.print(Text(safe(prediction.name), style="bold"), soft_wrap=True)
        if prediction.status != OK:
            console.print(f"  {prediction.status}: nothing to rank", style="yellow", soft_wrap=True)
        for rank, ranked in enumerate(prediction.ranked, 1):
            line = Text(
                f"{rank:>4}  {safe(ranked.label, width):<{width}}  {ranked.probability * 100:>5.1f} %  "
            )
            line.append(bar(ranked.probability, _BAR_WIDTH, ascii_only=ascii_only), style="cyan")
            console.print(line, soft_wrap=True)
        if prediction.likely[1:]:
            many = len(prediction.likely)
            which = f"the first {many}" if many > _MANY else safe(", ".join(prediction.likely))
            console.print(Text(f"      90 % of the time it is among {which}", style="dim"), soft_wrap=True)
        if prediction.unknown:
            letters = " ".join(map(safe, prediction.unknown))
            console.print(f"  not known to the model: {letters}", style="dim", soft_wrap=True)
