"""Trainings and answers in a notebook; the extra `notebook`.

    from namecls.notebook import history, live, table

    for event in live(train(config, dataset, run)):
        pass                       # a progress bar, and the loss and accuracy of each epoch
    history(run)                   # a data frame
    table(predictor.predict(names))

A `Prediction` and `Metrics` show themselves as tables where a notebook asks.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from importlib import import_module
from typing import Any

from namecls.answers import Prediction
from namecls.errors import ConfigError
from namecls.events import EpochEnd, Event, Finished, Progress, Stalled, Started
from namecls.extras import needed
from namecls.html_tables import escaped, html_table
from namecls.language import _
from namecls.pictures.charts import Chart, Series
from namecls.pictures.matplotted import drawn
from namecls.runs.run import Run


def live(events: Iterable[Event], *, plot: bool = True) -> Iterator[Event]:
    """The same events, which drive a progress bar and a plot on the way.

    :param events: of `train`, `finish` or a history.
    :param plot: whether loss and accuracy are drawn after each epoch.
    :raises ConfigError: if the extra is not installed.
    """
    display = needed("IPython.display", "notebook")
    if plot:
        needed("matplotlib", "notebook")
    shown: Any = display.display(display.HTML(""), display_id=True)
    title, bar, picture = "", "", ""
    epochs: list[EpochEnd] = []
    for event in events:
        if isinstance(event, Started):
            title = f"{event.run}: {event.title}"
        elif isinstance(event, Progress):
            bar = _bar(title, event)
        elif isinstance(event, EpochEnd):
            epochs.append(event)
            picture = _curves(epochs) if plot else ""
        elif isinstance(event, Stalled):
            bar = f"<div>{escaped(event.problem)}</div>"
        elif isinstance(event, Finished):
            bar = f"<div>{escaped(title)}</div>{event.test._repr_html_()}"
        if shown is not None:
            shown.update(display.HTML(bar + picture))
        yield event


def history(run: Run, *, pandas: bool = False) -> Any:
    """The epochs of a run as a data frame, a row each; columns as in `EpochEnd`.

    :param pandas: a frame of pandas instead of one of polars.
    :raises ConfigError: if pandas is wanted and not installed.
    """
    import polars as pl

    rows = [asdict(event) for event in run.history(EpochEnd) if isinstance(event, EpochEnd)]
    frame = pl.DataFrame(rows, infer_schema_length=None)
    if not pandas:
        return frame
    try:
        return import_module("pandas").DataFrame(frame.to_dict(as_series=False))
    except ModuleNotFoundError:
        raise ConfigError(
            _("a frame of pandas needs pandas, which is not installed; to install it: pip install pandas")
        ) from None


class Table:
    """Predictions as a table of a notebook."""

    def __init__(self, predictions: Sequence[Prediction]) -> None:
        self._predictions = predictions

    def __repr__(self) -> str:
        return f"<{len(self._predictions):,} predictions>"

    def _repr_html_(self) -> str:
        return html_table(
            ("name", "label", "probability", "set", "status"),
            (
                (
                    each.name,
                    each.answer.label if each.answer else "",
                    f"{each.answer.probability:.1%}" if each.answer else "",
                    ", ".join(each.likely),
                    each.status,
                )
                for each in self._predictions
            ),
        )


def table(predictions: Iterable[Prediction]) -> Table:
    """Predictions to be shown as one table."""
    return Table(list(predictions))


def _bar(title: str, event: Progress) -> str:
    said = f"{title}, epoch {event.epoch}, loss {event.loss:.3f}, {event.names_per_second:,.0f} names/s"
    return (
        f"<div>{escaped(said)}</div>"
        f'<progress value="{event.step}" max="{event.steps}" style="width: 100%"></progress>'
    )


def _curves(epochs: Sequence[EpochEnd]) -> str:
    """Loss and accuracy by epoch, as a picture within the page."""

    def series(name: str, values: Iterable[float], *, dashed: bool = False) -> Series:
        return Series(
            name, tuple((float(e.epoch), v) for e, v in zip(epochs, values, strict=True)), 0, dashed
        )

    loss = Chart(
        "loss", "epoch", "nats",
        (
            series("validation", (e.valid_loss for e in epochs)),
            series("training", (e.train_loss for e in epochs), dashed=True),
        ),
    )  # fmt: skip
    accuracy = Chart(
        "accuracy", "epoch", "share",
        (
            series("validation", (e.valid_accuracy for e in epochs)),
            series("training", (e.train_accuracy for e in epochs), dashed=True),
        ),
        shares=True,
    )  # fmt: skip
    content = base64.b64encode(drawn([loss, accuracy], "png")).decode()
    return f'<img alt="loss and accuracy by epoch" src="data:image/png;base64,{content}">'
