"""`derive`: compute columns from the others of the same row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from medallion.contracts import ROW, Columns, Inputs, Transform, literal
from medallion.errors import StepError
from medallion.sql.column_transform import Guard, NewName, RowExpression, computed, guarded
from medallion.sql.expressions import new_names, public

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Derive(Transform):
    """Computes columns, each by an SQL expression over its row: `column: expression`.

    Done in the order written: an expression may use columns computed above it. A column that already
    exists is replaced in its place. Aggregates and windows need other rows: `aggregate` and `window` do that.
    A row that an expression cannot be computed for (a division by zero, a number out of range, a text that is no
    number) is quarantined with the values the expression names; `nullif(divisor, 0)` gives NULL instead.

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

    def set_aside(self, rows: Relation, inputs: Inputs) -> Relation | None:
        """The rows that an expression cannot be computed for: a division by zero, a number out of range."""
        refused: dict[str, str] = {}
        for number, (name, expression) in enumerate(self.columns.items()):
            guard, refusal = self._guard(rows, inputs, name, expression), f"_refused_{number}"
            part = f"case when {guard.refused} then {guard.shown} end as {refusal}" if guard else ""
            # beside the column, which may take the place of one that the expression names
            rows = computed(
                rows.project(f"*, {part}") if part else rows, inputs, name, expression, guard
            )
            refused |= {name: refusal} if part else {}
        if not refused:
            return None
        column = " ".join(
            f"when {refusal} is not null then {literal(name)}" for name, refusal in refused.items()
        )
        return rows.filter(f"coalesce({', '.join(refused.values())}) is not null").project(
            f"{ROW}, 'quarantined' as fate, 'derive' as rule, case {column} end as column, "
            f"coalesce({', '.join(refused.values())}) as value"
        )

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        for name, expression in self.columns.items():
            rows = computed(
                rows, inputs, name, expression, self._guard(rows, inputs, name, expression)
            )
        return rows

    def _guard(self, rows: Relation, inputs: Inputs, name: str, expression: str) -> Guard | None:
        """How to find the rows that cannot be computed. Raises StepError when the expression fits no row."""
        if name not in rows.columns:
            try:
                new_names([name], public(rows))
            except ValueError as error:
                hint = "case does not tell names apart; use the name as it stands"
                raise StepError(str(error), hint=hint) from error
        computed(rows, inputs, name, expression)
        return guarded(rows, inputs, expression)
