"""A table of an API: pulled, compared, quarantined, traced, and never published in part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import SourceError
from medallion.ops import doctor
from tests import rest_server
from tests.rest_server import RestServer, serving_records

YAML = """\
name: shop
tables:
  bronze:
    orders:
      source:
        rest:
          url: ${API}/orders
          records: data
          next: links.next
          auth: {bearer: "${API_TOKEN}"}
  silver:
    orders:
      from: bronze.orders
      steps: [{cast: {amount: "decimal(8,2)"}}, {deduplicate: id}]
  gold:
    orders: {from: silver.orders}
"""
TOKEN = "t0ken-of-the-shop"  # noqa: S105


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RestServer]:
    with serving_records() as state:
        state.reply = rest_server.linked
        state.records = [{"id": number, "amount": f"{number}.50"} for number in range(1, 6)]
        state.wanted = ("Authorization", f"Bearer {TOKEN}")
        monkeypatch.setenv("API", state.url)
        monkeypatch.setenv("API_TOKEN", TOKEN)
        yield state


@pytest.fixture
def pipeline(tmp_path: Path, server: RestServer) -> md.Pipeline:
    assert server.url
    (tmp_path / "medallion.yaml").write_text(YAML)
    return md.Pipeline.load(tmp_path / "medallion.yaml")


def ids(pipeline: md.Pipeline) -> list[int]:
    return [row["id"] for row in pipeline.store().find("orders", md.Query(limit=100)).rows]


def test_records_are_compared_quarantined_and_traced(
    pipeline: md.Pipeline, server: RestServer
) -> None:
    server.records[1]["amount"] = "free"
    pipeline.run()
    assert sorted(ids(pipeline)) == [1, 3, 4, 5]
    (rejected,) = pipeline.lake.quarantine("silver.orders").to_arrow().to_pylist()
    assert (rejected["file"], rejected["record"]) == (f"{server.url}/orders", 2)
    origins = pipeline.why("gold.orders", {"id": 4})
    assert origins.records().project("file, record").fetchall() == [(f"{server.url}/orders", 4)]

    assert pipeline.run().status == "unchanged"
    server.records[1]["amount"] = "2.50"
    assert pipeline.run().status == "succeeded"
    assert sorted(ids(pipeline)) == [1, 2, 3, 4, 5]
    pipeline.roll_back()
    assert sorted(ids(pipeline)) == [1, 3, 4, 5]


def test_a_pull_that_fails_publishes_nothing(pipeline: md.Pipeline, server: RestServer) -> None:
    pipeline.run()
    server.records.append({"id": 6, "amount": "6.50"})
    server.faults = ["cut", (404, {})]
    with pytest.raises(SourceError, match="answered 404"):
        pipeline.run()
    assert sorted(ids(pipeline)) == [1, 2, 3, 4, 5]
    pipeline.run()
    assert sorted(ids(pipeline)) == [1, 2, 3, 4, 5, 6]


def test_the_token_is_stored_nowhere(
    pipeline: md.Pipeline, server: RestServer, tmp_path: Path
) -> None:
    pipeline.run()
    server.wanted = ("Authorization", "another")
    with pytest.raises(SourceError, match="answered 401") as caught:
        pipeline.run()
    assert TOKEN not in f"{caught.value} {caught.value.hint}"
    stored = [path for path in (tmp_path / "lake").rglob("*") if path.is_file()]
    assert stored
    for path in stored:
        assert TOKEN.encode() not in path.read_bytes(), path


def test_doctor_asks_the_api(pipeline: md.Pipeline, server: RestServer) -> None:
    server.wanted = ("Authorization", "another")
    probes = {probe.name: probe for probe in doctor.examine(lambda: pipeline)}
    probe = probes["source bronze.orders"]
    assert probe.outcome == "failure"
    assert "answered 401" in probe.said
    assert TOKEN not in f"{probe.said} {probe.advice}"


def test_an_api_without_records_is_a_table_without_rows(
    pipeline: md.Pipeline, server: RestServer, tmp_path: Path
) -> None:
    server.records = []
    with pytest.raises(SourceError, match="has no records that can be read") as caught:
        pipeline.run()
    assert "declare `columns`" in caught.value.hint
    declared = YAML.replace(
        "    orders:\n      source:", "    orders:\n      columns: [id, amount]\n      source:", 1
    )
    (tmp_path / "medallion.yaml").write_text(declared)
    assert md.Pipeline.load(tmp_path / "medallion.yaml").run().status == "succeeded"
    assert ids(pipeline) == []
    assert md.Pipeline.load(tmp_path / "medallion.yaml").run().status == "unchanged"


def test_an_api_that_has_lost_all_records_keeps_its_columns(
    pipeline: md.Pipeline, server: RestServer
) -> None:
    pipeline.run()
    columns = pipeline.lake.table("bronze.orders").columns
    records, server.records = server.records, []
    run = pipeline.run()
    assert [dict(step.sources) for step in run.steps if step.sources] == [{"retracted": 1}]
    assert ids(pipeline) == []
    assert pipeline.lake.table("bronze.orders").columns == columns
    assert pipeline.run().status == "unchanged"
    server.records = records
    pipeline.run()
    assert ids(pipeline) == [1, 2, 3, 4, 5]
