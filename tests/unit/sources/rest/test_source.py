from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from medallion.errors import SourceError, UnreachableError
from medallion.plugins import SOURCES, build
from medallion.sources.rest.source import RestSource
from medallion.testing.data_sources import pulled
from tests import rest_server
from tests.rest_server import RestServer, serving_records

SINCE = {"param": "after", "cursor": "at"}


@pytest.fixture
def server() -> Iterator[RestServer]:
    with serving_records() as state:
        yield state


def ids(server: RestServer, **declared: Any) -> list[int]:
    source = build(SOURCES, {"rest": {"url": f"{server.url}/orders", **declared}})
    assert isinstance(source, RestSource)
    ((name, data),) = pulled(source).items()
    assert name == f"{server.url}/orders"
    return [json.loads(line)["id"] for line in data.splitlines()]


@pytest.mark.parametrize(
    ("reply", "declared"),
    [
        (rest_server.whole, {}),
        (rest_server.numbered, {"page": {"param": "page"}}),
        (
            rest_server.offset,
            {"offset": {"param": "skip"}, "records": "data.items", "total": "meta.total"},
        ),
        (
            rest_server.cursor,
            {"cursor": {"param": "after", "path": "meta.after"}, "records": "data"},
        ),
        (rest_server.linked, {"next": "links.next", "records": "data"}),
        (rest_server.linked, {"link_header": True, "records": "data"}),
    ],
)
def test_all_pages_are_pulled(
    server: RestServer, reply: Callable[..., Any], declared: dict[str, Any]
) -> None:
    server.reply = reply
    server.faults = [(429, {"Retry-After": "0"}), "cut"]
    assert ids(server, **declared) == [1, 2, 3, 4, 5]
    server.records = []
    assert ids(server, **declared) == []


def test_a_parameter_that_the_api_does_not_know_is_noticed(server: RestServer) -> None:
    with pytest.raises(SourceError, match="page 2 has the records of the page before"):
        ids(server, page={"param": "p"})


def test_pages_that_name_each_other_are_noticed(server: RestServer) -> None:
    server.reply = lambda state, _: (
        {"data": [{"id": len(state.requests)}], "next": f"/orders?p={len(state.requests) % 2}"},
        {},
    )
    with pytest.raises(SourceError, match=r"after \d pages, the next page is one that was request"):
        ids(server, next="next", records="data")


def test_another_number_of_records_than_announced_may_be_retried(server: RestServer) -> None:
    server.reply = lambda state, _: ({"data": state.records, "total": 6}, {})
    with pytest.raises(UnreachableError, match="5 records came, but 'total' is 6"):
        ids(server, records="data", total="total")


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"<html>", "the response is an HTML page, not JSON"),
        (b"\xff", "the response is not UTF-8"),
        ({"items": [{}]}, "nothing at 'data'.*\n.*declare `records: items`"),
    ],
)
def test_a_response_without_records_is_an_error(
    server: RestServer, reply: object, message: str
) -> None:
    server.reply = lambda *_: (reply, {})
    with pytest.raises(SourceError, match=message):
        ids(server, records="data")


def test_numbers_keep_their_digits(server: RestServer) -> None:
    server.reply = lambda *_: (b'[{"id": 1,\n "amount": 1.10}]', {})
    source = RestSource(url=f"{server.url}/orders")
    assert list(pulled(source).values()) == [b'{"id": 1,  "amount": 1.10}\n']


def test_a_byte_order_mark_is_ignored(server: RestServer) -> None:
    server.reply = lambda *_: (b'\xef\xbb\xbf[{"id": 1}]', {})
    assert ids(server) == [1]


def test_parameters_and_headers_are_sent(server: RestServer) -> None:
    server.wanted = ("X-Shop", "north")
    ids(server, params={"open": True, "limit": 5}, headers={"X-Shop": "north"})
    assert server.requests == [("/orders", "open=true&limit=5")]


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"url": "ftp://host/x"}, "write https://HOST/PATH"),
        ({"url": "https://host", "next": "a", "link_header": True}, "by next and link_header"),
        ({"url": "https://host", "page": {"start": 1}}, "param"),
        ({"url": "https://host", "since": SINCE}, "`since` needs `key`"),
        ({"url": "https://host", "lag": 1}, "`lag` and `whole` are for a `since`"),
        (
            {"url": "https://host", "since": SINCE, "key": "id", "params": {"after": 1}},
            "'after' is in `params` and in `since`",
        ),
    ],
)
def test_what_cannot_be_pulled_is_refused(declared: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        RestSource.model_validate(declared)
