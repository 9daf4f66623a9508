"""CPU and GPU

Training and many names on a GPU, beside the same on all cores of the CPU of the same machine, in one run. Only where
there is a GPU (CUDA, or MPS of Apple); elsewhere the line says that there is none.

*Steps* are names per second from the first report of an epoch to its last, the median of the epochs in some twenty
seconds; the first epoch warms up. *Large* is an LSTM of two layers with 512 units a direction, in batches of 512.
*With bf16* is the same network under `torch.autocast`: the seconds of its steps alone, forward, backward and optimizer,
against those without, in turns; namecls trains in single precision, and this line says what mixed precision would gain.
*Many names* is `Predictor.predict` of the shipped model. *Test accuracy* is of the preset `fast`, trained whole from
three seeds on each.
"""

from __future__ import annotations

import contextlib
import dataclasses
import statistics
import time
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from bench.lines import Line, Options, short, spread
from namecls.config import PRESETS, TrainConfig
from namecls.data.split import Splits
from namecls.data.table import load_dataset
from namecls.errors import ConfigError
from namecls.events import EpochEnd, Finished, Progress
from namecls.inference.prediction import Predictor
from namecls.nn.devices import choose_device
from namecls.runs.run import Run
from namecls.training.learner import Learner
from namecls.training.loop import train
from namecls.training.protocol import prepare, split_by_config

TOPIC = "CPU and GPU"
SECONDS = 20.0


def run(options: Options) -> list[Line]:
    try:
        device = choose_device(next(d for d in ("cuda", "mps") if _is_here(d)))
    except StopIteration:
        return [Line(TOPIC, "a GPU", "none here")]
    card = torch.cuda.get_device_name(device) if device.type == "cuda" else "Apple GPU"
    table = load_dataset(options.data)
    config = PRESETS["default"].config
    splits = split_by_config(config, table)
    large = dataclasses.replace(
        config,
        batch_size=512,
        model=dataclasses.replace(config.model, network="lstm", layers=2, hidden_size=options.size(32, 512)),
    )
    lines = []
    for what, each in (("default", config), ("large", large)):
        for where in ("cpu", device.type):
            found = steps(
                dataclasses.replace(each, device=where), splits, options, f"{what}-{where}-{len(lines)}"
            )
            lines.append(
                Line(
                    TOPIC,
                    f"training, {what}, {card if where != 'cpu' else 'CPU'}: steps",
                    f"{spread(found)} names/s",
                )
            )
        lines.append(mixed(dataclasses.replace(each, device=device.type), splits, what, options))
    names = list(table.names) * options.size(1, 5)
    for where in ("cpu", device.type):
        predictor = Predictor.load(device=where)
        predictor.predict(names[:2000])
        began = time.perf_counter()
        predictor.predict(names)
        pace = len(names) / (time.perf_counter() - began)
        lines.append(
            Line(TOPIC, f"many names, {card if where != 'cpu' else 'CPU'}", f"{short(pace)} names/s")
        )
    for where in ("cpu", device.type):
        seeds = range(options.size(1, 3))
        found = [accuracy(where, seed, splits, options) for seed in seeds]
        lines.append(
            Line(
                TOPIC,
                f"test accuracy, fast, {where}, seed by seed",
                ", ".join(f"{100 * f:.2f} %" for f in found),
            )
        )
    return lines


def _is_here(name: str) -> bool:
    with contextlib.suppress(ConfigError):
        return bool(choose_device(name))
    return False


def steps(config: TrainConfig, splits: Splits, options: Options, name: str) -> list[float]:
    """Names per second of the steps of each epoch but the first."""
    config = dataclasses.replace(
        config, epochs=options.size(2, 20), patience=0, refit=False, report_every=2000
    )
    paces: list[float] = []
    first: tuple[float, int] | None = None
    last, began = first, time.perf_counter()
    with contextlib.closing(train(config, splits, Run.create(options.work, config, name))) as events:
        for event in events:
            if isinstance(event, Progress):
                now = (time.perf_counter(), event.names)
                first, last = first or now, now
            elif isinstance(event, EpochEnd):
                if first and last and last[0] > first[0]:
                    paces.append((last[1] - first[1]) / (last[0] - first[0]))
                first = last = None
                if event.epoch == config.epochs or (len(paces) > 1 and time.perf_counter() - began > SECONDS):
                    break
    return paces[1:] or paces


def mixed(config: TrainConfig, splits: Splits, what: str, options: Options) -> Line:
    """How much sooner a step is in mixed precision."""
    learner = Learner(config, prepare(config, splits), choose_device(config.device))
    batches = learner.sampler.batches()[: options.size(3, 60)]
    ratios = []
    for _ in range(options.size(1, 4)):
        took = [_timed(learner, batches, half) for half in (False, True)]
        ratios.append(took[0] / took[1])
    return Line(
        TOPIC,
        f"training, {what}: a step in single precision / with bf16",
        f"{short(statistics.median(ratios[1:] or ratios))} times",
    )


def _timed(learner: Learner, batches: Sequence[NDArray[np.int64]], half: bool) -> float:
    wait = torch.cuda.synchronize if learner.device.type == "cuda" else torch.mps.synchronize
    wait()
    began = time.perf_counter()
    for indices in batches:
        batch = learner.train_set.batch(torch.from_numpy(indices)).to(learner.device)
        learner.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(learner.device.type, torch.bfloat16, enabled=half):
            answers = learner.model.answers(batch.ids, batch.lengths)
            loss = torch.stack([F.cross_entropy(logits, batch.labels) for logits in answers]).sum()
        loss.backward()  # type: ignore[no-untyped-call]
        learner.optimizer.step()
    wait()
    return time.perf_counter() - began


def accuracy(device: str, seed: int, splits: Splits, options: Options) -> float:
    config = dataclasses.replace(PRESETS["fast"].config, device=device, seed=seed)
    if options.quick:
        config = dataclasses.replace(config, epochs=1)
    *_, last = train(config, splits, Run.create(options.work, config, f"fast-{device}-{seed}"))
    assert isinstance(last, Finished)
    return last.test.accuracy
