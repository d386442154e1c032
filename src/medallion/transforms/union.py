"""`union`: append the rows of other tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from medallion.contracts import (
    MAIN,
    ROW,
    ColumnOrigin,
    Columns,
    Grain,
    Inputs,
    Scope,
    StepOrigins,
    Transform,
    quote,
)
from medallion.sql.duckdb_types import types_of
from medallion.sql.expressions import SomeNames, explained
from medallion.sql.mixed_types import spanned, spanning_type
from medallion.sql.row_matching import marked, marks

if TYPE_CHECKING:
    from medallion.contracts import Relation
    from medallion.records.column_type import ColumnType


class Union(Transform):
    """Appends the rows of other tables, by column name; a column that a table lacks is NULL there.

    - `with`: the other tables: aliases of the table's `from`, or full names such as
      `silver.returns`.

    ```yaml
    - union: silver.returns
    - union: {with: [north, south]}
    ```

    Values stay exact: int64 and int32 become int64; whole numbers and float64 become float64, and a
    number that does not fit fails the run.

    Raises StepError when no type holds the values of columns of one name exactly, such as text and
    numbers.
    """

    name: ClassVar[str] = "union"
    value_field: ClassVar[str | None] = "with"
    scope: ClassVar[Scope] = "table"
    grain: ClassVar[Grain] = "new"

    with_: SomeNames = Field(alias="with")

    def reads(self) -> tuple[str, ...]:
        return tuple(name for name in self.with_ if "." in name)

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        columns: dict[str, str] = {}
        for names in (rows, *(others.get(name) for name in self.with_)):
            if names is None:
                return None
            for name in names:
                columns.setdefault(name.lower(), name)
        return tuple(columns.values())

    def column_origins(
        self, rows: tuple[str, ...], others: Mapping[str, Columns]
    ) -> StepOrigins | None:
        tables = {MAIN: rows, **{name: others.get(name) or () for name in self.with_}}
        names = self.result_columns(rows, others)
        if names is None:
            return None
        return StepOrigins(
            {
                name: ColumnOrigin(
                    columns=tuple(
                        (table, column)
                        for table, columns in tables.items()
                        for column in columns
                        if column.lower() == name.lower()
                    )
                )
                for name in names
            }
        )

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        relations = {
            "rows": rows,
            **{f"other_{n}": inputs[name] for n, name in enumerate(self.with_)},
        }
        places = dict(zip(relations, ("here", *(f"in {name}" for name in self.with_)), strict=True))
        columns: dict[str, list[tuple[str, ColumnType]]] = {}
        for name, relation in relations.items():
            for column, type_ in types_of(relation).items():
                columns.setdefault(column.lower(), []).append((places[name], type_))
        targets = {
            name: spanning_type(f"column {name!r}", placed) for name, placed in columns.items()
        }
        parts = [
            self._part(name, places[name], relation, targets)
            for name, relation in relations.items()
        ]
        with explained(f"union with {', '.join(self.with_)}"):
            return inputs.sql(" union all by name ".join(parts), **relations)

    def trace(self, result: Relation, rows: Relation, inputs: Inputs) -> Mapping[str, Relation]:
        traced = {MAIN: marks(self.apply(marked(rows), inputs), result, inputs)}
        for name in self.with_:
            tables = {**inputs.tables, name: marked(inputs[name])}
            union = self.apply(rows, replace(inputs, tables=tables))
            traced[name] = marks(union, result, inputs)
        return traced

    def _part(
        self, name: str, place: str, rows: Relation, targets: Mapping[str, ColumnType]
    ) -> str:
        """SQL of one table's rows, each column in the common type."""
        columns = []
        for column, type_ in types_of(rows).items():
            value = spanned(
                quote(column), f"union: column {column!r}", (place, type_), targets[column.lower()]
            )
            columns += [f"{value} as {quote(column)}"] if value != quote(column) else []
        replaced = f" replace ({', '.join(columns)})" if columns else ""
        return f"select * exclude ({ROW}){replaced} from {name}"
