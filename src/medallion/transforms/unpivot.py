"""`unpivot`: columns become rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, model_validator

from medallion.contracts import ROW, Columns, Grain, Inputs, Transform, quote, require
from medallion.errors import StepError
from medallion.expressions import SomeNames, columns_sql, explained, kinds, new_names, public, same_kind

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Unpivot(Transform):
    """Turns columns into rows: each row becomes one row a column, with the column's name and its value.

    - `columns`: the columns to turn; the others are repeated.
    - `name`: what to call the column of names (default `metric`).
    - `value`: what to call the column of values (default `value`). Empty values stay, as NULL.

    ```yaml
    - unpivot: {columns: [jan, feb, mar], name: month, value: revenue}
    ```

    Raises StepError when the rows lack a column, the columns are of kinds that do not mix, or a new name is taken.
    """

    name: ClassVar[str] = "unpivot"
    grain: ClassVar[Grain] = "new"

    columns: SomeNames
    names: str = Field("metric", alias="name")
    value: str = "value"

    @model_validator(mode="after")
    def _distinct(self) -> Unpivot:
        new_names(self.columns)
        new_names((self.names, self.value))
        return self

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        if rows is None:
            return None
        return (*(name for name in rows if name not in self.columns), self.names, self.value)

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.columns)
        try:
            new_names((self.names, self.value), taken=(name for name in public(rows) if name not in self.columns))
        except ValueError as error:
            raise StepError(str(error), hint="choose another `name` or `value`") from error
        kind, first = kinds(rows), self.columns[0]
        for column in self.columns[1:]:
            same_kind("what to unpivot", (f"in {first!r}", kind[first]), (f"in {column!r}", kind[column]))
        turn = f"{quote(self.value)} for {quote(self.names)} in ({columns_sql(self.columns)})"
        with explained(f"unpivot {', '.join(self.columns)}"):
            return inputs.sql(
                f"select * from (select * exclude ({ROW}) from rows) unpivot include nulls ({turn})", rows=rows
            )
