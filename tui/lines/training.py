"""Train without a screen: settings, what it will be, and a training in a process of its own, told now and then."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from namecls.command_line import train_command
from namecls.config import SETTINGS
from namecls.events import Gradients, Watched
from namecls.files.control import look_into
from namecls.language import N_, _, ngettext
from namecls.runs.follow import LOOKS, Tail
from namecls.runs.record import DataRecord
from namecls.runs.run import Run
from namecls.runs.watched import names_in
from tui.drawing.figures import clock, duration
from tui.drawing.story import Story
from tui.engine.origins import origins_of
from tui.forms.advice import told_of
from tui.forms.training import (
    LINES,
    NOTHING,
    Origin,
    base_of,
    changed_in,
    choices_of,
    read_form,
    started_from,
    texts_of,
)
from tui.lines.following import Following
from tui.lines.form import EMPTY, Form
from tui.lines.house import House
from tui.lines.numbered import Numbered
from tui.lines.opening import open_file, read_otherwise
from tui.lines.place import Command
from tui.lines.speaking import full, series, share

if TYPE_CHECKING:
    from namecls.config import TrainConfig
    from namecls.events import Finished
    from namecls.runs.listing import RunInfo
    from tui.engine.unfinished import Unfinished


class Train(Form):
    """The settings of a training, and its start."""

    title = N_("Train")

    def __init__(self, house: House) -> None:
        super().__init__(house, texts_of(base_of("default")))
        self.origin = NOTHING
        self.watched: tuple[str, ...] = ()
        self._origins = Numbered(self._origins_now, lambda origin: Path(origin[0]))
        self._left = Numbered(self._found, lambda each: each.info.directory)
        self.commands += [
            Command(
                "from",
                N_("start from the weights of a model, by number or name; -: from none"),
                self.start_from,
            ),
            Command("watch", N_("names to rank after every epoch, with commas between; -: none"), self.watch),
            Command(
                "open",
                N_("open another file of names; nothing: the embedded ones"),
                partial(open_file, house),
            ),
            Command(
                "how",
                N_("how the open file is read: columns, titles, encoding"),
                partial(read_otherwise, house),
            ),
            Command("outlook", N_("what the training will be, and the command for it"), self.outlook),
            Command("go", N_("start the training"), self.go),
            Command("unfinished", N_("list what is running or was interrupted"), self.unfinished),
            Command("resume", N_("resume or watch one of these, by number or name"), self.resume),
            Command(
                "finish",
                N_("test the best epoch of a diverged one and save it, by number or name"),
                self.finish,
            ),
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

    def fixed(self, name: str) -> str:
        if not self.origin.fixes(SETTINGS[name]):
            return ""
        return _("{model} has decided that.").format(model=self.origin.told)

    def read(self, texts: Mapping[str, str]) -> tuple[TrainConfig | None, dict[str, str]]:
        return read_form(texts, self.origin)

    def texts_of(self, preset: str) -> Mapping[str, str]:
        return texts_of(base_of(preset, self.origin))

    def changed(self) -> Sequence[str]:
        return [setting.name for setting in changed_in(self.texts, self.origin)]

    def set(self, config: TrainConfig) -> None:
        """Have these settings in the form."""
        self.origin, self.texts = NOTHING, texts_of(config)

    def start_from(self, rest: str) -> None:
        if rest == EMPTY:
            self._take(NOTHING)
            return
        if not rest:
            self.speaker.number(full(title) for _path, title in self._origins.all())
            rest = self.speaker.line(_("Which model")) or ""
        found = self._origins.chosen(rest)
        if found is None:
            self.speaker.say(_("There is no model {name}.").format(name=rest))
            return
        path, title = found
        self._take(Origin(path, title, self.house.engine.read_network(path)))

    def _origins_now(self) -> list[tuple[str, str]]:
        save_dir = self.house.save_dir
        return list(origins_of(self.house.engine.list_runs(save_dir), save_dir).items())

    def _take(self, origin: Origin) -> None:
        self.texts = started_from(self.texts, origin)
        self.origin = origin
        told = (
            _("It starts from {model}; its network stays.")
            if origin.is_model
            else _("It starts from random weights.")
        )
        self.speaker.say(told.format(model=origin.told))

    def watch(self, rest: str) -> None:
        if rest:
            self.watched = names_in("" if rest == EMPTY else rest)
        told = _("Watched: {names}.") if self.watched else _("No name is watched.")
        self.speaker.say(told.format(names=series(self.watched)))

    def outlook(self, _rest: str) -> None:
        if (config := self.wanted()) is None:
            return
        table = self.house.edited()
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
            self.speaker.say(_("It takes about {time}.").format(time=duration(plan.seconds)))
        record = DataRecord(file="", path=self.house.data, columns=self.house.columns)
        command = train_command(config, record, self.house.save_dir, self.watched, self.house.edits_file())
        self.speaker.say(_("The command for it: {command}").format(command=command))

    def go(self, _rest: str) -> None:
        if (config := self.wanted()) is None:
            return
        self.speaker.say(_("Starting a training of {network}.").format(network=config.model.title))
        run = self.house.engine.begin_background(
            self.house.save_dir, config, self.house.edited(), self.watched
        )
        Training(self.house, run).run()

    def _found(self) -> list[Unfinished]:
        return self.house.engine.find_unfinished(self.house.save_dir)

    def unfinished(self, _rest: str) -> None:
        found = self._left.all()
        if not found:
            self.speaker.say(_("No training is running or was interrupted."))
        self.speaker.number(each.sentence(time.time()) for each in found)

    def _meant(self, rest: str) -> RunInfo | None:
        found = self._left.chosen(rest) if rest else next(iter(self._found()), None)
        if found is None:
            self.speaker.say(_("No such training is running or was interrupted."))
            return None
        return found.info

    def resume(self, rest: str) -> None:
        if (info := self._meant(rest)) is not None:
            follow(self.house, info)

    def finish(self, rest: str) -> None:
        if (info := self._meant(rest)) is not None:
            finish(self.house, info)


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
        self._ranked = 0  # the last epoch whose watched names were told
        self._looks = False  # whether gradient norms are asked for

        self.commands[1:1] = [
            Command("epochs", N_("the validation after each epoch"), self._epochs),
            Command(
                "watch", N_("names to rank after every epoch, with commas between; -: none"), self._watch
            ),
            Command("gradients", N_("gradient norms by layer, with one of the next steps"), self._look_into),
        ]

    def listen(self) -> bool:
        while events := self._tail.read():
            for event in events:
                self.story.tell(event)
                if isinstance(event, Watched) and event.epoch > self._ranked:
                    self._ranked = event.epoch
                    self.speaker.say(*ranked(event))
                elif isinstance(event, Gradients) and self._looks:
                    self._looks = False
                    self.speaker.say(*measured(event))
        return self.story.finished is not None

    def _epochs(self, _rest: str) -> None:
        if not self.story.epochs:
            self.speaker.say(_("No epoch of it is over."))
        for each in self.story.epochs:
            self.speaker.say(validated(each.epoch, each.valid_accuracy, each.valid_loss))

    def _watch(self, rest: str) -> None:
        engine = self.house.engine
        if rest:
            engine.watch_names(self.directory, names_in("" if rest == EMPTY else rest))
        names = engine.watched_names(self.directory)
        told = _("Watched: {names}.") if names else _("No name is watched.")
        self.speaker.say(told.format(names=series(names)))

    def _look_into(self, _rest: str) -> None:
        self._looks = True
        look_into(self.directory)
        self.speaker.say(_("They are told with one of the next steps."))

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
        if self.story.finished is not None:
            self.speaker.say(*concluded(self.story.finished))


def concluded(end: Finished) -> list[str]:
    """What a training came to."""
    told = ngettext("Finished after {n} epoch: {reason}.", "Finished after {n} epochs: {reason}.", end.epochs)
    tested = _(
        "On {rows:,} test rows: accuracy {accuracy}, macro-F1 {macro_f1}, top-3 {top_3}; best epoch {best}."
    )
    test = end.test
    values = {"accuracy": share(test.accuracy), "macro_f1": share(test.macro_f1), "top_3": share(test.top_3)}
    saved = _("The model is saved as {name}; models, in Predict, uses it.")
    return [
        told.format(n=end.epochs, reason=_(end.reason)),
        tested.format(rows=test.rows, best=end.best_epoch, **values),
        saved.format(name=Path(end.directory).name),
    ]


def validated(epoch: int, accuracy: float, loss: float) -> str:
    """The validation of an epoch, in a sentence."""
    told = _("After epoch {epoch} validation accuracy {accuracy}, loss {loss}.")
    return told.format(epoch=epoch, accuracy=share(accuracy), loss=f"{loss:.3f}")


def ranked(event: Watched) -> list[str]:
    """The watched names after an epoch, a sentence each."""
    told = _("After epoch {epoch} {name} is {label}, {share}.")
    return [
        told.format(
            epoch=event.epoch, name=each.name, label=each.labels[0], share=share(each.probabilities[0])
        )
        for each in event.names
        if each.labels
    ]


def measured(event: Gradients) -> list[str]:
    """Gradient norms of a step, by layer and by letter."""
    norms = series(f"{layer} {norm:.3g}" for layer, norm in zip(event.layers, event.norms, strict=True))
    told = [_("Gradient norms at step {step:,}: {norms}.").format(step=event.step, norms=norms)]
    for letters, sentence in (
        (event.letters, _("By letter, the last one first: {norms}.")),
        (event.reverse, _("Of the reverse direction, the first letter first: {norms}.")),
    ):
        if letters:
            told.append(sentence.format(norms=series(f"{norm:.3g}" for norm in letters)))
    return told


def follow(house: House, info: RunInfo) -> None:
    """Resume a training in the background, unless it is running, and tell of it."""
    if info.status == "diverged":
        house.speaker.say(
            _("{run} diverged and can't be resumed; finish tests its best epoch.").format(run=info.name)
        )
        return
    run = Run.open(info.directory)
    if info.holder is None:
        house.engine.start_background(run)
    Training(house, run).run()


def finish(house: House, info: RunInfo) -> None:
    """Test the best epoch of a diverged training, and save the model."""
    if info.status != "diverged" or not info.usable:
        house.speaker.say(_("{run} did not diverge; resume takes it up.").format(run=info.name))
        return
    run, _config, splits = house.engine.reopen_run(info.directory)
    house.speaker.say(_("The best epoch is tested."), *concluded(house.engine.finish(run, splits)))
