"""What the history of a training shows, in plain words, and the setting to change.

Pure functions of the events: the same for a run that is over, was interrupted, or is in work.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from namecls.config import TrainConfig, option_of
from namecls.events import EpochEnd, Event, Finished, Started
from namecls.language import N_, _, ngettext
from namecls.settings import value_text

if TYPE_CHECKING:
    from namecls.runs.run import Run

#: Kinds of findings.
TOO_HIGH, UNSTABLE = N_("learning rate too high"), N_("unstable")
OVERFITTING, IMPROVING = N_("overfitting"), N_("still improving")
NEVER_LEARNED = N_("never learned")

_RISE = 0.05  # share by which the validation loss has to rise above its lowest, to be no accident
_LEAST_RISE = 0.01  # nats: what a loss near 0 rises by says nothing
_LATE = 0.2  # the share of the epochs that is their end
_GAIN = 0.02  # share of all that the validation loss fell by, that its end has to bring to count as improving
_ERRORS = 3  # standard errors that a figure has to fall by from one epoch to the next
_FEWEST = 3  # rows of a label of which none is right
_LABELS = 5  # that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What stands out in a training.

    :param kind: one of `TOO_HIGH`, `UNSTABLE`, `OVERFITTING`, `IMPROVING`, `NEVER_LEARNED`.
    :param text: what it is, with its figures, in a sentence.
    :param advice: what to do about it.
    :param settings: those to change, by their names in the config.
    :param labels: those that were never learned.
    """

    kind: str
    text: str
    advice: str
    settings: tuple[str, ...]
    labels: tuple[str, ...] = ()


def diagnose(events: Iterable[Event], config: TrainConfig, diverged: str = "") -> tuple[Finding, ...]:
    """What the events of a training show; nothing, if nothing stands out.

    :param diverged: why it can't resume.
    """
    started, finished, epochs = None, None, list[EpochEnd]()
    for event in events:
        if isinstance(event, Started):
            started = event
            epochs.clear()  # started over
        elif isinstance(event, EpochEnd):
            epochs.append(event)
        elif isinstance(event, Finished):
            finished = event
    return tuple(_findings(started, epochs, finished, config, diverged))


def diagnose_run(run: Run) -> tuple[Finding, ...]:
    """What the history of a run shows.

    :raises RunError: if it can't be read.
    """
    return diagnose(run.history(Started, EpochEnd, Finished), run.config(), run.diverged)


def _findings(
    started: Started | None,
    epochs: Sequence[EpochEnd],
    finished: Finished | None,
    config: TrainConfig,
    diverged: str,
) -> Iterator[Finding]:
    wild = _too_high(started, epochs, config, diverged) or _unstable(started, epochs, config)
    course = _overfitting(epochs, config) or (
        _still_improving(epochs, finished, config) if finished else None
    )
    yield from filter(
        None, (wild, course, _never_learned(finished, config, wild=wild is not None) if finished else None)
    )


def _too_high(
    started: Started | None, epochs: Sequence[EpochEnd], config: TrainConfig, diverged: str
) -> Finding | None:
    """Whether the training loss rose above where it began, or above that of guessing."""
    guessing = math.log(max(len(started.labels), 2)) if started is not None else math.inf
    if (
        config.label_smoothing and config.class_weights != "none"
    ):  # then the loss of guessing hangs on the batch
        guessing = math.inf
    worst = max(epochs, key=lambda epoch: epoch.train_loss, default=None)
    if diverged:
        told = _("The training diverged: its loss was no longer a number: the learning rate is too high.")
    elif worst is not None and worst.train_loss > guessing * (1 + _RISE):
        told = _(
            "The training loss of epoch {epoch}, {loss}, is above that of guessing, {guessing:.3f}: the learning rate "
            "is too high."
        ).format(epoch=worst.epoch, loss=_loss(worst.train_loss), guessing=guessing)
    elif len(epochs) > 1 and epochs[-1].train_loss > epochs[0].train_loss * (1 + _RISE):
        first, last = epochs[0], epochs[-1]
        told = _(
            "The training loss rose from {before} in the first epoch to {after} in epoch {epoch}: the learning rate is "
            "too high."
        ).format(before=_loss(first.train_loss), after=_loss(last.train_loss), epoch=last.epoch)
    else:
        return None
    lower = _option("learning_rate", config.learning_rate / 3)
    advice = (
        _("Lower the learning rate: {option}.")
        if config.clip_norm
        else _("Lower the learning rate: {option}; set a max gradient norm (--clip 1).")
    )
    return Finding(
        kind=TOO_HIGH,
        text=told,
        advice=advice.format(option=lower),
        settings=("learning_rate",) if config.clip_norm else ("learning_rate", "clip_norm"),
    )


