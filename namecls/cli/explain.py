"""`namecls explain`: why a model answers a name as it does, and the name's way through the network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.cells import cell_len

from namecls.cli.console import fit, labels_of, literal, say, show, show_json, show_paragraph
from namecls.cli.incoming import parse_line
from namecls.cli.options import ANYHOW, Device, Json, Model, find_model, load_table, not_one_of
from namecls.config import PRESETS
from namecls.errors import DataError
from namecls.language import _
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
    check: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Another file of names, on which the units are checked."),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, metavar="K", help="How many labels to rank.")] = 3,
    device: Device = "cpu",
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
        raise typer.BadParameter(_("give --model, or --preset, not both"))
    if preset is not None and preset not in PRESETS:
        raise typer.BadParameter(not_one_of("--preset", PRESETS, preset))
    line = parse_line(os.fsencode(name))
    if line.problem:
        raise DataError(_("the name is {problem}: {name}").format(problem=_(line.problem), name=line.name))
    predictor = _load(model, device) if preset is None else _fresh(preset, data)

    from namecls.cli.explained import show_explanation
    from namecls.data.table import load_dataset
    from namecls.explanation.evidence import TrainingNames
    from namecls.explanation.represented import Rows
    from namecls.explanation.together import explain as explain_name
    from namecls.explanation.walk import walk

    names = TrainingNames.of(predictor, data)
    if names.missing and data is not None and preset is None:
        raise DataError(names.missing)
    found = explain_name(
        predictor,
        line.name,
        label,
        against,
        names=names,
        data=data if preset is None else None,
        check=Rows.of(load_dataset(check), predictor.vocabulary) if check is not None else None,
        k=k,
    )
    steps = walk(predictor, line.name, k)
    if json:
        told = {"name": line.name, "model": predictor.info.name, **found.to_json()}
        show_json({**told, "walk": [step.to_json() for step in steps]})
        return
    if preset is not None:
        source = _("{file}, which comes with namecls").format(file=packaged_dataset().name)
        say(_("an untrained network: its shapes are true, its predictions are random"), style="yellow")
        whose = _("its {labels} are those of {source}; of another file: --data FILE")
        source = data.name if data is not None else source
        say(whose.format(labels=labels_of(len(predictor.labels)), source=source))
    else:
        which = _("the model {model}, with the {labels} it was trained on")
        say(which.format(model=predictor.info.name, labels=labels_of(len(predictor.labels))))
        if predictor.predict(line.name).seen:
            say(_("the network alone: predict answers this name from counts, too"))
    show_explanation(found)
    show("")
    show((_("the walk: every tensor on the way"), "bold"))
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


def _load(model: str | None, device: str) -> Predictor:
    from namecls.inference.prediction import Predictor

    return Predictor.load(find_model(model), device)


def _fresh(preset: str, data: Path | None) -> Predictor:
    from namecls.explanation.fresh import fresh_predictor

    return fresh_predictor(PRESETS[preset].config.model, load_table(data, ANYHOW).labels)
