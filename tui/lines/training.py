"""Train without a screen: settings, what it will be, and a training in a process of its own, told now and then."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.config import SETTINGS
from namecls.files.locks import holder_of
from namecls.language import N_, _, ngettext
from namecls.runs.follow import LOOKS, Tail
from namecls.runs.run import Run
from tui.drawing.figures import clock
from tui.drawing.story import Story
from tui.engine.editing import edited
from tui.forms.advice import told_of
from tui.forms.training import LINES, base_of, changed_in, choices_of, read_form, texts_of
from tui.lines.following import Following
from tui.lines.form import Form
from tui.lines.house import House
from tui.lines.place import Command, chosen
from tui.lines.predicting import share

if TYPE_CHECKING:
    from namecls.config import TrainConfig
    from tui.engine.unfinished import Unfinished


class Train(Form):
    """The settings of a training, and its start."""

    title = N_("Train")

    def __init__(self, house: House) -> None:
        super().__init__(house, texts_of(base_of("default")))
        self._unfinished: list[Unfinished] = []
        self.commands += [
            Command("outlook", N_("what the training will be"), self.outlook),
            Command("go", N_("start the training"), self.go),
            Command("unfinished", N_("list what is running or was interrupted"), self.unfinished),
            Command("resume", N_("resume or watch one of these, by number or name"), self.resume),
        ]

    @property
    def lines(self) -> Sequence[str]:
        return [setting.name for setting in LINES]

    def title_of(self, name: str) -> str:
        return _(SETTINGS[name].title)

    def about(self, name: str) -> str:
        return told_of(SETTINGS[name])

    def choices_of(self, name: str) -> Sequence[str]:
        return choices_of(SETTINGS[name])

    def read(self, texts: Mapping[str, str]) -> tuple[TrainConfig | None, dict[str, str]]:
        return read_form(texts)

    def texts_of(self, preset: str) -> Mapping[str, str]:
        return texts_of(base_of(preset))

    def changed(self) -> Sequence[str]:
        return [setting.name for setting in changed_in(self.texts)]

    def set(self, config: TrainConfig) -> None:
        """Have these settings in the form."""
        self.texts = texts_of(config)

    def outlook(self, _rest: str) -> None:
        if (config := self.wanted()) is None:
            return
        table = edited(self.house.table(), self.house.book().state)
        plan = self.house.engine.plan(config, table, measure=True)
        told = ngettext(
            "{title}: {n:,} row, {labels:,} labels.", "{title}: {n:,} rows, {labels:,} labels.", len(table)
        )
        self.speaker.say(told.format(title=table.title, n=len(table), labels=plan.labels))
        sides = _("{train:,} training rows, {valid:,} validation rows, {test:,} test rows.")
        rows = {"train": plan.train_rows, "valid": plan.validation_rows, "test": plan.test_rows}
        self.speaker.say(sides.format(**rows))
        size = _("The network is {network}, with {parameters:,} parameters; {steps:,} steps.")
        self.speaker.say(
            size.format(network=config.model.title, parameters=plan.parameters, steps=plan.steps)
        )
        self.speaker.say(*(doubt.text for doubt in plan.doubts))
        if plan.seconds is not None:
            self.speaker.say(_("It takes about {time}.").format(time=clock(plan.seconds)))

    def go(self, _rest: str) -> None:
        if (config := self.wanted()) is None:
            return
        table = edited(self.house.table(), self.house.book().state)
        self.speaker.say(_("Starting a training of {network}.").format(network=config.model.title))
        run = self.house.engine.begin_background(self.house.save_dir, config, table)
        Training(self.house, run).run()

    def unfinished(self, _rest: str) -> None:
        self._unfinished = self.house.engine.find_unfinished(self.house.save_dir)
        if not self._unfinished:
            self.speaker.say(_("No training is running or was interrupted."))
        self.speaker.number(each.sentence(time.time()) for each in self._unfinished)

    def resume(self, rest: str) -> None:
        found = self.house.engine.find_unfinished(self.house.save_dir)
        at = chosen(rest, [each.info.name for each in found]) if rest else 0 if found else None
        if at is None:
            self.speaker.say(_("No such training is running or was interrupted."))
            return
        run = Run.open(found[at].info.directory)
        if holder_of(run.directory) is None:
            self.house.engine.start_background(run)
        Training(self.house, run).run()


class Training(Following):
    """A training of another process, told every some seconds."""

    title = N_("Training")
    PATIENCE = 2 * LOOKS
    STOPS = N_("It stops; the best epoch is tested and the model saved.")
    STOP_HELP = N_("stop it, evaluate and save; ctrl+c does the same")
    DETACHED = N_("The training continues in the background; unfinished, in Train, lists it.")

    def __init__(self, house: House, run: Run) -> None:
        super().__init__(house, run.directory)
        self.story = Story()
        self._tail = Tail(run)

    def listen(self) -> bool:
        while events := self._tail.read():
            for event in events:
                self.story.tell(event)
        return self.story.finished is not None

    def progress(self) -> str:
        at, epochs = self.story.progress, self.story.epochs
        if at is None or self.story.started is None:
            return _("It has not made its first report.")
        if at.step >= at.steps:
            return _("All epochs are done; the model is calibrated and tested.")
        told = _("Epoch {epoch} of {epochs}, {share} done, training loss {loss}, about {time} left.").format(
            epoch=at.epoch,
            epochs=self.story.started.epochs,
            share=f"{100 * self.story.share:.0f} %",
            loss=f"{at.loss:.3f}",
            time=clock(at.remaining),
        )
        if not epochs:
            return told
        last = epochs[-1]
        return f"{told} {validated(last.epoch, last.valid_accuracy, last.valid_loss)}"

    def conclude(self) -> None:
        if (end := self.story.finished) is None:
            return
        told = ngettext(
            "Finished after {n} epoch: {reason}.", "Finished after {n} epochs: {reason}.", end.epochs
        )
        self.speaker.say(told.format(n=end.epochs, reason=_(end.reason)))
        told = _(
            "On {rows:,} test rows: accuracy {accuracy}, macro-F1 {macro_f1}, top-3 {top_3}; best epoch {best}."
        )
        test = end.test
        values = {
            "accuracy": share(test.accuracy),
            "macro_f1": share(test.macro_f1),
            "top_3": share(test.top_3),
        }
        self.speaker.say(told.format(rows=test.rows, best=end.best_epoch, **values))
        name = Path(end.directory).name
        self.speaker.say(_("The model is saved as {name}; models, in Predict, uses it.").format(name=name))


def validated(epoch: int, accuracy: float, loss: float) -> str:
    """The validation of an epoch, in a sentence."""
    told = _("After epoch {epoch} validation accuracy {accuracy}, loss {loss}.")
    return told.format(epoch=epoch, accuracy=share(accuracy), loss=f"{loss:.3f}")
