"""Help: the keys of the place that it was called from, out of the table that also binds them."""

from __future__ import annotations

from typing import ClassVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll

from namecls.language import N_, _
from tui import keys
from tui.drawing.palette import Palette, palette_of
from tui.drawing.wording import Paragraph
from tui.key import face
from tui.screens.modal import Modal
from tui.widgets.retold import Told

#: What may stand without a blank between, as in ``↑↓``.
ARROWS = frozenset("↑↓←→")

_ABOUT = {
    "predict": N_(
        "Type a family name: the countries are ranked at every key. The percentages are the model's "
        "probabilities; its test accuracy stands at the top right. Below are the prediction set at the chosen"
        " coverage, and the risk at which the name would be answered."
    ),
    "inspect": N_(
        "How the network alone came to its answer, letter by letter. Each panel shows another side of it, and "
        "all follow the letter and the name."
    ),
    "mistakes": N_(
        "The held-out rows that the model gets wrong, and which labels it takes for which. A mistake may be "
        "the model's, or the label may be wrong."
    ),
    "train": N_(
        "Choose a network and start it. The rows are split into training rows, validation rows, which choose "
        "the best epoch, and test rows, for one test at the end; the accuracy shown for a model is the test "
        "accuracy. Training loss and accuracy are running means over the last batches, taken while the "
        "weights change; validation follows each epoch."
    ),
    "tune": N_(
        "Hyperparameter search, starting at a preset, within a time budget, in its own process. Trials are "
        "compared on the validation rows. The best of many looks a little better there than it is: the test "
        "shows it."
    ),
    "compare": N_(
        "The same training with other networks, each under several seeds, on the same split, in a process of "
        "its own. Numbers are means and standard deviations over the seeds. Far letters: the size of the "
        "gradient of an answer at letters five or more before the last, as a share of that at the last one. A"
        " difference within the noise may be chance: of test names, or of seeds."
    ),
    "dataset": N_(
        "The names and labels of the file that is open. Type to search; esc leaves the search, and then "
        "single letters work. The split is the one that a training with seed 0 makes."
    ),
    "problems": N_(
        "Lines that can't be used, rows that stand there twice, names under several labels, labels in doubt, "
        "names that are nearly the same, under different labels or under one, and rows unlike all others. "
        "Only the lines are left out of a training; a name at home in several countries is no error."
    ),
    "relabel": N_("Type a part of a label to choose among those that there are, or a new one."),
    "files": N_("Type a part of a name or a whole path, or go through the directories."),
    "jump": N_("Every place to go to has a letter, or two where there are many: typing it goes there."),
    "studies": N_("The searches in the save directory. The results of each are in its study.jsonl."),
    "comparisons": N_(
        "The comparisons in the save directory. Each is kept in its directory, its runs beside it."
    ),
    "models": N_("The model that comes with namecls, and the runs in the save directory."),
    "runs": N_(
        "All runs in the save directory. What stands out in a history is told with the setting to change. A "
        "deleted run can be taken back until the app ends. Smoothing is an exponential moving average; it is "
        "off at first."
    ),
    "calibration": N_(
        "Measured on the test rows, which no training has seen. On the diagonal, confidence equals accuracy. "
        "A prediction set contains the true label as often as its coverage states; a risk is the share of "
        "wrong answers among those given. Both hold on average over such names, not for each name or each "
        "label."
    ),
    "interrupted": N_(
        "A training was interrupted, or runs in another process. Nothing is lost: it resumes from its last "
        "checkpoint and ends with the same weights as without the interruption."
    ),
}
TITLES = {
    "predict": N_("Predict"),
    "inspect": N_("Inspect"),
    "mistakes": N_("Mistakes"),
    "train": N_("Train"),
    "tune": N_("Tune"),
    "compare": N_("Compare"),
    "comparisons": N_("Comparisons"),
    "watching": N_("Watched names"),
    "form": N_("Form"),
    "pasted": N_("Names pasted"),
    "choice": N_("Choice"),
    "dataset": N_("Dataset"),
    "problems": N_("Problems"),
    "relabel": N_("Relabel"),
    "correct": N_("Correct"),
    "files": N_("Open a file"),
    "models": N_("Models"),
    "runs": N_("Runs"),
    "studies": N_("Searches"),
    "calibration": N_("Calibration"),
    "interrupted": N_("Unfinished training"),
    "preset": N_("Preset"),
    "leave": N_("Quit"),
    "jump": N_("Jump"),
    "help": N_("Help"),
    "app": N_("Everywhere"),
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
        with VerticalScroll(id="box", classes="panel"):
            yield Told(lambda: help_of(self._places, palette_of(self.app)))

    def entitle(self) -> None:
        box = self.query_one("#box")
        box.border_title, box.border_subtitle = _("help"), _("esc back")

    def action_back(self) -> None:
        self.dismiss()


def help_of(places: tuple[str, ...], palette: Palette) -> Group:
    """What the first place is for, the keys of all of them, and the keys that work everywhere."""
    parts: list[RenderableType] = []
    if about := _ABOUT.get(places[0]):
        parts += [Paragraph(_(about), palette.text), Text()]
    for name in dict.fromkeys((*places, "app")):
        lines = keys_told(name)
        if not lines:
            continue
        table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
        table.add_column(style=palette.accent, no_wrap=True, min_width=7)
        table.add_column(style=palette.text)
        for faces, told in lines:
            table.add_row(f"  {faces}", Paragraph(told))
        parts += [Text(_(TITLES[name]), style=f"bold {palette.primary}"), table, Text()]
    return Group(*parts[:-1])


def keys_told(place: str) -> list[tuple[str, str]]:
    """All keys of a place as people read them, and what they do; keys that do one thing, in one line."""
    told: list[tuple[str, str]] = []
    for entry in keys.PLACES.get(place, ()):
        faces, does = (entry.face, entry.told) if entry.help or not told else told.pop()
        for key in entry.keys.split(","):
            if (shown := face(key)) not in faces.split() and shown not in ARROWS.intersection(faces):
                faces += f" {shown}"
        told.append((faces, does))
    return told
