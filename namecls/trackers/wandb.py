"""A training as Weights & Biases keeps it, offline unless `WANDB_MODE` says otherwise; the extra `wandb`."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from namecls.errors import RunError
from namecls.events import Event, Finished
from namecls.extras import needed
from namecls.language import _
from namecls.runs.run import Run
from namecls.trackers.told import confusion_of, figures_of, settings_of

#: Where it stands in the directory of a run.
LOG = "wandb"
_PROJECT = "namecls"
_MODE, _OFFLINE = "WANDB_MODE", "offline"


class WandB:
    """A run of Weights & Biases, to be closed.

    It begins with all that the history holds, in the place of what was told of the same run before.

    :param directory: None: in that of the run.
    :raises ConfigError: if the extra is not installed.
    :raises RunError: if it refuses.
    """

    def __init__(self, run: Run, directory: Path | None = None) -> None:
        wandb = needed("wandb", "wandb")
        needed("matplotlib", "wandb")
        self._image: Any = wandb.Image
        self._run = run
        parent = directory or run.directory
        self.directory = parent / LOG
        self.directory.mkdir(parents=True, exist_ok=True)
        known_as = hashlib.sha256(f"{run.name} {run.record().created}".encode()).hexdigest()[:12]
        for old in self.directory.glob(f"*run-*-{known_as}"):
            shutil.rmtree(old)
        # Neither code nor machine is told of, and nothing of what is printed.
        quiet = wandb.Settings(
            silent=True, console="off", disable_git=True, disable_code=True, save_code=False,
            x_disable_stats=True, x_disable_meta=True, x_disable_machine_info=True,
        )  # fmt: skip
        try:
            self._log: Any = wandb.init(
                project=os.environ.get("WANDB_PROJECT", _PROJECT),
                name=run.name,
                id=known_as,
                dir=str(parent),
                mode=os.environ.get(_MODE, _OFFLINE),
                config=settings_of(run),
                reinit="create_new",
                settings=quiet,
            )
        except wandb.Error as error:
            raise RunError(_("Weights & Biases refuses: {reason}").format(reason=error)) from error
        for event in run.history():
            self.tell(event)

    def tell(self, event: Event) -> None:
        """Write what an event tells."""
        step, _elapsed, figures = figures_of(event)
        if isinstance(event, Finished):
            self._log.summary.update(dict(figures))
            self._tell_confusion()
        elif figures:
            self._log.log(dict(figures), step=step)

    def close(self) -> None:
        """Write what is left."""
        self._log.finish()

    @property
    def shown_by(self) -> str:
        """The command that shows it."""
        return f"wandb sync {self.directory}/offline-run-*"

    def _tell_confusion(self) -> None:
        if (picture := confusion_of(self._run)) is None:
            return
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "confusion.png"
            path.write_bytes(picture)
            self._log.log({"confusion": self._image(str(path))})
