"""`sort`: sort the rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from medallion.contracts import MAIN, ROW, Grain, Inputs, Scope, Transform, require
from medallion.sql.expressions import SomeNames, order_sql
from medallion.sql.row_matching import marked, marks

if TYPE_CHECKING:
    from medallion.contracts import Relation


class SortStep(Transform):
    """Sorts the rows by one or more columns; the table is stored in this order.

    `by` is one column or several; `-column` is descending. NULLs come last, equal rows keep their
    order.

    ```yaml
    steps:
      - sort: day
      - sort: [-revenue, name]
    ```

    Raises StepError when a column is missing.
    """

    name: ClassVar[str] = "sort"
    value_field: ClassVar[str | None] = "by"
    keeps_columns = True
    scope: ClassVar[Scope] = "table"
    grain: ClassVar[Grain] = "new"

    by: SomeNames = Field(min_length=1)

    def changes(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        return ()

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *(term.removeprefix("-") for term in self.by))
        return inputs.sql(
            f"select * exclude ({ROW}) from rows order by {order_sql(self.by)}, {ROW}", rows=rows
        )

    def trace(self, result: Relation, rows: Relation, inputs: Inputs) -> Mapping[str, Relation]:
        return {MAIN: marks(self.apply(marked(rows), inputs), result, inputs)}
