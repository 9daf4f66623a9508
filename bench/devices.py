"""CPU and GPU

Training and many names on a GPU, beside the same on all cores of the CPU of the same machine, in one run. Only where
there is a GPU (CUDA, or MPS of Apple); elsewhere the line says that there is none.

*Training* is names per second between two reports of `train()`, over some seconds after it warmed up. *Large* is an
LSTM of two layers with 512 units a direction, in batches of 512. *With bf16* is the same under `torch.autocast`:
the seconds of its steps alone, forward, backward and optimizer, against those without, in turns; namecls trains in
single precision, and this line says what mixed precision would gain. *Many names* is the ranking of all embedded names,
five times, by the shipped model. *Test accuracy* is of the preset `fast`, trained whole from three seeds on each.
"""

from __future__ import annotations

import contextlib
import dataclasses
import statistics
import time
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from bench.lines import Line, Options, short
from namecls.config import PRESETS, TrainConfig, core_count
from namecls.data.split import Splits
from namecls.data.table import load_dataset
from namecls.errors import ConfigError
from namecls.events import Finished, Progress
from namecls.inference.prediction import Predictor
from namecls.inference.ranker import Ranker
from namecls.nn.devices import choose_device
from namecls.runs.run import Run
from namecls.training.learner import Learner
from namecls.training.loop import train
from namecls.training.protocol import prepare, split_by_config

TOPIC = "CPU and GPU"
SEEDS = 3


def run(options: Options) -> list[Line]:
    here = [name for name in ("cuda", "mps") if _is_here(name)]
    return list(lines(here[0], options)) if here else [Line(TOPIC, "a GPU", "none here")]


def lines(device: str, options: Options) -> Iterator[Line]:
    card = torch.cuda.get_device_name(device) if device == "cuda" else "Apple GPU"
    cards = {"cpu": f"CPU, {core_count()} cores", device: card}
    table = load_dataset(options.data)
    config = PRESETS["default"].config
    splits = split_by_config(config, table)
    size = options.size(32, 512)
    large = dataclasses.replace(
        config,
        batch_size=512,
        model=dataclasses.replace(config.model, network="lstm", layers=2, hidden_size=size),
    )
    for what, each in (("default", config), ("large", large)):
        for where, title in cards.items():
            pace = steps(dataclasses.replace(each, device=where), splits, options, f"{what}-{where}")
            yield Line(TOPIC, f"training, {what}, {title}", f"{short(pace)} names/s")
        yield mixed(dataclasses.replace(each, device=device), splits, what, options)
    for where, title in cards.items():
        pace = ranked(where, list(table.names) * options.size(1, 5))
        yield Line(TOPIC, f"many names, {title}", f"{short(pace)} names/s")
    for where, title in cards.items():
        found = [accuracy(where, seed, splits, options) for seed in range(options.size(1, SEEDS))]
        told = ", ".join(f"{100 * share:.2f} %" for share in found)
        yield Line(TOPIC, f"test accuracy, fast, {title}, seed by seed", told)


def ranked(device: str, names: list[str]) -> float:
    """Names per second of the shipped model."""
    predictor = Predictor.load(device=device)
    for some in (names[:2000], names):  # the first ones warm up
        began = time.perf_counter()
        with Ranker(predictor, 3) as ranker:
            for _ in ranker.start(some)():
                pass
    return len(names) / (time.perf_counter() - began)


def _is_here(name: str) -> bool:
    with contextlib.suppress(ConfigError):
        return bool(choose_device(name))
    return False


def steps(config: TrainConfig, splits: Splits, options: Options, name: str) -> float:
    """Names per second between the reports of an epoch, after some seconds of warming up."""
    config = dataclasses.replace(config, epochs=100, patience=0, refit=False, report_every=2000)
    warm, wanted = options.size(0, 3), options.size(1, 8)
    names, seconds, began = 0, 0.0, time.perf_counter()
    before: tuple[float, int] | None = None
    with contextlib.closing(train(config, splits, Run.create(options.work, config, name))) as events:
        for event in events:
            now = time.perf_counter()
            if isinstance(event, Progress):
                if before is not None and now - began > warm:
                    seconds, names = seconds + now - before[0], names + event.names - before[1]
                before = (now, event.names)
            else:
                before = None
            if seconds > wanted:
                break
    return names / seconds


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
