"""The types of DuckDB and the logical types of columns: the one place that translates them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from medallion.errors import StepError
from medallion.records import Column
from medallion.records.column_type import (
    ColumnType,
    column_type,
    list_type,
    map_type,
    split_parts,
    unknown,
    unquoted,
)
from medallion.sql.relations import ORIGIN, ROW, quote

if TYPE_CHECKING:
    from medallion.sql.relations import Connection, Relation

MAX_DIGITS = 38  # of a DECIMAL
MAX_LEVELS = 32
MAX_LISTS = 10  # among the levels; each doubles the time in which DuckDB reads lists from Parquet
TOO_DEEP = f"{MAX_LEVELS} levels are read, of which {MAX_LISTS} may be lists or maps"

_DUCKDB = {
    "null": '"NULL"',
    "int8": "TINYINT",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "int128": "HUGEINT",
    "uint8": "UTINYINT",
    "uint16": "USMALLINT",
    "uint32": "UINTEGER",
    "uint64": "UBIGINT",
    "uint128": "UHUGEINT",
    "float32": "FLOAT",
    "float64": "DOUBLE",
    "text": "VARCHAR",
    "binary": "BLOB",
    "time(ns)": "TIME_NS",
    "timetz": "TIME WITH TIME ZONE",
    "timestamp(s)": "TIMESTAMP_S",
    "timestamp(ms)": "TIMESTAMP_MS",
    "timestamp(ns)": "TIMESTAMP_NS",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
    "timestamptz(ns)": "TIMESTAMPTZ_NS",
    **{
        name: name.upper()
        for name in ("boolean", "date", "time", "timestamp", "interval", "json", "uuid", "variant")
    },
    "geometry": "GEOMETRY",
}
_LOGICAL = {text: name for name, text in _DUCKDB.items()} | {"NULL": "null", "ENUM": "text"}

_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_ARRAY = re.compile(r"^(.*)\[\d*\]$", re.DOTALL)


@lru_cache(maxsize=4096)
def logical_type(text: str) -> ColumnType:
    """The logical type of a type as DuckDB writes it, such as `DECIMAL(12,2)[]`.

    A type without a logical one, such as BIT, keeps its name.
    """
    text = text.strip()
    if array := _ARRAY.match(text):
        return list_type(logical_type(array[1]))
    name, _, rest = text.partition("(")
    name = name.strip()
    match name if rest else "":
        case "DECIMAL":
            precision, scale = map(int, rest[:-1].split(","))
            return ColumnType("decimal", precision, scale)
        case "STRUCT":
            fields = (_split_field(part) for part in split_parts(rest[:-1]) if part)
            return ColumnType(
                "struct", items=tuple((name, logical_type(type_)) for name, type_ in fields)
            )
        case "MAP":
            return map_type(*map(logical_type, split_parts(rest[:-1])))
    return ColumnType("struct" if name == "STRUCT" else _LOGICAL.get(name, text))


def duckdb_type(type_: ColumnType) -> str:
    """DuckDB's SQL of a logical type."""
    parts = [(quote(name), duckdb_type(item)) for name, item in type_.items]
    match type_.name:
        case "decimal":
            return f"DECIMAL({type_.precision},{type_.scale})"
        case "list":
            return f"{parts[0][1]}[]"
        case "struct":
            return f"STRUCT({', '.join(f'{name} {item}' for name, item in parts)})"
        case "map":
            return f"MAP({parts[0][1]}, {parts[1][1]})"
    return _DUCKDB.get(type_.name, type_.name)


def types_of(rows: Relation) -> dict[str, ColumnType]:
    """Each column's type."""
    return {
        name: logical_type(str(kind)) for name, kind in zip(rows.columns, rows.types, strict=True)
    }


def type_of(rows: Relation, name: str) -> ColumnType:
    """A column's type."""
    return types_of(rows)[name]


def without_rows(columns: Iterable[Column], connection: Connection) -> Relation:
    """A table of these columns, and the reserved ones, that has no rows."""
    nulls = [f"0::bigint as {ROW}", f"0::bigint as {ORIGIN}"]
    nulls += [
        f"null::{duckdb_type(column_type(column.type))} as {quote(column.name)}"
        for column in columns
    ]
    return connection.sql(f"select {', '.join(nulls)} where false")


def columns_of(types: Mapping[str, ColumnType]) -> tuple[Column, ...]:
    """Columns as records store them. Raises StepError for a type that no table can have."""
    for name, type_ in types.items():
        for part in unknown(type_):
            raise StepError(
                f"column {name!r} is {part}, which cannot be stored",
                hint="cast it to another type, such as text",
            )
    return tuple(Column(name=name, type=str(type_)) for name, type_ in types.items())


def too_deep(type_: ColumnType, levels: int = MAX_LEVELS, lists: int = MAX_LISTS) -> bool:
    """Whether a type nests deeper than these limits."""
    if type_.nested:
        levels, lists = levels - 1, lists - (type_.name != "struct")
    return levels < 0 or lists < 0 or any(too_deep(item, levels, lists) for _, item in type_.items)


def _split_field(text: str) -> tuple[str, str]:
    """The name and the type of a field of a struct, such as `"my name" INTEGER`."""
    name = match[0] if (match := _QUOTED.match(text)) else text.partition(" ")[0]
    return unquoted(name), text[len(name) :]
