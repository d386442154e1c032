"""Damage to single files of a lake, as by a failing disk or an accidental change."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def flip(file: Path, chance: random.Random) -> None:
    """Flip one bit."""
    data = bytearray(file.read_bytes())
    first, last = 0, len(data)
    if file.suffix == ".db":
        # In a row of a table, which is at the end of its page: most of a small database is free.
        with closing(sqlite3.connect(file)) as connection:
            query = (
                "select rootpage from sqlite_master where name like 'total!_!_%' escape '!' "
                "order by rootpage desc"
            )
            last = (
                connection.execute(query).fetchone()[0]
                * connection.execute("pragma page_size").fetchone()[0]
            )
        first = last - 2
    data[chance.randrange(first, last)] ^= 1 << chance.randrange(8)
    _write(file, bytes(data))


def cut(file: Path, chance: random.Random) -> None:
    """Truncate a file at a random length."""
    data = file.read_bytes()
    _write(file, data[: chance.randrange(1, len(data))])


def empty(file: Path, chance: random.Random) -> None:
    del chance
    _write(file, b"")


def delete(file: Path, chance: random.Random) -> None:
    del chance
    file.unlink()


def change(file: Path, chance: random.Random) -> None:
    """Change a value in a file that stays readable."""
    del chance
    if file.suffix == ".parquet":
        _change_parquet(file)
    elif file.suffix == ".json":
        record = json.loads(file.read_bytes())
        record[next(name for name, value in record.items() if isinstance(value, str | int))] = (
            "changed"
        )
        _write(file, json.dumps(record).encode())
    elif file.suffix == ".db":
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            (name,) = connection.execute(
                "select name from sqlite_master where name like 'total!_!_%' escape '!' "
                "order by rootpage desc"
            ).fetchone()
            connection.execute(f'update "{name}" set revenue = revenue + 100')
            connection.execute("pragma wal_checkpoint(truncate)").fetchall()
    else:
        _write(file, file.read_bytes().replace(b"a", b"e", 1))


DAMAGES: dict[str, Callable[[Path, random.Random], None]] = {
    "flip": flip,
    "cut": cut,
    "empty": empty,
    "delete": delete,
    "change": change,
}


def _change_parquet(file: Path) -> None:
    table = pq.read_table(file)
    name = next(name for name in reversed(table.column_names) if name != "_origin")
    column = table.column(name)
    replacement = pa.chunked_array(
        [pa.array([column[len(column) - 1].as_py()] * len(table), column.type)]
    )
    if replacement.equals(column):  # all values are the same
        replacement = pa.chunked_array([pa.array([None] * len(table), column.type)])
    pq.write_table(table.set_column(table.column_names.index(name), name, replacement), file)


def _write(file: Path, data: bytes) -> None:
    temporary = file.with_name("damaging")
    temporary.write_bytes(data)
    temporary.replace(file)  # another inode, because digests are cached by inode
