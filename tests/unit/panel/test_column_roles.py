"""What columns are good for, by kind, name and values."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from medallion_panel.pages.column_roles import column_roles, days_between, time_term
from tests.unit.panel.conftest import OpenStore
from tests.unit.panel.tables import SmallTable

ODD = SmallTable(
    {
        "sale_id": "int64", "client_id": "int64", "month": "int64", "rating": "float64",
        "price_per_unit": "decimal(8,2)", "weight": "float64", "pieces": "int64",
        "revenue": "decimal(12,2)", "paid": "boolean", "land": "text", "name": "text",
        "sold_quarter": "text", "sold": "date", "seen": "timestamptz", "never": "date",
        "empty": "text", "tags": "list<text>",
    },
    [
        (
            number, number % 7, number % 12 + 1, 4.5, Decimal("1.25"), number / 3, number,
            Decimal(number), number % 2 == 0, ("IE", "DE")[number % 2], f"Name {number}",
            f"2024-Q{number % 4 + 1}", date(2024, 1, 1) + timedelta(days=number),
            datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=number), None, None, ["a"],
        )
        for number in range(60)
    ],
    key=("sale_id",),
)  # fmt: skip


def test_columns_by_use(open_store: OpenStore) -> None:
    roles = column_roles(open_store({"t": ODD}), "t")
    assert roles.sums == ("weight", "pieces", "revenue")
    assert roles.averages == ("rating", "price_per_unit")
    assert (roles.ids, roles.calendar) == (("client_id",), ("month",))
    assert roles.times == ("sold_quarter", "sold", "seen")
    assert (roles.categories, roles.search) == (("land", "paid"), "name")
    assert (roles.main, roles.metric) == ("revenue", "sum(revenue)")


def test_a_table_of_rates_is_averaged_and_one_without_numbers_counted(
    open_store: OpenStore,
) -> None:
    rates = SmallTable({"land": "text", "rate": "float64"}, [("IE", 0.5), ("DE", 0.7)])
    texts = SmallTable({"land": "text"}, [("IE",), ("DE",)])
    nulls = SmallTable({"a": "text", "b": "int64", "c": "boolean"}, [(None, None, None)] * 3)
    store = open_store({"rates": rates, "texts": texts, "nulls": nulls})
    assert column_roles(store, "rates").metric == "mean(rate)"
    assert column_roles(store, "texts").metric == "count()"
    empty = column_roles(store, "nulls")
    assert (empty.categories, empty.times, empty.search) == ((), (), None)


@pytest.mark.parametrize(
    ("names", "place", "averages", "sums"),
    [
        ("lat lng revenue", ("lat", "lng"), (), ("revenue",)),
        ("Latitude Long", ("Latitude", "Long"), (), ()),
        # The start of one trip and the end of another are no place.
        ("end_lng start_lat start_lng end_lat", ("start_lat", "start_lng"), (), ()),
        ("end_lng start_lat", None, ("end_lng", "start_lat"), ()),
        ("lat revenue", None, ("lat",), ("revenue",)),
    ],
)
def test_coordinates_are_never_summed(
    open_store: OpenStore,
    names: str,
    place: tuple[str, str] | None,
    averages: tuple[str, ...],
    sums: tuple[str, ...],
) -> None:
    columns = dict.fromkeys(names.split(), "float64")
    table = SmallTable(columns, [(1.5,) * len(columns), (2.5,) * len(columns)])
    roles = column_roles(open_store({"t": table}), "t")
    assert (roles.place, roles.averages, roles.sums) == (place, averages, sums)


@pytest.mark.parametrize(
    ("days", "term"),
    [(1, "day(d)"), (62, "day(d)"), (63, "week(d)"), (800, "month(d)"), (5000, "quarter(d)"),
     (9000, "year(d)")],
)  # fmt: skip
def test_the_periods_of_a_span(open_store: OpenStore, days: int, term: str) -> None:
    first = date(1990, 1, 1)
    table = SmallTable({"d": "date"}, [(first,), (first + timedelta(days=days),)])
    assert time_term(open_store({"t": table}), "t", "d") == term


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (date(2024, 1, 1), date(2024, 3, 1), 60),
        (datetime(2024, 1, 1, 23, tzinfo=UTC), datetime(2024, 1, 2, 1, tzinfo=UTC), 1),
        (None, None, 0),
    ],
)
def test_days_between(first: Any, last: Any, days: int) -> None:
    assert days_between(first, last) == days
