"""A table of a dlt resource: pulled in parts, traced, rolled back, and never published in part."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import medallion as md
from medallion.errors import DeclarationError, SourceError
from medallion.ops import doctor
from medallion.storage.local import LocalStorage
from tests.dlt_resources import changed_after
from tests.integration import killing
from tests.rest_server import RestServer, serving_records

YAML = """\
name: shop
tables:
  bronze:
    orders:
      source:
        dlt:
          resource: tests.dlt_resources:changes
          args: {url: "${API}/orders"}
          key: id
  silver:
    orders: {from: bronze.orders, steps: [{deduplicate: {key: id, keep: last}}]}
  gold:
    orders: {from: silver.orders}
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[RestServer]:
    with serving_records() as state:
        state.reply = changed_after
        state.records = [{"id": number, "changed": number, "price": number} for number in (1, 2, 3)]
        monkeypatch.setenv("API", state.url)
        yield state


@pytest.fixture
def pipeline(tmp_path: Path, server: RestServer) -> md.Pipeline:
    assert server.url
    (tmp_path / "medallion.yaml").write_text(YAML)
    return md.Pipeline.load(tmp_path / "medallion.yaml")


def prices(pipeline: md.Pipeline) -> dict[int, int]:
    rows = pipeline.store().find("orders", md.Query(limit=100)).rows
    return {row["id"]: row["price"] for row in rows}


def test_parts_are_added_traced_and_rolled_back(pipeline: md.Pipeline, server: RestServer) -> None:
    pipeline.run()
    assert pipeline.run().status == "unchanged"
    server.records += [{"id": 4, "changed": 4, "price": 4}, {"id": 1, "changed": 5, "price": 9}]
    pipeline.run()
    assert prices(pipeline) == {1: 9, 2: 2, 3: 3, 4: 4}
    origins = pipeline.why("gold.orders", {"id": 1}).records().project("file, record").fetchall()
    assert origins == [("dlt tests.dlt_resources:changes part 000001", 2)]
    pipeline.roll_back()
    assert prices(pipeline) == {1: 1, 2: 2, 3: 3}
    pipeline.run()
    assert prices(pipeline) == {1: 9, 2: 2, 3: 3, 4: 4}
    server.records = server.records[1:]  # a deletion is found by a whole pull only
    assert pipeline.run().status == "unchanged"
    pipeline.run(full=True)
    assert prices(pipeline) == {1: 9, 2: 2, 3: 3, 4: 4}
    del server.records[0]
    pipeline.run(full=True)
    assert prices(pipeline) == {1: 9, 3: 3, 4: 4}


def test_a_pull_that_fails_publishes_nothing(pipeline: md.Pipeline, server: RestServer) -> None:
    pipeline.run()
    server.records.append({"id": 4, "changed": 4, "price": 4})
    server.faults = ["cut", (404, {})]
    with pytest.raises(SourceError, match="404"):
        pipeline.run()
    probes = {probe.name: probe for probe in doctor.examine(lambda: pipeline)}
    assert probes["source bronze.orders"].outcome == "ok"
    assert prices(pipeline) == {1: 1, 2: 2, 3: 3}
    pipeline.run()
    assert prices(pipeline) == {1: 1, 2: 2, 3: 3, 4: 4}


def test_a_plan_leaves_asking_to_the_run(pipeline: md.Pipeline, server: RestServer) -> None:
    assert [step.decision for step in pipeline.plan().steps] == ["compute"] * 3
    assert server.requests == []
    pipeline.run()
    asked = len(server.requests)
    planned = pipeline.plan()
    assert [step.decision for step in planned.steps] == ["ask"] * 3
    assert planned.computes == ()
    assert len(server.requests) == asked


def test_a_killed_pull_leaves_no_gap(
    pipeline: md.Pipeline, server: RestServer, tmp_path: Path
) -> None:
    """Killed before and after each fourth write; the next pull goes on from the last release."""
    point: int | None = 1
    while point is not None:
        number = len(server.records) + 1
        server.records.append({"id": number, "changed": number, "price": number})
        after = number % 2 == 0
        killed = killing.run_killed_at(tmp_path, point, after=after, kinds=(LocalStorage,))
        point = point + 4 if killed else None
    pipeline.run()
    assert number > 5
    assert prices(pipeline) == {each["id"]: each["price"] for each in server.records}
    assert pipeline.run().status == "unchanged"


@pytest.mark.usefixtures("server")
def test_versions_need_a_step_with_their_key(tmp_path: Path) -> None:
    text = YAML.replace(", steps: [{deduplicate: {key: id, keep: last}}]", "")
    (tmp_path / "medallion.yaml").write_text(text)
    with pytest.raises(DeclarationError, match="deduplicate"):
        md.Pipeline.load(tmp_path / "medallion.yaml").check()
