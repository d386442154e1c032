"""The suite of changed copies passes a sink that is right, and finds one that copies wrongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from medallion.contracts import RowChanges, Sink
from medallion.records import LoadReport
from medallion.sinks.sqlite import table_changes
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.changes import _WAYS, ChangeContract

SUITE = ChangeContract()
EDITS = (
    *("a changed row", "rows at the end", "fewer rows"),
    *("keys that change places", "another key"),
)


def check_edits(sink: Sink, *edits: str) -> None:
    for how in edits:
        SUITE.test_a_copy_with_changes_is_what_is_loaded(sink, "key", how)


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("how", EDITS)
def test_a_sink_that_is_right_passes(sink: Sink, way: str, how: str) -> None:
    SUITE.test_a_copy_with_changes_is_what_is_loaded(sink, way, how)


def test_a_sink_that_never_copies_passes(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sqlite, "load_changes", Sink.load_changes)
    monkeypatch.setattr(Sqlite, "copies_tables", False)
    check_edits(sink, "a changed row")
    SUITE.test_nested_values_are_copied(sink)
    SUITE.test_a_copy_of_a_copy_is_what_is_loaded(sink)


@pytest.mark.parametrize("how", EDITS)
def test_a_sink_that_does_not_change_the_copy_is_found(
    sink: Sink, found: Callable[..., bool], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(table_changes, "_change", lambda *_: {})
    assert found(lambda: check_edits(sink, how))


def test_a_sink_that_changes_the_served_table_is_found(
    sink: Sink, found: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Sqlite.load_changes

    def load_changes(sink: Sqlite, *arguments: Any) -> LoadReport | None:
        with sink._transaction() as connection:
            connection.execute(f"delete from {arguments[2].name} where _row = 5")
        return original(sink, *arguments)

    monkeypatch.setattr(Sqlite, "load_changes", load_changes)
    assert found(lambda: check_edits(sink, "a changed row"))


def test_a_sink_that_copies_any_former_table_is_found(
    sink: Sink, found: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Sqlite.load_changes

    def load_changes(
        sink: Sqlite, table: Any, snapshot: Any, former: Any, changes: RowChanges
    ) -> LoadReport | None:
        rows = snapshot.rows + former.rows - changes.former_rows
        fitting = replace(changes, former_rows=former.rows, rows=rows)
        return original(sink, table, snapshot.model_copy(update={"rows": rows}), former, fitting)

    monkeypatch.setattr(Sqlite, "load_changes", load_changes)
    monkeypatch.setattr(table_changes, "record_copy", lambda *_: True)
    assert found(lambda: SUITE.test_a_former_table_that_is_lost_or_another_is_not_copied(sink))