def _unstable(started: Started | None, epochs: Sequence[EpochEnd], config: TrainConfig) -> Finding | None:
    """Whether the validation accuracy fell again and again, by more than so many rows leave to chance."""
    if started is None or not started.validation_rows:
        return None
    falls = [
        (before, after)
        for before, after in pairwise(epochs)
        if before.valid_accuracy - after.valid_accuracy
        > _ERRORS * math.sqrt(before.valid_accuracy * (1 - before.valid_accuracy) / started.validation_rows)
    ]
    if len(falls) < 2:
        return None
    before, after = max(falls, key=lambda fall: fall[0].valid_accuracy - fall[1].valid_accuracy)
    larger = min(2 * config.batch_size, 10_000_000)
    return Finding(
        kind=UNSTABLE,
        text=_(
            "Unstable: the validation accuracy fell {times} times from one epoch to the next, most in epoch {epoch}, "
            "from {before} to {after}."
        ).format(
            times=len(falls),
            epoch=after.epoch,
            before=_percent(before.valid_accuracy),
            after=_percent(after.valid_accuracy),
        ),
        advice=_("Lower the learning rate: {rate}; or take more names per step: {batch}.").format(
            rate=_option("learning_rate", config.learning_rate / 2), batch=_option("batch_size", larger)
        ),
        settings=("learning_rate", "batch_size"),
    )


def _overfitting(epochs: Sequence[EpochEnd], config: TrainConfig) -> Finding | None:
    """Whether the validation loss rose from an epoch on, while the training loss fell."""
    lowest = min(epochs, key=lambda epoch: epoch.valid_loss, default=None)
    if lowest is None or epochs[-1].epoch < lowest.epoch + 2:
        return None
    last = epochs[-1]
    rise = last.valid_loss - lowest.valid_loss
    if rise <= max(_RISE * lowest.valid_loss, _LEAST_RISE) or last.train_loss >= lowest.train_loss:
        return None
    more = min(config.model.dropout + 0.1, 0.95)
    advice = (
        _("More dropout: {dropout}; more weight decay: {decay}; or a smaller network.")
        if config.patience
        else _(
            "More dropout: {dropout}; more weight decay: {decay}; or a smaller network; or stop early: {stop}."
        )
    )
    return Finding(
        kind=OVERFITTING,
        text=_(
            "Overfitting since epoch {epoch}: the validation loss rose from {before} to {after}, while the training "
            "loss fell to {loss}."
        ).format(
            epoch=lowest.epoch,
            before=_loss(lowest.valid_loss),
            after=_loss(last.valid_loss),
            loss=_loss(last.train_loss),
        ),
        advice=advice.format(
            dropout=_option("dropout", round(more, 3)),
            decay=_option("weight_decay", min(max(3 * config.weight_decay, 1e-3), 10.0)),
            stop=_option("patience", 2),
        ),
        settings=("dropout", "weight_decay", *(() if config.patience else ("patience",))),
    )


