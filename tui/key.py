"""A key: what it does, and how it is called."""

from __future__ import annotations

from dataclasses import dataclass

from namecls.language import _


@dataclass(frozen=True, slots=True)
class Key:
    """A key, what it does, and how it is called.

    Label and help are English; `called` and `told` are what people read. Catalogues have them without a mark.

    :param keys: as Textual names them, several separated by commas; the first one is shown.
    :param action: of the screen that the place belongs to, or ``app.`` and one of the app.
    :param label: a word or two for the footer; none: it stands in the help only.
    :param help: a sentence for the help screen; none: the entry before speaks for this one too.
    :param shown: how the key is written for people, where its name won't do.
    :param priority: works even where a focused widget has a use for the key, and before the keys that wait to be
        handled there: what moves the focus has to, what uses the text of an input must not.
    """

    keys: str
    action: str
    label: str
    help: str
    shown: str = ""
    priority: bool = False

    @property
    def id(self) -> str:
        """What a keymap calls it, within its place."""
        return self.action.removeprefix("app.")

    @property
    def called(self) -> str:
        """The label, in the language that is spoken."""
        return _(self.label) if self.label else ""

    @property
    def told(self) -> str:
        """The help, in the language that is spoken."""
        return _(self.help) if self.help else ""

    @property
    def face(self) -> str:
        """The key as people read it."""
        return self.shown or face(self.keys.split(",")[0])


_FACES = {
    "pageup": "pgup",
    "pagedown": "pgdn",
    "escape": "esc",
    "question_mark": "?",
    "slash": "/",
    "asterisk": "*",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def face(key: str) -> str:
    """A key's name as people read it: ``F1``, ``ctrl+q``, ``pgdn``."""
    if len(key) > 1 and key[0] == "f" and key[1:].isdigit():
        return key.upper()
    return _FACES.get(key, key)
