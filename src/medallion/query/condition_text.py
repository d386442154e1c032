"""Conditions of queries as SQL text over a table of a lake, with their values written in it.

Stores keep decimals and times in forms of their own (`sql_dialect`); a lake has them as they are.
As in stores, a NaN is null, and timestamps are compared in microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

from medallion.errors import CallError
from medallion.query.column_types import Kind
from medallion.query.query import Filter
from medallion.query.text_folding import search_pattern
from medallion.sql.relations import literal, quote

_COMPARE = {"eq": "=", "ne": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def condition_text(filters: Iterable[Filter], kinds: Mapping[str, Kind]) -> str:
    """Validated filters as one SQL condition on a table whose columns are of these kinds.

    Raises CallError for a kind that cannot be compared.
    """
    return all_of(_text(condition, kinds[condition.field]) for condition in filters)


def equal_text(column: str, kind: Kind, values: Iterable[Any]) -> str:
    """The condition that a column has one of some values; None and NaN are a missing one."""
    distinct = list(dict.fromkeys(None if value != value else value for value in values))
    literals = [_literal(kind, value) for value in distinct if value is not None]
    parts = [f"{_compared(column, kind)} in ({', '.join(literals)})"] if literals else []
    if None in distinct:
        parts.append(_missing(column, kind))
    return any_of(parts)


def between_text(column: str, kind: Kind, low: Any, high: Any) -> str:
    """The condition that a column is at least `low` and less than `high`, where there is one."""
    bounds = [Filter(column, "gte", low)]
    if high is not None:
        bounds.append(Filter(column, "lt", high))
    return condition_text(bounds, {column: kind})


def all_of(conditions: Iterable[str]) -> str:
    """Conditions that all hold; empty without any."""
    return " and ".join(dict.fromkeys(filter(None, conditions)))


def any_of(conditions: Iterable[str]) -> str:
    """Conditions of which one holds; false without any."""
    parts = list(dict.fromkeys(conditions))
    return parts[0] if len(parts) == 1 else f"({' or '.join(parts) or 'false'})"


def _text(condition: Filter, kind: Kind) -> str:
    column, value = quote(condition.field), condition.value
    match condition.operator:
        case "isnull":
            missing = _missing(condition.field, kind)
            return missing if value else f"not {missing}"
        case "in":
            return equal_text(condition.field, kind, value)
        case "contains":
            return f"contains({column}::varchar, {literal(value)})"
        case "startswith":
            return f"starts_with({column}::varchar, {literal(value)})"
        case "search":
            return f"regexp_matches({column}::varchar, {literal(search_pattern(value))})"
    if kind.name == "float":
        column = f"nullif({column}, 'nan'::double)"
    else:
        column = _compared(condition.field, kind)
    return f"{column} {_COMPARE[condition.operator]} {_literal(kind, value)}"


def _compared(name: str, kind: Kind) -> str:
    """A column as it is compared with values of a store.

    Stores truncate nanoseconds towards 1970, as `//` does; date_trunc and casts of DuckDB round.
    """
    return f"make_timestamp(epoch_ns({quote(name)}) // 1000)" if kind.nanoseconds else quote(name)


def _missing(name: str, kind: Kind) -> str:
    column = quote(name)
    return f"({column} is null{f' or isnan({column})' if kind.name == 'float' else ''})"


def _literal(kind: Kind, value: Any) -> str:
    """A value of a column in SQL, of the column's own type."""
    match kind.name:
        case "integer" | "decimal":
            return f"{value:f}" if kind.name == "decimal" else str(int(value))
        case "float":
            text = repr(float(value))
            return f"{text}::double" if isfinite(value) else f"{literal(text)}::double"
        case "boolean":
            return str(bool(value)).lower()
        case "text" | "time":
            return literal(str(value))
        case "date":
            return f"date {literal(value.isoformat())}"
        case "timestamp":
            return _moment(kind, value)
    raise CallError(f"values of type {kind} cannot be compared")


def _moment(kind: Kind, value: datetime | date) -> str:
    if kind.zoned and isinstance(value, datetime):
        return f"timestamptz {literal(value.astimezone(UTC).isoformat())}"
    return f"timestamp {literal(value.isoformat())}"
