"""`no_future`: dates that are not in the future."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from medallion.contracts import ROW, Inputs, RowExpectation, literal, quote, require

if TYPE_CHECKING:
    from medallion.contracts import Relation


class NoFuture(RowExpectation):
    """A date or timestamp is not later than today.

    - `column`: the column of dates or timestamps.
    - `today`: the last day that is valid; by default the day of the run, in UTC.

    ```yaml
    expect:
      - {no_future: signup_date, on_fail: quarantine}
      - no_future: {column: signup_date, today: 2026-12-31}
    ```

    Raises StepError when the column is missing.
    """

    name: ClassVar[str] = "no_future"
    value_field: ClassVar[str | None] = "column"

    column: str
    today: date | None = None

    def identity(self) -> dict[str, Any]:
        """Includes the day, so that an unchanged table is checked again on another day."""
        return {**super().identity(), "day": self._day()}

    def violations(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, self.column)
        later = rows.filter(f"cast({quote(self.column)} as date) > date {literal(self._day())}")
        value = f"cast({quote(self.column)} as varchar)"
        return later.project(f"{ROW}, {literal(self.column)} as column, {value} as value")

    def _day(self) -> str:
        return (self.today or datetime.now(UTC).date()).isoformat()
