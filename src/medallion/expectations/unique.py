"""`unique`: a key that no two rows share."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from medallion.contracts import ROW, Inputs, RowExpectation, Scope, literal, quote, require
from medallion.sql.expressions import SomeNames, columns_sql

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Unique(RowExpectation):
    """No two rows have the same values in these columns; all but the first such row violate it.

    - `columns`: the column, or the columns of the key. Rows with a NULL among them are ignored.

    ```yaml
    - {unique: purchase_id, on_fail: quarantine}
    - unique: [country, month]
    ```

    Raises StepError when the rows lack a column.
    """

    name: ClassVar[str] = "unique"
    value_field: ClassVar[str | None] = "columns"
    scope: ClassVar[Scope] = "key"

    columns: SomeNames

    def key(self) -> tuple[str, ...]:
        return self.columns

    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.columns)
        keys = columns_sql(self.columns)
        known = " and ".join(f"{quote(name)} is not null" for name in self.columns)
        value = f"concat_ws(', ', {keys})" if len(self.columns) > 1 else f"cast({keys} as varchar)"
        return inputs.sql(
            f"select {ROW}, {literal(', '.join(self.columns))} as column, {value} as value "
            f"from rows where {known} "
            f"qualify row_number() over (partition by {keys} order by {ROW}) > 1",
            rows=rows.project(f"{ROW}, {keys}"),
        )
