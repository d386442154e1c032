"""`pivot`: rows become columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field, model_validator

from medallion.contracts import (
    MAIN,
    ROW,
    Columns,
    Grain,
    Inputs,
    Scope,
    StepOrigins,
    Transform,
    literal,
    quote,
    require,
)
from medallion.sql.column_origins import made_of, passed_on
from medallion.sql.constants import constant
from medallion.sql.expressions import Names, columns_sql, explained, new_names, order_sql
from medallion.sql.function_calls import AGGREGATES, Call
from medallion.sql.row_matching import of_keys

if TYPE_CHECKING:
    from medallion.contracts import Relation

Metric = Literal[
    "count",
    "count_distinct",
    "sum",
    "mean",
    "min",
    "max",
    "median",
    "stddev",
    "variance",
    "first",
    "last",
]


class Pivot(Transform):
    """Turns rows into columns: one row for each group, one column for each declared value.

    - `by`: the columns that define a group; without any, the result is one row.
    - `name`: the column whose values become columns.
    - `values`: these values, of the column's type; they are declared, so that the columns do not
      depend on the data. Rows with any other value, or none, are dropped and counted.
    - `value`: the column from which the metric is computed.
    - `metric`: how the rows of one cell are combined (default `sum`): `count`, `count_distinct`,
      `sum`, `mean`, `min`, `max`, `median`, `stddev`, `variance`, `first`, `last`.

    ```yaml
    - pivot: {by: country, name: product, values: [Lamp, Chair], value: amount, metric: sum}
    ```

    Raises StepError when the rows lack a column, or the metric needs numbers and the column has
    none.
    """

    name: ClassVar[str] = "pivot"
    scope: ClassVar[Scope] = "key"
    grain: ClassVar[Grain] = "new"

    by: Names = ()
    names: str = Field(alias="name")
    values: tuple[bool | int | date | str, ...] = Field(min_length=1)
    value: str
    metric: Metric = "sum"

    @model_validator(mode="after")
    def _columns(self) -> Pivot:
        new_names((*self.by, *map(_text, self.values)))
        return self

    def key(self) -> tuple[str, ...]:
        return self.by

    def set_aside(self, rows: Relation, inputs: Inputs) -> Relation:
        """Rows whose value is not declared."""
        require(rows, self.names)
        text = f"cast({quote(self.names)} as varchar)"
        listed = ", ".join(constant(value, rows, self.names, inputs) for value in self.values)
        columns = f"{ROW}, 'dropped' as fate, 'pivot' as rule"
        return rows.filter(f"({quote(self.names)} in ({listed})) is not true").project(
            f"{columns}, {literal(self.names)} as column, {text} as value"
        )

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        return (*self.by, *map(_text, self.values))

    def column_origins(self, rows: tuple[str, ...], others: Mapping[str, Columns]) -> StepOrigins:
        origins = passed_on(self.by)
        for value in map(_text, self.values):
            call = f"{self.metric}({self.value}) where {self.names} = {value}"
            origins[value] = made_of(call, (self.value, self.names))
        return StepOrigins(origins, tuple((MAIN, name) for name in (*self.by, self.names)))

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.by, self.names, self.value)
        call = Call(f"{self.metric}({self.value})", AGGREGATES[self.metric], self.value, None)
        cells = [
            f"{call.sql(rows, clause=self._only(value, rows, inputs))} as {quote(_text(value))}"
            for value in self.values
        ]
        listed = ", ".join([*map(quote, self.by), *cells])
        group = f"group by {columns_sql(self.by)}" if self.by else ""
        with explained(f"pivot {self.metric}({self.value})"):
            groups = inputs.sql(f"select {listed} from rows {group}", rows=rows)
        return groups.order(order_sql(self.by)) if self.by else groups

    def trace_key(self, rows: Relation, inputs: Inputs) -> tuple[str, ...]:
        return self.by

    def trace(self, result: Relation, rows: Relation, inputs: Inputs) -> Mapping[str, Relation]:
        return {MAIN: of_keys(rows, result, self.by, inputs).project(ROW)}

    def _only(self, value: bool | int | date | str, rows: Relation, inputs: Inputs) -> str:
        """SQL that restricts an aggregate to the rows with one value."""
        wanted = constant(value, rows, self.names, inputs)
        return f" filter (where {quote(self.names)} = {wanted})"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
