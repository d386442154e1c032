"""SQL that casts values exactly; a value that does not fit is an error, or can be tested for."""

from __future__ import annotations

from medallion.sql.column_type import NULL, TEXT, ColumnType, decided
from medallion.sql.common_type import EXACT_IN, common_type
from medallion.sql.relations import literal


def converted(value: str, source: ColumnType, target: ColumnType) -> str:
    """SQL of a value of one type as another that holds it exactly."""
    if source == NULL:
        return f"cast(null as {target})"
    if decided(source) == target:
        return value
    if "FLOAT" in {leaf.name for leaf in source.leaves()}:
        # A FLOAT's text has fewer digits than its value, and would be read as another DOUBLE.
        double = source.map_leaves(
            lambda leaf: ColumnType("DOUBLE") if leaf.name == "FLOAT" else leaf
        )
        value = f"cast({value} as {double})"
    return f"cast({value} as {target})"


def checked(value: str, source: ColumnType, target: ColumnType, message: str) -> str:
    """SQL of a value as another type; if it does not fit, an error that begins with `message`."""
    partial = source.name in EXACT_IN and source != target  # the wider one has fewer years
    if target == TEXT or (not partial and common_type((source, target)) == target):
        return converted(value, source, target)
    refusal = literal(f" does not fit {target}")
    text = f"{literal(f'{message}: ')} || cast({value} as varchar) || {refusal}"
    exact = f"{value} is null or {fits(value, source, target)}"
    return f"case when {exact} then cast({value} as {target}) else error({text}) end"


def fits(value: str, source: ColumnType, target: ColumnType) -> str:
    """SQL that is true for a value that the target holds exactly, and not true for NULL."""
    return f"coalesce(try_cast(try_cast({value} as {target}) as {source}) = {value}, false)"
