"""The keys of Runs, but for those that move in lists."""

from __future__ import annotations

from tui.key import Key

RUNS = (
    Key("enter", "show", "show", "Show its epochs in Train; of a running one, attach to it"),
    Key("r", "resume", "resume", "Resume an interrupted training"),
    Key("f", "finish", "test and save", "Test the best epoch of a diverged training and save it"),
    Key("space", "mark", "mark", "Mark the run: the curves of all that are marked lie over each other"),
    Key("b", "pin", "baseline", "Pin the run as the baseline that others are compared with; again: unpin it"),
    Key(
        "v",
        "view",
        "view",
        "What is known of the run, and what its history shows; the curves; only the settings that differ",
    ),
    Key(
        "slash",
        "filter",
        "filter",
        "Show only the runs with these words in name, network, data, state, note, #tag",
    ),
    Key("s,f7", "sort", "sort", "Sort by the next column; a click on a title sorts, too"),
    Key("S", "reverse", "", "Sort the other way round"),
    Key("n", "note", "note", "Write a note on the run, and #tags"),
    Key("d", "delete", "delete", "Delete the run; asks once more"),
    Key("u", "undo", "undo", "Take back the last deletion; until the app ends"),
    Key("y", "copy", "copy", "Copy the command that repeats the run; again: write it to a file"),
    Key("p", "use_model", "use it", "Use its model in Predict"),
    Key("m", "figure", "", "Curves of validation loss, accuracy, macro-F1; of the training loss"),
    Key("x", "axis", "", "Curves by step, by time, by epoch"),
    Key("w", "smooth", "", "Smooth the curves: exponential moving average .6, .9; or not"),
    Key("left,h", "read(-1)", "", "Read all curves further to the left", shown="← h"),
    Key("right,l", "read(1)", "", "Further to the right", shown="→ l"),
    Key("z", "zoom", "", "Without the list; again: with it"),
    Key("escape", "back", "back", "Out of the filter, of the marks; then to Train"),
)
