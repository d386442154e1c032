"""A table that is copied and changed is equal to one that is loaded: rows, indexes and digest."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medallion.contracts import Query, Sort, TableSpec, row_changes
from medallion.query.stored_integers import EXACT
from medallion.records import Column, LoadReport, Served
from medallion.sinks.sqlite.database import LOADS
from medallion.sinks.sqlite.repair import flaws, rebuild
from medallion.sinks.sqlite.sink import Sqlite
from medallion.sinks.sqlite.table_digest import DIGESTS, is_undamaged, table_digests
from medallion.testing.served import SPEC, batches, items, publish, release, snapshot
from medallion.testing.served import load as load_rows

FLAT = ("id", "name", "amount", "total", "rate", "active", "day", "at", "seen", "opens")
WAY = SPEC.model_copy(
    update={
        "columns": tuple(column for column in SPEC.columns if column.name in FLAT),
        "indexes": (("name",), ("-amount", "day")),
    }
)
BASE = [{name: row[name] for name in FLAT} for row in items(40)]
LARGER = [{**row, "id": number} for number, row in enumerate([*BASE] * 60)]

edit = st.tuples(
    st.integers(0, 45), st.sampled_from([*FLAT[1:]]), st.sampled_from(["null", "next", "swap"])
)


def load(sink: Sqlite, ident: str, rows: list[dict[str, Any]]) -> LoadReport:
    return sink.load(
        WAY, snapshot(ident, len(rows), "items", WAY.columns), batches(rows, WAY.columns)
    )


def copy(
    sink: Sqlite, served: Served, former: list[dict[str, Any]], rows: list[dict[str, Any]],
    spec: TableSpec = WAY,
) -> LoadReport | None:  # fmt: skip
    changes = row_changes(batches(former, spec.columns, 7), batches(rows, spec.columns), 10_000)
    assert changes is not None
    return sink.load_changes(
        spec, snapshot("two", len(rows), "items", spec.columns), served, changes
    )


def contents(file: Path, name: str) -> tuple[list[Any], list[Any], bool]:
    """The rows in their order, what is in the indexes, and whether the digest is that of the rows."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(f"select * from {name} order by _row").fetchall()
        indexed = [
            connection.execute(f"select {columns} from {name} order by {columns}").fetchall()
            for columns in ("id, _row", "name, id, _row", "amount desc, day, id, _row")
        ]
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        return rows, indexed, is_undamaged(connection, name)


def edited(rows: list[dict[str, Any]], edits: list[Any], length: int) -> list[dict[str, Any]]:
    rows = [dict(row) for row in rows][:length]
    rows += [{**BASE[0], "id": 1000 + number} for number in range(length - len(rows))]
    for place, column, how in edits:
        if place >= len(rows):
            continue
        other = rows[(place + 1) % len(rows)]
        if how == "swap":  # of keys, which are unique in between only if both are removed
            rows[place]["id"], other["id"] = other["id"], rows[place]["id"]
        else:
            rows[place][column] = None if how == "null" else other[column]
    return rows


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=st.lists(edit, max_size=4), length=st.integers(36, 44))
def test_a_copy_with_changes_is_what_is_loaded(
    tmp_path: Path, edits: list[Any], length: int
) -> None:
    file = tmp_path / "serving.db"
    file.unlink(missing_ok=True)
    sink, rows = Sqlite(url=f"sqlite:{file}"), edited(BASE, edits, length)
    report = copy(sink, load(sink, "one", BASE).served, BASE, rows)
    assert report is not None
    assert (report.served.rows, report.arrived, report.loaded) == (len(rows), len(rows), True)
    copied = contents(file, report.served.name)
    assert copied[2]
    loaded = contents(file, load(sink, "three", rows).served.name)
    assert copied == loaded


