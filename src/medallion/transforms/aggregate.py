"""`aggregate`: one row a group, with figures over its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, PositiveInt, field_validator, model_validator

from medallion.contracts import Columns, Grain, Inputs, Scope, Transform, quote, require
from medallion.errors import StepError, did_you_mean
from medallion.sql.expressions import (
    Names,
    columns_sql,
    explained,
    new_names,
    order_sql,
    parse_expression,
)
from medallion.sql.function_calls import AGGREGATES, check_calls, parse_call

if TYPE_CHECKING:
    from medallion.contracts import Relation


class Aggregate(Transform):
    """Groups rows by columns and computes figures over each group.

    - `by`: the columns that make a group; without any, all rows are one group.
    - `metrics`: new column → `function(column)`. Functions: `count()`, `count(column)` (not null),
      `count_distinct`, `sum`, `mean`, `min`, `max`, `median`, `quantile(column, 0.95)`, `stddev`, `variance`
      (both of a sample), `first` and `last` (the value of the first or last row, NULL or not). Sums of decimals are
      exact, sums of whole numbers whole (BIGINT).
    - `having`: an SQL condition on `by` columns and metrics; groups that do not meet it are left out.
    - `sort`: columns to sort by, `-column` descends; otherwise rows come in the order of `by`.
    - `limit`: how many rows to keep, after sorting.

    ```yaml
    - aggregate:
        by: country
        metrics: {purchases: count(), revenue: sum(amount), "p95": "quantile(amount, 0.95)"}
        having: revenue > 0
        sort: -revenue
        limit: 10
    ```

    Raises StepError when the rows lack a column, a figure needs a number and gets none, or `having` is wrong.
    """

    name: ClassVar[str] = "aggregate"
    value_field: ClassVar[str | None] = None
    scope: ClassVar[Scope] = "key"
    grain: ClassVar[Grain] = "new"

    by: Names = ()
    metrics: dict[str, str] = Field(min_length=1)
    having: str | None = None
    sort: Names = ()
    limit: PositiveInt | None = None

    @field_validator("metrics")
    @classmethod
    def _calls(cls, metrics: dict[str, str]) -> dict[str, str]:
        check_calls(metrics, AGGREGATES)
        return metrics

    @model_validator(mode="after")
    def _columns(self) -> Aggregate:
        made = (*self.by, *self.metrics)
        new_names(made)
        for term in self.sort:
            if term.removeprefix("-") not in made:
                raise ValueError(
                    f"sort: no column {term!r} comes out{did_you_mean(term.removeprefix('-'), made)}"
                )
        return self

    def key(self) -> tuple[str, ...]:
        """The `by` columns; none, so that all rows come together, when the result is sorted or cut as a whole."""
        return () if self.sort or self.limit else self.by

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        return (*self.by, *self.metrics)

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.by)
        figures = [
            f"{parse_call(text, AGGREGATES).sql(rows)} as {quote(name)}"
            for name, text in self.metrics.items()
        ]
        listed = ", ".join([*map(quote, self.by), *figures])
        group = f"group by {columns_sql(self.by)}" if self.by else ""
        with explained(", ".join(self.metrics.values())):
            made = inputs.sql(f"select {listed} from rows {group}", rows=rows)
        if self.having is not None:
            made = _having(made, self.having, inputs)
        if self.by or self.sort:
            made = made.order(order_sql([*self.sort, *self.by]))
        return made.limit(self.limit) if self.limit else made


def _having(made: Relation, condition: str, inputs: Inputs) -> Relation:
    parse_expression(inputs.connection, condition)
    try:
        with explained(f"having {condition!r}"):
            return made.filter(f"({condition}\n)")
    except StepError as error:
        raise StepError(error.message, hint=f"it may use: {', '.join(made.columns)}") from error
