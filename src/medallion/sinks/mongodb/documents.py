"""How values are stored in MongoDB, and how they are converted back to Python values.

Null stays null, and NaN becomes null. Decimals are Decimal128. A date is its midnight in UTC; only
the schema of the table distinguishes it from a timestamp. Timestamps have milliseconds; one without
a time zone is stored as if it were in UTC, which only the schema tells as well. Times are ISO 8601
text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Context, Decimal, DecimalException
from math import isnan
from typing import Any

from medallion.contracts import ROW, TableSpec
from medallion.errors import CallError
from medallion.query.column_types import Kind, kind_of

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
_NESTED = ("list", "struct", "map")
ZERO_EXPONENT = 6176
_LONG = 2**63
EXACT = Context(prec=34, Emin=-6176, Emax=6144)

# Bits of a Decimal128: sign (127), exponent (113 to 126), coefficient (0 to 112). With bits 125 and
# 126 set, the value is an infinity, a NaN, or has its exponent in other bits.
_SIGN_SHIFT = 127
_SPECIAL_SHIFT, _SPECIAL = 125, 0b11
_EXPONENT_SHIFT, _EXPONENT = 113, (1 << 14) - 1
_COEFFICIENT = (1 << 113) - 1


def schema_of(spec: TableSpec) -> dict[str, Any]:
    """The `$jsonSchema` that validates a table's documents; descriptions are column types."""
    properties = {}
    for column in spec.columns:
        types = _BSON[kind_of(column.type).name]
        types = types if column.name in spec.key else [*types, "null"]
        properties[column.name] = {"bsonType": types, "description": column.type}
    return {"bsonType": "object", "required": list(properties), "properties": properties}


def stored_value(kind: Kind, value: Any) -> Any:
    """One value of a query as it is stored. Raises CallError on a number of more than 34 digits."""
    from bson.decimal128 import Decimal128

    try:
        if isinstance(value, Decimal) or (kind.wide and not -_LONG <= value < _LONG):
            return Decimal128(Decimal(value))  # compares with integers by value
        return bson_value(kind, value)
    except DecimalException:
        raise CallError(f"{value} has more than 34 digits") from None


def python_value(kind: Kind, value: Any) -> Any:
    """One stored value as a Python value."""
    restore = restorer(kind)
    return restore(value) if restore and value is not None else value


def restorer(kind: Kind) -> Callable[[Any], Any] | None:
    """The function that converts a stored value that is not null; None when none is needed."""
    if kind.name in _NESTED:
        return lambda value: kind.walk(value, _nested_value)
    return _wall_clock if kind.name == "timestamp" and not kind.zoned else _RESTORE.get(kind.name)


def columns_of(
    fields: Sequence[str], kinds: Mapping[str, Kind], documents: Sequence[Mapping[str, Any]]
) -> list[list[Any]]:
    """The values of documents as Python values, column by column."""
    columns = []
    for name in fields:
        values, restore = (
            [document.get("_id" if name == ROW else name) for document in documents],
            restorer(kinds[name]),
        )
        columns.append(
            [None if value is None else restore(value) for value in values] if restore else values
        )
    return columns


def rows_of(
    fields: Sequence[str], kinds: Mapping[str, Kind], documents: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Documents as result rows."""
    columns = columns_of(fields, kinds, documents)
    return [dict(zip(fields, row, strict=True)) for row in zip(*columns, strict=True)]


def decimal128(value: Decimal) -> Any:
    """A decimal as Decimal128. Raises OverflowError when it has more than 34 digits."""
    from bson.decimal128 import Decimal128

    try:
        return Decimal128(value)
    except DecimalException:
        raise OverflowError("a decimal of more than the 34 digits that MongoDB stores") from None


def bson_value(kind: Kind, value: Any) -> Any:
    """A value that is not nested, as BSON stores it."""
    match kind.name:
        case "decimal":
            return decimal128(value)
        case "date":
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        case "float":
            return None if isnan(value) else value
        case "time":
            return value if isinstance(value, str) else value.isoformat("microseconds")
    return int(value) if kind.name == "integer" else value


def _nested_value(kind: Kind, value: Any) -> Any:
    restore = restorer(kind)
    return restore(value) if restore else value


def _wall_clock(value: datetime) -> datetime:
    """A stored timestamp of a column without a time zone."""
    return value.replace(tzinfo=None)


def _date(value: datetime) -> date:
    return value.date()


def _decimal(value: Any) -> Decimal:
    """A Decimal128 decoded from its bits, at a fifth of the cost of its `to_decimal`."""
    bits = int.from_bytes(value.bid, "little")
    if bits >> _SPECIAL_SHIFT & _SPECIAL == _SPECIAL:
        return value.to_decimal()  # type: ignore[no-any-return]
    number = bits & _COEFFICIENT
    exponent = (bits >> _EXPONENT_SHIFT & _EXPONENT) - ZERO_EXPONENT
    return Decimal(-number if bits >> _SIGN_SHIFT else number).scaleb(exponent, EXACT)


_RESTORE: dict[str, Callable[[Any], Any]] = {
    "integer": int,
    "date": _date,
    "decimal": _decimal,
    "bytes": bytes,
}
