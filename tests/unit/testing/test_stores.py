"""The suite of sinks passes a sink that is right, and finds one that loads what it should not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from medallion.contracts import Sink, TableSpec
from medallion.contracts.table_target import Target
from medallion.records import LoadReport, Snapshot
from medallion.sinks.sqlite import table_load
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.served import items, load
from medallion.testing.stores import SinkContract, publish_loaded

SUITE = SinkContract()
CHECKS: list[Callable[[Sink], None]] = [
    SUITE.test_before_the_first_release,
    SUITE.test_rights_for_publishing_are_granted,
    SUITE.test_load_reports_the_table,
    SUITE.test_one_connection_serves_a_whole_publication,
    SUITE.test_a_load_that_failed_leaves_a_shared_connection_as_it_was,
    SUITE.test_load_is_idempotent,
    SUITE.test_another_snapshot_or_another_spec_is_another_table,
    SUITE.test_loading_does_not_change_what_is_served,
    SUITE.test_missing_rows_are_reported_and_leave_nothing,
    SUITE.test_a_duplicate_key_is_reported_and_leaves_nothing,
    SUITE.test_a_null_key_is_reported,
    SUITE.test_an_integer_beyond_64_bits_is_stored_or_refused,
    SUITE.test_a_key_or_index_on_an_unknown_column_is_reported,
    SUITE.test_a_broken_stream_leaves_nothing,
    SUITE.test_accepted_names_are_served_together,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sink_that_is_right_passes(sink: Sink, check: Callable[[Sink], None]) -> None:
    check(sink)


def test_rows_that_are_not_counted_are_found(
    sink: Sink, found: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Target, "reconcile", lambda *_: None)
    assert found(lambda: SUITE.test_missing_rows_are_reported_and_leave_nothing(sink))


def test_a_key_that_is_not_checked_is_found(
    sink: Sink, found: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_load, "_index_key", lambda *_: None)
    assert found(lambda: SUITE.test_a_duplicate_key_is_reported_and_leaves_nothing(sink))


def test_a_table_that_is_loaded_twice_is_found(
    sink: Sink, found: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Sqlite.load

    def load_again(self: Sqlite, table: TableSpec, snapshot: Snapshot, rows: Any) -> LoadReport:
        return original(self, table, snapshot, rows).model_copy(update={"loaded": True})

    monkeypatch.setattr(Sqlite, "load", load_again)
    assert found(lambda: SUITE.test_load_is_idempotent(sink))


def test_a_load_that_is_served_at_once_is_found(
    sink: Sink, found: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Sqlite.load

    def load_and_show(self: Sqlite, table: TableSpec, snapshot: Snapshot, rows: Any) -> LoadReport:
        report = original(self, table, snapshot, rows)
        publish_loaded(self, report.served)
        return report

    monkeypatch.setattr(Sqlite, "load", load_and_show)
    assert found(lambda: SUITE.test_loading_does_not_change_what_is_served(sink))
    assert found(lambda: SUITE.test_before_the_first_release(sink))


def test_tables_that_were_loaded_are_published_together(sink: Sink) -> None:
    served = load(sink, "one", items(4)).served
    published = publish_loaded(sink, served)
    assert sink.active() == published
    assert published.served == {"serving": {"items": served}}
