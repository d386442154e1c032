"""How values are kept in MongoDB, and how they come back as Python's own.

Null stays null, and NaN becomes null; decimals are Decimal128; a date is its midnight in UTC, which only
the table's schema tells from a timestamp; timestamps keep milliseconds; times are ISO 8601 text.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, DecimalException
from math import isnan
from typing import Any

from medallion.contracts import TableSpec
from medallion.errors import CallError, SinkError
from medallion.kinds import Kind, kind_of

_BSON = {
    "integer": ["int", "long"],
    "decimal": ["decimal"],
    "float": ["double"],
    "text": ["string"],
    "time": ["string"],
    "boolean": ["bool"],
    "date": ["date"],
    "timestamp": ["date"],
    "bytes": ["binData"],
    "list": ["array"],
    "struct": ["object"],
    "map": ["object"],
}


def schema_of(spec: TableSpec) -> dict[str, Any]:
    """The `$jsonSchema` that documents of the table keep; a description tells each column's type."""
    properties = {}
    for column in spec.columns:
        types = _BSON[kind_of(column.type).name]
        types = types if column.name in spec.key else [*types, "null"]
        properties[column.name] = {"bsonType": types, "description": column.type}
    return {"bsonType": "object", "required": list(properties), "properties": properties}


def kept(kind: Kind, value: Any) -> Any:
    """One value of a query as it is kept. Raises CallError on a number of more digits than Decimal128 has."""
    from bson.decimal128 import Decimal128

    try:
        return Decimal128(value) if isinstance(value, Decimal) else leaf(kind, value)
    except DecimalException:
        raise CallError(f"{value} has more than 34 digits") from None


def restored(kind: Kind, value: Any) -> Any:
    """One value as Python's own."""
    if value is None or kind.name in ("text", "float", "boolean"):
        return value
    return kind.walk(value, _restored)


def decimal128(value: Decimal, name: str) -> Any:
    """A decimal as BSON holds it. Raises SinkError when it has more digits than that."""
    from bson.decimal128 import Decimal128

    try:
        return Decimal128(value)
    except DecimalException:
        raise SinkError(
            f"column {name!r} holds a decimal of more than the 34 digits MongoDB keeps",
            hint="cast it to a decimal of fewer places, or to text",
        ) from None


def leaf(kind: Kind, value: Any) -> Any:
    """A value as BSON can hold it."""
    match kind.name:
        case "decimal":
            return decimal128(value, "of a nested value")
        case "date":
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        case "float":
            return None if isnan(value) else value
        case "time":
            return value if isinstance(value, str) else value.isoformat("microseconds")
    return int(value) if kind.name == "integer" else value


def _restored(kind: Kind, value: Any) -> Any:
    restore = _RESTORE.get(kind.name)
    return restore(value) if restore else value


def _date(value: datetime) -> date:
    return value.date()


def _decimal(value: Any) -> Decimal:
    return value.to_decimal()  # type: ignore[no-any-return]


_RESTORE: dict[str, Callable[[Any], Any]] = {"integer": int, "date": _date, "decimal": _decimal, "bytes": bytes}
