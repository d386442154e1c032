"""Tables in memory, beyond the contract of stores: positions of rows that are gone, and limits."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from medallion.contracts import Filter, MemoryTable, Query, Sort, validate_query
from medallion.query.aggregation import grouping
from medallion.query.cursor import read_cursor
from medallion.records import Column, Served

SERVED = Served(
    table="gold.points",
    name="points__1",
    snapshot="s",
    rows=8,
    columns=tuple(Column(name=name, type="int64") for name in ("id", "a", "b")),
    key=("id",),
)
ROWS: list[dict[str, Any]] = [
    {"id": number, "a": a, "b": b}
    for number, (a, b) in enumerate(
        [(2, None), (None, 1), (1, 1), (1, None), (None, None), (2, 0), (1, 1), (0, 3)]
    )
]
ORDERS = [
    (Sort("a"),),
    (Sort("a", descending=True), Sort("b")),
    (Sort("b", descending=True), Sort("a", descending=True), Sort("id", descending=True)),
]


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("filters", [(), (Filter("a", "eq", 1),)], ids=["all", "of one value"])
def test_a_page_continues_after_a_row_that_the_table_lacks(
    order: tuple[Sort, ...], filters: tuple[Filter, ...]
) -> None:
    whole = MemoryTable(SERVED, ROWS)
    expected = whole.page(validate_query(SERVED, Query(filters, order)), "r").rows
    assert len(expected) == (3 if filters else 8)
    for limit in range(1, len(expected)):
        cursor = whole.page(validate_query(SERVED, Query(filters, order, limit=limit)), "r").cursor
        assert cursor
        last = expected[limit - 1]
        rest = MemoryTable(SERVED, [row for row in ROWS if row is not last])
        query = validate_query(SERVED, Query(filters, order, cursor=cursor), read_cursor(cursor))
        assert rest.page(query, "r").rows == expected[limit:]


def test_more_orders_and_partitions_than_are_kept_answer_alike() -> None:
    served = SERVED.model_copy(
        update={"columns": tuple(Column(name=f"c{n}", type="int64") for n in range(70)), "key": ()}
    )
    rows = [{f"c{n}": (n + row) % 3 for n in range(70)} | {"_row": row} for row in range(9)]
    table = MemoryTable(served, rows)
    for n in range(70):
        query = Query((Filter(f"c{n}", "eq", 1),), (Sort("c0"),), limit=2)
        first = table.page(validate_query(served, query), "r")
        assert [row[f"c{n}"] for row in first.rows] == [1, 1]
        assert first.cursor
        assert set(first.rows[0]) == {f"c{n}" for n in range(70)}
    for names in list(permutations([f"c{n}" for n in range(5)], 2)):
        sorts = tuple(Sort(name) for name in names)
        page = table.page(validate_query(served, Query(sort=sorts)), "r")
        values = [tuple(row[name] for name in names) for row in page.rows]
        assert values == sorted(values)
        assert len(values) == 9


def test_figures_of_long_decimals_are_exact() -> None:
    served = SERVED.model_copy(update={"columns": (Column(name="d", type="decimal(38,4)"),)})
    long = Decimal("9" * 33 + ".9999")
    table = MemoryTable(served, [{"d": long}, {"d": long}, {"d": Decimal("0.0001")}])
    total = grouping(served, (), {"total": "sum(d)"}, Query())
    assert table.groups(total) == [{"total": Decimal("1" + "9" * 33 + ".9999")}]
    bins = grouping(served, ("bin(d, 10)",), {"n": "count()"}, Query())
    assert table.groups(bins) == [{"d": 0, "n": 1}, {"d": Decimal("9" * 32 + "0"), "n": 2}]
