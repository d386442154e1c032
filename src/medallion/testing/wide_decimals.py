"""The part of the sink contract about decimals beyond 64 bits, which every store has exactly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext
from math import floor
from typing import Any

import pytest

from medallion.contracts import Filter, Query, Sink, Sort, Store, TableSpec
from medallion.query.metrics import quantile_of
from medallion.query.stored_integers import EXACT
from medallion.records import Column
from medallion.testing.served import COMPARISONS, Row, publish, rank, sorted_rows

_MOST = Decimal("9" * 29 + ".9999")  # with room for sums in the 34 digits of a Decimal128
_TYPES = {"id": "int64", "kind": "text", "value": "decimal(38,4)"}
SPEC = TableSpec(
    name="wide",
    columns=tuple(Column(name=name, type=type_) for name, type_ in _TYPES.items()),
    key=("id",),
    indexes=(("value",),),
)
_VALUES = [
    Decimal("1.5000"),
    None,
    Decimal("922337203685477.5807"),  # the largest of 64 bits
    Decimal(0),
    Decimal("-0.0001"),
    _MOST,
    Decimal("922337203685477.5808"),
    _MOST.copy_negate(),
    Decimal("-922337203685477.5809"),
    None,
    Decimal("12345678901234567890123456789.1234"),
    Decimal("12345678901234567890123456789.1235"),
    Decimal("-1234.5000"),
    _MOST,
]
ROWS: list[Row] = [
    {"id": number, "kind": "abc"[number % 3], "value": value}
    for number, value in enumerate(_VALUES)
]
_NUMBERS = [value for value in _VALUES if value is not None]


class WideDecimalContract:
    """Decimals beyond 64 bits are returned, filtered, sorted and summed; of `QueryContract`."""

    @pytest.fixture
    def wide(self, sink: Sink) -> Iterator[Store]:
        """The store of a published table with such decimals, whose first rows have others."""
        publish(sink, "wide", ROWS, SPEC)
        store = sink.store()
        yield store
        store.close()

    def test_wide_decimals_are_exact_and_sort(self, wide: Store) -> None:
        assert wide.find("wide", Query()).rows == ROWS
        assert [row for batch in wide.scan("wide", Query()) for row in batch] == ROWS
        assert wide.get("wide", 5) == ROWS[5]
        for descending in (False, True):
            sort = Sort("value", descending=descending)
            assert _pages(wide, sort) == sorted_rows(ROWS, (sort,))

    def test_filters_of_wide_decimals(self, wide: Store) -> None:
        operands = [*_NUMBERS, Decimal("1.50001"), Decimal("-1e17"), Decimal("1e33"), -(10**33)]
        for operator, matches in COMPARISONS.items():
            for operand in operands:
                condition = Filter("value", operator, operand)  # type: ignore[arg-type]
                _check(wide, lambda value, m=matches, o=operand: m(value, o), condition)  # type: ignore[misc]
        some = [_MOST, Decimal("1.5"), Decimal("1.50001")]
        _check(wide, lambda value: value in some, Filter("value", "in", some))
        low, high = Decimal("-1234.5"), Decimal("12345678901234567890123456789.1234")
        between = (Filter("value", "gte", low), Filter("value", "lte", str(high)))
        _check(wide, lambda value: low <= value <= high, *between)
        null = Query(filters=(Filter("value", "isnull", True),))
        assert wide.count("wide", null) == len(_VALUES) - len(_NUMBERS)

    def test_metrics_of_wide_decimals(self, wide: Store) -> None:
        metrics = {
            "sum": "sum(value)",
            "least": "min(value)",
            "most": "max(value)",
            "values": "count_distinct(value)",
            "mean": "mean(value)",
            "middle": "median(value)",
            "each": "sum(value) / count()",
        }
        query = Query(sort=(Sort("sum", descending=True),))
        expected = [{"kind": kind, **_metrics_of(rows)} for kind, rows in _parts("kind").items()]
        expected.sort(key=lambda row: rank(row["sum"]), reverse=True)
        assert wide.group("wide", ("kind",), metrics, query) == expected
        assert wide.group("wide", (), metrics, Query()) == [_metrics_of(ROWS)]
        counts = wide.group("wide", ("value",), {"n": "count()"}, Query())
        assert {row["value"]: row["n"] for row in counts} == {
            value: len(rows) for value, rows in _parts("value").items()
        }
        assert [row["value"] for row in counts] == [None, *sorted({*_NUMBERS})]
        with localcontext(EXACT):
            bins = {floor(value / 1000) * Decimal(1000) for value in _NUMBERS}
        groups = wide.group("wide", ("bin(value, 1000)",), {}, Query())
        assert [row["value"] for row in groups] == [None, *sorted(bins)]


def _pages(store: Store, sort: Sort) -> list[Row]:
    rows, cursor = list[Row](), None
    while True:
        page = store.find("wide", Query(sort=(sort,), limit=4, cursor=cursor))
        rows += page.rows
        if page.cursor is None:
            return rows
        cursor = page.cursor


def _check(store: Store, matches: Callable[[Any], bool], *conditions: Filter) -> None:
    expected = [row for row in ROWS if row["value"] is not None and matches(row["value"])]
    query = Query(filters=conditions)
    assert store.find("wide", query).rows == expected, conditions
    assert store.count("wide", query) == len(expected), conditions


def _parts(name: str) -> dict[Any, list[Row]]:
    parts: dict[Any, list[Row]] = defaultdict(list)
    for row in ROWS:
        parts[row[name]].append(row)
    return parts


def _metrics_of(rows: list[Row]) -> Row:
    values = [row["value"] for row in rows if row["value"] is not None]
    with localcontext(EXACT):
        total = sum(values)
    return {
        "sum": total,
        "least": min(values),
        "most": max(values),
        "values": len({*values}),
        "mean": pytest.approx(float(total) / len(values)),
        "middle": pytest.approx(quantile_of([float(value) for value in values], 0.5)),
        "each": pytest.approx(float(total) / len(rows)),
    }
