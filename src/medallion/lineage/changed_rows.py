"""The rows that differ between two versions of a table, as DuckDB's relations.

Both versions are compared as bags of rows. A row that left and a row that came are one changed row
if no other differing row has their key, or if they are the only rows of the table. So the result is
exact with any key, or with none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from medallion.contracts import Input, quote
from medallion.lineage.differing_parts import differing_parts
from medallion.records import Column
from medallion.records.column_type import TEXT, ColumnType, column_type
from medallion.sql.common_type import common_type
from medallion.sql.duckdb_types import duckdb_type
from medallion.sql.relations import viewed

if TYPE_CHECKING:
    from medallion.contracts import Connection, Relation

_DOUBLE = ColumnType("float64")


@dataclass(frozen=True)
class ComparedColumn:
    """A column of one version or of both; where it is absent, its values are compared as NULL."""

    name: str
    before: ColumnType | None
    after: ColumnType | None

    @cached_property
    def type(self) -> ColumnType:
        """The type in which values are compared.

        For types that differ, the one that holds the values of both, or else text.
        """
        types = [type_ for type_ in (self.before, self.after) if type_]
        if any(type_.nested for type_ in types) and len(set(types)) > 1:
            return TEXT
        numbers = all(type_.number for type_ in types)
        return common_type(types) or (_DOUBLE if numbers else TEXT)

    def sql(self, type_: ColumnType | None) -> str:
        """SQL of its value in the version in which it has this type."""
        target = duckdb_type(self.type)
        if type_ is None:
            return f"null::{target}"
        value = quote(self.name)
        if type_.nested and self.type == TEXT:
            value = f"to_json({value})"
        return value if type_ == self.type else f"cast({value} as {target})"


def compared_columns(
    before: Sequence[Column], after: Sequence[Column]
) -> tuple[ComparedColumn, ...]:
    """The columns of both versions: those of the later one, then those that it lacks."""
    former = {column.name: column_type(column.type) for column in before}
    latter = {column.name: column_type(column.type) for column in after}
    names = [*latter, *(name for name in former if name not in latter)]
    return tuple(ComparedColumn(name, former.get(name), latter.get(name)) for name in names)


@dataclass(frozen=True)
class Versions:
    """Two versions of a table; one of them is None when the table is new or was removed."""

    before: Input | None
    after: Input | None

    @property
    def columns(self) -> tuple[ComparedColumn, ...]:
        before, after = (side.snapshot.columns if side else () for side in self.sides)
        return compared_columns(before, after)

    @property
    def one_row(self) -> bool:
        """Whether both versions have one row, which then needs no key to be the same row."""
        return all(side is not None and side.snapshot.rows == 1 for side in self.sides)

    @property
    def sides(self) -> tuple[Input | None, Input | None]:
        return self.before, self.after


def changed_rows(connection: Connection, versions: Versions, key: Sequence[str]) -> Relation:
    """The rows that differ: `change` ("changed", "added" or "removed"), then their values.

    The values before are in `o0`, `o1`, …, those after in `n0`, `n1`, …, by the number of the
    column; all are NULL where there was or is no row.
    """
    names = [column.name for column in versions.columns]
    keys = [f"c{names.index(name)}" for name in key]
    differing = _table(connection, "differing", _differing(connection, versions))
    numbers = range(len(names))
    paired = same_key = "false"
    if keys or versions.one_row:
        partition = f"partition by {', '.join(keys)}" if keys else ""
        window = f"over ({partition})"
        paired = f"count(*) {window} = 2 and min(n) {window} = -1 and max(n) {window} = 1"
        same_key = " and ".join(f"o.{name} is not distinct from n.{name}" for name in keys)
    rows = _table(connection, "rows", f"select *, {paired} as paired from {differing}")
    pairs = ", ".join([f"o.c{i} as o{i}" for i in numbers] + [f"n.c{i} as n{i}" for i in numbers])
    alone = ", ".join(
        [f"case when n < 0 then c{i} end" for i in numbers]
        + [f"case when n > 0 then c{i} end" for i in numbers]
    )
    return connection.sql(
        f"select 'changed' as change, {pairs} from {rows} o join {rows} n on {same_key or 'true'} "
        "where o.paired and n.paired and o.n < 0 and n.n > 0 union all "
        f"select case when n > 0 then 'added' else 'removed' end, {alone} "
        f"from {rows}, range(abs(n)) where not paired"
    )


def _differing(connection: Connection, versions: Versions) -> str:
    """SQL of the rows that are not equally often in both versions, as `c0`, `c1`, ….

    `n` is how many more of them the later version has.
    """
    columns = versions.columns
    names = ", ".join(f"c{number}" for number in range(len(columns)))
    nulls = ", ".join(f"{column.sql(None)} as c{i}" for i, column in enumerate(columns))
    parts = [f"select {nulls}, 0 as side where false"]
    for side, rows in zip((-1, 1), _rows(connection, versions), strict=True):
        types = [column.before if side < 0 else column.after for column in columns]
        pairs = enumerate(zip(columns, types, strict=True))
        values = ", ".join(f"{column.sql(type_)} as c{i}" for i, (column, type_) in pairs)
        parts += [f"select {values}, {side} as side from {viewed(part)}" for part in rows]
    return (
        f"select {names}, sum(side)::bigint as n from ({' union all '.join(parts)}) "
        f"group by {names} having n <> 0"
    )


def _rows(connection: Connection, versions: Versions) -> Iterator[list[Relation]]:
    """The rows of each version that may differ from those of the other."""
    if versions.before and versions.after:
        yield from differing_parts(connection, versions.before, versions.after)
        return
    for side in versions.sides:
        yield [side.layer.read(side.storage, side.snapshot, connection)] if side else []


def _table(connection: Connection, name: str, query: str) -> str:
    """Store the rows of a query as a temporary table; returns its name."""
    connection.execute(f"create or replace temp table {name} as {query}")
    return name
