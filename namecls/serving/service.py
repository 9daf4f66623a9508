"""The service: an ASGI application that answers names; the extra `serve`.

POST /predict       {"names": ["Yamamoto"], "k": 3}, or a name or an object a line (application/x-ndjson)
GET  /healthz       whether it answers, and which model
GET  /metrics       what was done, as Prometheus reads it
GET  /openapi.json  what all of these take and give; /docs shows it
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from namecls.errors import ConfigError, DataError, NameclsError, shown
from namecls.extras import needed
from namecls.inference.prediction import Predictor
from namecls.language import english
from namecls.serving.batches import Batches, Wish
from namecls.serving.described import METRICS, PAGE, description
from namecls.text import json_text

_FORMS = ("application/json", "application/x-ndjson")
#: What JSON may hold and no text can.
_HALF = re.compile("[\ud800-\udfff]")
_WISHES = ("k", "coverage", "risk")
#: What goes with a refusal: a request that did not come to its end can't be followed by another.
_HEADERS: Mapping[int, Mapping[str, str]] = {408: {"connection": "close"}, 503: {"retry-after": "1"}}
#: A host as a request calls it, and perhaps a port.
_HOST = re.compile(rb"(\[[0-9a-f:.]+\]|[^:/@\[\]]+)(?::[0-9]+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may take.

    :param size: bytes of it.
    :param names: in it.
    :param seconds: until it is answered.
    :param waiting: names of all requests that are not answered yet.
    """

    size: int = 2**20
    names: int = 10_000
    seconds: float = 30.0
    waiting: int = 100_000


