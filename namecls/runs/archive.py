"""A finished run in one file, ``NAME.zip``, and back: checked by its manifest before it stands among the runs.

Such a file may come from anywhere. What it claims is read first, and bounded: names, kinds and sizes of its members are
those that a run may have and its manifest tells, and no more is unpacked than that. Nothing leads out of the directory.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from namecls.errors import DiskFull, ModelFileError, NameclsError, RunError, shown
from namecls.files.opening import open_plain, size_of
from namecls.files.storage import TEMPORARY_PREFIX, not_written, sync_file, write_atomically
from namecls.language import _
from namecls.runs.manifest import MANIFEST, read_manifest, verify
from namecls.runs.run import FILES, Run, check_name
from namecls.runs.sharing import CARD, export

#: Bytes of all files together, packed or not; more takes another format of ZIP.
MOST_BYTES = 2**31 - 2**20

_MEMBERS = (MANIFEST, CARD, *FILES)
_LONGEST = {MANIFEST: 2**20, CARD: 2**20}
_PIECE = 2**20
_MOST_DIRECTORY = 2**16  # bytes of the list of members at the end
_END, _LOCATOR = b"PK\x05\x06", b"PK\x06\x07"


def export_zip(run: Run, file: Path) -> None:
    """Write a finished run to a ZIP file, as `sharing.export` copies it.

    :raises RunError: if it is not finished or too large, or the file is there already or can't be written.
    :raises ModelFileError: if a file of it is not as in the manifest.
    """
    if os.path.lexists(file):
        raise RunError(_("{file}: is there already; choose another file").format(file=file))
    try:
        with tempfile.TemporaryDirectory(prefix=f"{TEMPORARY_PREFIX}-", dir=file.parent) as aside:
            copy = export(run, Path(aside) / "copy")
            members = sorted(copy.directory.iterdir())
            if (size := sum(path.stat().st_size for path in members)) > MOST_BYTES:
                raise RunError(
                    _(
                        "{directory}: has {size:,} bytes, expected at most {most_bytes:,} for a ZIP "
                        "file; export it to a directory"
                    ).format(directory=run.directory, size=size, most_bytes=MOST_BYTES)
                )

            def write(temporary: Path) -> None:
                with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as packed:
                    for path in members:
                        packed.write(path, f"{run.name}/{path.name}")

            write_atomically(file, write)
    except OSError as error:
        raise not_written(file, error) from error


def import_zip(file: Path, save_dir: Path, name: str | None = None) -> Run:
    """Make a run of a ZIP file that `export_zip` wrote.

    :param name: what to call it; None: as it is called in the file.
    :raises ModelFileError: if it is no such file, or not what its manifest tells.
    :raises DiskFull: if there is no room for it.
    :raises RunError: if a run has that name already, or the disk does not take it.
    """
    with open_plain(file) as stream, _problems_of(file):
        _check_end(file, stream)
        with zipfile.ZipFile(stream) as packed:
            called, members = _members(file, packed)
            directory = save_dir / check_name(name if name is not None else called)
            if os.path.lexists(directory):
                raise RunError(
                    _("{directory}: is there already; import it under another name: --name").format(
                        directory=directory
                    )
                )
            try:
                save_dir.mkdir(parents=True, exist_ok=True)
                size = sum(member.file_size for member in members.values())
                if size > (free := shutil.disk_usage(save_dir).free):
                    raise DiskFull(
                        _(
                            "{save_dir}: {file} takes {size:,} bytes, and {free:,} are free; free some space"
                        ).format(save_dir=save_dir, file=file, size=size, free=free)
                    )
                # Not beside the runs, among which it would be listed.
                with tempfile.TemporaryDirectory(prefix=f"{TEMPORARY_PREFIX}-", dir=save_dir) as aside:
                    (made := Path(aside) / "run").mkdir()
                    _unpack(file, packed, members, made)
                    made.rename(directory)
            except OSError as error:
                raise not_written(directory, error) from error
    return Run(directory)


@contextlib.contextmanager
def _problems_of(file: Path) -> Iterator[None]:
    """What the library says of a file that is none, as an error of ours."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        struct.error,
        NotImplementedError,
        UnicodeError,
        ValueError,
    ) as error:
        raise ModelFileError(
            _("{file}: expected a run in a ZIP file, found another or a damaged one: {error}").format(
                file=file, error=error
            )
        ) from error


