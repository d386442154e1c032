"""The sums of columns of numbers before and after, exact unless they do not fit in 38 digits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from medallion.contracts import Input, quote
from medallion.export.files import json_lines
from medallion.lineage.changed_rows import ComparedColumn
from medallion.lineage.release_diff import Number, ValueChange
from medallion.lineage.value_changes import as_number, combined, value_change
from medallion.records.column_type import FLOATS, ColumnType

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

_DOUBLE = ColumnType("float64")


def sum_changes(
    connection: Connection,
    changes: Relation,
    columns: Sequence[ComparedColumn],
    before: Input,
    without: Sequence[str],
) -> dict[str, ValueChange]:
    """The sums that changed, by column, but of columns that only one version has.

    Parameters: `changes` are the rows that differ, of which the difference is computed; `before` is
    the former version, of which those columns are read; `without` are columns to leave out.
    """
    numbers = {
        number: column
        for number, column in enumerate(columns)
        if column.type.number and column.before and column.after and column.name not in without
    }
    sides = {f"{side}{i}": column.type for i, column in numbers.items() for side in "on"}
    sums = _sums(changes, {name: (name, type_) for name, type_ in sides.items()})
    changed = {
        column: change
        for i, column in numbers.items()
        if (change := combined(sums[f"n{i}"], sums[f"o{i}"], -1))
    }
    rows = before.layer.read(before.storage, before.snapshot, connection)
    values = {column.name: (column.sql(column.before), column.type) for column in changed}
    totals = _sums(rows, values)
    return {
        column.name: _change(totals[column.name], change, _sum_type(column.type))
        for column, change in changed.items()
    }


def _change(total: Number, change: Number, type_: ColumnType) -> ValueChange:
    """The change of a sum; all of it is a float if one of its parts is."""
    after = combined(total, change)
    if isinstance(after, float):
        return value_change(float(total), after, _DOUBLE)
    return value_change(_as_json(total), _as_json(after), type_)


def _sums(rows: Relation, values: Mapping[str, tuple[str, ColumnType]]) -> dict[str, Number]:
    """The sum of each value, which is SQL and its type; 0 without a value."""
    import duckdb

    if not values:
        return {}
    types = {name: _sum_type(type_) for name, (_, type_) in values.items()}
    sums = {name: f"sum({value})" for name, (value, _) in values.items()}
    try:
        return _aggregate(rows, sums, types)
    except duckdb.OutOfRangeException:  # of 38 digits
        sums = {name: f"sum({value}::double)" for name, (value, _) in values.items()}
        return _aggregate(rows, sums, dict.fromkeys(types, _DOUBLE))


def _aggregate(
    rows: Relation, sums: Mapping[str, str], types: Mapping[str, ColumnType]
) -> dict[str, Number]:
    result = rows.aggregate(", ".join(f"{sql} as {quote(name)}" for name, sql in sums.items()))
    ((line,),) = json_lines(result)
    return {name: as_number(value, types[name]) or 0 for name, value in json.loads(line).items()}


def _sum_type(type_: ColumnType) -> ColumnType:
    if type_.name == "decimal":
        return ColumnType("decimal", 38, type_.scale)
    return _DOUBLE if type_.name in FLOATS else ColumnType("int128")


def _as_json(value: Number) -> str | float:
    return str(value) if isinstance(value, Decimal) else value
