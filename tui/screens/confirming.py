"""A question before something is wiped."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widgets import Static

from namecls.language import _
from namecls.text import safe
from tui import keys
from tui.drawing.wording import Paragraph
from tui.screens.modal import Modal, line_of
from tui.widgets.retold import Told


class PresetScreen(Modal[str]):
    """Asks whether a preset is to take the place of what was changed.

    Answers "replace", "keep" (the preset, and on top of it what was changed) or None (nothing).
    """

    PLACE = "preset"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("preset")
    DEFAULT_CSS = """
    PresetScreen {
        align: center middle;
        #box { width: 58; max-width: 100%; height: auto; background: $background; padding: 1 2; }
    }
    """

    def __init__(self, preset: str, changed: tuple[str, ...]) -> None:
        super().__init__()
        self._preset = preset
        self._changed = changed

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="panel"):
            yield Told(self._told)
            yield Static("")
            for key in keys.PLACES["preset"]:
                yield Told(partial(line_of, key, 6))

    def entitle(self) -> None:
        self.query_one("#box").border_title = _("preset {preset}").format(preset=safe(self._preset, 40))

    def _told(self) -> Paragraph:
        changed = _(", ").join(_(title) for title in self._changed)
        return Paragraph(_("You changed: {changed}.").format(changed=safe(changed, 300)))

    def action_answer(self, choice: str) -> None:
        self.dismiss(choice)

    def action_back(self) -> None:
        self.dismiss(None)
