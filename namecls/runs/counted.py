"""Counts beside a network, as a file of the run: ``counts.safetensors``."""

from __future__ import annotations

import os

from namecls.calibration.calibrated import Calibration
from namecls.calibration.counted import LABEL_PRIOR, Counted
from namecls.calibration.counts import KINDS, NameCounts
from namecls.calibration.spellings import KINDS as SPELLINGS
from namecls.errors import ModelFileError, NameclsError, shown
from namecls.files.strict_json import parse_json
from namecls.language import _
from namecls.results import Metrics
from namecls.runs.run import COUNTS, Run
from namecls.runs.stored import open_stored

#: The format of the file.
FORMAT = "1"


def load_counted(run: Run, labels: int, library: str = "pt") -> tuple[Counted, Metrics | None] | None:
    """The counts of a run, and what was measured on people; None if it has none.

    :param labels: how many the network has.
    :param library: whose arrays they become, as safetensors calls it: pt or np.
    :raises ModelFileError: if they are damaged, or don't fit the network.
    """
    path = run.directory / COUNTS
    if not os.path.lexists(path):
        return None
    try:
        run.verify(COUNTS)
        with open_stored(path, library) as stored:
            kinds = {name: entry.dtype for name, entry in stored.entries.items()}
            fits = kinds.keys() in (KINDS.keys(), KINDS.keys() - SPELLINGS.keys()) and all(
                kind in KINDS[name] for name, kind in kinds.items()
            )
            if not fits or any(len(entry.shape) != 1 for entry in stored.entries.values()):
                raise ModelFileError(_("expected the columns of a table of counts, found others"))
            if stored.texts.get("format") != FORMAT:
                raise ModelFileError(
                    _("expected the format {format}: written by another version").format(format=FORMAT)
                )
            counts = NameCounts.from_tensors(stored.read(), labels)
            calibration = Calibration.from_json(parse_json(stored.texts["calibration"].encode()))
            people = parse_json(stored.texts["people"].encode())
            power = parse_json(stored.texts.get("label_prior", str(LABEL_PRIOR)).encode())
            if type(power) not in (int, float) or not 0 <= power <= 1:
                raise ModelFileError(
                    _("the power of bearers must be from 0 to 1, was: {power}").format(power=shown(power))
                )
        return Counted(counts, calibration, power), Metrics.from_json(people) if people is not None else None
    except (NameclsError, LookupError, TypeError, ValueError) as error:
        raise ModelFileError(_("{counts}: {error}").format(counts=COUNTS, error=error)) from error
