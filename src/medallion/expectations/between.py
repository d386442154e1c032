"""`between`: values within bounds."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, field_validator

from medallion.contracts import Inputs, RowExpectation, Scope, literal, quote, require
from medallion.errors import StepError
from medallion.sql.duckdb_types import type_of
from medallion.sql.expressions import NUMBERS, broken

if TYPE_CHECKING:
    from medallion.contracts import Relation


def _bound(value: object) -> object:
    if value is None or isinstance(value, date):
        return value
    if isinstance(value, int | float | Decimal | str) and not isinstance(value, bool):
        for read in (Decimal, date.fromisoformat, datetime.fromisoformat):
            try:
                bound: Any = read(str(value))
            except (ValueError, InvalidOperation):
                continue
            if isinstance(bound, date) or bound.is_finite():
                return bound
    raise ValueError(f"{value!r} is neither a number nor a date such as 2024-12-31")


Bound = Annotated[
    Decimal | datetime | date | None,
    BeforeValidator(_bound, json_schema_input_type=float | str | None),
]


class Between(RowExpectation):
    """The values of columns are within inclusive bounds. NULL passes.

    - `bounds`: column → `[low, high]`, numbers or ISO dates; either may be `null`. Numbers are
      compared exactly. A date as the high bound includes the whole day.

    ```yaml
    - {between: {amount: [0.01, 100000]}, on_fail: quarantine}
    - between: {purchase_date: [2020-01-01, null], quantity: [1, 99]}
    ```

    Raises StepError when the rows lack a column, or its type is not that of the bounds.
    """

    name: ClassVar[str] = "between"
    value_field: ClassVar[str | None] = "bounds"
    scope: ClassVar[Scope] = "rows"

    bounds: dict[str, tuple[Bound, Bound]] = Field(min_length=1)

    @field_validator("bounds")
    @classmethod
    def _ordered(cls, bounds: dict[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
        for name, (low, high) in bounds.items():
            if low is None and high is None:
                raise ValueError(f"{name}: give at least one bound")
            if low is None or high is None:
                continue
            if isinstance(low, Decimal) != isinstance(high, Decimal):
                raise ValueError(f"{name}: one bound is a number, the other a date")
            number = isinstance(low, Decimal)
            if low > high if number else low.isoformat() > high.isoformat():
                raise ValueError(f"{name}: the low bound {low} is above the high bound {high}")
        return bounds

    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.bounds)
        return broken(
            rows, {name: _outside(rows, name, *bounds) for name, bounds in self.bounds.items()}
        )


def _outside(rows: Relation, name: str, low: Any, high: Any) -> str:
    column, kind = quote(name), rows.types[rows.columns.index(name)]
    dated = isinstance(high if low is None else low, date)
    if not (kind.id == "date" or kind.id.startswith("timestamp") if dated else kind.id in NUMBERS):
        wanted = "dates" if dated else "numbers"
        raise StepError(
            f"between compares {name!r} to {wanted}, but it is {type_of(rows, name)}",
            hint="`cast` it first",
        )
    sides = []
    if dated:
        sides += [f"{column} < {_moment(low)}"] if low is not None else []
        sides += [_after(column, kind.id, high)] if high is not None else []
    else:
        scale = int(str(dict(kind.children)["scale"])) if kind.id == "decimal" else None
        sides += [f"{column} < {_number(low, scale, ROUND_CEILING)}"] if low is not None else []
        sides += [f"{column} > {_number(high, scale, ROUND_FLOOR)}"] if high is not None else []
        sides += [f"isnan({column})"] if kind.id in ("float", "double") else []
    return f"({' or '.join(sides)})"


def _number(bound: Decimal, scale: int | None, rounding: str) -> str:
    # At the column's own scale the comparison needs no wider decimal, which could overflow.
    if scale is not None:
        rounded = bound.quantize(Decimal(1).scaleb(-scale), rounding, Context(prec=100))
        bound = rounded if rounded != bound else bound
    return format(bound, "f")


def _moment(bound: date) -> str:
    if isinstance(bound, datetime):
        return f"timestamp {literal(bound.isoformat(' '))}"
    return f"date {literal(bound.isoformat())}"


def _after(column: str, kind: str, high: date) -> str:
    if kind != "date" and not isinstance(high, datetime):
        return f"{column} >= {_moment(high + timedelta(days=1))}"
    return f"{column} > {_moment(high)}"
