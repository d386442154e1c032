"""Descriptions in Arrow schemas."""

from __future__ import annotations

import pyarrow as pa

from medallion.export.arrow_metadata import described_schema
from medallion.records import TableDescription


def test_other_metadata_stays() -> None:
    schema = pa.schema(
        [pa.field("a", pa.int64(), metadata={"unit": "m"}), pa.field("b", pa.string())],
        metadata={"origin": "x"},
    )
    description = TableDescription(text="One row a day.", columns={"a": "Length", "c": "Gone"})
    described = described_schema(schema, description)
    assert described.metadata == {b"origin": b"x", b"description": b"One row a day."}
    assert described.field("a").metadata == {b"unit": b"m", b"description": b"Length"}
    assert described.field("b").metadata is None
    assert described.equals(schema)


def test_a_schema_without_descriptions_stays_as_it_is() -> None:
    schema = pa.schema([pa.field("a", pa.int64())])
    assert described_schema(schema, TableDescription()).equals(schema, check_metadata=True)
