"""The one table of keys: bindings, footer, help and command palette are all made from it.

A place is a screen, or what several screens share. Within a place the order is the order of the footer.
Terminals and multiplexers eat ctrl+b, ctrl+j, ctrl+o and ctrl+s; without the Kitty protocol ctrl+m, ctrl+i and
ctrl+h are enter, tab and backspace; an input eats letters and ctrl+a, c, d, e, f, k, u, v, w and x. None of
these is used for anything that has to work inside an input.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from textual.binding import Binding, BindingType

from tui.key import Key
from tui.modal_keys import (
    CALIBRATION,
    CORRECT,
    FILES,
    HELP,
    INTERRUPTED,
    JUMP,
    LEAVE,
    PRESET,
    RELABEL,
    WATCHING,
)
from tui.run_keys import RUNS

#: Moving in long lists.
LISTS = (
    Key("down,j", "move(1)", "", "The next one", shown="↓ j"),
    Key("up,k", "move(-1)", "", "The one before", shown="↑ k"),
    Key("pagedown,ctrl+d", "move_page(1)", "", "A page further", shown="pgdn"),
    Key("pageup,ctrl+u", "move_page(-1)", "", "A page back", shown="pgup"),
    Key("home,g", "move_first", "", "To the first one", shown="home g"),
    Key("end,G", "move_last", "", "To the last one", shown="end G"),
)

#: Of screens that lie over others, which have the keys of the app no longer.
_COPY = Key("y", "copy", "", "Copy the line under the cursor; again: to a file")

#: What every screen has.
APP = (
    Key("f2", "app.go('train')", "", "Train: choose a network, train it, watch the curves", priority=True),
    Key("f3", "app.go('predict')", "", "Predict: type a name, see where it may come from", priority=True),
    Key(
        "f4",
        "app.go('dataset')",
        "",
        "Dataset: the names and labels, and what is wrong with them",
        priority=True,
    ),
    Key("f12", "app.go('tune')", "", "Tune: hyperparameter search within a time budget", priority=True),
    Key(
        "ctrl+g",
        "app.go('mistakes')",
        "",
        "Mistakes: the held-out rows that the model gets wrong, confused labels",
        priority=True,
    ),
    Key(
        "ctrl+l",
        "app.go('runs')",
        "",
        "Runs: all trainings, their curves over each other, what stands out in them, what differs",
        priority=True,
    ),
    Key("f1", "app.keys_here", "help", "Keyboard help", priority=True),
    Key("ctrl+n", "app.jump", "", "Jump: a letter on every place to go to; type it", priority=True),
    Key(
        "ctrl+p",
        "app.command_palette",
        "",
        "Command palette: screens, themes, models, actions by name",
        priority=True,
    ),
    Key(
        "y,ctrl+y",
        "app.copy_here",
        "",
        "Copy: what is under the cursor, a row, a command, an answer; again: to a file",
    ),
    Key("f9", "app.change_light", "", "Light or dark", priority=True),
    Key("ctrl+q", "app.leave", "quit", "Quit: asks first if a training is running", priority=True),
)

PREDICT = (
    Key("enter", "keep", "keep", "Keep the name and its answer among the names tried"),
    Key(
        "tab",
        "inspect",
        "why",
        "Inspect: how the network came to its answer, letter by letter; tab leads back",
    ),
    Key("up", "recall(-1)", "tried", "Bring back the names tried, one after the other", shown="↑↓"),
    Key("down", "recall(1)", "", ""),
    Key("pagedown", "page(1)", "more", "The next labels of the ranking, to the last"),
    Key("pageup", "page(-1)", "", "The labels before"),
    Key("f5", "choose_model", "model", "Choose the model that answers"),
    Key("f6", "change_coverage", "coverage", "Coverage of the prediction set: 80, 90, 95 %"),
    Key("f7", "change_risk", "risk", "Answer only at a risk of at most 20, 10, 5 %; or always"),
    Key("f8", "show_calibration", "calibration", "Calibration on the test rows: reliability diagram, ECE"),
    Key(
        "ctrl+r",
        "change_prior",
        "",
        "Population: the model's own shares of labels, those of --prior FILE, or all labels alike",
    ),
    Key("ctrl+y", "copy", "copy", "Copy the answer to the clipboard; again: to a file"),
    Key("ctrl+t", "save_tried", "", "Write the names tried, with their answers, to a file"),
    Key("escape", "clear", "clear", "Empty the input"),
)

#: Names that were pasted.
PASTED = (
    Key("enter", "choose", "take", "Put the name into the input", priority=True),
    Key("y", "copy", "copy", "Copy the name and its answer; again: to a file"),
    Key("ctrl+e", "save", "save", "Write all names with their answers to a file"),
    Key("escape,q", "back", "back", "Back to the input"),
    *LISTS,
)

#: The views of an answer.
INSPECT = (
    Key("tab", "predict", "predict", "Back to Predict; the name stays"),
    Key("left,h", "step(-1)", "letter", "The letter before; every panel follows the letter", shown="←→"),
    Key("right,l", "step(1)", "", "The next letter", shown="→ l"),
    Key("home", "edge(False)", "", "The first letter"),
    Key("end", "edge(True)", "", "The last letter"),
    Key("1", "choose(1)", "panel", "Choose a panel by its number", shown="1-8"),
    *(Key(str(number), f"choose({number})", "", "") for number in range(2, 9)),
    Key("down,j", "move(1)", "line", "The next line of the list in the panel", shown="↑↓"),
    Key("up,k", "move(-1)", "", "The line before", shown="↑ k"),
    Key("enter", "take", "take", "Put the name of the line into the input, or show the values of the line"),
    Key("o", "other(1)", "why not", "Compare the first label with the next one of the ranking, or with none"),
    Key("O", "other(-1)", "", "Compare it with the one before"),
    Key(
        "r", "randomise", "random", "The same picture of the network with randomised weights; again: without"
    ),
    Key("t", "edits", "two edits", "Names two edits away; again: one edit"),
    Key("c", "check", "check", "Check the units on the open file, too; again: without"),
    Key("e", "edit", "edit", "Edit the name; escape leaves the input"),
    Key("y", "copy", "copy", "Copy the panel as text"),
    Key(
        "ctrl+e",
        "save",
        "save",
        "Write the panel as SVG and its numbers as JSON and CSV into the working directory",
    ),
    Key("f5", "choose_model", "model", "Choose the model that answers"),
    Key("escape", "back", "", "Leave the input; then back to Predict"),
)

#: Mending rows.
EDITS = (
    Key("r", "relabel", "relabel", "Give the row another label, or all rows that are marked"),
    Key("x", "drop", "drop", "Drop the row, or all that are marked"),
    Key("e", "correct", "correct", "Correct the name"),
    Key("K", "keep", "", "Keep the row: it was looked at, and is right"),
    Key("space", "mark", "mark", "Mark the row: the next edit is of all that are marked"),
    Key("asterisk", "mark_all", "", "Mark all rows of the list; again: none", shown="*"),
    Key("u", "undo", "undo", "Undo the last edit"),
    Key("U", "redo", "redo", "Do it again"),
)

#: What a model gets wrong.
MISTAKES = (
    Key(
        "a",
        "accept",
        "accept",
        "Do what is suggested: give the row the label that the model gives it, or drop it",
    ),
    *EDITS[:2],
    replace(EDITS[3], label="keep"),
    Key("escape", "leave_names", "back", "Out of the names"),
    Key("tab", "turn", "panel", "From the labels to the names, and back"),
    Key(
        "v",
        "view",
        "view",
        "Confusion matrix; pairs of labels, the most confused first; figures by label; slices, the weakest first",
    ),
    Key(
        "enter",
        "take",
        "names",
        "The names behind what is under the cursor; a name among the rows of its file",
    ),
    Key("right,l", "across(1)", "", "In the matrix: the next label that was given", shown="→ l"),
    Key("left,h", "across(-1)", "", "In the matrix: the label before it", shown="← h"),
    Key(
        "w",
        "suspects",
        "wrong labels",
        "Rows of the open file that are probably labelled wrongly, by five networks, each trained without a fifth of "
        "the names; again: the mistakes of the model",
    ),
    Key("P", "pause", "pause", "Pause that search; again: resume it"),
    EDITS[2],
    *EDITS[4:],
    Key("p", "predict", "predict", "Put the name into Predict; ctrl+g leads back"),
    Key("c", "least", "confidence", "Only mistakes made with at least 50, 80, 90 % confidence; or all"),
    Key("s", "sort", "sort", "Sort the labels by F1, precision, recall, rows, name"),
    Key("g", "given", "given", "The names that were wrongly given the label under the cursor"),
    Key("y", "copy", "copy", "Copy the rows that show"),
    Key(
        "ctrl+e",
        "save",
        "save",
        "Write the rows that show as CSV, the figures as JSON, the matrix as SVG into the working directory",
    ),
    Key("f5", "choose_model", "model", "Choose the model that is examined, and that answers in Predict"),
    Key("escape", "back", "back", "Out of the filter, then to Predict"),
    *(key for key in LISTS if key.keys not in ("home,g",)),
    Key("home", "move_first", "", "To the first one"),
)

#: Train, while there is a form.
TRAIN = (
    Key("f5", "start", "start", "Start the training"),
    Key("f5", "show_problem", "fix", "To the field in which something is wrong"),
    Key("f6", "open_file", "data", "Choose the file of names to train on"),
    Key("f7", "more", "more settings", "Show the advanced settings"),
    Key("f7", "fewer", "fewer settings", "Hide them"),
    Key("enter", "use_model", "use it", "Use the new model in Predict"),
    Key("n", "new", "new training", "Back to the form; a training in another process continues"),
    Key("space", "pause", "pause", "Pause the training"),
    Key("space", "unpause", "resume", "Resume it"),
    Key("s", "stop", "stop and test", "Stop the training, test the best epoch and save the model"),
    Key("r", "resume", "resume", "Resume an interrupted training"),
    Key("f", "finish", "test and save", "Test the best epoch of a diverged training and save it"),
    Key("l", "log_axis", "log axis", "Switch the loss between a linear and a logarithmic axis"),
    Key("z", "zoom", "zoom", "Show the loss alone, then the accuracy alone, then both"),
    Key("left", "read(-1)", "read", "Read the curves at an epoch: the one before, or the next", shown="←→"),
    Key("right", "read(1)", "", ""),
    Key("b", "spread", "", "Spread: the least and the most of single batches; again: without"),
    Key("w", "show_watched", "watched", "Watched names, epoch by epoch; again: the epochs"),
    Key("v", "show_gradients", "gradients", "Gradient norms by layer and letter; again: without"),
    Key("e", "edit_watched", "edit watched", "Edit the watched names"),
    Key("d", "detach", "to background", "Continue in a background process, which outlives the terminal"),
    Key("f8,o", "choose_run", "runs", "All runs: show one, attach to a running one, resume one"),
    *LISTS,
)

#: Tune, while there is a form, and then the trials.
TUNE = (
    Key("f5", "start", "start", "Start the search in a background process, which outlives the terminal"),
    Key("f5", "show_problem", "fix", "To the field in which something is wrong"),
    Key("f6", "open_file", "data", "Choose the file of names to search on"),
    Key("enter", "use_model", "use it", "Use the model of the trial under the cursor in Predict"),
    Key("space", "pause", "pause", "Pause the search; a pause does not use up its budget"),
    Key("space", "unpause", "resume", "Resume it"),
    Key("c", "curves", "curves", "Show the curves of the trial under the cursor in Train"),
    Key("s", "stop", "stop and test", "Stop the search and test the best trial"),
    Key("r", "resume", "resume", "Resume an interrupted search"),
    Key("n", "new", "new search", "Back to the form; a running search continues"),
    Key("f8,o", "choose_study", "searches", "Show an old search, or a running one"),
    Key("f7", "compare", "compare", "Compare networks under several seeds: RNN against LSTM against GRU"),
    *LISTS,
)

#: Compare, while there is a form, and then the networks.
COMPARE = (
    Key("f5", "start", "start", "Start the comparison in a background process, which outlives the terminal"),
    Key("f5", "show_problem", "fix", "To the field in which something is wrong"),
    Key("f6", "open_file", "data", "Choose the file of names to compare on"),
    Key("space", "pause", "pause", "Pause the comparison"),
    Key("space", "unpause", "resume", "Resume it"),
    Key("z", "turn", "other plot", "Show how far back each network remembers, or the accuracy by epoch"),
    Key("s", "stop", "stop", "Stop the comparison with a checkpoint"),
    Key("r", "resume", "resume", "Resume an interrupted comparison"),
    Key("n", "new", "new comparison", "Back to the form; a running comparison continues"),
    Key("f8,o", "choose_comparison", "comparisons", "Show an old comparison, or a running one"),
    Key("f7,escape", "tune", "back", "Back to Tune"),
    *LISTS,
)

#: A line of a form.
FORM = (
    Key("down", "next_line", "", "Along the lines of the form; tab too", shown="↑↓", priority=True),
    Key("enter", "next_line", "", "", priority=True),
    Key("up", "line_before", "", "", priority=True),
)
CHOICE = (
    Key("right,l,space", "change(1)", "change", "Another one of the choices", shown="←→"),
    Key("left,h", "change(-1)", "", ""),
)

STUDIES = (
    Key("enter", "choose", "show", "Show its trials", priority=True),
    Key("escape,q", "back", "back", "Leave it as it is"),
    _COPY,
    *LISTS,
)

COMPARISONS = (
    Key("enter", "choose", "show", "Show its networks", priority=True),
    Key("escape,q", "back", "back", "Leave it as it is"),
    _COPY,
    *LISTS,
)

MODELS = (
    Key("enter", "choose", "use", "Use this model", priority=True),
    Key("escape,q", "back", "back", "Leave it as it is"),
    _COPY,
    *LISTS,
)

#: The Dataset screen.
DATASET = (
    Key(
        "slash",
        "search",
        "search",
        "Search the names: in any case, with or without accents; corrected ones by both names",
    ),
    Key(
        "l,f5",
        "focus_labels",
        "label",
        "Go through the labels, counted with the edits; only the rows of the one under the cursor show",
    ),
    *EDITS[:2],
    Key(
        "p,f8",
        "show_problems",
        "problems",
        "What is wrong: unusable lines, duplicates, names under several labels, labels in doubt, near-duplicates",
    ),
    Key(
        "s,f7",
        "sort",
        "sort",
        "Sort by label, length, place in the file, name; a click on a title sorts, too",
    ),
    Key("S", "reverse", "", "Sort the other way round"),
    Key("enter", "details", "details", "Show or hide all about the name under the cursor", priority=True),
    Key("enter", "keep_label", "only this label", "Stay with this label", priority=True),
    Key("o,f6", "open_file", "open file", "Open another file of names"),
    *EDITS[2:],
    Key(
        "R",
        "rename_label",
        "rename label",
        "Rename the label of the row everywhere, or merge it into another one",
    ),
    Key("ctrl+e", "save", "save", "Write the rows that show, of search and label, to a file"),
    Key("escape", "back", "back", "Leave the search, then clear it"),
    *LISTS,
)

PROBLEMS = (
    Key("right,l,tab", "turn(1)", "next kind", "The next kind of problem", shown="← →"),
    Key("left,h,shift+tab", "turn(-1)", "", "The kind of problem before"),
    Key(
        "enter", "choose", "show the name", "Show the name, or those that are nearly the same, among the rows"
    ),
    Key("escape,p,q", "back", "back", "Back to the rows"),
    *LISTS,
)

#: All keys as they are unless a user wants others, by place.
USUAL: Mapping[str, tuple[Key, ...]] = {
    "app": APP,
    "predict": PREDICT,
    "pasted": PASTED,
    "inspect": INSPECT,
    "mistakes": MISTAKES,
    "train": TRAIN,
    "runs": (*RUNS, *LISTS),
    "tune": TUNE,
    "compare": COMPARE,
    "comparisons": COMPARISONS,
    "form": FORM,
    "choice": CHOICE,
    "models": MODELS,
    "studies": STUDIES,
    "dataset": DATASET,
    "problems": PROBLEMS,
    "files": FILES,
    "relabel": RELABEL,
    "correct": CORRECT,
    "calibration": CALIBRATION,
    "help": HELP,
    "jump": JUMP,
    "preset": PRESET,
    "leave": LEAVE,
    "watching": WATCHING,
    "interrupted": INTERRUPTED,
}

#: The keys that hold.
PLACES: dict[str, tuple[Key, ...]] = dict(USUAL)


def use(places: Mapping[str, tuple[Key, ...]]) -> None:
    """Have other keys hold: before any screen is imported, which takes its bindings from here."""
    PLACES.update(places)


def bindings(place: str) -> list[BindingType]:
    """The Textual bindings of a place."""
    return [
        Binding(
            key.keys,
            key.action,
            key.label or key.help,
            show=bool(key.label),
            key_display=key.face,
            priority=key.priority,
            id=f"{place}.{key.id}",
        )
        for key in PLACES[place]
    ]