@pytest.mark.parametrize("length", [1999, 2000, 2001, 2400, 3100])
def test_tables_of_many_rows(tmp_path: Path, length: int) -> None:
    """The digest reads a thousand rows at a time."""
    file = tmp_path / "serving.db"
    sink = Sqlite(url=f"sqlite:{file}")
    former = LARGER[:2000]
    rows = [dict(row) for row in [*LARGER, *LARGER]][:length]
    rows = [{**row, "id": number} for number, row in enumerate(rows)]
    rows[999]["name"] = rows[1000]["name"] = "other"
    report = copy(sink, load(sink, "one", former).served, former, rows)
    assert report is not None
    copied = contents(file, report.served.name)
    assert copied == contents(file, load(sink, "three", rows).served.name)
    assert copied[2]


@pytest.mark.parametrize(
    "damage",
    [
        "update {name} set name = 'other' where _row = 7",  # a row that is copied
        "update {name} set name = 'other' where _row = 3",  # a row that is replaced
        "delete from {name} where _row = 7",
        "update {name} set _row = 7000 where _row = 7",
        f"update {LOADS} set rows = 41",
        f"update {LOADS} set nulls = '[]'",
        f"delete from {LOADS}",
        f"delete from {DIGESTS}",
    ],
)
def test_a_former_table_that_is_not_what_was_loaded_is_not_copied(
    tmp_path: Path, damage: str
) -> None:
    file = tmp_path / "serving.db"
    sink = Sqlite(url=f"sqlite:{file}")
    served = load(sink, "one", BASE).served
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(damage.format(name=served.name))
    rows = [dict(row) for row in BASE]
    rows[2]["name"] = "third"
    assert copy(sink, served, BASE, rows) is None
    report = load(sink, "two", rows)  # nothing is left of the copy
    assert report.loaded
    assert contents(file, report.served.name)[2]


@pytest.mark.parametrize("place", [6, 900, 2006])
def test_damage_among_rows_that_are_not_read_is_found_in_the_copy(
    tmp_path: Path, place: int
) -> None:
    file = tmp_path / "serving.db"
    sink = Sqlite(url=f"sqlite:{file}")
    served = load(sink, "one", LARGER).served
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(
            f"update {served.name} set name = 'damaged' where _row = ?", (place + 1,)
        )
    rows = [dict(row) for row in LARGER]
    rows[place + 1]["name"] = "changed"
    assert copy(sink, served, LARGER, rows) is None
    rows = [dict(row) for row in LARGER]
    rows[1500]["name"] = "changed"
    report = copy(sink, served, LARGER, rows)
    assert report is not None
    assert not contents(file, report.served.name)[2]


def with_damaged_index(file: Path, sink: Sqlite, index: str) -> tuple[Served, list[dict[str, Any]]]:
    """A loaded table, and its rows, with another id of the row in place 7 in an index."""
    former = [{**row, "id": row["id"] + 1_000_000} for row in BASE]
    served = load(sink, "one", former).served
    with closing(sqlite3.connect(file)) as connection:
        page, size = connection.execute(
            "select rootpage, (select page_size from pragma_page_size) from sqlite_master "
            "where name = ?",
            (f"{served.name}{index}",),
        ).fetchone()
    with file.open("r+b") as stream:
        stream.seek((page - 1) * size)
        content = stream.read(size)
        key = former[7]["id"].to_bytes(3, "big")
        assert content.count(key) == 1
        stream.seek((page - 1) * size + content.index(key))
        stream.write((former[7]["id"] + 500).to_bytes(3, "big"))
    assert index in damage_of_indexes(file, served.name)
    return served, former


def damage_of_indexes(file: Path, name: str) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return str(connection.execute(f"pragma integrity_check({name})").fetchone()[0])


@pytest.mark.parametrize("index", ["__key", "__0", "__1"])
def test_a_damaged_index_is_found_in_the_copy_and_built_again(tmp_path: Path, index: str) -> None:
    file = tmp_path / "serving.db"
    sink = Sqlite(url=f"sqlite:{file}")
    served, former = with_damaged_index(file, sink, index)
    rows = [dict(row) for row in former]
    rows[2]["name"] = "third"
    report = copy(sink, served, former, rows)
    assert report is not None
    name = report.served.name
    assert name in "".join(flaw.said for flaw in flaws(sink.url, {"items": name}, None))
    assert [flaw.table for flaw in flaws(sink.url, {"items": name}, 1000)] == ["items"]
    rebuild(sink.url, "now")
    assert [*flaws(sink.url, {"items": name}, None)] == []
    assert damage_of_indexes(file, name) == "ok"
    with closing(sqlite3.connect(file)) as connection:
        find = f"select name from {name} where id = ?"
        assert connection.execute(find, (former[7]["id"],)).fetchall() == [(former[7]["name"],)]


