"""`filter`: keep the rows for which a condition is true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from medallion.contracts import MAIN, ROW, Columns, Inputs, StepOrigins, Transform
from medallion.errors import StepError
from medallion.sql.column_origins import columns_in, passed_on
from medallion.sql.column_transform import RowExpression, computed, guarded
from medallion.sql.duckdb_types import type_of

if TYPE_CHECKING:
    from medallion.contracts import Relation


class FilterStep(Transform):
    """Keeps the rows for which an SQL condition is true.

    Rows for which it is false or unknown (NULL) are dropped and counted. A row for which it fails,
    such as by a division by zero, is quarantined.

    `where` is a condition over the columns of one row.

    ```yaml
    steps:
      - filter: status <> 'cancelled' and amount > 0
    ```

    Raises StepError when the condition is malformed, names a missing column, or is not a condition.
    """

    name = "filter"
    value_field = "where"
    keeps_columns = True
    only_removes = True

    where: RowExpression

    def expressions(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield ("where",), self.where

    def column_origins(
        self, rows: tuple[str, ...], others: Mapping[str, Columns]
    ) -> StepOrigins | None:
        read = columns_in(self.where, rows)
        if read is None:
            return None
        return StepOrigins(passed_on(rows), tuple((MAIN, name) for name in read))

    def set_aside(self, rows: Relation, inputs: Inputs) -> Relation:
        type_ = type_of(computed(rows, inputs, "_holds", self.where), "_holds")
        if type_.name != "boolean":
            raise StepError(
                f"{self.where!r} is {type_}, not a condition",
                hint="compare it with something: `amount > 0`",
            )
        guard = guarded(rows, inputs, self.where)
        condition = guard.value if guard else f"(\n{self.where}\n)"
        fate, value = "'dropped'", "null::varchar"
        if guard:
            fate = f"case when {guard.refused} then 'quarantined' else 'dropped' end"
            value = f"case when {guard.refused} then {guard.shown} end"
        return rows.filter(f"{condition} is not true").project(
            f"{ROW}, {fate} as fate, 'filter' as rule, null::varchar as column, {value} as value"
        )

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        return rows
