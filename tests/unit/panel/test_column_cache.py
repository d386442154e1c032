"""Exact answers of the column cache."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from medallion.contracts import Filter, Query, Sort, grouping
from medallion.records import Column, Served
from medallion_panel.data.column_cache import ColumnCache


def cache_of(types: dict[str, str], rows: list[dict[str, Any]]) -> tuple[ColumnCache, Served]:
    columns = tuple(Column(name=name, type=type_) for name, type_ in types.items())
    served = Served(table="gold.t", name="t__1", snapshot="s", rows=len(rows), columns=columns)
    cache = ColumnCache(served, list(types))
    cache.append(rows)
    return cache, served


def groups(
    cache: tuple[ColumnCache, Served], by: tuple[str, ...], metrics: dict[str, str], query: Query
) -> list[dict[str, Any]] | None:
    columns, served = cache
    return columns.groups(grouping(served, by, metrics, query))


def test_sums_are_exact_and_overflows_are_left_to_the_store() -> None:
    large = 2**63 - 1
    cache = cache_of(
        {"n": "int64", "d": "decimal(18,2)"}, [{"n": large, "d": Decimal(large).scaleb(-2)}] * 3
    )
    query = Query()
    assert groups(cache, (), {"N": "sum(n)", "n": "sum(d)"}, query) == [
        {"N": large * 3, "n": Decimal(large * 3) / 100}
    ]
    assert (
        groups(cache_of({"n": "int64"}, [{"n": -large}]), ("bin(n, 9007199254740993)",), {}, query)
        is None
    )
    assert groups(cache, (), {"rows": "count()"}, Query(filters=(Filter("d", "lt", "1e38"),))) == [
        {"rows": 3}
    ]
    assert groups(cache, (), {"rows": "count()"}, Query(filters=(Filter("d", "gte", "1e38"),))) == [
        {"rows": 0}
    ]


def test_early_days_and_names_that_differ_in_case() -> None:
    days = [date(33, 4, 3), date(2024, 1, 1)]
    cache = cache_of(
        {"day": "date", "opens": "time"}, [{"day": day, "opens": "05:30:00.000000"} for day in days]
    )
    result = groups(
        cache,
        ("month(day)",),
        {"Rows": "count()", "rows": "min(opens)"},
        Query(sort=(Sort("Rows"),)),
    )
    assert result == [
        {"day": month, "Rows": 1, "rows": "05:30:00.000000"} for month in ("0033-04", "2024-01")
    ]
