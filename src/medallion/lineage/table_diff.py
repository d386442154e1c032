"""Compares two versions of one table; equal snapshots are not read."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias

from medallion.errors import MissingError
from medallion.export.files import json_lines
from medallion.lineage.changed_rows import ComparedColumn, Versions, changed_rows
from medallion.lineage.column_sums import sum_changes
from medallion.lineage.release_diff import ColumnChange, RowChange, TableDiff
from medallion.lineage.value_changes import value_change
from medallion.storage.digests import REPAIR

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

# What an open connection is watched by, such as a timeout that interrupts it.
Watch: TypeAlias = "Callable[[Connection], AbstractContextManager[object]]"


def compare_table(
    name: str,
    versions: Versions,
    key: tuple[str, ...],
    limit: int | None,
    watch: Watch = nullcontext,
) -> TableDiff:
    """What differs between two versions of one table.

    Parameters: `key` pairs rows, unless a version lacks one of its columns; `limit` is the largest
    number of rows to list, None for all; `watch` is entered for the time of the queries.
    """
    before, after = versions.before, versions.after
    rows_before, rows_after = (side.snapshot.rows if side else 0 for side in versions.sides)
    diff = TableDiff(
        table=name, status="unchanged", key=key, rows_before=rows_before, rows_after=rows_after
    )
    if before and after and before.snapshot.id == after.snapshot.id:
        return diff
    columns = versions.columns
    in_both = {column.name for column in columns if column.before and column.after}
    key = key if in_both.issuperset(key) else ()
    with (
        tempfile.TemporaryDirectory(prefix="medallion-") as folder,
        _connect(folder) as connection,
        watch(connection),
    ):
        try:
            changes = changed_rows(connection, versions, key)
        except MissingError as error:
            raise MissingError(error.message, hint=REPAIR) from error
        figures = _figures(changes, columns)
        update = {
            "key": key,
            "columns": tuple(_column_changes(columns)) if before and after else (),
            **{status: figures[status] for status in ("added", "removed", "changed")},
            "changed_columns": _changed_columns(figures, columns),
            "sums": sum_changes(connection, changes, columns, before, key) if before else {},
            "rows": tuple(_row_changes(changes, columns, key, limit)),
        }
    same = not update["columns"] and not any(
        update[status] for status in ("added", "removed", "changed")
    )
    status = "added" if not before else "removed" if not after else "changed"
    return diff.model_copy(update={**update, "status": "unchanged" if same else status})


def _connect(folder: str) -> Connection:
    """A DuckDB connection that spills to a folder."""
    import duckdb

    connection = duckdb.connect(config={"temp_directory": folder})
    connection.execute("set TimeZone = 'UTC'")
    return connection


def _column_changes(columns: Sequence[ComparedColumn]) -> Iterator[ColumnChange]:
    for column in columns:
        if column.before != column.after:
            before, after = (
                str(type_) if type_ else None for type_ in (column.before, column.after)
            )
            yield ColumnChange(name=column.name, before=before, after=after)


def _figures(changes: Relation, columns: Sequence[ComparedColumn]) -> dict[str, Any]:
    """The number of rows by status, and of changed rows by column (`c0`, …)."""
    figures = [
        f"count(*) filter (change = '{status}') as {status}"
        for status in ("added", "removed", "changed")
    ]
    for number in range(len(columns)):
        differs = f"o{number} is distinct from n{number}"
        figures.append(f"count(*) filter (change = 'changed' and {differs}) as c{number}")
    ((line,),) = json_lines(changes.aggregate(", ".join(figures)))
    values: dict[str, Any] = json.loads(line)
    return values


def _changed_columns(figures: dict[str, Any], columns: Sequence[ComparedColumn]) -> dict[str, int]:
    return {
        column.name: figures[f"c{number}"]
        for number, column in enumerate(columns)
        if figures[f"c{number}"]
    }


def _row_changes(
    changes: Relation, columns: Sequence[ComparedColumn], key: Sequence[str], limit: int | None
) -> Iterator[RowChange]:
    """The first rows: changed, then added, then removed ones, each by key or by all columns."""
    names = [column.name for column in columns]
    keys = [names.index(name) for name in key]
    order = [f"coalesce(n{number}, o{number})" for number in keys or range(len(columns))]
    status = "case change when 'changed' then 0 when 'added' then 1 else 2 end"
    rows = changes.order(", ".join([status, *order]))
    for lines in json_lines(rows if limit is None else rows.limit(limit)):
        for line in lines:
            yield _row_change(json.loads(line), columns, keys)


def _row_change(
    row: dict[str, Any], columns: Sequence[ComparedColumn], keys: Sequence[int]
) -> RowChange:
    status, values = row["change"], {}
    side = "o" if status == "removed" else "n"
    for number, column in enumerate(columns):
        before, after = row[f"o{number}"], row[f"n{number}"]
        shown = before != after if status == "changed" else number not in keys
        if shown and (status != "added" or column.after) and (status != "removed" or column.before):
            values[column.name] = value_change(before, after, column.type)
    identity = {columns[number].name: row[f"{side}{number}"] for number in keys}
    return RowChange(status=status, key=identity, values=values)
