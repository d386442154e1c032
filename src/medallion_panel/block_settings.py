"""The blocks of a dashboard page as they are declared: what each shows, and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from medallion.errors import CallError, did_you_mean
from medallion.query.metrics import metric_call

FormatName = Literal["number", "integer", "decimal", "currency", "percent", "date", "text"]


Show = Literal["value", "share", "growth", "average", "total"]


def _metric(text: str) -> str:
    try:
        metric_call(text)
    except CallError as error:
        hint = f"; {error.hint}" if error.hint else ""
        raise ValueError(f"{error.message.removeprefix('metric: ')}{hint}") from None
    return text


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Metric = Annotated[str, BeforeValidator(lambda value: _metric(str(value)))]


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class BlockModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Content(BlockModel):
    """What every block has: `title`, a `note` below it, and its `width` in twelfths of a wide screen."""

    title: str = ""
    note: str = ""
    width: int = Field(default=6, ge=1, le=12)


class OnTable(Content):
    """A block on a served table; `format` overrides that of the column."""

    table: str
    format: FormatName | None = None


class OnMetric(OnTable):
    """A block that shows a metric. With `weight`, a column, a mean is weighted by it: the mean over groups of means."""

    metric_field: ClassVar[str] = "value"

    weight: str | None = None

    @property
    def metric(self) -> str:
        """The metric as a store is asked for it."""
        text: str = getattr(self, self.metric_field)
        return f"mean({metric_call(text).column}, {self.weight})" if self.weight else text

    @model_validator(mode="after")
    def _weighs_a_mean(self) -> Self:
        call = metric_call(getattr(self, self.metric_field))
        if self.weight and (call.function != "mean" or call.weight):
            raise ValueError("`weight` needs a mean of one column, such as mean(delay)")
        return self


class Kpi(OnMetric):
    """One figure. With `over` (a period, such as a month), its change in the last period that is over and a sparkline.

    `good` says which way is good: `up`, `down`, or `none`, which leaves the change without a colour.
    """

    value: Metric
    over: str | None = None
    good: Literal["up", "down", "none"] = "up"
    width: int = Field(default=3, ge=1, le=12)


class Chart(OnMetric):
    """A figure `y` for every `x`, in one series or one for each value of `by` (the `series` largest, and the rest).

    `show` what is made of y: `value`; `share` of the sum of its x; `growth` on the x before; `average`, the
    moving one of `window` values; `total`, the running one. `sort` is `x`, `-x`, `y` or `-y`. `limit` keeps the first
    x in that order; the chart says what it leaves out.
    """

    metric_field: ClassVar[str] = "y"

    x: str
    y: Metric
    by: str | None = None
    show: Show = "value"
    window: int = Field(default=3, ge=2)
    sort: Literal["x", "-x", "y", "-y"] = "x"
    limit: int | None = Field(default=None, ge=1, le=5000)
    series: int = Field(default=5, ge=1, le=10)
    height: int = Field(default=300, ge=120)

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.show in ("share", "total") and not metric_call(self.y).additive:
            raise ValueError(
                f"`show: {self.show}` needs a figure that adds up, a sum or a count, not {self.y}"
            )
        return self


class Bar(Chart):
    """As any chart; `horizontal` leaves room for long names. Series of sums and counts are stacked, others grouped."""

    horizontal: bool = False


class Scatter(OnTable):
    """One point a row; beyond 50,000 points they are drawn as density. `by` gives them a colour each."""

    x: str
    y: str
    by: str | None = None
    height: int = Field(default=320, ge=120)


class Histogram(OnTable):
    """How many rows have a value of `column` in each of about `bins` intervals."""

    column: str
    bins: int = Field(default=24, ge=2, le=200)
    height: int = Field(default=300, ge=120)


class Heatmap(OnMetric):
    """A figure for every pair of `x` and `y`; names of weekdays and months stand in their own order."""

    x: str
    y: str
    value: Metric
    height: int = Field(default=320, ge=120)


class WorldMap(OnMetric):
    """A figure for every country: `country` holds English names or two-letter codes."""

    country: str
    value: Metric
    width: int = Field(default=8, ge=1, le=12)
    height: int = Field(default=460, ge=120)


class Rows(OnTable):
    """Rows, paged and sorted by the store. `columns` are those to show, by default all; `detail` shows the row
    one picks in full; `search` is a text column to look in."""

    columns: Names = ()
    sort: Names = ()
    search: str | None = None
    detail: bool = False
    page_size: int = Field(default=20, ge=5, le=200)
    width: int = Field(default=12, ge=1, le=12)


class Markdown(Content):
    """Text in Markdown."""

    text: str
    width: int = Field(default=12, ge=1, le=12)


class Quality(Content):
    """How many rows were kept, deduplicated, dropped and quarantined, and by which rule, on the way to this release."""

    rules: bool = True
    width: int = Field(default=12, ge=1, le=12)


class Freshness(Content):
    """When the release was published, and when every table and every source was last renewed."""

    width: int = Field(default=12, ge=1, le=12)


class Runs(Content):
    """How long past runs took, and what they did."""

    limit: int = Field(default=30, ge=1, le=500)
    width: int = Field(default=12, ge=1, le=12)


class Speed(Content):
    """p50, p95 and p99 of each question to the API (or, without one, to the store), measured at a press."""

    requests: int = Field(default=50, ge=5, le=1000)
    width: int = Field(default=12, ge=1, le=12)


class Block(BlockModel):
    """One part of a page: exactly one of these kinds."""

    kpi: Kpi | None = None
    line: Chart | None = None
    area: Chart | None = None
    bar: Bar | None = None
    scatter: Scatter | None = None
    histogram: Histogram | None = None
    heatmap: Heatmap | None = None
    map: WorldMap | None = None
    rows: Rows | None = Field(default=None, alias="table")
    markdown: Markdown | None = None
    quality: Quality | None = None
    freshness: Freshness | None = None
    runs: Runs | None = None
    speed: Speed | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_kind(cls, value: object) -> object:
        if isinstance(value, str) and value in ("quality", "freshness", "runs", "speed"):
            value = {value: {}}
        if not isinstance(value, Mapping) or len(value) != 1:
            raise ValueError("a block is a mapping of one kind to its settings, such as `kpi: {…}`")
        known = [info.alias or name for name, info in cls.model_fields.items()]
        (kind,) = value
        if kind not in known and kind not in cls.model_fields:
            raise ValueError(f"no kind of block {kind!r}{did_you_mean(str(kind), known)}")
        return {kind: {} if value[kind] is None else value[kind]}

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def content(self) -> Content:
        found: Content = getattr(self, self.kind)
        return found
