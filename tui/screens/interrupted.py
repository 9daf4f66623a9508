"""The offer to resume an interrupted training, or to attach to one of another process."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from namecls.language import _, ngettext
from namecls.text import safe
from tui import keys
from tui.engine.unfinished import Unfinished
from tui.screens.base import Place
from tui.screens.modal import Modal, line_of
from tui.widgets.retold import Told
from tui.workbench import bench_of


class InterruptedScreen(Modal[str | None]):
    """Asks about the first of some trainings.

    Answers "resume", "finish", "delete", "attach" or "list"; "typing", if what came were keys for the input below,
    which are then in `typed`; or None, for later.

    :param unfinished: at least one.
    """

    PLACE = "interrupted"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("interrupted")
    DEFAULT_CSS = """
    InterruptedScreen {
        align: center middle;
        #box { width: 72; max-width: 100%; height: auto; background: $background; padding: 1 2; }
        #what { margin: 0 0 1 0; }
        #more { margin: 1 0 0 0; color: $muted; }
        #keys { height: auto; visibility: hidden; }
        &.-ready #keys { visibility: visible; }
    }
    """

    #: Seconds for which it shows before its keys work: whoever was about to type does not answer by chance.
    SEEN_AFTER = 0.8

    def __init__(self, unfinished: tuple[Unfinished, ...]) -> None:
        super().__init__()
        self.found = unfinished[0]
        self.typed = ""
        self.ready = False
        self._sure = False  # the key to delete was pressed once
        self._others = len(unfinished) - 1
        self._is_typing = False

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="panel"):
            yield Told(self._what, id="what")
            with Vertical(id="keys"):
                for entry in keys.PLACES["interrupted"]:
                    if entry.help and self._offers(entry.action):
                        yield Told(partial(line_of, entry, 4), id=f"key-{entry.keys.split(',')[0]}")
            if self._others:
                yield Told(self._more, id="more")

    def entitle(self) -> None:
        ended = _("a training was interrupted")
        if self.found.info.status == "diverged":
            ended = _("a training diverged")
        title = _("a training is running") if self.found.is_running else ended
        self.query_one("#box").border_title = title

    def _what(self) -> Content:
        info = self.found.info
        on = _("{what} on {data}").format(what=safe(info.title, 40), data=safe(info.data, 60))
        told = f"{safe(self.found.sentence(time.time()), 300)}\n"
        return Content(told).append(Content.styled(on, "$muted"))

    def _more(self) -> Content:
        other = ngettext(
            "one more is not finished; F8 lists all",
            "{n} more are not finished; F8 lists all",
            self._others,
        )
        return Content(other.format(n=self._others))

    def on_mount(self) -> None:
        self.set_timer(self.SEEN_AFTER, self._make_ready)

    def _make_ready(self) -> None:
        self.ready = True
        self.add_class("-ready")
        self.refresh_bindings()

    def _offers(self, action: str) -> bool:
        """Whether an answer is possible for this training."""
        if action == "answer('list')":
            return self._others > 0
        if action == "answer('finish')":
            return not self.found.is_running and self.found.info.usable
        if action == "answer('resume')":
            return self.found.info.status == "unfinished"
        if action == "delete":
            return not self.found.is_running
        return action != "answer('attach')" or self.found.is_running

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "answer":
            harmless = parameters[0] == "list"  # whoever was about to list them has what was wanted
            return (self.ready or harmless) and self._offers(f"answer('{parameters[0]}')")
        if action == "delete":
            return self.ready and self._offers(action)
        return True

    def on_key(self, event: events.Key) -> None:
        """Pass keys on to the input below until the offer can have been read."""
        if self.ready and not self._is_typing:
            return
        if event.is_printable and event.character:
            event.stop()
            event.prevent_default()
            self.typed += event.character
            if not self._is_typing:
                self._is_typing = True
                self.dismiss("typing")

    def action_answer(self, choice: str) -> None:
        self.dismiss(choice)

    def action_delete(self) -> None:
        """Delete the run, if it is the second time that this is wanted."""
        if self._sure:
            self.dismiss("delete")
            return
        self._sure = True
        self.query_one("#key-x", Told).tell(
            lambda: Content.assemble(
                ("   x", "$accent"), ("  " + _("Again: delete it for good, with its weights"), "$error")
            )
        )

    def action_later(self) -> None:
        self.dismiss(None)


def offer(app: App[Any], problem: str) -> None:
    """Ask about the latest unfinished training.

    It is only said that there is one, if the user has begun to do something: no question comes between.

    :param problem: why they could not be looked for, if so.
    """
    bench = bench_of(app)
    if problem:
        bench.say(problem, problem=True)
    if not bench.unfinished or bench.training.busy:
        return
    typed = isinstance(app.focused, Input) and app.focused.value != ""
    if typed or not isinstance(app.screen, Place):
        _say_how(app, bench.unfinished[0])
        return
    screen = InterruptedScreen(bench.unfinished)
    app.push_screen(screen, lambda choice: _do(app, screen, choice))


def _do(app: App[Any], screen: InterruptedScreen, choice: str | None) -> None:
    """Do what was answered."""
    trainings, found = bench_of(app).trainings, screen.found
    directory = found.info.directory
    if choice in ("resume", "finish"):
        trainings.take_up(directory, "finish" if choice == "finish" else "resume")
    elif choice == "attach":
        trainings.attach(directory, found.info.holder)
    elif choice == "delete":
        trainings.delete(directory.name)
    elif choice == "typing":
        _say_how(app, found)
        if screen.typed and isinstance(app.focused, Input):
            app.focused.post_message(events.Paste(screen.typed))
    if choice in ("resume", "finish", "attach", "list"):
        app.call_later(_show_training, app, list_runs=choice == "list")


def _say_how(app: App[Any], found: Unfinished) -> None:
    how = _("F2, then F8, resumes it.") if found.info.status == "unfinished" else _("F2, then F8, lists it.")
    bench_of(app).say(f"{found.sentence(time.time())} {how}")


async def _show_training(app: App[Any], *, list_runs: bool) -> None:
    await app.run_action(f"app.go('{'runs' if list_runs else 'train'}')")
