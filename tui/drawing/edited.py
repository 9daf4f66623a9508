"""Rows with edits, as text: told by words and signs, not by colour alone."""

from __future__ import annotations

from tui.engine.editing import RowKey, RowNow


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
