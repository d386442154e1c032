"""Calls of aggregate functions whose results over all rows follow from those over parts of them.

Only where both are exactly equal: counts, also of distinct values, least and greatest values, first
and last ones, and sums and means of integers and decimals. A sum of floats depends on the order of
its additions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from medallion.sql.function_calls import EXACT, Call
from medallion.sql.relations import ROW, literal, quote, require

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

    from medallion.sql.relations import Relation

Part: TypeAlias = tuple[str, str | None]
"""A function of `_PARTIAL`, and its column."""

_NEEDS: Mapping[str, Sequence[str]] = {
    "count": ["count"],
    "sum": ["sum", "size"],
    "mean": ["sum", "size", "count"],
    "min": ["min"],
    "max": ["max"],
    "first": ["first"],
    "last": ["last"],
    "count_distinct": ["count_distinct"],
}
_RANKED = ("median", "quantile")
_PLACED = ("first", "last")
_PARTIAL = {
    "count": "count({column})",
    "sum": "sum({column})",
    "size": "sum(abs(cast({column} as double)))",
    "min": "min({column})",
    "max": "max({column})",
    "first": f"arg_min_null({{column}}, {ROW})",
    "last": f"arg_max_null({{column}}, {ROW})",
}
_COMBINED = {
    **_PARTIAL,
    "count": "cast(coalesce(sum({column}), 0) as bigint)",
    "size": "sum({column})",
    # The number of the group, which each of its partial results has.
    "count_distinct": "coalesce(max({column}), 0)",
}

SAFE_DIGITS = 21  # decimals of 21 digits add to at most 38, with as many rows as `_row` counts
LARGEST = 8e37  # below the largest integer of 128 bits, and the largest decimal


def partial_columns(calls: Sequence[Call], rows: Relation) -> dict[str, str] | None:
    """SQL of the partial results that the calls need, by name; None when they are not exact."""
    require(rows, *(call.column for call in calls if call.column is not None))
    if not all(_is_exact(call, rows) for call in calls):
        return None
    return {
        name: _sql(_PARTIAL, function, column)
        for (function, column), name in _names(calls).items()
        if function in _PARTIAL and (function != "size" or _is_wide(rows, column))
    }


def are_order_free(calls: Sequence[Call], rows: Relation) -> bool:
    """Whether the results of the calls do not depend on the order of the rows."""
    require(rows, *(call.column for call in calls if call.column is not None))
    return all(
        call.name in _RANKED or (call.name not in _PLACED and _is_exact(call, rows))
        for call in calls
    )


def distinct_columns(calls: Sequence[Call]) -> dict[str, str]:
    """The columns whose distinct values the calls count, by name of the partial result."""
    return {
        name: column
        for (function, column), name in _names(calls).items()
        if function == "count_distinct" and column is not None
    }


def combined_columns(calls: Sequence[Call], partials: Relation) -> list[str]:
    """SQL of the calls over partial results with these columns."""
    names = _names(calls)
    return [_combined(call, names, partials) for call in calls]


def _names(calls: Sequence[Call]) -> dict[Part, str]:
    """What is needed of each part of the rows, once each, and the column that has it."""
    parts = [(need, call.column) for call in calls for need in _NEEDS[call.name]]
    return {part: f"part_{number}" for number, part in enumerate(dict.fromkeys(parts))}


def _sql(functions: Mapping[str, str], function: str, column: str | None) -> str:
    return functions[function].format(column="*" if column is None else quote(column))


def _types(rows: Relation) -> dict[str | None, DuckDBPyType]:
    return dict(zip(rows.columns, rows.types, strict=True))


def _is_exact(call: Call, rows: Relation) -> bool:
    if call.name in ("sum", "mean"):
        kind = _types(rows)[call.column].id
        return kind in EXACT or (kind == "boolean" and call.name == "sum")
    return call.name in _NEEDS


def _is_wide(rows: Relation, column: str | None) -> bool:
    """Whether a sum of a column may leave the range of decimals."""
    type_ = _types(rows)[column]
    return type_.id == "decimal" and _parameter(type_, "precision") > SAFE_DIGITS


def _parameter(type_: DuckDBPyType, name: str) -> int:
    return int(str(dict(type_.children)[name]))


def _combined(call: Call, names: Mapping[Part, str], partials: Relation) -> str:
    def part(function: str) -> str:
        return _sql(_COMBINED, function, names[function, call.column])

    if call.name not in ("sum", "mean"):
        return part(call.name)
    total, type_ = part("sum"), _types(partials)[names["sum", call.column]]
    if call.name == "mean":
        total = f"cast({total} as double) / {part('count')}"
    elif type_.id != "decimal":
        total = f"cast({total} as bigint)"
    size = names["size", call.column]
    if size not in partials.columns:
        return total
    # No order of additions overflows when the absolute values add to less than the largest number.
    largest = f"{LARGEST} / 1e{_parameter(type_, 'scale')}"
    overflow = f"error({literal(f'{call.text} may overflow')})"
    return f"case when {part('size')} > {largest} then {overflow} else {total} end"
