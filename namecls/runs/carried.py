"""Counts carried over from the model that a training started from, as a file of the run: ``carried.safetensors``."""

from __future__ import annotations

import os
from typing import Any

from namecls.calibration.carried import KINDS, CarriedCounts
from namecls.calibration.counts import KINDS as COLUMNS
from namecls.errors import ModelFileError, NameclsError
from namecls.files.strict_json import parse_json
from namecls.language import _
from namecls.runs.run import CARRIED, Run
from namecls.runs.stored import open_stored

#: The format of the file.
FORMAT = "1"
_LONGEST_LABEL = 1_000


def load_carried(run: Run, labels: int, library: str = "pt") -> CarriedCounts | None:
    """The counts that were carried over to a run; None if there are none.

    :param labels: how many the network has.
    :param library: whose arrays they become, as safetensors calls it: pt or np.
    :raises ModelFileError: if they are damaged, or don't fit the network.
    """
    path = run.directory / CARRIED
    if not os.path.lexists(path):
        return None
    try:
        run.verify(CARRIED)
        with open_stored(path, library) as stored:
            kinds = COLUMNS | KINDS
            entries = stored.entries
            if entries.keys() != kinds.keys() or any(
                entry.dtype not in kinds[name] or len(entry.shape) != (2 if name == "evidence" else 1)
                for name, entry in entries.items()
            ):
                raise ModelFileError(_("expected the columns of counts that were carried over, found others"))
            if stored.texts.get("format") != FORMAT:
                raise ModelFileError(
                    _("expected the format {format}: written by another version").format(format=FORMAT)
                )
            theirs = parse_json(stored.texts["labels"].encode())
            if not isinstance(theirs, list) or not all(map(_is_label, theirs)):
                raise ModelFileError(_("expected the labels of the other model, each of whole code points"))
            return CarriedCounts.from_tensors(stored.read(), tuple(theirs), labels)
    except (NameclsError, LookupError, TypeError, ValueError) as error:
        raise ModelFileError(_("{carried}: {error}").format(carried=CARRIED, error=error)) from error


def _is_label(value: Any) -> bool:
    return (
        isinstance(value, str)
        and 1 <= len(value) <= _LONGEST_LABEL
        and not any("\ud800" <= character <= "\udfff" for character in value)
    )
