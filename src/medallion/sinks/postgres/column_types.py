"""The types of columns in PostgreSQL, and how stored values become Python values.

All types are native, so that any tool reads them; nested values are `jsonb`. NaN is null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from math import inf
from typing import Any

from medallion.query import stored_values
from medallion.query.column_types import Kind, kind_of
from medallion.query.stored_values import result_columns, result_rows, value_of_json
from medallion.records.column_type import column_type

NESTED = ("list", "struct", "map")
_INFINITIES = (inf, -inf)
_TEXT = 'text collate "C"'  # sorts by code point
_TYPES = {
    "integer": "bigint",
    "float": "double precision",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "bytes": "bytea",
    **dict.fromkeys(NESTED, "jsonb"),
}


def sql_type(type_: str) -> str:
    """The type of a column in PostgreSQL, from its logical type."""
    logical, kind = column_type(type_), kind_of(type_)
    match kind.name:
        case "integer" if kind.wide:
            return f"numeric({logical.whole_digits},0)"
        case "decimal":
            return f"numeric({logical.precision},{logical.scale})"
        case "timestamp":
            return "timestamptz" if kind.zoned else "timestamp"
    return _TYPES.get(kind.name, _TEXT)


def restorer(kind: Kind) -> Callable[[Any], Any] | None:
    """The function that converts a value of psycopg that is not null; None when none is needed."""
    match kind.name:
        case "integer":
            return int
        case "timestamp" if kind.zoned:
            return lambda moment: moment.astimezone(UTC)
        case "time":
            return lambda moment: moment.isoformat("microseconds")
        case "list" | "struct" | "map":
            return lambda value: kind.walk(value, value_of_json)
    return None


def columns_of(
    names: Sequence[str], kinds: Mapping[str, Kind], tuples: Sequence[Sequence[Any]]
) -> list[Sequence[Any]]:
    """The values of rows as Python values, column by column."""
    return result_columns(names, kinds, tuples, restorer)


def rows_of(
    names: Sequence[str], kinds: Mapping[str, Kind], tuples: Sequence[Sequence[Any]]
) -> list[dict[str, Any]]:
    """Result rows from tuples of psycopg."""
    return result_rows(names, kinds, tuples, restorer)


def json_value(kind: Kind, value: Any) -> Any:
    """A value inside a nested one, as `jsonb` stores it, which has no infinities."""
    plain = stored_values.json_value(kind, value)
    return str(plain) if kind.name == "float" and plain in _INFINITIES else plain
