"""A training as MLflow keeps it: metrics, parameters, the confusion matrix as an artifact; the extra `mlflow`."""

from __future__ import annotations

import datetime
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from namecls.errors import RunError
from namecls.events import Event, Finished
from namecls.extras import needed
from namecls.language import _
from namecls.runs.run import Run
from namecls.trackers.told import confusion_of, figures_of, settings_of

#: Where it stands in the directory of a run.
LOG = "mlflow"
#: The variable by which MLflow is told of a server, or of another place.
SERVER = "MLFLOW_TRACKING_URI"
_FILES = "MLFLOW_ALLOW_FILE_STORE"  # a directory of files does, and needs no database
_EXPERIMENT = "namecls"
_TAG = "namecls.run"


class MLflow:
    """A run of MLflow, to be closed: in a directory, or where `SERVER` says.

    It begins with all that the history holds, in the place of what was told of the same run before.

    :param directory: None: in that of the run.
    :raises ConfigError: if the extra is not installed.
    :raises RunError: if MLflow refuses.
    """

    def __init__(self, run: Run, directory: Path | None = None) -> None:
        client = needed("mlflow.tracking", "mlflow").MlflowClient
        self._metric: Any = needed("mlflow.entities", "mlflow").Metric
        needed("matplotlib", "mlflow")
        self._error: Any = needed("mlflow.exceptions", "mlflow").MlflowException
        self.directory = directory or run.directory / LOG
        self._run = run
        record = run.record()
        self._began = datetime.datetime.fromisoformat(record.created).timestamp()
        self._elapsed = 0.0  # seconds of training, as far as it was told
        self._place = place = os.environ.get(SERVER) if directory is None else None
        with self._refused(), _files_allowed():
            self._client: Any = client(tracking_uri=place or self.directory.resolve().as_uri())
            known = self._client.get_experiment_by_name(_EXPERIMENT)
            experiment = known.experiment_id if known else self._client.create_experiment(_EXPERIMENT)
            tag = f"{run.name} {record.created}"
            quoted = tag.replace("\\", "\\\\").replace("'", "\\'")
            for old in self._client.search_runs([experiment], f"tags.`{_TAG}` = '{quoted}'"):
                self._client.delete_run(old.info.run_id)
            started = self._client.create_run(
                experiment, start_time=round(1000 * self._began), run_name=run.name, tags={_TAG: tag}
            )
            self._id = started.info.run_id
            parameter = needed("mlflow.entities", "mlflow").Param
            settings = [parameter(name, str(value)) for name, value in settings_of(run).items()]
            self._client.log_batch(self._id, params=settings)
        for event in run.history():
            self.tell(event)

    def tell(self, event: Event) -> None:
        """Write what an event tells."""
        step, elapsed, figures = figures_of(event)
        self._elapsed = elapsed if elapsed is not None else self._elapsed
        at = round(1000 * (self._began + self._elapsed))
        with self._refused():
            if figures:
                metrics = [self._metric(name, value, at, step) for name, value in figures.items()]
                self._client.log_batch(self._id, metrics=metrics)
            if isinstance(event, Finished):
                self._tell_confusion()
                self._client.set_terminated(self._id, "FINISHED", end_time=at)

    def close(self) -> None:
        """All is written already."""

    @property
    def shown_by(self) -> str:
        """The command that shows it."""
        if self._place is not None:
            return f"mlflow ui --backend-store-uri {self._place}"
        return f"{_FILES}=true mlflow ui --backend-store-uri {self.directory}"

    def _tell_confusion(self) -> None:
        if (picture := confusion_of(self._run)) is None:
            return
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "confusion.png"
            path.write_bytes(picture)
            self._client.log_artifact(self._id, str(path))

    @contextmanager
    def _refused(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            raise RunError(_("MLflow refuses: {reason}").format(reason=error)) from error


@contextmanager
def _files_allowed() -> Iterator[None]:
    """Let MLflow take a directory of files, which its newer versions refuse otherwise."""
    before = os.environ.get(_FILES)
    os.environ[_FILES] = before or "true"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_FILES]
