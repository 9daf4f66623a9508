"""What to do with a running training when the user wants to leave."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from namecls.language import _
from tui import keys
from tui.screens.modal import Modal, line_of
from tui.state import TrainingState
from tui.widgets.retold import Told
from tui.workbench import bench_of


class LeaveScreen(Modal[str]):
    """Asks what to do with the running training.

    Answers "keep" (stop, test, keep, then leave), "detach" (hand over to the background, then leave), "leave" (stop,
    then leave at once) or None (stay).
    """

    PLACE = "leave"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("leave")
    DEFAULT_CSS = """
    LeaveScreen {
        align: center middle;
        #box { width: 62; max-width: 100%; height: auto; background: $background; padding: 1 2; }
    }
    """

    def compose(self) -> ComposeResult:
        with Vertical(id="box", classes="panel"):
            for key in keys.PLACES["leave"]:
                yield Told(partial(line_of, key, 4))

    def entitle(self) -> None:
        self.query_one("#box").border_title = _("a training is running")

    def on_mount(self) -> None:
        self.watch(self.app, "training", self._look_again)

    def _look_again(self, training: TrainingState) -> None:
        if not training.is_ours and self.is_active:
            self.dismiss(None)
            bench_of(self).say(_("Quitting no longer ends a training: ctrl+q quits."))

    def action_answer(self, choice: str) -> None:
        self.dismiss(choice)

    def action_stay(self) -> None:
        self.dismiss(None)


def leave(app: App[None]) -> None:
    """Ask what to do with the training of this process, unless it is being handed over: then quit after that."""
    bench = bench_of(app)
    if bench.training.handing_over and not bench.trainings.leaving:
        bench.trainings.leave_when_done(detach=True)
        bench.say(_("Quitting as soon as a background process has taken the training over."))
        return

    def answered(choice: str | None) -> None:
        if choice == "leave":
            app.exit()
        elif choice is not None:
            bench.trainings.leave_when_done(detach=choice == "detach")

    if not isinstance(app.screen, LeaveScreen):
        app.push_screen(LeaveScreen(), answered)
