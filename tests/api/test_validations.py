"""A request validates its query once, whatever reads the rows: a table in memory or the store."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from falcon.testing import TestClient

import medallion as md
from medallion.query.validation import validate_query
from medallion_api.app import assemble

PATHS = [
    "/things",
    "/things?colour=red&price__gte=10&sort=-rate&limit=5",
    "/things?limit=7&count=exact&facet=colour,even",
    "/things?limit=all&count=exact&format=csv",
    "/things/7",
    "/stats/total",
    "/tables/names/plain",
    "/groups/things?by=colour&metrics=worth:sum(price)&even=true",
]


@pytest.fixture
def fresh(kind: str, pipeline: md.Pipeline) -> Iterator[TestClient]:
    """A client of an API that has no reply yet, and small tables in memory where it keeps them."""
    api = assemble(pipeline)
    if kind != "held":
        api.reading.cells = 0
    client = TestClient(api.app)
    for table in ("things", "names", "total"):
        client.simulate_get(f"/tables/{table}?limit=1")
    yield client
    api.reading.store.close()


@contextmanager
def validations() -> Iterator[list[FrameType]]:
    """The calls of `validate_query` by this thread within the block."""
    calls: list[FrameType] = []

    def record(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code is validate_query.__code__:
            calls.append(frame)

    former = sys.getprofile()
    sys.setprofile(record)
    try:
        yield calls
    finally:
        sys.setprofile(former)


@pytest.mark.parametrize("path", PATHS)
def test_a_request_validates_its_query_once(fresh: TestClient, path: str) -> None:
    with validations() as calls:
        response = fresh.simulate_get(path)
        assert response.content
    assert response.status_code == 200, response.text
    assert len(calls) == 1


def test_a_further_page_validates_its_query_once(fresh: TestClient) -> None:
    cursor = fresh.simulate_get("/things?limit=3").json["cursor"]
    with validations() as calls:
        response = fresh.simulate_get(f"/things?limit=4&cursor={cursor}")
    assert len(response.json["rows"]) == 4
    assert len(calls) == 1
