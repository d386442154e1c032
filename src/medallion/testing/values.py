"""The value half of the sink contract: timestamps and days, the limits of types, infinities."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from math import inf, nan
from typing import Any

import pytest

from medallion.contracts import Filter, Query, Sink, Sort, Store, TableSpec
from medallion.errors import SinkError
from medallion.records import Column
from medallion.testing.served import COMPARISONS, Row, items, publish

_LAST = datetime(9999, 12, 31, 23, 59, 59, 999000)

LIMITS: dict[str, tuple[Any, Any]] = {
    "int8": (-128, 127),
    "int64": (-(2**63), 2**63 - 1),
    "decimal(18,2)": (Decimal("-9999999999999999.99"), Decimal("9999999999999999.99")),
    "float64": (-1.7976931348623157e308, 1.7976931348623157e308),
    "float32": (-1.5, 3.4028234663852886e38),
    "date": (date.min, date.max),
    "timestamp": (datetime.min, _LAST),
    "timestamp(ms)": (datetime.min, _LAST),
    "timestamptz": (datetime.min.replace(tzinfo=UTC), _LAST.replace(tzinfo=UTC)),
    "time": ("00:00:00.000000", "23:59:59.999999"),
    "text": ("", "\U0010ffff" * 3),
}
LARGE: dict[str, tuple[Any, Any]] = {  # some databases cannot store these
    "int128": (-(2**63) - 1, 2**63),
    "uint64": (0, 2**64 - 1),
    "decimal(38,2)": (Decimal("-" + "9" * 36 + ".99"), Decimal("9" * 36 + ".99")),
    "decimal(38,38)": (Decimal("-0." + "9" * 38), Decimal("0." + "9" * 38)),
}

# A store is never asked for what is not on a day.
DAY_OPERATORS = tuple(name for name in COMPARISONS if name != "ne")


class ValueContract:
    """Values are stored and compared without loss; a part of `QueryContract`."""

    @pytest.mark.parametrize("name", ["at", "seen"])
    @pytest.mark.parametrize("operator", DAY_OPERATORS)
    def test_a_timestamp_compared_with_a_day_means_the_whole_day(
        self, sink: Sink, name: str, operator: Any
    ) -> None:
        publish(sink, "release", items())
        store = sink.store()
        for operand in (date(2024, 1, 2), "2024-01-03", date.min, date.max, "9999-12-31"):
            day = date.fromisoformat(str(operand))
            expected = {
                row["id"]
                for row in items()
                if row[name] is not None and COMPARISONS[operator](row[name].date(), day)
            }
            query = Query(filters=(Filter(name, operator, operand),), limit=1000)
            assert {row["id"] for row in store.find("items", query).rows} == expected
            assert store.count("items", query) == len(expected)
        store.close()

    def test_days_combine_with_other_conditions(self, sink: Sink) -> None:
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
        rows = store.find("items", Query(filters=filters, limit=1000)).rows
        assert sorted(row["id"] for row in rows) == sorted(expected) != []
        store.close()

    @pytest.mark.parametrize("type_", LIMITS)
    def test_the_limits_of_each_type_are_served(self, sink: Sink, type_: str) -> None:
        self._check_ends(sink, type_, *LIMITS[type_])

    @pytest.mark.parametrize("type_", LARGE)
    def test_a_large_number_is_served_or_refused_with_its_row(self, sink: Sink, type_: str) -> None:
        try:
            self._check_ends(sink, type_, *LARGE[type_])
        except SinkError as error:
            assert "'ends': column 'value', row " in error.message  # noqa: PT017 (or served)

    def test_nan_is_null(self, sink: Sink) -> None:
        types = {
            "id": "int64",
            "value": "float64",
            "small": "float32",
            "listed": "list<float64>",
            "nested": "struct<x: float64>",
        }
        columns = tuple(Column(name=name, type=type_) for name, type_ in types.items())
        spec = TableSpec(name="ends", columns=columns, key=("id",), indexes=(("value",),))
        rows = [
            {"id": 1, "value": nan, "small": nan, "listed": [nan, 1.0], "nested": {"x": nan}},
            {"id": 2, "value": 0.0, "small": 0.0, "listed": [], "nested": {"x": 0.0}},
        ]
        nulls = {
            "id": 1,
            "value": None,
            "small": None,
            "listed": [None, 1.0],
            "nested": {"x": None},
        }
        publish(sink, "nan", rows, spec)
        store = sink.store()
        assert store.find("ends", Query()).rows == [nulls, rows[1]]
        assert store.find("ends", Query(sort=(Sort("value"),))).rows == [nulls, rows[1]]
        for name in ("value", "small"):
            for filter_, ids in (
                (Filter(name, "isnull", True), [1]),
                (Filter(name, "ne", 1), [2]),
                (Filter(name, "lte", inf), [2]),
            ):
                page = store.find("ends", Query(filters=(filter_,)))
                assert [row["id"] for row in page.rows] == ids
            groups = store.group("ends", (name,), {"largest": f"max({name})"}, Query())
            assert [tuple(group.values()) for group in groups] == [(None, None), (0.0, 0.0)]
        store.close()

    def test_infinities_are_values(self, sink: Sink) -> None:
        self._check_ends(sink, "float64", -inf, inf)

    def test_metrics_of_infinities(self, sink: Sink) -> None:
        store = _ends(sink, "float64", [-inf, 1.0, inf, None])
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
        """Both limits of a type are returned, filtered, sorted, paged, grouped and aggregated."""
        values = [high, None, low]
        store = _ends(sink, type_, values)
        try:
            assert [row["value"] for row in store.find("ends", Query()).rows] == values
            assert [
                row["value"] for batch in store.scan("ends", Query()) for row in batch
            ] == values
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
    """The store of a published table `ends` with these values."""
    columns = (Column(name="id", type="int64"), Column(name="value", type=type_))
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
