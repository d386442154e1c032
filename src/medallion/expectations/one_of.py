"""`one_of`: values from a list."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from medallion.contracts import Inputs, RowExpectation, literal, quote, require
from medallion.errors import StepError
from medallion.expressions import broken, explained

if TYPE_CHECKING:
    from medallion.contracts import Relation

Value = bool | int | float | datetime | date | str


class OneOf(RowExpectation):
    """The values of columns are among those listed, letter by letter. NULL passes.

    - `values`: column → list of values.

    ```yaml
    - one_of: {status: [open, paid, cancelled]}
    - {one_of: {rating: [1, 2, 3]}, on_fail: drop}
    ```

    Raises StepError when the rows lack a column, or a listed value is not of its type.
    """

    name: ClassVar[str] = "one_of"
    value_field: ClassVar[str | None] = "values"

    values: dict[str, tuple[Value, ...]] = Field(min_length=1)

    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.values)
        return broken(rows, {name: self._other(rows, inputs, name) for name in self.values})

    def _other(self, rows: Relation, inputs: Inputs, name: str) -> str:
        kind = rows.types[rows.columns.index(name)]
        listed = ", ".join(f"cast({literal(_text(value))} as {kind})" for value in self.values[name])
        if not listed:
            return f"({quote(name)} is not null)"
        try:
            with explained(f"one_of {name}"):
                inputs.connection.execute(f"select {listed}").fetchall()
        except StepError as error:
            raise StepError(error.message, hint=f"{name!r} is {kind}; list values of that type") from error
        return f"({quote(name)} not in ({listed}))"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
