"""The line mode is of equal function: what a key of the app does, a command does too, or is only to be seen."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from namecls.runs.run import Run
from tests.tui.fakes import study
from tests.tui.test_compare import kept
from tui import keys
from tui.lines.comparing import Compare, Comparing
from tui.lines.dataset import Dataset
from tui.lines.house import House
from tui.lines.inspecting import Inspect
from tui.lines.mistakes import Mistakes
from tui.lines.models import Models
from tui.lines.opening import Reading
from tui.lines.place import Place
from tui.lines.predicting import Predict
from tui.lines.problems import Problems
from tui.lines.runs import Runs
from tui.lines.speaking import Speaker
from tui.lines.start import Start
from tui.lines.training import Train, Training
from tui.lines.tuning import Searching, Tune

_MENDING = {name: name for name in ("relabel", "drop", "correct", "keep", "undo", "redo")}
#: By the place of the keys and their action: the command, of the place of that name or of the one before the dot.
COMMANDS: dict[str, dict[str, str]] = {
    "predict": {
        "keep": "tried",
        "recall": "tried",
        "inspect": "inspect",
        "page": "more",
        "choose_model": "models",
        "change_coverage": "coverage",
        "change_risk": "risk",
        "show_calibration": "calibration",
        "change_prior": "prior",
        "save_tried": "save",
    },
    "pasted": {"choose": "predict.tried", "save": "predict.save"},
    "inspect": {
        "choose": "letters",
        "take": "walk",
        "other": "against",
        "randomise": "randomise",
        "edits": "edits",
        "check": "check",
        "edit": "name",
        "save": "save",
        "choose_model": "predict.models",
    },
    "train": {
        "start": "go",
        "show_problem": "change",
        "open_file": "open",
        "more": "settings",
        "fewer": "settings",
        "use_model": "models.use",
        "new": "training.detach",
        "pause": "training.pause",
        "unpause": "training.go",
        "stop": "training.stop",
        "resume": "resume",
        "finish": "finish",
        "read": "training.epochs",
        "show_watched": "training.watch",
        "show_gradients": "training.gradients",
        "edit_watched": "training.watch",
        "detach": "training.detach",
        "choose_run": "unfinished",
    },
    "watching": {"take": "training.watch"},
    "files": {"choose": "reading.read", "ask_how": "reading.change"},
    "tune": {
        "start": "go",
        "show_problem": "change",
        "open_file": "open",
        "use_model": "use",
        "pause": "searching.pause",
        "unpause": "searching.go",
        "curves": "curves",
        "stop": "searching.stop",
        "resume": "resume",
        "new": "searching.detach",
        "choose_study": "searches",
        "compare": "start.compare",
    },
    "studies": {"choose": "tune.show"},
    "compare": {
        "start": "go",
        "show_problem": "change",
        "open_file": "open",
        "pause": "comparing.pause",
        "unpause": "comparing.go",
        "turn": "reach",
        "stop": "comparing.stop",
        "resume": "resume",
        "new": "comparing.detach",
        "choose_comparison": "comparisons",
        "tune": "start.tune",
    },
    "comparisons": {"choose": "compare.show"},
    "form": {"next_line": "train.settings", "line_before": "train.settings"},
    "choice": {"change": "train.change"},
    "models": {"choose": "use"},
    "dataset": {
        **_MENDING,
        "search": "search",
        "focus_labels": "label",
        "keep_label": "label",
        "sort": "sort",
        "reverse": "reverse",
        "show_problems": "problems",
        "details": "details",
        "open_file": "open",
        "rename_label": "rename",
        "save": "save",
    },
    "problems": {"turn": "kind", "choose": "rows"},
    "mistakes": {
        **_MENDING,
        "turn": "list",
        "view": "pairs",
        "take": "pairs",
        "accept": "accept",
        "suspects": "suspects",
        "predict": "predict",
        "least": "confidence",
        "sort": "labels",
        "given": "given",
        "save": "save",
        "choose_model": "models",
    },
    "runs": {
        "show": "show",
        "resume": "resume",
        "finish": "finish",
        "mark": "differs",
        "pin": "compare",
        "view": "differs",
        "filter": "filter",
        "sort": "sort",
        "reverse": "sort",
        "note": "note",
        "delete": "delete",
        "undo": "undo",
        "copy": "show",
        "use_model": "use",
        "figure": "curves",
        "read": "show",
    },
}

_ANYWHERE = {
    "move": "lists are said with numbers",
    "move_page": "lists are said with numbers; next and previous turn pages",
    "move_first": "lists are said with numbers",
    "move_last": "lists are said with numbers",
    "copy": "what was said is text already, to be copied by the terminal, or sent through a pipe",
    "back": "back, in every place",
}
#: What has no command, and why.
WITHOUT: dict[str, dict[str, str]] = {
    "predict": {"clear": "each line begins empty"},
    "inspect": {
        "predict": "back",
        "step": "all letters are told at once",
        "edge": "all letters are told at once",
    },
    "train": {
        "log_axis": "how a curve is drawn",
        "zoom": "how much room a curve has",
        "spread": "the shade around a curve",
    },
    "files": {"complete": "the path is typed, or pasted"},
    "dataset": {
        "mark": "commands take several rows: 1,3-5",
        "mark_all": "commands take all rows: all",
    },
    "mistakes": {
        "leave_names": "back",
        "across": "the cursor in the matrix, whose cells are told by pairs and labels",
        "pause": "pause, go and stop are heard while the search runs",
        "mark": "commands take several rows: 1,3-5",
        "mark_all": "commands take all rows: all",
    },
    "runs": {
        "axis": "what the curves run by, which is told beside each value",
        "smooth": "how a curve is drawn; curves says its trend",
        "zoom": "how much room a curve has",
    },
}
#: Places whose keys are of the screen alone, or are asked for by a command of another place.
_OTHERS = {
    "app": "screens, help, palette, light: each place is a command of the start",
    "calibration": "said by calibration",
    "help": "said by ?",
    "jump": "letters on the places of the screen",
    "preset": "a command of the forms",
    "leave": "quit leaves what runs to its own process",
    "relabel": "the label stands behind the command",
    "correct": "the name stands behind the command",
    "interrupted": "listed by unfinished",
}


def places(trained_run: Path, tmp_path: Path) -> dict[str, Place]:
    """All places of the line mode, by the names of their classes."""
    house = House(Speaker(io.StringIO(), io.StringIO(), prompts=False), tmp_path)
    dataset, train = Dataset(house), Train(house)
    comparison = kept(tmp_path, 4)
    found: list[Place] = [
        Start(house),
        Predict(house),
        Inspect(house, str),
        Models(house),
        train,
        Training(house, Run(trained_run)),
        Reading(house, Path("names.csv"), house.columns),
        Tune(house, train),
        Searching(house, study(tmp_path).directory),
        Compare(house),
        Comparing(house, comparison.directory),
        dataset,
        Mistakes(house),
        Problems(house, dataset.catalog),
        Runs(house),
    ]
    return {type(place).__name__.lower(): place for place in found}


@pytest.mark.parametrize("place", sorted({*COMMANDS, *WITHOUT}))
def test_what_a_key_does_a_command_does_or_is_only_to_be_seen(place: str) -> None:
    actions = {key.action.partition("(")[0] for key in keys.USUAL[place]}
    told, others = COMMANDS[place], {**_ANYWHERE, **WITHOUT.get(place, {})}
    assert actions == {*told} | (actions & others.keys())
    assert not {*told} & {*WITHOUT.get(place, {})}
    assert {*WITHOUT.get(place, {})} <= actions


def test_no_place_of_the_app_is_left_out() -> None:
    assert {*keys.USUAL} == {*COMMANDS, *_OTHERS}


def test_the_commands_are_there(trained_run: Path, tmp_path: Path) -> None:
    there = places(trained_run, tmp_path)
    for place, commands in COMMANDS.items():
        for action, told in commands.items():
            name, _dot, command = told.rpartition(".")
            names = [each.name for each in there[name or place].commands]
            assert command in names, f"{place}: {action} is no command {told}"


def test_no_place_has_two_commands_of_one_name(trained_run: Path, tmp_path: Path) -> None:
    for place in places(trained_run, tmp_path).values():
        names = [each.name for each in place.commands]
        assert len({*names, "back", "quit"}) == len(names) + 2


def test_the_page_tells_of_each_command(trained_run: Path, tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "plain.md").read_text("utf-8")
    told = {part.split()[0] for part in re.findall(r"`([^`\n]+)`", page)}
    for name, place in places(trained_run, tmp_path).items():
        assert not {each.name for each in place.commands} - told, name
