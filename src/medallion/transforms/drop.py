"""`drop`: remove columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from medallion.contracts import Columns, Inputs, StepOrigins, Transform, require
from medallion.errors import StepError
from medallion.sql.column_origins import passed_on
from medallion.sql.expressions import SomeNames, columns_sql, public

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Drop(Transform):
    """Removes the listed columns.

    ```yaml
    steps:
      - drop: [internal_note, fax]
    ```

    Raises StepError when a column is missing, or no column would be left.
    """

    name = "drop"
    value_field = "columns"

    columns: SomeNames

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        return None if rows is None else tuple(name for name in rows if name not in self.columns)

    def column_origins(self, rows: tuple[str, ...], others: Mapping[str, Columns]) -> StepOrigins:
        return StepOrigins(passed_on(name for name in rows if name not in self.columns))

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.columns)
        if set(public(rows)) <= set(self.columns):
            raise StepError("no column would be left", hint="drop fewer, or leave the table out")
        return rows.project(columns_sql(name for name in rows.columns if name not in self.columns))
