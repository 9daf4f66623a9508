"""What `namecls predict --shard` writes: a part, and the note beside it by which `namecls merge` knows it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from namecls.cli.destination import is_replaced, is_stdout
from namecls.data.encoding import UTF_8, known_encoding
from namecls.data.records import CSV, TSV
from namecls.data.shards import WHOLE, Shard
from namecls.errors import ConfigError, DataError, NameclsError
from namecls.files.opening import sha256_of
from namecls.files.storage import write_json
from namecls.files.strict_json import read_json
from namecls.language import _
from namecls.plain_values import made
from namecls.runs.manifest import MANIFEST
from namecls.runs.run import WEIGHTS

if TYPE_CHECKING:
    from namecls.inference.prediction import Predictor

OfShards = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="I/N",
        help="Answer the I-th of N parts of --input alone; namecls merge puts the outputs together.",
        show_default="all of it",
    ),
]
#: What separates the columns of what is written, by its format.
SIGNS = {CSV: ",", TSV: "\t"}
#: Behind the name of a part, for that of its note.
NOTE = ".shard.json"
_FORMAT = 1
_LONGEST = 1 << 16  # bytes of a note
#: The parameters of `predict` that its answers hang on, beside the model.
_ASKED = (
    *("name_column", "header", "separator", "prefix", "k", "format_", "coverage", "sets", "risk"),
    *("whole_name", "prior", "regions", "safe_cells"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a part of an output is.

    :param of: how many parts there are.
    :param source: the name of the file that it is of, and
    :param size: its bytes.
    :param model: the hash of the model's manifest.
    :param asked: the options that the answers hang on.
    :param titles: what separates its columns, if titles stand before the records.
    :param sha256: of the part.
    """

    format: int = _FORMAT
    shard: int
    of: int
    source: str
    size: int
    model: str
    asked: str
    titles: str
    sha256: str

    @property
    def whole(self) -> tuple[object, ...]:
        """What all parts of one output have in common."""
        return self.of, self.source, self.size, self.model, self.asked, self.titles


def shard_of(
    text: str | None, source: str | None, chosen: str, encoding: str | None, *, option: str = "--shard"
) -> Shard:
    """What `--shard` asks for.

    :param chosen: the format of records; empty of a table.
    :param option: that is told of.
    :raises typer.BadParameter: if that is no shard, or what is read or written can't be parted.
    """
    if text is None:
        return WHOLE
    try:
        shard = Shard.parse(text)
    except ConfigError as error:
        raise typer.BadParameter(f"--{error}") from None
    if source is None or not Path(source).is_file():
        raise typer.BadParameter(
            _("{option} is for a file, of which it takes parts: give --input FILE").format(option=option)
        )
    if encoding is not None and known_encoding(encoding) != UTF_8:
        raise typer.BadParameter(
            _("{option} is for text in UTF-8: save the file as that, and leave out --encoding").format(
                option=option
            )
        )
    if chosen not in ("", "jsonl", *SIGNS):
        raise typer.BadParameter(
            _("{option} is for records: give --format jsonl, csv or tsv, or --output FILE").format(
                option=option
            )
        )
    return shard


def note_of(part: Path) -> Path:
    """Where the note on a part is."""
    return part.with_name(part.name + NOTE)


def forget_note(output: Path | None) -> None:
    """Remove the note on what is going to be written anew."""
    if output is not None and is_replaced(output):
        note_of(output).unlink(missing_ok=True)


def note_part(
    output: Path | None,
    shard: Shard,
    source: str | None,
    titles: str,
    predictor: Predictor,
    context: typer.Context,
) -> None:
    """Write the note on a part that has been written, if it is one and a file."""
    if shard == WHOLE or source is None or output is None or is_stdout(output) or not is_replaced(output):
        return
    note = Note(
        shard=shard.number,
        of=shard.of,
        source=Path(source).name,
        size=Path(source).stat().st_size,
        model=_model_hash(predictor.info.directory),
        asked=str({name: str(context.params.get(name)) for name in _ASKED}),
        titles=titles,
        sha256=sha256_of(output),
    )
    write_json(note_of(output), dataclasses.asdict(note))


def read_note(part: Path) -> Note:
    """What a part is.

    :raises DataError: if there is no note on it, or the part is not what was written with it.
    """
    path = note_of(part)
    if not path.exists():
        raise DataError(
            _(
                "{part}: expected {note} beside it, as --shard writes it with its last line; write the part again"
            ).format(part=part, note=path.name)
        )
    try:
        values: dict[str, Any] = read_json(path, _LONGEST)
        note: Note = made(Note, values)
    except (NameclsError, TypeError) as error:
        raise DataError(_("{path}: is no note on a part: {error}").format(path=path, error=error)) from None
    if note.format != _FORMAT or not 1 <= note.shard <= note.of:
        raise DataError(_("{path}: was written by another version; write the part again").format(path=path))
    if sha256_of(part) != note.sha256:
        raise DataError(
            _("{part}: is not the file that {note} tells of; write the part again").format(
                part=part, note=path.name
            )
        )
    return note


def _model_hash(directory: Path) -> str:
    """That of the manifest, or, of a training that has not ended, of its weights."""
    manifest = directory / MANIFEST
    return sha256_of(manifest if manifest.exists() else directory / WEIGHTS)
