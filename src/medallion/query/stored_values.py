"""Stored values as Python values, in databases whose rows are tuples.

What is inside a nested value is JSON: decimals and times as text, timestamps in UTC and dates in
ISO 8601, bytes in hexadecimal digits. NaN is null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isnan
from typing import Any, TypeAlias

from medallion.errors import SinkError
from medallion.query.column_types import Kind
from medallion.storage.digests import REPAIR

Restorer: TypeAlias = Callable[[Kind], Callable[[Any], Any] | None]
"""The function that converts a stored value that is not null; None when none is needed."""


def result_columns(
    names: Sequence[str],
    kinds: Mapping[str, Kind],
    tuples: Sequence[Sequence[Any]],
    restorer: Restorer,
) -> list[Sequence[Any]]:
    """The values of rows as Python values, column by column, which halves the cost.

    Tuples may be longer than `names`. Raises SinkError for a value of another form than was loaded.
    """
    columns: list[Sequence[Any]] = []
    for name, values in zip(names, zip(*tuples, strict=True), strict=False):
        restore = restorer(kinds[name])
        try:
            columns.append(
                [None if value is None else restore(value) for value in values]
                if restore
                else values
            )
        except (ArithmeticError, ValueError, TypeError, AttributeError) as error:
            raise SinkError(
                f"column {name!r}: a served value is not what was loaded", hint=REPAIR
            ) from error
    return columns


def result_rows(
    names: Sequence[str],
    kinds: Mapping[str, Kind],
    tuples: Sequence[Sequence[Any]],
    restorer: Restorer,
) -> list[dict[str, Any]]:
    """Rows by name of column, from tuples."""
    columns = result_columns(names, kinds, tuples, restorer)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def json_value(kind: Kind, value: Any) -> Any:
    """A value inside a nested one, as JSON stores it; infinities stay."""
    match kind.name:
        case "decimal" | "time":
            return str(value)
        case "timestamp":
            moment = value if value.tzinfo else value.replace(tzinfo=UTC)
            return moment.astimezone(UTC).isoformat()
        case "date":
            return value.isoformat()
        case "bytes":
            return value.hex()
        case "float":
            return None if isnan(value) else value
        case "integer":
            return int(value)
    return value


def value_of_json(kind: Kind, value: Any) -> Any:
    """A value inside a nested one, from what JSON stores."""
    match kind.name:
        case "decimal":
            return Decimal(value)
        case "timestamp":
            moment = datetime.fromisoformat(value)
            return moment if kind.zoned else moment.replace(tzinfo=None)
        case "date":
            return date.fromisoformat(value)
        case "bytes":
            return bytes.fromhex(value)
        case "float":
            return float(value)
    return value
