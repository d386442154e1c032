"""Documents of a real MongoDB as records: exact, in order, and one moment where there is one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Decimal128, Int64, ObjectId
from bson.datetime_ms import DatetimeMS
from pydantic import ValidationError
from pymongo import MongoClient

from medallion.errors import SourceError, UnreachableError
from medallion.plugins import SOURCES, build
from medallion.sources.mongodb import MongoDBSource
from medallion.testing.data_sources import parsed_files, pulled


def insert(url: str, *documents: dict[str, Any]) -> None:
    client: MongoClient[dict[str, Any]]
    with MongoClient(url) as client:
        client.get_default_database()["orders"].insert_many(documents)


def lines(source: MongoDBSource) -> list[Any]:
    ((_, data),) = pulled(source).items()
    return [json.loads(line) for line in data.splitlines()]


VALUES: list[tuple[Any, Any]] = [
    (1, 1),
    (Int64(1 << 62), 1 << 62),
    (0.1, 0.1),
    (float("inf"), {"$numberDouble": "Infinity"}),
    (Decimal128("1.10"), {"$numberDecimal": "1.10"}),
    (True, True),
    (None, None),
    ("zoë\n", "zoë\n"),
    (datetime(2024, 1, 2, 3, 4, 5, 678000, UTC), {"$date": "2024-01-02T03:04:05.678Z"}),
    (datetime(1955, 11, 5, 6, 15, 0, 5000, UTC), {"$date": "1955-11-05T06:15:00.005Z"}),
    (datetime(1, 1, 1, tzinfo=UTC), {"$date": "0001-01-01T00:00:00Z"}),
    (DatetimeMS(-62135596800001), {"$date": {"$numberLong": "-62135596800001"}}),
    (DatetimeMS(1 << 62), {"$date": {"$numberLong": str(1 << 62)}}),
    ('{"$date": {"$numberLong": "-1"}}', '{"$date": {"$numberLong": "-1"}}'),
    (ObjectId("65a000000000000000000001"), {"$oid": "65a000000000000000000001"}),
    (b"\x00\xff", {"$binary": {"base64": "AP8=", "subType": "00"}}),
    ([1, {"a": "b"}], [1, {"a": "b"}]),
    ({"b": 1, "a": 2}, {"b": 1, "a": 2}),
]


def test_every_type_is_exact(mongodb_url: str) -> None:
    insert(mongodb_url, *({"_id": n, "v": value} for n, (value, _) in enumerate(VALUES)))
    expected = [{"_id": n, "v": text} for n, (_, text) in enumerate(VALUES)]
    assert lines(MongoDBSource(url=mongodb_url, collection="orders")) == expected


def test_documents_come_by_id_with_the_fields_and_by_the_filter_that_are_declared(
    mongodb_url: str,
) -> None:
    insert(mongodb_url, *({"_id": n, "n": n, "s": "ab"[n % 2], "x": 0} for n in (3, 1, 2, 5)))
    declared = {"url": mongodb_url, "collection": "orders", "fields": ["n"], "filter": {"s": "b"}}
    source = build(SOURCES, {"mongodb": declared})
    assert isinstance(source, MongoDBSource)
    assert lines(source) == [{"_id": n, "n": n} for n in (1, 3, 5)]


def test_a_filter_may_be_extended_json(mongodb_url: str) -> None:
    day = datetime(2024, 1, 2, tzinfo=UTC)
    insert(mongodb_url, {"_id": 1, "at": day}, {"_id": 2, "at": day.replace(year=2023)})
    start = {"$date": "2024-01-01T00:00:00Z"}
    source = MongoDBSource.model_validate(
        {"url": mongodb_url, "collection": "orders", "filter": {"at": {"$gte": start}}}
    )
    assert [line["_id"] for line in lines(source)] == [1]


def test_one_document_with_lists_is_one_record(mongodb_url: str, tmp_path: Any) -> None:
    insert(mongodb_url, {"_id": 1, "items": [{"a": 1}, {"a": 2}]})
    (parsed,) = parsed_files(MongoDBSource(url=mongodb_url, collection="orders"), tmp_path)
    assert parsed.rows == 1
    assert not parsed.warnings


def test_a_server_that_does_not_answer_may_be_tried_again() -> None:
    url = "mongodb://ann:s3cret@127.0.0.1:1/shop?serverSelectionTimeoutMS=100"
    with pytest.raises(UnreachableError, match="cannot be reached") as caught:
        pulled(MongoDBSource(url=url, collection="orders"))
    assert "s3cret" not in f"{caught.value} {caught.value.hint}"


def test_a_query_that_the_server_refuses_is_an_error(mongodb_url: str) -> None:
    insert(mongodb_url, {"_id": 1})
    source = MongoDBSource.model_validate(
        {"url": mongodb_url, "collection": "orders", "filter": {"$nonsense": 1}}
    )
    with pytest.raises(SourceError, match="nonsense"):
        pulled(source)


@pytest.mark.parametrize(
    "url", ["postgresql://host/db", "mongodb://host", "mongodb://host/?a=1", "mongodb://host/a/b"]
)
def test_a_url_needs_a_database(url: str) -> None:
    with pytest.raises(ValidationError, match="write mongodb://HOST/DATABASE"):
        MongoDBSource(url=url, collection="orders")


def test_its_name_has_neither_user_nor_options() -> None:
    url = "mongodb://ann:s3cret@a,b:1/shop?replicaSet=r"
    assert MongoDBSource(url=url, collection="orders").label == "mongodb://a,b:1/shop orders"
