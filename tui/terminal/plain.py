"""What every line passes on its way to the terminal.

`Guard` is for all terminals; `Plain` is for those without Unicode, and draws with ASCII what is drawn with lines,
blocks, arrows and other signs.
"""

from __future__ import annotations

import sys

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from namecls.text import stand_ins

_LIGHTER = dict.fromkeys("▁▂▃▔▕▏▎▍░", " ")
_HEAVIER = dict.fromkeys("▄▅▆▇█▌▋▊▉▐▀▒▓", "#")
_SIGNS = dict(zip("·±…–—‖●○★›▲▼▶◀▸◂↑↓←→•✓✗⭘╴╶╸╺━─═│┃║", ".~.--=*o*>^v><><^v<>*+xo----=--|||", strict=True))

#: One cell for one cell; letters stay what they are.
_TABLE = str.maketrans(
    {chr(code): "+" for code in range(0x2500, 0x2580)}
    | {chr(code): "." for code in range(0x2801, 0x2900)}
    | {chr(code): "?" for code in range(0x2400, 0x2427)}
    | {"\u2800": " ", "\ufffd": "?"}
    | _LIGHTER
    | _HEAVIER
    | _SIGNS
)


def plain(text: str) -> str:
    """Text with ASCII in the place of lines, blocks, arrows and other signs, in as many cells."""
    return text if text.isascii() else text.translate(_TABLE)


def encodable(text: str, encoding: str) -> str:
    """Text with question marks for what an encoding lacks, in as many cells; a lone one would move the columns."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_if_encodable(character, encoding) for character in text)
    return text


def _if_encodable(character: str, encoding: str) -> str:
    kept = character.encode(encoding, "ignore")
    return character if kept else "?" * cell_len(character)


class Guard(LineFilter):
    """No control character leaves, not even one that a widget of Textual itself would draw.

    The widgets here make their text safe themselves, and better; this is for those from elsewhere.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        if all(control or text.isprintable() for text, _, control in segments):
            return segments
        return [
            Segment(text if control else stand_ins(text), style, control) for text, style, control in segments
        ]


class Plain(LineFilter):
    """Textual draws every line through its filters: borders and scrollbars too."""

    def __init__(self) -> None:
        super().__init__()
        self._encoding = getattr(sys.__stderr__, "encoding", None) or "ascii"

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        return [
            Segment(encodable(plain(text), self._encoding), style, control)
            for text, style, control in segments
        ]
