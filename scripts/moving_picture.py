"""Make docs/moving.svg, which opens the readme: the app itself, played from a tape of keys.

python scripts/moving_picture.py

A tape is a list of steps: keys, and what is on the screen once they did their work. The tests play it too. Frames share
the lines that they have in common, so that a picture of some fifty screens stays small; it moves by style sheet alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from rich.cells import cell_len
from rich.style import Style
from textual._context import visible_screen_stack
from textual.pilot import Pilot
from textual.strip import Strip

from namecls.data.table import load_dataset
from tui.app import NameclsApp
from tui.drawing.themes import DARK

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "moving.svg"
SIZE = (100, 28)
_ROWS = 3_000  # of the embedded names, to train on while one looks
_CELL, _LINE, _BASE = 8, 18, 4  # pixels; the base line is above the end of the line
_MOST = 16  # pictures of what moves by itself
_BEAT = 0.1  # seconds between two looks at the screen
Frames = list[tuple[list[Strip], float]]


@dataclass(frozen=True, slots=True)
class Step:
    """Some keys, what the screen shows once they did their work, and for how many seconds one looks at that.

    :param each: seconds after each single key.
    :param live: a picture at every half second until it shows.
    """

    keys: tuple[str, ...]
    shows: str
    look: float
    each: float = 0.0
    live: bool = False


TAPE = (
    Step((), "Type a family name", 1.2),
    Step(tuple("Kowalski"), "Polish", 1.6, each=0.18),
    Step(("enter", "tab"), "What the network alone thinks", 2.6),
    Step(("f4",), "Aabel", 1.2),
    Step(tuple("nova"), "1–", 1.6, each=0.2),
    Step(("f2",), "parameters", 1.8),
    Step(("f5",), "saved as", 2.4, live=True),
    Step(("enter", "f3"), "tried", 0.8),
    Step(("escape", *"Nakamura"), "Japanese", 2.0, each=0.18),
    Step(("ctrl+n",), "aF2", 1.8),
)


@contextlib.contextmanager
def stage() -> Iterator[NameclsApp]:
    """The app with some of the embedded names, in a directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        file, frame = Path(directory, "names.tsv"), load_dataset().frame
        some = frame.sample(_ROWS, seed=0).sort("line").select("name", "label")
        some.write_csv(file, separator="\t", include_header=False)
        app = NameclsApp(data=file, save_dir=Path(directory, "runs"))
        try:
            yield app
        finally:
            app.end_threads(60)


