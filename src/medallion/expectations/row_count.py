"""`row_count`: bounds on the number of rows."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import NonNegativeInt, model_validator

from medallion.contracts import TableExpectation
from medallion.plural import count_of
from medallion.records import Tally


class RowCount(TableExpectation):
    """The number of rows that would be published is within bounds.

    - `at_least`, `at_most`: the inclusive bounds; or
    - `equals`: the exact number.

    ```yaml
    - row_count: {at_least: 1}
    - {row_count: {equals: 13}, on_fail: warn}
    ```
    """

    name: ClassVar[str] = "row_count"

    on_fail: Literal["warn", "fail"] = "fail"
    at_least: NonNegativeInt | None = None
    at_most: NonNegativeInt | None = None
    equals: NonNegativeInt | None = None

    @model_validator(mode="after")
    def _bounds(self) -> RowCount:
        bounded = self.at_least is not None or self.at_most is not None
        if bounded == (self.equals is not None):
            raise ValueError("give `at_least`, `at_most` or both, or else `equals`")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"at_least {self.at_least} is above at_most {self.at_most}")
        return self

    def verdict(self, tally: Tally) -> str | None:
        rows = tally.rows_out
        there = f"there {'is' if rows == 1 else 'are'} {count_of(rows, 'row')}"
        if self.equals is not None and rows != self.equals:
            return f"{there}, and there must be {self.equals:,}"
        if self.at_least is not None and rows < self.at_least:
            return f"{there}, and there must be at least {self.at_least:,}"
        if self.at_most is not None and rows > self.at_most:
            return f"{there}, and there may be at most {self.at_most:,}"
        return None
