"""Rows of DuckDB: its types are kept, and those that Parquet has not become text or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from medallion.contracts import literal, quote
from medallion.databases.relation import Relation
from medallion.databases.typed_text import BLOCK, PulledColumn, header
from medallion.records.column_type import NULL, TEXT, ColumnType, list_type, unknown
from medallion.sql.duckdb_types import MAX_DIGITS, types_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_AS_TEXT = (TEXT, NULL, *map(ColumnType, ("interval", "timetz", "time(ns)", "timestamptz(ns)")))
_NESTED = ("struct", "map", "variant")


def pulled_rows(connection: DuckDBPyConnection, relation: Relation, folder: str) -> Iterator[bytes]:
    """A `typed_csv` file of the rows, in the order of insertion unless a query has another.

    `folder` is one for a temporary file.
    """
    with closing(connection.cursor()) as cursor:
        file = Path(folder, "rows")
        types = types_of(cursor.sql(relation.rows()))
        yield header(_columns(types), relation.label)
        # One column: an empty line would be no record.
        options = "header false, nullstr ''"
        if len(types) == 1:
            options = r"header false, nullstr '\N', force_quote *"
        values = ", ".join(f"{_text(quote(name), type_)}" for name, type_ in types.items())
        rows = f"select {values} from ({relation.rows()})"
        cursor.execute(f"copy ({rows}) to {literal(str(file))} (format csv, {options})")
        with file.open("rb") as stream:
            while block := stream.read(BLOCK):
                yield block


def _columns(types: Mapping[str, ColumnType]) -> list[PulledColumn]:
    return [PulledColumn(name, _pulled_type(type_), str(type_)) for name, type_ in types.items()]


def _pulled_type(type_: ColumnType) -> ColumnType:
    """The logical type in the pulled file: structs and maps are JSON there."""
    if type_.name in _NESTED:
        return ColumnType("json")
    if type_.name == "list":
        item = type_.items[0][1]
        return ColumnType("json") if item.nested else list_type(_pulled_type(item))
    if type_.name in ("int128", "uint128"):  # Parquet has no such integers
        return ColumnType("decimal", MAX_DIGITS)
    return TEXT if type_ in _AS_TEXT or unknown(type_) else type_


def _text(value: str, type_: ColumnType) -> str:
    """SQL of the text of a value in the pulled file."""
    pulled = _pulled_type(type_)
    if pulled.name == "json" != type_.name:
        return f"to_json({value})"
    if type_.name == "binary":
        return f"'\\x' || lower(hex({value}))"
    if type_.name == "list":
        item = _text("item", type_.items[0][1])
        return f"to_json(list_transform({value}, lambda item: {item}))"
    return f"{value}::varchar"
