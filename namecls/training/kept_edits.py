"""The edits of what is trained on, kept in a directory of its own: that of a run, of a study, of a comparison."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from namecls.data.table import NameTable
from namecls.edits.applying import EditedTable, apply_edits
from namecls.edits.patch import read_patch
from namecls.errors import DataError
from namecls.files.storage import write_atomically
from namecls.language import _
from namecls.runs.record import EditsRecord
from namecls.runs.run import EDITS


def edits_record(table: NameTable) -> EditsRecord | None:
    """What is recorded of the edits of a table; None: there are none."""
    if not isinstance(table, EditedTable):
        return None
    return EditsRecord(
        file=table.patch.file,
        sha256=table.patch.sha256,
        edits=len(table.patch.edits),
        unmatched=len(table.unmatched),
    )


def keep_edits(directory: Path, table: NameTable) -> None:
    """Write the edits of a table into a directory, if it has any.

    :raises RunError: if they can't be written.
    """
    if isinstance(table, EditedTable):
        write_atomically(directory / EDITS, table.patch.content)


def with_kept_edits(directory: Path, record: EditsRecord | None, table: NameTable) -> NameTable:
    """A table with the edits that a directory keeps.

    :param record: what is recorded of them; None: there are none.
    :raises DataError: if they are no longer what they were.
    """
    if record is None:
        return table
    patch = replace(read_patch(directory / EDITS), file=record.file)
    if patch.sha256 != record.sha256:
        raise DataError(
            _(
                "{directory}: are not the edits that the run was trained with: their SHA-256 is another"
            ).format(directory=directory / EDITS)
        )
    return apply_edits(table, patch)
