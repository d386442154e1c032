"""What all exchanges share: ids, headers, admission, timing and the access log."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import falcon
import pytest
from falcon.testing import TestClient

from medallion_api import problems
from medallion_api.middleware.access import Gate
from medallion_api.middleware.exchange import (
    LONGEST_URL,
    Exchange,
    ExchangeMiddleware,
    stage,
)
from medallion_api.middleware.metrics import Metrics

KEYS = {"ann": sha256(b"secret key").hexdigest()}


class Echo:
    def on_get(self, req: falcon.Request, resp: falcon.Response, **_: str) -> None:
        with stage(req, "store"):
            resp.text = "answer"
        resp.set_header("Vary", "Accept")

    on_options = on_get


def exchange(*origins: str, keys: dict[str, str] | None = None) -> Exchange:
    return Exchange(Gate(keys or {}, None, ""), Metrics(), origins)


def client(exchange: Exchange) -> TestClient:
    app: Any = falcon.App(middleware=[ExchangeMiddleware(exchange)])
    problems.install(app)
    for path in ("/", "/health", "/things/{name}"):
        app.add_route(path, Echo())
    return TestClient(app)


@pytest.mark.parametrize("ident", ["a", "A-1_b.c", "x" * 64])
def test_a_harmless_request_id_is_kept(ident: str) -> None:
    assert exchange().ident(ident) == ident


@pytest.mark.parametrize("ident", [None, "", "x" * 65, "a b", "é", "a\n", '{"a"}'])
def test_any_other_request_id_is_replaced_by_a_new_one(ident: str | None) -> None:
    parts = exchange()
    first, second = parts.ident(ident), parts.ident(ident)
    assert first != second
    assert ident not in (first, second)
    assert parts.ident(first) == first


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        ((), "https://a.example", None),
        (("https://a.example",), "https://a.example", "https://a.example"),
        (("https://a.example",), "https://b.example", None),
        (("*",), "https://b.example", "https://b.example"),
        (("*",), None, None),
    ],
)
def test_pages_of_declared_origins_may_read_answers(
    origins: tuple[str, ...], origin: str | None, allowed: str | None
) -> None:
    headers = exchange(*origins).headers("one", origin)
    values = dict(headers)
    assert values["X-Request-Id"] == "one"
    assert values["X-Content-Type-Options"] == "nosniff"
    assert values.get("Access-Control-Allow-Origin") == allowed
    assert ("Access-Control-Expose-Headers" in values) is (allowed is not None)
    assert (values.get("Vary") == "Origin") is bool(origins)
    raw = exchange(*origins).raw_headers("one", origin)
    assert raw == tuple((name.lower().encode(), value.encode()) for name, value in headers)


def test_every_answer_has_the_time_of_its_stages_and_keeps_its_own_vary() -> None:
    result = client(exchange("*")).simulate_get("/", headers={"X-Request-Id": "mine"})
    assert result.headers["X-Request-Id"] == "mine"
    assert result.headers["Vary"] == "Accept, Origin"
    names = [part.partition(";dur=")[0] for part in result.headers["Server-Timing"].split(", ")]
    assert names == ["store", "total"]


def test_a_url_has_a_length_limit() -> None:
    api = client(exchange())
    query = "?" + "a" * (LONGEST_URL - 1)
    assert api.simulate_get("/" + query).status_code == 200
    assert api.simulate_get("/" + query + "a").status_code == 414


def test_a_key_is_required_but_for_probes_and_preflight_requests() -> None:
    api = client(exchange("https://a.example", keys=KEYS))
    assert api.simulate_get("/").status_code == 401
    assert api.simulate_get("/", headers={"X-API-Key": "secret key"}).status_code == 200
    assert api.simulate_get("/health").status_code == 200
    preflight = {"Access-Control-Request-Method": "GET", "Origin": "https://a.example"}
    result = api.simulate_options("/", headers=preflight)
    assert result.status_code == 200
    assert result.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "X-API-Key" in result.headers["Access-Control-Allow-Headers"]
    assert api.simulate_options("/", headers={"Origin": "https://a.example"}).status_code == 401


def test_the_access_log_has_the_client_and_the_metrics_have_the_route(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "medallion_api.access")
    metrics = Metrics()
    api = client(Exchange(Gate(KEYS, None, ""), metrics, ()))
    api.simulate_get("/things/Zoë?a=1", headers={"X-API-Key": "secret key", "X-Request-Id": "i"})
    (record,) = (each for each in caplog.records if each.name == "medallion_api.access")
    line = json.loads(record.getMessage())
    assert line.pop("ms") >= 0
    assert line == {
        "method": "GET",
        "target": "/things/Zoë?a=1",
        "status": 200,
        "id": "i",
        "who": "ann",
    }
    text = metrics.text().decode()
    assert 'endpoint="/things/{name}",method="GET",status="200"} 1.0' in text
