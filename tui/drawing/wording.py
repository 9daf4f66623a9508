"""Sentences on a screen: styled parts where the language puts them, and lines of the room there is."""

from __future__ import annotations

from string import Formatter

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

from namecls.wide import pieces

#: What stands in a sentence: text with its own style, or a value in that of the sentence.
Part = Text | tuple[str, str] | str | int | float


def styled(sentence: str, style: str, **parts: Part) -> Text:
    """A sentence with placeholders, translated as a whole, each filled with text that may have its own style."""
    made, plain = Text(), ""
    for literal, name, how, _conversion in Formatter().parse(sentence):
        plain += literal
        if name is None:
            continue
        part = parts[name]
        if not isinstance(part, Text | tuple):
            plain += format(part, how or "")
            continue
        made.append(plain, style)
        plain = ""
        if isinstance(part, Text):
            made.append_text(part)
        else:
            made.append(*part)
    return made.append(plain, style)


def wrapped(text: Text, width: int) -> list[Text]:
    """Text as lines of at most `width` cells, broken at blanks, and between characters that are two cells wide."""
    lines: list[Text] = []
    for line in text.split(allow_blank=True):
        for part in line.divide(_breaks(line.plain, width)):
            part.rstrip_end(width)
            part.truncate(width)
            lines.append(part)
    return lines


class Paragraph:
    """Text that breaks as `wrapped` does wherever Rich draws it."""

    def __init__(self, text: str, style: str = "") -> None:
        self._text = Text(text, style)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from wrapped(self._text, options.max_width)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self._text)


def _breaks(text: str, width: int) -> list[int]:
    """The places at which a new line begins."""
    places: list[int] = []
    at = used = 0
    for unit in pieces(text):
        word = unit.rstrip()
        if cell_len(word) > width - used and text[:at].strip():
            places.append(at)
            used = 0
        if cell_len(word) > width:  # on no line: as much on each as fits
            for place, character in enumerate(word, start=at):
                if used + cell_len(character) > width and place > at:
                    places.append(place)
                    used = 0
                used += cell_len(character)
            used += len(unit) - len(word)
        else:
            used += cell_len(unit)
        at += len(unit)
    return places
