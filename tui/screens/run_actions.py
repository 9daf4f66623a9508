"""What is done with the run under the cursor of a screen: shown, resumed, used, repeated, noted on, deleted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from namecls.errors import NameclsError
from namecls.language import _
from tui.drawing.run_columns import note_of
from tui.drawing.run_refusals import why_not
from tui.engine.looking import is_own
from tui.jobs.discarding import RunDiscarded
from tui.screens.base import Place
from tui.screens.copying import copy_text

if TYPE_CHECKING:
    from namecls.runs.listing import RunInfo
    from namecls.runs.notes import Notes
    from tui.engine.looking import Looked


#: Actions that need a run under the cursor.
_OF_A_RUN = ("show", "resume", "finish", "use_model", "note", "delete", "mark", "pin")


class RunActions(Place):
    """A screen with a run under its cursor."""

    def __init__(self) -> None:
        super().__init__()
        self._sure: Path | None = None  # the run whose deletion was asked for once

    @property
    def pointed(self) -> RunInfo | None:
        """The run under the cursor."""
        raise NotImplementedError

    def looked_at(self, directory: Path) -> Looked | None:
        """What record and history tell of a run, as soon as that is known."""
        raise NotImplementedError

    def noted(self, info: RunInfo, notes: Notes) -> None:
        """A note was written on a run."""
        raise NotImplementedError

    def deleted(self, directory: Path) -> None:
        """A run is deleted."""
        raise NotImplementedError

    def restored(self, directory: Path) -> None:
        """A run is back, and is about to be listed."""
        raise NotImplementedError

    def list_again(self) -> None:
        """List the runs again, since some have changed."""
        raise NotImplementedError

    def moved_on(self) -> None:
        """Forget that the deletion of another run was asked for."""
        if self.pointed is None or self._sure != self.pointed.directory:
            self._sure = None

    async def action_show(self) -> None:
        """Show the run in Train."""
        if (info := self.pointed) is None or info.status == "damaged":
            return
        training = self.bench.training
        if not training.is_ours:
            self.bench.trainings.open(info)
        elif training.directory != info.directory:
            self.say(_("A training is running; wait for it, or stop it first."), problem=True)
            return
        await self.bench.action_go("train")

    async def action_resume(self) -> None:
        await self._take_up("resume")

    async def action_finish(self) -> None:
        await self._take_up("finish")

    async def _take_up(self, how: Literal["resume", "finish"]) -> None:
        if (info := self.pointed) is not None:
            self.bench.trainings.take_up(info.directory, how)
            await self.bench.action_go("train")

    async def action_use_model(self) -> None:
        if (info := self.pointed) is not None:
            self.bench.use_model(info.directory)
            await self.bench.action_go("predict")

    def action_copy(self) -> None:
        """Copy the command that repeats the run."""
        looked = self.looked_at(self.pointed.directory) if self.pointed is not None else None
        if looked is None:
            return
        if not looked.command:
            self.say(looked.no_command or looked.problem, problem=True)
            return
        copy_text(self, looked.command, "namecls-command")

    def action_note(self) -> None:
        from tui.screens.relabel import CorrectScreen

        info = self.pointed
        if info is None:
            return

        def answered(text: str | None) -> None:
            if text is None:
                return
            try:
                notes = self.bench.engine.note_run(info.directory, text)
            except NameclsError as error:
                self.say(str(error), problem=True)
            else:
                self.noted(info, notes)

        title = _("note and #tags on {run}").format(run=info.name)
        self.app.push_screen(CorrectScreen(note_of(info), title, may_be_empty=True), answered)

    def action_delete(self) -> None:
        """Delete the run, if it is the second time that this is wanted."""
        info = self.pointed
        if info is None or self._is_at_work(info):
            return
        if self._sure == info.directory:
            self._sure = None
            self.bench.discarding.discard(info.directory, self.post_message, self.app.post_message)
        else:
            self._sure = info.directory
            self.app.clear_notifications()  # of two such questions the earlier one is over
            self.say(
                _("Delete {run}? d again deletes it; u takes it back until the app ends.").format(
                    run=info.name
                )
            )

    def _is_at_work(self, info: RunInfo) -> bool:
        """Whether the run is trained, or about to be by another process, which does not hold it yet."""
        training = self.bench.training
        return info.status == "running" or (training.busy and training.directory == info.directory)

    def why_not(self, action: str) -> str:
        if action == "undo":
            return _("No run was deleted since the app began.")
        if action not in _OF_A_RUN:
            return super().why_not(action)
        info = self.pointed
        if info is None:
            return _("There is no run under the cursor.")
        if action in ("note", "delete") and not is_own(info, self.bench.save_dir):
            return _("{run} comes with namecls, and stays as it is.").format(run=info.name)
        training = self.bench.training
        if action == "delete" and training.busy and training.directory == info.directory:
            told = (
                _(
                    "{run} is just being handed over to the background. To delete it, wait a moment, then stop it."
                )
                if training.handing_over
                else _("{run} is being trained. To delete it, stop it first: F2, then s.")
            )
            return told.format(run=info.name)
        return why_not(action, info)

    def action_undo(self) -> None:
        self.bench.discarding.restore(self.post_message, self.app.post_message)

    def on_run_discarded(self, message: RunDiscarded) -> None:
        name = message.directory.name
        told = (
            _("{run} is back.")
            if message.restored
            else _("{run} is deleted; u takes it back until the app ends.")
        )
        self.app.clear_notifications()
        self.say(message.problem or told.format(run=name), problem=bool(message.problem))
        self.bench.trainings.look_for_unfinished(offer=False)
        if not message.problem:
            (self.restored if message.restored else self.deleted)(message.directory)
        self.list_again()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        info = self.pointed
        if action == "show":
            return info is not None and info.status != "damaged"
        if action == "copy":
            return info is not None and self.looked_at(info.directory) is not None
        if action == "use_model":
            return info is not None and info.usable
        if action == "resume":
            return info is not None and info.status == "unfinished"
        if action == "finish":
            return info is not None and info.status == "diverged" and info.usable
        if action in ("note", "delete"):
            busy = action == "delete" and info is not None and self._is_at_work(info)
            return info is not None and is_own(info, self.bench.save_dir) and not busy
        if action == "undo":
            return bool(self.bench.discarding.last)
        return True
