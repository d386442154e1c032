"""`change`: limits on what changes from one release to the next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from medallion.contracts import ReleaseExpectation, TableFigures

ROWS = "rows"
_LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*(%?)")


def _limit(value: object) -> object:
    match = _LIMIT.fullmatch(str(value).strip())
    if match is None or isinstance(value, bool):
        raise ValueError(f"{value!r} is neither a number nor a share such as 20%")
    return match[1] + match[2]


Limit = Annotated[str | None, BeforeValidator(_limit, json_schema_input_type=float | str)]


class ChangeLimits(BaseModel):
    """How much one figure may change: in either direction, or only down or up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_most: Limit = None
    drop_at_most: Limit = None
    rise_at_most: Limit = None

    @model_validator(mode="after")
    def _given(self) -> ChangeLimits:
        if self.at_most is self.drop_at_most is self.rise_at_most is None:
            raise ValueError("give `at_most`, `drop_at_most` or `rise_at_most`")
        return self

    def of(self, change: Decimal) -> Iterator[str]:
        """The limits on a change in its direction."""
        directed = self.drop_at_most if change < 0 else self.rise_at_most
        yield from (limit for limit in (self.at_most, directed) if limit is not None)


class Change(ReleaseExpectation):
    """The table differs from that of the last release by at most some shares or amounts.

    - `limits`: column → `at_most`, `drop_at_most` or `rise_at_most`, each a share of the former
      figure such as `20%`, or a number. The figure of a column is the sum of its values; `rows` is
      the number of rows.

    ```yaml
    - change: {revenue: {at_most: 20%}, rows: {drop_at_most: 5%}}
    - {change: {rows: {rise_at_most: 1000}}, on_fail: warn}
    ```

    A run whose tables change by more is not published: it leaves a candidate. In the first release,
    and for a column that the last release does not have, there is nothing to compare.
    """

    name: ClassVar[str] = "change"
    value_field: ClassVar[str | None] = "limits"

    on_fail: Literal["warn", "fail"] = "fail"
    limits: dict[str, ChangeLimits] = Field(min_length=1)

    def summed_columns(self) -> tuple[str, ...]:
        return tuple(name for name in self.limits if name != ROWS)

    def change_verdict(self, former: TableFigures, latter: TableFigures) -> str | None:
        complaints: list[str] = []
        for name, limits in self.limits.items():
            before = former.rows if name == ROWS else former.sums[name]
            after = latter.rows if name == ROWS else latter.sums[name]
            if before is not None and after is not None:
                complaints += _complaints(name, limits, Decimal(before), Decimal(after))
        return "; ".join(complaints) or None


def _complaints(name: str, limits: ChangeLimits, before: Decimal, after: Decimal) -> Iterator[str]:
    if not (before.is_finite() and after.is_finite()):
        if str(before) != str(after):
            yield f"{name} changed from {before} to {after}"
        return
    change = after - before
    for limit in limits.of(change):
        bound, share = Decimal(limit.removesuffix("%")), limit.endswith("%")
        if abs(change) * (100 if share else 1) > bound * (abs(before) if share else 1):
            verb = "fell" if change < 0 else "rose"
            amount = f" by {100 * abs(change) / abs(before):,.2f} %" if before else ""
            span = f"from {_text(before)} to {_text(after)}"
            yield f"{name} {verb}{amount}, {span}, and may by at most {limit}"


def _text(figure: Decimal) -> str:
    rounded = f"{figure:,.2f}"
    return rounded.removesuffix(".00")
