"""What the service says of itself: OpenAPI, a page of it, and what its metrics mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from namecls import __version__

#: By what it counts: the name of a metric, its kind, and what it is.
METRICS: Mapping[str, tuple[str, str, str]] = {
    "names": ("namecls_names_total", "counter", "Names that were answered."),
    "batches": ("namecls_batches_total", "counter", "Batches in which they were computed."),
    "seconds": ("namecls_compute_seconds_total", "counter", "Seconds of computing."),
    "waiting": ("namecls_waiting_names", "gauge", "Names that wait for their answers."),
}

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>namecls</title>
<style>body{font:16px/1.5 system-ui;max-width:46em;margin:2em auto;padding:0 1em}
pre{background:#8881;padding:1em;overflow:auto}</style>
<h1>namecls</h1>
<p>What all of this takes and gives: <a href="openapi.json">openapi.json</a>.
<h2>POST /predict</h2>
<pre>curl -H 'content-type: application/json' -d '{"names": ["Yamamoto", "Kowalski"], "k": 3}' URL/predict
curl -H 'content-type: application/x-ndjson' --data-binary @names.ndjson 'URL/predict?k=1'</pre>
<p>The lines of NDJSON are texts, or objects with a name; so many lines come back, in their order.
<h2>GET <a href="healthz">/healthz</a>, <a href="metrics">/metrics</a></h2>
<p>Whether it answers; what was done, as Prometheus reads it.
<p>A name is not a nationality: never decide about a person by it.
</html>
"""


def description(labels: Sequence[str], most: int) -> dict[str, Any]:
    """The service in OpenAPI 3.1.

    :param most: names in a request.
    """
    texts = {"type": "array", "items": {"type": "string"}}
    share = {"type": "number", "minimum": 0, "maximum": 1}
    ranked = _object({"label": {"type": "string", "enum": list(labels)}, "probability": share})
    prediction = _object(
        {
            "name": {"type": "string"},
            "ranked": {"type": "array", "items": ranked},
            "status": {"type": "string"},
            "likely": texts,
            "read_as": {"type": "string"},
            "unknown": texts,
            "seen": {"type": "object", "additionalProperties": {"type": "number"}},
            "seen_as": {"type": "string"},
            "family_name": {"type": "string"},
            "population": {"type": "string"},
            "region": {
                "oneOf": [{"type": "null"}, _object({"region": {"type": "string"}, "probability": share})]
            },
        }
    )
    wishes = {
        "k": {
            "type": ["integer", "null"],
            "minimum": 1,
            "default": 3,
            "description": "labels; null: all of them",
        },
        "coverage": {"type": "number", "default": 0.9, "description": "of the set of likely labels"},
        "risk": {
            "type": ["number", "null"],
            "default": None,
            "description": "share of answers that may be wrong",
        },
    }
    asked = {
        "type": "object",
        "required": ["names"],
        "properties": {"names": {**texts, "maxItems": most}, **wishes},
    }
    name = {"oneOf": [{"type": "string"}, {"type": "object", "required": ["name"]}]}
    reasons = {
        400: "no JSON, or no UTF-8",
        408: "came too slowly",
        413: "too large",
        415: "another content-type",
        422: "not what is expected",
        503: "too much to do: try again later",
    }
    error = {"application/json": {"schema": _object({"error": {"type": "string"}})}}
    answer = {
        "description": "the predictions, in the order of the names",
        "content": {
            "application/json": {
                "schema": _object(
                    {"model": {"type": "string"}, "predictions": {"type": "array", "items": prediction}}
                )
            },
            "application/x-ndjson": {"schema": prediction},
        },
    }
    plain = {"200": {"description": "as it is now"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "namecls", "version": __version__, "description": "Labels of names, ranked."},
        "paths": {
            "/predict": {
                "post": {
                    "parameters": [
                        {"name": n, "in": "query", "schema": schema} for n, schema in wishes.items()
                    ],
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {"schema": asked},
                            "application/x-ndjson": {"schema": name},
                        },
                    },
                    "responses": {
                        "200": answer,
                        **{
                            str(status): {"description": why, "content": error}
                            for status, why in reasons.items()
                        },
                    },
                }
            },
            "/healthz": {"get": {"responses": plain}},
            "/metrics": {"get": {"responses": plain}},
        },
    }


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": dict(properties)}
