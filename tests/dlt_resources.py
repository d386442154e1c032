"""Resources and sources of dlt, as a user writes them, which read the API of `tests.rest_server`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dlt
import requests

from tests.rest_server import Reply, RestServer

CHANGED = dlt.sources.incremental("changed", 0)


def changed_after(server: RestServer, query: dict[str, str]) -> Reply:
    """The records whose `changed` is at least `after`."""
    return [each for each in server.records if each["changed"] >= int(query["after"])], {}


def records(url: str, **params: Any) -> list[dict[str, Any]]:
    response = requests.get(url, params=params, timeout=10)
    response.raise_for_status()
    return list(response.json())


@dlt.resource
def orders(url: str) -> Iterator[Any]:
    """All records, by each run."""
    yield records(url)


@dlt.resource(write_disposition="merge", primary_key="id")
def changes(url: str, changed: Any = CHANGED) -> Iterator[Any]:
    """The records that are new or changed since the last run."""
    yield records(url, after=changed.start_value)


@dlt.resource(write_disposition="replace")
def current(url: str, changed: Any = CHANGED) -> Iterator[Any]:
    """The same, but what it yields replaces what was there."""
    yield records(url, after=changed.start_value)


@dlt.resource
def pages(url: str) -> Iterator[Any]:
    """The records from where a state of its own says."""
    state = dlt.current.resource_state()
    for record in records(url)[state.get("count", 0) :]:
        state["count"] = state.get("count", 0) + 1
        yield record


@dlt.source
def shop(url: str) -> list[Any]:
    """Two resources, of which the second asks for each record of the first."""

    listed = orders(url)

    @dlt.transformer(data_from=listed)
    def details(rows: list[dict[str, Any]]) -> Iterator[Any]:
        yield [{**row, "note": "seen"} for row in rows]

    return [listed, details]


@dlt.transformer
def alone(rows: list[dict[str, Any]]) -> Iterator[Any]:
    """Has no resource to read from."""
    yield rows


@dlt.resource
def broken() -> Iterator[Any]:
    yield {"id": 1}
    raise ValueError("no such field")


@dlt.resource
def texts() -> Iterator[Any]:
    yield "a text"


@dlt.resource(write_disposition="merge")
def without_key() -> Iterator[Any]:
    yield {"id": 1}


@dlt.resource(write_disposition="merge", merge_key="day")
def by_day() -> Iterator[Any]:
    yield {"day": 1}


@dlt.resource(write_disposition={"disposition": "merge", "strategy": "scd2"})
def versions() -> Iterator[Any]:
    yield {"id": 1}


@dlt.resource(table_name=lambda row: row["kind"])
def by_kind() -> Iterator[Any]:
    yield {"kind": "a"}


@dlt.resource
def marked() -> Iterator[Any]:
    yield dlt.mark.with_table_name({"id": 1}, "others")


@dlt.resource
def hinted() -> Iterator[Any]:
    yield dlt.mark.with_hints({"id": 1}, dlt.mark.make_hints(write_disposition="replace"))


@dlt.resource
def configured(secret: str = dlt.secrets.value) -> Iterator[Any]:
    yield {"secret": secret}


def plain() -> list[dict[str, Any]]:
    """Not a resource."""
    return [{"id": 1}]


count = 3
