"""`unpivot`: columns become rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, model_validator

from medallion.contracts import (
    MAIN,
    ROW,
    ColumnOrigin,
    Columns,
    Grain,
    Inputs,
    StepOrigins,
    Transform,
    quote,
    require,
)
from medallion.errors import StepError
from medallion.sql.column_origins import made_of, passed_on
from medallion.sql.duckdb_types import types_of
from medallion.sql.expressions import SomeNames, columns_sql, explained, new_names, public
from medallion.sql.mixed_types import spanned, spanning_type
from medallion.sql.row_matching import marked, marks

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Unpivot(Transform):
    """Turns columns into rows: each row becomes one row for each column, with its name and value.

    - `columns`: the columns to turn into rows; the others are repeated.
    - `name`: the name of the column of names (default `metric`).
    - `value`: the name of the column of values (default `value`). NULLs are kept.

    ```yaml
    - unpivot: {columns: [jan, feb, mar], name: month, value: revenue}
    ```

    Raises StepError when the rows lack a column, no type holds the values of all of them exactly,
    or a new name already exists.
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

    def column_origins(self, rows: tuple[str, ...], others: Mapping[str, Columns]) -> StepOrigins:
        origins = passed_on(name for name in rows if name not in self.columns)
        origins[self.names] = ColumnOrigin(f"the name of {', '.join(self.columns)}", (), (MAIN,))
        origins[self.value] = made_of(f"the value of {', '.join(self.columns)}", self.columns)
        return StepOrigins(origins)

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.columns)
        try:
            new_names(
                (self.names, self.value),
                taken=(name for name in public(rows) if name not in self.columns),
            )
        except ValueError as error:
            raise StepError(str(error), hint="choose another `name` or `value`") from error
        types = types_of(rows)
        placed = {column: (f"in {column!r}", types[column]) for column in self.columns}
        target = spanning_type("what to unpivot", list(placed.values()))
        values = {
            name: spanned(quote(name), "unpivot: it", column, target)
            for name, column in placed.items()
        }
        changes = ", ".join(
            f"{value} as {quote(name)}" for name, value in values.items() if value != quote(name)
        )
        replaced = f" replace ({changes})" if changes else ""
        source = f"(select * exclude ({ROW}){replaced} from rows)"
        turn = f"{quote(self.value)} for {quote(self.names)} in ({columns_sql(self.columns)})"
        with explained(f"unpivot {', '.join(self.columns)}"):
            return inputs.sql(f"select * from {source} unpivot include nulls ({turn})", rows=rows)

    def trace(self, result: Relation, rows: Relation, inputs: Inputs) -> Mapping[str, Relation]:
        return {MAIN: marks(self.apply(marked(rows), inputs), result, inputs)}
