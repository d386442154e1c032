"""`filter`: keep the rows that a condition holds for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from medallion.contracts import ROW, Inputs, Transform
from medallion.errors import StepError
from medallion.transforms.columns import RowExpression, column_type, computed

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Filter(Transform):
    """Keeps the rows an SQL condition is true for. Rows where it is false or unknown (NULL) are dropped, and counted.

    `where` is a condition over the columns of one row.

    ```yaml
    steps:
      - filter: status <> 'cancelled' and amount > 0
    ```

    Errors: StepError when the condition is malformed, names a missing column, or is no condition.
    """

    name = "filter"
    value_field = "where"
    keeps_columns = True

    where: RowExpression

    def set_aside(self, rows: Relation, inputs: Inputs) -> Relation:
        kind = column_type(computed(rows, inputs, "_holds", self.where), "_holds")
        if kind != "BOOLEAN":
            raise StepError(f"{self.where!r} is {kind}, no condition", hint="compare it with something: `amount > 0`")
        return rows.filter(f"(\n{self.where}\n) is not true").project(
            f"{ROW}, 'dropped' as fate, 'filter' as rule, null::varchar as column, null::varchar as value"
        )

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        return rows
