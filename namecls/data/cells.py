"""Cells of CSV and TSV that a spreadsheet shows and does not run.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, whoever wrote it. An apostrophe
before it makes it text. Here that is exact, there and back: an apostrophe is put before what would be run, and before
what is that after any number of apostrophes; the reader takes one apostrophe from just these. So every text comes
back as it was, and ``'t Hooft``, ``@`` and ``-`` are never touched.
"""

from __future__ import annotations

import re

#: What a spreadsheet passes over before it looks for a formula: white space, controls, invisible characters.
_PASSED_OVER = "".join(
    map(chr, [*range(0x21), *range(0x7F, 0xA1), 0xAD, 0x1680, *range(0x2000, 0x2010)])
) + "".join(map(chr, [*range(0x2028, 0x2030), *range(0x205F, 0x2070), 0x3000, 0xFEFF]))
#: The signs of a formula, also in full width. One that stands alone is a dash, not a formula.
_SIGNS = "=+@＝＋－＠-"
#: A cell that is quoted, after any number of apostrophes; for `re` as for polars, from the start of the cell.
RISKY = rf"'*(?:[\t\r\n]|[{_PASSED_OVER}]*[{_SIGNS}](?s:.))"

_RISKY = re.compile(RISKY)


def quote_cell(text: str) -> str:
    """The text as a cell that no spreadsheet runs: ``=1+1`` becomes ``'=1+1``."""
    return f"'{text}" if _RISKY.match(text) else text


def unquote_cell(cell: str) -> str:
    """The text that `quote_cell` made this cell of."""
    return cell[1:] if cell.startswith("'") and _RISKY.match(cell, 1) else cell
