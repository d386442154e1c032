"""Loading one table: its rows, key and indexes, and rows of earlier releases."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from medallion.contracts import Query, TableSpec
from medallion.contracts.table_target import Target, target
from medallion.errors import LoadError
from medallion.query.column_types import kind_of
from medallion.records import Column, Served
from medallion.sinks.sqlite.database import META, connect
from medallion.sinks.sqlite.number_text import stored_kinds
from medallion.sinks.sqlite.row_encoder import restorer
from medallion.sinks.sqlite.sink import Sqlite
from medallion.sinks.sqlite.table_digest import is_undamaged
from medallion.sinks.sqlite.table_load import load_table
from medallion.testing.served import batches, publish, snapshot
from medallion.testing.values import LARGE, LIMITS

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


VALUES: dict[str, list[Any]] = {
    **{type_: [*ends, None] for type_, ends in {**LIMITS, **LARGE}.items()},
    "float64": [-0.0, nan, inf, 5.0, 2.0**60, 5e-324, None],
    "boolean": [True, False, None],
    "binary": [b"", b"\0\xff", None],
    "text": ["12", " 1.50", "\0", "é", None],
    "list<text>": [["x"], [], None],
}


@pytest.mark.parametrize("type_", VALUES)
def test_what_is_loaded_is_what_is_read_later(wide: sqlite3.Connection, type_: str) -> None:
    columns = (Column(name="v", type=type_),)
    spec = TableSpec(name="things", columns=columns)
    content = [{"v": value} for value in VALUES[type_]]
    for size, ident in ((1, "one"), (400, "two")):
        destination, count = loaded(wide, spec, content * size, ident)
        assert count == len(content) * size
        assert is_undamaged(wide, destination.name)
        wide.execute(f'update "{destination.name}" set v = 7 where _row = {count}')
        assert not is_undamaged(wide, destination.name)


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


WIDE = (Column(name="id", type="int64"), Column(name="value", type="decimal(38,4)"))
LARGE, LARGER = Decimal("1" + "9" * 32 + ".9998"), Decimal("1" + "9" * 32 + ".9999")


def values(connection: sqlite3.Connection, name: str) -> tuple[str, list[Any]]:
    """How a table stores the column `value`, and its numbers by `id`."""
    ((form,),) = connection.execute(f'select distinct typeof(value) from "{name}"')
    kind = stored_kinds(connection, name, {"value": kind_of("decimal(38,4)")})["value"]
    restore = restorer(kind)
    assert restore
    stored = connection.execute(f'select value from "{name}" order by id')
    return form, [restore(value) for (value,) in stored]


@pytest.fixture
def wide(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(tmp_path / "serving.db", write=True)) as connection:
        for statement in META:
            connection.execute(statement)
        yield connection


@pytest.mark.parametrize("place", range(5))
def test_a_column_with_a_number_beyond_64_bits_is_text(
    wide: sqlite3.Connection, place: int
) -> None:
    wide.execute("create view broken as select * from missing")
    numbers = [Decimal("-1.5"), Decimal(0), Decimal("0.0001"), Decimal(7), Decimal("-0.0002")]
    numbers[place] = LARGE
    content = [{"id": number, "value": value} for number, value in enumerate(numbers)]
    spec = TableSpec(name="wide", columns=WIDE, key=("value",), indexes=(("-value", "id"),))
    destination, count = loaded(wide, spec, content, "one")
    assert (count, values(wide, destination.name)) == (5, ("text", numbers))
    rows = wide.execute(f'select _row, id from "{destination.name}" order by value').fetchall()
    assert rows == sorted(((n + 1, n) for n in range(5)), key=lambda row: numbers[row[1]])
    assert is_undamaged(wide, destination.name)
    assert wide.execute("select name from sqlite_temp_master").fetchall() == []


def test_two_columns_of_one_batch_may_have_such_numbers(wide: sqlite3.Connection) -> None:
    columns = tuple(Column(name=name, type=type_) for name, type_ in [
        ("a", "uint64"), ("b", "decimal(38,0)"), ("c", "int128"), ("d", "float64"), ("e", "binary")
    ])  # fmt: skip
    content = [
        {"a": None, "b": Decimal(1), "c": 2**62, "d": 0.5, "e": b"1"},
        {"a": 2**64 - 1, "b": Decimal(-(10**37)), "c": 3, "d": 1e300, "e": b"12"},
    ]
    spec = TableSpec(name="wide", columns=columns)
    destination, _ = loaded(wide, spec, content, "one")
    forms = wide.execute(
        f'select typeof(a), typeof(b), c, d, e from "{destination.name}" order by _row'
    ).fetchall()
    assert forms == [("null", "text", 2**62, 0.5, b"1"), ("text", "text", 3, 1e300, b"12")]


def test_a_key_that_is_text_and_repeats_is_shown(wide: sqlite3.Connection) -> None:
    spec = TableSpec(name="wide", columns=WIDE, key=("value",))
    with pytest.raises(LoadError, match=f"more than one row has {LARGE}"):
        loaded(wide, spec, [{"id": number, "value": LARGE} for number in (1, 2)], "one")


@pytest.mark.parametrize("mode", ["append", "merge"])
@pytest.mark.parametrize("former", [Decimal(5), LARGE])
@pytest.mark.parametrize("later", [Decimal(7), LARGER])
def test_rows_of_both_forms_are_joined(
    wide: sqlite3.Connection, mode: Any, former: Decimal, later: Decimal
) -> None:
    spec = TableSpec(name="wide", columns=WIDE, key=("value",))
    rows_before = [{"id": 1, "value": former}, {"id": 2, "value": Decimal("0.5")}]
    first, count = loaded(wide, spec, rows_before, "one")
    spec = spec.model_copy(update={"mode": mode, "former": served(first, count)})
    rows_now = [{"id": 3, "value": later}, {"id": 4, "value": Decimal("0.5")}]
    second, count = loaded(wide, spec, rows_now, "two")
    form = "text" if {LARGE, LARGER} & {former, later} else "integer"
    kept = [former, Decimal("0.5"), later] if mode == "append" else [former, later, Decimal("0.5")]
    assert (count, values(wide, second.name)) == (3, (form, kept))


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("int128", -(2**63) + 1),
        ("int128", 2**63),
        ("uint64", 2**64 - 1),
        ("decimal(38,4)", Decimal("922337203685477.5807")),
        ("decimal(38,4)", Decimal("922337203685477.5808")),
        ("decimal(38,38)", Decimal("-0." + "9" * 38)),
    ],
)
def test_the_largest_numbers_come_back_exactly(tmp_path: Path, type_: str, value: object) -> None:
    sink = Sqlite(url=f"sqlite:{tmp_path}/s.db")
    spec = TableSpec(name="large", columns=(Column(name="id", type=type_),), key=("id",))
    publish(sink, "one", [{"id": value}], spec)
    with closing(sink.store()) as store:
        assert store.find("large", Query()).rows == [{"id": value}]
        assert store.get("large", value) == {"id": value}
