"""The service: what it answers, what it refuses, and that requests are answered together."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from namecls.answers import Prediction
from namecls.inference.prediction import Predictor
from namecls.serving.batches import FEW, Batches, Wish
from namecls.serving.described import METRICS
from namecls.serving.service import Limits, service

JSON = {"content-type": "application/json"}
LINES = {"content-type": "application/x-ndjson"}
NAMES = ["Borski", "Davyan", "日本", ""]


@pytest.fixture(scope="module")
def predictor(trained_run: Path) -> Predictor:
    return Predictor.load(trained_run)


def client_of(predictor: Predictor, limits: Limits | None = None, **options: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(service(predictor, limits, **options))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", trust_env=False)


@pytest.fixture
async def client(predictor: Predictor) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(predictor, Limits(size=2_000, names=20)) as client:
        yield client


async def test_json_is_answered_as_by_the_library(client: httpx.AsyncClient, predictor: Predictor) -> None:
    asked = {"names": NAMES, "k": 2, "coverage": 0.8}
    answer = await client.post("/predict", json=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    expected = [each.to_json() for each in predictor.predict(NAMES, 2, coverage=0.8)]
    assert answer.json() == {"model": predictor.info.name, "predictions": expected}
    assert (await client.post("/predict", json={"names": []})).json()["predictions"] == []
    assert (await client.post("/predict?k=1", json={"names": ["x"], "k": None})).json()["predictions"] == [
        each.to_json() for each in predictor.predict(["x"], None)
    ]


async def test_lines_are_answered_by_lines(client: httpx.AsyncClient, predictor: Predictor) -> None:
    content = '"Borski"\n{"name": "Davyan", "id": 7}\r\n\n"日本"\n'
    answer = await client.post("/predict?k=1", content=content.encode(), headers=LINES)
    assert answer.headers["content-type"] == "application/x-ndjson"
    expected = [each.to_json() for each in predictor.predict(["Borski", "Davyan", "日本"], 1)]
    assert [json.loads(line) for line in answer.text.splitlines()] == expected


@pytest.mark.parametrize(
    ("headers", "content", "status", "says"),
    [
        ({"content-type": "text/plain"}, b"{}", 415, "expected content-type application/json or"),
        (JSON, b"{", 400, "the body: expected JSON, found '{'"),
        (JSON, b"\xff", 400, "expected UTF-8, found other bytes at 0"),
        (JSON, b"[" * 1_999, 400, "expected JSON"),
        (JSON, b"[]", 422, "expected an object"),
        (JSON, b'{"names": "Kim"}', 422, "expected a list of names in names, found 'Kim'"),
        (JSON, b'{"names": [1]}', 422, "name 1: expected a name as text, found 1"),
        (JSON, b'{"names": ["\\ud800"]}', 422, "name 1: expected a name as text"),
        (JSON, b'{"names": ["x"], "n": 3}', 422, "expected names, k, coverage, risk; found 'n'"),
        (JSON, b'{"names": ["x"], "k": "3"}', 422, "k: expected a number, found '3'"),
        (
            JSON,
            b'{"names": ["x"], "k": 0}',
            422,
            "k must be a whole number from 1, or null for all labels, found 0",
        ),
        (JSON, b'{"names": ["x"], "k": 1.5}', 422, "or null for all labels, found 1.5"),
        (JSON, b'{"names": ["x"], "coverage": null}', 422, "coverage: expected a number, found null"),
        (JSON, b'{"names": [true]}', 422, "name 1: expected a name as text, found true"),
        (JSON, b'{"names": ["x"], "coverage": NaN}', 422, "coverage must be from 0.5 to 0.99"),
        (JSON, b'{"names": [' + b'"x",' * 20 + b'"x"]}', 413, "expected at most 20 names, found 21"),
        (JSON, b" " * 2_001, 413, "expected a request of at most 2,000 bytes, found more"),
        (LINES, b'"x"\nx', 400, "line 2: expected JSON, found 'x'"),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_what_it_refuses(
    client: httpx.AsyncClient, headers: dict[str, str], content: bytes, status: int, says: str
) -> None:
    answer = await client.post("/predict", content=content, headers=headers)
    assert answer.status_code == status
    assert says in answer.json()["error"]
    assert f'namecls_requests_total{{status="{status}"}} 1' in (await client.get("/metrics")).text


async def test_it_tells_of_itself(client: httpx.AsyncClient, predictor: Predictor) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok", "model": predictor.info.name}
    await client.post("/predict", json={"names": NAMES})
    told = (await client.get("/metrics")).text
    assert f"namecls_names_total {len(NAMES)}\n" in told
    assert "namecls_batches_total 1\n" in told
    assert "namecls_waiting_names 0\n" in told
    assert all(f"# TYPE {title} {kind}\n" in told for title, kind, _ in METRICS.values())
    described = (await client.get("/openapi.json")).json()
    (schema,) = [
        described["paths"]["/predict"]["post"]["responses"]["200"]["content"]["application/x-ndjson"][
            "schema"
        ]
    ]
    assert list(schema["properties"]) == list(predictor.predict("x").to_json())
    page = await client.get("/docs")
    assert "openapi.json" in page.text
    assert "http" not in page.text.replace("HTTP", "")
    wrong = await client.get("/predict")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert wrong.json() == {"error": "'/predict': expected POST, found GET"}
    nothing = await client.get("/x")
    assert (nothing.status_code, "GET /docs" in nothing.json()["error"]) == (404, True)


async def test_a_page_of_the_web_does_not_reach_it_by_a_name_of_its_own(predictor: Predictor) -> None:
    async with client_of(predictor, hosts=("localhost", "127.0.0.1")) as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/healthz", headers={"host": "127.0.0.1:8000"})).status_code == 200
        for host in (
            "evil.example",
            "localhost@evil.example",
            "localhost.",
            "evil.example:localhost",
            "[::1]",
            "",
        ):
            answer = await client.get("/healthz", headers={"host": host})
            assert answer.status_code == 400
            assert answer.json() == {"error": "expected the host localhost or 127.0.0.1, found another"}


class Held:
    """A predictor that answers when it may, and counts."""

    def __init__(self, predictor: Predictor) -> None:
        self.info, self.labels = predictor.info, predictor.labels
        self.may = threading.Event()
        self.began = threading.Event()
        self.batches: list[list[str]] = []
        self._predictor = predictor

    def predict(self, names: Sequence[str], k: int | None, **options: Any) -> list[Prediction]:
        self.batches.append(list(names))
        self.began.set()
        assert self.may.wait(30)
        return self._predictor.predict(names, k, **options)


async def test_requests_that_come_together_are_answered_together(predictor: Predictor) -> None:
    held = Held(predictor)
    batches = Batches(held, few=0)  # type: ignore[arg-type]
    first = asyncio.create_task(batches.predict(["first"], Wish()))
    await asyncio.to_thread(held.began.wait, 30)
    others = [asyncio.create_task(batches.predict([name, name], Wish())) for name in NAMES]
    alone = asyncio.create_task(batches.predict(["alone"], Wish(k=1)))
    gone = asyncio.create_task(batches.predict(["gone"], Wish()))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    held.may.set()
    found = await asyncio.gather(*others)
    assert [[each.name for each in some] for some in found] == [[name, name] for name in NAMES]
    assert [each.name for each in await first] == ["first"]
    assert len((await alone)[0].ranked) == 1
    assert held.batches == [["first"], [name for name in NAMES for _ in range(2)], ["alone"]]
    assert batches.counted.waiting == 0
    await batches.close()


async def test_who_waits_when_it_closes_is_told() -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow:
        def predict(self, names: list[str], *_asked: object, **_options: object) -> list[object]:
            begun.set()
            go_on.wait(120)
            return [None] * len(names)

    batches = Batches(cast("Predictor", Slow()), few=0)
    waiting = [asyncio.create_task(batches.predict([name], Wish())) for name in ("Kim", "Kowalski")]
    waiting.append(asyncio.create_task(batches.predict(["Sato"], Wish(k=1))))  # a batch of its own
    await asyncio.to_thread(begun.wait, 120)
    await batches.close()
    go_on.set()
    done, pending = await asyncio.wait(waiting, timeout=120)
    assert not pending
    assert all(task.cancelled() for task in done)


async def test_who_asks_too_slowly_is_told_that_it_is_the_asking(predictor: Predictor) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b'{"names": '
        await asyncio.sleep(60)

    async with client_of(predictor, Limits(seconds=0.05)) as client:
        answer = await client.post("/predict", content=slow(), headers=JSON)
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")
    assert "expected the whole request within 0.05 seconds" in answer.json()["error"]


async def test_who_waits_too_long_or_among_too_many_is_told_so(predictor: Predictor) -> None:
    held = Held(predictor)
    async with client_of(held, Limits(seconds=0.05, waiting=FEW + 1)) as client:  # type: ignore[arg-type]
        first = asyncio.create_task(client.post("/predict", json={"names": ["a"] * (FEW + 1)}))
        await asyncio.to_thread(held.began.wait, 30)
        late = await first
        assert (late.status_code, late.headers["retry-after"]) == (503, "1")
        assert "not answered within 0.05 seconds" in late.json()["error"]
        many = await client.post("/predict", json={"names": ["a"] * (FEW + 2)})
        assert many.status_code == 503
        assert "too many names wait" in many.json()["error"]
        held.may.set()
