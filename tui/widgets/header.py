"""The line at the top: the screens, whether a training runs, and what this screen is about."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar, Protocol, cast

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual import events

from namecls.language import N_, _
from namecls.text import safe
from tui.drawing.palette import Palette
from tui.widgets.drawn import Drawn, Spot
from tui.workbench import bench_of

_ROOM_FOR_NAME = 72
_ROOM_FOR_GAPS = 90

TABS = (
    ("F2", "train", N_("Train")),
    ("F3", "predict", N_("Predict")),
    ("F4", "dataset", N_("Dataset")),
    ("F12", "tune", N_("Tune")),
)


class Headed(Protocol):
    """A screen with a header."""

    PLACE: ClassVar[str]
    TAB: ClassVar[str]

    def context(self) -> str: ...


class Header(Drawn):
    """The name of the program, the screens with their keys, and the context of the screen at the right."""

    def __init__(self) -> None:
        super().__init__()
        self._tabs: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        self.watch(self.app, "training", self.redraw, init=False)
        self.watch(self.app, "tuning", self.redraw, init=False)

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:  # noqa: ARG002
        bench = bench_of(self)
        place = cast("Headed", self.screen)
        line = Text(no_wrap=True)
        if width >= _ROOM_FOR_NAME:
            line.append(" namecls", style=f"bold {palette.primary}")
        gap = "  " if width >= _ROOM_FOR_GAPS else " "
        bracket = f"bold {palette.accent}"  # about the tab that is lit, to be seen without colours too
        closed = True
        self._tabs = []
        for key, name, title in TABS:
            here = name == (place.TAB or place.PLACE)
            work = {"train": bench.training.mark, "tune": bench.tuning.mark}.get(name)
            mark = work(bench.ascii_only) if work is not None else ""
            if name == "tune" and width < _ROOM_FOR_NAME and not here and not mark:
                continue  # F1 tells of it
            line.append(gap if closed else "]" + gap[1:], style=bracket)
            closed = not here
            start = line.cell_len
            line.append("[" if here else " ", style=bracket).append(f"{key} ", style=palette.muted)
            line.append(_(title), style=f"bold {palette.accent}" if here else palette.text)
            if mark:
                line.append(f" {mark}", style=palette.accent)
            self._tabs.append((start, line.cell_len, name))
        if not closed:
            line.append("]", style=bracket)
        context = safe(place.context())
        room = width - line.cell_len - 2
        if cell_len(context) > room:
            context = set_cell_size(context, max(room - 1, 0)).rstrip() + "…" if room > 8 else ""
        line.append(" " * (width - line.cell_len - cell_len(context) - 1))
        line.append(context, style=palette.muted)
        return [line]

    def spots(self) -> Iterator[Spot]:
        for start, _end, name in self._tabs:
            yield Spot(start, 0, partial(self._go, name))

    async def on_click(self, event: events.Click) -> None:
        for start, end, name in self._tabs:
            if start <= event.x < end:
                await self._go(name)

    async def _go(self, name: str) -> None:
        await self.run_action(f"app.go('{name}')")
