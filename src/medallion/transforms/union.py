"""`union`: append the rows of other tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from medallion.contracts import ROW, Columns, Grain, Inputs, Scope, Transform, quote
from medallion.sql.duckdb_types import types_of
from medallion.sql.expressions import SomeNames, explained
from medallion.sql.mixed_types import spanned, spanning_type

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
