"""`sort`: put the rows in an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from medallion.contracts import ROW, Grain, Inputs, Scope, Transform, require
from medallion.sql.expressions import SomeNames, order_sql

if TYPE_CHECKING:
    from medallion.contracts import Relation


class SortStep(Transform):
    """Puts the rows in the order of one or more columns, in which the table is then stored.

    `by` is a column or several; `-column` descends. Rows without the value come last, equal rows keep their order.

    ```yaml
    steps:
      - sort: day
      - sort: [-revenue, name]
    ```

    Errors: StepError when a column is missing.
    """

    name: ClassVar[str] = "sort"
    value_field: ClassVar[str | None] = "by"
    keeps_columns = True
    scope: ClassVar[Scope] = "table"
    grain: ClassVar[Grain] = "new"

    by: SomeNames = Field(min_length=1)

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *(term.removeprefix("-") for term in self.by))
        return inputs.sql(
            f"select * exclude ({ROW}) from rows order by {order_sql(self.by)}, {ROW}", rows=rows
        )
