"""The part of the sink contract about tables that are copied and changed instead of loaded."""

from __future__ import annotations

from typing import Any

import pytest

from medallion.contracts import Query, RowChanges, Sink, Sort, TableSpec, row_changes
from medallion.errors import SinkError
from medallion.records import Release, Served
from medallion.testing.served import (
    SPEC,
    Row,
    batches,
    items,
    load,
    publish,
    reading,
    release,
    snapshot,
)

_FLAT = tuple(column for column in SPEC.columns if column.name not in ("tags", "detail", "counts"))
_WAY = TableSpec(name="items", columns=_FLAT, key=("id",), indexes=(("-amount", "day"), ("name",)))
_WAYS = {
    "key": _WAY,
    "key of two columns": _WAY.model_copy(update={"key": ("name", "id")}),
    "no key": _WAY.model_copy(update={"key": ()}),
}


_MOVING = ("rows in the middle", "rows fewer in the middle")


def _rows(count: int) -> list[Row]:
    names = [column.name for column in _FLAT]
    return [{name: row[name] for name in names} | {"name": f"n{row['id']}"} for row in items(count)]


_FORMER = _rows(50)


def _edited(how: str) -> list[Row]:
    rows = [dict(row) for row in _FORMER]
    match how:
        case "a changed row":
            rows[3] |= {"amount": None, "rate": 0.1, "total": -(2**62)}
        case "rows at the end":
            rows = _rows(60)
        case "fewer rows":
            rows = rows[:43]
        case "keys that change places":
            rows[3]["id"], rows[9]["id"] = rows[9]["id"], rows[3]["id"]
        case "another key":
            rows[7] |= {"id": 1000, "name": "other"}
        case "rows in the middle":
            rows[21:21] = [{**rows[4], "id": 1000 + number, "name": "new"} for number in range(3)]
            rows[40]["rate"] = 0.1
        case "rows fewer in the middle":
            del rows[21:23], rows[5]
            rows[30]["rate"] = 0.1
    return rows


class ChangeContract:
    """A table that is copied and changed is what is loaded; what cannot be copied is loaded."""

    @pytest.mark.parametrize("way", _WAYS)
    @pytest.mark.parametrize(
        "how",
        [
            "a changed row",
            "rows at the end",
            "fewer rows",
            "keys that change places",
            "another key",
            *_MOVING,
        ],
    )
    def test_a_copy_with_changes_is_what_is_loaded(self, sink: Sink, way: str, how: str) -> None:
        spec, rows = _WAYS[way], _edited(how)
        first = publish(sink, "first", _FORMER, spec)
        before = _state(sink)
        served = _copy(sink, first, rows, spec)
        if served is None:  # a sink may number the rows, and not copy those that move
            assert not sink.copies_tables or how in _MOVING
            assert _state(sink) == before
            return
        assert _state(sink) == before
        assert served.rows == len(rows)
        second = release(sink, "second", [served], first.id)
        sink.activate(second)
        copied = _state(sink)
        assert not list(sink.flaws(second))
        publish(sink, "third", rows, spec)
        assert copied == _state(sink)
        sink.activate(first)
        assert _state(sink) == before

    def test_nested_values_are_copied(self, sink: Sink) -> None:
        former, rows = items(50), items()
        rows[3] = {**rows[3], "name": "changed", "tags": ["new"]}
        first = publish(sink, "first", former)
        changed, replaced = [batches([part[3]]) for part in (rows, former)]
        added = list(batches(rows[50:]))
        changes = RowChanges([3, *range(50, 60)], [*changed, *added], 60, 50, [3], list(replaced))
        (served,) = first.served[sink.label].values()
        report = sink.load_changes(SPEC, snapshot("two", 60), served, changes)
        assert (report is not None) == sink.copies_tables
        if report:
            sink.activate(release(sink, "second", [report.served]))
            copied = _state(sink)
            publish(sink, "third", rows)
            assert copied == _state(sink)

    def test_a_copy_of_a_copy_is_what_is_loaded(self, sink: Sink) -> None:
        latest = publish(sink, "first", _FORMER, _WAY)
        for number, how in enumerate(("a changed row", "fewer rows")):
            former = _FORMER if number == 0 else _edited("a changed row")
            served = _copy(sink, latest, _edited(how), _WAY, former, f"copy-{number}")
            if served is None:
                assert not sink.copies_tables
                return
            latest = release(sink, f"release-{number}", [served], latest.id)
            sink.activate(latest)
            assert sink.prune([latest]) == 1  # the copy does without the former table
        copied = _state(sink)
        publish(sink, "loaded", _edited("fewer rows"), _WAY)
        assert copied == _state(sink)

    def test_a_former_table_that_is_lost_or_another_is_not_copied(self, sink: Sink) -> None:
        first = publish(sink, "first", _FORMER, _WAY)
        second = publish(sink, "second", _rows(60), _WAY)
        rows = _edited("a changed row")
        assert _copy(sink, second, rows, _WAY) is None
        sink.prune([second])
        assert _copy(sink, first, rows, _WAY) is None
        assert load(sink, "copy", rows, _WAY).loaded
        assert _state(sink)[0] == reading(sink, lambda store: store.count("items", Query())) == 60

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"id": _FORMER[9]["id"]}, "is not unique: more than one row has"),
            ({"id": None}, "'id' is null"),
            ({"total": 2**70}, "column 'total', row 4"),
        ],
        ids=["a key twice", "no key", "a large number"],
    )
    def test_what_does_not_fit_is_reported_by_a_load(
        self, sink: Sink, change: dict[str, Any], said: str
    ) -> None:
        first = publish(sink, "first", _FORMER, _WAY)
        before, rows = _state(sink), _edited("")
        rows[3] |= change
        try:
            load(sink, "trial", rows, _WAY)
        except SinkError as error:
            assert said in error.message  # noqa: PT017 (a sink may keep a large number)
        else:
            return
        assert _copy(sink, first, rows, _WAY) is None
        with pytest.raises(SinkError, match=said):
            load(sink, "copy", rows, _WAY)
        assert _state(sink) == before


def _copy(
    sink: Sink,
    latest: Release,
    rows: list[Row],
    spec: TableSpec,
    former: list[Row] = _FORMER,
    ident: str = "copy",
) -> Served | None:
    """Load rows as changes of the table that a release serves; None when the sink does not."""
    changes = row_changes(batches(former, _FLAT, 7), batches(rows, _FLAT), len(rows))
    assert changes is not None
    (served,) = latest.served[sink.label].values()
    report = sink.load_changes(spec, snapshot(ident, len(rows), "items", _FLAT), served, changes)
    if report is None:
        return None
    assert (report.loaded, report.arrived) == (True, len(rows))
    return report.served


def _state(sink: Sink) -> tuple[int, list[Row], list[Row]]:
    """What a store says of the table, in an order of its own and of an index."""
    return reading(
        sink,
        lambda store: (
            store.count("items", Query()),
            store.find("items", Query(limit=100)).rows,
            store.find("items", Query(sort=(Sort("amount", descending=True),), limit=100)).rows,
        ),
    )
