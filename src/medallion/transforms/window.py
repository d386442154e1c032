"""`window`: columns computed for each row from other rows of its group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator, model_validator

from medallion.contracts import ROW, Columns, Inputs, Scope, StepOrigins, Transform, quote, require
from medallion.errors import StepError
from medallion.sql.column_origins import made_of, passed_on
from medallion.sql.expressions import Names, columns_sql, explained, new_names, order_sql, public
from medallion.sql.function_calls import AGGREGATES, Function, check_calls, parse_call

if TYPE_CHECKING:
    from medallion.contracts import Relation

_RANKED = ("rank", "dense_rank")
_SQL = {"sum": "sum", "mean": "avg", "min": "min", "max": "max"}


def _moving(frame: str, name: str, number: str = "") -> Function:
    sum_or_mean = name in ("sum", "mean")
    sql = f"{_SQL[name]}({{column}}) over ({{ordered}} rows {frame})"
    sql = f"cast({sql} as double)" if name == "mean" else sql
    return Function(sql, number=number, numeric=sum_or_mean, exact=name == "sum")


FUNCTIONS: Mapping[str, Function] = {
    **AGGREGATES,
    "first": Function("first_value({column}) over ({ordered} rows {all})"),
    "last": Function("last_value({column}) over ({ordered} rows {all})"),
    "row_number": Function("row_number() over ({ordered})", column="no"),
    "rank": Function("rank() over ({ties})", column="no"),
    "dense_rank": Function("dense_rank() over ({ties})", column="no"),
    "lag": Function("lag({column}, {number}) over ({ordered})", number="rows", default="1"),
    "lead": Function("lead({column}, {number}) over ({ordered})", number="rows", default="1"),
    "share": Function("{column}::double / nullif(sum({column}::double){clause}, 0)", numeric=True),
    "running_count": Function("count({column}) over ({ordered} rows {so_far})", column="maybe"),
    **{f"running_{name}": _moving("{so_far}", name) for name in _SQL},
    **{
        f"moving_{name}": _moving("between {number} - 1 preceding and current row", name, "rows")
        for name in _SQL
    },
}


class Window(Transform):
    """Adds columns computed for each row from other rows of its group; the rows stay the same.

    - `by`: the columns that define a group; without any, all rows are one group.
    - `order_by`: the order within a group; `-column` is descending, NULLs are last. Ties, and rows
      without `order_by`, are in the order of their files, so that the result is always the same.
    - `columns`: new column → call. `row_number()`, `rank()`, `dense_rank()`; `lag(column, 1)`,
      `lead(column, 1)`; `running_sum`, `running_mean`, `running_min`, `running_max`,
      `running_count`; `moving_sum(column, 3)`, `moving_mean`, `moving_min`, `moving_max` over this
      number of rows up to the current one; `share(column)` of the group's total; and every function
      of `aggregate` over the whole group: `sum(column)`, `count()`, …

    ```yaml
    - window:
        by: client_id
        order_by: purchase_date
        columns:
          nth: row_number()
          spent_so_far: running_sum(amount)
          usual: moving_mean(amount, 3)
    ```

    Raises StepError when the rows lack a column, or already have one of the new names.
    """

    name: ClassVar[str] = "window"
    scope: ClassVar[Scope] = "key"

    by: Names = ()
    order_by: Names = ()
    columns: dict[str, str] = Field(min_length=1)

    @field_validator("columns")
    @classmethod
    def _calls(cls, columns: dict[str, str]) -> dict[str, str]:
        new_names(columns)
        check_calls(columns, FUNCTIONS)
        return columns

    @model_validator(mode="after")
    def _ranks(self) -> Window:
        for name, text in self.columns.items():
            if text.strip().startswith(_RANKED) and not self.order_by:
                raise ValueError(
                    f"{name}: {text} needs `order_by`, without which all rows are equal"
                )
        return self

    def key(self) -> tuple[str, ...]:
        return self.by

    def result_columns(self, rows: Columns, others: Mapping[str, Columns]) -> Columns:
        return None if rows is None else (*rows, *self.columns)

    def column_origins(self, rows: tuple[str, ...], others: Mapping[str, Columns]) -> StepOrigins:
        origins = passed_on(rows)
        order = [term.removeprefix("-") for term in self.order_by]
        for name, text in self.columns.items():
            column = parse_call(text, FUNCTIONS).column
            read = (*filter(None, [column]), *self.by, *order)
            origins[name] = made_of(f"{text} by {', '.join(self.by)}" if self.by else text, read)
        return StepOrigins(origins)

    def apply(self, rows: Relation, inputs: Inputs) -> Relation:
        require(rows, *self.by, *(term.removeprefix("-") for term in self.order_by))
        try:
            new_names(self.columns, taken=public(rows))
        except ValueError as error:
            raise StepError(str(error), hint="give the new column another name") from error
        group = f"partition by {columns_sql(self.by)}" if self.by else ""
        places = {
            "ties": f"{group} order by {order_sql(self.order_by)}",
            "ordered": f"{group} order by {order_sql([*self.order_by, ROW])}",
            "all": "between unbounded preceding and unbounded following",
            "so_far": "between unbounded preceding and current row",
        }
        places["clause"] = f" over ({group})"
        columns = [
            f"{parse_call(text, FUNCTIONS).sql(rows, **places)} as {quote(name)}"
            for name, text in self.columns.items()
        ]
        with explained(", ".join(self.columns.values())):
            return inputs.sql(f"select *, {', '.join(columns)} from rows", rows=rows)
