"""Work of another process, told in sentences now and then, until it has ended or one leaves."""

from __future__ import annotations

import time
from pathlib import Path

from namecls.errors import NameclsError
from namecls.files.background import TO_RESUME, last_words
from namecls.files.control import LOOK_EVERY, Wish, ask, asked
from namecls.files.locks import holder_of
from namecls.language import N_, _
from tui.forms.reading import in_the_app
from tui.lines.house import House
from tui.lines.place import Command, Place, chosen
from tui.lines.speaking import Ended


class Following(Place):
    """A training, a search or a comparison of another process.

    :param directory: of what it works on.
    """

    hint = N_("It runs in a process of its own. Type ? for what can be done here.")
    PATIENCE = 1  # looks at which nobody works on it before it counts as left
    STOPS = ""  # what is said when it is stopped, marked
    STOP_HELP = ""
    DETACHED = ""  # and when it is left to the background

    def __init__(self, house: House, directory: Path) -> None:
        super().__init__(house.speaker)
        self.house = house
        self.directory = directory
        self._deaf = self._stopping = False
        self._told = ""  # the last sentence about its progress
        self.commands = [
            Command("how", N_("how far it is"), lambda _rest: self.speaker.say(self._standing())),
            Command("pause", N_("pause it"), lambda _rest: self._ask("pause")),
            Command("go", N_("continue after a pause"), lambda _rest: self._ask("go")),
            Command("stop", self.STOP_HELP, lambda _rest: self._ask("stop")),
            Command("wait", N_("read nothing more until it has ended"), self._wait),
            Command("detach", N_("leave it to the background"), lambda _rest: None),
        ]

    def listen(self) -> bool:
        """Look at what it has written, and say what changed; return whether it has come to its end."""
        raise NotImplementedError

    def progress(self) -> str:
        """How far it is, in a sentence."""
        raise NotImplementedError

    def conclude(self) -> None:
        """Say what it came to."""
        raise NotImplementedError

    def take(self, line: str) -> bool:
        names = [each.name for each in self.commands]
        if line and line != "?" and chosen(line.partition(" ")[0], names) == names.index("detach"):
            self.tell_detached()
            return False
        return super().take(line)

    def tell_detached(self) -> None:
        """Say that it goes on without anybody watching."""
        self.speaker.say(_(self.DETACHED))

    def run(self) -> None:
        """Tell of it until it has ended or one leaves."""
        self.greet()
        told, left = time.monotonic(), 0
        while True:
            try:
                holder = holder_of(
                    self.directory
                )  # before what is written is read: then that is all there is
                if self.listen():
                    self.conclude()
                    return
                left = 0 if holder is not None else left + 1
                if left >= self.PATIENCE:
                    self._tell_left()
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

    def _tell_left(self) -> None:
        why = last_words(self.directory)
        told = (
            _("It was stopped; resume takes it up.")
            if why.startswith(TO_RESUME)
            else _("It ended before it was finished. {why}").format(why=why)
        )
        self.speaker.say(told)

    def _standing(self) -> str:
        if self._stopping:
            return _("It is stopping.")
        return _("It is paused.") if asked(self.directory) == "pause" else self.progress()

    def _tell_progress(self) -> None:
        if (now := self._standing()) != self._told:
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
        try:
            return line is None or self.take(line)
        except NameclsError as error:
            self.speaker.say(in_the_app(str(error)))
            return True

    def _ask(self, wish: Wish) -> None:
        told = {"pause": _("It pauses."), "go": _("It continues."), "stop": _(self.STOPS)}
        self._stopping = wish == "stop"
        ask(self.directory, wish)
        self.speaker.say(told[wish])

    def _wait(self, _rest: str) -> None:
        self._deaf = True
