"""Types of columns in Delta tables: as which type each is stored, and the schema of a table.

Delta has neither unsigned integers nor times of day, and keeps microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from medallion.errors import StepError
from medallion.layers.parquet import STORED
from medallion.records import Column
from medallion.records.column_type import TEXT, ColumnType, column_type

_MICROSECONDS = ColumnType("timestamp")

# What Delta lacks, as a type that has all its values. It is cast back when the layer is read.
_STORED = {
    **STORED,
    "uint8": ColumnType("int16"),
    "uint16": ColumnType("int32"),
    "uint32": ColumnType("int64"),
    "uint64": ColumnType("decimal", 20),
    **dict.fromkeys(("time", "time(ns)", "json", "uuid", "null"), TEXT),
}

_DELTA = {
    "int8": "byte",
    "int16": "short",
    "int32": "integer",
    "int64": "long",
    "float32": "float",
    "float64": "double",
    "boolean": "boolean",
    "text": "string",
    "binary": "binary",
    "date": "date",
    "timestamp": "timestamp_ntz",
    "timestamptz": "timestamp",
}

_HINTS = {
    "timestamp(ns)": "cast it to timestamp, which has microseconds, or to text",
    "timestamptz(ns)": "cast it to timestamptz, which has microseconds, or to text",
}
_OTHER_HINT = "cast it to another type, such as text"

_FORBIDDEN = re.compile(r"[ ,;{}()\n\t=]")


def stored_type(leaf: ColumnType) -> ColumnType:
    """The type by which a value is kept in the files: one that Delta has."""
    return _STORED.get(leaf.name, leaf)


def require_storable(types: Mapping[str, ColumnType]) -> None:
    """Raise StepError for the first column whose type or name a Delta table cannot have."""
    for name, type_ in types.items():
        for field in (name, *_field_names(type_)):
            if _FORBIDDEN.search(field):
                where = f"column {name!r}" if field == name else f"column {name!r}, field {field!r}"
                raise StepError(
                    f"{where}: names in a Delta table have no spaces and none of ,;{{}}()=",
                    hint="rename it by a `rename` step, or use a parquet layer",
                )
        for leaf in type_.leaves():
            stored = stored_type(leaf)
            if stored.name not in _DELTA and stored.name != "decimal":
                hint = _HINTS.get(leaf.name, _OTHER_HINT)
                raise StepError(
                    f"column {name!r} is {type_}, which a Delta table cannot have",
                    hint=f"{hint}, or use a parquet layer",
                )


def schema_of(columns: Iterable[Column], comments: Mapping[str, str]) -> dict[str, Any]:
    """The schema of a table, as its log has it, with comments by column."""
    schema = _struct(
        (column.name, column_type(column.type).map_leaves(stored_type)) for column in columns
    )
    for field in schema["fields"]:
        if text := comments.get(field["name"]):
            field["metadata"] = {"comment": text}
    return schema


def has_local_times(columns: Iterable[Column]) -> bool:
    """Whether there are timestamps without a time zone, which a reader must know as a feature."""
    return any(
        stored_type(leaf) == _MICROSECONDS
        for column in columns
        for leaf in column_type(column.type).leaves()
    )


def _delta_type(type_: ColumnType) -> object:
    items = [item for _, item in type_.items]
    match type_.name:
        case "decimal":
            return f"decimal({type_.precision},{type_.scale})"
        case "list":
            element = _delta_type(items[0])
            return {"type": "array", "elementType": element, "containsNull": True}
        case "map":
            key, value = map(_delta_type, items)
            return {
                "type": "map",
                "keyType": key,
                "valueType": value,
                "valueContainsNull": True,
            }
        case "struct":
            return _struct(type_.items)
    return _DELTA[type_.name]


def _struct(fields: Iterable[tuple[str, ColumnType]]) -> dict[str, Any]:
    return {
        "type": "struct",
        "fields": [
            {"name": name, "type": _delta_type(type_), "nullable": True, "metadata": {}}
            for name, type_ in fields
        ],
    }


def _field_names(type_: ColumnType) -> list[str]:
    """The names of the fields of structs inside a type."""
    names = [name for name, _ in type_.items] if type_.name == "struct" else []
    return names + [name for _, item in type_.items for name in _field_names(item)]
