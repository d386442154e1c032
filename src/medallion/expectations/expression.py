"""`expression`: any condition on a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from medallion.contracts import ROW, Inputs, RowExpectation, Scope, literal, quote
from medallion.errors import StepError
from medallion.sql.duckdb_types import type_of
from medallion.sql.expressions import (
    explained,
    parse_expression,
    public,
    refuse_texts_as_numbers,
    walk,
)

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Expression(RowExpectation):
    """An SQL condition is true for each row: not false, not NULL, and without an error.

    - `condition`: an SQL condition, in DuckDB's dialect, over the columns of the row.

    ```yaml
    - {expression: delivered is null or delivered >= ordered, on_fail: quarantine}
    ```

    Raises StepError when it is not a condition, or the rows lack a column it names.
    """

    name: ClassVar[str] = "expression"
    value_field: ClassVar[str | None] = "condition"
    scope: ClassVar[Scope] = "rows"

    condition: str

    @property
    def rule(self) -> str:
        return f"expression ({self.condition})"

    def expressions(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield ("condition",), self.condition

    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        tree = parse_expression(inputs.connection, self.condition)
        with explained(f"expression {self.condition!r}"):
            failing = rows.filter(f"{_tried(rows, self.condition)} is not true")
            type_ = type_of(rows.project(f"({self.condition}\n) as condition"), "condition")
        refuse_texts_as_numbers(rows, inputs.connection, self.condition)
        if type_.name != "boolean":
            raise StepError(f"expression {self.condition!r} gives {type_}, neither true nor false")
        named = {
            node["column_names"][0].lower()
            for node in walk(tree)
            if node.get("type") == "COLUMN_REF"
        }
        used = [name for name in public(rows) if name.lower() in named]
        column = literal(", ".join(used)) if used else "null::varchar"
        values = [f"coalesce(cast({quote(name)} as varchar), 'NULL')" for name in used]
        value = f"concat_ws(', ', {', '.join(values)})" if len(used) > 1 else "null::varchar"
        if len(used) == 1:
            value = f"cast({quote(used[0])} as varchar)"
        return failing.project(f"{ROW}, {column} as column, {value} as value")


def _tried(rows: Relation, condition: str) -> str:
    """SQL of the condition, NULL for a row for which it fails; `try` does not support random()."""
    import duckdb

    try:
        rows.project(f"try(({condition}\n)) as condition")
    except duckdb.Error:
        return f"({condition}\n)"
    return f"try(({condition}\n))"
