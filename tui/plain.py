"""For terminals and locales without Unicode: whatever is drawn with other characters is drawn with ASCII."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_LIGHTER = dict.fromkeys("▁▂▃▔▕▏▎▍░", " ")
_HEAVIER = dict.fromkeys("▄▅▆▇█▌▋▊▉▐▀▒▓", "#")
_SIGNS = dict(zip("·…–—‖●★›▲▼▶◀▸◂↑↓←→•✓✗⭘╴╶╸╺━─═│┃║", "..--=**>^v><><^v<>*+xo-------|||", strict=True))

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


class Plain(LineFilter):
    """Textual draws every line through its filters: borders and scrollbars too."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        return [Segment(plain(text), style, control) for text, style, control in segments]
