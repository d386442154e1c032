"""A table to load: its physical name, its indexes, and what is reported of its rows."""

from __future__ import annotations

from typing import Any

import pytest

from medallion.contracts import LoadError, TableSpec, TooLargeError, target
from medallion.contracts.table_target import require_loaded
from medallion.errors import CallError, SinkError
from medallion.records import Column, Served
from medallion.sinks.sqlite.sink import Sqlite
from medallion.testing.served import SPEC, release, snapshot

SNAPSHOT = snapshot("s1", 60)


def served(**changes: Any) -> Served:
    """A former table of the same columns and key."""
    return (
        target("db", 1, SPEC, snapshot("s0", 40))
        .report("serving", 1.0, 40, loaded=True)
        .served.model_copy(update=changes)
    )


def name_of(spec: TableSpec, ident: str = "s1", version: int = 1) -> str:
    return target("db", version, spec, snapshot(ident, 60)).name


def test_the_name_is_the_same_for_the_same_load_and_another_for_any_other() -> None:
    name = name_of(SPEC)
    assert name.startswith("items__")
    assert len(name) == len("items__") + 10
    assert name == name_of(SPEC)
    others = {
        name_of(SPEC, "s2"),
        name_of(SPEC, version=2),
        name_of(SPEC.model_copy(update={"key": ("id", "name")})),
        name_of(SPEC.model_copy(update={"indexes": ()})),
        name_of(SPEC.model_copy(update={"former": served()})),
        name_of(SPEC.model_copy(update={"former": served(name="items__other")})),
    }
    assert len(others - {name}) == 6


def test_an_index_ends_with_the_key() -> None:
    assert target("db", 1, SPEC, SNAPSHOT).indexes() == [
        (("name", False), ("id", False)),
        (("amount", True), ("id", False)),
        (("active", False), ("day", True), ("id", False)),
    ]
    by_key = SPEC.model_copy(update={"indexes": (("-id", "name"),)})
    assert target("db", 1, by_key, SNAPSHOT).indexes() == [(("id", True), ("name", False))]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": ("ident",)}, "has no column 'ident' to index; there is active, amount"),
        ({"indexes": (("-nam",),)}, "has no column 'nam' to index; did you mean 'name'"),
        (
            {"columns": (Column(name="id", type="list<text>"),), "indexes": ()},
            "such as 'id' cannot be a key",
        ),
    ],
)
def test_a_key_or_index_that_cannot_be_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(CallError, match=f"table 'items'.* {reason}"):
        target("db", 1, SPEC.model_copy(update=changes), SNAPSHOT)


def test_a_report_counts_the_rows_that_met_former_ones() -> None:
    on_top = target("db", 1, SPEC.model_copy(update={"former": served()}), SNAPSHOT)
    report = on_top.report("serving", 2.0, 90, loaded=True)
    assert (report.arrived, report.met, report.rate, report.served.rows) == (60, 10, 30.0, 90)
    again = on_top.report("serving", 2.0, 90, loaded=False)
    assert (again.arrived, again.met, again.rate, again.served) == (0, 0, 0.0, report.served)


def test_former_rows_of_another_key_or_type_cannot_be_carried() -> None:
    items = target("db", 1, SPEC, SNAPSHOT)
    names = [column.name for column in SPEC.columns]
    assert items.common_columns(served()) == names
    assert items.common_columns(served(columns=SPEC.columns[:2])) == names[:2]
    with pytest.raises(LoadError, match=r"their key is \(name\)"):
        items.common_columns(served(key=("name",)))
    changed = (SPEC.columns[0], Column(name="name", type="date"))
    with pytest.raises(LoadError, match="their 'name' is date, not text"):
        items.common_columns(served(columns=changed))


def test_errors_name_the_table_the_column_and_the_row() -> None:
    items = target("sqlite:x.db", 1, SPEC, SNAPSHOT)
    items.reconcile(60)
    with pytest.raises(LoadError, match=r"^sqlite:x\.db: table 'items': 1 row arrived"):
        items.reconcile(1)
    too_large = items.too_large(TooLargeError("total", 3, "an integer too large"), 1000)
    assert too_large.message.endswith("column 'total', row 1,004: an integer too large")
    assert "key (id) is not unique: more than one row has 7" in items.duplicate(7).message
    assert "'id' is null in some row" in items.null_key("id").message
    assert f"{served().name} with 40 rows" in items.lost(served()).message


def test_a_release_needs_its_tables_loaded() -> None:
    entry = served()
    published = release(Sqlite(url="sqlite:serving.db"), "r1", [entry])
    require_loaded("db", published, {"items": entry}, {entry.name})
    message = f"db: release {published.id} serves 'items' from {entry.name}, which does not exist"
    with pytest.raises(SinkError, match=message) as error:
        require_loaded("db", published, {"items": entry}, {"items__other"})
    assert "load its tables first" in error.value.hint
