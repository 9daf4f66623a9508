"""What a view of an answer is for the screen: a title, a sentence on what it shows, one on what it does not mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from namecls.language import _
from namecls.text import safe
from tui.drawing.heatmap import face
from tui.drawing.palette import Palette
from tui.drawing.wording import wrapped

_LEAST = 7  # lines of a view; where there are not more, it does without its sentences

#: A table of a file: the titles, then the rows.
Table = list[tuple[object, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a view is drawn for.

    :param letter: the letter that the cursor is on, from 0 on.
    :param item: the line of its list that the cursor is on, from 0 on; None: the list has no cursor here.
    :param opened: whether the values of that line show.
    """

    width: int
    height: int
    palette: Palette
    letter: int = 0
    item: int | None = None
    opened: bool = False
    ascii_only: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A view of an answer. Title and sentences are marked for the catalogues, and translated where they show.

    :param name: what the engine calls it.
    :param sees: what one sees.
    :param caution: what it does not mean.
    :param draw: the value and the scene to lines.
    :param table: the value's numbers, for a file.
    :param items: the names of its list that can be taken into the input, an empty one where there is none to take.
    :param first: the line that the cursor is on at first; None: on none.
    :param opens: whether a line without a name has more to show.
    """

    name: str
    title: str
    sees: str
    caution: str
    draw: Callable[[Any, Scene], list[Text]]
    table: Callable[[Any], Table]
    items: Callable[[Any], Sequence[str]] = field(default=lambda _value: ())
    first: int | None = None
    opens: bool = False

    def lines(self, value: object, scene: Scene, *, words: bool = True) -> list[Text]:
        """All of it, in at most `scene.height` lines: where there is no room for both, without the sentences.

        :param words: with the sentences.
        """
        told = [Text(), *sentences(_(self.sees), scene), *sentences(_(self.caution), scene)] if words else []
        if scene.height - len(told) < _LEAST:
            told = []
        lines = [
            *self.draw(value, replace(scene, height=scene.height - len(told)))[: scene.height - len(told)],
            *told,
        ]
        for line in lines:
            line.truncate(scene.width, overflow="ellipsis")
        return lines


def sentences(words: str, scene: Scene) -> list[Text]:
    """Words in the muted colour, on as many lines as they take."""
    return [
        muted(line.plain.rstrip(), scene) for line in wrapped(Text(words), scene.width) if line.plain.strip()
    ]


def muted(words: str, scene: Scene) -> Text:
    """A line in the muted colour."""
    return Text(words, style=scene.palette.muted, no_wrap=True, overflow="ellipsis")


def prefix(letters: Sequence[str], end: int, scene: Scene, most: int = 24) -> str:
    """The letters up to `end`, in quotes; the last ones of them, where they are many."""
    shown = "".join(face(letter, scene.ascii_only) for letter in letters[:end])
    if cell_len(shown) > most:
        while cell_len(shown) >= most:
            shown = shown[1:]
        shown = ("~" if scene.ascii_only else "…") + shown
    return f'"{shown}"'


def labelled(label: str, scene: Scene, most: int = 22) -> tuple[str, str]:
    """A label with its colour."""
    return safe(label, most), scene.palette.label(label)


def at(letters: Sequence[str], scene: Scene) -> int:
    """The letter under the cursor, within the name."""
    return min(max(scene.letter, 0), len(letters) - 1)
