"""Compare without a screen: networks under several seeds, in a process of its own, and how they differ."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.command_line import compare_command
from namecls.language import N_, _, ngettext
from namecls.search.compared import ComparedNetwork, ComparedRun, Difference
from namecls.search.experiment import Experiment
from tui.drawing.compared_words import figure_of, intervals_of, share, spread
from tui.drawing.figures import clock
from tui.drawing.trial_words import shown_share
from tui.engine.live import LiveComparison
from tui.forms.comparison import (
    CHOICES,
    DOES,
    FIRST_TEXTS,
    TELLS,
    TITLES,
    WantedComparison,
    counted,
    read_form,
    texts_of,
)
from tui.lines.following import Following
from tui.lines.house import House
from tui.lines.place import Command
from tui.lines.speaking import full, series
from tui.lines.work import Work

if TYPE_CHECKING:
    from namecls.data.table import NameTable
    from namecls.files.locks import Holder


class Compare(Work):
    """The settings of a comparison, its start, and the comparisons that there are."""

    title = N_("Compare")
    OUTLOOK = N_("what the comparison will do, and the command for it")
    START = N_("start the comparison")
    LIST = ("comparisons", N_("list the comparisons"))
    SHOW = N_("a comparison, by number or name; a running one is followed")
    RESUME = N_("resume an interrupted comparison, by number or name")
    STARTING = N_("Starting a comparison on {data}.")
    NONE_YET = N_("There are no comparisons yet; go starts one.")
    NO_SUCH = N_("There is no comparison {name}.")
    DONE = N_("{name} is done; show tells what it came to.")

    def __init__(self, house: House) -> None:
        super().__init__(house, FIRST_TEXTS)
        self.commands += [
            Command(
                "results", N_("the networks in figures, and which differences exceed the noise"), self.results
            ),
            Command("curves", N_("validation accuracy of each network, epoch by epoch"), self.curves),
            Command("reach", N_("how much the answers hang on each letter, the last one first"), self.reach),
        ]

    @property
    def lines(self) -> Sequence[str]:
        return [name for name in TITLES if name != "preset"]

    def title_of(self, name: str) -> str:
        return _(TITLES[name])

    def choices_of(self, name: str) -> Sequence[str]:
        return CHOICES.get(name, ())

    def read(self, texts: Mapping[str, str]) -> tuple[WantedComparison | None, dict[str, str]]:
        return read_form(texts)

    def texts_of(self, preset: str) -> Mapping[str, str]:
        return texts_of(preset)

    def outlook(self, _rest: str) -> None:
        wanted: WantedComparison | None = self.wanted()
        if wanted is None:
            return
        told = _(DOES).format(data=self.house.table().title, epochs=wanted.base.epochs, **counted(wanted))
        places = self.record, self.house.save_dir, self.house.edits_file()
        command = compare_command(wanted.base, wanted.networks, wanted.seeds, *places)
        self.speaker.say(told, _(TELLS), _("The command for it: {command}").format(command=command))

    def all(self) -> list[tuple[Experiment, Holder | None]]:
        return self.house.engine.list_comparisons(self.house.save_dir)

    def line(self, work: Experiment, holder: Holder | None) -> str:
        state = _("running") if holder is not None else _("interrupted") if self.is_open(work) else _("done")
        runs = len(work.networks) * len(work.seeds)
        over = _("{over} of {runs} runs").format(over=len(work.measured), runs=runs)
        return full(series([work.name, state, over, *work.networks, work.data.file]))

    def is_open(self, work: Experiment) -> bool:
        return work.result is None

    def create(self, wanted: WantedComparison, table: NameTable) -> Experiment:
        return Experiment.open(self.house.engine.create_comparison(self.house.save_dir, wanted, table))

    def begin(self, directory: Path) -> None:
        self.house.engine.start_comparison(directory)

    def follow(self, work: Experiment) -> Experiment:
        following = Comparing(self.house, work.directory)
        following.run()
        return following.compared.experiment

    def tell(self) -> None:
        self.results("")

    # -- what it came to --

    def _meant(self) -> Experiment | None:
        experiment: Experiment | None = self.newest()
        if experiment is None or not experiment.measured:
            self.speaker.say(_("No network is measured yet."))
            return None
        return experiment

    def results(self, _rest: str) -> None:
        if (experiment := self._meant()) is not None:
            self.speaker.say(*told(experiment))

    def curves(self, _rest: str) -> None:
        if (experiment := self._meant()) is not None:
            for network, runs in _by_network(experiment).items():
                means = _means([run.validation for run in runs])
                sentence = _("{network}, validation accuracy by epoch: {shares}.")
                self.speaker.say(sentence.format(network=network, shares=series(map(shown_share, means))))

    def reach(self, _rest: str) -> None:
        if (experiment := self._meant()) is not None:
            for network, runs in _by_network(experiment).items():
                means = _means([run.reach for run in runs])
                sentence = (
                    _("{network}, gradient by distance from the last letter: {values}.")
                    if means
                    else _("{network} takes no letters one by one.")
                )
                values = series(f"{value:.2f}" for value in means)
                self.speaker.say(sentence.format(network=network, values=values))


class Comparing(Following):
    """A comparison of another process, told run by run."""

    title = N_("Comparison")
    STOPS = N_("It stops with a checkpoint.")
    STOP_HELP = N_("stop it with a checkpoint, to resume later; ctrl+c does the same")
    DETACHED = N_("The comparison continues in the background; comparisons, in Compare, lists it.")

    def __init__(self, house: House, directory: Path) -> None:
        super().__init__(house, directory)
        self.compared = LiveComparison(directory)
        self._over = {(run.network, run.seed) for run in self.compared.experiment.measured}

    def listen(self) -> bool:
        experiment = self.compared.look()
        for run in experiment.measured:
            if (run.network, run.seed) not in self._over:
                self._over.add((run.network, run.seed))
                sentence = _("{network}, seed {seed}: accuracy {accuracy}, macro-F1 {macro_f1}, in {time}.")
                shares = {"accuracy": shown_share(run.accuracy), "macro_f1": shown_share(run.macro_f1)}
                self.speaker.say(
                    sentence.format(network=run.network, seed=run.seed, time=clock(run.seconds), **shares)
                )
        return experiment.result is not None

    def progress(self) -> str:
        experiment, live = self.compared.experiment, self.compared.live
        runs = len(experiment.networks) * len(experiment.seeds)
        over = _("{over} of {runs} runs are over.").format(over=len(experiment.measured), runs=runs)
        if live is None:
            return over
        epochs, done = experiment.base.epochs, len(live.validation)
        sentence = (
            _("{network}, seed {seed}, is in epoch {epoch} of {epochs}.")
            if done < epochs
            else _("{network}, seed {seed}, is tested.")
        )
        values = {"network": live.network, "seed": live.seed, "epoch": done + 1, "epochs": epochs}
        return f"{over} {sentence.format(**values)}"

    def conclude(self) -> None:
        self.speaker.say(_("The comparison is done."), *told(self.compared.experiment))


def told(experiment: Experiment) -> list[str]:
    """The networks in figures, and the differences once all runs are over, in sentences."""
    sentences = []
    for network, runs in _by_network(experiment).items():
        found = ComparedNetwork.of(runs)
        sign = "" if len(runs) == 1 else "±"
        sentence = ngettext(
            "{network}, {n} seed: accuracy {accuracy}, macro-F1 {macro_f1}, {seconds} seconds.",
            "{network}, {n} seeds: accuracy {accuracy}, macro-F1 {macro_f1}, {seconds} seconds.",
            len(runs),
        ).format(
            network=network,
            n=len(runs),
            accuracy=share(found.accuracy, sign),
            macro_f1=share(found.macro_f1, sign),
            seconds=spread(found.seconds, 1, sign),
        )
        if found.far is not None:
            far = _("Letters far back count {far} of the last one.").format(far=spread(found.far, 2, sign))
            sentence = f"{sentence} {far}"
        sentences.append(sentence)
    if (result := experiment.result) is None:
        return [*sentences, _("Which differences exceed the noise is told when all runs are over.")]
    rows = ngettext("{data}: {rows:,} test row.", "{data}: {rows:,} test rows.", result.test_rows)
    sentences.append(rows.format(data=result.data, rows=result.test_rows))
    return [*sentences, *map(_difference, result.differences), full(intervals_of(result))]


def _difference(each: Difference) -> str:
    """Which of two networks is better, by how much."""
    better, worse = (each.first, each.second) if each.mean >= 0 else (each.second, each.first)
    edges = sorted((abs(each.low), abs(each.high)))
    if each.exceeds_noise:
        sentence = _(
            "{better} is better than {worse}, {figure}: by {mean} points, from {low} to {high}; "
            "that exceeds the noise."
        )
        points = {
            "mean": f"{100 * abs(each.mean):.1f}",
            "low": f"{100 * edges[0]:.1f}",
            "high": f"{100 * edges[1]:.1f}",
        }
        return sentence.format(better=better, worse=worse, figure=figure_of(each), **points)
    sentence = _(
        "{first} against {second}, {figure}: {mean} points, from {low} to {high}; that is within the noise."
    )
    values = {"mean": each.mean, "low": each.low, "high": each.high}
    points = {name: f"{100 * value:+.1f}" for name, value in values.items()}
    return sentence.format(first=each.first, second=each.second, figure=figure_of(each), **points)


def _by_network(experiment: Experiment) -> dict[str, list[ComparedRun]]:
    """The runs that are over, of each network that has some."""
    runs = {name: [run for run in experiment.measured if run.network == name] for name in experiment.networks}
    return {name: found for name, found in runs.items() if found}


def _means(curves: Sequence[Sequence[float]]) -> list[float]:
    """Mean over runs at each place, of those that come so far."""
    longest = max(map(len, curves))
    return [statistics.fmean(each[at] for each in curves if len(each) > at) for at in range(longest)]
