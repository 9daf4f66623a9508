"""`namecls import-tutorial`: the pickled weights of the RNN tutorial made into a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from namecls.cli.console import labels_of, say, show_json
from namecls.cli.options import Json, SaveDir
from namecls.errors import DataError
from namecls.language import _
from namecls.paths import DEFAULT_SAVE_DIR


def import_tutorial(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What the tutorial's torch.save wrote.")],
    labels: Annotated[
        str,
        typer.Option(
            metavar="FILE|A,B,...",
            help="The labels in the order of the network's outputs: a file with one per line, or a list.",
        ),
    ],
    letters: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="The letters in the order of the network's inputs.",
            show_default="the tutorial's 55, 57 or 58",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="The name of the new run.", show_default="network and time"),
    ] = None,
    trust_pickle: Annotated[
        bool, typer.Option("--trust-pickle", help="You know who made FILE, and trust them.")
    ] = False,
    save_dir: SaveDir = DEFAULT_SAVE_DIR,
    json: Json = False,
) -> None:
    """Make a run of the weights that the RNN tutorial saved.

    Its .bin file is a pickle, and reading a pickle can run any program that its
    author put into it. So namecls reads none, but for this one command, with
    --trust-pickle, and then nothing but weights.

    It reads a recurrent layer with a last layer of any name, and PyTorch's own
    tutorial, with i2h and h2o or i2o; also in a checkpoint's dictionary, and with
    a prefix like module. Save the state_dict, not the network.

    The letters are the tutorials' in their order: 57, without the blank and the
    apostrophe, or with _ for all others. The tutorials took every other letter
    for an apostrophe or for _; here an unknown letter says nothing, so names with
    such letters are answered differently. Nothing is tested: try namecls evaluate --data.

    Examples:
      namecls import-tutorial rnn.bin --labels labels.txt --name tutorial --trust-pickle
      namecls import-tutorial gru.bin --labels Czech,German,Arabic --trust-pickle
    """
    from namecls.runs import importing

    chosen = _labels(labels)
    run = importing.import_tutorial(file, chosen, save_dir, name, letters=letters, trust_pickle=trust_pickle)
    if json:
        show_json({"run": run.name, "directory": str(run.directory), "labels": chosen}, indent=None)
    else:
        told = _("{directory}: {network} with {labels}")
        network = run.config().model.title
        say(told.format(directory=run.directory, network=network, labels=labels_of(len(chosen))))


def _labels(given: str) -> list[str]:
    """The labels of a file, one per line, or of a list with commas."""
    from namecls.data.lines import read_bytes

    if "," in given:
        return [label.strip() for label in given.split(",")]
    path = Path(given)
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        told = _("{file}: expected labels in UTF-8, one per line: {why}")
        raise DataError(told.format(file=path, why=error.reason)) from None
    return [label for line in text.split("\n") if (label := line.strip())]
