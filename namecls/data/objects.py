"""JSON: an object a line, an array of objects or pairs, an object of names and labels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from namecls.data import reasons
from namecls.data.delimited import Parsed, columns_of, parse_each
from namecls.data.layout import Columns, Layout, choose
from namecls.data.titles import are_titles, best
from namecls.errors import DataError
from namecls.language import N_, _

if TYPE_CHECKING:
    import polars as pl

_SAMPLE = 1000  # objects that tell the keys
_SHOWN = 300  # characters of a record that can't be used
_BLOCK = 100_000  # records at once
_NO_KEYS = {"name": "", "label": ""}
_SHAPES = N_('objects such as {"name": "Kowalski", "label": "Polish"}')


class NotJson(DataError):  # noqa: N818 - it says what is the matter
    """A text is no JSON at all."""


class _Number(str):
    """A number, as it is written."""

    __slots__ = ()


def _load(text: str | bytes) -> Any:
    """A value of JSON, its numbers as they are written.

    :raises ValueError: if it is none; and a RecursionError.
    """
    return json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_Number)


def _loaded(line: str) -> Any:
    try:
        return _load(line)
    except (ValueError, RecursionError):
        return None


def begins_json(lines: Sequence[str]) -> bool:
    """Whether a text begins as JSON does, by its first lines."""
    first = next((line.strip() for line in lines if line.strip()), "")
    if not first.startswith(("{", "[")):
        return False
    return isinstance(_loaded(first), dict | list) or (len(lines) > 1 and first in ("{", "[", "[{", "[["))


@dataclass(frozen=True, slots=True)
class JsonLines:
    """One JSON object per line, or a pair in brackets.

    :param pairs: whether it is these.
    """

    layout: Layout
    pairs: bool

    @staticmethod
    def are(lines: Sequence[str]) -> bool:
        """Whether these lines, of which none is blank, are each a value of its own."""
        return (
            len(lines) > 1
            and isinstance(_loaded(lines[0]), dict | list)
            and lines[1].lstrip().startswith(("{", "["))
        )

    @classmethod
    def of(cls, path: Path, lines: Sequence[str], columns: Columns, encoding: str) -> JsonLines:
        """What the first lines of a file show.

        :raises DataError: if they lack what was asked for.
        """
        found = (item for line in lines[:_SAMPLE] if isinstance(item := _loaded(line), dict | list) and item)
        first = next(found, _NO_KEYS)
        pairs = isinstance(first, list) and len(first) == 2
        keys = first if isinstance(first, dict) else _NO_KEYS
        return cls(_keyed(path, keys, columns, "JSON lines", encoding), pairs)

    def read(self, lines: pl.DataFrame) -> pl.DataFrame:
        """The names and labels of a block of lines."""
        import polars as pl

        wrong = lines.filter(pl.col("reason").is_not_null())
        weighted = self.layout.weight is not None
        nothing = {key: pl.lit(None, pl.String) for key in ("name", "label", "weight")}
        wrong = wrong.with_columns(**nothing).select(columns_of(weighted))
        parsed = parse_each(lines.filter(pl.col("reason").is_null()), self._parse, weighted=weighted)
        return pl.concat([wrong, parsed]).sort("line")

    def _parse(self, text: str) -> Parsed:
        item = _loaded(text)
        return _of_pair(item)[0] if self.pairs else _record(self.layout, item)


def read_document(
    path: Path, data: bytes, columns: Columns, encoding: str
) -> tuple[Layout, Iterator[pl.DataFrame]]:
    """The records of a file that is one value of JSON.

    :raises DataError: if it is none, or not of a shape that has names and labels.
    """
    try:
        value = _load(data)
    except (ValueError, RecursionError) as error:
        if not isinstance(error, json.JSONDecodeError):
            raise NotJson(
                _("{path}: expected JSON, found a file that is damaged or none (none)").format(path=path)
            ) from None
        raise NotJson(
            _("{path}: expected JSON, found a file that is damaged or none (line {line}: {reason})").format(
                path=path, line=error.lineno, reason=error.msg
            )
        ) from None
    if isinstance(value, dict):
        keys, cells = list(value), list(value.values())
        if all(isinstance(cell, str | bool) for cell in cells) and not (len(keys) > 1 and are_titles(keys)):
            return Layout(form="JSON mapping", encoding=encoding), _frames(map(_pair, keys, cells))
        if cells and all(isinstance(cell, list) for cell in cells) and not are_titles(keys):
            return Layout(form="JSON mapping", encoding=encoding), _frames(_listed(value))
        value = _rows_of(value, columns.weight) if are_titles(keys) else None
    if not isinstance(value, list):
        raise DataError(
            _(
                "{path}: expected a JSON array of {shapes}, or an object of names and their labels, found an object of "
                "another shape"
            ).format(path=path, shapes=_(_SHAPES))
        )
    first = next((item for item in value[:_SAMPLE] if isinstance(item, dict | list) and item), None)
    if isinstance(first, list):
        layout = Layout(form="JSON mapping", encoding=encoding)
        return layout, _frames(map(_of_pair, value))
    if first is None:
        raise DataError(
            _("{path}: expected a JSON array of {shapes}, found none in it").format(
                path=path, shapes=_(_SHAPES)
            )
        )
    layout = _keyed(path, first, columns, "JSON", encoding)
    records = ((_record(layout, item), item) for item in value)
    return layout, _frames(records, weighted=layout.weight is not None)


def _keyed(path: Path, first: dict[str, Any], columns: Columns, form: str, encoding: str) -> Layout:
    keys = list(first)
    if len(keys) < 2:
        raise DataError(
            _("{path}: expected a JSON object with a name and a label per line, found only {keys!r}").format(
                path=path, keys=keys[0]
            )
        )
    name, label, weight = choose(path, columns, keys, len(keys))
    return Layout(
        form=form,
        encoding=encoding,
        width=len(keys),
        name=name,
        label=label,
        titles=tuple(keys),
        weight=weight,
    )


def _record(layout: Layout, item: Any) -> Parsed:
    """Name, label and weight of an object, or why there are none. A label may be a number or true; it is text then."""
    if not isinstance(item, dict):
        return _none(reasons.NO_OBJECT)
    name_key, label_key = layout.titles[layout.name], layout.titles[layout.label]
    for key in (name_key, label_key):
        if key not in item:
            return _none(reasons.NO_KEY.format(key=repr(key)))
    name, label = item[name_key], item[label_key]
    if isinstance(name, _Number) or not isinstance(name, str | None):
        return _none(reasons.NO_TEXT.format(key=repr(name_key)))
    if isinstance(label, bool):
        label = json.dumps(label)
    if not isinstance(label, str | None):
        return _none(reasons.NO_TEXT.format(key=repr(label_key)))
    weight = item.get(layout.titles[layout.weight]) if layout.weight is not None else None
    if not isinstance(weight, str | None):
        return _none(reasons.NO_NUMBER.format(key=repr(layout.titles[layout.weight or 0])))
    try:
        f"{name}{label}{weight}".encode()
    except UnicodeEncodeError:
        return _none(reasons.HALF_CHARACTER)
    return name, label and str(label), None, weight and str(weight)


def _none(reason: str) -> Parsed:
    return None, None, reason, None


_PAIR = Layout(form="JSON mapping", titles=("name", "label"))


def _pair(name: Any, label: Any) -> tuple[Parsed, Any]:
    return _record(_PAIR, {"name": name, "label": label}), [name, label]


def _of_pair(item: Any) -> tuple[Parsed, Any]:
    if not isinstance(item, list) or len(item) != 2:
        return _none(reasons.NO_PAIR), item
    return _pair(*item)


def _listed(value: dict[str, list[Any]]) -> Iterator[tuple[Parsed, Any]]:
    """Labels with lists of names, or names with lists of labels: what are fewer are labels."""
    different = len({str(cell) for cells in value.values() for cell in cells[:_SAMPLE]})
    for key, cells in value.items():
        for cell in cells:
            yield _pair(cell, key) if len(value) <= different else _pair(key, cell)


def _rows_of(value: dict[str, Any], weight: str | int | None) -> list[Any] | None:
    """The rows of columns that are arrays or, as pandas writes them, objects by row; or of one row."""
    name, label = best(list(value), "name"), best(list(value), "label")
    keys = [list(value)[at or 0] for at in (name, label)]
    keys += [weight] if isinstance(weight, str) and weight in value and weight not in keys else []
    cells = [value[key] for key in keys]
    if all(isinstance(cell, list) for cell in cells):
        return [dict(zip(keys, row, strict=True)) for row in zip(*cells, strict=False)]
    if all(isinstance(cell, dict) for cell in cells):
        return [{key: cell.get(at) for key, cell in zip(keys, cells, strict=True)} for at in cells[0]]
    return [value]


def _frames(records: Iterator[tuple[Parsed, Any]], *, weighted: bool = False) -> Iterator[pl.DataFrame]:
    """Blocks of records, numbered from 1."""
    import polars as pl

    block: list[tuple[int | str | None, ...]] = []
    schema = {key: pl.UInt32 if key == "line" else pl.String for key in columns_of(weighted)}

    def frame() -> pl.DataFrame:
        return pl.DataFrame(block, schema=schema, orient="row")

    for number, ((name, label, reason, weight), item) in enumerate(records, 1):
        if len(block) == _BLOCK:
            yield frame()
            block.clear()
        text = f"{name or ''}\t{label or ''}" if reason is None else _shown(item)
        row = (number, name, label, text, reason)
        block.append((*row, weight) if weighted else row)
    yield frame()


def _shown(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False)[:_SHOWN].encode(errors="backslashreplace").decode()
