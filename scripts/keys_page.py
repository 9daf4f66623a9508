"""Write docs/keys.md from the one table of keys: python scripts/keys_page.py"""

from __future__ import annotations

from pathlib import Path

from tui import keys
from tui.key import face
from tui.screens.help import TITLES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "keys.md"

_HEAD = """# Keys

Made from `tui/keys.py` by `scripts/keys_page.py`. F1 shows those of a screen, and the command palette (ctrl+p) all that
can be done on it; ctrl+n puts a letter on every place to go to, and typing it goes there. The last column is what a
keymap calls an action.

Keys of your own stand in `~/.config/namecls/keys.toml` (below `XDG_CONFIG_HOME` where that is set), by place and
action:

    [dataset]
    drop = "delete"
    "move_page(1)" = "pagedown,ctrl+f"

Several keys are separated by commas. A key that is another action's already, and a name that there is not, is told at
the start, and the key stays what it was. Footer, help and palette show the keys that hold.
"""


def page() -> str:
    """The page, a table for each place."""
    parts = [_HEAD]
    for place, entries in keys.USUAL.items():
        lines = [
            f"## {TITLES[place]} (`{place}`)\n",
            "| key | what it does | action |",
        ]
        lines.append("| --- | --- | --- |")
        told = ""
        for entry in entries:
            told = entry.help or told
            pressed = " ".join(face(key).replace("|", "\\|") for key in entry.keys.split(","))
            lines.append(f"| `{pressed}` | {told} | `{entry.id}` |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE.name)
