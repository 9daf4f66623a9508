"""The fields that say how a file of names is to be read, without their widgets."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from namecls.data.encoding import known_encoding
from namecls.data.layout import Columns, separator_sign
from namecls.errors import DataError, shown
from namecls.language import N_, _, again
from namecls.text import whole_number


@dataclass(frozen=True, slots=True)
class Field:
    """A field of `Columns`, how the app calls it, and what stands in it while it is found out.

    Title and what is usual are marked for the catalogues, and translated where they show.

    :param option: of the command line, which messages of the library name.
    """

    name: str
    title: str
    option: str
    usual: str


FIELDS = (
    Field("encoding", N_("encoding"), "encoding", "UTF-8"),
    Field("separator", N_("columns by"), "separator", N_("found out")),
    Field("header", N_("titles"), "header", N_("yes or no")),
    Field("name", N_("names in"), "name-column", N_("title, number")),
    Field("label", N_("labels in"), "label-column", N_("title, number")),
    Field("weight", N_("weights in"), "weight-column", N_("none")),
)
#: Also as they are said in other languages, whichever is spoken.
_HEADER = {"yes": True, "true": True, "是": True, "no": False, "false": False, "否": False}
_OPTION = re.compile(rf"--(no-)?({'|'.join(field.option for field in FIELDS)})\b")
_LIKELY = re.compile(r"--encoding ([a-z0-9_-]+)")
_TITLES = {field.option: field.title for field in FIELDS}


def read_fields(texts: Mapping[str, str]) -> Columns:
    """What the fields ask for; one that is empty is found out.

    :raises DataError: if one of them means nothing.
    """
    given = {name: text.strip() for name, text in texts.items() if text.strip()}
    header = given.get("header", "").lower()
    if header and header not in _HEADER:
        raise DataError(_("'titles': expected yes or no, found {found}").format(found=shown(header)))
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
    texts["header"] = {True: _("yes"), False: _("no"), None: None}[columns.header]
    return {name: "" if value is None else str(value) for name, value in texts.items()}


def likely_fields(problem: str) -> dict[str, str]:
    """What the fields should hold by what the library says is wrong: the encoding that a file looks like."""
    found = _LIKELY.search(problem)
    return {"encoding": found[1]} if found else {}


def in_the_app(text: str) -> str:
    """What the library says of a file, in the language of now, with the fields of the app for options that it names."""

    def field(found: re.Match[str]) -> str:
        no, option = found.groups()
        told = _("'{field}'") if option != "header" else _("'{field}' no") if no else _("'{field}' yes")
        return told.format(field=_(_TITLES[option]))

    return _OPTION.sub(field, again(text))


def asks_for_fields(text: str) -> bool:
    """Whether a message of the library names one of them."""
    return _OPTION.search(text) is not None


def _column(text: str | None) -> str | int | None:
    with contextlib.suppress(ValueError):
        return whole_number(text) if text is not None else None
    return text
