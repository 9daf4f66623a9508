"""`namecls export`: a model for programs without torch."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from namecls.cli.console import is_terminal, percent, say, show_json
from namecls.cli.destination import binary_destination, check_suffix, destination, is_replaced, is_stdout
from namecls.cli.options import MODEL_IN_USE, Json, SaveDir, find_run_or_model
from namecls.errors import NameclsError
from namecls.language import _
from namecls.paths import DEFAULT_SAVE_DIR
from namecls.runs.run import Run
from namecls.text import json_text


def export(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN]",
            help="A run: its directory, or its name.",
            show_default=MODEL_IN_USE,
        ),
    ] = None,
    *,
    onnx: Annotated[Path, typer.Option("--onnx", metavar="FILE", help="Where to; -: print it.")],
    metadata: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write what its metadata are as JSON too, for runtimes that do not show them.",
        ),
    ] = None,
    int8: Annotated[
        bool, typer.Option("--int8", help="Store weights as 8-bit integers: a quarter of the size.")
    ] = False,
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
    json: Json = False,
) -> None:
    """Write the network of a model as ONNX, for programs without torch.

    One graph: character ids and lengths in, probabilities out. Characters,
    labels and how a name is read are in its metadata. Name counts are not in
    it: a name that is counted is answered by the network alone there. Before it
    is written the file is asked by onnxruntime and has to answer as the model
    does; of --int8, which may differ, it is told how often the first label is
    the same. docs/onnx.md has programs in Python and JavaScript that use it.

    Needs: pip install 'namecls[onnx]'

    Examples:
      namecls export --onnx names.onnx
      namecls export mine --onnx mine.onnx --int8 --metadata mine.json
    """
    _check_places(onnx, metadata, json=json)
    from namecls.portable.written import LONGEST, export_onnx, metadata_of
    from namecls.runs.loading import load_model

    opened = find_run_or_model(run, save_dir)
    loaded = load_model(opened.directory)
    names = _test_names(opened) if int8 else None
    done = export_onnx(loaded, int8=int8, names=names)
    with binary_destination(onnx) as stream:
        stream.write(done.content)
    if metadata is not None:
        with destination(metadata) as out:
            out.write(json_text(metadata_of(loaded)) + "\n")
    size = len(done.content)
    if json:
        told = {"difference": done.difference, "same_first": done.same_first, "names": done.names}
        show_json({"file": str(onnx), "bytes": size, **told}, indent=None)
        return
    asked = _(
        "{file}: {size:.1f} MB; asked {names:,} made-up names of 1 to {longest} characters by onnxruntime:"
    )
    if names:
        asked = _("{file}: {size:.1f} MB; asked {names:,} test names by onnxruntime:")
    say(asked.format(file=onnx, size=size / 1e6, names=done.names, longest=LONGEST))
    answers = _("the same first label for {share}; probabilities differ by {difference:.1g} at most")
    say(answers.format(share=percent(done.same_first), difference=done.difference))


def _check_places(onnx: Path, metadata: Path | None, *, json: bool) -> None:
    """:raises typer.BadParameter: if a file of another kind, or both, would be replaced, or a screen get bytes."""
    if is_stdout(onnx) and is_terminal():
        raise typer.BadParameter(_("ONNX is not for a terminal: give --onnx a file"))
    printed = {"--onnx": is_stdout(onnx), "--metadata": metadata is not None and is_stdout(metadata)}
    if len(both := [*(flag for flag, is_so in printed.items() if is_so), *["--json"] * json]) > 1:
        told = _("{options} can't both be printed: give {first} a file")
        raise typer.BadParameter(told.format(options=_(" and ").join(both), first=both[0]))
    if metadata is not None and not is_stdout(onnx) and _real(onnx) == _real(metadata):
        raise typer.BadParameter(_("--onnx and --metadata are the same file: choose another"))
    for option, file, suffix in (("--onnx", onnx, "onnx"), ("--metadata", metadata, "json")):
        if file is not None and is_replaced(file):
            check_suffix(option, file, (suffix,), more=_(", or be - for standard output"))


def _real(path: Path) -> str:
    return os.path.realpath(path)


def _test_names(run: Run) -> list[str] | None:
    """The names of its test rows, if its data are still here."""
    from namecls.training.protocol import recorded_splits

    try:
        return list(recorded_splits(run).test.names) or None
    except NameclsError:
        return None
