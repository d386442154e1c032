"""Documents read column by column are those that pymongo would decode."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import decode, encode
from bson.decimal128 import Decimal128
from bson.errors import InvalidBSON

from medallion.query.column_types import Kind
from medallion.sinks.mongodb.bson_decoder import read_rows
from medallion.sinks.mongodb.bson_encoder import documents_of
from medallion.sinks.mongodb.documents import rows_of
from tests.unit.sinks.mongodb.test_bson_encoder import AWARE, KINDS, batch

FLAT = [name for name, kind in KINDS.items() if kind.ordered and kind.name != "bytes"]
NO_OTHER_WAY: Any = (
    object()
)  # as options to decode by: decoding a document in any other way then fails


def projected(documents: Sequence[bytes], fields: Sequence[str]) -> bytes:
    """What the server sends for a projection of documents to these fields."""
    decoded_documents = [decode(document, codec_options=AWARE) for document in documents]
    return b"".join(
        encode({name: value for name, value in decoded_document.items() if name in fields})
        for decoded_document in decoded_documents
    )


def decoded(raw: bytes, fields: Sequence[str]) -> list[dict[str, Any]]:
    import bson

    return rows_of(fields, KINDS, bson.decode_all(raw, AWARE))


@pytest.mark.parametrize("rows", [4, 1])
@pytest.mark.parametrize(
    "fields", [FLAT, FLAT[::-1], *[[name] for name in FLAT]], ids=lambda fields: "+".join(fields)
)
def test_every_kind_is_read_with_and_without_nulls(fields: list[str], rows: int) -> None:
    raw = projected(documents_of(batch().slice(0, rows), KINDS, (), range(rows))[0], fields)
    result = read_rows(raw, fields, KINDS, NO_OTHER_WAY)
    assert result == decoded(raw, fields)
    assert [list(row) for row in result] == [fields] * rows
    assert [[type(value) for value in row.values()] for row in result] == [
        [type(value) for value in row.values()] for row in decoded(raw, fields)
    ]


def test_nested_values_are_decoded() -> None:
    fields = ["tags", "small", "data", "detail"]
    raw = projected(documents_of(batch(), KINDS, (), range(4))[0], fields)
    with pytest.raises(TypeError):
        read_rows(raw, fields, KINDS, NO_OTHER_WAY)
    assert read_rows(raw, fields, KINDS, AWARE) == decoded(raw, fields)


@pytest.mark.parametrize(
    "documents",
    [
        [{"small": 1, "name": "a"}, {"small": 1}],
        [{"small": 1, "name": "a"}, {"name": "a", "small": 1}],
        [{"small": 1, "name": "a"}, {"small": 1, "name": "a", "more": 1}],
        [{"small": 1, "name": "a"}, {"small": 1.5, "name": "a"}],
        [{"small": 1, "name": "a"}, {}],
    ],
    ids=["one lacks a field", "another order", "one has more", "another type", "an empty one"],
)
def test_documents_that_no_sink_wrote_are_decoded(documents: list[dict[str, Any]]) -> None:
    raw = b"".join(map(encode, documents))
    with pytest.raises(TypeError):
        read_rows(raw, ["small", "name"], KINDS, NO_OTHER_WAY)
    assert read_rows(raw, ["small", "name"], KINDS, AWARE) == decoded(raw, ["small", "name"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(
            ("NaN", "NaN"),
            ("-Infinity", "-Infinity"),
            ("1E+30", "1E+30"),
            ("-1E-20", "-1E-20"),
            ("-0", "0"),
        ),
        ("9223372036854775808", "9223372036854775808"),
    ],
)
def test_every_decimal_is_read(value: str, expected: str) -> None:
    documents = [{"amount": Decimal128(text)} for text in (value, "1.50")] + [{"amount": None}]
    raw = b"".join(map(encode, documents))
    result = read_rows(raw, ["amount"], {"amount": Kind("decimal", 2)}, NO_OTHER_WAY)
    assert [str(row["amount"]) for row in result] == [expected, "1.50", "None"]


def test_a_date_beyond_pythons_is_an_error_as_it_always_was() -> None:
    raw = encode({"day": datetime(2024, 1, 1, tzinfo=UTC)}).replace(
        encode({"d": datetime(2024, 1, 1, tzinfo=UTC)})[-9:-1], (1 << 60).to_bytes(8, "little")
    )
    with pytest.raises(InvalidBSON):
        read_rows(raw, ["day"], KINDS, AWARE)
