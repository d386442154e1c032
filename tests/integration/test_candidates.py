"""Candidates in every kind of lake and database, and of tables whose earlier rows stay served."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import medallion as md
from medallion.contracts import Query
from medallion.errors import CallError
from tests.integration import small

EVENTS = """\
name: events
lake: ${LAKE}
tables:
  bronze:
    events: {source: events.csv}
  gold:
    events: {from: bronze.events, steps: [{cast: {id: integer, amount: integer}}]}
sinks:
  serving: {url: "${URL}", tables: {events: {key: id, mode: MODE}}}
"""


@pytest.fixture(params=["sqlite", "mongodb"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a serving database."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'serving.db'}"
    return str(request.getfixturevalue("mongodb_url"))


def load(folder: Path, options: dict[str, Any]) -> md.Pipeline:
    declaration = md.Pipeline.load(folder / "medallion.yaml").declaration
    return md.Pipeline(declaration, base=folder, options=options)


def test_a_candidate_is_published_or_discarded(
    tmp_path: Path, lake: tuple[str, dict[str, Any]], url: str
) -> None:
    place, options = lake
    yaml = small.YAML.replace("tables:", f"lake: {place}\ntables:", 1)
    folder = tmp_path / "project"
    small.write(folder, yaml.replace("sqlite:lake/serving.db", url))
    pipeline = load(folder, options)
    first = pipeline.run()
    (folder / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run(candidate="march")
    pipeline.run(candidate="spring")
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
    pipeline.discard("spring")  # march needs the same tables
    pipeline.collect()
    pipeline.publish("march")
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL
    assert pipeline.run().status == "unchanged"
    pipeline.roll_back(hold=True)
    assert pipeline.run().candidate == "next"
    assert pipeline.lake.pointer().release == first.release
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH
    pipeline.resume()
    pipeline.discard("next")
    pipeline.run()
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL
    pipeline.collect()
    assert not pipeline.lake.storage.list("candidates")
    assert not pipeline.lake.storage.list("writes")


def served(pipeline: md.Pipeline) -> dict[int, int]:
    with closing(pipeline.store()) as store:
        rows = store.find("events", Query(limit=100)).rows
    return {row["id"]: row["amount"] for row in rows}


@pytest.mark.parametrize(("mode", "second"), [("append", 10), ("merge", 11)])
def test_rows_served_before_stay_when_a_candidate_of_another_base_is_forced(
    tmp_path: Path, url: str, mode: str, second: int
) -> None:
    text = EVENTS.replace("${LAKE}", str(tmp_path / "lake")).replace("${URL}", url)
    (tmp_path / "medallion.yaml").write_text(text.replace("MODE", mode))
    source = tmp_path / "events.csv"
    pipeline = load(tmp_path, {})
    source.write_text("id,amount\n1,10\n2,20\n")
    pipeline.run()
    source.write_text("id,amount\n1,11\n3,30\n")
    pipeline.run(candidate="three")
    assert served(pipeline) == {1: 10, 2: 20}
    source.write_text("id,amount\n4,40\n")
    pipeline.run()
    assert served(pipeline) == {1: 10, 2: 20, 4: 40}
    with pytest.raises(CallError, match="three was computed when release"):
        pipeline.publish("three")
    pipeline.publish("three", force=True)
    assert served(pipeline) == {1: second, 2: 20, 3: 30, 4: 40}
    pipeline.collect()
    pipeline.roll_back()
    assert served(pipeline) == {1: 10, 2: 20, 4: 40}
