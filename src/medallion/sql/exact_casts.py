"""SQL that casts values exactly; a value that does not fit is an error, or can be tested for."""

from __future__ import annotations

from medallion.records.column_type import NULL, TEXT, ColumnType, decided
from medallion.sql.common_type import EXACT_IN, common_type
from medallion.sql.duckdb_types import duckdb_type
from medallion.sql.relations import literal


def converted(value: str, source: ColumnType, target: ColumnType) -> str:
    """SQL of a value of one type as another that holds it exactly."""
    if source == NULL:
        return f"cast(null as {duckdb_type(target)})"
    if decided(source) == target:
        return value
    if "float32" in {leaf.name for leaf in source.leaves()}:
        # A float32's text has fewer digits than its value, and would be read as another float64.
        double = source.map_leaves(
            lambda leaf: ColumnType("float64") if leaf.name == "float32" else leaf
        )
        value = f"cast({value} as {duckdb_type(double)})"
    return f"cast({value} as {duckdb_type(target)})"


def checked(value: str, source: ColumnType, target: ColumnType, message: str) -> str:
    """SQL of a value as another type; if it does not fit, an error that begins with `message`."""
    partial = source.name in EXACT_IN and source != target  # the wider one has fewer years
    if target == TEXT or (not partial and common_type((source, target)) == target):
        return converted(value, source, target)
    refusal = literal(f" does not fit {target}")
    text = f"{literal(f'{message}: ')} || cast({value} as varchar) || {refusal}"
    exact = f"{value} is null or {fits(value, source, target)}"
    return f"case when {exact} then cast({value} as {duckdb_type(target)}) else error({text}) end"


def fits(value: str, source: ColumnType, target: ColumnType) -> str:
    """SQL that is true for a value that the target holds exactly, and not true for NULL."""
    there = f"try_cast({value} as {duckdb_type(target)})"
    return f"coalesce(try_cast({there} as {duckdb_type(source)}) = {value}, false)"
