"""The service under load

`namecls serve` as a process of its own with the shipped model, asked over loopback by clients in this one, each with
the next request as soon as it has its answer: requests of one name, by 1 and by 32 clients, and requests of 1,000
names, by 2. Names are those of the embedded set. Requests a second, how long an answer takes, and how many names are
computed together. Server and clients share the cores.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import time

import numpy as np

from bench.lines import ROOT, Line, Options, short
from namecls.data.table import load_dataset

TOPIC = "service"
#: What is asked: names in a request, clients.
LOADS = ((1, 1), (1, 32), (1000, 2))


def run(options: Options) -> list[Line]:
    names = load_dataset(options.data).names
    process = subprocess.Popen(
        [sys.executable, "-m", "namecls", "serve", "--port", "0"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        told = re.search(r"http://\S+:\d+", process.stderr.readline())
        assert told is not None
        seconds = options.size(1, 10)
        return [
            line
            for size, clients in LOADS
            for line in asyncio.run(_load(told[0], names, size=size, clients=clients, seconds=seconds))
        ]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


class Client:
    """A connection that is kept, with as little between the bytes and the clock as can be."""

    @classmethod
    async def connected(cls, address: str) -> Client:
        self = cls()
        host, port = address.removeprefix("http://").rsplit(":", 1)
        self._reader, self._writer = await asyncio.open_connection(host, int(port))
        return self

    async def ask(self, line: str, content: bytes = b"") -> bytes:
        head = f"{line} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        self._writer.write(f"{head}content-length: {len(content)}\r\n\r\n".encode() + content)
        told = await self._reader.readuntil(b"\r\n\r\n")
        assert told.startswith(b"HTTP/1.1 200"), told
        found = re.search(rb"content-length: (\d+)", told)
        assert found is not None
        return await self._reader.readexactly(int(found[1]))

    def close(self) -> None:
        self._writer.close()


async def _load(address: str, names: list[str], *, size: int, clients: int, seconds: float) -> list[Line]:
    taken: list[float] = []

    async def ask(client: Client, at: int, until: float) -> None:
        while time.perf_counter() < until:
            some = [names[(at + each) % len(names)] for each in range(size)]
            content = json.dumps({"names": some, "k": 3}).encode()
            began = time.perf_counter()
            await client.ask("POST /predict", content)
            taken.append(time.perf_counter() - began)
            at += clients * size

    several = [await Client.connected(address) for _ in range(clients)]
    for length in (seconds / 10, seconds):  # the first is thrown away
        taken.clear()
        before = await _counted(several[0])
        began = time.perf_counter()
        await asyncio.gather(*(ask(each, at * size, began + length) for at, each in enumerate(several)))
        passed = time.perf_counter() - began
        after = await _counted(several[0])
    for each in several:
        each.close()
    half, most = (1000 * np.quantile(taken, share) for share in (0.5, 0.99))
    what = f"{'1 name' if size == 1 else f'{size:,} names'} a request, {clients} at once"
    together = (after["names"] - before["names"]) / max(after["batches"] - before["batches"], 1)
    return [
        Line(
            TOPIC,
            what,
            f"{short(len(taken) / passed)} a second",
            note=f"{short(together)} names computed together",
        ),
        Line(
            TOPIC, f"{what}: an answer takes", f"{short(half)} ms", note=f"99th percentile {short(most)} ms"
        ),
    ]


async def _counted(client: Client) -> dict[str, float]:
    text = (await client.ask("GET /metrics")).decode()
    return {
        name: float(value) for name, value in re.findall(r"^namecls_(\w+)_total (\S+)$", text, re.MULTILINE)
    }
