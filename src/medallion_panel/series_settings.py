"""Settings of line, area and bar charts."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from medallion.query.metrics import metric_call
from medallion_panel.annotation_settings import AnnotatedBlock
from medallion_panel.block_models import Metric, Names, Scale, Show


class Chart(AnnotatedBlock):
    """A figure `y` for every `x`, in one series or in one per value of `by`.

    Of many series the `series` largest are drawn, and the rest as one. `show` is `value`; `share`
    (of the sum of all series at this x); `growth` (on the x before); `average` (moving, over
    `window` values) or `total` (running). `sort` is `x`, `-x`, `y` or `-y`. `limit` keeps the first
    x in that order; the chart says how many it leaves out. `order` lists values of x that come
    first, in this order. On `scale: log`, figures of zero or less are left out. `multiples` is a
    column that gets a small chart for each of its values, all with the same axes.
    """

    column_fields: ClassVar[tuple[str, ...]] = ("weight", "x", "by", "multiples")
    metric_field: ClassVar[str] = "y"

    x: str
    y: Metric
    by: str | None = None
    multiples: str | None = None
    show: Show = "value"
    window: int = Field(default=3, ge=2)
    sort: Literal["x", "-x", "y", "-y"] = "x"
    order: Names = ()
    scale: Scale = "linear"
    limit: int | None = Field(default=None, ge=1, le=5000)
    series: int = Field(default=5, ge=1, le=10)

    @model_validator(mode="after")
    def _show_needs_additive(self) -> Self:
        if self.show in ("share", "total") and not metric_call(self.y).additive:
            raise ValueError(f"`show: {self.show}` needs an additive sum or count, not {self.y}")
        return self

    @model_validator(mode="after")
    def _multiples_are_another_column(self) -> Self:
        if self.multiples and self.multiples in (self.x, self.by):
            raise ValueError("`multiples` needs another column than `x` and `by`")
        return self

    @model_validator(mode="after")
    def _order_and_scale(self) -> Self:
        if self.order and self.sort.endswith("y"):
            raise ValueError(f"`order` is that of x, and `sort: {self.sort}` another one: omit one")
        if self.scale == "log" and self.show == "growth":
            raise ValueError("growth may be negative, which `scale: log` cannot show")
        return self


class AreaChart(Chart):
    """An area chart: its areas show amounts, so that it has no logarithmic scale."""

    @model_validator(mode="after")
    def _no_multiples(self) -> Self:
        if self.multiples:
            raise ValueError("an area has no `multiples`: use a line or bars")
        return self

    @model_validator(mode="after")
    def _no_logarithm(self) -> Self:
        if self.scale == "log":
            raise ValueError("an area has no `scale: log`: use a line")
        return self


class Bar(Chart):
    """A bar chart. `horizontal` has room for long names.

    Series of sums and counts are stacked, or with `grouped` side by side, as those of other metrics
    always are.
    """

    horizontal: bool = False
    grouped: bool = False

    @model_validator(mode="after")
    def _no_stack_of_logarithms(self) -> Self:
        stacked = self.by and not self.grouped and metric_call(self.metric).additive
        if self.scale == "log" and stacked:
            raise ValueError("stacked bars have no `scale: log`: add `grouped: true`")
        return self
