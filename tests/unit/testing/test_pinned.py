"""The suite of pinned stores passes a sink that is right, and finds stores that mix releases up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from medallion.contracts import Page, Sink, Store, ValidatedQuery
from medallion.records import Release
from medallion.sinks.sqlite.sink import Sqlite
from medallion.sinks.sqlite.store import SqliteStore
from medallion.testing.pinned import CALLS, PinnedContract

SUITE = PinnedContract()
CHECKS: list[Callable[[Sink], None]] = [
    SUITE.test_a_pinned_store_reads_its_release,
    SUITE.test_a_pinned_store_has_the_tables_and_columns_of_its_release,
    lambda sink: SUITE.test_a_release_that_was_removed_is_gone(sink, CALLS["get"]),
    SUITE.test_a_cursor_of_a_release_that_was_removed_is_gone,
]


@pytest.mark.parametrize("check", CHECKS)
def test_a_sink_that_is_right_passes(sink: Sink, check: Callable[[Sink], None]) -> None:
    check(sink)


PAGE = SqliteStore.read_page


def unpinned(store: Store, *_: object) -> Store:
    return store


def first_page(store: SqliteStore, _: Release, query: ValidatedQuery) -> Page:
    """A page of the active release, whichever it was asked of."""
    active = store.active()
    return Page(PAGE(store, active, query).rows, active.id, None)


@pytest.mark.parametrize(
    ("kind", "method", "instead", "finders"),
    [
        (SqliteStore, "at", unpinned, [0, 1, 2]),
        (SqliteStore, "kept", lambda store, _: store.active(), [0, 2, 3]),
        (SqliteStore, "read_page", first_page, [0, 1]),
        (Sqlite, "prune", lambda *_: 0, [2, 3]),
    ],
)
def test_a_store_that_is_wrong_is_found(
    sink: Sink,
    found: Callable[..., bool],
    monkeypatch: pytest.MonkeyPatch,
    kind: type,
    method: str,
    instead: Any,
    finders: list[int],
) -> None:
    monkeypatch.setattr(kind, method, instead)
    for number in finders:
        assert found(lambda check=CHECKS[number]: check(sink)), number
