"""`map_values`: replace some values of a column by others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from medallion.contracts import Inputs, Transform, quote
from medallion.sql.column_transform import replace
from medallion.sql.constants import Constant, constant

if TYPE_CHECKING:
    from medallion.contracts import Relation

Mapped = Annotated[dict[Constant, Constant | None], Field(min_length=1)]


class MapValues(Transform):
    """Replaces some values of a column by others: `from: to`. Other values and NULL stay.

    `to` may be null; the column keeps its type. Write text in quotes where YAML would read a number
    or a boolean: `"01234"`, `"1e3"`, `"true"`.

    ```yaml
    steps:
      - map_values:
          country: {UK: United Kingdom, no: Norway, n/a: null}
    ```

    Raises StepError when a column is missing, or a value does not fit its type exactly.
    """

    name = "map_values"
    value_field = "columns"
    keeps_columns = True

    columns: dict[str, Mapped] = Field(min_length=1)

    def changes(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in columns if name in self.columns)

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        return replace(rows, {name: self._case(name, rows, inputs) for name in self.columns})

    def _case(self, name: str, rows: Relation, inputs: Inputs) -> str:
        cases = []
        for old, new in self.columns[name].items():
            to = "null" if new is None else constant(new, rows, name, inputs)
            cases.append(f"when {constant(old, rows, name, inputs)} then {to}")
        return f"case {quote(name)} {' '.join(cases)} else {quote(name)} end"