def _check_end(file: Path, stream: BufferedReader) -> None:
    """See that the list of members is short, before the library reads it into memory."""
    size = size_of(stream)
    if size > MOST_BYTES:
        raise ModelFileError(
            _("{file}: expected at most {most_bytes:,} bytes, found {size:,}").format(
                file=file, most_bytes=MOST_BYTES, size=size
            )
        )
    stream.seek(max(size - 2**16 - 64, 0))
    end = stream.read()
    at = end.rfind(_END)
    if at < 0 or len(end) - at < 22:
        raise ModelFileError(_("{file}: expected a run in a ZIP file, found no end of one").format(file=file))
    members, length = struct.unpack("<10xHL", end[at : at + 16])
    if (
        members > len(_MEMBERS) + 1
        or length > _MOST_DIRECTORY
        or end[max(at - 20, 0) : at].startswith(_LOCATOR)
    ):
        raise ModelFileError(
            _("{file}: expected the {most} files of a run at most, found {members:,} or more").format(
                file=file, most=len(_MEMBERS), members=members
            )
        )
    stream.seek(0)


def _members(file: Path, packed: zipfile.ZipFile) -> tuple[str, dict[str, zipfile.ZipInfo]]:
    """The name of the run, and its files, all of them such as a run may have, each once, within all limits."""
    called, members, total = "", dict[str, zipfile.ZipInfo](), 0
    for member in packed.infolist():
        run, _slash, inner = member.filename.partition("/")
        mode = member.external_attr >> 16
        if not inner and member.filename.endswith("/") and run == (called or run):
            called = run
            continue
        if inner not in _MEMBERS and "/" not in inner and inner and run == (called or run):
            raise ModelFileError(
                _("{file}: {inner} is in it, which is no file of a run").format(file=file, inner=shown(inner))
            )
        if inner not in _MEMBERS or run != (called or run):
            raise ModelFileError(
                _("{file}: expected the files of one run in one directory, found {filename}").format(
                    file=file, filename=shown(member.filename)
                )
            )
        if inner in members:
            raise ModelFileError(_("{file}: {inner} is in it twice").format(file=file, inner=inner))
        if (stat.S_IFMT(mode) and not stat.S_ISREG(mode)) or member.is_dir():
            raise ModelFileError(
                _("{file}: {inner} is a link or a device, expected a file").format(file=file, inner=inner)
            )
        if member.flag_bits & 1 or member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ModelFileError(
                _("{file}: {inner} is encrypted, or packed in an unusual way").format(file=file, inner=inner)
            )
        called, members[inner], total = run, member, total + member.file_size
        if member.file_size > _LONGEST.get(inner, MOST_BYTES) or total > MOST_BYTES:
            raise ModelFileError(
                _("{file}: {inner} is too large: {file_size:,} bytes").format(
                    file=file, inner=inner, file_size=member.file_size
                )
            )
    if MANIFEST not in members:
        raise ModelFileError(
            _(
                "{file}: expected a run with its {manifest}, found none; pack it with: namecls runs export"
            ).format(file=file, manifest=MANIFEST)
        )
    return called, members


def _unpack(file: Path, packed: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], aside: Path) -> None:
    """Unpack the manifest, see that the others are those that it tells of, and unpack and compare these."""
    _extract(packed, members[MANIFEST], aside / MANIFEST)
    try:
        told = read_manifest(aside)["files"]
        sizes = {name: entry["bytes"] for name, entry in told.items()}
    except (NameclsError, KeyError, TypeError, AttributeError) as error:
        raise ModelFileError(
            _("{file}: its {manifest} can't be read: {error}")
            .format(file=file, manifest=MANIFEST, error=error)
            .replace(f"{aside}/", "")
        ) from error
    found = {name: member.file_size for name, member in members.items() if name not in (MANIFEST, CARD)}
    if found != sizes:
        odd = min(name for name in found.keys() | sizes.keys() if found.get(name) != sizes.get(name))
        if odd not in found:
            why = _("is missing, of which its {manifest} tells").format(manifest=MANIFEST)
        elif odd not in sizes:
            why = _("is in it, of which its {manifest} does not tell").format(manifest=MANIFEST)
        else:
            why = _("has another size than its {manifest} tells").format(manifest=MANIFEST)
        raise ModelFileError(f"{file}: {shown(odd)} {why}")
    for name, member in members.items():
        if name != MANIFEST:
            _extract(packed, member, aside / name)
            sync_file(aside / name)
    try:
        verify(aside, *found)
        Run(aside).record()
    except NameclsError as error:
        raise ModelFileError(
            _("{file}: {error}").format(file=file, error=error).replace(f"{aside}/", "")
        ) from error


def _extract(packed: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    """Unpack a file, and no more of it than it claims to have."""
    left = member.file_size
    with packed.open(member) as source, path.open("xb") as target:
        while piece := source.read(min(_PIECE, left + 1)):
            left -= len(piece)
            if left < 0:
                raise ModelFileError(
                    _("{filename}: is larger than it claims to be").format(filename=member.filename)
                )
            target.write(piece)
