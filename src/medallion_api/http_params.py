"""Queries as HTTP parameters, and JSON rows as typed values: the wire format of HttpStore."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from medallion.contracts import Filter, Sort
from medallion.errors import CallError
from medallion.query.column_types import Kind

Params = dict[str, str]


def _in_both(values: Sequence[Any], others: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(value for value in values if value in others)


_STRICTER: Mapping[str, Callable[[Any, Any], Any]] = {
    "lt": min,
    "lte": min,
    "gt": max,
    "gte": max,
    "in": _in_both,
}


def filter_params(filters: Sequence[Filter]) -> Params:
    """Filters as parameters; several bounds or lists on one column as the one that meets all."""
    values: dict[tuple[str, str], Any] = {}
    for condition in filters:
        name, value = (condition.field, condition.operator), condition.value
        stricter = _STRICTER.get(condition.operator)
        if name in values and not stricter:
            raise CallError(
                f"two conditions {condition.operator!r} on {condition.field!r} "
                "are not supported over HTTP"
            )
        values[name] = stricter(values[name], value) if name in values and stricter else value
    return {
        f"{field}__{operator}": list_param(value) if operator == "in" else _param(value)
        for (field, operator), value in values.items()
    }


def sort_params(sorts: Sequence[Sort]) -> Params:
    """The order as a parameter; empty without one."""
    return (
        {"sort": list_param(["-" * sort.descending + sort.field for sort in sorts])}
        if sorts
        else {}
    )


def list_param(values: Sequence[Any]) -> str:
    """Values as one comma-separated parameter, quoted where needed."""
    texts = [_param(value) for value in values]
    return ",".join(
        '"' + text.replace('"', '""') + '"' if not text or set(text) & set(',"') else text
        for text in texts
    )


def _param(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
    return str(value)


def restored(kinds: Mapping[str, Kind], row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of JSON with the values of its columns' types."""
    return {name: kinds[name].walk(value, _typed) for name, value in row.items()}


def _typed(kind: Kind, value: Any) -> Any:
    match kind.name:
        case "decimal":
            return value if isinstance(value, Decimal) else Decimal(value)
        case "float":
            return float(value)
        case "timestamp":
            return datetime.fromisoformat(value)
        case "date":
            return date.fromisoformat(value)
        case "bytes":
            return b64decode(value)
    return value
