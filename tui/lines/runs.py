"""Runs without a screen: the list, the curves of one, two compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from namecls.language import N_, _
from tui.drawing.figures import clock
from tui.lines.house import House
from tui.lines.place import Command, Place, chosen
from tui.lines.speaking import share
from tui.lines.training import validated

if TYPE_CHECKING:
    from namecls.runs.listing import RunInfo


class Runs(Place):
    """All runs of the save directory."""

    title = N_("Runs")

    def __init__(self, house: House) -> None:
        super().__init__(house.speaker)
        self.house = house
        self.commands = [
            Command("list", N_("list the runs"), self.list),
            Command("show", N_("a run, by number or name: figures, curves, what stands out"), self.show),
            Command("compare", N_("two runs on their common test rows, by numbers or names"), self.compare),
        ]

    def greet(self) -> None:
        super().greet()
        self.list("")

    def _runs(self) -> list[RunInfo]:
        return self.house.engine.list_runs(self.house.save_dir)

    def list(self, _rest: str) -> None:
        self.speaker.number(map(_line, self._runs()))

    def _run(self, text: str) -> RunInfo | None:
        runs = self._runs()
        at = chosen(text, [info.name for info in runs])
        if at is None:
            self.speaker.say(_("There is no run {name}.").format(name=text))
            return None
        return runs[at]

    def show(self, rest: str) -> None:
        if (info := self._run(rest)) is None:
            return
        looked = self.house.engine.look_at(info.directory, self.house.save_dir)
        self.speaker.say(_line(info))
        if looked.problem:
            self.speaker.say(looked.problem)
        loss, right = looked.curves.get("valid_loss"), looked.curves.get("valid_accuracy")
        if loss is not None and right is not None:
            for epoch, value, accuracy in zip(loss.epoch, loss.values, right.values, strict=True):
                self.speaker.say(validated(round(epoch), accuracy, value))
        for finding in looked.findings:
            self.speaker.say(finding.text, finding.advice)
        if looked.command:
            self.speaker.say(_("The command for it: {command}").format(command=looked.command))

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
            self.speaker.say(told.format(figure=each.figure.replace("_", "-"), **points))
        told = _("Only {name} is right on {n:,} rows.")
        for name, alone in (
            (found.first.run, found.mcnemar.first_alone),
            (found.second.run, found.mcnemar.second_alone),
        ):
            self.speaker.say(told.format(name=name, n=alone))
        for setting, (before, after) in found.settings.items():
            self.speaker.say(f"{setting}: {before}, {after}.")


def _line(info: RunInfo) -> str:
    told = [info.name, info.status, info.title]
    told += [share(info.accuracy)] if info.accuracy is not None else []
    told += [clock(info.seconds)] if info.seconds is not None else []
    return ", ".join(filter(None, told)) + "."
