"""The paging half of the query contract: order, cursors, and scans of whole tables."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest

from medallion.contracts import Filter, Query, Sink, Sort, Store, TableSpec
from medallion.errors import CallError
from medallion.query.cursor import read_cursor, write_cursor
from medallion.testing.served import COLUMNS, TYPES, Row, items, publish, sorted_rows

_NESTED = ("tags", "detail", "counts")

SORTS = [
    (),
    (Sort("id", descending=True),),
    *[
        (Sort(name, descending=descending),)
        for name in TYPES
        if name not in ("id", *_NESTED)
        for descending in (False, True)
    ],
    (Sort("active"), Sort("day", descending=True)),
    (Sort("active", descending=True), Sort("amount"), Sort("name", descending=True)),
]


class PagingContract:
    """What every store promises about order; a part of `QueryContract`."""

    rows = items()

    @pytest.mark.parametrize("sorts", SORTS, ids=str)
    @pytest.mark.parametrize("limit", [1, 7, 60])
    def test_pages_return_every_row_once_despite_ties_and_nulls(
        self, store: Store, sorts: tuple[Sort, ...], limit: int
    ) -> None:
        rows, query = [], Query(sort=sorts, limit=limit)
        while True:
            page = store.find("items", query)
            assert len(page.rows) == limit or page.cursor is None
            rows += page.rows
            if page.cursor is None:
                break
            query = Query(sort=sorts, limit=limit, cursor=page.cursor)
        assert rows == sorted_rows(self.rows, sorts)

    def test_a_cursor_allows_other_fields_and_limits_but_no_other_query(self, store: Store) -> None:
        first = store.find("items", Query(sort=(Sort("name"),), limit=5))
        rest = store.find(
            "items", Query(sort=(Sort("name"),), limit=100, fields=("id",), cursor=first.cursor)
        )
        assert [row["id"] for row in first.rows + rest.rows] == [
            r["id"] for r in sorted_rows(self.rows, (Sort("name"),))
        ]
        for query in (
            Query(sort=(Sort("name", descending=True),), cursor=first.cursor),
            Query(sort=(Sort("name"),), filters=(Filter("id", "gt", 3),), cursor=first.cursor),
        ):
            with pytest.raises(CallError, match="another query"):
                store.find("items", query)

    def test_a_damaged_cursor_is_reported(self, store: Store) -> None:
        cursor = store.find("items", Query(limit=5)).cursor or ""
        altered = [
            cursor[:position] + "x" + cursor[position + 1 :]
            for position in range(0, len(cursor), 7)
        ]
        for damaged in (
            cursor[:-3],
            "",
            "é",
            "bnVsbA",
            "W10",
            *(text for text in altered if text != cursor),
        ):
            if damaged:
                with pytest.raises(CallError, match="cursor"):
                    store.find("items", Query(limit=5, cursor=damaged))

    @pytest.mark.parametrize("name", ["a\0b", "\0", "\ud800", "x" * 70_000])
    @pytest.mark.parametrize("descending", [False, True])
    def test_a_forged_position_is_refused_or_answered(
        self, store: Store, name: str, descending: bool
    ) -> None:
        query = Query(sort=(Sort("name", descending),), limit=5)
        position = read_cursor(store.find("items", query).cursor or "")
        cursor = write_cursor(replace(position, values=(name, "1")))
        expected = [
            row
            for row in sorted_rows(self.rows, query.sort)
            if _follows(row["name"], name, descending)
        ]
        with suppress(CallError):
            page = store.find("items", replace(query, cursor=cursor))
            assert page.rows == expected[:5]

    @pytest.mark.parametrize("release", ["\0", "release-1\0", "\ud800"])
    def test_a_forged_release_is_refused(self, store: Store, release: str) -> None:
        position = read_cursor(store.find("items", Query(limit=5)).cursor or "")
        cursor = write_cursor(replace(position, release=release))
        with pytest.raises(CallError, match="the cursor is damaged"):
            store.find("items", Query(limit=5, cursor=cursor))

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
        pair = store.get("pairs", ("a", "2"))
        assert pair is not None
        assert {**pair} == {"id": 2, "name": "a", "amount": Decimal(2)}
        assert store.get("pairs", ("c", 1)) is None
        assert store.get("pairs", ("a\0", 1)) is None
        page = store.find("pairs", Query(limit=3))
        rest = store.find("pairs", Query(limit=3, cursor=page.cursor))
        assert [(r["name"], r["id"]) for r in page.rows + rest.rows] == [
            ("a", 1),
            ("a", 2),
            ("b", 1),
            ("b", 2),
        ]
        store.close()

    def test_without_a_key_rows_keep_the_order_of_loading(self, sink: Sink) -> None:
        spec = TableSpec(name="loose", columns=COLUMNS[:2])
        rows: list[Row] = [{"id": number % 3, "name": "same"} for number in range(25)]
        publish(sink, "loose", rows, spec)
        store = sink.store()
        paged_rows: list[Row] = []
        cursor = None
        for _ in range(4):
            page = store.find("loose", Query(sort=(Sort("name"),), limit=7, cursor=cursor))
            paged_rows, cursor = paged_rows + page.rows, page.cursor
        assert paged_rows == rows
        assert cursor is None
        with pytest.raises(CallError, match="no key"):
            store.get("loose", 1)
        store.close()

    def test_scan_yields_all_matching_rows_sorted_and_ignores_the_limit(self, store: Store) -> None:
        query = Query(
            filters=(Filter("id", "gte", 10),),
            sort=(Sort("amount"),),
            limit=2,
            fields=("id", "amount"),
        )
        expected = sorted_rows([row for row in self.rows if row["id"] >= 10], query.sort)
        rows = [row for batch in store.scan("items", query) for row in batch]
        assert rows == [{"id": row["id"], "amount": row["amount"]} for row in expected]


def _follows(value: str | None, former: str, descending: bool) -> bool:
    """Whether a text comes after another one; null is below every text."""
    if value is None:
        return descending
    return value < former if descending else value > former
