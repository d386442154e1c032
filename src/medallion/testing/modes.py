"""The write modes of the sink contract: how new rows are combined with those served before."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from medallion.contracts import Filter, Query, Sink, Sort, TableSpec
from medallion.errors import SinkError
from medallion.records import Column, Mode, Release, Served
from medallion.testing.served import SPEC, Row, items, load, publish, release

_COLUMNS = tuple(
    Column(name=name, type=type_)
    for name, type_ in (
        ("id", "int64"),
        ("day", "text"),
        ("amount", "decimal(12,2)"),
        ("note", "text"),
    )
)
_SPEC = TableSpec(name="sales", columns=_COLUMNS, key=("id",), indexes=(("-amount",),))
_PAIRS = _SPEC.model_copy(update={"key": ("day", "id")})
_SPECS = pytest.mark.parametrize("spec", [_SPEC, _PAIRS], ids=["one column", "two columns"])
_MODES = pytest.mark.parametrize("mode", ["append", "merge"])


class ModeContract:
    """How `append` and `merge` treat rows served before; a part of `SinkContract`."""

    @_SPECS
    @_MODES
    def test_rows_served_before_are_still_served(
        self, sink: Sink, mode: Mode, spec: TableSpec
    ) -> None:
        first = publish(sink, "first", [_row(1), _row(2), _row(3)], spec)
        report = load(
            sink, "second", [_row(3, "new"), _row(4, "new")], _on_top_of(first, spec, mode)
        )
        assert (report.loaded, report.arrived, report.met) == (True, 2, 1)
        assert (report.served.rows, report.served.mode, report.served.snapshot) == (
            4,
            mode,
            "second",
        )
        assert report.served.former == first.served[sink.label]["sales"]
        assert _served_rows(sink) == [_row(1), _row(2), _row(3)]
        second = _activate(sink, "second", report.served, first)
        third_note = "former" if mode == "append" else "new"
        assert _served_rows(sink) == [_row(1), _row(2), _row(3, third_note), _row(4, "new")]
        noted_rows = _query_store(
            sink,
            lambda store: (
                store.find("sales", Query(filters=(Filter("note", "eq", third_note),))).rows
            ),
        )
        assert len(noted_rows) == (3 if mode == "append" else 2)
        assert _query_store(sink, lambda store: store.get("sales", _key(spec, 3))) == _row(
            3, third_note
        )
        sink.activate(first)
        assert _served_rows(sink) == [_row(1), _row(2), _row(3)]
        sink.activate(second)
        assert len(_served_rows(sink)) == 4

    @_MODES
    def test_a_discarded_table_is_loaded_again_with_the_rows_served_before(
        self, sink: Sink, mode: Mode
    ) -> None:
        _require_discard(sink)
        first = publish(sink, "first", [_row(1)], _SPEC)
        spec = _on_top_of(first, _SPEC, mode)
        second = _activate(sink, "second", load(sink, "second", [_row(2)], spec).served, first)
        assert list(sink.flaws(second)) == []
        sink.discard(second, ["sales"], "mark")
        assert [flaw.table for flaw in sink.flaws(second)] == ["sales"]
        assert load(sink, "second", [_row(2)], spec).loaded
        sink.activate(second)
        assert list(sink.flaws(second)) == []
        assert _served_rows(sink) == [_row(1), _row(2)]

    @_MODES
    def test_a_table_with_rows_that_exist_nowhere_else_is_not_discarded(
        self, sink: Sink, mode: Mode
    ) -> None:
        _require_discard(sink)
        first = publish(sink, "first", [_row(1)], _SPEC)
        second = _activate(
            sink,
            "second",
            load(sink, "second", [_row(2)], _on_top_of(first, _SPEC, mode)).served,
            first,
        )
        sink.prune([second])
        with pytest.raises(SinkError, match="rows of earlier runs"):
            sink.discard(second, ["sales"], "mark")
        assert _served_rows(sink) == [_row(1), _row(2)]

    @_MODES
    def test_loading_upon_a_former_table_is_idempotent(self, sink: Sink, mode: Mode) -> None:
        first = publish(sink, "first", [_row(1)], _SPEC)
        spec = _on_top_of(first, _SPEC, mode)
        reports = [load(sink, "second", [_row(1, "new"), _row(2)], spec) for _ in range(2)]
        assert [report.loaded for report in reports] == [True, False]
        assert reports[0].served == reports[1].served
        assert (reports[1].arrived, reports[1].met) == (0, 0)
        again = load(
            sink,
            "recomputed",
            [_row(1, "new"), _row(2)],
            _on_top_of(_activate(sink, "r", reports[0].served)),
        )
        assert (again.loaded, again.arrived, again.met, again.served.rows) == (True, 2, 2, 2)

    @_MODES
    def test_without_a_former_table_all_rows_are_new(self, sink: Sink, mode: Mode) -> None:
        report = load(sink, "one", [_row(1), _row(2)], _SPEC.model_copy(update={"mode": mode}))
        assert (report.served.rows, report.arrived, report.met, report.served.former) == (
            2,
            2,
            0,
            None,
        )

    def test_each_mode_and_each_former_table_gives_another_table(self, sink: Sink) -> None:
        releases = [publish(sink, f"r{number}", [_row(number)], _SPEC) for number in range(2)]
        specs = [
            _SPEC,
            *(
                _on_top_of(former_release, _SPEC, mode)
                for former_release in releases
                for mode in ("append", "merge")
            ),
        ]
        names = {load(sink, "snapshot", [_row(7)], spec).served.name for spec in specs}
        assert len(names) == 5

    @_MODES
    def test_former_rows_get_null_in_new_columns_and_lose_removed_ones(
        self, sink: Sink, mode: Mode
    ) -> None:
        narrow = _SPEC.model_copy(
            update={"columns": (*_COLUMNS[:3], Column(name="old", type="int64"))}
        )
        rows = [
            {"id": number, "day": "d", "amount": Decimal(number), "old": 7} for number in (1, 2)
        ]
        first = publish(sink, "first", rows, narrow)
        report = load(sink, "second", [_row(3)], _on_top_of(first, _SPEC, mode))
        _activate(sink, "second", report.served, first)
        former = [
            {"id": number, "day": "d", "amount": Decimal(number), "note": None} for number in (1, 2)
        ]
        assert _served_rows(sink) == [*former, _row(3)]
        empty = Query(filters=(Filter("note", "isnull", True),))
        assert _query_store(sink, lambda store: store.count("sales", empty)) == 2
        query = Query(sort=(Sort("note"),), limit=1)
        paged = _query_store(sink, lambda store: _pages(store, query))
        assert [row["id"] for row in paged] == [1, 2, 3]

    @_MODES
    def test_former_rows_are_a_group_of_the_null_of_new_columns(
        self, sink: Sink, mode: Mode
    ) -> None:
        narrow = _SPEC.model_copy(update={"columns": _COLUMNS[:2], "indexes": ()})
        first = publish(sink, "first", [{"id": 1, "day": "d"}, {"id": 2, "day": "d"}], narrow)
        rows = [_row(3), {**_row(4), "amount": None, "note": None}]
        _activate(sink, "second", load(sink, "second", rows, _on_top_of(first, _SPEC, mode)).served)
        metrics = {"rows": "count()", "total": "sum(amount)"}
        groups = _query_store(
            sink, lambda store: store.group("sales", ["day", "note"], metrics, Query())
        )
        assert groups == [
            {"day": "d", "note": None, "rows": 3, "total": None},
            {"day": "d", "note": "former", "rows": 1, "total": Decimal(3)},
        ]

    @_MODES
    def test_former_rows_of_another_type_or_key_are_refused(self, sink: Sink, mode: Mode) -> None:
        first = publish(sink, "first", [_row(1)], _SPEC)
        retyped = _SPEC.model_copy(
            update={"columns": (*_COLUMNS[:2], Column(name="amount", type="float64"))}
        )
        rows = [{"id": 2, "day": "d", "amount": 2.0}]
        with pytest.raises(
            SinkError, match=r"'amount' is decimal\(12,2\), not float64.*\n.*replace"
        ):
            load(sink, "second", rows, _on_top_of(first, retyped, mode))
        with pytest.raises(SinkError, match=r"their key is \(id\).*\n.*replace"):
            load(sink, "second", [_row(2)], _on_top_of(first, _PAIRS, mode))
        assert _served_rows(sink) == [_row(1)]
        assert load(sink, "second", [_row(2)], _on_top_of(first, _SPEC, mode)).loaded

    @_MODES
    def test_missing_former_rows_are_reported(self, sink: Sink, mode: Mode) -> None:
        first = publish(sink, "first", [_row(1)], _SPEC)
        second = publish(sink, "second", [_row(2)], _SPEC)
        sink.prune([second])
        with pytest.raises(SinkError, match=r"rows served before.*\n.*replace"):
            load(sink, "third", [_row(3)], _on_top_of(first, _SPEC, mode))
        assert _served_rows(sink) == [_row(2)]

    @_MODES
    def test_duplicates_among_the_new_rows_are_reported(self, sink: Sink, mode: Mode) -> None:
        first = publish(sink, "first", [_row(1)], _SPEC)
        with pytest.raises(SinkError, match="is not unique: more than one row has 2"):
            load(sink, "second", [_row(2), _row(2, "again")], _on_top_of(first, _SPEC, mode))
        assert _served_rows(sink) == [_row(1)]

    @_MODES
    def test_a_former_table_can_be_pruned_once_its_rows_are_copied(
        self, sink: Sink, mode: Mode
    ) -> None:
        current = publish(sink, "r0", [_row(0)], _SPEC)
        for number in range(1, 5):
            report = load(sink, f"s{number}", [_row(number)], _on_top_of(current, _SPEC, mode))
            current = _activate(sink, f"r{number}", report.served, current)
            assert sink.prune([current]) == 1
        assert _served_rows(sink) == [_row(number) for number in range(5)]

    @_MODES
    def test_values_of_every_type_are_copied_unchanged(self, sink: Sink, mode: Mode) -> None:
        first = publish(sink, "first", items(40))
        report = load(sink, "second", items()[40:], _on_top_of(first, SPEC, mode, "items"))
        sink.activate(release(sink, "second", [report.served]))
        rows = _query_store(
            sink, lambda store: [row for batch in store.scan("items", Query()) for row in batch]
        )
        assert rows == sorted(items(), key=lambda row: int(row["id"]))


def _require_discard(sink: Sink) -> None:
    """Skip a test of `discard` for a sink that leaves it out, as it may."""
    if type(sink).discard is Sink.discard:
        pytest.skip(f"{type(sink).__name__} does not replace damaged tables")


def _row(number: int, note: str = "former") -> Row:
    return {"id": number, "day": "d", "amount": Decimal(number), "note": note}


def _key(spec: TableSpec, number: int) -> object:
    return number if len(spec.key) == 1 else ("d", number)


def _on_top_of(
    former_release: Release,
    spec: TableSpec | None = None,
    mode: Mode | None = None,
    table: str = "sales",
) -> TableSpec:
    """The table on top of the rows that `former_release` serves; by default with its settings."""
    (tables,) = former_release.served.values()
    served = tables[table].model_copy(update={"former": None})
    serving = spec or _SPEC.model_copy(update={"mode": served.mode})
    return serving.model_copy(update={"mode": mode or serving.mode, "former": served})


def _activate(sink: Sink, ident: str, served: Served, previous: Release | None = None) -> Release:
    activated = release(sink, ident, [served], previous.id if previous else None)
    sink.activate(activated)
    return activated


def _query_store(sink: Sink, query: Callable[[Any], Any]) -> Any:
    store = sink.store()
    try:
        return query(store)
    finally:
        store.close()


def _served_rows(sink: Sink) -> list[Row]:
    rows: list[Row] = _query_store(
        sink, lambda store: store.find("sales", Query(sort=(Sort("id"),))).rows
    )
    return rows


def _pages(store: Any, query: Query) -> list[Row]:
    rows: list[Row] = []
    while True:
        page = store.find("sales", query)
        rows += page.rows
        if page.cursor is None:
            return rows
        query = Query(sort=query.sort, limit=query.limit, cursor=page.cursor)
