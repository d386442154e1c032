"""Profiles of tables: nulls, distinct values, bounds, distributions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from medallion.records import Column
from medallion_panel.data import table_profile as module
from medallion_panel.data.table_profile import BINS, ColumnProfile, table_profile


def profiles(query: str, types: dict[str, str]) -> dict[str, ColumnProfile]:
    columns = [Column(name=name, type=type_) for name, type_ in types.items()]
    with duckdb.connect() as connection:
        profile = table_profile(connection.sql(query), columns)
    return {each.name: each for each in profile.columns}


def test_each_kind_has_its_figures() -> None:
    rows = """
        select * from (values
            (1, 1.5::decimal(9,2), 'inf'::double, 'x', true, date '2024-01-01', [1]),
            (2, null, 'nan'::double, 'y', true, date '2024-01-21', null),
            (20, 2.5, 4, 'y', null, null, [2])
        ) as t(id, price, rate, name, open, "a day", tags)
    """
    columns = profiles(
        rows,
        {
            "id": "int64",
            "price": "decimal(9,2)",
            "rate": "float64",
            "name": "text",
            "open": "boolean",
            "a day": "date",
            "tags": "list<int32>",
        },
    )
    ident, price, day = columns["id"], columns["price"], columns["a day"]
    assert (ident.nulls, ident.distinct, ident.low, ident.high) == (0, 3, 1, 20)
    assert ident.bars == (1, 1, *[0] * (BINS - 3), 1)
    assert (price.nulls, price.low, price.high) == (1, Decimal("1.50"), Decimal("2.50"))
    assert (day.low, day.high, day.bars[0], day.bars[-1]) == (
        date(2024, 1, 1),
        date(2024, 1, 21),
        1,
        1,
    )
    assert sum(columns["rate"].bars) == 1  # only finite numbers
    assert columns["name"].common == (("y", 2), ("x", 1))
    assert columns["open"].common == ((True, 2),)
    assert columns["tags"] == ColumnProfile("tags", 1)


def test_a_table_without_rows_and_one_with_a_single_value() -> None:
    empty = profiles("select 1 as a, 'x' as b where false", {"a": "int32", "b": "text"})
    assert (empty["a"].bars, empty["a"].distinct, empty["b"].common) == ((), 0, ())
    assert profiles("select 7 as a from range(3)", {"a": "int32"})["a"].bars[0] == 3


def test_many_values_are_neither_listed_nor_counted_exactly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_EXACT", 99)
    columns = [Column(name="a", type="text")]
    with duckdb.connect() as connection:
        profile = table_profile(
            connection.sql("select cast(range as varchar) as a from range(100)"), columns
        )
    (column,) = profile.columns
    assert (profile.rows, profile.exact, column.common) == (100, False, ())
    assert 80 < (column.distinct or 0) < 120
