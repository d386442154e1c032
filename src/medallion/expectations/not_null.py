"""`not_null`: columns without missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from medallion.contracts import Inputs, RowExpectation, Scope, quote, require
from medallion.sql.expressions import SomeNames, broken

if TYPE_CHECKING:
    from medallion.contracts import Relation


class NotNull(RowExpectation):
    """Each row has a value in these columns.

    - `columns`: one column or several.

    ```yaml
    - not_null: [client_id, amount]
    - {not_null: email, on_fail: warn}
    ```

    Raises StepError when the rows lack a column.
    """

    name: ClassVar[str] = "not_null"
    value_field: ClassVar[str | None] = "columns"
    scope: ClassVar[Scope] = "rows"

    columns: SomeNames

    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.columns)
        return broken(rows, {name: f"{quote(name)} is null" for name in self.columns})
