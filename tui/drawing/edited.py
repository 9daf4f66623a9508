"""Rows with their sides and edits, as text: told by words and signs, not by colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from namecls.language import _, pgettext


class RowKey(NamedTuple):
    """A row, as the table of the file has it."""

    line: int
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class RowNow:
    """What became of a row: `op` is that of the last edit of it, or empty."""

    name: str
    label: str
    op: str = ""


def side_of(split: str) -> str:
    """The side of the split that a row stands on, in a word of at most five cells."""
    sides = {
        "train": pgettext("split", "train"),
        "valid": pgettext("split", "valid"),
        "test": pgettext("split", "test"),
    }
    return sides.get(split, split)


def name_now(now: RowNow, was: RowKey) -> str:
    """The name, and what it was."""
    return (
        now.name
        if now.name == was.name
        else _("{name} (was {before})").format(name=now.name, before=was.name)
    )


def suggested(label: str, *, drops: bool) -> str:
    """What accepting makes of a row: the label that it gets, or that it goes."""
    return _("to drop it") if drops else label


def label_now(now: RowNow, was: RowKey) -> str:
    """What was done with the row; empty: nothing."""
    if now.op == "drop":
        return _("dropped")
    if now.label != was.label:
        return _("now {label}").format(label=now.label)
    return {"keep": _("kept"), "correct": _("corrected")}.get(now.op, "")
