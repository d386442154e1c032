from __future__ import annotations

from typing import Any

import duckdb
import pyarrow as pa
import pytest

from medallion.proposal.extended_json import text_within


@pytest.mark.parametrize(
    ("name", "value", "expression"),
    [
        ("_id", {"$oid": "65a0"}, "_id['$oid']"),
        ("order", {"$date": "2024-01-02T00:00:00Z"}, "\"order\"['$date']"),
        ("a b", {"$numberDecimal": "1.10"}, "\"a b\"['$numberDecimal']"),
        ("u", {"$binary": {"base64": "eA==", "subType": "00"}}, "u['$binary']['base64']"),
    ],
)
def test_the_text_of_a_value_is_taken_out_of_its_object(
    name: str, value: Any, expression: str
) -> None:
    rows = duckdb.connect().from_arrow(pa.table({name: [value]}))
    assert text_within(rows, name) == expression
    ((text,),) = rows.project(expression).fetchall()
    assert text in ("65a0", "2024-01-02T00:00:00Z", "1.10", "eA==")


@pytest.mark.parametrize(
    "value",
    [
        "text",
        ["$oid"],
        {"city": "Paris"},
        {"$id": "x", "$ref": "y"},
        {"$date": {"$numberLong": "1"}},
        {"$binary": {"subType": "00"}},
    ],
)
def test_other_values_stay(value: Any) -> None:
    assert not text_within(duckdb.connect().from_arrow(pa.table({"a": [value]})), "a")
