"""The query half of the sink contract: what every store answers, compared with plain Python over the same rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import pytest

from medallion.contracts import Filter, Query, Sink, Sort, Store, TableSpec
from medallion.errors import CallError
from medallion.query.text_folding import fold
from medallion.testing.served import COLUMNS, TYPES, Row, items, publish
from medallion.testing.values import ValueContract

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": eq,
    "ne": ne,
    "lt": lt,
    "lte": le,
    "gt": gt,
    "gte": ge,
}

_WALL_CLOCK = datetime(2024, 1, 1, 14)

VALUES: dict[str, list[tuple[Any, Any]]] = {
    "id": [(7, 7), ("7", 7), (-1, -1)],
    "name": [("Ana", "Ana"), ("", ""), ("naïve 🙂", "naïve 🙂")],
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

SORTS = [
    (),
    (Sort("id", descending=True),),
    *[
        (Sort(name, descending=descending),)
        for name in VALUES
        if name != "id"
        for descending in (False, True)
    ],
    (Sort("active"), Sort("day", descending=True)),
    (Sort("active", descending=True), Sort("amount"), Sort("name", descending=True)),
]

WRONG: list[tuple[Query, str]] = [
    (Query(filters=(Filter("amuont", "eq", 1),)), "did you mean 'amount'"),
    (Query(sort=(Sort("nmae"),)), "did you mean 'name'"),
    (Query(sort=(Sort("tags"),)), "no order"),
    (Query(sort=(Sort("name"), Sort("name"))), "twice"),
    (Query(fields=("rat",)), "did you mean 'rate'"),
    (Query(filters=(Filter("name", "like", "x"),)), "no operator 'like'"),  # type: ignore[arg-type]
    (Query(filters=(Filter("amount", "eq", "ten"),)), "'ten' is no decimal"),
    (Query(filters=(Filter("amount", "eq", "NaN"),)), "no decimal"),
    (Query(filters=(Filter("id", "eq", "1.5"),)), "no integer"),
    (Query(filters=(Filter("id", "eq", 2**63),)), "no integer"),
    (Query(filters=(Filter("id", "eq", True),)), "no integer"),
    (Query(filters=(Filter("id", "eq", "1_0"),)), "no integer"),
    (Query(filters=(Filter("day", "eq", "2024-02-30"),)), "no date"),
    (Query(filters=(Filter("day", "eq", "20240101"),)), "no date"),
    (Query(filters=(Filter("at", "eq", "yesterday"),)), "no timestamp"),
    (Query(filters=(Filter("at", "eq", "2024-01-01T14:00Z"),)), "no timestamp"),
    (Query(filters=(Filter("at", "in", ["2024-01-01"]),)), "is a day"),
    (Query(filters=(Filter("seen", "ne", date(2024, 1, 1)),)), "is a day"),
    (Query(filters=(Filter("active", "eq", "yes"),)), "no boolean"),
    (Query(filters=(Filter("name", "eq", 5),)), "no text"),
    (Query(filters=(Filter("name", "eq", "\ud800"),)), "no text"),
    (Query(filters=(Filter("name", "eq", {"$ne": ""}),)), "no text"),
    (Query(filters=(Filter("name", "eq", None),)), "isnull"),
    (Query(filters=(Filter("name", "in", "ab"),)), "takes a list"),
    (Query(filters=(Filter("name", "isnull", "perhaps"),)), "true or false"),
    (Query(filters=(Filter("id", "contains", "1"),)), "asks text"),
    (Query(filters=(Filter("id", "search", "1"),)), "asks text"),
    (Query(filters=(Filter("name", "search", "x" * 101),)), "at most 100 letters"),
    (Query(filters=(Filter("tags", "eq", "a"),)), "isnull"),
    (Query(limit=0), "at least 1"),
]


class QueryContract(ValueContract):
    """What every store answers; subclass it through `SinkContract`."""

    rows = items()

    @pytest.fixture
    def store(self, sink: Sink) -> Iterator[Store]:
        """The store of a published table `items`."""
        publish(sink, "release-1", self.rows)
        store = sink.store()
        yield store
        store.close()

    def test_every_value_comes_back_as_pythons_own(self, store: Store) -> None:
        found = store.find("items", Query(limit=1000))
        assert found.rows == _sorted(self.rows, ())
        assert found.release == "release-1"
        assert found.cursor is None
        for row in found.rows:
            assert list(row) == list(TYPES)
            assert {type(value) for value in row.values()} <= _KINDS
            for timestamps in (row, row["detail"] or {"at": None, "seen": None}):
                assert timestamps["at"] is None or timestamps["at"].tzinfo is None
                assert timestamps["seen"] is None or timestamps["seen"].tzinfo is UTC

    def test_tables_and_release_tell_what_is_served(self, store: Store) -> None:
        (served,) = store.tables().values()
        assert (served.table, served.rows, served.columns, served.key) == (
            "gold.items",
            60,
            COLUMNS,
            ("id",),
        )
        assert store.release().id == "release-1"

    @pytest.mark.parametrize(("name", "operator", "given", "meant"), COMPARED)
    def test_comparisons(
        self, store: Store, name: str, operator: Any, given: Any, meant: Any
    ) -> None:
        self._check(
            store, Filter(name, operator, given), lambda value: COMPARISONS[operator](value, meant)
        )

    @pytest.mark.parametrize("name", VALUES)
    def test_in(self, store: Store, name: str) -> None:
        given, meant = zip(*VALUES[name], strict=True)
        self._check(store, Filter(name, "in", list(given)), lambda value: value in meant)
        self._check(store, Filter(name, "in", []), lambda _: False)

    @pytest.mark.parametrize(
        "part", ["a", "A", "_", "*", "%", "'", "", "🙂", ".", "\\", "x\x00", "\U0010ffff"]
    )
    def test_text_is_taken_as_it_stands(self, store: Store, part: str) -> None:
        self._check(store, Filter("name", "contains", part), lambda value: part in value)
        self._check(store, Filter("name", "startswith", part), lambda value: value.startswith(part))
        self._check(store, Filter("name", "eq", part), lambda value: value == part)

    @pytest.mark.parametrize(
        "part", ["ZOE", "zoë", "Zoe\u0308", "nAiVe", "ANA", "_", "*", "", "🙂", "^", ".", "[", "\\"]
    )
    def test_search_is_whatever_the_case_and_accents(self, store: Store, part: str) -> None:
        self._check(store, Filter("name", "search", part), lambda value: fold(part) in fold(value))

    @pytest.mark.parametrize("name", list(TYPES))
    def test_isnull(self, store: Store, name: str) -> None:
        for given, meant in ((True, True), (False, False), ("true", True), ("false", False)):
            query = Query(filters=(Filter(name, "isnull", given),), limit=1000)
            assert store.find("items", query).rows == [
                row for row in _sorted(self.rows, ()) if (row[name] is None) is meant
            ]

    def test_all_filters_hold_together(self, store: Store) -> None:
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
        assert store.find("items", query).rows == _sorted(expected, ())
        assert store.count("items", query) == len(expected) > 0

    def test_fields_choose_and_order_the_columns(self, store: Store) -> None:
        page = store.find("items", Query(fields=("name", "id"), sort=(Sort("rate"),), limit=3))
        assert [list(row) for row in page.rows] == [["name", "id"]] * 3
        assert page.cursor

    @pytest.mark.parametrize("sorts", SORTS, ids=str)
    @pytest.mark.parametrize("limit", [1, 7, 60])
    def test_pages_through_ties_and_nulls_give_every_row_once(
        self, store: Store, sorts: tuple[Sort, ...], limit: int
    ) -> None:
        found, query = [], Query(sort=sorts, limit=limit)
        while True:
            page = store.find("items", query)
            assert len(page.rows) == limit or page.cursor is None
            found += page.rows
            if page.cursor is None:
                break
            query = Query(sort=sorts, limit=limit, cursor=page.cursor)
        assert found == _sorted(self.rows, sorts)

    def test_a_cursor_serves_with_other_fields_and_limit_but_no_other_question(
        self, store: Store
    ) -> None:
        first = store.find("items", Query(sort=(Sort("name"),), limit=5))
        rest = store.find(
            "items", Query(sort=(Sort("name"),), limit=100, fields=("id",), cursor=first.cursor)
        )
        assert [row["id"] for row in first.rows + rest.rows] == [
            r["id"] for r in _sorted(self.rows, (Sort("name"),))
        ]
        for query in (
            Query(sort=(Sort("name", descending=True),), cursor=first.cursor),
            Query(sort=(Sort("name"),), filters=(Filter("id", "gt", 3),), cursor=first.cursor),
        ):
            with pytest.raises(CallError, match="another query"):
                store.find("items", query)

    def test_a_damaged_cursor_is_told(self, store: Store) -> None:
        cursor = store.find("items", Query(limit=5)).cursor or ""
        changed = [cursor[:place] + "x" + cursor[place + 1 :] for place in range(0, len(cursor), 7)]
        for damaged in (
            cursor[:-3],
            "",
            "é",
            "bnVsbA",
            "W10",
            *(text for text in changed if text != cursor),
        ):
            if damaged:
                with pytest.raises(CallError, match="cursor"):
                    store.find("items", Query(limit=5, cursor=damaged))

    def test_get(self, store: Store) -> None:
        (expected,) = (row for row in self.rows if row["id"] == 14)
        assert store.get("items", 14) == expected
        assert store.get("items", "14") == expected
        assert store.get("items", (14,)) == expected
        assert store.get("items", 1000) is None
        with pytest.raises(CallError, match="no integer"):
            store.get("items", "x")
        with pytest.raises(CallError, match=r"not 2 value"):
            store.get("items", (1, 2))

    def test_a_key_of_several_columns(self, sink: Sink) -> None:
        spec = TableSpec(
            name="pairs", columns=COLUMNS[:3], key=("name", "id"), indexes=(("-amount",),)
        )
        rows = [
            {"name": name, "id": number, "amount": Decimal(number)}
            for name in "ba"
            for number in (2, 1)
        ]
        publish(sink, "pairs", rows, spec)
        store = sink.store()
        found = store.get("pairs", ("a", "2"))
        assert found is not None
        assert {**found} == {"id": 2, "name": "a", "amount": Decimal(2)}
        assert store.get("pairs", ("c", 1)) is None
        page = store.find("pairs", Query(limit=3))
        rest = store.find("pairs", Query(limit=3, cursor=page.cursor))
        assert [(r["name"], r["id"]) for r in page.rows + rest.rows] == [
            ("a", 1),
            ("a", 2),
            ("b", 1),
            ("b", 2),
        ]
        store.close()

    def test_without_a_key_rows_keep_the_order_they_came_in(self, sink: Sink) -> None:
        spec = TableSpec(name="loose", columns=COLUMNS[:2])
        rows: list[Row] = [{"id": number % 3, "name": "same"} for number in range(25)]
        publish(sink, "loose", rows, spec)
        store = sink.store()
        found: list[Row] = []
        cursor = None
        for _ in range(4):
            page = store.find("loose", Query(sort=(Sort("name"),), limit=7, cursor=cursor))
            found, cursor = found + page.rows, page.cursor
        assert found == rows
        assert cursor is None
        with pytest.raises(CallError, match="no key"):
            store.get("loose", 1)
        store.close()

    @pytest.mark.parametrize(
        ("query", "told"), WRONG, ids=[f"{number}" for number in range(len(WRONG))]
    )
    def test_a_wrong_question_is_told(self, store: Store, query: Query, told: str) -> None:
        with pytest.raises(CallError, match=told):
            store.find("items", query)

    def test_an_unknown_table_is_told_by_every_method(self, store: Store) -> None:
        for ask in (
            lambda: store.find("itmes", Query()),
            lambda: store.get("itmes", 1),
            lambda: store.count("itmes", Query()),
            lambda: next(store.scan("itmes", Query())),
        ):
            with pytest.raises(CallError, match="did you mean 'items'"):
                ask()

    def test_scan_gives_all_matching_rows_sorted_whatever_the_limit(self, store: Store) -> None:
        query = Query(
            filters=(Filter("id", "gte", 10),),
            sort=(Sort("amount"),),
            limit=2,
            fields=("id", "amount"),
        )
        expected = _sorted([row for row in self.rows if row["id"] >= 10], query.sort)
        found = [row for batch in store.scan("items", query) for row in batch]
        assert found == [{"id": row["id"], "amount": row["amount"]} for row in expected]

    def test_an_empty_table(self, sink: Sink) -> None:
        publish(sink, "empty", [])
        store = sink.store()
        assert store.find("items", Query()).rows == []
        assert store.count("items", Query()) == 0
        assert store.get("items", 1) is None
        assert list(store.scan("items", Query())) == []
        store.close()

    def _check(self, store: Store, condition: Filter, holds: Callable[[Any], bool]) -> None:
        expected = [
            r for r in self.rows if r[condition.field] is not None and holds(r[condition.field])
        ]
        query = Query(filters=(condition,), limit=1000)
        assert store.find("items", query).rows == _sorted(expected, ())
        assert store.count("items", query) == len(expected)


_KINDS = {int, float, str, bool, type(None), Decimal, date, datetime, list, dict}


def _sorted(rows: list[Row], sorts: tuple[Sort, ...], key: str = "id") -> list[Row]:
    """Rows in the order a store promises: null below everything, ties by the key."""
    shuffled = random.Random(1).sample(rows, len(rows))  # noqa: S311 (no secret depends on it)
    for sort in reversed((*sorts, Sort(key))):
        shuffled.sort(key=lambda row: _rank(row[sort.field]), reverse=sort.descending)
    return shuffled


def _rank(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value.encode() if isinstance(value, str) else value,)
