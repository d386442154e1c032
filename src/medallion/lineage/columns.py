"""Column lineage: what a column is made of, down to source files, and where it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from medallion.contracts import Columns
from medallion.declaration.consistency import column_uses
from medallion.declaration.models import Source
from medallion.declaration.yaml_document import dotted
from medallion.errors import CallError, did_you_mean
from medallion.identifiers import TableName
from medallion.kernel.column_binding import BoundTable
from medallion.lineage.table_lineage import ColumnName, Derivation, table_lineage
from medallion.run.context import RunContext
from medallion.run.table_columns import bound_tables, last_snapshots


@dataclass(frozen=True)
class LineageColumn:
    """One column, its type as far as it is known, and how it is made.

    `files` is the `source` of the files that a column of a bronze table is read from.
    """

    name: ColumnName
    type: str
    derivation: Derivation
    files: str = ""

    def summary(self) -> dict[str, Any]:
        """As JSON."""
        derivation = self.derivation
        return {
            "column": str(self.name),
            "type": self.type,
            "expressions": [
                {"step": each.step, "expression": each.text} for each in derivation.expressions
            ],
            "inputs": [{"table": each.table, "column": each.column} for each in derivation.inputs],
            "files": self.files,
            "unknown": derivation.unknown,
        }


@dataclass(frozen=True)
class Use:
    """A place that shows a column: an endpoint, a block, a key, an index; `place` is its line."""

    path: str
    place: str
    column: ColumnName


@dataclass(frozen=True)
class ColumnLineage:
    """Where a column comes from, and what depends on it.

    `upstream` are the columns that it is made of, nearest first, and `downstream` those that are
    made of it. `rows` are the tables whose rows, or groups, it decides. `uses` are the places that
    show it or a column made of it.
    """

    column: LineageColumn
    upstream: tuple[LineageColumn, ...]
    downstream: tuple[LineageColumn, ...]
    rows: tuple[str, ...]
    uses: tuple[Use, ...]

    def summary(self) -> dict[str, Any]:
        """As JSON."""
        return {
            **self.column.summary(),
            "upstream": [column.summary() for column in self.upstream],
            "downstream": [column.summary() for column in self.downstream],
            "decides_rows_of": list(self.rows),
            "uses": [
                {"path": use.path, "place": use.place, "column": str(use.column)}
                for use in self.uses
            ],
        }


def column_lineage(context: RunContext, column: str) -> ColumnLineage:
    """The lineage of a column, such as `gold.products.revenue`. Raises CallError without one."""
    return LineageGraph(context).lineage(column)


class LineageGraph:
    """The columns of all tables, each with the columns that it is made of."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.columns: dict[ColumnName, LineageColumn] = {}
        self.rows: dict[str, tuple[ColumnName, ...]] = {}  # the columns that decide a table's rows
        tables, snapshots = bound_tables(context), last_snapshots(context)
        self.names: dict[str, Columns] = {}
        for name, table in tables.items():
            known = table.columns
            if known is None and name in snapshots:
                known = snapshots[name].columns
            self.names[name] = None if known is None else tuple(each.name for each in known)
            types = {each.name: each.type for each in known or ()}
            self._add(name, table, types)

    def lineage(self, text: str) -> ColumnLineage:
        """The lineage of a column. Raises CallError when there is no such column."""
        column = self.columns[self._find(text)]
        downstream = tuple(self._reachable(column.name, self._made_of()))
        affected = (column, *downstream)
        names = {each.name for each in affected}
        rows = [table for table, keys in self.rows.items() if names.intersection(keys)]
        upstream = {name: each.derivation.inputs for name, each in self.columns.items()}
        return ColumnLineage(
            column,
            tuple(self._reachable(column.name, upstream)),
            downstream,
            tuple(rows),
            tuple(self._uses(names)),
        )

    def _add(self, name: str, bound: BoundTable, types: Mapping[str, str]) -> None:
        table, rows = self.context.declaration.table(name), ColumnName(name, "")
        if isinstance(table, Source):
            self.columns[rows] = LineageColumn(rows, "", Derivation(), table.shown)
            for column, type_ in types.items():
                key = ColumnName(name, column)
                self.columns[key] = LineageColumn(key, type_, Derivation(), table.shown)
            return
        stages: list[Columns] = [
            None if stage is None else tuple(each.name for each in stage)
            for stage in bound.stages[1:]
        ]
        if stages and stages[-1] is None:
            stages[-1] = self.names[name]
        lineage = table_lineage(table, self.names, stages)
        self.rows[name] = lineage.rows
        read = tuple(ColumnName(each, "") for each in table.reads().values())
        self.columns[rows] = LineageColumn(rows, "", Derivation(read))
        for column, type_ in types.items():
            key = ColumnName(name, column)
            self.columns[key] = LineageColumn(
                key, type_, lineage.columns.get(column, Derivation(unknown="is not known"))
            )

    def _find(self, text: str) -> ColumnName:
        for table, names in self.names.items():
            if not text.startswith(f"{table}."):
                continue
            column = text.removeprefix(f"{table}.")
            if names is None:
                hint = f"medallion run --only {table}"
                raise CallError(f"the columns of {table} are not known before a run", hint=hint)
            if column not in names:
                raise CallError(f"no column {column!r} in {table!r}{did_you_mean(column, names)}")
            return ColumnName(table, column)
        raise CallError(
            f"{text!r} does not begin with a table of the declaration"
            f"{did_you_mean(text.rpartition('.')[0], self.names)}",
            hint="write layer.table.column",
        )

    def _made_of(self) -> Mapping[ColumnName, Sequence[ColumnName]]:
        """By column those that are made of it."""
        made: dict[ColumnName, list[ColumnName]] = {}
        for name, column in self.columns.items():
            for each in column.derivation.inputs:
                made.setdefault(each, []).append(name)
        return made

    def _reachable(
        self,
        start: ColumnName,
        edges: Mapping[ColumnName, Sequence[ColumnName]],
    ) -> Iterator[LineageColumn]:
        seen, level = {start}, [start]
        while level:
            level = list(dict.fromkeys(each for name in level for each in edges.get(name, ())))
            level = [name for name in level if name not in seen]
            seen.update(level)
            yield from (self.columns[name] for name in level if name in self.columns)

    def _uses(self, names: set[ColumnName]) -> Iterator[Use]:
        declaration, document = self.context.declaration, self.context.document
        served = {TableName(name).table: name for name in declaration.served()}
        for use in column_uses(declaration):
            for table in use.tables:
                for name in sorted(names):
                    if served.get(table) == name.table and use.column in (None, name.column):
                        place = document.place(use.path) if document else ""
                        yield Use(dotted(use.path), place, name)
