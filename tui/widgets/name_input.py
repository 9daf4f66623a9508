"""An input whose text can't steer the terminal, whatever was pasted into it."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from namecls.language import _
from namecls.text import stand_ins
from tui.widgets.retold import Retold
from tui.workbench import bench_of

#: Characters that an input takes: as many as a path, or a line of names, may have.
MOST = 4096
#: Lines of a paste that are answered as a list, and characters of it that are looked at.
MOST_LINES, _MOST_PASTED = 10_000, 2**20


class SafeInput(Retold, Input, inherit_bindings=False):
    """An input that keeps its value as it was typed or pasted and shows it literally.

    Keys act in the order in which they were pressed. Textual handles a letter in the input, but sends
    backspace and its like all the way up to the app first: over a slow line, where many keys come at once, it
    would overtake them with the letters behind them.

    :param placeholder: marked for the catalogues, and translated where it shows.
    """

    class LinesPasted(Message):
        """Several lines were pasted into an input that has them answered as a list."""

        def __init__(self, lines: tuple[str, ...]) -> None:
            super().__init__()
            self.lines = lines

    # Enter, and the arrows up and down, belong to the screen.
    BINDINGS: ClassVar[list[BindingType]] = [
        binding for binding in Input.BINDINGS if isinstance(binding, Binding) and binding.key != "enter"
    ]

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002
        takes_lines: bool = False,
    ) -> None:
        super().__init__(value=value, id=id, compact=True, max_length=MOST)
        self._said_when_empty = placeholder
        self.cursor_blink = False
        self._takes_lines = takes_lines

    def entitle(self) -> None:
        self.placeholder = _(self._said_when_empty)

    async def _on_key(self, event: events.Key) -> None:
        active = None if event.is_printable else self.screen.active_bindings.get(event.key)
        if active is not None and active.enabled:
            event.stop()
            event.prevent_default()
            await self.app.run_action(active.binding.action, active.node)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        text = event.text.strip("\r\n")
        if self._takes_lines:
            lines = tuple(line.strip() for line in text[:_MOST_PASTED].splitlines() if line.strip())
            if len(lines) > 1:
                self.post_message(self.LinesPasted(lines[:MOST_LINES]))
                return
        start, end = sorted(self.selection)
        line = "".join(text[: MOST + 1].splitlines()[:1])
        taken = line[: MOST - len(self.value) + end - start]
        self.replace(taken, start, end)
        if len(taken) < len(text):
            bench_of(self).say(
                _(
                    "An input takes one line of at most {most:,} characters; the rest of what was pasted is left "
                    "out. For many names: namecls predict --input FILE"
                ).format(most=MOST),
                problem=True,
            )

    def _position_to_cell(self, position: int) -> int:
        # Of what is shown: a character that has no width has a stand-in of one cell.
        return cell_len(stand_ins(self.value)[:position])

    @property
    def _value(self) -> Text:
        return Text(stand_ins(self.value), no_wrap=True, overflow="ignore", end="")
