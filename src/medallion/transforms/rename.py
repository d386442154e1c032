"""`rename`: rename columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from medallion.contracts import Columns, Inputs, StepOrigins, Transform, quote, require
from medallion.errors import StepError
from medallion.sql.column_origins import passed_on
from medallion.sql.column_transform import NewName
from medallion.sql.expressions import new_names, public

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Rename(Transform):
    """Renames columns: `old: new`. The order of columns stays the same, and two may swap names.

    ```yaml
    steps:
      - rename: {Client ID: client_id, E-mail: email}
    ```

    Raises StepError when a column is missing, or two would have one name (ignoring case).
    """

    name = "rename"
    value_field = "columns"

    columns: dict[str, NewName] = Field(min_length=1)

    @field_validator("columns")
    @classmethod
    def _distinct(cls, columns: dict[str, str]) -> dict[str, str]:
        new_names(columns.values())
        return columns

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        return None if rows is None else tuple(self.columns.get(name, name) for name in rows)

    def column_origins(self, rows: tuple[str, ...], others: Mapping[str, Columns]) -> StepOrigins:
        return StepOrigins(
            {self.columns.get(name, name): origin for name, origin in passed_on(rows).items()}
        )

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.columns)
        try:
            new_names(self.columns.get(name, name) for name in public(rows))
        except ValueError as error:
            raise StepError(str(error), hint="rename or drop the other one too") from error
        return rows.project(
            ", ".join(
                f"{quote(name)} as {quote(self.columns.get(name, name))}" for name in rows.columns
            )
        )
