"""What a `group` query needs in SQLite: quantiles, when an index pays off, and the result rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from medallion.contracts import Grouping, Kind, Query, quantile_of, quote
from medallion.query.aggregation import groups_of
from medallion.query.sql_dialect import Statement
from medallion.query.validation import validate_query
from medallion.sinks.sqlite.dialect import SqliteDialect, with_wide_sums
from medallion.sinks.sqlite.row_encoder import restorer

SELECTIVE_SHARE = 10  # an index pays off for less than one row in ten
OVERFLOW = "integer overflow"  # SQLite's error message for a sum that leaves 64 bits


class QuantileAggregate:
    """An aggregate function for SQLite: the quantile of a column, interpolated linearly."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._fraction = 0.5

    def step(self, value: float | None, fraction: float) -> None:
        if value is not None:
            self._values.append(value)
        self._fraction = fraction

    def finalize(self) -> float | None:
        return quantile_of(self._values, self._fraction)


def selectivity_sql(table: str, grouping: Grouping) -> Statement:
    """Whether the filters match few enough rows for an index.

    For more rows, SQLite reads the whole table faster, but its planner does not know how many
    match.
    """
    where, values = SqliteDialect().where(grouping.filters, grouping.columns)
    name = quote(table)
    share = f"(select max(rowid) from {name}) / {SELECTIVE_SHARE}"
    return (
        f"select count(*) < {share} from (select 1 from {name} as t where {where} limit {share})",
        values,
    )


def with_kinds(grouping: Grouping, columns: Mapping[str, Kind]) -> Grouping:
    """The same query of a table whose columns have these kinds."""
    query = validate_query(grouping.served, Query(limit=grouping.limit))
    checked = replace(query, kinds=columns, filters=grouping.filters)
    return groups_of(checked, grouping.by, grouping.expressions, grouping.order)


def group_rows(grouping: Grouping, tuples: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """The result rows of a `group` query from the tuples of its SQL."""
    if tuples and len(tuples[0]) > len(grouping.kinds):
        tuples = [with_wide_sums(grouping, row) for row in tuples]
    readers = [restorer(kind) for kind in grouping.kinds.values()]
    return [
        {
            name: restore(value) if restore and value is not None else value
            for name, restore, value in zip(grouping.kinds, readers, row, strict=True)
        }
        for row in tuples
    ]
