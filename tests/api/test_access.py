"""Keys, rates and origins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from falcon.testing import TestClient

from medallion.errors import CallError
from medallion_api.app import Assembly, assemble
from medallion_api.keys import new_key
from medallion_api.middleware.access import Gate
from tests.api import project

Made = Callable[[str], TestClient]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Made]:
    made: list[Assembly] = []

    def build(section: str) -> TestClient:
        folder = tmp_path / str(len(made))
        project.write(folder, api=f"api:\n{section}")
        pipeline = project.load(folder)
        pipeline.run()
        made.append(assemble(pipeline))
        return TestClient(made[-1].app)

    yield build
    for api in made:
        api.reading.store.close()


def test_a_key_is_needed_everywhere_but_for_health(serve: Made) -> None:
    (key, entry), (other, _) = new_key("ann"), new_key("bob")
    client = serve(f"  keys: {entry}\n")
    for path in ("/", "/tables/total", "/metrics", "/openapi.json", "/nope"):
        refused = client.simulate_get(path)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"] == "Bearer"
        assert client.simulate_get(path, headers={"X-API-Key": other}).status_code == 401
        assert client.simulate_get(path, headers={"X-API-Key": "é"}).status_code == 401
    assert (
        client.simulate_get("/health").status_code
        == client.simulate_get("/health/ready").status_code
        == 200
    )
    assert client.simulate_get("/tables/total", headers={"X-API-Key": key}).status_code == 200
    assert (
        client.simulate_get("/tables/total", headers={"Authorization": f"Bearer {key}"}).status_code
        == 200
    )
    shown = client.simulate_get("/tables/total", headers={"X-API-Key": key})
    assert shown.headers["Cache-Control"] == "private, no-cache"
    document = client.simulate_get("/openapi.json", headers={"X-API-Key": key}).json
    assert document["security"] == [{"key": []}]
    assert document["paths"]["/health"]["get"]["security"] == []


def test_keys_come_from_the_environment(serve: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDALLION_API_KEYS", new_key("ann")[1])
    assert serve("  tables: true\n").simulate_get("/tables/total").status_code == 401


def test_each_key_has_its_rate(serve: Made) -> None:
    (ann, first), (bob, second) = new_key("ann"), new_key("bob")
    client = serve(f"  keys: {first},{second}\n  rate_limit: 3/hour\n")
    assert [client.simulate_get("/", headers={"X-API-Key": ann}).status_code for _ in range(4)] == [
        200,
        200,
        200,
        429,
    ]
    refused = client.simulate_get("/", headers={"X-API-Key": ann})
    assert 3500 < int(refused.headers["Retry-After"]) <= 3600
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert client.simulate_get("/", headers={"X-API-Key": bob}).status_code == 200
    assert client.simulate_get("/health").status_code == 200


def test_origins(serve: Made) -> None:
    client = serve("  cors_origins: https://app.example\n")
    allowed = client.simulate_get("/", headers={"Origin": "https://app.example"})
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Origin" in allowed.headers["Vary"]
    other = client.simulate_get("/", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    ask = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}
    preflight = client.simulate_options("/tables/total", headers=ask)
    assert preflight.status_code == 200
    assert "GET" in preflight.headers["Access-Control-Allow-Methods"]


def test_safe_headers_stand_on_every_answer(serve: Made) -> None:
    client = serve("  tables: false\n")
    for path in ("/", "/nope", "/health", "/docs"):
        headers = client.simulate_get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "total;dur=" in headers["Server-Timing"]
    assert client.simulate_get("/tables/total").status_code == 404


def test_counts_that_cannot_be_kept_are_an_error_of_the_configuration() -> None:
    """Not one of another library, with which every path would fail, `/health` too."""
    with pytest.raises(CallError, match=r"api\.rate_limit_storage: unknown storage scheme"):
        Gate({}, "5/minute", "unknown://host")
