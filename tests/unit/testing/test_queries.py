"""The suite of queries passes a store that is right, and finds one that is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from medallion.contracts import Filter, Page, Query, Sink, Store
from medallion.query.validation import ValidatedQuery
from medallion.records import Release
from medallion.sinks.sqlite.store import SqliteStore
from medallion.testing.queries import COMPARED, INVALID, VALUES, QueryContract
from medallion.testing.served import TYPES

SUITE = QueryContract()


def checks(store: Store, sink: Sink) -> list[Callable[[], None]]:
    """The tests of the suite on one store, and on an empty table of another."""
    return [
        lambda: SUITE.test_values_are_returned_as_python_types(store),
        lambda: SUITE.test_tables_and_release_describe_what_is_served(store),
        *(lambda case=case: SUITE.test_comparisons(store, *case.values) for case in COMPARED),
        *(lambda name=name: SUITE.test_in(store, name) for name in VALUES),
        *(
            lambda text=text: SUITE.test_text_is_matched_literally(store, text)
            for text in ("a", "_", "%")
        ),
        *(
            lambda text=text: SUITE.test_search_ignores_case_and_accents(store, text)
            for text in ("ZOE", "_")
        ),
        *(lambda name=name: SUITE.test_isnull(store, name) for name in TYPES),
        lambda: SUITE.test_a_row_must_match_all_filters(store),
        lambda: SUITE.test_fields_choose_and_order_the_columns(store),
        lambda: SUITE.test_get(store),
        lambda: SUITE.test_every_method_reports_an_unknown_table(store),
        lambda: SUITE.test_an_empty_table(sink),
    ]


def test_a_store_that_is_right_passes(store: Store, sink: Sink, found: Callable[..., bool]) -> None:
    assert not found(*checks(store, sink))


def rows(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Page], Page]:
    return lambda page: replace(page, rows=[change(row) for row in page.rows])


def with_value(row: dict[str, Any], name: str, change: Callable[[Any], Any]) -> dict[str, Any]:
    return row if row.get(name) is None else {**row, name: change(row[name])}


@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("read_page", lambda page: replace(page, rows=page.rows[1:])),
        ("read_page", lambda page: replace(page, release="other")),
        ("read_page", rows(lambda row: {name: row[name] for name in reversed(row)})),
        ("read_page", rows(lambda row: with_value(row, "amount", float))),
        (
            "read_page",
            rows(lambda row: with_value(row, "seen", lambda at: at.replace(tzinfo=None))),
        ),
        ("read_page", rows(lambda row: with_value(row, "name", lambda text: text or None))),
        ("read_count", lambda count: count + 1),
        ("read_batches", lambda _: iter([[]])),
    ],
)
def test_an_answer_that_is_wrong_is_found(
    store: Store,
    sink: Sink,
    fault: Callable[..., None],
    found: Callable[..., bool],
    method: str,
    change: Callable[[Any], Any],
) -> None:
    fault(method, change)
    assert found(*checks(store, sink))


@pytest.mark.parametrize(
    ("operator", "instead"),
    [
        ("lt", "lte"), ("gte", "gt"), ("gt", "gte"), ("lte", "lt"), ("eq", "gte"), ("ne", "eq"),
        ("search", "contains"), ("contains", "startswith"), ("startswith", "contains"),
    ],
)  # fmt: skip
def test_an_operator_taken_for_another_is_found(
    store: Store,
    sink: Sink,
    found: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    operator: Any,
    instead: Any,
) -> None:
    original = SqliteStore.read_page

    def read_page(self: SqliteStore, release: Release, query: ValidatedQuery) -> Page:
        filters = tuple(
            Filter(each.field, instead, each.value) if each.operator == operator else each
            for each in query.filters
        )
        return original(self, release, replace(query, filters=filters))

    monkeypatch.setattr(SqliteStore, "read_page", read_page)
    assert found(*checks(store, sink))


def test_a_query_that_is_not_refused_is_found(
    store: Store, found: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = store.find("items", Query())
    monkeypatch.setattr(type(store), "find", lambda *_: page)
    for case in INVALID:
        assert found(lambda case=case: SUITE.test_an_invalid_query_is_reported(store, *case))
