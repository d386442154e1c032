"""`aggregate`: one row for each group, with metrics over its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, PositiveInt, field_validator, model_validator

from medallion.contracts import (
    MAIN,
    PART,
    ROW,
    Columns,
    Grain,
    Inputs,
    Scope,
    StepOrigins,
    Transform,
    quote,
    require,
)
from medallion.errors import StepError, did_you_mean
from medallion.sql.column_origins import made_of, passed_on
from medallion.sql.distinct_parts import has_integers, list_columns, with_counts, with_parts
from medallion.sql.expressions import (
    Names,
    columns_sql,
    explained,
    new_names,
    order_sql,
    parse_expression,
)
from medallion.sql.function_calls import AGGREGATES, Call, check_calls, parse_call
from medallion.sql.group_links import GroupColumns
from medallion.sql.partial_calls import (
    are_order_free,
    combined_columns,
    distinct_columns,
    partial_columns,
)
from medallion.sql.relations import stored
from medallion.sql.row_matching import of_keys

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

    When partitions of the rows change, only their partial results are computed, unless a metric is
    `median`, `quantile`, `stddev`, `variance`, a `sum` or `mean` of floats, or a `count_distinct`
    of nearly as many values as there are rows (of integers: that are far apart). Of a table with
    many groups, only the groups of changed rows are computed.

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
    separates_parts: ClassVar[bool] = True

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

    def expressions(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if self.having is not None:
            yield ("having",), self.having

    def column_origins(self, rows: tuple[str, ...], others: Mapping[str, Columns]) -> StepOrigins:
        origins = passed_on(self.by)
        for name, call in zip(self.metrics, self._parsed(), strict=True):
            origins[name] = made_of(call.text, filter(None, [call.column]))
        return StepOrigins(origins, tuple((MAIN, name) for name in self.by))

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.by)
        figures = [call.sql(rows) for call in self._parsed()]
        return self._result(self.by, figures, rows, inputs)

    def trace_key(self, rows: Relation, inputs: Inputs) -> tuple[str, ...]:
        return self.by

    def trace(self, result: Relation, rows: Relation, inputs: Inputs) -> Mapping[str, Relation]:
        return {MAIN: of_keys(rows, result, self.by, inputs).project(ROW)}

    def partial(self, rows: Relation, inputs: Inputs) -> Relation | None:
        require(rows, *self.by)
        columns = partial_columns(self._parsed(), rows)
        if columns is None:
            return None
        keys = {PART: PART} if PART in rows.columns else {}
        keys |= dict(zip(self._keys(), self.by, strict=True))
        # Without `by`, no rows would make a group whose first value is NULL.
        columns["rows"] = "count(*)"
        distinct = distinct_columns(self._parsed())
        if not distinct:
            return self._groups(keys, columns, rows, inputs).filter("rows > 0")
        if has_integers(rows, distinct.values()):
            rows = stored(rows.project(columns_sql(self._used(rows))), inputs.connection)
        columns |= list_columns(rows, distinct)
        groups = self._groups(keys, columns, rows, inputs).filter("rows > 0")
        named = {**keys, **distinct}
        items = (f"{quote(column)} as {quote(name)}" for name, column in named.items())
        narrow = rows.project(", ".join(items))
        return with_parts(groups, narrow, [*keys], [*distinct], inputs)

    def combine(self, partials: Relation, inputs: Inputs) -> Relation:
        partials = with_counts(partials, self._keys(), inputs)
        figures = combined_columns(self._parsed(), partials)
        return self._result(self._keys(), figures, partials, inputs)

    def group_columns(self, rows: Relation, inputs: Inputs) -> Mapping[str, GroupColumns] | None:
        require(rows, *self.by)
        if not self.by or self.limit or not are_order_free(self._parsed(), rows):
            return None
        reads = tuple(name for name in self._used(rows) if name not in (ROW, PART))
        return {MAIN: GroupColumns({name: name for name in self.by}, reads)}

    def arranged(self, result: Relation, inputs: Inputs) -> Relation:
        return result.order(order_sql([*self.sort, *self.by]))

    def _parsed(self) -> list[Call]:
        return [parse_call(text, AGGREGATES) for text in self.metrics.values()]

    def _used(self, rows: Relation) -> list[str]:
        """The columns that partial results are made of."""
        used = {ROW, PART, *self.by, *(call.column for call in self._parsed())}
        return [name for name in rows.columns if name in used]

    def _keys(self) -> list[str]:
        """The names of the `by` columns in partial results."""
        return [f"key_{number}" for number in range(len(self.by))]

    def _result(
        self, keys: Sequence[str], figures: Sequence[str], rows: Relation, inputs: Inputs
    ) -> Relation:
        groups = self._groups(
            dict(zip(self.by, keys, strict=True)),
            dict(zip(self.metrics, figures, strict=True)),
            rows,
            inputs,
        )
        if self.having is not None:
            groups = _having(groups, self.having, inputs)
        if self.by or self.sort:
            groups = self.arranged(groups, inputs)
        return groups.limit(self.limit) if self.limit else groups

    def _groups(
        self, keys: Mapping[str, str], figures: Mapping[str, str], rows: Relation, inputs: Inputs
    ) -> Relation:
        """A row for each group: `keys` are columns and `figures` SQL, both by new name."""
        listed = [f"{quote(column)} as {quote(name)}" for name, column in keys.items()]
        listed += [f"{sql} as {quote(name)}" for name, sql in figures.items()]
        group = f"group by {columns_sql(keys.values())}" if keys else ""
        with explained(", ".join(self.metrics.values())):
            return inputs.sql(f"select {', '.join(listed)} from rows {group}", rows=rows)


def _having(groups: Relation, condition: str, inputs: Inputs) -> Relation:
    parse_expression(inputs.connection, condition)
    try:
        with explained(f"having {condition!r}"):
            return groups.filter(f"({condition}\n)")
    except StepError as error:
        raise StepError(error.message, hint=f"it may use: {', '.join(groups.columns)}") from error
