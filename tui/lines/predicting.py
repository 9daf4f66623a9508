"""Predict without a screen: a name, its labels, what they are worth, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from namecls.answers import OK
from namecls.calibration.population import DATA, UNIFORM
from namecls.guarantees import RISKS, Guarantees, as_percent
from namecls.language import N_, _, ngettext
from namecls.text import number
from tui.drawing.risks import is_withheld, told_at_risk
from tui.engine.written import RECORD, as_csv, new_file, record_of, write_text
from tui.lines.explained import told_belief, told_evidence, told_influence, told_neighbours
from tui.lines.form import EMPTY
from tui.lines.house import House
from tui.lines.inspecting import Inspect
from tui.lines.models import Models
from tui.lines.place import Command, Place, chosen, number_of
from tui.lines.speaking import entry, full, series, share

if TYPE_CHECKING:
    from namecls.answers import Prediction
    from namecls.results import Metrics
    from tui.engine.wanted import Answers


class Predict(Place):
    """Each line that is no command is a name."""

    title = N_("Predict")
    hint = N_("Type a name, or ? for what else can be done here.")

    def __init__(self, house: House) -> None:
        super().__init__(house.speaker)
        self.house = house
        self._last: Prediction | None = None
        self._by: Answers | None = None  # what gave the last answer, for a population
        self._inspect = Inspect(house, self.answer)
        self.commands = [
            Command("why", N_("how much each letter of the last name speaks for its label"), self.why),
            Command(
                "letters", N_("what the network thinks after each letter of the last name"), self.letters
            ),
            Command("evidence", N_("what the training rows hold of the last name"), self.evidence),
            Command("like", N_("the training names that the network takes for most like it"), self.like),
            Command("more", N_("more labels of the last name; a number says how many"), self.more),
            Command("several", N_("answer many names: one a line, an empty line ends"), self.several),
            Command("name", N_("answer what follows, even if it is a word of this list"), self.answer),
            Command("models", N_("other models to answer"), lambda rest: Models(house).take_or_run(rest)),
            Command(
                "inspect", N_("all views of the last answer: changes, units, walk and others"), self.inspect
            ),
            Command("labels", N_("how many labels are said of a name: a number"), self.labels),
            Command("coverage", N_("coverage of the prediction set, in percent"), self.coverage),
            Command("risk", N_("answer only at this risk, in percent; -: always"), self.risk),
            Command("prior", N_("population that is answered for, by number, name or file"), self.prior),
            Command("regions", N_("regions of the labels, from a file"), self.regions),
            Command("calibration", N_("what the percentages of the model are worth"), self.calibration),
            Command("tried", N_("the names that were answered; a number answers one again"), self.tried),
            Command("save", N_("write these names with their answers to a file"), self.save),
        ]

    def is_command(self, word: str, names: Sequence[str]) -> bool:
        """A name has two letters, so only whole words, single letters and numbers are commands here."""
        return len(word) == 1 or word.isdecimal() or word.casefold() in names

    def other(self, text: str) -> None:
        self.answer(text)

    def _answers(self, names: Sequence[str], k: int) -> list[Prediction]:
        house = self.house
        found = house.answering().predict(names, k=k, coverage=house.coverage)
        house.tried.update((each.name, each) for each in found)
        return found

    def answer(self, name: str) -> None:
        """Say the labels of a name."""
        (self._last,) = self._answers([name], self.house.labels)
        self._by = self.house.answering()
        if self._last.ranked:
            self._inspect.of(self._last)
        self.speaker.say(*answered(self._last, self.house.risk))

    def more(self, rest: str) -> None:
        if (last := self._answered()) is not None:
            (found,) = self._answers([last.name], number_of(rest, 100_000) or 20)
            self.speaker.number(full(series((each.label, share(each.probability)))) for each in found.ranked)

    def several(self, _rest: str) -> None:
        names = []
        while name := self.speaker.line(_("A name")):
            names.append(name)
        if names:
            for found in self._answers(names, 3):
                self.speaker.say(answered(found, self.house.risk)[0])
            told = ngettext("{n} name was answered.", "{n} names were answered.", len(names))
            self.speaker.say(told.format(n=len(names)))

    # -- why --

    def _answered(self) -> Prediction | None:
        """The last answer; of another model or population than now, the name is answered anew, and that said."""
        if self._last is not None and self._by is not self.house.answering():
            self.answer(self._last.name)
        if self._last is None or not self._last.ranked:
            self.speaker.say(_("Type a name first."))
            return None
        return self._last

    def why(self, _rest: str) -> None:
        if self._answered() is not None:
            self.speaker.say(*told_influence(self._inspect.view("influence")))

    def letters(self, _rest: str) -> None:
        if self._answered() is not None:
            self.speaker.say(*told_belief(self._inspect.view("belief")))

    def evidence(self, _rest: str) -> None:
        if self._answered() is not None:
            self.speaker.say(*told_evidence(self._inspect.view("evidence")))

    def like(self, _rest: str) -> None:
        if self._answered() is not None:
            self.speaker.say(*told_neighbours(self._inspect.view("neighbours")))

    def inspect(self, _rest: str) -> None:
        if self._answered() is not None:
            self._inspect.run()

    # -- what is asked for --

    def labels(self, rest: str) -> None:
        self.house.labels = number_of(rest, 100_000) or self.house.labels
        told = ngettext("{n} label is said of a name.", "{n} labels are said of a name.", self.house.labels)
        self.speaker.say(told.format(n=self.house.labels))

    def coverage(self, rest: str) -> None:
        if (wanted := self._percent(rest)) is not None:
            self.house.coverage = Guarantees(coverage=wanted).coverage
        self.speaker.say(
            _("The prediction set has a coverage of {share}.").format(share=as_percent(self.house.coverage))
        )

    def risk(self, rest: str) -> None:
        wanted = self._percent(rest)
        if rest == EMPTY:
            self.house.risk = None
        elif wanted in RISKS:
            self.house.risk = wanted
        elif rest:
            risks = series(map(as_percent, RISKS))
            self.speaker.say(_("The risks that are measured: {risks}.").format(risks=risks))
        told = (
            _("Each name is answered.")
            if self.house.risk is None
            else _("Names are answered at {share} risk.")
        )
        self.speaker.say(told.format(share=as_percent(self.house.risk or 0)))

    def _percent(self, text: str) -> float | None:
        try:
            return number(text.rstrip("% "), float) / 100
        except ValueError:
            return None

    def prior(self, rest: str) -> None:
        known = [DATA, UNIFORM, *([str(self.house.given_prior)] if self.house.given_prior else [])]
        titles = {DATA: _("the model's own"), UNIFORM: _("all labels alike")}
        if not rest:
            self.speaker.number(entry(name, titles.get(name, name)) for name in known)
            rest = self.speaker.line(_("Which population")) or self.house.prior
        at = chosen(rest, known)
        self.house.answer_for(known[at] if at is not None else rest)
        self.speaker.say(_("The population is {name}.").format(name=self.house.prior))
        if self.house.prior != DATA:
            self.speaker.say(_("Sets and risks are for the model's own population, and not told."))

    def regions(self, rest: str) -> None:
        if rest:
            self.house.tell_regions(rest)
            self.speaker.say(_("The regions are those of {file}.").format(file=rest))
        else:
            self.speaker.say(_("Name a file: a label, a tab and its region in each line."))

    def calibration(self, _rest: str) -> None:
        metrics = self.house.engine.read_metrics(self.house.answers().info.directory)
        if metrics is None:
            self.speaker.say(_("This model was not tested."))
        else:
            self.speaker.say(*calibrated(metrics))

    # -- the names tried --

    def tried(self, rest: str) -> None:
        names = list(self.house.tried)
        if not names:
            self.speaker.say(_("No name was answered yet."))
        elif (at := chosen(rest, names)) is not None:
            self.answer(names[at])
        else:
            self.speaker.number(answered(each, self.house.risk)[0] for each in self.house.tried.values())

    def save(self, _rest: str) -> None:
        if not self.house.tried:
            self.speaker.say(_("No name was answered yet."))
            return
        path = new_file("namecls-names", ".tsv")
        write_text(path, as_csv([RECORD, *map(record_of, self.house.tried.values())], "\t"))
        self.speaker.say(_("Wrote {path}").format(path=path))


def answered(found: Prediction, risk: float | None = None) -> list[str]:
    """A prediction in sentences.

    :param risk: at which it is to be answered; None: always.
    """
    if found.status != OK:
        told = [_("{name}: no answer, {reason}.").format(name=found.name, reason=_(found.status))]
    else:
        first, *others = found.ranked
        sure = (
            _("{name}: too uncertain at this risk; {label}, {share}.")
            if is_withheld(found, risk)
            else _("{name}: {label}, {share}.")
        )
        told = [sure.format(name=found.name, label=first.label, share=share(first.probability))]
        told += [
            f"{rank}. {full(series((each.label, share(each.probability))))}"
            for rank, each in enumerate(others, 2)
        ]
    if found.region is not None and found.ranked:
        words = _("Region: {region}, {share}.")
        told.append(words.format(region=found.region.label, share=share(found.region.probability)))
    if found.likely and found.status == OK:
        words = _("The {coverage} % prediction set holds {labels}.")
        likely = series(found.likely)
        told.append(found.caveat or words.format(coverage=round(100 * found.coverage), labels=likely))
    if risk is not None and found.status == OK:
        at = told_at_risk(found, risk)
        told.append(full(f"{at[:1].upper()}{at[1:]}"))
    if found.family_name:
        told.append(_("Family name: {name}.").format(name=found.family_name))
    if found.reading:
        told.append(_("Read as: {name}.").format(name=found.reading))
    if found.evidence:
        told.append(full(found.evidence))
    if found.unknown:
        told.append(_("Unknown characters: {letters}.").format(letters=" ".join(found.unknown)))
    return told


def calibrated(metrics: Metrics) -> list[str]:
    """What the percentages of a model are worth, by its test rows."""
    told = [_("On {rows:,} test rows the ECE is {ece}.").format(rows=metrics.rows, ece=f"{metrics.ece:.4f}")]
    if metrics.ece_by_chance is not None:
        told.append(_("Expected if calibrated: {ece}.").format(ece=f"{metrics.ece_by_chance:.4f}"))
    for each in metrics.reliability:
        sentence = _("Confidence {confidence}: {accuracy} right, {rows:,} rows.")
        shares = {"confidence": share(each.confidence), "accuracy": share(each.accuracy)}
        told.append(sentence.format(rows=each.rows, **shares))
    for each_set in metrics.coverages:
        sentence = _("Sets by {method}, stated {stated}: {found} hold the label, {size} labels each.")
        values = {"stated": as_percent(each_set.stated), "found": share(each_set.found)}
        told.append(sentence.format(method=each_set.method, size=f"{each_set.mean_size:.1f}", **values))
    for chosen_few in metrics.selections:
        sentence = _("At a risk of {stated}: {answered} are answered, {wrong} of these wrong.")
        values = {
            "stated": as_percent(chosen_few.stated),
            "answered": share(chosen_few.answered),
            "wrong": share(chosen_few.wrong) if chosen_few.answered else EMPTY,
        }
        told.append(sentence.format(**values))
    return told
