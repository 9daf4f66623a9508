"""Textual's compositor, for characters that are two cells wide.

It cuts lines where a widget begins or ends, and where what changed ends; of a wide character only spaces are
left. So a toast is not cut where something below it ends, and a change ends behind a character, never in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from rich.cells import cell_len
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets._toast import Toast


class WideCompositor(Compositor):
    """A compositor that leaves wide characters whole."""

    @property
    def cuts(self) -> list[list[int]]:
        if self._cuts is None:
            cuts: list[list[int]] = super().cuts
            for widget, (region, clip) in self.visible_widgets.items():
                if isinstance(widget, Toast):
                    x, y, width, height = region.intersection(clip)
                    cuts[y : y + height] = [
                        [cut for cut in line if not x < cut < x + width] for line in cuts[y : y + height]
                    ]
            self._cuts = cuts
        return self._cuts

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        """The same as Textual's, but that a widget may begin or end below a toast, where there is no cut."""
        chops: list[dict[int, Strip | None]] = [dict.fromkeys(line[:-1]) for line in self.cuts]
        for region, clip, strips in self._get_renders(crop):
            shown = region.intersection(clip)
            start, end = shown.column_span
            for y, strip in zip(shown.line_range, strips, strict=False):
                if not is_rendered_line(y):
                    continue
                cuts = [cut for cut in self.cuts[y] if start <= cut <= end]
                begins = bool(cuts) and cuts[0] == start  # or else below a toast
                pieces = strip.divide([cut - start for cut in cuts[begins:]])[not begins :]
                for cut, piece in zip(cuts, pieces, strict=False):
                    if chops[y].get(cut, piece) is None:  # what is in front of it is there already
                        chops[y][cut] = piece
        return cast("Sequence[Mapping[int, Strip]]", chops)

    def render_partial_update(self) -> ChopsUpdate | None:
        update = super().render_partial_update()
        if update is not None:
            update.spans = [(y, start, self._whole(update, y, end)) for y, start, end in update.spans]
        return update

    @staticmethod
    def _whole(update: ChopsUpdate, y: int, end: int) -> int:
        """Where a span ends so that it ends with a character."""
        for until, (at, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or not at < end < until:
                continue
            for text, _style, _control in strip:
                for size in [len(text)] if text.isascii() else map(cell_len, text):
                    at += size
                    if at >= end:
                        return end if text.isascii() else at
        return end


class Composed:
    """A screen drawn by that compositor; stands before Textual's class of screens."""

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        self._compositor: Compositor = WideCompositor()
