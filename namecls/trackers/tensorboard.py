"""A training as TensorBoard reads it: scalars, settings, final metrics, confusion; the extra `tensorboard`."""

from __future__ import annotations

import datetime
import struct
from pathlib import Path
from typing import Any

from namecls.events import EpochEnd, Event, Finished
from namecls.extras import needed
from namecls.runs.run import Run
from namecls.trackers.told import GOALS, confusion_of, figures_of, settings_of

#: Where it stands in the directory of a run.
LOG = "tensorboard"
_SUFFIX = ".namecls"
_HPARAMS = "_hparams_"


class TensorBoard:
    """The log of a run, to be closed.

    It begins with all that the history holds, in the place of a log of the same run: a training that resumes has none
    twice.

    :param directory: None: in that of the run.
    :raises ConfigError: if the extra is not installed.
    :raises OSError: if the log can't be written.
    """

    def __init__(self, run: Run, directory: Path | None = None) -> None:
        protos = "tensorboard.compat.proto"
        self._summary: Any = needed(f"{protos}.summary_pb2", "tensorboard")
        self._event: Any = needed(f"{protos}.event_pb2", "tensorboard").Event
        self._tensor: Any = needed(f"{protos}.tensor_pb2", "tensorboard").TensorProto
        self._plugin: Any = needed("tensorboard.plugins.hparams.plugin_data_pb2", "tensorboard")
        self._api: Any = needed("tensorboard.plugins.hparams.api_pb2", "tensorboard")
        needed("matplotlib", "tensorboard")
        writer = needed("tensorboard.summary.writer.event_file_writer", "tensorboard").EventFileWriter
        self.directory = directory or run.directory / LOG
        self.directory.mkdir(parents=True, exist_ok=True)
        for old in self.directory.glob(f"events.out.tfevents.*{_SUFFIX}"):
            old.unlink()
        self._run = run
        self._began = datetime.datetime.fromisoformat(run.record().created).timestamp()
        self._elapsed = 0.0  # seconds of training, as far as it was told
        self._writer: Any = writer(str(self.directory), filename_suffix=_SUFFIX)
        try:
            self._tell_settings()
            for event in run.history():
                self.tell(event)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()

    @property
    def shown_by(self) -> str:
        """The command that shows it."""
        return f"tensorboard --logdir {self.directory}"

    def tell(self, event: Event) -> None:
        """Write what an event tells."""
        step, elapsed, figures = figures_of(event)
        self._elapsed = elapsed if elapsed is not None else self._elapsed
        values = [self._summary.Summary.Value(tag=tag, simple_value=value) for tag, value in figures.items()]
        if isinstance(event, Finished):
            values += self._end()
        if values:
            self._write(values, step, self._elapsed)
        if isinstance(event, EpochEnd | Finished):
            self._writer.flush()

    def _tell_settings(self) -> None:
        settings = settings_of(self._run)
        lines = [f"| {name} | {value!r} |" for name, value in settings.items()]
        text = "\n".join(["| setting | value |", "| --- | --- |", *lines])
        tensor = self._tensor(dtype=7, string_val=[text.encode()])  # a string
        metadata = self._metadata("text")
        told = [self._summary.Summary.Value(tag="settings", tensor=tensor, metadata=metadata)]
        experiment = self._api.Experiment(
            hparam_infos=[self._api.HParamInfo(name=name) for name in settings],
            metric_infos=[self._api.MetricInfo(name=self._api.MetricName(tag=tag)) for tag in GOALS],
        )
        start = self._plugin.SessionStartInfo(group_name=self._run.name, start_time_secs=self._began)
        for name, value in settings.items():
            kind = {bool: "bool_value", int: "number_value", float: "number_value"}.get(
                type(value), "string_value"
            )
            setattr(start.hparams[name], kind, str(value) if kind == "string_value" else value)
        told.append(self._hparams("experiment", experiment=experiment))
        told.append(self._hparams("session_start_info", session_start_info=start))
        self._write(told, 0, 0.0)

    def _end(self) -> list[Any]:
        """What stands at the end of a training."""
        success = self._plugin.SessionEndInfo(status=self._api.STATUS_SUCCESS)
        told = [self._hparams("session_end_info", session_end_info=success)]
        if (picture := confusion_of(self._run)) is None:
            return told
        width, height = struct.unpack(">II", picture[16:24])  # of the header of a PNG
        image = self._summary.Summary.Image(
            height=height, width=width, colorspace=4, encoded_image_string=picture
        )
        return [self._summary.Summary.Value(tag="confusion", image=image), *told]

    def _hparams(self, name: str, **content: Any) -> Any:
        data = self._plugin.HParamsPluginData(version=0, **content).SerializeToString()
        tensor = self._tensor(dtype=1, float_val=[0.0])  # all of it is in the metadata
        return self._summary.Summary.Value(
            tag=f"{_HPARAMS}/{name}", tensor=tensor, metadata=self._metadata("hparams", data)
        )

    def _metadata(self, plugin: str, content: bytes = b"") -> Any:
        data = self._summary.SummaryMetadata.PluginData(plugin_name=plugin, content=content)
        return self._summary.SummaryMetadata(plugin_data=data)

    def _write(self, values: list[Any], step: int, elapsed: float) -> None:
        summary = self._summary.Summary(value=values)
        self._writer.add_event(self._event(wall_time=self._began + elapsed, step=step, summary=summary))
