"""Queries as HTTP parameters, and rows of JSON as the values of a store."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from medallion.contracts import Filter, Sort, kind_of
from medallion.errors import CallError
from medallion_api.http_params import filter_params, list_param, restored, sort_params


def test_filters_are_parameters_by_column_and_operator() -> None:
    moment = datetime(2026, 5, 1, 12, tzinfo=UTC)
    filters = (
        Filter("active", "eq", True),
        Filter("price", "gte", Decimal("1.50")),
        Filter("day", "lt", date(2026, 5, 1)),
        Filter("at", "ne", moment),
        Filter("name", "in", ("tea", 'a "b"', "c,d", "")),
    )
    assert filter_params(filters) == {
        "active__eq": "true",
        "price__gte": "1.50",
        "day__lt": "2026-05-01",
        "at__ne": "2026-05-01T12:00:00+00:00",
        "name__in": 'tea,"a ""b""","c,d",""',
    }


def test_of_several_bounds_the_stricter_one_counts() -> None:
    filters = [Filter("n", operator, value) for operator in ("gt", "lte") for value in (2, 5, 3)]
    assert filter_params(filters) == {"n__gt": "5", "n__lte": "2"}


def test_of_several_lists_the_values_in_all_of_them_count() -> None:
    filters = [Filter("n", "in", ("a", "b", "c")), Filter("n", "in", ("d", "c", "b"))]
    assert filter_params(filters) == {"n__in": "b,c"}
    assert filter_params([*filters, Filter("n", "in", ("a",))]) == {"n__in": ""}


def test_two_other_conditions_on_a_column_are_refused() -> None:
    with pytest.raises(CallError, match="two conditions 'ne' on 'n' are not supported"):
        filter_params((Filter("n", "ne", 1), Filter("n", "ne", 2)))


def test_an_order_is_one_parameter() -> None:
    assert sort_params(()) == {}
    assert sort_params((Sort("a"), Sort("b,c", descending=True))) == {"sort": 'a,"-b,c"'}
    assert list_param([]) == ""


def test_a_row_has_the_values_of_its_types() -> None:
    types = {
        "price": "decimal(12,2)",
        "rate": "float64",
        "day": "date",
        "at": "timestamp",
        "data": "binary",
        "tags": "list<date>",
        "nothing": "date",
    }
    row = {
        "price": "1.50",
        "rate": "-Infinity",
        "day": "2026-05-01",
        "at": "2026-05-01T12:00:00",
        "data": "AAE=",
        "tags": ["2026-05-01", None],
        "nothing": None,
    }
    day = date(2026, 5, 1)
    assert restored({name: kind_of(type_) for name, type_ in types.items()}, row) == {
        "price": Decimal("1.50"),
        "rate": float("-inf"),
        "day": day,
        "at": datetime(2026, 5, 1, 12),
        "data": b"\x00\x01",
        "tags": [day, None],
        "nothing": None,
    }
