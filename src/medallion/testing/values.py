"""The values half of the sink contract: timestamps and days, the ends of every range, and numbers without end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf
from typing import Any

import pytest

from medallion.contracts import Filter, Query, Sink, Sort, Store, TableSpec
from medallion.errors import SinkError
from medallion.records import Column
from medallion.testing.served import Row, items, publish

_LAST = datetime(9999, 12, 31, 23, 59, 59, 999000)

ENDS: dict[str, tuple[Any, Any]] = {
    "TINYINT": (-128, 127),
    "BIGINT": (-(2**63), 2**63 - 1),
    "DECIMAL(18,2)": (Decimal("-9999999999999999.99"), Decimal("9999999999999999.99")),
    "DOUBLE": (-1.7976931348623157e308, 1.7976931348623157e308),
    "FLOAT": (-1.5, 3.4028234663852886e38),
    "DATE": (date.min, date.max),
    "TIMESTAMP": (datetime.min, _LAST),
    "TIMESTAMP_MS": (datetime.min, _LAST),
    "TIMESTAMP WITH TIME ZONE": (datetime.min.replace(tzinfo=UTC), _LAST.replace(tzinfo=UTC)),
    "TIME": ("00:00:00.000000", "23:59:59.999999"),
    "VARCHAR": ("", "\U0010ffff" * 3),
}
LARGE: dict[str, tuple[Any, Any]] = {  # what some databases cannot keep
    "HUGEINT": (-(2**63) - 1, 2**63),
    "UBIGINT": (0, 2**64 - 1),
    "DECIMAL(38,2)": (Decimal("-" + "9" * 36 + ".99"), Decimal("9" * 36 + ".99")),
    "DECIMAL(38,38)": (Decimal("-0." + "9" * 38), Decimal("0." + "9" * 38)),
}

DAYS: dict[str, Callable[[date, date], bool]] = {
    "eq": lambda day, asked: day == asked,
    "lt": lambda day, asked: day < asked,
    "lte": lambda day, asked: day <= asked,
    "gt": lambda day, asked: day > asked,
    "gte": lambda day, asked: day >= asked,
}


class ValueContract:
    """What becomes of every value; a part of `QueryContract`."""

    @pytest.mark.parametrize("name", ["at", "seen"])
    @pytest.mark.parametrize("operator", DAYS)
    def test_a_day_that_a_timestamp_is_compared_with_is_all_of_it(
        self, sink: Sink, name: str, operator: Any
    ) -> None:
        publish(sink, "release", items())
        store = sink.store()
        for asked in (date(2024, 1, 2), "2024-01-03", date.min, date.max, "9999-12-31"):
            day = date.fromisoformat(str(asked))
            expected = {
                row["id"]
                for row in items()
                if row[name] is not None and DAYS[operator](row[name].date(), day)
            }
            query = Query(filters=(Filter(name, operator, asked),), limit=1000)
            assert {row["id"] for row in store.find("items", query).rows} == expected
            assert store.count("items", query) == len(expected)
        store.close()

    def test_days_and_other_conditions_hold_together(self, sink: Sink) -> None:
        publish(sink, "release", items())
        store = sink.store()
        moment = datetime(2024, 1, 2, 12)
        filters = (
            Filter("at", "eq", date(2024, 1, 2)),
            Filter("at", "gte", moment),
            Filter("at", "lt", "2024-01-04"),
        )
        expected = [
            row["id"]
            for row in items()
            if row["at"] and row["at"].date() == date(2024, 1, 2) and row["at"] >= moment
        ]
        found = store.find("items", Query(filters=filters, limit=1000)).rows
        assert sorted(row["id"] for row in found) == sorted(expected) != []
        store.close()

    @pytest.mark.parametrize("type_", ENDS)
    def test_the_ends_of_a_range_are_served(self, sink: Sink, type_: str) -> None:
        self._check_ends(sink, type_, *ENDS[type_])

    @pytest.mark.parametrize("type_", LARGE)
    def test_a_large_number_is_served_or_refused_with_its_place(
        self, sink: Sink, type_: str
    ) -> None:
        try:
            self._check_ends(sink, type_, *LARGE[type_])
        except SinkError as error:
            assert "'ends': column 'value', row " in error.message  # noqa: PT017 (or served)

    def test_numbers_without_end_are_values(self, sink: Sink) -> None:
        self._check_ends(sink, "DOUBLE", -inf, inf)

    def test_figures_of_numbers_without_end(self, sink: Sink) -> None:
        store = _ends(sink, "DOUBLE", [-inf, 1.0, inf, None])
        above = Query(filters=(Filter("value", "gt", 0),))
        metrics = {
            "sum": "sum(value)",
            "mean": "mean(value)",
            "least": "min(value)",
            "most": "max(value)",
        }
        assert store.group("ends", (), metrics, above) == [
            {"sum": inf, "mean": inf, "least": 1.0, "most": inf}
        ]
        (all_,) = store.group("ends", (), metrics, Query())
        assert all_ == {"sum": None, "mean": None, "least": -inf, "most": inf}
        store.close()

    def _check_ends(self, sink: Sink, type_: str, low: Any, high: Any) -> None:
        """Both ends of a type come back as they are, are found, sorted, paged through, compared and summed up."""
        values = [high, None, low]
        store = _ends(sink, type_, values)
        try:
            assert [row["value"] for row in store.find("ends", Query()).rows] == values
            assert [row["value"] for part in store.scan("ends", Query()) for row in part] == values
            assert store.get("ends", 1) == {"id": 1, "value": high}
            for operator, expected in (
                ("eq", [high]),
                ("gte", [high]),
                ("lt", [low]),
                ("ne", [low]),
            ):
                query = Query(filters=(Filter("value", operator, high),))  # type: ignore[arg-type]
                assert [row["value"] for row in store.find("ends", query).rows] == expected
            nulls = Query(filters=(Filter("value", "isnull", True),))
            assert [row["id"] for row in store.find("ends", nulls).rows] == [2]
            for descending, expected in ((False, [None, low, high]), (True, [high, low, None])):
                assert _paged(store, Sort("value", descending=descending)) == expected
            metrics = {"least": "min(value)", "most": "max(value)"}
            assert store.group("ends", (), metrics, Query()) == [{"least": low, "most": high}]
            groups = store.group("ends", ("value",), {"rows": "count()"}, Query())
            assert [row["value"] for row in groups] == [None, low, high]
        finally:
            store.close()


def _ends(sink: Sink, type_: str, values: list[Any]) -> Store:
    """The store of a published table `ends`, which has these values."""
    columns = (Column(name="id", type="BIGINT"), Column(name="value", type=type_))
    spec = TableSpec(name="ends", columns=columns, key=("id",), indexes=(("value",),))
    rows: list[Row] = [{"id": number, "value": value} for number, value in enumerate(values, 1)]
    publish(sink, "ends", rows, spec)
    return sink.store()


def _paged(store: Store, sort: Sort) -> list[Any]:
    values, cursor = [], None
    while True:
        page = store.find("ends", Query(sort=(sort,), limit=1, cursor=cursor))
        values += [row["value"] for row in page.rows]
        if page.cursor is None:
            return values
        cursor = page.cursor
