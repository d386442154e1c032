"""Groups computed by SQL over rows as a lake has them equal those of a table in memory."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import nan
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from medallion.errors import CallError
from medallion.query.aggregation import grouping
from medallion.query.lake_groups import groups_sql, metric_sql
from medallion.query.memory_table import MemoryTable
from medallion.query.metrics import metric_call
from medallion.query.query import Filter, Query, Sort
from medallion.records import Column, Served

TYPES = {
    "id": "int64", "land": "text", "paid": "decimal(12,2)", "part": "float64",
    "day": "date", "seen": "timestamptz", "new": "boolean",
}  # fmt: skip
ROWS: list[dict[str, Any]] = [
    {
        "id": number - 20,
        "land": ("France", "O'Neill's", None)[number % 3],
        "paid": Decimal(number * 13 % 70 - 20) + Decimal("0.25"),
        "part": None if number % 7 == 0 else number / 8 - 2,
        "day": date(2020, 12, 27) + timedelta(days=number),
        "seen": datetime(2020, 12, 31, 20, tzinfo=UTC) + timedelta(hours=number),
        "new": number % 2 == 0,
    }
    for number in range(40)
]
SERVED = Served(
    name="t_1",
    table="gold.t",
    snapshot="1",
    rows=len(ROWS),
    columns=tuple(Column(name=name, type=type_) for name, type_ in TYPES.items()),
    key=("id",),
)
METRICS = {
    "rows": "count()",
    "lands": "count_distinct(land)",
    "parts": "count_distinct(part)",
    "all": "sum(paid)",
    "usual": "mean(paid)",
    "least": "min(part)",
    "last": "max(day)",
    "middle": "median(paid)",
    "high": "quantile(part, 0.9)",
    "weighed": "mean(part, paid)",
    "each": "sum(paid) / count()",
}
TERMS = (
    "land", "new", "part", "day", "year(day)", "quarter(seen)", "month(day)", "week(seen)",
    "day(seen)", "bin(id, 7)", "bin(paid, 2.5)", "bin(part, 0.5)",
)  # fmt: skip


def lake_groups(sql: str) -> list[tuple[Any, ...]]:
    rows = [{**row, "part": nan if row["part"] is None else row["part"]} for row in ROWS]
    types = {"paid": pa.decimal128(12, 2), "seen": pa.timestamp("us", "UTC")}
    t = pa.Table.from_pylist(rows)
    t = t.cast(pa.schema([(name, types.get(name, t.schema.field(name).type)) for name in TYPES]))
    with duckdb.connect() as connection:
        connection.register("t", t)
        connection.execute("set timezone = 'Asia/Tokyo'")
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("term", [*TERMS, ""])
@pytest.mark.parametrize("filters", [(), (Filter("land", "eq", "O'Neill's"),)])
def test_groups_equal_those_of_a_store(term: str, filters: tuple[Filter, ...]) -> None:
    query = Query(filters, limit=1000)
    checked = grouping(SERVED, (term,) if term else (), METRICS, query)
    expected = MemoryTable(SERVED, ROWS).groups(checked)
    groups = lake_groups(groups_sql("t", checked))
    assert len(groups) == len(expected)
    for group, row in zip(groups, expected, strict=True):
        for value, other in zip(group, row.values(), strict=True):
            same = pytest.approx(other) if isinstance(other, float) else other
            assert value == same, (group, row)


def test_groups_are_sorted_as_a_store_sorts_them() -> None:
    query = Query(sort=(Sort("rows", descending=True), Sort("land", descending=True)), limit=1000)
    checked = grouping(SERVED, ("land", "week(day)"), {"rows": "count()"}, query)
    expected = [tuple(row.values()) for row in MemoryTable(SERVED, ROWS).groups(checked)]
    assert lake_groups(groups_sql("t", checked)) == expected


def test_a_column_that_the_lake_lacks_is_named() -> None:
    with pytest.raises(CallError, match="no column 'gone'"):
        metric_sql(metric_call("sum(gone)"), {})
