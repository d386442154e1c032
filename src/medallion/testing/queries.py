"""The query half of the sink contract: a store's answers compared with plain Python's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from medallion.contracts import Filter, Query, Sink, Sort, Store
from medallion.errors import CallError
from medallion.query.text_folding import fold
from medallion.testing.paging import PagingContract
from medallion.testing.served import COLUMNS, COMPARISONS, TYPES, items, publish, sorted_rows
from medallion.testing.values import ValueContract
from medallion.testing.wide_decimals import WideDecimalContract

_WALL_CLOCK = datetime(2024, 1, 1, 14)

VALUES: dict[str, list[tuple[Any, Any]]] = {
    "id": [(7, 7), ("7", 7), (-1, -1)],
    "name": [("Ana", "Ana"), ("", ""), ("naïve 🙂", "naïve 🙂"), ("ana\0", "ana\0")],
    "amount": [
        (Decimal("-0.50"), Decimal("-0.50")),
        ("2", Decimal(2)),
        ("0.755", Decimal("0.755")),
        (-3, Decimal(-3)),
        ("1e30", Decimal("1e30")),
        ("-1e30", Decimal("-1e30")),
    ],
    "total": [(10**12, 10**12), ("0", 0)],
    "rate": [(0.25, 0.25), ("1", 1.0), (Decimal("0.5"), 0.5)],
    "active": [(True, True), ("false", False)],
    "day": [(date(2024, 1, 5), date(2024, 1, 5)), ("2024-01-05", date(2024, 1, 5))],
    "at": [
        (_WALL_CLOCK, _WALL_CLOCK),
        ("2024-01-01T14:00", _WALL_CLOCK),
    ],
    "seen": [
        ("2024-01-01T15:00:00+01:00", datetime(2024, 1, 1, 14, tzinfo=UTC)),
        ("2024-01-01 14:00:00.000Z", datetime(2024, 1, 1, 14, tzinfo=UTC)),
        ("2024-01-01T14:00", datetime(2024, 1, 1, 14, tzinfo=UTC)),
    ],
    "opens": [("05:30", "05:30:00.000000")],
}
COMPARED = [
    pytest.param(name, operator, given, meant, id=f"{name}-{operator}-{given}")
    for name, values in VALUES.items()
    for given, meant in values
    for operator in COMPARISONS
]

INVALID: list[tuple[Query, str]] = [
    (Query(filters=(Filter("amuont", "eq", 1),)), "did you mean 'amount'"),
    (Query(sort=(Sort("nmae"),)), "did you mean 'name'"),
    (Query(sort=(Sort("tags"),)), "no order"),
    (Query(sort=(Sort("name"), Sort("name"))), "twice"),
    (Query(fields=("rat",)), "did you mean 'rate'"),
    (Query(filters=(Filter("name", "like", "x"),)), "no operator 'like'"),  # type: ignore[arg-type]
    (Query(filters=(Filter("amount", "eq", "ten"),)), "'ten' is not a valid decimal"),
    (Query(filters=(Filter("amount", "eq", "NaN"),)), "not a valid decimal"),
    (Query(filters=(Filter("id", "eq", "1.5"),)), "not a valid integer"),
    (Query(filters=(Filter("id", "eq", 2**63),)), "not a valid integer"),
    (Query(filters=(Filter("id", "eq", True),)), "not a valid integer"),
    (Query(filters=(Filter("id", "eq", "1_0"),)), "not a valid integer"),
    (Query(filters=(Filter("day", "eq", "2024-02-30"),)), "not a valid date"),
    (Query(filters=(Filter("day", "eq", "20240101"),)), "not a valid date"),
    (Query(filters=(Filter("at", "eq", "yesterday"),)), "not a valid timestamp"),
    (Query(filters=(Filter("at", "eq", "2024-01-01T14:00Z"),)), "not a valid timestamp"),
    (Query(filters=(Filter("at", "in", ["2024-01-01"]),)), "is a day"),
    (Query(filters=(Filter("seen", "ne", date(2024, 1, 1)),)), "is a day"),
    (Query(filters=(Filter("active", "eq", "yes"),)), "not a valid boolean"),
    (Query(filters=(Filter("name", "eq", 5),)), "not a valid text"),
    (Query(filters=(Filter("name", "eq", "\ud800"),)), "not a valid text"),
    (Query(filters=(Filter("name", "eq", {"$ne": ""}),)), "not a valid text"),
    (Query(filters=(Filter("name", "eq", None),)), "isnull"),
    (Query(filters=(Filter("name", "in", "ab"),)), "takes a list"),
    (Query(filters=(Filter("name", "isnull", "perhaps"),)), "true or false"),
    (Query(filters=(Filter("id", "contains", "1"),)), "asks text"),
    (Query(filters=(Filter("id", "search", "1"),)), "asks text"),
    (Query(filters=(Filter("name", "search", "x" * 101),)), "at most 100 letters"),
    (Query(filters=(Filter("tags", "eq", "a"),)), "isnull"),
    (Query(limit=0), "at least 1"),
]


class QueryContract(PagingContract, ValueContract, WideDecimalContract):
    """What every store must answer; a part of `SinkContract`, or for a store without a sink."""

    rows = items()

    @pytest.fixture
    def store(self, sink: Sink) -> Iterator[Store]:
        """The store of a published table `items`."""
        publish(sink, "release-1", self.rows)
        store = sink.store()
        yield store
        store.close()

    def test_values_are_returned_as_python_types(self, store: Store) -> None:
        page = store.find("items", Query(limit=1000))
        assert page.rows == sorted_rows(self.rows, ())
        assert page.release == "release-1"
        assert page.cursor is None
        for row, expected in zip(page.rows, sorted_rows(self.rows, ()), strict=True):
            assert list(row) == list(TYPES)
            assert [*map(type, row.values())] == [type(expected[name]) for name in TYPES]
            for timestamps in (row, row["detail"] or {"at": None, "seen": None}):
                assert timestamps["at"] is None or timestamps["at"].tzinfo is None
                assert timestamps["seen"] is None or timestamps["seen"].tzinfo is UTC

    def test_tables_and_release_describe_what_is_served(self, store: Store) -> None:
        (served,) = store.tables().values()
        assert (served.table, served.rows, served.columns, served.key) == (
            "gold.items",
            60,
            COLUMNS,
            ("id",),
        )
        assert store.release().id == "release-1"

    @pytest.mark.parametrize(("name", "operator", "operand", "expected"), COMPARED)
    def test_comparisons(
        self, store: Store, name: str, operator: Any, operand: Any, expected: Any
    ) -> None:
        self._check(
            store,
            Filter(name, operator, operand),
            lambda value: COMPARISONS[operator](value, expected),
        )

    @pytest.mark.parametrize("name", VALUES)
    def test_in(self, store: Store, name: str) -> None:
        operands, expected = zip(*VALUES[name], strict=True)
        self._check(store, Filter(name, "in", list(operands)), lambda value: value in expected)
        self._check(store, Filter(name, "in", []), lambda _: False)

    @pytest.mark.parametrize(
        "text", ["a", "A", "_", "*", "%", "'", "", "🙂", ".", "\\", "x\x00", "\U0010ffff"]
    )
    def test_text_is_matched_literally(self, store: Store, text: str) -> None:
        self._check(store, Filter("name", "contains", text), lambda value: text in value)
        self._check(store, Filter("name", "startswith", text), lambda value: value.startswith(text))
        self._check(store, Filter("name", "eq", text), lambda value: value == text)

    @pytest.mark.parametrize(
        "text",
        ["ZOE", "zoë", "Zoe\u0308", "nAiVe", "ANA", "_", "*", "", "🙂", "^", ".", "[", "\\", "\0"],
    )
    def test_search_ignores_case_and_accents(self, store: Store, text: str) -> None:
        self._check(store, Filter("name", "search", text), lambda value: fold(text) in fold(value))

    @pytest.mark.parametrize("name", list(TYPES))
    def test_isnull(self, store: Store, name: str) -> None:
        for operand, is_null in ((True, True), (False, False), ("true", True), ("false", False)):
            query = Query(filters=(Filter(name, "isnull", operand),), limit=1000)
            assert store.find("items", query).rows == [
                row for row in sorted_rows(self.rows, ()) if (row[name] is None) is is_null
            ]

    def test_a_row_must_match_all_filters(self, store: Store) -> None:
        query = Query(
            filters=(
                Filter("active", "eq", "true"),
                Filter("amount", "gte", 0),
                Filter("id", "lt", 30),
            )
        )
        expected = [
            r
            for r in self.rows
            if r["active"] and r["amount"] is not None and r["amount"] >= 0 and r["id"] < 30
        ]
        assert store.find("items", query).rows == sorted_rows(expected, ())
        assert store.count("items", query) == len(expected) > 0

    def test_fields_choose_and_order_the_columns(self, store: Store) -> None:
        page = store.find("items", Query(fields=("name", "id"), sort=(Sort("rate"),), limit=3))
        assert [list(row) for row in page.rows] == [["name", "id"]] * 3
        assert page.cursor

    def test_get(self, store: Store) -> None:
        (expected,) = (row for row in self.rows if row["id"] == 14)
        assert store.get("items", 14) == expected
        assert store.get("items", "14") == expected
        assert store.get("items", (14,)) == expected
        assert store.get("items", 1000) is None
        with pytest.raises(CallError, match="not a valid integer"):
            store.get("items", "x")
        with pytest.raises(CallError, match=r"not 2 value"):
            store.get("items", (1, 2))

    @pytest.mark.parametrize(
        ("query", "message"), INVALID, ids=[f"{number}" for number in range(len(INVALID))]
    )
    def test_an_invalid_query_is_reported(self, store: Store, query: Query, message: str) -> None:
        with pytest.raises(CallError, match=message):
            store.find("items", query)

    def test_every_method_reports_an_unknown_table(self, store: Store) -> None:
        for call in (
            lambda: store.find("itmes", Query()),
            lambda: store.get("itmes", 1),
            lambda: store.count("itmes", Query()),
            lambda: next(store.scan("itmes", Query())),
        ):
            with pytest.raises(CallError, match="did you mean 'items'"):
                call()

    def test_an_empty_table(self, sink: Sink) -> None:
        publish(sink, "empty", [])
        store = sink.store()
        assert store.find("items", Query()).rows == []
        assert store.count("items", Query()) == 0
        assert store.get("items", 1) is None
        assert list(store.scan("items", Query())) == []
        store.close()

    def _check(self, store: Store, condition: Filter, matches: Callable[[Any], bool]) -> None:
        expected = [
            r for r in self.rows if r[condition.field] is not None and matches(r[condition.field])
        ]
        query = Query(filters=(condition,), limit=1000)
        assert store.find("items", query).rows == sorted_rows(expected, ())
        assert store.count("items", query) == len(expected)
