"""One of the processes of `bench/distributed.py`: steps of a network, their parts, or sums alone; figures as JSON."""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import torch

from namecls.cli.several import are_several
from namecls.config import PRESETS, TrainConfig
from namecls.data.batching import Batch
from namecls.data.table import load_dataset
from namecls.nn.devices import choose_device
from namecls.nn.fused import use_threads
from namecls.training.distributed import ALONE, Group, Processes, Word, joined
from namecls.training.learner import Learner, thread_count
from namecls.training.protocol import prepare
from namecls.training.worker import hand_over, serve

WIDE = "LSTM 2 x 512"
WARM = 2  # steps that are not counted
STRETCHES = 3


def config_of(asked: dict[str, Any]) -> TrainConfig:
    """The preset of that name, or, as `bench/devices.py` has it, an LSTM of two layers with 512 units a direction."""
    values: dict[str, Any] = {"threads": asked["threads"], "device": asked["device"]}
    if asked["network"] == WIDE:
        values |= {"network": "lstm", "layers": 2, "hidden_size": asked["hidden"], "batch_size": 512}
    config = PRESETS[asked["network"] if asked["network"] in PRESETS else "default"].config
    config = config.changed(values)
    return config.changed({"batch_size": config.batch_size * asked["times"]})


class Apart(Group):
    """The first of so many processes, the others left out: it takes its part, and finds the sums at once."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size


def main(asked: dict[str, Any]) -> None:
    """Do what is asked, and print what was found."""
    if not are_several():
        print(json.dumps(measured(asked, ALONE)))
        return
    with joined() as group:
        if group.rank:
            serve(group) if asked["what"] != "sums" else sums(asked["sizes"], group)
        else:
            print(
                json.dumps(sums(asked["sizes"], group) if asked["what"] == "sums" else measured(asked, group))
            )


def measured(asked: dict[str, Any], group: Group) -> Any:
    """Names per second of steps; or of each number of processes in `apart` the parts of a step."""
    learner = learner_of(asked, group)
    if asked["what"] == "pace":
        hand_over(learner)
        return pace(learner, asked["steps"])
    return {size: parts(learner, Apart(size), asked["steps"]) for size in asked["apart"]}


def learner_of(asked: dict[str, Any], group: Group) -> Learner:
    config = config_of(asked)
    use_threads(thread_count(config, group))
    prepared = prepare(config, load_dataset(Path(asked["data"]) if asked["data"] else None))
    torch.manual_seed(0)
    learner = Learner(config, prepared, choose_device(config.device), group)
    learner.model.train()
    return learner


def pace(learner: Learner, steps: int) -> list[float]:
    """Names per second of whole batches, in each of some stretches of so many steps."""
    whole = [b for b in learner.sampler.batches() if len(b) == learner.config.batch_size]
    for indices in whole[:WARM]:
        learner.step(torch.from_numpy(indices))
    paces = []
    for _ in range(STRETCHES):
        began = time.perf_counter()
        for indices in whole[WARM : WARM + steps]:
            learner.step(torch.from_numpy(indices))
        names = len(whole[WARM : WARM + steps]) * learner.config.batch_size
        paces.append(names / (time.perf_counter() - began))
    return paces


def parts(learner: Learner, group: Group, steps: int) -> dict[str, float]:
    """Seconds until one of so many processes has its gradients, and from there to the next step; bytes to add up.

    On the CPU they are seconds of the processor, on one thread: what else the machine does is not counted.

    :return: medians: "gradients", "update"; "dense" and "rows" in bytes.
    """
    learner.group = group
    found: list[tuple[float, float, float]] = []
    whole = [b for b in learner.sampler.batches() if len(b) == learner.config.batch_size]
    at, given = 0.0, 0.0
    clock = time.perf_counter if learner.device.type == "cuda" else time.process_time

    def look(_batch: Batch) -> None:
        nonlocal at, given
        at = clock()
        given = sum(
            table.grad._nnz() * (4 + 4 * table.shape[1]) for table in learner.tables if table.grad is not None
        )

    learner.look = look
    for indices in whole[: WARM + steps]:
        began = clock()
        learner.step(torch.from_numpy(indices))
        if learner.device.type == "cuda":
            torch.cuda.synchronize()
        found.append((at - began, clock() - at, given))
    learner.look = None
    gradients, update, rows = (statistics.median(column) for column in zip(*found[WARM:], strict=True))
    tables = {id(table) for table in learner.tables}
    dense = sum(4 * p.numel() for p in learner.model.parameters() if id(p) not in tables)
    names = learner.config.batch_size
    return {"names": names, "gradients": gradients, "update": update, "dense": dense, "rows": rows}


def sums(sizes: list[int], group: Processes) -> dict[int, float]:
    """Seconds of a step that only adds up so many bytes: the leader's word, and the sum."""
    took = {}
    for size in sizes:
        values, tries = torch.zeros(size // 4), 200 if size < 2**20 else 20
        for number in range(-WARM, tries):
            if not number:
                began = time.perf_counter()
            while group.rank and group.heard()[0] is not Word.STEP:
                pass
            with group.turn(Word.STEP):
                group.add(values)
        took[size] = (time.perf_counter() - began) / tries
    return took


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
