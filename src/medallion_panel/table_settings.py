"""Settings of tables: a row of totals, and columns of sparklines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from medallion.query.aggregation import term_column
from medallion.query.metrics import metric_columns
from medallion_panel.block_models import (
    BlockModel,
    Metric,
    MetricBlock,
    Names,
    Reference,
    TableBlock,
)


class SparklineColumn(BlockModel):
    """A column of small lines: the figure `y` for every `x` of the rows of another table.

    They are the rows with the value of the column `by`, which both tables have.
    """

    title: str = Field(min_length=1)
    table: str
    by: str
    x: str
    y: Metric

    def references(self) -> Iterator[Reference]:
        """What it names in the other table."""
        yield ("table",), self.table, None
        yield ("by",), self.table, self.by
        yield ("x",), self.table, term_column(self.x)
        for column in metric_columns(self.y):
            yield ("y",), self.table, column


def _by_column(value: object) -> object:
    """Columns to sum as metrics by column."""
    value = (value,) if isinstance(value, str) else value
    if isinstance(value, list | tuple):
        return {str(column): f"sum({column})" for column in value}
    return value


class SummedTable(TableBlock):
    """A table with some `columns`, by default all, that may have a row of totals and sparklines.

    `totals` are the columns to sum, or metrics by column such as `{average: sum(spent) / count()}`,
    or true: the sums of all columns whose name and type say that they have a meaning.
    """

    columns: Names = ()
    totals: bool | Annotated[dict[str, Metric], BeforeValidator(_by_column)] = False
    sparklines: tuple[SparklineColumn, ...] = ()

    def columns_used(self) -> Iterator[tuple[tuple[str | int, ...], str | None]]:
        yield from super().columns_used()
        for name, metric in self.totals.items() if isinstance(self.totals, dict) else ():
            for column in dict.fromkeys((name, *metric_columns(metric))):
                yield ("totals", name), column
        for number, each in enumerate(self.sparklines):
            yield ("sparklines", number, "by"), each.by

    def references(self) -> Iterator[Reference]:
        for number, each in enumerate(self.sparklines):
            for place, table, column in each.references():
                yield ("sparklines", number, *place), table, column

    @model_validator(mode="after")
    def _has_columns(self) -> Self:
        totals = self.totals if isinstance(self.totals, dict) else {}
        for name in (*totals, *(each.by for each in self.sparklines)):
            if self.columns and name not in self.columns:
                raise ValueError(f"{name!r} has a total or sparklines: add it to `columns`")
        return self


class PivotBlock(MetricBlock):
    """A figure for every pair of `rows` and `columns` as a table, with their totals.

    The totals are computed of the rows themselves: that of means is the mean of all rows. `sort` is
    `rows` or `value`, the total, with `-` in descending order; `order` lists values of rows or
    columns that come first. The first `limit` rows and `column_limit` columns are shown.
    """

    column_fields: ClassVar[tuple[str, ...]] = ("weight", "rows", "columns")

    rows: str
    columns: str
    value: Metric
    sort: Literal["rows", "-rows", "value", "-value"] = "rows"
    order: Names = ()
    limit: int = Field(default=50, ge=1, le=1000)
    column_limit: int = Field(default=24, ge=1, le=100)
    width: int = Field(default=12, ge=1, le=12)

    @model_validator(mode="after")
    def _two_columns(self) -> Self:
        if term_column(self.rows) == term_column(self.columns):
            column = term_column(self.rows)
            raise ValueError(f"`rows` and `columns` are both of {column!r}: choose two columns")
        return self
