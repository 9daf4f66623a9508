"""Keys of screens that lie over others: a part of the table in `keys`."""

from __future__ import annotations

from tui.key import Key

_MOVES = (
    Key("down", "move(1)", "", "The next one", shown="↓"),
    Key("up", "move(-1)", "", "The one before", shown="↑"),
    Key("pagedown", "move_page(1)", "", "A page further"),
    Key("pageup", "move_page(-1)", "", "A page back"),
)

#: A file to open.
FILES = (
    Key("enter", "choose", "open", "Open the file, or go into the directory"),
    Key(
        "tab",
        "complete",
        "complete",
        "Complete the path with what is under the cursor; in a field: on to the next",
        priority=True,
    ),
    Key("f7", "ask_how", "how to read it", "Say how the file is to be read: encoding, columns, titles"),
    *_MOVES,
    Key("escape", "back", "back", "Open nothing"),
)

#: Another label for rows.
RELABEL = (
    Key("enter", "choose", "take it", "Take the label under the cursor", priority=True),
    Key("tab", "complete", "complete", "Complete what was typed", priority=True),
    *_MOVES,
    Key("escape", "back", "back", "Leave the label as it is"),
)
#: Another name for a row, a note on a run.
CORRECT = (
    Key("enter", "choose", "take it", "Take it as it was typed", priority=True),
    Key("escape", "back", "back", "Leave it as it is"),
)

CALIBRATION = (Key("escape,q,f8", "back", "back", "Back to the answer"),)

HELP = (Key("escape,q,f1", "back", "back", "Back to where you were"),)

#: Letters on the places of the screen below.
JUMP = (
    Key("escape", "back", "", "Stay where you were"),
    Key("backspace", "take_back", "", "Take back the first of two letters"),
)

#: Before a preset takes the place of what was changed.
PRESET = (
    Key("enter", "answer('replace')", "replace", "Take the preset as it is"),
    Key("k", "answer('keep')", "keep", "Take the preset, and keep these changes on top of it"),
    Key("escape", "back", "back", "Leave the form as it is"),
)

LEAVE = (
    Key("s", "answer('keep')", "stop and test", "Stop, test the best epoch, save the model, then quit"),
    Key("d", "answer('detach')", "to background", "Continue in a background process, and quit"),
    Key("l", "answer('leave')", "quit now", "Quit at once; the next start offers to resume"),
    Key("escape,g", "stay", "stay", "Stay; the training continues"),
)

WATCHING = (
    Key("enter", "take", "watch them", "Watch these names, from the end of the epoch on", priority=True),
    Key("escape", "back", "back", "Leave the list as it is"),
)

#: The offer at the start.
INTERRUPTED = (
    Key("r", "answer('resume')", "resume", "Resume from the last checkpoint"),
    Key("a", "answer('attach')", "attach", "Attach: watch it, pause it, stop it"),
    Key("f", "answer('finish')", "test and save", "Test the best epoch so far and save the model"),
    Key("x", "delete", "delete", "Delete it; asks once more"),
    Key("f8", "answer('list')", "list", "List all runs"),
    Key("escape", "later", "later", "Later: F2 and then F8 list it"),
)
