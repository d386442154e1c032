"""The write modes of the sink contract: what becomes of the rows that are served when others come."""

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
        ("id", "BIGINT"),
        ("day", "VARCHAR"),
        ("amount", "DECIMAL(12,2)"),
        ("note", "VARCHAR"),
    )
)
_SPEC = TableSpec(name="sales", columns=_COLUMNS, key=("id",), indexes=(("-amount",),))
_PAIRS = _SPEC.model_copy(update={"key": ("day", "id")})
_SPECS = pytest.mark.parametrize("spec", [_SPEC, _PAIRS], ids=["one column", "two columns"])
_MODES = pytest.mark.parametrize("mode", ["append", "merge"])


class ModeContract:
    """What every sink makes of rows served before; subclass it through `SinkContract`."""

    @_SPECS
    @_MODES
    def test_rows_served_before_go_on_being_served(
        self, sink: Sink, mode: Mode, spec: TableSpec
    ) -> None:
        first = publish(sink, "first", [_row(1), _row(2), _row(3)], spec)
        report = load(sink, "second", [_row(3, "new"), _row(4, "new")], _upon(first, spec, mode))
        assert (report.loaded, report.arrived, report.met) == (True, 2, 1)
        assert (report.served.rows, report.served.mode, report.served.snapshot) == (
            4,
            mode,
            "second",
        )
        assert report.served.former == first.served[sink.label]["sales"]
        assert _found(sink) == [_row(1), _row(2), _row(3)]
        second = _activate(sink, "second", report.served, first)
        third = "former" if mode == "append" else "new"
        assert _found(sink) == [_row(1), _row(2), _row(3, third), _row(4, "new")]
        found = _ask(
            sink,
            lambda store: store.find("sales", Query(filters=(Filter("note", "eq", third),))).rows,
        )
        assert len(found) == (3 if mode == "append" else 2)
        assert _ask(sink, lambda store: store.get("sales", _key(spec, 3))) == _row(3, third)
        sink.activate(first)
        assert _found(sink) == [_row(1), _row(2), _row(3)]
        sink.activate(second)
        assert len(_found(sink)) == 4

    @_MODES
    def test_a_discarded_table_is_loaded_again_with_the_rows_served_before(
        self, sink: Sink, mode: Mode
    ) -> None:
        first = publish(sink, "first", [_row(1)], _SPEC)
        spec = _upon(first, _SPEC, mode)
        second = _activate(sink, "second", load(sink, "second", [_row(2)], spec).served, first)
        assert list(sink.flaws(second)) == []
        sink.discard(second, ["sales"], "mark")
        assert [flaw.table for flaw in sink.flaws(second)] == ["sales"]
        assert load(sink, "second", [_row(2)], spec).loaded
        sink.activate(second)
        assert list(sink.flaws(second)) == []
        assert _found(sink) == [_row(1), _row(2)]

    @_MODES
    def test_a_table_is_not_discarded_with_rows_that_are_nowhere_else(
        self, sink: Sink, mode: Mode
    ) -> None:
        first = publish(sink, "first", [_row(1)], _SPEC)
        second = _activate(
            sink, "second", load(sink, "second", [_row(2)], _upon(first, _SPEC, mode)).served, first
        )
        sink.prune([second])
        with pytest.raises(SinkError, match="nowhere else"):
            sink.discard(second, ["sales"], "mark")
        assert _found(sink) == [_row(1), _row(2)]

    @_MODES
    def test_joining_twice_is_joining_once(self, sink: Sink, mode: Mode) -> None:
        first = publish(sink, "first", [_row(1)], _SPEC)
        spec = _upon(first, _SPEC, mode)
        reports = [load(sink, "second", [_row(1, "new"), _row(2)], spec) for _ in range(2)]
        assert [report.loaded for report in reports] == [True, False]
        assert reports[0].served == reports[1].served
        assert (reports[1].arrived, reports[1].met) == (0, 0)
        again = load(
            sink,
            "computed anew",
            [_row(1, "new"), _row(2)],
            _upon(_activate(sink, "r", reports[0].served)),
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

    def test_each_mode_and_each_former_table_gives_another(self, sink: Sink) -> None:
        releases = [publish(sink, f"r{number}", [_row(number)], _SPEC) for number in range(2)]
        specs = [
            _SPEC,
            *(_upon(made, _SPEC, mode) for made in releases for mode in ("append", "merge")),
        ]
        names = {load(sink, "snapshot", [_row(7)], spec).served.name for spec in specs}
        assert len(names) == 5

    @_MODES
    def test_a_new_column_is_null_and_a_lost_one_is_gone_in_former_rows(
        self, sink: Sink, mode: Mode
    ) -> None:
        narrow = _SPEC.model_copy(
            update={"columns": (*_COLUMNS[:3], Column(name="old", type="BIGINT"))}
        )
        rows = [
            {"id": number, "day": "d", "amount": Decimal(number), "old": 7} for number in (1, 2)
        ]
        first = publish(sink, "first", rows, narrow)
        report = load(sink, "second", [_row(3)], _upon(first, _SPEC, mode))
        _activate(sink, "second", report.served, first)
        former = [
            {"id": number, "day": "d", "amount": Decimal(number), "note": None} for number in (1, 2)
        ]
        assert _found(sink) == [*former, _row(3)]
        empty = Query(filters=(Filter("note", "isnull", True),))
        assert _ask(sink, lambda store: store.count("sales", empty)) == 2
        query = Query(sort=(Sort("note"),), limit=1)
        paged = _ask(sink, lambda store: _pages(store, query))
        assert [row["id"] for row in paged] == [1, 2, 3]

    @_MODES
    def test_former_rows_of_another_type_or_key_are_told(self, sink: Sink, mode: Mode) -> None:
        first = publish(sink, "first", [_row(1)], _SPEC)
        other = _SPEC.model_copy(
            update={"columns": (*_COLUMNS[:2], Column(name="amount", type="DOUBLE"))}
        )
        rows = [{"id": 2, "day": "d", "amount": 2.0}]
        with pytest.raises(
            SinkError, match=r"'amount' is DECIMAL\(12,2\), not DOUBLE.*\n.*replace"
        ):
            load(sink, "second", rows, _upon(first, other, mode))
        with pytest.raises(SinkError, match=r"their key is \(id\).*\n.*replace"):
            load(sink, "second", [_row(2)], _upon(first, _PAIRS, mode))
        assert _found(sink) == [_row(1)]
        assert load(sink, "second", [_row(2)], _upon(first, _SPEC, mode)).loaded

    @_MODES
    def test_former_rows_that_are_gone_are_told(self, sink: Sink, mode: Mode) -> None:
        first = publish(sink, "first", [_row(1)], _SPEC)
        second = publish(sink, "second", [_row(2)], _SPEC)
        sink.prune([second])
        with pytest.raises(SinkError, match=r"rows served before.*\n.*replace"):
            load(sink, "third", [_row(3)], _upon(first, _SPEC, mode))
        assert _found(sink) == [_row(2)]

    @_MODES
    def test_duplicates_among_the_rows_that_arrive_are_told(self, sink: Sink, mode: Mode) -> None:
        first = publish(sink, "first", [_row(1)], _SPEC)
        with pytest.raises(SinkError, match="is not unique: 2 "):
            load(sink, "second", [_row(2), _row(2, "again")], _upon(first, _SPEC, mode))
        assert _found(sink) == [_row(1)]

    @_MODES
    def test_a_former_table_may_go_when_its_rows_have_joined(self, sink: Sink, mode: Mode) -> None:
        made = publish(sink, "r0", [_row(0)], _SPEC)
        for number in range(1, 5):
            report = load(sink, f"s{number}", [_row(number)], _upon(made, _SPEC, mode))
            made = _activate(sink, f"r{number}", report.served, made)
            assert sink.prune([made]) == 1
        assert _found(sink) == [_row(number) for number in range(5)]

    @_MODES
    def test_every_kind_of_value_joins_unchanged(self, sink: Sink, mode: Mode) -> None:
        made = publish(sink, "first", items(40))
        report = load(sink, "second", items()[40:], _upon(made, SPEC, mode, "items"))
        sink.activate(release(sink, "second", [report.served]))
        found = _ask(
            sink, lambda store: [row for part in store.scan("items", Query()) for row in part]
        )
        assert found == sorted(items(), key=lambda row: int(row["id"]))


def _row(number: int, note: str = "former") -> Row:
    return {"id": number, "day": "d", "amount": Decimal(number), "note": note}


def _key(spec: TableSpec, number: int) -> object:
    return number if len(spec.key) == 1 else ("d", number)


def _upon(
    before: Release, spec: TableSpec | None = None, mode: Mode | None = None, table: str = "sales"
) -> TableSpec:
    """The table as served on what `before` serves; by default in the same way."""
    (tables,) = before.served.values()
    served = tables[table].model_copy(update={"former": None})
    way = spec or _SPEC.model_copy(update={"mode": served.mode})
    return way.model_copy(update={"mode": mode or way.mode, "former": served})


def _activate(sink: Sink, ident: str, served: Served, before: Release | None = None) -> Release:
    made = release(sink, ident, [served], before.id if before else None)
    sink.activate(made)
    return made


def _ask(sink: Sink, ask: Callable[[Any], Any]) -> Any:
    store = sink.store()
    try:
        return ask(store)
    finally:
        store.close()


def _found(sink: Sink) -> list[Row]:
    rows: list[Row] = _ask(sink, lambda store: store.find("sales", Query(sort=(Sort("id"),))).rows)
    return rows


def _pages(store: Any, query: Query) -> list[Row]:
    rows: list[Row] = []
    while True:
        page = store.find("sales", query)
        rows += page.rows
        if page.cursor is None:
            return rows
        query = Query(sort=query.sort, limit=query.limit, cursor=page.cursor)
