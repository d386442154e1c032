"""Loading one table: its rows, key, indexes and mark."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest

from medallion.contracts import TableSpec, Target, target
from medallion.errors import LoadError
from medallion.records import Column
from medallion.sinks.postgres.database import LOADS, execute, read_loaded
from medallion.sinks.postgres.table_load import check_names, load_table
from medallion.testing.served import COLUMNS, SPEC, Row, batches, items, snapshot

if TYPE_CHECKING:
    from psycopg import Connection


def target_of(spec: TableSpec, rows: list[Row]) -> Target:
    return target("here", 1, spec, snapshot("one", len(rows), spec.name, spec.columns))


def loaded(connection: Connection, spec: TableSpec, rows: list[Row]) -> str:
    destination = target_of(spec, rows)
    stream = batches(rows, spec.columns)
    with connection.transaction():
        assert load_table(connection, "public", destination, stream, 7) == len(rows)
    return destination.name


def names_spec(*names: str) -> TableSpec:
    columns = tuple(Column(name=name, type="text") for name in ("id", *names))
    return TableSpec(name="things", columns=columns, key=("id",))


def test_a_table_has_its_rows_key_indexes_and_mark(connection: Connection) -> None:
    name = loaded(connection, SPEC, items())
    assert execute(connection, f"select * from {LOADS}").fetchall()[0][::3] == (name, 7)
    definitions = [
        row[0].partition(" USING ")[2]
        for row in execute(
            connection,
            "select indexdef from pg_indexes where tablename = ? order by indexname",
            [name],
        ).fetchall()
    ]
    assert definitions == [
        "btree (name NULLS FIRST, id)",
        "btree (amount DESC NULLS LAST, id)",
        "btree (active NULLS FIRST, day DESC NULLS LAST, id)",
        "btree (id)",
    ]


def test_a_table_without_key_numbers_its_rows(connection: Connection) -> None:
    spec = TableSpec(name="free", columns=COLUMNS[:2])
    name = loaded(connection, spec, items(40))
    rows = execute(connection, f'select _row, id from "{name}" order by _row').fetchall()
    assert rows == [(number, row["id"]) for number, row in enumerate(items(40))]


@pytest.mark.parametrize("column", ["xmin", "tableoid", "é" * 32, ""])
def test_a_column_that_postgresql_cannot_hold_is_refused(column: str) -> None:
    with pytest.raises(LoadError, match="PostgreSQL cannot hold a column named"):
        check_names(target_of(names_spec(column), []))


def test_names_up_to_63_bytes_are_columns(connection: Connection) -> None:
    names = ["é" * 31, 'a"b?%s', "select", "Name", "name"]
    spec = names_spec(*names)
    check_names(target_of(spec, []))
    rows = [{"id": "1", **dict.fromkeys(names, "x")}]
    name = loaded(connection, spec, rows)
    assert execute(connection, f'select * from "{name}"').fetchall() == [("1", *"xxxxx")]


def test_a_text_too_long_for_an_index_is_reported(connection: Connection) -> None:
    text = "".join(map(chr, range(0x4E00, 0x4E00 + 5000)))  # which does not compress
    rows = [{"id": "1", "x": text}]
    assert loaded(connection, names_spec("x"), rows)
    spec = names_spec("x").model_copy(update={"indexes": (("x",),)})
    with pytest.raises(LoadError, match="here: table 'things': a text is too long for an index"):
        loaded(connection, spec, rows)


def test_a_text_with_u0000_names_its_row(connection: Connection) -> None:
    rows: list[Row] = [{"id": str(number), "x": "a"} for number in range(20)]
    rows[17]["x"] = "a\0b"
    with pytest.raises(LoadError, match=r"column 'x', row 18: text with .* U\+0000") as error:
        loaded(connection, names_spec("x"), rows)
    assert "replace(x, chr(0), '')" in error.value.hint


@pytest.mark.parametrize(
    ("columns", "message", "hint"),
    [
        (700, "row is too big", "about 8 KB besides long texts.*: serve fewer columns"),
        (1700, "at most 1600 columns", "at most 1,600 columns: serve fewer columns"),
    ],
)
def test_rows_beyond_the_limits_of_postgresql_name_their_table(
    connection: Connection, columns: int, message: str, hint: str
) -> None:
    spec = names_spec(*(f"x{number}" for number in range(columns)))
    row = {column.name: f"{column.name} has a few words" for column in spec.columns}
    with pytest.raises(LoadError, match=f"here: table 'things': .*{message}") as error:
        loaded(connection, spec, [row])
    assert re.search(hint, error.value.hint)
    assert read_loaded(connection, "public") == frozenset()


def test_an_error_that_is_not_of_the_table_passes_unchanged(connection: Connection) -> None:
    execute(connection, "set default_transaction_read_only = on")
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        loaded(connection, SPEC, items())
    execute(connection, "set default_transaction_read_only = off")
    execute(connection, "create role weak")
    execute(connection, "set role weak")
    try:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            loaded(connection, SPEC, items())
    finally:
        execute(connection, "reset role")
        execute(connection, "drop role weak")
