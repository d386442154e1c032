"""`select`: keep some columns, in a given order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import field_validator

from medallion.contracts import ORIGIN, ROW, Columns, Inputs, StepOrigins, Transform, require
from medallion.sql.column_origins import passed_on
from medallion.sql.expressions import SomeNames, columns_sql, new_names

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Select(Transform):
    """Keeps only the listed columns, in this order.

    ```yaml
    steps:
      - select: [client_id, name, country]
    ```

    Raises StepError when a column is missing.
    """

    name = "select"
    value_field = "columns"

    columns: SomeNames

    @field_validator("columns")
    @classmethod
    def _distinct(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        new_names(columns)
        return columns

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        return self.columns

    def column_origins(self, rows: tuple[str, ...], others: Mapping[str, Columns]) -> StepOrigins:
        return StepOrigins(passed_on(self.columns))

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.columns)
        identity = [name for name in (ROW, ORIGIN) if name in rows.columns]
        return rows.project(columns_sql([*identity, *self.columns]))
