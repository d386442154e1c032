"""How values are stored in SQLite, and how they are converted back to Python values.

Decimals are unscaled integers (1.50 with scale 2 is 150), so that they are exact and sort. A
column with a number that does not fit 64 bits has `TextNumber` as its kind. Dates and times are
ISO 8601 text of fixed width, timestamps with a Z whether or not their column has a time zone.
Booleans are 0 and 1. NaN is null. Nested values are JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from medallion.contracts.integers import unscaled, whole_numbers
from medallion.query.column_types import Kind
from medallion.query.stored_integers import EXACT, scaled
from medallion.query.stored_values import json_value, value_of_json
from medallion.sinks.sqlite.number_text import (
    TextNumber,
    bound_text,
    number_of_text,
    number_text,
)

if TYPE_CHECKING:
    import pyarrow as pa

_AFFINITY = {
    "integer": "INTEGER",
    "decimal": "INTEGER",
    "boolean": "INTEGER",
    "float": "REAL",
    "bytes": "BLOB",
}

_NESTED = ("list", "struct", "map")


def affinity(kind: Kind) -> str:
    """The type that a column of this kind is declared with."""
    return "TEXT" if isinstance(kind, TextNumber) else _AFFINITY.get(kind.name, "TEXT")


def rows_of(
    batch: pa.RecordBatch, kinds: dict[str, Kind], nulls: set[str], first: int | None = None
) -> Iterator[tuple[Any, ...]]:
    """The rows of a batch as tuples to bind, in the order of `kinds`, as SQLite returns them.

    With `first`, the number of the first row, each has its number in front. Adds the columns with a
    null to `nulls`. Raises TooLargeError on a number outside 64 bits in a column of another kind
    than TextNumber.
    """
    columns: list[Sequence[Any]] = []
    if first is not None:
        columns.append(range(first, first + batch.num_rows))
    for name, kind in kinds.items():
        array = _storable_array(batch.column(name), kind, name)
        if array.null_count:
            nulls.add(name)
        columns.append(_bindable_values(array, kind))
    return zip(*columns, strict=True)


def _bindable_values(array: pa.Array, kind: Kind) -> list[Any]:
    values = _python_list(array)
    if isinstance(kind, TextNumber):
        return [None if value is None else number_text(int(value)) for value in values]
    return [_json(kind, value) for value in values] if kind.name in _NESTED else values


def _python_list(array: pa.Array) -> list[Any]:
    """The values as Python values; numbers without nulls are read from their buffer."""
    import pyarrow as pa

    form = {pa.int64(): "q", pa.float64(): "d"}.get(array.type)
    if form is None or array.null_count:
        return array.to_pylist()  # type: ignore[no-any-return]
    numbers = memoryview(array.buffers()[1]).cast("b").cast(form)  # type: ignore[call-overload]
    return numbers[array.offset : array.offset + len(array)].tolist()  # type: ignore[no-any-return]


def bound(kind: Kind, value: Any) -> Any:
    """One value of a query as it is stored; a decimal may be between two stored integers."""
    if isinstance(kind, TextNumber):
        return bound_text(kind, value)
    match kind.name:
        case "decimal":
            return scaled(kind, value)
        case "integer" if kind.wide:
            return scaled(kind, value)
        case "timestamp":
            return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
        case "date":
            return value.isoformat()
        case "boolean":
            return int(value)
    return value


def restorer(kind: Kind) -> Callable[[Any], Any] | None:
    """The function that converts a stored value that is not null; None when none is needed."""
    if isinstance(kind, TextNumber):
        read = number_of_text
        if kind.name == "integer":
            return read
        return lambda value: Decimal(read(value)).scaleb(-kind.scale, EXACT)
    match kind.name:
        case "decimal":
            return lambda value: Decimal(value).scaleb(-kind.scale, EXACT)
        case "timestamp":
            return datetime.fromisoformat if kind.zoned else _wall_clock
        case "date":
            return date.fromisoformat
        case "boolean":
            return bool
        case "list" | "struct" | "map":
            return lambda value: kind.walk(json.loads(value), value_of_json)
    return None


def _storable_array(array: pa.Array, kind: Kind, name: str) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    match kind.name:
        case "integer" | "decimal" if isinstance(kind, TextNumber):
            return unscaled(array, kind)
        case "integer" | "decimal":
            return whole_numbers(array, kind, name)
        case "float":
            # Not `pc.add(…, 0.0)`, which imports pandas.
            zero = pa.Array.from_buffers(pa.float64(), 1, [None, pa.py_buffer(bytes(8))])[0]
            array = pc.add(array.cast(pa.float64()), zero)  # SQLite returns -0.0 as 0.0
            # Not `pa.scalar(None)`, which imports pandas.
            return pc.if_else(pc.is_nan(array), pa.nulls(len(array), pa.float64()), array)
        case "boolean":
            return array.cast(pa.int8())
        case "timestamp":
            text = (
                array.cast(pa.timestamp("us", array.type.tz), safe=False)
                .cast(pa.timestamp("us"))
                .cast(pa.string())
            )
            return pc.replace_substring_regex(text, "^(.*) (.*)$", r"\1T\2Z")
        case "time":
            return array.cast(pa.time64("us"), safe=False).cast(pa.string())
        case "date" | "text":
            return array.cast(pa.string())
    return array


def _wall_clock(text: str) -> datetime:
    """A stored timestamp of a column without a time zone."""
    return datetime.fromisoformat(text[:-1])


def _json(kind: Kind, value: Any) -> str | None:
    return (
        None
        if value is None
        else json.dumps(kind.walk(value, json_value), ensure_ascii=False, separators=(",", ":"))
    )
