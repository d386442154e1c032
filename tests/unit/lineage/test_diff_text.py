"""Differences in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from medallion.lineage.diff_text import (
    cause_lines,
    column_change,
    row_change,
    value_change,
    value_text,
)
from medallion.lineage.release_diff import Cause, ColumnChange, RowChange, ValueChange

REVENUE = ValueChange(before="1000.00", after="1250.00", change=Decimal("250.00"), percent=25.0)


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("int32", "text", "a: int32 → text"),
        (None, "int32", "a: new, int32"),
        ("int32", None, "a: removed"),
    ],
)
def test_columns(before: str | None, after: str | None, text: str) -> None:
    assert column_change(ColumnChange(name="a", before=before, after=after)) == text


def test_values() -> None:
    assert value_change(REVENUE) == "1000.00 → 1250.00 (+250.00, +25 %)"
    assert value_change(ValueChange(before=0, after=5, change=5)) == "0 → 5 (+5)"
    assert value_change(ValueChange(before="a", after=None)) == "a → null"
    assert value_text([1, "é"]) == '[1, "é"]'
    assert [value_text(value) for value in (66.24857142, 0.000123456789, 1e20)] == [
        "66.2486",
        "0.000123457",
        "1e+20",
    ]


def test_rows() -> None:
    new = ValueChange(before=None, after="b")
    old = ValueChange(before="a", after=None)
    changed = RowChange(status="changed", key={"country": "France"}, values={"revenue": REVENUE})
    assert row_change(changed) == f"country = France: revenue {value_change(REVENUE)}"
    added = RowChange(status="added", key={"id": 1}, values={"name": new})
    assert row_change(added) == "id = 1, name = b"
    assert row_change(RowChange(status="removed", key={}, values={"name": old})) == "name = a"
    assert row_change(RowChange(status="changed", key={}, values={"name": old})) == "name a → null"


def test_causes_of_one_kind_share_a_line() -> None:
    files = [Cause(table="bronze.a", kind="file", name=f"{i}.csv", change="new") for i in range(7)]
    step = Cause(table="silver.a", kind="step", name="cast", change="changed", detail="a: b → c")
    table = Cause(table="silver.b", kind="table", name="silver.b", change="removed")
    assert cause_lines([*files, step, table, *files[:0]]) == [
        "bronze.a: 7 files (0.csv, 1.csv, 2.csv, 3.csv, 4.csv, …) new",
        "silver.a: step cast changed (a: b → c)",
        "silver.b: removed",
    ]
    unknown = Cause(table="silver.a", kind="declaration", name="silver.a", change="changed")
    assert cause_lines([files[0], unknown]) == [
        "bronze.a: file 0.csv new",
        "silver.a: declaration changed",
    ]
