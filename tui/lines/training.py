"""Train without a screen: settings, what it will be, and a training in a process of its own, told now and then."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.config import PRESETS
from namecls.events import Finished
from namecls.files.background import last_words
from namecls.files.control import LOOK_EVERY, ask
from namecls.files.locks import holder_of
from namecls.language import N_, _, ngettext
from namecls.runs.follow import LOOKS, Tail
from namecls.runs.run import Run
from tui.drawing.figures import clock
from tui.drawing.story import Story
from tui.engine.editing import edited
from tui.forms.advice import told_of
from tui.forms.training import LINES, base_of, changed_in, choices_of, read_form, texts_of
from tui.lines.house import House
from tui.lines.place import Command, Place, chosen
from tui.lines.predicting import share
from tui.lines.speaking import Ended

if TYPE_CHECKING:
    from namecls.config import TrainConfig
    from tui.engine.unfinished import Unfinished


class Train(Place):
    """The settings of a training, and its start."""

    title = N_("Train")

    def __init__(self, house: House) -> None:
        super().__init__(house.speaker)
        self.house = house
        self.texts = texts_of(base_of("default"))
        self._unfinished: list[Unfinished] = []
        self.commands = [
            Command("preset", N_("choose a preset, by number or name"), self.preset),
            Command("settings", N_("list the settings and their values"), self.settings),
            Command("change", N_("change a setting: its number or name, then the value"), self.change),
            Command("outlook", N_("what the training will be"), self.outlook),
            Command("go", N_("start the training"), self.go),
            Command("unfinished", N_("list what is running or was interrupted"), self.unfinished),
            Command("resume", N_("resume or watch one of these, by number or name"), self.resume),
        ]

    def preset(self, rest: str) -> None:
        names = list(PRESETS)
        if not rest:
            self.speaker.number(f"{name}: {PRESETS[name].summary}." for name in names)
            rest = self.speaker.line(_("Which preset")) or ""
        at = chosen(rest, names)
        if at is None:
            self.speaker.say(_("The preset stays {name}.").format(name=self.texts["preset"]))
            return
        self.texts = texts_of(base_of(names[at]))
        self.speaker.say(_("The preset is {name}.").format(name=names[at]))

    def settings(self, _rest: str) -> None:
        changed = changed_in(self.texts) if read_form(self.texts)[0] is not None else ()
        self.speaker.say(_("The preset is {name}.").format(name=self.texts["preset"]))
        for place, setting in enumerate(LINES, 1):
            told = f"{place}. {_(setting.title)} ({setting.name}): {self.texts[setting.name] or '-'}"
            self.speaker.say(f"{told}, {_('changed')}." if setting in changed else f"{told}.")

    def change(self, rest: str) -> None:
        word, _blank, value = rest.replace("=", " ", 1).partition(" ")
        at = chosen(word, [setting.name for setting in LINES])
        if at is None:
            self.speaker.say(_("There is no setting {name}.").format(name=word))
            return
        setting = LINES[at]
        choices = choices_of(setting)
        if not value.strip():
            self.speaker.say(f"{_(setting.title)}: {self.texts[setting.name] or '-'}. {told_of(setting)}")
            if choices:
                self.speaker.number(choices)
            value = self.speaker.line(_("New value")) or self.texts[setting.name]
        value = value.strip()
        if choices and (which := chosen(value, choices)) is not None:
            value = choices[which]
        before, self.texts = self.texts, {**self.texts, setting.name: value}
        config, problems = read_form(self.texts)
        if config is None:
            self.texts = before
            self.speaker.say(*problems.values())
        else:
            self.speaker.say(f"{_(setting.title)}: {value or '-'}.")

    def _config(self) -> TrainConfig | None:
        config, problems = read_form(self.texts)
        self.speaker.say(*problems.values())
        return config

    def outlook(self, _rest: str) -> None:
        if (config := self._config()) is None:
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
        if (config := self._config()) is None:
            return
        table = edited(self.house.table(), self.house.book().state)
        self.speaker.say(_("Starting a training of {network}.").format(network=config.model.title))
        run = self.house.engine.begin_background(self.house.save_dir, config, table)
        Following(self.house, run).run()

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
        Following(self.house, run).run()


class Following(Place):
    """A training of another process, told every some seconds."""

    title = N_("Training")
    hint = N_("It runs in a process of its own. Type ? for what can be done here.")

    def __init__(self, house: House, run: Run) -> None:
        super().__init__(house.speaker)
        self.house = house
        self.story = Story()
        self._run = run
        self._tail = Tail(run)
        self._deaf = self._stopping = False
        self._told = ""  # the last sentence about its progress
        self.commands = [
            Command("how", N_("how far it is"), lambda _rest: self.speaker.say(self.progress())),
            Command("pause", N_("pause it"), lambda _rest: self._ask("pause")),
            Command("go", N_("continue after a pause"), lambda _rest: self._ask("go")),
            Command(
                "stop",
                N_("stop it, evaluate and save; ctrl+c does the same"),
                lambda _rest: self._ask("stop"),
            ),
            Command("wait", N_("read nothing more until it has ended"), self._wait),
            Command("detach", N_("leave it to the background"), lambda _rest: None),
        ]

    def take(self, line: str) -> bool:
        names = [each.name for each in self.commands]
        if line and line != "?" and chosen(line.partition(" ")[0], names) == names.index("detach"):
            self.tell_detached()
            return False
        return super().take(line)

    def tell_detached(self) -> None:
        """Say that it goes on without anybody watching."""
        told = _("The training continues in the background; unfinished, in Train, lists it.")
        self.speaker.say(told)

    def run(self) -> None:
        """Tell of it until it has ended or one leaves."""
        self.greet()
        told, left = time.monotonic(), 0
        while True:
            try:
                holder = holder_of(self._run.directory)
                self._listen()
                if self.story.finished is not None:
                    self.conclude(self.story.finished)
                    return
                left = 0 if holder is not None else left + 1
                if left >= 2 * LOOKS:
                    self.speaker.say(
                        _("It ended before it was finished. {why}").format(
                            why=last_words(self._run.directory)
                        )
                    )
                    return
                if time.monotonic() - told >= self.house.every:
                    told = time.monotonic()
                    self._tell_progress()
                if not self._heed():
                    return
            except KeyboardInterrupt:
                if self._stopping:
                    self.tell_detached()
                    return
                self._ask("stop")

    def _tell_progress(self) -> None:
        if (now := self.progress()) != self._told:
            self._told = now
            self.speaker.say(now)

    def _heed(self) -> bool:
        if self._deaf:
            time.sleep(LOOK_EVERY)
            return True
        try:
            line = self.speaker.line(patience=LOOK_EVERY)  # no prompt, or it would stand after every sentence
        except Ended:
            if self.speaker.prompts:
                self.tell_detached()
                raise
            self._deaf = True  # a script has said all: what it started is waited for
            return True
        return line is None or self.take(line)

    def _listen(self) -> None:
        while events := self._tail.read():
            for event in events:
                self.story.tell(event)

    def _ask(self, wish: str) -> None:
        told = {
            "pause": _("It pauses."),
            "go": _("It continues."),
            "stop": _("It stops; the best epoch is tested and the model saved."),
        }
        self._stopping = wish == "stop"
        ask(self._run.directory, wish)  # type: ignore[arg-type]
        self.speaker.say(told[wish])

    def _wait(self, _rest: str) -> None:
        self._deaf = True

    def progress(self) -> str:
        """How far it is, in a sentence."""
        at, epochs = self.story.progress, self.story.epochs
        if self._stopping:
            return _("It is stopping.")
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

    def conclude(self, end: Finished) -> None:
        """Say what it came to."""
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
