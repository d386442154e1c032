"""`explode`: one row for each item of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from medallion.contracts import (
    MAIN,
    ROW,
    Columns,
    Grain,
    Inputs,
    StepOrigins,
    Transform,
    literal,
    quote,
    require,
)
from medallion.errors import StepError
from medallion.sql.column_origins import made_of, passed_on
from medallion.sql.duckdb_types import type_of
from medallion.sql.expressions import explained, kinds
from medallion.sql.row_matching import marked, marks

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Explode(Transform):
    """Makes one row for each item of a column of lists, or of texts with several items.

    - `column`: the column; it gets the items, the other columns are repeated.
    - `separator`: the text between the items of a text.

    A row without items (NULL or an empty list) is kept, with NULL in the column.

    ```yaml
    - explode: tags
    - explode: {column: tags, separator: ";"}
    ```

    Raises StepError when the rows lack the column, or it is neither a list nor text with a
    `separator`.
    """

    name: ClassVar[str] = "explode"
    value_field: ClassVar[str | None] = "column"
    keeps_columns = True
    grain: ClassVar[Grain] = "new"

    column: str
    separator: str | None = Field(None, min_length=1)

    def column_origins(self, rows: tuple[str, ...], others: Mapping[str, Columns]) -> StepOrigins:
        origins = passed_on(rows)
        origins[self.column] = made_of(f"explode({self.column})", [self.column])
        return StepOrigins(origins)

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, self.column)
        column, kind = quote(self.column), kinds(rows)[self.column]
        if self.separator is not None:
            if kind != "varchar":
                raise StepError(
                    f"{self.column!r} is {type_of(rows, self.column)}, not text to separate",
                    hint="leave `separator` out",
                )
            items = f"string_split({column}, {literal(self.separator)})"
        elif kind in ("list", "array"):
            items = f"{column}::{_list_type(rows, self.column)}"
        else:
            raise StepError(
                f"{self.column!r} is {type_of(rows, self.column)}, not a list",
                hint="give a `separator` for text",
            )
        some = f"case when len({items}) > 0 then {items} else [null] end"
        with explained(f"explode {self.column}"):
            return inputs.sql(
                f"select * exclude ({ROW}) replace (unnest({some}) as {column}) from rows",
                rows=rows,
            )

    def trace(self, result: Relation, rows: Relation, inputs: Inputs) -> Mapping[str, Relation]:
        return {MAIN: marks(self.apply(marked(rows), inputs), result, inputs)}


def _list_type(rows: Relation, column: str) -> str:
    kind = rows.types[rows.columns.index(column)]
    return f"{dict(kind.children)['child']}[]"
