"""A run for others: copied without what is of this machine, and compared with its hashes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from namecls.errors import NameclsError, RunError
from namecls.events import Watched
from namecls.files.opening import open_plain
from namecls.files.storage import replacing, write_json
from namecls.files.strict_json import read_json
from namecls.language import N_, _
from namecls.runs.history import HISTORY, line_of, read_events
from namecls.runs.manifest import MANIFEST, read_manifest, verify
from namecls.runs.record import CONFIG
from namecls.runs.run import CARRIED, COUNTS, EDITS, FILES, METRICS, MODEL, RESUME, WEIGHTS, Run
from namecls.runs.tensors import open_tensors
from namecls.system import reason_of

#: State of a file. `DAMAGE` are those that none should have.
SAME, DIFFERS, MISSING, BROKEN = N_("as written"), "differs", "missing", N_("can't be read")
UNKNOWN = N_("no hash to compare with")
DAMAGE = (DIFFERS, MISSING, BROKEN)

CARD = "README.md"


def export(run: Run, directory: Path) -> Run:
    """Copy a finished run to a new directory: its files, and its card if it has one, without a path of this machine.

    :raises RunError: if it is not finished, or the directory is there already or can't be written.
    :raises ModelFileError: if a file is not as in the manifest.
    """
    if not run.finished:
        raise RunError(
            _("{directory}: is not finished; to test and finish it: namecls runs finish").format(
                directory=run.directory
            )
        )
    run.verify(*FILES)
    copy = Run(directory)
    try:
        directory.mkdir(parents=True)
        for name in (MODEL, EDITS, WEIGHTS, COUNTS, CARRIED, METRICS, CARD):
            if (run.directory / name).is_file():
                shutil.copyfile(run.directory / name, directory / name)
        if (run.directory / HISTORY).exists():
            with replacing(directory / HISTORY) as stream:
                stream.writelines(
                    f"{line_of(event)}\n".encode()
                    for event in read_events(run.directory / HISTORY)
                    if not isinstance(event, Watched)  # whose names these are is nobody else's business
                )
        write_json(directory / CONFIG, run.record().to_json())
    except FileExistsError:
        raise RunError(
            _("{directory}: is there already; choose another directory").format(directory=directory)
        ) from None
    except OSError as error:
        raise RunError(
            _("{directory}: could not be written: {reason}").format(
                directory=directory, reason=reason_of(error)
            )
        ) from error
    copy.write_manifest()
    return copy


def compare(run: Run) -> Iterator[tuple[str, str]]:
    """Compare each file of a run with its hash.

    Of a run that is not finished, only weights and checkpoint hold a hash of their own; of its other files it can only
    be told whether they can be read.

    :raises RunError: if the manifest can't be read.
    """
    if not run.finished:
        for name in (*FILES, f"{RESUME}/state.safetensors"):
            if os.path.lexists(run.directory / name):
                hashed = name in (WEIGHTS, f"{RESUME}/state.safetensors")
                yield name, (_own_hash if hashed else _readable)(run.directory / name)
        return
    told = read_manifest(run.directory).get("files")
    if not isinstance(told, dict):
        raise RunError(
            _("{directory}: expected the hashes of files in it").format(directory=run.directory / MANIFEST)
        )
    for name in dict.fromkeys((*FILES, *told)):
        if name not in FILES:
            yield name, UNKNOWN
        elif os.path.lexists(run.directory / name):
            try:
                verify(run.directory, name)
                yield name, SAME
            except NameclsError:
                yield name, DIFFERS
        elif name in told:
            yield name, MISSING


def _readable(path: Path) -> str:
    """Whether a file is one, and holds what its name says."""
    try:
        if path.suffix == ".json":
            read_json(path)
        elif path.suffix == ".jsonl":
            for _ in read_events(path):
                pass
        else:
            open_plain(path).close()
    except NameclsError:
        return BROKEN
    return UNKNOWN


def _own_hash(path: Path) -> str:
    try:
        with open_tensors(path) as stored:
            stored.read()
    except NameclsError:
        return DIFFERS
    return SAME
