"""The suite of paging passes a store that is right, and finds one that is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from medallion.contracts import Query, Sink, Sort, Store
from medallion.testing.paging import SORTS, PagingContract

SUITE = PagingContract()


def checks(store: Store, sink: Sink) -> list[Callable[[], None]]:
    """The tests of the suite on one store, and on another of the same sink."""
    return [
        *(
            lambda sorts=sorts: SUITE.test_pages_return_every_row_once_despite_ties_and_nulls(
                store, sorts, 7
            )
            for sorts in SORTS[:6]
        ),
        lambda: SUITE.test_a_cursor_allows_other_fields_and_limits_but_no_other_query(store),
        lambda: SUITE.test_a_damaged_cursor_is_reported(store),
        *(
            lambda name=name: SUITE.test_a_forged_position_is_refused_or_answered(
                store, name, descending=True
            )
            for name in ("a\0b", "x")
        ),
        lambda: SUITE.test_a_forged_release_is_refused(store, "release\0"),
        lambda: SUITE.test_scan_yields_all_matching_rows_sorted_and_ignores_the_limit(store),
        lambda: SUITE.test_a_key_of_several_columns(sink),
        lambda: SUITE.test_without_a_key_rows_keep_the_order_of_loading(sink),
    ]


def test_a_store_that_is_right_passes(store: Store, sink: Sink, found: Callable[..., bool]) -> None:
    assert not found(*checks(store, sink))


@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("read_page", lambda page: replace(page, cursor=None)),
        ("read_page", lambda page: replace(page, rows=page.rows[:-1])),
        ("read_page", lambda page: replace(page, rows=page.rows[::-1])),
        ("read_page", lambda page: replace(page, rows=[*page.rows, *page.rows[-1:]])),
        ("read_page", lambda page: replace(page, rows=[{**row, "id": 0} for row in page.rows])),
        ("read_batches", lambda batches: iter(list(batches)[:0])),
        ("read_batches", lambda batches: (batch[:2] for batch in batches)),
        ("read_batches", lambda batches: (batch[::-1] for batch in batches)),
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


def test_a_damaged_cursor_that_is_read_is_found(
    store: Store, found: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = store.find("items", Query(limit=5))
    monkeypatch.setattr(type(store), "find", lambda *_: page)
    assert found(lambda: SUITE.test_a_damaged_cursor_is_reported(store))


def test_every_column_but_nested_ones_is_sorted_by() -> None:
    sorted_by = {sort.field for sorts in SORTS for sort in sorts}
    assert sorted_by == {
        "id",
        "name",
        "amount",
        "total",
        "rate",
        "active",
        "day",
        "at",
        "seen",
        "opens",
    }
    assert (Sort("amount", descending=True),) in SORTS
