"""How values are kept in MongoDB, and how they come back as Python's own.

Null stays null, and NaN becomes null; decimals are Decimal128; a date is its midnight in UTC, which only
the table's schema tells from a timestamp; timestamps keep milliseconds; times are ISO 8601 text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, DecimalException
from math import isnan
from typing import TYPE_CHECKING, Any

from medallion.contracts import TableSpec
from medallion.errors import CallError, SinkError
from medallion.kinds import Kind, kind_of
from medallion.sinks.whole_numbers import whole_numbers

if TYPE_CHECKING:
    import pyarrow as pa

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
_SIGN = 1 << 63
_ZERO_EXPONENT = 6176


def documents_of(
    batch: pa.RecordBatch, kinds: dict[str, Kind], key: Sequence[str], first: int, nulls: set[str]
) -> list[dict[str, Any]]:
    """The rows of a batch as documents, `_id` made of the key or else counted from `first`.

    Adds to `nulls` the columns that hold one.
    """
    columns = {}
    for name, kind in kinds.items():
        array = batch.column(name)
        values = columns[name] = _kept(array, kind, name)
        if array.null_count or (kind.name == "float" and None in values):
            nulls.add(name)
    ids: Iterator[Any] | Sequence[Any] = range(first, first + batch.num_rows)
    if len(key) == 1:
        ids = columns[key[0]]
    elif key:
        ids = (dict(zip(key, parts, strict=True)) for parts in zip(*(columns[name] for name in key), strict=True))
    names = ("_id", *columns)
    return [dict(zip(names, row, strict=True)) for row in zip(ids, *columns.values(), strict=True)]


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
        return Decimal128(value) if isinstance(value, Decimal) else _leaf(kind, value)
    except DecimalException:
        raise CallError(f"{value} has more than 34 digits") from None


def restored(kind: Kind, value: Any) -> Any:
    """One value as Python's own."""
    if value is None or kind.name in ("text", "float", "boolean"):
        return value
    return kind.walk(value, _restored)


def _kept(array: pa.Array, kind: Kind, name: str) -> list[Any]:
    import pyarrow as pa

    match kind.name:
        case "integer":
            return whole_numbers(array, kind, name).to_pylist()  # type: ignore[no-any-return]
        case "decimal":
            return _decimals(array, kind, name)
        case "float":
            values = array.cast(pa.float64()).to_pylist()
            return [None if value is None or isnan(value) else value for value in values]
        case "date" | "timestamp":
            naive = array if kind.name == "date" else array.cast(pa.timestamp("us", array.type.tz), safe=False)
            return naive.cast(pa.timestamp("ms"), safe=False).to_pylist()  # type: ignore[no-any-return]
        case "time":
            return array.cast(pa.time64("us"), safe=False).cast(pa.string()).to_pylist()  # type: ignore[no-any-return]
        case "text":
            return array.cast(pa.string()).to_pylist()  # type: ignore[no-any-return]
    values = array.to_pylist()
    return [kind.walk(value, _leaf) for value in values] if kind.name in _NESTED else values


def _decimals(array: pa.Array, kind: Kind, name: str) -> list[Any]:
    """Decimals put together from their whole numbers where 64 bits hold them, which costs a third."""
    from bson.decimal128 import Decimal128

    try:
        numbers = whole_numbers(array, kind, name).to_pylist()
    except SinkError:
        return [None if value is None else _decimal128(value, name) for value in array.to_pylist()]
    plus = (_ZERO_EXPONENT - kind.scale) << 49
    minus = plus | _SIGN
    make: Any = Decimal128  # which takes its two halves as numbers, though its annotation does not say so
    return [None if number is None else make((plus, number) if number >= 0 else (minus, -number)) for number in numbers]


def _decimal128(value: Decimal, name: str) -> Any:
    from bson.decimal128 import Decimal128

    try:
        return Decimal128(value)
    except DecimalException:
        raise SinkError(
            f"column {name!r} holds a decimal of more than the 34 digits MongoDB keeps",
            hint="cast it to a decimal of fewer places, or to text",
        ) from None


def _leaf(kind: Kind, value: Any) -> Any:
    """A value as BSON can hold it."""
    match kind.name:
        case "decimal":
            return _decimal128(value, "of a nested value")
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
