"""How values are kept in MongoDB, and how they come back as Python's own.

Null stays null, and NaN becomes null; decimals are Decimal128; a date is its midnight in UTC, which only
the table's schema tells from a timestamp; timestamps keep milliseconds, and one without a time zone is kept as if
it were in UTC, which the schema tells too; times are ISO 8601 text.
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
EXACT = Context(prec=34, Emin=-6176, Emax=6144)

# Where the parts of a Decimal128 stand among its 128 bits.
_SIGN_SHIFT = 127
_SPECIAL_SHIFT, _SPECIAL = 125, 0b11
_EXPONENT_SHIFT, _EXPONENT = 113, (1 << 14) - 1
_COEFFICIENT = (1 << 113) - 1


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
    restore = restorer(kind)
    return restore(value) if restore and value is not None else value


def restorer(kind: Kind) -> Callable[[Any], Any] | None:
    """What turns a kept value that is not null back; None when it comes back as it is."""
    if kind.name in _NESTED:
        return lambda value: kind.walk(value, _restored)
    return _wall_clock if kind.name == "timestamp" and not kind.zoned else _RESTORE.get(kind.name)


def columns_of(
    fields: Sequence[str], kinds: Mapping[str, Kind], found: Sequence[Mapping[str, Any]]
) -> list[list[Any]]:
    """The values of documents as Python's own, column by column."""
    columns = []
    for name in fields:
        values, restore = (
            [document.get("_id" if name == ROW else name) for document in found],
            restorer(kinds[name]),
        )
        columns.append(
            [None if value is None else restore(value) for value in values] if restore else values
        )
    return columns


def rows_of(
    fields: Sequence[str], kinds: Mapping[str, Kind], found: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Documents as the dicts a caller gets."""
    columns = columns_of(fields, kinds, found)
    return [dict(zip(fields, row, strict=True)) for row in zip(*columns, strict=True)]


def decimal128(value: Decimal) -> Any:
    """A decimal as BSON holds it. Raises OverflowError when it has more digits than that."""
    from bson.decimal128 import Decimal128

    try:
        return Decimal128(value)
    except DecimalException:
        raise OverflowError("a decimal of more than the 34 digits MongoDB keeps") from None


def leaf(kind: Kind, value: Any) -> Any:
    """A value as BSON can hold it."""
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


def _restored(kind: Kind, value: Any) -> Any:
    restore = restorer(kind)
    return restore(value) if restore else value


def _wall_clock(value: datetime) -> datetime:
    """A kept timestamp of a column without a time zone."""
    return value.replace(tzinfo=None)


def _date(value: datetime) -> date:
    return value.date()


def _decimal(value: Any) -> Decimal:
    """A Decimal128 read from its bits, which costs a fifth of its own way."""
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