class Refused(Exception):  # noqa: N818 - it says what is the matter
    """A request that is not answered."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def service(predictor: Predictor, limits: Limits | None = None, *, hosts: Sequence[str] = ("*",)) -> Any:
    """The application.

    :param hosts: that a request may call it by; others are refused, so that no page of the web reaches it by a name of
        its own.
    :raises ConfigError: if the extra is not installed.
    """
    return _Service(predictor, limits or Limits()).application(hosts)


class _KnownHosts:
    """Refuses requests that call the service by another name."""

    def __init__(self, app: Any, hosts: Sequence[str], refuse: Callable[[int, str], Any]) -> None:
        self._app, self._hosts, self._refuse = app, hosts, refuse

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if "*" not in self._hosts and scope["type"] != "lifespan":
            called = [value for name, value in scope["headers"] if name == b"host"]
            host = _HOST.fullmatch(called[0]) if len(called) == 1 else None
            if host is None or host[1].decode("latin-1").lower() not in self._hosts:
                why = f"expected the host {' or '.join(self._hosts)}, found another"
                await self._refuse(400, why)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class _Service:
    def __init__(self, predictor: Predictor, limits: Limits) -> None:
        self._starlette: Any = needed("starlette.applications", "serve")
        self._responses: Any = needed("starlette.responses", "serve")
        self._predictor = predictor
        self._limits = limits
        self._batches = Batches(predictor)
        self._requests: Counter[int] = Counter()

    def application(self, hosts: Sequence[str]) -> Any:
        route = needed("starlette.routing", "serve").Route
        middleware = needed("starlette.middleware", "serve").Middleware(
            _KnownHosts, hosts=hosts, refuse=self._refuse
        )
        not_found = needed("starlette.exceptions", "serve").HTTPException

        @asynccontextmanager
        async def lifespan(_: Any) -> AsyncIterator[None]:
            yield
            await self._batches.close()

        return self._starlette.Starlette(
            routes=[
                route("/predict", self._predict, methods=["POST"]),
                route("/healthz", self._health),
                route("/metrics", self._metrics),
                route("/openapi.json", self._description),
                route("/docs", self._page),
            ],
            middleware=[middleware],
            exception_handlers={not_found: self._not_found},
            lifespan=lifespan,
        )

    async def _predict(self, request: Any) -> Any:
        until = asyncio.get_running_loop().time() + self._limits.seconds
        try:
            form, content = await self._read(request, until)
            async with asyncio.timeout_at(until):
                names, wish = _asked(form, content, request.query_params)
                self._check(names)
                found = await self._batches.predict(names, wish) if names else []
        except Refused as refused:
            return self._refuse(refused.status, str(refused))
        except (ConfigError, DataError) as error:
            return self._refuse(422, str(error))
        except NameclsError as error:
            return self._refuse(500, str(error))
        except TimeoutError:
            return self._refuse(503, f"not answered within {self._limits.seconds:g} seconds; try again later")
        self._requests[200] += 1
        if form == _FORMS[1]:
            lines = "".join(f"{json_text(each.to_json(), indent=None)}\n" for each in found)
            return self._responses.Response(lines, media_type=form)
        answer = {"model": self._predictor.info.name, "predictions": [each.to_json() for each in found]}
        return self._responses.Response(json_text(answer, indent=None), media_type=form)

    async def _not_found(self, request: Any, error: Any) -> Any:
        where, method = shown(request.url.path), request.method
        why = {
            404: f"{where}: there is nothing here; GET /docs tells what there is",
            405: f"{where}: expected {(error.headers or {}).get('Allow', 'another method')}, found {method}",
        }
        return self._refuse(error.status_code, why.get(error.status_code, error.detail), error.headers)

    async def _read(self, request: Any, until: float) -> tuple[str, bytes]:
        form = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if form not in _FORMS:
            raise Refused(415, f"expected content-type {' or '.join(_FORMS)}, found {shown(form)}")
        content = bytearray()
        try:
            async with asyncio.timeout_at(until):
                async for piece in request.stream():
                    content += piece
                    if len(content) > self._limits.size:
                        raise Refused(
                            413, f"expected a request of at most {self._limits.size:,} bytes, found more"
                        )
        except TimeoutError:
            why = f"expected the whole request within {self._limits.seconds:g} seconds, found a part of it"
            raise Refused(408, why) from None
        return form, bytes(content)

    def _check(self, names: Sequence[str]) -> None:
        if len(names) > self._limits.names:
            raise Refused(413, f"expected at most {self._limits.names:,} names, found {len(names):,}")
        if self._batches.counted.waiting + len(names) > self._limits.waiting:
            raise Refused(503, "too many names wait for answers; try again later")

    def _refuse(self, status: int, why: str, headers: Mapping[str, str] | None = None) -> Any:
        self._requests[status] += 1
        headers = {**(headers or {}), **_HEADERS.get(status, {})}
        content = json_text({"error": english(why)}, indent=None)
        return self._responses.Response(content, status, media_type=_FORMS[0], headers=headers)

    async def _health(self, _: Any) -> Any:
        return self._responses.JSONResponse({"status": "ok", "model": self._predictor.info.name})

    async def _metrics(self, _: Any) -> Any:
        counted = self._batches.counted
        values: Mapping[str, float] = {
            "names": counted.names,
            "batches": counted.batches,
            "seconds": counted.seconds,
            "waiting": counted.waiting,
        }
        lines = ["# TYPE namecls_requests_total counter"]
        lines += [
            f'namecls_requests_total{{status="{status}"}} {n}' for status, n in sorted(self._requests.items())
        ]
        for name, (title, kind, said) in METRICS.items():
            lines += [f"# HELP {title} {said}", f"# TYPE {title} {kind}", f"{title} {values[name]:.10g}"]
        return self._responses.PlainTextResponse("\n".join(lines) + "\n")

    async def _description(self, _: Any) -> Any:
        return self._responses.JSONResponse(description(self._predictor.labels, self._limits.names))

    async def _page(self, _: Any) -> Any:
        policy = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return self._responses.HTMLResponse(PAGE, headers=policy)


def _asked(form: str, content: bytes, query: Mapping[str, str]) -> tuple[list[str], Wish]:
    """The names of a request, and what is wished for."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise Refused(400, f"expected UTF-8, found other bytes at {error.start:,}") from None
    wishes = {name: _json(value, f"?{name}") for name, value in query.items()}
    if form == _FORMS[1]:
        lines = [line for line in text.split("\n") if line.strip()]
        names = [_name(_json(line, f"line {at}"), f"line {at}") for at, line in enumerate(lines, 1)]
        return names, _wish(wishes)
    body = _json(text, "the body")
    if not isinstance(body, dict):
        raise Refused(422, f'expected an object such as {{"names": ["Kim"]}}, found {_told(body)}')
    listed = body.pop("names", None)
    if not isinstance(listed, list):
        raise Refused(422, f"expected a list of names in names, found {_told(listed)}")
    return [_name(each, f"name {at}") for at, each in enumerate(listed, 1)], _wish({**wishes, **body})


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(400, f"{where}: expected JSON, found {shown(text[:80])}") from None


def _name(value: Any, where: str) -> str:
    """A name, which may stand in an object."""
    name = value.get("name") if isinstance(value, dict) else value
    if not isinstance(name, str) or _HALF.search(name):
        raise Refused(422, f"{where}: expected a name as text, found {_told(value)}")
    return name


def _wish(values: Mapping[str, Any]) -> Wish:
    if unknown := sorted(set(values) - set(_WISHES)):
        raise Refused(422, f"expected names, {', '.join(_WISHES)}; found {shown(unknown[0])}")
    for name, value in values.items():
        if value is None and name != "coverage":
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refused(422, f"{name}: expected a number, found {_told(value)}")
        if name == "k" and not (isinstance(value, int) and value >= 1):
            raise Refused(
                422, f"k must be a whole number from 1, or null for all labels, found {_told(value)}"
            )
    return Wish(**values)


def _told(value: Any) -> str:
    """A wrong value for an error message, as JSON has it where that is short."""
    return json.dumps(value) if value is None or isinstance(value, bool) else shown(value)
