"""Help: the keys of the place that it was called from, out of the table that also binds them."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from tui import keys
from tui.drawing.palette import Palette, palette_of
from tui.screens.modal import Modal

_ABOUT = {
    "predict": "Type a family name. At every key the countries that it may come from are ranked anew; "
    "the percentages are the model's, and its accuracy on names it never saw stands at the top right. Below them "
    "stands a set of labels that holds the true one as often as it says, and at what risk the name would be answered.",
    "train": "Choose a network and start it. The file is split into names to learn from, names to choose the "
    "best epoch by, and names for one test at the end; the accuracy that is shown as the model's is the test's.",
    "tune": "A search for better settings than a preset's, within a time, by a process of its own. Trials are compared "
    "on the validation names alone; the best of many looks a little better there than it is, which its one test shows.",
    "dataset": "The names and labels of the file that is open. Type to search; esc leaves the search, and then "
    "single letters work. The split is the one that a training with seed 0 makes.",
    "problems": "Lines that can't be used, rows that stand there twice, and names under several labels. Only the "
    "lines are lost to a training; a name that is at home in several countries is no mistake.",
    "files": "Type a part of a name or a whole path, or go through the directories.",
    "studies": "The searches in the save directory. What each has found is kept in its study.jsonl.",
    "models": "The model that comes with namecls, and the runs in the save directory.",
    "calibration": "All of it was measured on names that the model never saw. On the diagonal the percentages mean "
    "what they say. A set holds the true label as often as its coverage states; a risk is the share of wrong answers "
    "among those given. Both hold on the average over such names, not for each name and each label.",
    "interrupted": "A training was interrupted, or runs in another process. What it has learned is kept either way; "
    "it goes on from its last checkpoint, and comes to the same weights as if nothing had happened.",
}
_TITLES = {
    "predict": "Predict",
    "train": "Train",
    "tune": "Tune",
    "form": "The form",
    "choice": "A choice in it",
    "dataset": "Dataset",
    "problems": "Problems",
    "files": "Open a file",
    "models": "Models",
    "studies": "Searches",
    "calibration": "Calibration",
    "interrupted": "A training that is not over",
    "app": "Everywhere",
}


class HelpScreen(Modal[None]):
    """The keys of a place and those that work everywhere."""

    PLACE = "help"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("help")
    CSS_PATH = "help.tcss"

    def __init__(self, *places: str) -> None:
        super().__init__()
        self._places = places

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="box", classes="panel") as box:
            box.border_title = "help"
            box.border_subtitle = "esc back"
            yield Static(help_text(self._places, palette_of(self.app)))

    def action_back(self) -> None:
        self.dismiss()


def help_text(places: tuple[str, ...], palette: Palette) -> Text:
    """What the first place is for, the keys of all of them, and the keys that work everywhere."""
    text = Text()
    if about := _ABOUT.get(places[0]):
        text.append(f"{about}\n\n", style=palette.text)
    for name in dict.fromkeys((*places, "app")):
        entries = keys.PLACES.get(name, ())
        if not entries:
            continue
        text.append(f"{_TITLES.get(name, name)}\n", style=f"bold {palette.primary}")
        for entry in filter(lambda entry: entry.help, entries):
            text.append(f"  {entry.face:<9}", style=palette.accent)
            text.append(f"{entry.help}\n", style=palette.text)
        text.append("\n")
    text.rstrip()
    return text
