"""The MongoDB sink beyond the contract of all sinks: its URL, and values at their limits."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from medallion.contracts import Query, TableSpec
from medallion.errors import SinkError
from medallion.records import Column
from medallion.sinks.mongodb.database import LOADS
from medallion.sinks.mongodb.sink import MongoDB
from medallion.testing.served import SPEC, items, load, publish

if TYPE_CHECKING:
    from medallion.sinks.mongodb.database import Documents

IDS = TableSpec(name="ids", columns=SPEC.columns[:1], key=("id",))


@pytest.fixture
def sink(mongodb_url: str) -> MongoDB:
    return MongoDB(url=mongodb_url)


def test_the_url_must_name_a_database_and_is_never_shown() -> None:
    with pytest.raises(ValidationError, match="name of the database") as error:
        MongoDB(url="mongodb://ann:s3cret@host")
    assert "s3cret" not in str(error.value)
    sink = MongoDB(url="mongodb://ann:s3cret@host/shop")
    assert "s3cret" not in repr(sink)
    assert repr(sink.store()) == "<MongoStore mongodb://ann:***@host/shop>"


def test_a_row_over_16_mb_is_reported(sink: MongoDB) -> None:
    spec = TableSpec(name="large", columns=(Column(name="text", type="text"),))
    first = publish(sink, "first", [{"text": "small"}], spec)
    with pytest.raises(SinkError, match="16 MB"):
        load(sink, "second", [{"text": "x" * 17_000_000}], spec)
    assert sink.active() == first


def test_the_largest_numbers_are_exact(sink: MongoDB) -> None:
    for type_, value in (
        ("int64", 2**63 - 1),
        ("int64", -(2**63)),
        ("decimal(38,4)", Decimal("-922337203685477.5808")),
        ("decimal(38,4)", Decimal("123456789012345678901234567890.1234")),
        ("decimal(12,2)", Decimal("-0.01")),
    ):
        spec = TableSpec(name="edge", columns=(Column(name="id", type=type_),), key=("id",))
        publish(sink, f"{type_} {value}", [{"id": value}], spec)
        store = sink.store()
        assert store.find("edge", Query()).rows == [{"id": value}]
        assert store.get("edge", value) == {"id": value}
        store.close()
    spec = TableSpec(name="edge", columns=(Column(name="id", type="decimal(38,4)"),))
    with pytest.raises(
        SinkError,
        match=r"table 'edge': column 'id', row [0-9]+: a decimal of more than the 34 digits",
    ):
        load(sink, "too long", [{"id": Decimal("1234567890123456789012345678901234.1234")}], spec)


def test_loads_are_named_once_they_are_complete(sink: MongoDB, database: Documents) -> None:
    assert sink.loaded() == frozenset()
    served = load(sink, "one", items(3)).served
    assert sink.loaded() == {served.name}
    database[LOADS].update_one({"_id": served.name}, {"$set": {"rows": None}})
    assert sink.loaded() == frozenset()


def test_no_name_of_a_table_is_unfit(sink: MongoDB) -> None:
    assert dict(sink.unfit_names(["sales", "Sales", "select"])) == {}
