"""Runs without a screen: the list, what is known of one, its curves in words, several compared, notes, deletions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from namecls.language import N_, _, ngettext
from namecls.runs.curves import FIGURES, Curve
from namecls.runs.record import differing
from namecls.settings import value_text
from tui.drawing.compared_words import figure_of
from tui.drawing.figures import clock
from tui.drawing.run_columns import COLUMNS, MADE, haystack, listed, note_of, state_of
from tui.drawing.run_facts import FIGURE_TITLES, facts_of, setting_title
from tui.engine.looking import is_own
from tui.lines.form import EMPTY
from tui.lines.house import House
from tui.lines.numbered import Numbered
from tui.lines.place import Command, Place, chosen
from tui.lines.speaking import entry, full, series, share
from tui.lines.training import finish, follow, validated

if TYPE_CHECKING:
    from namecls.runs.curves import Figure
    from namecls.runs.listing import RunInfo
    from tui.engine.looking import Looked


#: What the files of a run hold, marked for the catalogues.
_HOLD = {
    "config.json": N_("the settings, and which data"),
    "edits.jsonl": N_("the edits of the data"),
    "history.jsonl": N_("what happened, event by event"),
    "model.json": N_("how to read the weights: network, characters, labels, temperature"),
    "model.safetensors": N_("the weights of the best epoch"),
    "counts.safetensors": N_("how often the training rows hold a name"),
    "carried.safetensors": N_("counts of the model that it started from"),
    "metrics.json": N_("the figures of the validation and test rows"),
}


class Runs(Place):
    """All runs of the save directory. Those that were deleted can be taken back until the program ends."""

    title = N_("Runs")

    def __init__(self, house: House) -> None:
        super().__init__(house.speaker)
        self.house = house
        self._words: list[str] = []  # that all listed runs hold
        self._sort, self._down = MADE, True
        self._listed = Numbered(self._runs, lambda info: info.directory, house.engine.describe_run)
        self.commands = [
            Command("list", N_("list the runs"), self.list),
            Command("show", N_("a run, by number or name: figures, curves, what stands out"), self.show),
            Command("compare", N_("two runs on their common test rows, by numbers or names"), self.compare),
            Command("curves", N_("the curves of runs in words: best epoch, trend; by numbers"), self.curves),
            Command("differs", N_("only the settings in which runs differ; by numbers"), self.differs),
            Command(
                "filter",
                N_("list only runs with these words, also of note and #tags"),
                self.filter,
            ),
            Command(
                "sort", N_("list them by a column, by number or name; again: the other way round"), self.sort
            ),
            Command("note", N_("a note and #tags on a run: its number, then the text; -: none"), self.note),
            Command("delete", N_("delete a run, by number or name; asks once more"), self.delete),
            Command("undo", N_("take back the last deletion; until the program ends"), self.undo),
            Command("resume", N_("resume an interrupted training, or watch a running one"), self.resume),
            Command("finish", N_("test the best epoch of a diverged training and save it"), self.finish),
            Command("use", N_("answer with the model of a run, by number or name"), self.use),
            Command(
                "files", N_("what the files of a run hold, and whether each is as it was written"), self.files
            ),
        ]

    def greet(self) -> None:
        super().greet()
        self.list("")

    def _runs(self) -> list[RunInfo]:
        runs = self.house.engine.list_runs(self.house.save_dir)
        if self._sort == MADE and self._down and not self._words:
            return runs
        return listed(((info, haystack(info)) for info in runs), self._words, self._sort, down=self._down)

    def list(self, _rest: str) -> None:
        self.speaker.number(map(_line, self._listed.all()))

    def filter(self, rest: str) -> None:
        self._words = rest.casefold().split()
        if not self._runs():
            self.speaker.say(_("No run holds these words."))
        self.list("")

    def sort(self, rest: str) -> None:
        titles = [_(column.title) for column in COLUMNS]
        at = chosen(rest, titles)
        if at is None:
            self.speaker.number(full(title) for title in titles)
            return
        self._down = not self._down if at == self._sort else COLUMNS[at].down
        self._sort = at
        self.list("")

    def _run(self, text: str) -> RunInfo | None:
        if (info := self._listed.chosen(text)) is None:
            self.speaker.say(_("There is no run {name}.").format(name=text))
        return info

    def _several(self, text: str) -> Sequence[RunInfo]:
        """The runs that are meant; none, if one of them is not there."""
        found = [self._run(each) for each in text.replace(",", " ").split()]
        runs = [info for info in found if info is not None]
        return runs if len(runs) == len(found) else []

    def _look(self, info: RunInfo) -> Looked:
        return self.house.engine.look_at(info.directory, self.house.save_dir)

    # -- one --

    def show(self, rest: str) -> None:
        if (info := self._run(rest)) is None:
            return
        looked = self._look(info)
        self.speaker.say(_line(info))
        if note := note_of(info):
            self.speaker.say(_("Note: {note}").format(note=note))
        if problem := info.problem or looked.problem:
            self.speaker.say(problem)
        self.speaker.say(*(full(fact) for fact in facts_of(info)))
        loss, right = looked.curves.get("valid_loss"), looked.curves.get("valid_accuracy")
        if loss is not None and right is not None:
            for epoch, value, accuracy in zip(loss.epoch, loss.values, right.values, strict=True):
                self.speaker.say(validated(round(epoch), accuracy, value))
        for finding in looked.findings:
            self.speaker.say(finding.text, finding.advice)
        if looked.curves and not looked.findings and not looked.problem:
            self.speaker.say(_("Nothing stands out in its history."))
        if looked.command:
            self.speaker.say(_("The command for it: {command}").format(command=looked.command))
        elif looked.no_command:
            self.speaker.say(looked.no_command)

    def curves(self, rest: str) -> None:
        for info in self._several(rest):
            curves = self._look(info).curves
            told = [
                trend(figure, curves[figure])
                for figure in FIGURES
                if figure in curves and curves[figure].values
            ]
            self.speaker.say(f"{info.name}:", *(told or [_("No epoch of it is over.")]))

    def files(self, rest: str) -> None:
        if (info := self._run(rest)) is not None:
            self.speaker.say(
                *(
                    entry(series((name, *([_(_HOLD[name])] if name in _HOLD else []))), _(state))
                    for name, state in self.house.engine.compare_files(info.directory)
                )
            )

    def use(self, rest: str) -> None:
        if (info := self._run(rest)) is None:
            return
        if not info.usable:
            self.speaker.say(_("{run} has no model.").format(run=info.name))
            return
        self.house.use(info.directory)
        self.speaker.say(_("From now on {name} answers.").format(name=info.name))

    def resume(self, rest: str) -> None:
        if (info := self._run(rest)) is None:
            return
        if info.status in ("running", "unfinished", "diverged"):
            follow(self.house, info)
        else:
            self.speaker.say(_("{run} is {state}.").format(run=info.name, state=state_of(info)))

    def finish(self, rest: str) -> None:
        if (info := self._run(rest)) is not None:
            finish(self.house, info)

    # -- what is written on runs, and deleted --

    def _own(self, text: str) -> RunInfo | None:
        if (info := self._run(text)) is not None and not is_own(info, self.house.save_dir):
            self.speaker.say(_("{run} comes with namecls, and stays as it is.").format(run=info.name))
            return None
        return info

    def note(self, rest: str) -> None:
        name, _blank, text = rest.partition(" ")
        if (info := self._own(name)) is None:
            return
        if text.strip():
            self.house.engine.note_run(info.directory, "" if text.strip() == EMPTY else text)
            info = self.house.engine.describe_run(info.directory)
        self.speaker.say(_("Note: {note}").format(note=note_of(info) or EMPTY))

    def delete(self, rest: str) -> None:
        if (info := self._own(rest)) is None:
            return
        if info.status == "running":
            self.speaker.say(_("{run} is running; stop it first.").format(run=info.name))
            return
        self.speaker.say(_("Delete {run}? Type yes; anything else keeps it.").format(run=info.name))
        if self.speaker.line(_("Delete")) not in ("yes", _("yes")):
            self.speaker.say(_("{run} is kept.").format(run=info.name))
            return
        self.house.discards.discard(self.house.save_dir, info.name)
        self.speaker.say(
            _("{run} is deleted; undo takes it back until the program ends.").format(run=info.name)
        )

    def undo(self, _rest: str) -> None:
        if (last := self.house.discards.last) is None:
            self.speaker.say(_("No run was deleted."))
            return
        self.house.discards.restore(last)
        self.speaker.say(_("{run} is back.").format(run=last.name))

    # -- several --

    def differs(self, rest: str) -> None:
        runs = self._several(rest)
        if len(runs) < 2:
            self.speaker.say(_("Name two runs or more by their numbers."))
            return
        found = differing([self._look(info).settings for info in runs])
        if not found:
            self.speaker.say(_("Their settings are the same, and so are their data."))
        for name, values in found.items():
            self.speaker.say(_difference(name, values))

    def compare(self, rest: str) -> None:
        first, _blank, second = rest.partition(" ")
        if (one := self._run(first)) is None or (other := self._run(second.strip())) is None:
            return
        found = self.house.engine.compare_runs(one.directory, other.directory)
        self.speaker.say(_("On {rows:,} test rows of both:").format(rows=found.rows))
        for run in (found.first, found.second):
            told = _("{name}: accuracy {accuracy}, macro-F1 {macro_f1}.")
            values = {"accuracy": share(run.accuracy), "macro_f1": share(run.macro_f1)}
            self.speaker.say(told.format(name=run.run, **values))
        for each in found.differences:
            told = (
                _("{figure}: {mean} points, from {low} to {high}; that exceeds the noise.")
                if each.exceeds_noise
                else _("{figure}: {mean} points, from {low} to {high}; that is within the noise.")
            )
            edges = {"mean": each.mean, "low": each.low, "high": each.high}
            points = {name: f"{100 * value:+.2f}" for name, value in edges.items()}
            self.speaker.say(told.format(figure=figure_of(each), **points))
        for name, alone in (
            (found.first.run, found.mcnemar.first_alone),
            (found.second.run, found.mcnemar.second_alone),
        ):
            told = ngettext(
                "Only {name} is right on {n:,} row.", "Only {name} is right on {n:,} rows.", alone
            )
            self.speaker.say(told.format(name=name, n=alone))
        for setting, found_in in found.settings.items():
            self.speaker.say(_difference(setting, found_in))


def trend(figure: Figure, curve: Curve) -> str:
    """A curve in a sentence: how it began, its best, how it ended.

    :param curve: with one value or more.
    """
    is_loss = figure in ("valid_loss", "train_loss")
    told = [f"{value:.3f}" if is_loss else share(value) for value in curve.values]
    known = [at for at, value in enumerate(curve.values) if math.isfinite(value)]
    values = {
        "figure": _(FIGURE_TITLES[figure]),
        "first": told[0],
        "last": told[-1],
        "end": f"{curve.epoch[-1]:.3g}",
    }
    if not known or len(told) == 1:
        return _("{figure}: {last} after epoch {end}.").format(**values)
    best = (min if is_loss else max)(known, key=curve.values.__getitem__)
    if best == len(told) - 1:
        return _("{figure}: from {first} to {last}, best at the end, epoch {end}.").format(**values)
    sentence = _("{figure}: from {first} to its best, {best}, at epoch {at}; {last} at the end, epoch {end}.")
    return sentence.format(best=told[best], at=f"{curve.epoch[best]:.3g}", **values)


def _difference(name: str, values: Sequence[object]) -> str:
    """A setting, and what it is in each of some runs, in a sentence."""
    told = [_("none") if value in (None, "") else value_text(value) for value in values]
    return entry(setting_title(name), _("; ").join(told))


def _line(info: RunInfo) -> str:
    told = [info.name, state_of(info), info.title]
    told += [share(info.accuracy)] if info.accuracy is not None else []
    told += [clock(info.seconds)] if info.seconds is not None else []
    return full(series(filter(None, told)))
