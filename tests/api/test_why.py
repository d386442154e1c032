"""The source records behind a row, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from falcon.testing import TestClient

import medallion as md
from medallion_api.app import assemble
from medallion_api.keys import new_key
from tests.api import project


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    folder = tmp_path_factory.mktemp("project")
    project.write(folder)
    pipeline = project.load(folder)
    pipeline.run()
    return pipeline


@pytest.fixture(scope="module")
def client(pipeline: md.Pipeline) -> Iterator[TestClient]:
    api = assemble(pipeline)
    yield TestClient(api.app)
    api.reading.store.close()


def test_a_row_leads_to_its_records(pipeline: md.Pipeline, client: TestClient) -> None:
    ((key, count),) = (
        pipeline.lake.table("gold.by_client")
        .select(columns=["client_id", "orders"], sort=["client_id"], limit=1)
        .fetchall()
    )
    answer = client.simulate_get(f"/why/by_client/{key}")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Release"] == answer.json["release"]
    records = [each for each in answer.json["records"] if each["table"] == "bronze.orders"]
    assert len(records) == count
    assert {each["row"]["client_id"].strip() for each in records} == {str(key)}
    assert answer.json["exact"] is True
    assert answer.json["rows"] == 1
    assert answer.json["source_records"] >= len(records)


def test_the_number_of_records_is_limited(client: TestClient) -> None:
    assert len(client.simulate_get("/why/by_client/a?limit=1").json["records"]) == 1


def test_removed_records_have_their_reasons(pipeline: md.Pipeline, client: TestClient) -> None:
    removed = pipeline.why("gold.by_client").removed()
    assert len(removed)
    for (key,) in pipeline.lake.table("gold.by_client").select(columns=["client_id"]).fetchall():
        records = client.simulate_get(f"/why/by_client/{key}?removed=true").json["records"]
        if records:
            assert records[0]["fate"] in ("quarantined", "deduplicated", "dropped")
            assert records[0]["rule"]
            return
    pytest.fail("no row would have had another record")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/why/nothing/1", 404),
        ("/why/by_client/99999", 404),
        ("/why/by_client/1/2", 404),
        ("/why/things/x", 400),
        ("/why/by_client/a?limit=x", 400),
        ("/why/by_client/a?limit=10001", 400),
        ("/why/by_client/a?remove=true", 400),
        ("/why/by_client/%00", 404),
        ("/why/ends/-9223372036854775808", 404),
        ("/why/orders/1", 404),
    ],
)
def test_what_there_is_not(client: TestClient, path: str, status: int) -> None:
    answer = client.simulate_get(path)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("switch", "keys", "shown"),
    [
        ("", "", False),
        ("  why: true\n", "", True),
        ("", "ann", True),
        ("  why: false\n", "ann", False),
    ],
)
def test_it_is_shown_with_keys_or_when_declared(
    tmp_path: Path, switch: str, keys: str, shown: bool
) -> None:
    key, entry = new_key(keys)
    section = project.API.replace("  why: true\n", switch)
    project.write(tmp_path, api=section + (f"  keys: {entry}\n" if keys else ""))
    pipeline = project.load(tmp_path)
    pipeline.run()
    api = assemble(pipeline)
    client = TestClient(api.app, headers={"X-API-Key": key})
    answers = [client.simulate_get(f"/why/by_client/a{query}") for query in ("", "?removed=true")]
    paths = client.simulate_get("/openapi.json").json["paths"]
    api.reading.store.close()

    assert [answer.status_code for answer in answers] == [200 if shown else 404] * 2
    assert shown or "there is no path" in answers[0].json["detail"]
    assert any(path.startswith("/why") for path in paths) is shown
