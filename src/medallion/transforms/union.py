"""`union`: rows of other tables below these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from medallion.contracts import ROW, Columns, Grain, Inputs, Scope, Transform
from medallion.expressions import SomeNames, explained, kinds, public, same_kind

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Union(Transform):
    """Appends the rows of other tables, column by column name; a column that one lacks is NULL there.

    - `with`: the other tables: aliases of the table's `from`, or full names such as `silver.returns`.

    ```yaml
    - union: silver.returns
    - union: {with: [north, south]}
    ```

    Raises StepError when a column of one name is of kinds that do not mix, such as text and number.
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
        known = {name.lower(): (name, kind) for name, kind in kinds(rows).items()}
        relations = {"rows": rows}
        for number, name in enumerate(self.with_):
            other = inputs[name]
            kind = kinds(other)
            for column in public(other):
                here, before = known.setdefault(column.lower(), (column, kind[column]))
                same_kind(f"column {here!r}", ("here", before), (f"in {name}", kind[column]))
            relations[f"other_{number}"] = other
        with explained(f"union with {', '.join(self.with_)}"):
            return inputs.sql(
                " union all by name ".join(f"select * exclude ({ROW}) from {name}" for name in relations), **relations
            )
