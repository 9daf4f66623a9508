"""Rows with edits, as text: told by words and signs, not by colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


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


def name_now(now: RowNow, was: RowKey) -> str:
    """The name, and what it was."""
    return now.name if now.name == was.name else f"{now.name} (was {was.name})"


def label_now(now: RowNow, was: RowKey) -> str:
    """What was done with the row; empty: nothing."""
    if now.op == "drop":
        return "dropped"
    if now.label != was.label:
        return f"now {now.label}"
    return {"keep": "kept", "correct": "corrected"}.get(now.op, "")
