"""What is no list of names, a name a line, by its beginning: tables, JSON, and what is no text at all."""

from __future__ import annotations

from namecls.data.encoding import UTF_8, not_decoded
from namecls.data.lines import check_text
from namecls.data.objects import begins_json
from namecls.data.parquet import MAGIC
from namecls.data.sniffing import fields, is_fast_text, is_prose, sniff
from namecls.data.titles import are_titles, rank
from namecls.errors import DataError
from namecls.language import N_, _

_LOOKED_AT = 2**16  # bytes
_NEARLY_ALL = 0.9  # of the lines
_FEW = 5  # lines, of which a sign may be in all by chance
_REPEATED = 0.8  # share of rows whose second column stood there before
_FEW_BROKEN = 100  # one line in so many that is not UTF-8 is an accident
_INSTEAD = N_(
    "{source}: expected a name per line, found {found}; say with --name-column where the names stand"
)


def check_names(source: str, head: bytes, encoding: str = UTF_8) -> str:
    """What to warn of in a list of names, or nothing, by its beginning.

    :param source: what it is called.
    :param head: as UTF-8, unless it is not.
    :raises DataError: if it is plainly none.
    """
    head = head[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf")
    if head.startswith(MAGIC):
        raise DataError(_(_INSTEAD).format(source=source, found=_("a Parquet file")))
    if head.startswith(b"\x1f\x8b"):
        raise DataError(
            _(
                "{source}: expected a name per line, found gzip data; unpack it: gunzip -c FILE | "
                "namecls predict"
            ).format(source=source)
        )
    check_text(source, head)
    whole = head.rpartition(b"\n")[0] or head
    raw = [line for line in whole.replace(b"\r\n", b"\n").split(b"\n") if line.strip()]
    lines = [line.decode(errors="replace") for line in raw]
    if not lines:
        return ""
    if found := _table(lines):
        raise DataError(_(_INSTEAD).format(source=source, found=found))
    tabs = sum("\t" in line for line in lines)
    if 2 * tabs > len(lines):
        return _(
            "{source}: {tabs:,} of the first {lines:,} lines hold a tab; each is read as one name"
        ).format(source=source, tabs=tabs, lines=len(lines))
    broken = sum("\ufffd" in text and not _is_utf8(line) for text, line in zip(lines, raw, strict=True))
    if broken and broken * _FEW_BROKEN >= len(lines):
        return _("{source}: {not_decoded}").format(
            source=source, not_decoded=not_decoded(head, encoding, broken, len(lines))
        )
    return ""


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _table(lines: list[str]) -> str:
    """What these lines are that are no names, or nothing."""
    if begins_json(lines):
        return "JSON"
    if is_fast_text(lines):
        return _("names with labels, as fastText has them")
    split = sniff(lines)
    if split is None or split.separator == " " or len(lines) < 2:
        return ""
    row = fields(lines[0], split.separator) or []
    titles = are_titles(row) or (
        len(row) > 2 and any(rank(cell, k) is not None for cell in row for k in ("name", "label"))
    )
    told = _("{width} columns ({titles})").format(
        width=max(split.width, len(row)), titles=", ".join(row)[:60]
    )
    if titles and len(row) == split.width:
        return told
    if split.share < _NEARLY_ALL or is_prose(lines, split.separator):
        return ""
    is_table = (
        (split.separator == "\t" and split.share == 1)
        or (split.width > 2 and len(lines) >= _FEW)
        or (split.repeated >= _REPEATED and len(lines) >= 2 * _FEW)
    )
    return told if is_table else ""
