"""The root of the API, liveness and readiness."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from medallion.sinks.sqlite.sink import Sqlite
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.resources.service import Health, Readiness, Root
from tests.unit.api.parts import Parts, client_of

PATHS = ["/tables", "/stats/summary", "/docs"]


def test_the_root_names_the_release_and_links_to_every_path(parts: Parts) -> None:
    root = Root(parts.reading, parts.replies, "small", 500, PATHS)
    result = client_of(**{"": root}).simulate_get("/", root_path="/v1")
    assert result.json == {
        "name": "small",
        "release": "one",
        "created": "2024-01-01T00:00:00Z",
        "max_page_size": 500,
        "links": {
            "tables": "/v1/tables",
            "stats-summary": "/v1/stats/summary",
            "docs": "/v1/docs",
        },
    }


def test_a_process_is_alive_without_a_store() -> None:
    client = client_of(health=Health())
    result = client.simulate_get("/health")
    assert (result.json, result.headers["Cache-Control"]) == ({"status": "alive"}, "no-store")
    assert client.simulate_head("/health").status_code == 200


def test_it_is_ready_with_a_release(parts: Parts) -> None:
    result = client_of(ready=Readiness(parts.reading)).simulate_get("/ready")
    age = result.json.pop("age")
    assert result.json["status"] == "ready"
    assert (result.json["release"], result.json["created"]) == ("one", "2024-01-01T00:00:00Z")
    since_2024 = (datetime.now(UTC) - datetime(2024, 1, 1, tzinfo=UTC)).total_seconds()
    assert age == pytest.approx(since_2024, abs=60)
    assert (result.headers["X-Release"], result.headers["Cache-Control"]) == ("one", "no-store")


def test_without_a_release_it_is_not_ready(tmp_path: Path) -> None:
    store = Sqlite(url=f"sqlite:{tmp_path}/none.db").store()
    result = client_of(ready=Readiness(ReleaseReader(store, "serving", 10))).simulate_get("/ready")
    store.close()
    assert result.status_code == 503
    assert "X-Release" not in result.headers
