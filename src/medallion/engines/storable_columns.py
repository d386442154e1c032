"""Columns as Parquet can store them: types whose values it would change become text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from medallion.contracts import quote
from medallion.errors import StepError
from medallion.sql.column_type import TOO_DEEP, column_type
from medallion.sql.durations import interval_to_iso

if TYPE_CHECKING:
    from medallion.contracts import Relation

# Parquet truncates INTERVALs to milliseconds and drops offsets of times; here is SQL of their text.
_TEXT_OF: Mapping[str, Callable[[str], str]] = {
    "INTERVAL": interval_to_iso,
    "TIME WITH TIME ZONE": lambda value: f"cast({value} as varchar)",
}


def storable(rows: Relation) -> Relation:
    """The rows, with text in place of intervals and of times with an offset.

    Raises StepError for a column that Parquet cannot store: one that nests too deeply, or a nested
    one with such values inside.
    """
    types = {
        name: column_type(str(kind)) for name, kind in zip(rows.columns, rows.types, strict=True)
    }
    for name, type_ in types.items():
        if type_.too_deep():
            raise StepError(
                f"column {name!r} nests too deeply: {TOO_DEEP}",
                hint="store the inner levels as JSON text",
            )
        leaves = {leaf.name for leaf in type_.leaves()}
        if type_.nested and leaves & _TEXT_OF.keys():
            raise StepError(
                f"column {name!r} is {type_}, which cannot be stored",
                hint="cast its intervals, or times with an offset, to text",
            )
    texts = [
        f"{_TEXT_OF[type_.name](quote(name))} as {quote(name)}"
        for name, type_ in types.items()
        if type_.name in _TEXT_OF
    ]
    return rows.project(f"* replace ({', '.join(texts)})") if texts else rows
