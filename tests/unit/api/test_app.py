"""What the API is composed of: paths, the tables behind them, and an API that cannot be composed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from falcon.testing import TestClient

import medallion as md
from medallion.errors import CallError
from medallion_api.app import Assembly, assemble, create_app, unloaded_app

YAML = """\
name: small
tables:
  bronze:
    clients: {source: data/clients.csv}
  gold:
    clients: {from: bronze.clients}
"""
SINKS = "sinks: {serving: {url: 'sqlite:lake/serving.db', tables: {clients: {key: id}}}}\n"
Load = Callable[[str], md.Pipeline]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(sections: str) -> md.Pipeline:
        (tmp_path / "medallion.yaml").write_text(YAML + sections)
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data/clients.csv").write_text("id,name\n1,Ann\n")
        return md.Pipeline.load(tmp_path / "medallion.yaml")

    return load


def assembly(load: Load, api: str) -> Assembly:
    return assemble(load(f"{SINKS}api:\n{api}"))


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("/tables/clients", "clients"),
        ("/tables/clients/1", "clients"),
        ("/tables/other/1/2", "other"),
        ("/all", "clients"),
        ("/all/1", "clients"),
        ("/all/1/2", None),
        ("/releases", None),
        ("/", None),
    ],
)
def test_the_table_behind_a_path(load: Load, path: str, table: str | None) -> None:
    parts = assembly(load, "  endpoints: {/all: {table: clients}}\n")
    assert parts.table_of(path) == table


def test_without_tables_only_endpoints_are_paths(load: Load) -> None:
    parts = assembly(load, "  tables: false\n  endpoints: {/all: {table: clients}}\n")
    assert parts.table_of("/tables/clients") is None
    client = TestClient(parts.app)
    for path in ("/tables", "/tables/clients", "/tables/clients/1", "/groups/clients"):
        assert client.simulate_get(path).status_code == 404
    assert client.simulate_get("/all").status_code == 503  # nothing is published


def test_an_endpoint_of_a_single_row_has_no_rows_below_it(load: Load) -> None:
    parts = assembly(load, "  endpoints: {/one: {table: clients, single: true}}\n")
    assert TestClient(parts.app).simulate_get("/one/1").status_code == 404


def test_replies_of_an_api_with_keys_are_private(load: Load) -> None:
    assert assembly(load, "  cache_mb: 1\n").replies.control == "no-cache"
    closed = assembly(load, f"  keys: ann:{'0' * 64}\n")
    assert closed.replies.control == "private, no-cache"
    client = TestClient(closed.app)
    assert client.simulate_get("/releases/current").status_code == 401
    assert client.simulate_get("/health").status_code == 200


def test_a_pipeline_without_sinks_has_no_api(load: Load) -> None:
    with pytest.raises(CallError, match="no sinks, so there is nothing to serve"):
        create_app(load("sinks: {}\n"))


def test_without_a_declaration_the_api_is_alive_and_nothing_else() -> None:
    client = TestClient(unloaded_app())
    assert client.simulate_get("/health").json == {"status": "alive"}
    for path in ("/", "/health/ready", "/tables/x"):
        result = client.simulate_get(path)
        assert (result.status_code, result.json["status"]) == (503, 503)
        assert "the declaration cannot be loaded" in result.json["detail"]
