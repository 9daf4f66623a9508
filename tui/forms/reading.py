"""The fields that say how a file of names is to be read, without their widgets."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from namecls.data.encoding import known_encoding
from namecls.data.layout import Columns, separator_sign
from namecls.errors import DataError, shown
from namecls.text import whole_number


@dataclass(frozen=True, slots=True)
class Field:
    """A field of `Columns`, how the app calls it, and what stands in it while it is found out.

    :param option: of the command line, which messages of the library name.
    """

    name: str
    title: str
    option: str
    usual: str


FIELDS = (
    Field("encoding", "encoding", "encoding", "UTF-8"),
    Field("separator", "columns by", "separator", "found out"),
    Field("header", "titles", "header", "yes or no"),
    Field("name", "names in", "name-column", "title, number"),
    Field("label", "labels in", "label-column", "title, number"),
    Field("weight", "weights in", "weight-column", "none"),
)
_HEADER = {"yes": True, "true": True, "no": False, "false": False}
_OPTION = re.compile(rf"--(no-)?({'|'.join(field.option for field in FIELDS)})\b")
_TITLES = {field.option: field.title for field in FIELDS}


def read_fields(texts: Mapping[str, str]) -> Columns:
    """What the fields ask for; one that is empty is found out.

    :raises DataError: if one of them means nothing.
    """
    given = {name: text.strip() for name, text in texts.items() if text.strip()}
    header = given.get("header", "").lower()
    if header and header not in _HEADER:
        raise DataError(f"'titles': expected yes or no, found {shown(header)}")
    if separator := given.get("separator"):
        separator_sign(separator)
    encoding = given.get("encoding")
    return Columns(
        name=_column(given.get("name")),
        label=_column(given.get("label")),
        header=_HEADER.get(header),
        separator=separator,
        encoding=known_encoding(encoding) if encoding else None,
        weight=_column(given.get("weight")),
    )


def texts_of(columns: Columns) -> dict[str, str]:
    """The inverse of `read_fields`."""
    texts = {field.name: getattr(columns, field.name) for field in FIELDS}
    texts["header"] = {True: "yes", False: "no", None: None}[columns.header]
    return {name: "" if value is None else str(value) for name, value in texts.items()}


def in_the_app(text: str) -> str:
    """What the library says of a file, with the fields of the app where it names options of the command line."""

    def field(found: re.Match[str]) -> str:
        no, option = found.groups()
        return f"'{_TITLES[option]}'{'' if option != 'header' else ' no' if no else ' yes'}"

    return _OPTION.sub(field, text)


def asks_for_fields(text: str) -> bool:
    """Whether a message of the library names one of them."""
    return _OPTION.search(text) is not None


def _column(text: str | None) -> str | int | None:
    with contextlib.suppress(ValueError):
        return whole_number(text) if text is not None else None
    return text
