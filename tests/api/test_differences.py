"""What differs between two releases, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from falcon.testing import TestClient

import medallion as md
from medallion_api.app import assemble
from medallion_api.cache.named_releases import NamedReleases
from medallion_api.cache.release_reader import ReleaseReader
from medallion_api.cache.response_cache import Replies
from medallion_api.resources.differences import Differences
from medallion_api.resources.lake_work import LakeWork
from medallion_api.resources.why import Why
from tests.api import project
from tests.integration import small
from tests.unit.api.parts import client_of


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    """A pipeline with two releases: without March, and with it."""
    folder = tmp_path_factory.mktemp("project")
    project.write(folder)
    pipeline = project.load(folder)
    pipeline.run()
    (folder / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run()
    return pipeline


@pytest.fixture(scope="module")
def diffs(two: md.Pipeline) -> Iterator[TestClient]:
    api = assemble(two)
    yield TestClient(api.app)
    api.reading.store.close()


def path(pipeline: md.Pipeline, before: str | None = None) -> str:
    after, first = pipeline.lake.release_ids()
    return f"/releases/{before or first}/diff/{after}"


def test_served_tables_are_compared(two: md.Pipeline, diffs: TestClient) -> None:
    answer = diffs.simulate_get(path(two))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    again = diffs.simulate_get(path(two), headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    tables = {table["table"]: table for table in answer.json["tables"]}
    assert set(tables) == set(two.declaration.served())
    assert tables["gold.things"]["status"] == "unchanged"
    clients = tables["gold.by_client"]
    assert (clients["changed"], clients["key"]) == (1, ["client_id"])
    assert clients["rows"][0]["values"]["revenue"]["change"] == "100.00"
    assert clients["sums"]["orders"]["change"] == 1


def test_one_table_and_a_number_of_rows(two: md.Pipeline, diffs: TestClient) -> None:
    (table,) = diffs.simulate_get(f"{path(two)}?table=by_client&limit=0").json["tables"]
    assert (table["table"], table["changed"], table["rows"]) == ("gold.by_client", 1, [])


def test_source_files_are_not_named(two: md.Pipeline, diffs: TestClient) -> None:
    assert two.diff(tables=["gold.by_client"]).tables[0].causes
    assert ".csv" not in diffs.simulate_get(path(two)).text


@pytest.mark.parametrize(
    ("before", "query", "status"),
    [
        ("20200101-000000-000000", "", 404),
        ("nothing", "", 404),
        ("%00", "", 404),
        ("..", "", 404),
        ("1" * 300, "", 404),
        (None, "?table=orders", 404),
        (None, "?table=silver.orders", 404),
        (None, "?limit=1001", 400),
        (None, "?limit=x", 400),
        (None, "?tables=by_client", 400),
    ],
)
def test_what_there_is_not(
    two: md.Pipeline, diffs: TestClient, before: str | None, query: str, status: int
) -> None:
    answer = diffs.simulate_get(path(two, before) + query)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_lake_is_read_for_one_request_at_a_time_and_not_for_long(two: md.Pipeline) -> None:
    """The requests that are refused leave the threads to `/health` and all other paths."""
    reading, work = assemble(two).reading, LakeWork(60)
    client, late = (client_of_lake(two, reading, each) for each in (work, LakeWork(1e-9)))
    for place in (path(two), "/why/by_client/a"):
        with work.begin():
            busy = client.simulate_get(place)
        assert (busy.status_code, busy.headers["Retry-After"]) == (503, "5")
        assert busy.json["detail"] == "another request is reading the lake: try again later"
        assert client.simulate_get(place).status_code == 200
        if place == path(two):  # the answer is in the cache, and needs no turn
            with work.begin():
                assert client.simulate_get(place).status_code == 200
        ended = late.simulate_get(place)
        assert ended.status_code == 503
        assert ended.json["detail"].startswith("the query timed out")
    reading.store.close()


def client_of_lake(two: md.Pipeline, reading: ReleaseReader, work: LakeWork) -> TestClient:
    """A client of the paths that read the lake."""
    replies, names = Replies(1_000_000), NamedReleases(two.lake, candidates=False)
    resources: dict[str, object] = {
        "releases/{before}/diff/{after}": Differences(reading, replies, two, names, work),
        "why/{table}/{key:path}": Why(reading, two, work),
    }
    return client_of(**resources)


def test_without_tables_there_is_no_such_path(tmp_path: Path) -> None:
    project.write(tmp_path, api=project.API.replace("api:\n", "api:\n  tables: false\n"))
    pipeline = project.load(tmp_path)
    pipeline.run()
    api = assemble(pipeline)
    ident = pipeline.lake.pointer().release
    answer = TestClient(api.app).simulate_get(f"/releases/{ident}/diff/{ident}")
    api.reading.store.close()
    assert answer.status_code == 404
    assert "there is no path" in answer.json["detail"]
