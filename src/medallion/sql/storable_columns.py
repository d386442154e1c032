"""Columns as Parquet can store them: types whose values it would change become text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from medallion.errors import StepError
from medallion.records import Column
from medallion.sql.duckdb_types import TOO_DEEP, columns_of, too_deep, types_of
from medallion.sql.durations import interval_to_iso
from medallion.sql.relations import ORIGIN, ROW, quote

if TYPE_CHECKING:
    from medallion.sql.relations import Relation


def _as_text(value: str) -> str:
    return f"cast({value} as varchar)"


# Parquet truncates INTERVALs to milliseconds, drops offsets of times and has neither bits nor
# numbers of any size; here is SQL of their text.
TEXT_OF: Mapping[str, Callable[[str], str]] = {
    "interval": interval_to_iso,
    "timetz": _as_text,
    "BIT": _as_text,
    "BIGNUM": _as_text,
}


def storable(rows: Relation) -> Relation:
    """The rows, with text in place of intervals, times with an offset, bits and big numbers.

    Raises StepError for a column that Parquet cannot store: one that nests too deeply, or a nested
    one with such values inside.
    """
    types = types_of(rows)
    for name, type_ in types.items():
        if too_deep(type_):
            raise StepError(
                f"column {name!r} nests too deeply: {TOO_DEEP}",
                hint="store the inner levels as JSON text",
            )
        leaves = {leaf.name for leaf in type_.leaves()}
        if type_.nested and leaves & TEXT_OF.keys():
            raise StepError(
                f"column {name!r} is {type_}, which cannot be stored",
                hint="cast its intervals, times with an offset or bits to text",
            )
    texts = [
        f"{TEXT_OF[type_.name](quote(name))} as {quote(name)}"
        for name, type_ in types.items()
        if type_.name in TEXT_OF
    ]
    return rows.project(f"* replace ({', '.join(texts)})") if texts else rows


def stored_columns(rows: Relation) -> tuple[Column, ...]:
    """The columns of a table, without the reserved ones."""
    types = types_of(rows)
    return columns_of({name: type_ for name, type_ in types.items() if name not in (ROW, ORIGIN)})
