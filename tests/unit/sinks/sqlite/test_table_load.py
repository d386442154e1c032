"""Loading one table: its rows, key and indexes, and rows of earlier releases."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from medallion.contracts import Query, TableSpec
from medallion.contracts.table_target import Target, target
from medallion.errors import LoadError, SinkError
from medallion.records import Column, Served
from medallion.sinks.sqlite.database import META
from medallion.sinks.sqlite.sink import Sqlite
from medallion.sinks.sqlite.table_digest import is_undamaged
from medallion.sinks.sqlite.table_load import load_table
from medallion.testing.served import batches, load, publish, snapshot

COLUMNS = (Column(name="id", type="int64"), Column(name='a "b"', type="text"))
SPEC = TableSpec(name="things", columns=COLUMNS, key=("id",))


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for statement in META:
            connection.execute(statement)
        yield connection


def rows(*pairs: tuple[int | None, str | None]) -> list[dict[str, Any]]:
    return [{"id": ident, 'a "b"': text} for ident, text in pairs]


def loaded(
    connection: sqlite3.Connection,
    spec: TableSpec,
    content: list[dict[str, Any]],
    ident: str,
    count: int | None = None,
) -> tuple[Target, int]:
    record = snapshot(ident, len(content) if count is None else count, spec.name, spec.columns)
    destination = target("sqlite:s.db", 1, spec, record)
    return destination, load_table(connection, destination, batches(content, spec.columns, size=2))


def served(destination: Target, count: int) -> Served:
    return destination.report("serving", 1.0, count, loaded=True).served


def test_rows_are_numbered_in_their_order(connection: sqlite3.Connection) -> None:
    destination, count = loaded(connection, SPEC, rows((3, "x"), (1, None), (2, "y")), "one")
    assert count == 3
    name = destination.name
    assert connection.execute(f'select * from "{name}" order by _row').fetchall() == [
        (1, 3, "x"),
        (2, 1, None),
        (3, 2, "y"),
    ]
    assert connection.execute("select * from _medallion_loads").fetchall() == [
        (name, 3, '["a \\"b\\""]')
    ]
    assert is_undamaged(connection, name)


def test_the_key_is_unique_and_indexes_end_with_it(connection: sqlite3.Connection) -> None:
    spec = SPEC.model_copy(update={"indexes": (('-a "b"',), ("id",))})
    destination, _ = loaded(connection, spec, rows((1, "x")), "one")
    sql = "select sql from sqlite_master where type = 'index' and sql is not null order by name"
    indexes = [text for (text,) in connection.execute(sql)]
    name = destination.name
    assert indexes == [
        f'CREATE INDEX "{name}__0" on "{name}" ("a ""b""" desc, "id")',
        f'CREATE INDEX "{name}__1" on "{name}" ("id")',
        f'CREATE UNIQUE INDEX "{name}__key" on "{name}" ("id")',
    ]


@pytest.mark.parametrize(
    ("content", "count", "message"),
    [
        (
            rows((1, "x"), (2, "y"), (1, "z")),
            3,
            r"key \(id\) is not unique: more than one row has 1",
        ),
        (rows((1, "x"), (None, "y")), 2, "'id' is null in some row, and it is part of the key"),
        (rows((1, "x")), 2, "1 row arrived, the snapshot holds 2"),
    ],
)
def test_rows_that_are_not_what_was_declared_are_refused(
    connection: sqlite3.Connection, content: list[dict[str, Any]], count: int, message: str
) -> None:
    with pytest.raises(LoadError, match=message):
        loaded(connection, SPEC, content, "one", count)


def test_a_key_of_two_columns_that_repeats_is_shown(connection: sqlite3.Connection) -> None:
    columns = (Column(name="price", type="decimal(5,2)"), Column(name="day", type="text"))
    spec = TableSpec(name="prices", columns=columns, key=("price", "day"))
    content = [{"price": Decimal("1.50"), "day": "x"}] * 2
    with pytest.raises(LoadError, match=r"more than one row has 1\.50, x"):
        loaded(connection, spec, content, "one")


def test_a_merged_row_replaces_the_one_of_its_key(connection: sqlite3.Connection) -> None:
    first, count = loaded(connection, SPEC, rows((1, "x"), (2, None)), "one")
    spec = SPEC.model_copy(update={"mode": "merge", "former": served(first, count)})
    second, count = loaded(connection, spec, rows((3, "z"), (1, "new")), "two")
    assert count == 3
    kept = connection.execute(f'select id, "a ""b""" from "{second.name}" order by id').fetchall()
    assert kept == [(1, "new"), (2, None), (3, "z")]
    assert connection.execute("select nulls from _medallion_loads where rows = 3").fetchall() == [
        ('["a \\"b\\""]',)
    ]


def test_an_appended_row_leaves_the_one_of_its_key(connection: sqlite3.Connection) -> None:
    first, count = loaded(connection, SPEC, rows((1, "x")), "one")
    spec = SPEC.model_copy(update={"mode": "append", "former": served(first, count)})
    second, _ = loaded(connection, spec, rows((1, "new"), (2, "y")), "two")
    assert sorted(connection.execute(f'select id, "a ""b""" from "{second.name}"')) == [
        (1, "x"),
        (2, "y"),
    ]


def test_a_column_that_earlier_rows_lack_is_null_in_them(connection: sqlite3.Connection) -> None:
    narrow = SPEC.model_copy(update={"columns": COLUMNS[:1]})
    first, count = loaded(connection, narrow, [{"id": 1}], "one")
    spec = SPEC.model_copy(update={"mode": "append", "former": served(first, count)})
    second, _ = loaded(connection, spec, rows((2, "y")), "two")
    assert sorted(connection.execute(f'select id, "a ""b""" from "{second.name}"')) == [
        (1, None),
        (2, "y"),
    ]
    sql = "select nulls from _medallion_loads where name = ?"
    assert connection.execute(sql, (second.name,)).fetchall() == [('["a \\"b\\""]',)]


def test_earlier_rows_that_are_not_there_are_reported(connection: sqlite3.Connection) -> None:
    first, count = loaded(connection, SPEC, rows((1, "x")), "one")
    former = served(first, count).model_copy(update={"name": "things__gone"})
    spec = SPEC.model_copy(update={"mode": "append", "former": former})
    with pytest.raises(
        LoadError,
        match="the rows served before, things__gone with 1 row, are not in this database",
    ):
        loaded(connection, spec, rows((2, "y")), "two")


def _one_column(type_: str) -> TableSpec:
    return TableSpec(name="large", columns=(Column(name="id", type=type_),))


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("int128", 2**63),
        ("uint64", 2**64 - 1),
        ("decimal(38,4)", Decimal("922337203685477.5808")),
    ],
)
def test_a_number_beyond_64_bits_is_reported(tmp_path: Path, type_: str, value: object) -> None:
    with pytest.raises(SinkError, match=r"'id', row [0-9]+: .* too large"):
        load(Sqlite(url=f"sqlite:{tmp_path}/s.db"), "one", [{"id": value}], _one_column(type_))


def test_the_largest_numbers_come_back_exactly(tmp_path: Path) -> None:
    sink = Sqlite(url=f"sqlite:{tmp_path}/s.db")
    for type_, value in (
        ("int128", -(2**63) + 1),
        ("decimal(38,4)", Decimal("922337203685477.5807")),
    ):
        publish(sink, type_, [{"id": value}], _one_column(type_))
        assert sink.store().find("large", Query()).rows == [{"id": value}]
