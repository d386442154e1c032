"""`derive`: compute columns from the others of the same row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from medallion.contracts import Columns, Inputs, Transform
from medallion.errors import StepError
from medallion.expressions import new_names, public
from medallion.transforms.columns import NewName, RowExpression, computed

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Derive(Transform):
    """Computes columns, each by an SQL expression over its row: `column: expression`.

    Done in the order written: an expression may use columns computed above it. A column that already
    exists is replaced in its place. Aggregates and windows need other rows: `aggregate` and `window` do that.

    ```yaml
    steps:
      - derive:
          total: quantity * price
          month: strftime(purchase_date, '%Y-%m')
    ```

    Errors: StepError when an expression is malformed, names a missing column or needs more than its row.
    """

    name = "derive"
    value_field = "columns"

    columns: dict[NewName, RowExpression] = Field(min_length=1)

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        return None if rows is None else tuple(dict.fromkeys((*rows, *self.columns)))

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        for name, expression in self.columns.items():
            if name not in rows.columns:
                try:
                    new_names([name], public(rows))
                except ValueError as error:
                    raise StepError(
                        str(error), hint="case does not tell names apart; use the name as it stands"
                    ) from error
            rows = computed(rows, inputs, name, expression)
        return rows
