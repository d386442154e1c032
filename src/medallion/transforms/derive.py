"""`derive`: compute columns from others of the same row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pydantic import Field

from medallion.contracts import ROW, Columns, Inputs, StepOrigins, Transform, literal
from medallion.errors import StepError
from medallion.sql.column_origins import columns_in, made_of, passed_on
from medallion.sql.column_transform import Guard, NewName, RowExpression, computed, guarded
from medallion.sql.expressions import new_names, public

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Derive(Transform):
    """Computes columns, each by an SQL expression over its row: `column: expression`.

    Expressions are computed in the order written, and may use columns computed above. A column that
    already exists is replaced in its place. For values of other rows, use `aggregate` or `window`.
    A row for which an expression fails (division by zero, a number out of range, a text that is not
    a number) is quarantined with the values that the expression reads; `nullif(divisor, 0)` gives
    NULL instead.

    ```yaml
    steps:
      - derive:
          total: quantity * price
          month: strftime(purchase_date, '%Y-%m')
    ```

    Raises StepError when an expression is malformed, names a missing column, or needs more than its
    row.
    """

    name = "derive"
    value_field = "columns"

    columns: dict[NewName, RowExpression] = Field(min_length=1)

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        return None if rows is None else tuple(dict.fromkeys((*rows, *self.columns)))

    def expressions(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield from (((name,), text) for name, text in self.columns.items())

    def changes(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in columns if name in self.columns)

    def column_origins(
        self, rows: tuple[str, ...], others: Mapping[str, Columns]
    ) -> StepOrigins | None:
        origins = passed_on(rows)
        for name, expression in self.columns.items():
            read = columns_in(expression, origins)
            if read is None:
                return None
            # An expression may use columns computed above it.
            columns = dict.fromkeys(column for each in read for column in origins[each].columns)
            origins[name] = made_of(expression, (column for _, column in columns))
        return StepOrigins(origins)

    def set_aside(self, rows: Relation, inputs: Inputs) -> Relation | None:
        """The rows for which an expression fails, such as by a division by zero."""
        refused: dict[str, str] = {}
        for number, (name, expression) in enumerate(self.columns.items()):
            guard, refusal = self._guard(rows, inputs, name, expression), f"_refused_{number}"
            part = f"case when {guard.refused} then {guard.shown} end as {refusal}" if guard else ""
            # In a column of its own: the computed one may replace a column that the expression
            # reads.
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
        """The SQL that finds failing rows. Raises StepError when the expression is not valid."""
        if name not in rows.columns:
            try:
                new_names([name], public(rows))
            except ValueError as error:
                hint = "names are equal whatever their case; use the existing name"
                raise StepError(str(error), hint=hint) from error
        computed(rows, inputs, name, expression)
        return guarded(rows, inputs, expression)
