"""Columns of a large table in memory, which answer for figures over all its rows in place of the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC
from decimal import Context, Decimal
from math import isnan
from typing import Any

import duckdb
import pyarrow as pa

from medallion.contracts import Query
from medallion.query.aggregation import LENGTHS, Grouping, grouping
from medallion.query.column_types import Kind, kind_of
from medallion.query.validation import validate_query
from medallion.records import Served
from medallion_panel.data.column_cache_sql import TABLE, Condition, group_sql, rows_sql

_EXACT = Context(prec=80)
_TYPES = {
    "integer": pa.int64(),
    "decimal": pa.int64(),
    "float": pa.float64(),
    "text": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "time": pa.string(),
}


class Held:
    """Some columns of one table of a release, in a DuckDB of their own; no file is written.

    Its answers are those of the `Store` contract, and None where a question needs a column that is not held.
    Parameters: the table as it is `served`, the `names` of the columns. `values` is how many those are.
    """

    def __init__(self, served: Served, names: Sequence[str]) -> None:
        kinds = {column.name: kind_of(column.type) for column in served.columns}
        self._served = served
        self.values = served.rows * len(names)
        self._kinds = {name: kinds[name] for name in names}
        # A question is worked on by the thread that asks, which has given Python up to the others.
        self._connection = duckdb.connect(":memory:", config={"threads": 1})
        empty = _table([], self._kinds)  # noqa: F841 (DuckDB finds it by its name)
        self._connection.execute(f"create table {TABLE} as from empty").fetchall()

    def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Take in rows, in the order a scan gives them. Raises ArrowInvalid on a number beyond 64 bits."""
        part = _table(rows, self._kinds)  # noqa: F841 (DuckDB finds it by its name)
        self._connection.execute(f"insert into {TABLE} from part").fetchall()

    def group(
        self, by: Sequence[str], metrics: Mapping[str, str], query: Query
    ) -> list[dict[str, Any]] | None:
        """What `Store.group` answers. Raises CallError as it does."""
        asked = grouping(self._served, by, metrics, query)
        used = {
            *(term.column for term in asked.terms),
            *(column for metric in asked.metrics for column in metric.columns),
            *(condition.field for condition in asked.filters),
        }
        if not used <= self._kinds.keys():
            return None
        found = self._found(group_sql(asked))
        return None if found is None else _dicts(list(asked.kinds), _group_readers(asked), found)

    def count(self, query: Query) -> int | None:
        """What `Store.count` answers. Raises CallError as it does."""
        rows = self.group((), {"rows": "count()"}, Query(filters=query.filters))
        return None if rows is None else int(rows[0]["rows"])

    def rows(self, query: Query) -> list[dict[str, Any]] | None:
        """The `fields` of all rows that match, in no order."""
        checked = validate_query(self._served, query)
        if (
            not {*checked.fields, *(condition.field for condition in checked.filters)}
            <= self._kinds.keys()
        ):
            return None
        found = self._found(rows_sql(checked.fields, checked.filters, checked.kinds))
        readers = [_reader(checked.kinds[name]) for name in checked.fields]
        return None if found is None else _dicts(checked.fields, readers, found)

    def _found(self, condition: Condition) -> list[tuple[Any, ...]] | None:
        """The answer; None where a number is beyond what DuckDB computes with."""
        with self._connection.cursor() as cursor:
            try:
                return cursor.execute(*condition).fetchall()
            except (duckdb.OutOfRangeException, duckdb.ConversionException):
                return None


def _table(rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, Kind]) -> pa.Table:
    return pa.table(
        {name: _array([row[name] for row in rows], kind) for name, kind in kinds.items()}
    )


def _array(values: list[Any], kind: Kind) -> pa.Array:
    if kind.zoned:
        return pa.array(values, pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    if kind.name != "decimal":
        return pa.array(values, _TYPES[kind.name])
    found = pa.array(values, pa.decimal128(38, kind.scale))
    return pa.Array.from_buffers(pa.decimal128(38, 0), len(found), found.buffers()).cast(pa.int64())


def _dicts(
    names: Sequence[str],
    readers: Sequence[Callable[[Any], Any] | None],
    found: Sequence[tuple[Any, ...]],
) -> list[dict[str, Any]]:
    """Python's own values by name, restored column by column, which costs half."""
    columns: Iterator[Any] = (
        [None if value is None else read(value) for value in values] if read else values
        for read, values in zip(readers, zip(*found, strict=True), strict=False)
    )
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _group_readers(asked: Grouping) -> list[Callable[[Any], Any] | None]:
    periods = [LENGTHS.get(term.form) for term in asked.terms]
    readers = [_period(length) if length else None for length in periods]
    kinds = list(asked.kinds.values())
    return [
        given or _reader(kind)
        for given, kind in zip([*readers, *[None] * len(asked.metrics)], kinds, strict=True)
    ]


def _period(length: int) -> Callable[[Any], Any]:
    return lambda value: value.isoformat()[:length]


def _reader(kind: Kind) -> Callable[[Any], Any] | None:
    """What turns a held value that is not null back; None when it comes back as it is."""
    if kind.name == "decimal":
        return lambda value: Decimal(value).scaleb(-kind.scale, _EXACT)
    if kind.zoned:
        return lambda value: value.replace(tzinfo=UTC)
    if kind.name == "float":
        return lambda value: None if isnan(value) else value
    return None
