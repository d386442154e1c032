"""`aggregate`: one row for each group, with metrics over its rows."""

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
    """Groups rows by columns and computes metrics over each group.

    - `by`: the columns that define a group; without any, all rows are one group.
    - `metrics`: new column → `function(column)`. Functions: `count()`, `count(column)` (not null),
      `count_distinct`, `sum`, `mean`, `min`, `max`, `median`, `quantile(column, 0.95)`, `stddev`,
      `variance` (both of a sample), `first` and `last` (the value of the first or last row, NULL or
      not). Sums of decimals are exact, sums of whole numbers are whole (int64).
    - `having`: an SQL condition on `by` columns and metrics; groups that do not meet it are
      removed.
    - `sort`: columns to sort by, `-column` for descending; by default the order of `by`.
    - `limit`: the number of rows to keep, after sorting.

    ```yaml
    - aggregate:
        by: country
        metrics: {purchases: count(), revenue: sum(amount), "p95": "quantile(amount, 0.95)"}
        having: revenue > 0
        sort: -revenue
        limit: 10
    ```

    Raises StepError when the rows lack a column, a metric needs numbers and its column has none, or
    `having` is not valid.
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
        columns = (*self.by, *self.metrics)
        new_names(columns)
        for term in self.sort:
            name = term.removeprefix("-")
            if name not in columns:
                raise ValueError(
                    f"sort: no column {term!r} in the result{did_you_mean(name, columns)}"
                )
        return self

    def key(self) -> tuple[str, ...]:
        """The `by` columns; none (all rows together) when the result is sorted or limited."""
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
            groups = inputs.sql(f"select {listed} from rows {group}", rows=rows)
        if self.having is not None:
            groups = _having(groups, self.having, inputs)
        if self.by or self.sort:
            groups = groups.order(order_sql([*self.sort, *self.by]))
        return groups.limit(self.limit) if self.limit else groups


def _having(groups: Relation, condition: str, inputs: Inputs) -> Relation:
    parse_expression(inputs.connection, condition)
    try:
        with explained(f"having {condition!r}"):
            return groups.filter(f"({condition}\n)")
    except StepError as error:
        raise StepError(error.message, hint=f"it may use: {', '.join(groups.columns)}") from error
