"""`fill`: replace missing values by a constant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from medallion.contracts import Inputs, Transform, quote
from medallion.sql.column_transform import replace
from medallion.sql.constants import Constant, constant

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Fill(Transform):
    """Replaces missing values (NULL) by a constant. The column keeps its type.

    Write text in quotes where YAML would read a number: `"0000"`.

    ```yaml
    steps:
      - fill: {country: unknown, quantity: 1}
    ```

    Raises StepError when a column is missing, or a constant does not fit its type exactly.
    """

    name = "fill"
    value_field = "columns"
    keeps_columns = True

    columns: dict[str, Constant] = Field(min_length=1)

    def changes(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in columns if name in self.columns)

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        filled = {name: constant(value, rows, name, inputs) for name, value in self.columns.items()}
        return replace(
            rows, {name: f"coalesce({quote(name)}, {value})" for name, value in filled.items()}
        )