def _still_improving(epochs: Sequence[EpochEnd], finished: Finished, config: TrainConfig) -> Finding | None:
    """Whether its last epochs were the best, and the validation loss still fell.

    A schedule that ends at a learning rate of 0 flattens the curve, so that one that still falls there tells the more.
    """
    if finished.reason not in ("completed", "stopped") or len(epochs) < 2:
        return None
    last, before = epochs[-1], epochs[-1 - max(round(_LATE * len(epochs)), 1)]
    fell = max(epoch.valid_loss for epoch in epochs) - last.valid_loss
    is_best = last.best and last.valid_loss == min(epoch.valid_loss for epoch in epochs)
    if not is_best or before.valid_loss - last.valid_loss <= _GAIN * fell:
        return None
    longer = min(max(round(1.5 * len(epochs)), len(epochs) + 1), 100_000)
    return Finding(
        kind=IMPROVING,
        text=_(
            "Still improving when it ended: the last epoch, {last}, was the best, and from epoch {epoch} on the "
            "validation loss fell from {before} to {after}."
        ).format(
            last=last.epoch, epoch=before.epoch, before=_loss(before.valid_loss), after=_loss(last.valid_loss)
        ),
        advice=_("Train longer: {option}.").format(option=_option("epochs", max(longer, config.epochs))),
        settings=("epochs",),
    )


def _never_learned(finished: Finished, config: TrainConfig, *, wild: bool) -> Finding | None:
    """The labels of which no validation row and no test row is right.

    :param wild: whether its learning rate is too high as it is.
    """
    rows: dict[str, tuple[int, float]] = {}
    for metrics in (finished.validation, finished.test):
        for score in metrics.per_label:
            support, hits = rows.get(score.label, (0, 0.0))
            rows[score.label] = support + score.support, hits + score.recall * score.support
    labels = sorted(
        (label for label, (support, hits) in rows.items() if support >= _FEWEST and not hits),
        key=lambda label: (-rows[label][0], label),
    )
    if not labels:
        return None
    named = _(", ").join(
        _("{label} (0 of {rows:,})").format(label=label, rows=rows[label][0]) for label in labels[:_LABELS]
    )
    if len(labels) > _LABELS:
        named = _("{these} and {number:,} more").format(these=named, number=len(labels) - _LABELS)
    text = ngettext(
        "A label was never learned, none of the validation and test rows is right: {names}.",
        "{labels:,} labels were never learned, none of the validation and test rows is right: {names}.",
        len(labels),
    ).format(labels=len(labels), names=named)
    if len(labels) > len(rows) / 2:  # then it is not their being rare
        longer, faster = min(2 * config.epochs, 100_000), 3 * config.learning_rate
        ways = {
            "epochs": _("train longer: {option}").format(option=_option("epochs", longer)),
            "learning_rate": _("raise the learning rate: {option}").format(
                option=_option("learning_rate", faster)
            ),
        }
        if wild:
            del ways["learning_rate"]
    else:
        ways = {
            "class_weights": _("weigh rare labels more: --class-weights balanced"),
            "operating_point": _("choose the epoch by macro-F1: --operating-point macro-f1"),
            "": _("add names under them"),
        }
        if config.class_weights == "balanced":
            del ways["class_weights"]
        if config.operating_point == "macro-f1":
            del ways["operating_point"]
    return Finding(
        kind=NEVER_LEARNED,
        text=text,
        advice=_sentence(_("; or ").join(ways.values())),
        settings=tuple(filter(None, ways)),
        labels=tuple(labels),
    )


def _sentence(text: str) -> str:
    """A text with a capital, where its script has some, and a full stop."""
    if text[:1].islower():
        text = f"{text[:1].upper()}{text[1:]}"
    return _("{text}.").format(text=text)


def _option(name: str, value: float) -> str:
    return f"--{option_of(name)} {value_text(float(f'{value:.2g}') if isinstance(value, float) else value)}"


def _loss(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 1e4 else f"{value:.1e}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
