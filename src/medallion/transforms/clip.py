"""`clip`: set values outside bounds to the nearest bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from medallion.contracts import Inputs, Transform, quote, require
from medallion.sql.column_transform import replace
from medallion.sql.constants import Constant, constant

if TYPE_CHECKING:
    from medallion.contracts import Relation

Bounds = tuple[Constant | None, Constant | None]


def _ordered(bounds: Bounds) -> Bounds:
    low, high = bounds
    if low is None and high is None:
        raise ValueError("give at least one bound: [low, high], [low, null] or [null, high]")
    numbers = isinstance(low, (int, float)) and isinstance(high, (int, float))
    if (numbers or (low is not None and type(low) is type(high))) and low > high:  # type: ignore[operator]
        raise ValueError(f"the lower bound {low} is above the upper bound {high}")
    return bounds


class Clip(Transform):
    """Sets values outside `[low, high]` to the nearest bound; either may be null. NULL stays NULL.

    ```yaml
    steps:
      - clip: {quantity: [1, 100], discount: [0, null]}
    ```

    Raises StepError when a column is missing, or a bound does not fit its type exactly.
    """

    name = "clip"
    value_field = "columns"
    keeps_columns = True

    columns: dict[str, Annotated[Bounds, AfterValidator(_ordered)]] = Field(min_length=1)

    def changes(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in columns if name in self.columns)

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.columns)
        return replace(rows, {name: self._case(name, rows, inputs) for name in self.columns})

    def _case(self, name: str, rows: Relation, inputs: Inputs) -> str:
        cases = []
        for sign, bound in zip("<>", self.columns[name], strict=True):
            if bound is not None:
                value = constant(bound, rows, name, inputs)
                cases.append(f"when {quote(name)} {sign} {value} then {value}")
        return f"case {' '.join(cases)} else {quote(name)} end"
