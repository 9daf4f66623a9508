"""A question before something is wiped."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from namecls.language import _
from namecls.text import safe
from tui import keys
from tui.drawing.wording import Paragraph
from tui.screens.modal import Modal


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
        with Vertical(id="box", classes="panel") as box:
            box.border_title = _("preset {preset}").format(preset=safe(self._preset, 40))
            yield Static(
                Paragraph(_("You changed: {changed}.").format(changed=safe(_(", ").join(self._changed), 300)))
            )
            yield Static("")
            for key in keys.PLACES["preset"]:
                yield Static(Content.assemble((f"{key.face:>6}", "$accent"), f"  {key.told}"))

    def action_answer(self, choice: str) -> None:
        self.dismiss(choice)

    def action_back(self) -> None:
        self.dismiss(None)
