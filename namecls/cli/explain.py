"""`namecls explain`: why a model answers a name as it does, and the name's way through the network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.cells import cell_len

from namecls.cli.console import count, fit, literal, say, show, show_json, show_paragraph
from namecls.cli.incoming import parse_line
from namecls.cli.options import ANYHOW, Json, Model, find_model, load_table
from namecls.config import PRESETS
from namecls.errors import DataError
from namecls.paths import packaged_dataset

if TYPE_CHECKING:
    from namecls.inference.prediction import Predictor


def explain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name to explain.")],
    model: Model = None,
    preset: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(PRESETS), help="Take a fresh, untrained network of this preset instead."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="With --preset: the file that the labels come from; else where the file that the model was "
            "trained on lies now.",
            show_default="the dataset that comes with namecls; where it lay",
        ),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(
            metavar="LABEL", help="Whose influence to tell.", show_default="the network's first answer"
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="LABEL",
            help="Compare it with this label, and tell what would make the name this one.",
            show_default="all others",
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, metavar="K", help="How many labels to rank.")] = 3,
    json: Json = False,
) -> None:
    """Explain an answer: evidence, each letter's part, what would change it, every tensor.

    All but the evidence is of the network alone, without the counts that may
    stand beside it. docs/explanations.md says what each part means, and what
    each field of --json holds.

    Examples:
      namecls explain Kowalski
      namecls explain Kowalski --label Polish --against Czech
      namecls explain Kowalski --model save_model/mine --json
      namecls explain Bai --preset tutorial
    """
    if preset is not None and model is not None:
        raise typer.BadParameter("give --model, or --preset, not both")
    if preset is not None and preset not in PRESETS:
        raise typer.BadParameter(f"--preset must be one of {', '.join(PRESETS)}, was: {preset!r}")
    line = parse_line(os.fsencode(name))
    if line.problem:
        raise DataError(f"the name is {line.problem}: {line.name}")
    predictor = _load(model) if preset is None else _fresh(preset, data)

    from namecls.cli.explained import show_explanation
    from namecls.explanation.evidence import TrainingNames
    from namecls.explanation.together import explain as explain_name
    from namecls.explanation.walk import walk

    names = TrainingNames.of(predictor, data)
    if names.missing and data is not None and preset is None:
        raise DataError(names.missing)
    found = explain_name(
        predictor, line.name, label, against, names=names, data=data if preset is None else None, k=k
    )
    steps = walk(predictor, line.name, k)
    if json:
        told = {"name": line.name, "model": predictor.info.name, **found.to_json()}
        show_json({**told, "walk": [step.to_json() for step in steps]})
        return
    if preset is not None:
        source = data.name if data is not None else f"{packaged_dataset().name}, which comes with namecls"
        say("an untrained network: its shapes are true, its predictions are random", style="yellow")
        say(
            f"its {count(len(predictor.labels), 'label')} are those of {source}; of another file: --data FILE"
        )
    else:
        say(
            f"the model {predictor.info.name}, with the {count(len(predictor.labels), 'label')} it was trained on"
        )
        if predictor.predict(line.name).seen:
            say("the network alone: predict answers this name from counts, too")
    show_explanation(found)
    show("")
    show(("the walk: every tensor on the way", "bold"))
    for number, step in enumerate(steps, 1):
        show(
            f"{number:>2}  ",
            (step.title, "bold"),
            "  ",
            (str(list(step.shape)), "bold cyan"),
            "  ",
            (step.code, "dim"),
        )
        show_paragraph(step.meaning, 4)
        for row in _aligned(step.preview.split("\n")):
            show(("    " + row, "dim"))
        show("")


def _aligned(rows: list[str]) -> list[str]:
    """The rows of a preview; where each begins with a letter, all letters in as many cells."""
    if not rows[1:]:
        return rows
    width = max(cell_len(literal(row[:1])) for row in rows)
    return [fit(row[:1], width) + row[1:] for row in rows]


def _load(model: str | None) -> Predictor:
    from namecls.inference.prediction import Predictor

    return Predictor.load(find_model(model))


def _fresh(preset: str, data: Path | None) -> Predictor:
    from namecls.explanation.fresh import fresh_predictor

    return fresh_predictor(PRESETS[preset].config.model, load_table(data, ANYHOW).labels)
