"""An app with themes: Textual's made to fit, four of our own, and one of these where a style sheet can't be read."""

from __future__ import annotations

from pathlib import Path

from textual.reactive import Reactive
from textual.theme import Theme, ThemeProvider

from namecls.language import _
from tui.drawing.themes import DARK, THEMES, fitted, is_strong, of_ours
from tui.pointing import Pointing
from tui.terminal.crash import write_log


class Themed(Pointing):
    """An app with themes."""

    theme: Reactive[str] = Reactive(DARK.name)

    def say(self, text: str, *, problem: bool = False) -> None:
        """Show a short notification; any text may be in it."""
        raise NotImplementedError

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Textual's themes and ours, from the start, so that the style sheet is read with the right colours."""
        return {**super().available_themes, **{theme.name: theme for theme in THEMES}}

    def register_theme(self, theme: Theme) -> None:
        super().register_theme(fitted(theme))

    def _sheet_failed(self, error: Exception) -> None:
        self.call_later(self._do_without, self.theme, write_log(error))

    def _do_without(self, theme: str, log: Path | None) -> None:
        """Fall back to a theme of ours, after a style sheet could not be read with another one."""
        own = of_ours(dark=self.current_theme.dark, strong=False).name
        told = " " + _("What is wrong with it is in {log}.").format(log=log) if log else ""
        if theme not in (each.name for each in THEMES):
            self.say(
                _("The theme {theme} can't be shown: back to {own}.").format(theme=theme, own=own) + told,
                problem=True,
            )
        elif self.theme == theme:
            self.say(_("A style sheet can't be read, so that some things look odd.") + told, problem=True)
        if self.theme == theme:
            self.theme = own

    def search_themes(self) -> None:
        from tui.screens.modal import Commands

        self.push_screen(Commands(providers=[ThemeProvider], placeholder=_("Search for themes…")))

    def action_change_light(self) -> None:
        """Light instead of dark, or the other way round; in high contrast as before."""
        now = self.current_theme
        self.theme = of_ours(dark=not now.dark, strong=is_strong(now)).name

    def action_change_contrast(self) -> None:
        """High contrast, as light or dark as before; from there the usual one."""
        now = self.current_theme
        self.theme = of_ours(dark=now.dark, strong=not is_strong(now)).name
