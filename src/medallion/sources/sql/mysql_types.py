"""The types of MySQL and MariaDB: what a column is in a pulled file, and how a value is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from medallion.databases.typed_text import binary_field, text_field
from medallion.records.column_type import TEXT, ColumnType
from medallion.sql.duckdb_types import MAX_DIGITS

# Codes of the protocol.
_INTEGERS = {1: 8, 2: 16, 9: 32, 3: 32, 8: 64}
_OTHERS = {
    4: ("float32", "float"),
    5: ("float64", "double"),
    7: ("timestamptz", "timestamp"),
    10: ("date", "date"),
    11: ("time", "time"),
    12: ("timestamp", "datetime"),
    13: ("int16", "year"),
    14: ("date", "date"),
    245: ("json", "json"),
    255: ("binary", "geometry"),
}
_FLOAT, _BIT, _DECIMALS = 4, 16, (0, 246)
_UNSIGNED, _BINARY = 32, 63  # a flag; the character set of bytes
_TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext")
_STRINGS = (15, 249, 250, 251, 252, 253, 254)
# What the catalogue says of columns that arrive as texts.
_BY_NAME = {"json": "json", "uuid": "uuid"}


@dataclass(frozen=True)
class DeclaredType:
    """What the catalogue says of a column: `bigint`, and `bigint(20) unsigned`."""

    data_type: str
    column_type: str


@dataclass(frozen=True)
class MySqlColumn:
    """A column: its type in the pulled file and in MySQL, and what writes a value.

    A value of a `rounded` one has fewer digits as a text than it has. `is_number` says that MySQL
    compares it as a number.
    """

    name: str
    type: ColumnType
    source: str
    write: Callable[[Any], str]
    rounded: bool = False
    is_number: bool = False


def typed(field: Any, declared: DeclaredType | None) -> MySqlColumn:
    """A column from what the protocol and, for a table, the catalogue say of it."""
    type_, source, write = _typed(field, declared)
    shown = declared.column_type if declared else source
    if type_ == TEXT and (declared.data_type if declared else source) in (*_TEXTS, ""):
        shown = ""
    code = field.type_code
    number = type_.number or code in _DECIMALS
    return MySqlColumn(field.name, type_, shown, write, code == _FLOAT, number)


def _typed(
    field: Any, declared: DeclaredType | None
) -> tuple[ColumnType, str, Callable[[Any], str]]:
    code, unsigned = field.type_code, bool(field.flags & _UNSIGNED)
    if code in _INTEGERS:
        name = f"{'u' if unsigned else ''}int{_INTEGERS[code]}"
        return ColumnType(name), name, str
    if code in _DECIMALS:
        precision = field.length - bool(field.scale) - (not unsigned)
        if precision <= MAX_DIGITS:
            return ColumnType("decimal", precision, field.scale), "decimal", str
        return TEXT, f"decimal({precision},{field.scale})", text_field
    if code == _BIT:
        if field.length == 1:
            return ColumnType("boolean"), "bit(1)", lambda value: str(value != b"\0").lower()
        return ColumnType("uint64"), f"bit({field.length})", _bits
    if code in _OTHERS:
        name, source = _OTHERS[code]
        return ColumnType(name), source, _WRITERS.get(name, str)
    if code in _STRINGS and field.charsetnr == _BINARY:
        return ColumnType("binary"), "binary", binary_field
    logical = _BY_NAME.get(declared.data_type if declared else "")
    return ColumnType(logical) if logical else TEXT, "", text_field


def _bits(value: bytes) -> str:
    return str(int.from_bytes(value))


_WRITERS: dict[str, Callable[[Any], str]] = {
    "binary": binary_field,
    "json": text_field,
    "timestamptz": lambda value: f"{value}+00",  # the session's time zone is UTC
}
