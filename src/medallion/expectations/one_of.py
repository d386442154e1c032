"""`one_of`: values from a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from medallion.contracts import Inputs, RowExpectation, Scope, quote, require
from medallion.sql.constants import Constant, constant
from medallion.sql.expressions import broken

if TYPE_CHECKING:
    from medallion.contracts import Relation


class OneOf(RowExpectation):
    """The values of columns are among those listed, compared exactly. NULL passes.

    - `values`: column → list of values, each of the column's type. Write text in quotes where YAML
      would read a number: `"01234"`.

    ```yaml
    - one_of: {status: [open, paid, cancelled]}
    - {one_of: {rating: [1, 2, 3]}, on_fail: drop}
    ```

    Raises StepError when the rows lack a column, or a listed value is not of its type.
    """

    name: ClassVar[str] = "one_of"
    value_field: ClassVar[str | None] = "values"
    scope: ClassVar[Scope] = "rows"

    values: dict[str, tuple[Constant, ...]] = Field(min_length=1)

    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.values)
        return broken(rows, {name: self._other(rows, inputs, name) for name in self.values})

    def _other(self, rows: Relation, inputs: Inputs, name: str) -> str:
        listed = ", ".join(constant(value, rows, name, inputs) for value in self.values[name])
        return f"({quote(name)} not in ({listed}))" if listed else f"({quote(name)} is not null)"
