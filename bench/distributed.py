"""Training on several processes

Names per second of the steps of one process on one thread and on two, and of two processes under `torchrun` with a
thread each, in turns, and of eight where there are cores for twice as many; medians of three stretches in two rounds.
Whole batches of the preset's size, divided between the processes; gloo on loopback.

*A step's sum*: how long two processes take to add up so many bytes, with the leader's word before it; the least of the
rounds. A straight line through the least and the largest size, and no other, gives the time of a step that adds next to
nothing, and the time per megabyte: an outlier at either end changes both. The sizes between are told, not fitted.

*Reckoned* is how many times the names per second of one process there would be with more, of parts that are measured on
one: the time of the processor to the gradients of the part of a batch that one process has, all others left out, and
that of the update (clipping, optimizer) for a whole one; bytes of dense gradients, and of the rows of n-gram tables
that a part reaches. The formula and what it takes for granted stand in docs/distributed.md. Where there is a GPU, its
parts are measured as well; sums over its links are not.
"""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import dataclass
from typing import Any

from bench.child import run_python
from bench.distributed_child import WIDE
from bench.lines import Line, Options, Table, short, spread
from namecls.config import core_count
from namecls.errors import ConfigError
from namecls.nn.devices import choose_device

TOPIC = "training on several"
SIZES = (4096, 2**16, 2**20, 2**22, 2**24, 2**25)  # bytes
COUNTS = (2, 8, 64)  # processes
#: Networks, how many times the batch of the preset, and the steps of a measurement.
CASES = (("default", 1, 60), ("default", 16, 4), (WIDE, 1, 1), (WIDE, 4, 1))
#: Bytes a second each way between two processes, beside those measured on loopback.
LINKS = {"10 Gbit/s": 1.25e9, "100 Gbit/s": 12.5e9}


@dataclass(frozen=True)
class Link:
    """What lies between processes: seconds for a message, and bytes a second."""

    hop: float
    pace: float

    def seconds(self, count: int, dense: float, rows: float) -> float:
        """The time to add up, among so many processes: a ring for what is dense, and every other's rows."""
        hops = math.log2(count) + 2 * (count - 1) + (2 * (count - 1) if rows else 0)
        given = 2 * (count - 1) / count * dense + (count - 1) * rows
        return hops * self.hop + given / self.pace


def run(options: Options) -> list[Line | Table]:
    lines: list[Line | Table] = []
    cases = CASES[: options.size(1, len(CASES))]
    found: dict[str, dict[tuple[int, int], list[float]]] = {}
    link = measured_link(options, lines)
    several = [count for count in COUNTS if count <= max(2, core_count() // 2)]
    for network, times, steps in cases:
        if times > 1:
            continue
        paces: dict[tuple[int, int], list[float]] = {
            way: [] for way in ((1, 1), (1, 2), *((count, 1) for count in several))
        }
        for _ in range(options.size(1, 2)):
            for (count, threads), pace in paces.items():
                asked = {"what": "pace", "network": network, "steps": options.size(2, steps)}
                pace += asked_of(options, count, threads=threads, **asked)
        found[network] = paces
        for (count, threads), pace in paces.items():
            on = f"{count} process{'es' * (count > 1)}, {threads} thread{'s' * (threads > 1)}{' each' * (count > 1)}"
            ratio = statistics.median(pace) / statistics.median(paces[1, 1])
            note = f"{short(ratio)} times one thread of one process" if (count, threads) != (1, 1) else ""
            lines.append(Line(TOPIC, f"{network}: {on}", f"{spread(pace)} names/s", note=note))
    rows: list[tuple[str, ...]] = []
    for device in ("cpu", *_gpus()):
        for network, times, steps in cases:
            parts = asked_of(
                *(options, 1),
                what="parts",
                network=network,
                times=times,
                steps=options.size(2, steps),
                apart=[1, *COUNTS],
                device=device,
            )
            paces = found[network] if device == "cpu" and times == 1 else {}
            rows += reckoned(network, device, {int(n): p for n, p in parts.items()}, link, paces)
    title = "reckoned: times the names/s of one process"
    heading = ("network, names a batch, device", "processes", "ms gradients + update", "MB dense + rows")
    lines.append(Table(title, ((*heading, "loopback", *LINKS, "measured"), *rows)))
    return lines


def measured_link(options: Options, lines: list[Line | Table]) -> Link:
    """What adding up costs two processes of this machine."""
    took: dict[int, float] = {}
    for _ in range(options.size(1, 3)):
        for size, seconds in asked_of(options, 2, what="sums", sizes=list(SIZES)).items():
            took[int(size)] = min(took.get(int(size), math.inf), float(seconds))
    for size, seconds in took.items():
        what = f"a step's sum of {short(size / 2**20)} MiB, two processes"
        lines.append(Line(TOPIC, what, f"{short(1e3 * seconds)} ms"))
    least, most = min(took), max(took)
    per_byte = (took[most] - took[least]) / (most - least)
    figure = f"{short(1e3 * took[least])} ms + {short(1e9 * per_byte)} ms per MB"
    lines.append(Line(TOPIC, "a step's sum, two processes of this machine, by gloo", figure))
    return Link(took[least] / 3, 1 / per_byte)  # a word, and two messages of the ring


def reckoned(
    network: str,
    device: str,
    parts: dict[int, dict[str, float]],
    link: Link,
    paces: dict[tuple[int, int], list[float]],
) -> list[tuple[str, ...]]:
    """A row for each number of processes."""
    update = parts[1]["update"]
    alone = parts[1]["gradients"] + update
    batch = f"{network}, {int(parts[1]['names']):,}, {device}"
    rows = []
    for count in COUNTS:
        one = parts[count]
        links = [link, *(Link(link.hop, pace) for pace in LINKS.values())]
        worth = [
            alone / (one["gradients"] + update + each.seconds(count, one["dense"], one["rows"]))
            for each in links
        ]
        seen = ""
        if (count, 1) in paces:
            seen = short(statistics.median(paces[count, 1]) / statistics.median(paces[1, 1]))
        compute = f"{short(1e3 * one['gradients'])} + {short(1e3 * update)}"
        size = f"{short(one['dense'] / 1e6)} + {short(one['rows'] / 1e6)}"
        rows.append((batch, str(count), compute, size, *map(short, worth), seen))
    return rows


def asked_of(options: Options, count: int, **asked: Any) -> Any:
    """What `bench/distributed_child.py` finds, with so many processes."""
    given = {
        "data": str(options.data or ""),
        "hidden": options.size(32, 512),
        "threads": 1,
        "times": 1,
        "device": "cpu",
        **asked,
    }
    launcher = (
        ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)] if count > 1 else []
    )
    words = [*launcher, "-m", "bench.distributed_child", json.dumps(given)]
    told = run_python(*words, threads=given["threads"]).output
    return json.loads(next(line for line in reversed(told.splitlines()) if line[:1] in ("{", "[")))


def _gpus() -> list[str]:
    try:
        return [choose_device("cuda").type]
    except ConfigError:
        return []