@pytest.mark.parametrize("index", ["__key", "__0", "__1"])
def test_a_row_that_is_damaged_in_an_index_and_changes_is_left_to_a_load(
    tmp_path: Path, index: str
) -> None:
    file = tmp_path / "serving.db"
    sink = Sqlite(url=f"sqlite:{file}")
    served, former = with_damaged_index(file, sink, index)
    rows = [dict(row) for row in former]
    rows[7] |= {"name": "eighth", "amount": rows[2]["amount"]}
    assert copy(sink, served, former, rows) is None
    name = load(sink, "two", rows).served.name
    assert damage_of_indexes(file, name) == "ok"


@pytest.mark.parametrize("value", [None, BASE[5]["id"]], ids=["null", "not unique"])
def test_a_key_that_is_not_one_is_left_to_a_load(tmp_path: Path, value: Any) -> None:
    sink = Sqlite(url=f"sqlite:{tmp_path / 'serving.db'}")
    served = load(sink, "one", BASE).served
    rows = [dict(row) for row in BASE]
    rows[2]["id"] = value
    assert copy(sink, served, BASE, rows) is None


def test_rows_that_move_are_left_to_a_load(tmp_path: Path) -> None:
    sink = Sqlite(url=f"sqlite:{tmp_path / 'serving.db'}")
    served = load(sink, "one", BASE).served
    assert copy(sink, served, BASE, [*BASE[:4], *BASE[5:]]) is None
    assert load(sink, "two", [*BASE[:4], *BASE[5:]]).loaded


def test_a_copy_is_made_once(tmp_path: Path) -> None:
    file = tmp_path / "serving.db"
    sink = Sqlite(url=f"sqlite:{file}")
    served = load(sink, "one", BASE).served
    first, second = (copy(sink, served, BASE, BASE[:39]) for _ in range(2))
    assert first is not None
    assert second is not None
    assert (first.loaded, second.loaded) == (True, False)
    assert first.served == second.served
    with closing(sqlite3.connect(file)) as connection:
        one, two = (table_digests(connection, name) for name in (served.name, first.served.name))
        assert one != two


WIDE = TableSpec(
    name="items",
    columns=(Column(name="id", type="int64"), Column(name="amount", type="decimal(38,2)")),
    key=("id",),
    indexes=(("amount",),),
)
LARGE = Decimal("1" + "9" * 30 + ".99")


@pytest.mark.parametrize(
    ("former", "later", "copied"),
    [
        (LARGE, LARGE.copy_negate(), True),
        (LARGE, Decimal(5), True),  # the column stays text
        (Decimal(5), LARGE, False),
    ],
)
def test_numbers_beyond_64_bits_are_copied_if_the_former_table_has_them_as_text(
    tmp_path: Path, former: Decimal, later: Decimal, copied: bool
) -> None:
    sink = Sqlite(url=f"sqlite:{tmp_path / 'serving.db'}")
    rows = [{"id": number, "amount": Decimal(-number)} for number in range(40)]
    rows[3]["amount"] = former
    first = publish(sink, "one", rows, WIDE).served["serving"]["items"]
    changed = [dict(row) for row in rows]
    changed[3]["amount"] = later
    report = copy(sink, first, rows, changed, WIDE)
    assert (report is not None) is copied
    if report is None:
        report = load_rows(sink, "two", changed, WIDE)
    sink.activate(release(sink, "two", [report.served]))
    assert list(flaws(sink.url, {"items": report.served.name}, None)) == []
    with closing(sink.store()) as store:
        ordered = sorted(changed, key=lambda row: (row["amount"], row["id"]))
        assert store.find("items", Query(sort=(Sort("amount"),))).rows == ordered
        totals = store.group("items", (), {"total": "sum(amount)"}, Query())
        assert totals == [{"total": EXACT.subtract(later, Decimal(sum(range(40)) - 3))}]