async def play(app: NameclsApp, pilot: Pilot[None], patience: float = 600.0) -> Frames:
    """Play the tape; what was seen, each screen with the seconds that it is looked at.

    :raises TimeoutError: if a step does not lead to what it is to show, in so many seconds.
    """
    frames: Frames = []
    while app.model.status != "ready" or app.focused is None:
        await pilot.pause(_BEAT)
    for step in TAPE:
        for key in step.keys:
            await pilot.press(key)
            if step.each:
                await pilot.pause(_BEAT)
                frames.append((screen(app), step.each))
        moving: list[list[Strip]] = []
        end = time.monotonic() + patience
        while step.shows not in text(seen := screen(app)):
            if time.monotonic() > end:
                raise TimeoutError(f"{' '.join(step.keys)}: {step.shows} does not show:\n{text(seen)}")
            if step.live:
                moving.append(seen)
            await pilot.pause(5 * _BEAT if step.live else _BEAT)
        await pilot.pause(_BEAT)
        frames += [(seen, 0.3) for seen in moving[:: -(-len(moving) // _MOST) or 1]]
        frames.append((screen(app), step.look))
    return frames


def screen(app: NameclsApp) -> list[Strip]:
    """The lines that show."""
    visible_screen_stack.set(app._background_screens)  # as the compositor does before it draws
    return app.screen._compositor.render_strips()


def text(lines: list[Strip]) -> str:
    """Lines without their colours."""
    return "\n".join(line.text for line in lines)


def tape_of(tape: tuple[Step, ...]) -> str:
    """A tape in words, which the picture holds, so that a test sees whether it is of this one."""
    return "; ".join(f"{' '.join(step.keys)} -> {step.shows}" for step in tape)


def svg(frames: Frames, tape: tuple[Step, ...] = TAPE) -> str:
    """Frames as one picture that moves, each line that several of them have only once."""
    kept: dict[str, str] = {}
    shown: list[tuple[list[str], float]] = []
    for lines, seconds in frames:
        names = [kept.setdefault(drawn, f"l{len(kept)}") for drawn in map(_line, lines)]
        if shown and shown[-1][0] == names:
            shown[-1] = (names, shown[-1][1] + seconds)
        else:
            shown.append((names, seconds))
    whole = sum(seconds for _, seconds in shown)
    width, height = SIZE[0] * _CELL + 24, SIZE[1] * _LINE + 52
    styles, parts, at = [], [], 0.0
    for number, (names, seconds) in enumerate(shown):
        begin, end = 100 * at / whole, 100 * (at + seconds) / whole
        at += seconds
        before = "0%{visibility:hidden}" if number else ""
        after = f"{end:.3f}%{{visibility:hidden}}" if number + 1 < len(shown) else ""
        styles.append(f"@keyframes k{number}{{{before}{begin:.3f}%{{visibility:visible}}{after}}}")
        styles.append(f"#f{number}{{animation:k{number} {whole:.2f}s step-end infinite}}")
        used = "".join(f'<use href="#{name}" y="{(y + 1) * _LINE - _BASE}"/>' for y, name in enumerate(names))
        # Without animation the last screen shows.
        hidden = "" if number + 1 == len(shown) else ' visibility="hidden"'
        parts.append(f'<g id="f{number}"{hidden}>{used}</g>')
    lines = "".join(f'<g id="{name}">{drawn}</g>' for drawn, name in kept.items())
    for number, colour in enumerate(sorted(set(re.findall(r'class="(#[0-9a-f]{6})"', lines)))):
        styles.append(f".c{number}{{fill:{colour}}}")
        lines = lines.replace(f'class="{colour}"', f'class="c{number}"')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
        f"<title>namecls-tui</title><desc>{escape(tape_of(tape))}</desc><style>"
        "text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        f"white-space:pre}}{''.join(styles)}</style><defs>{lines}</defs>"
        f'<rect width="{width}" height="{height}" rx="8" fill="{DARK.background}" stroke="#5d6778"/>'
        '<g fill="#5d6778"><circle cx="20" cy="18" r="6"/><circle cx="40" cy="18" r="6"/>'
        f'<circle cx="60" cy="18" r="6"/></g><g transform="translate(12 38)">{"".join(parts)}</g></svg>\n'
    )


def _line(strip: Strip) -> str:
    """A line, on its base line: what lies behind its cells, and the text on them."""
    behind: list[tuple[int, int, str]] = []  # from cell, to cell, colour
    drawn, x = [], 0
    for part, style, _ in strip:
        cells = cell_len(part)
        front, back = _colours(style)
        if behind and behind[-1][1:] == (x, back):
            behind[-1] = (behind[-1][0], x + cells, back)
        else:
            behind.append((x, x + cells, back))
        if body := part.strip():
            start = x + len(part) - len(part.lstrip())
            bold = ' font-weight="bold"' if style is not None and style.bold else ""
            drawn.append(
                f'<text x="{start * _CELL}" textLength="{cell_len(body) * _CELL}" {_named(front)}{bold}>'
                f"{escape(body, quote=False)}</text>"
            )
        x += cells
    grounds = [
        f'<rect x="{start * _CELL}" y="{_BASE - _LINE}" width="{(end - start) * _CELL}" height="{_LINE}" '
        f"{_named(back)}/>"
        for start, end, back in behind
        if back != DARK.background
    ]
    return "".join(grounds + drawn)


def _named(colour: str) -> str:
    """The class of a colour, as long as it has no shorter name."""
    return f'class="{colour}"'


def _colours(style: Style | None) -> tuple[str, str]:
    """Of text, and of what lies behind it."""
    front = back = None
    if style is not None:
        front = style.color.get_truecolor().hex if style.color else None
        back = style.bgcolor.get_truecolor().hex if style.bgcolor else None
        if style.reverse:
            front, back = back or DARK.background, front or DARK.foreground
    return front or str(DARK.foreground), back or str(DARK.background)


async def _make() -> str:
    with stage() as app:
        async with app.run_test(size=SIZE) as pilot:
            return svg(await play(app, pilot))


if __name__ == "__main__":
    PICTURE.write_text(asyncio.run(_make()), encoding="utf-8")
    print(f"docs/{PICTURE.name}: {PICTURE.stat().st_size / 1000:.0f} kB")
