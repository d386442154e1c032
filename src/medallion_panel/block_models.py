"""What the blocks of a dashboard have in common: base models, and types of fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from medallion.errors import CallError
from medallion.query.aggregation import term_column
from medallion.query.metrics import metric_call

FormatName = Literal["number", "integer", "decimal", "currency", "percent", "date", "text"]
Scale = Literal["linear", "log"]
Show = Literal["value", "share", "growth", "average", "total"]


def title_slug(title: str) -> str:
    """A title as a name in a URL."""
    return re.sub(r"\W+", "-", title.lower()).strip("-")


def _metric(text: str) -> str:
    """A metric as it is. Raises ValueError on an invalid one."""
    try:
        metric_call(text)
    except CallError as error:
        parts = filter(None, (error.message.removeprefix("metric: "), error.hint))
        raise ValueError("; ".join(parts)) from None
    return text


def _names(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Metric = Annotated[str, BeforeValidator(lambda value: _metric(str(value)))]
Metrics = Annotated[tuple[Metric, ...], BeforeValidator(_names)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]


# A path below a block, a table that is named there, and a column of it, None for the table alone.
Reference: TypeAlias = tuple[tuple[str | int, ...], str, str | None]


class BlockModel(BaseModel):
    """The base of all models in the section `dashboard:`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Content(BlockModel):
    """The settings of every block: `title`, a `note` below it, `width` in twelfths of the page."""

    title: str = ""
    note: str = ""
    width: int = Field(default=6, ge=1, le=12)

    def references(self) -> Iterator[Reference]:
        """What it names in tables other than its own."""
        yield from ()


class WideContent(Content):
    """A block that by default has the full width."""

    width: int = Field(default=12, ge=1, le=12)


class TableBlock(Content):
    """A block on a served table; `format` overrides that of the column."""

    column_fields: ClassVar[tuple[str, ...]] = ()  # the fields that name columns

    table: str
    format: FormatName | None = None

    def columns_used(self) -> Iterator[tuple[tuple[str | int, ...], str | None]]:
        """(path below the block, column) of each column that it names; None for all columns."""
        for name, value in ((name, getattr(self, name)) for name in self.column_fields):
            if isinstance(value, str):
                yield (name,), term_column(value)
            for number, text in enumerate(value if isinstance(value, tuple) else ()):
                column = text.removeprefix("-") if name == "sort" else term_column(text)
                yield (name, number), column


class MetricBlock(TableBlock):
    """A block that shows a metric. With `weight`, a column, a mean is weighted by it.

    Use it where a table contains means of groups: the column says how large each group is.
    """

    metric_field: ClassVar[str] = "value"
    column_fields: ClassVar[tuple[str, ...]] = ("weight",)

    weight: str | None = None

    def columns_used(self) -> Iterator[tuple[tuple[str | int, ...], str | None]]:
        yield from super().columns_used()
        for column in metric_call(getattr(self, self.metric_field)).columns:
            yield (self.metric_field,), column

    @property
    def metric(self) -> str:
        """The metric as it is queried, with its weight."""
        text: str = getattr(self, self.metric_field)
        return f"mean({metric_call(text).column}, {self.weight})" if self.weight else text

    @model_validator(mode="after")
    def _weight_needs_mean(self) -> Self:
        call = metric_call(getattr(self, self.metric_field))
        if self.weight and (call.function != "mean" or call.weight):
            raise ValueError("`weight` needs a mean of one column, such as mean(delay)")
        return self
