"""Differences between releases in words, for text, Markdown and HTML."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from medallion.lineage.release_diff import (
    Cause,
    ColumnChange,
    Number,
    RowChange,
    TableDiff,
    ValueChange,
)
from medallion.plural import count_of

if TYPE_CHECKING:
    from pydantic import JsonValue

FIGURES = ("table", "rows before", "rows after", "changed", "added", "removed")
_LARGE = 1e12
_FILES = 5  # source files that are named


def cause_lines(causes: Iterable[Cause]) -> list[str]:
    """What made a table differ, a line for each table and kind of change.

    `bronze.orders: file 2026-01.csv changed`, `silver.orders: step cast changed (…)`.
    """
    names = defaultdict[tuple[str, str, str], list[str]](list)
    for cause in causes:
        detail = f" ({cause.detail})" if cause.detail else ""
        names[cause.table, cause.kind, cause.change + detail].append(cause.name)
    return [
        f"{table}: {_named(kind, listed)} {change}" if kind != "table" else f"{table}: {change}"
        for (table, kind, change), listed in names.items()
    ]


def _named(kind: str, names: Sequence[str]) -> str:
    """`file a.csv`, `files a.csv, b.csv`, or with many, `7 files: a.csv, …`."""
    if kind == "declaration":
        return kind
    if len(names) == 1:
        return f"{kind} {names[0]}"
    listed = ", ".join(names[:_FILES]) + (", …" if len(names) > _FILES else "")
    return f"{count_of(len(names), kind)} ({listed})"


def column_change(column: ColumnChange) -> str:
    """`price: int32 → decimal(12,2)`, `tax: new, int32`, or `tax: removed`."""
    if column.before is None:
        return f"{column.name}: new, {column.after}"
    if column.after is None:
        return f"{column.name}: removed"
    return f"{column.name}: {column.before} → {column.after}"


def row_change(row: RowChange) -> str:
    """The key of a row, and its values or what changed in it."""
    separator = ": " if row.status == "changed" else ", "
    return separator.join(part for part in (row_key(row), row_values(row)) if part)


def row_key(row: RowChange) -> str:
    """The columns of the key with their values; empty without a key."""
    return ", ".join(f"{name} = {value_text(value)}" for name, value in row.key.items())


def row_values(row: RowChange) -> str:
    """What changed in a row, or the values of one that was added or removed."""
    if row.status == "changed":
        return ", ".join(f"{name} {value_change(item)}" for name, item in row.values.items())
    side = "before" if row.status == "removed" else "after"
    values = {name: value_text(getattr(item, side)) for name, item in row.values.items()}
    return ", ".join(f"{name} = {value}" for name, value in values.items())


def figures(table: TableDiff) -> tuple[str, ...]:
    """The cells of the columns `FIGURES` for a table."""
    counts = (table.rows_before, table.rows_after, table.changed, table.added, table.removed)
    return (table.table, *(f"{count:,}" for count in counts))


def row_counts(table: TableDiff) -> str:
    """`2 rows changed, 1 row added`, or the status of a table of which no row differs."""
    counts = {"changed": table.changed, "added": table.added, "removed": table.removed}
    parts = [f"{count_of(count, 'row')} {status}" for status, count in counts.items() if count]
    return ", ".join(parts) or table.status


def value_change(item: ValueChange) -> str:
    """`10 → 12 (+2, +20 %)`."""
    text = f"{value_text(item.before)} → {value_text(item.after)}"
    if item.change is None:
        return text
    percent = "" if item.percent is None else f", {item.percent:+,.4g} %"
    return f"{text} ({_signed(item.change)}{percent})"


def value_text(value: JsonValue) -> str:
    """A value as text: a text without quotes, a float with 4 decimals, anything else as JSON."""
    if isinstance(value, float):
        return f"{value:.4f}" if 1 <= abs(value) < _LARGE else f"{value:.6g}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _signed(change: Number) -> str:
    return f"{change:+,.4g}" if isinstance(change, float) else f"{change:+,}"
