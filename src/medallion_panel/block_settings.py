"""The blocks of a dashboard page as they are declared, one class per kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from medallion.errors import did_you_mean
from medallion.query.metrics import metric_call
from medallion_panel.block_models import (
    BlockModel,
    Content,
    Metric,
    MetricBlock,
    Metrics,
    Names,
    Scale,
    TableBlock,
    WideContent,
    title_slug,
)
from medallion_panel.lake_block_settings import LAKE_KINDS, CatalogueBlock, RejectRates, RunHistory
from medallion_panel.plot_settings import BoxPlot, PointMap
from medallion_panel.series_settings import AreaChart, Bar, Chart
from medallion_panel.table_settings import PivotBlock, SummedTable
from medallion_panel.text_figures import FiguredText

_WITHOUT_SETTINGS = ("quality", "freshness", "runs", "changes", "speed", "quarantine", *LAKE_KINDS)


class Kpi(MetricBlock):
    """One figure. With `over` (a period, such as a month), also its last change and a sparkline.

    `good` is what is shown in green: `up`, `down` or `none`. `target` is one for the figure.
    """

    column_fields: ClassVar[tuple[str, ...]] = ("weight", "over")

    value: Metric
    over: str | None = None
    good: Literal["up", "down", "none"] = "up"
    target: float | None = Field(default=None, gt=0)
    width: int = Field(default=3, ge=1, le=12)


class Scatter(TableBlock):
    """One point per row, in a colour per value of `by`; above 50,000 points their density.

    `scale` is that of y, `x_scale` that of x.
    """

    column_fields: ClassVar[tuple[str, ...]] = ("x", "y", "by")

    x: str
    y: str
    by: str | None = None
    scale: Scale = "linear"
    x_scale: Scale = "linear"
    height: int = Field(default=320, ge=120)


class Histogram(TableBlock):
    """The number of rows with a value of `column` in each of about `bins` intervals."""

    column_fields: ClassVar[tuple[str, ...]] = ("column",)

    column: str
    bins: int = Field(default=24, ge=2, le=200)
    height: int = Field(default=300, ge=120)


class Heatmap(MetricBlock):
    """A figure for every pair of `x` and `y`; weekdays and months are in calendar order.

    `order` lists values of x or y that come first, in this order.
    """

    column_fields: ClassVar[tuple[str, ...]] = ("weight", "x", "y")

    x: str
    y: str
    value: Metric
    order: Names = ()
    height: int = Field(default=320, ge=120)


class WorldMap(MetricBlock):
    """A figure for every country; the column `country` has English names or two-letter codes."""

    column_fields: ClassVar[tuple[str, ...]] = ("weight", "country")

    country: str
    value: Metric
    width: int = Field(default=8, ge=1, le=12)
    height: int = Field(default=460, ge=120)


class Rows(SummedTable):
    """Rows, paged and sorted by the store.

    `columns` are those to show, by default all; with `detail`, a selected row is shown in full;
    `search` is a text column to search in.
    """

    column_fields: ClassVar[tuple[str, ...]] = ("columns", "sort", "search")

    sort: Names = ()
    search: str | None = None
    detail: bool = False
    page_size: int = Field(default=20, ge=5, le=200)
    width: int = Field(default=12, ge=1, le=12)

    def columns_used(self) -> Iterator[tuple[tuple[str | int, ...], str | None]]:
        if not self.columns or self.detail:
            yield (), None
        yield from super().columns_used()


class Groups(TableBlock):
    """A table of figures: a row per group of `by`, or one, with the figures `metrics` of its rows.

    `sort` is a column of `by` or a metric, with `-` from the largest; the first `limit` are shown.
    """

    column_fields: ClassVar[tuple[str, ...]] = ("by",)

    by: Names = ()
    metrics: Metrics = Field(default=("count()",), min_length=1)
    sort: str = ""
    limit: int = Field(default=50, ge=1, le=1000)
    width: int = Field(default=12, ge=1, le=12)

    @property
    def metric(self) -> str:
        """The first metric, of which a visitor can ask for the rows behind."""
        return self.metrics[0]

    def columns_used(self) -> Iterator[tuple[tuple[str | int, ...], str | None]]:
        yield from super().columns_used()
        for number, metric in enumerate(self.metrics):
            for column in metric_call(metric).columns:
                yield ("metrics", number), column


class Markdown(WideContent, FiguredText):
    """Text in Markdown, with figures of tables such as `{sales.sum(revenue)}`."""


class Quality(WideContent):
    """The numbers of rows kept, deduplicated, dropped and quarantined for this release, by rule."""

    rules: bool = True


class Freshness(WideContent):
    """The age of the release, of every table and of every source."""


class Runs(WideContent):
    """The duration and outcome of past runs, and the steps of the last one."""

    limit: int = Field(default=30, ge=1, le=500)


class Changes(WideContent):
    """What differs from the release before, in the served tables, with some `rows` of each."""

    rows: int = Field(default=10, ge=0, le=500)


class QuarantineBlock(WideContent):
    """The rejected source records of each table, by rule and file, to be corrected."""


class Speed(WideContent):
    """What visitors waited for, and, on demand, response times of the API or else the store."""

    requests: int = Field(default=50, ge=5, le=1000)


class Tab(BlockModel):
    """A tab: a `title`, and the `blocks` below it, which are shown while it is open."""

    title: str
    blocks: tuple[Block, ...] = Field(min_length=1)

    @field_validator("title")
    @classmethod
    def _named(cls, title: str) -> str:
        if not title_slug(title):
            raise ValueError("the title of a tab needs a letter or a digit")
        return title

    @field_validator("blocks")
    @classmethod
    def _without_tabs(cls, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        if any(block.tabs for block in blocks):
            raise ValueError("a tab cannot contain other tabs")
        return blocks

    @property
    def slug(self) -> str:
        """Its name in a URL."""
        return title_slug(self.title)


class Block(BlockModel):
    """One block of a page, of exactly one of these kinds; `tabs` group others, of which one tab is
    open.
    """

    kpi: Kpi | None = None
    line: Chart | None = None
    area: AreaChart | None = None
    bar: Bar | None = None
    scatter: Scatter | None = None
    histogram: Histogram | None = None
    box: BoxPlot | None = None
    heatmap: Heatmap | None = None
    map: WorldMap | None = None
    points: PointMap | None = None
    rows: Rows | None = Field(default=None, alias="table")
    groups: Groups | None = None
    pivot: PivotBlock | None = None
    markdown: Markdown | None = None
    quality: Quality | None = None
    freshness: Freshness | None = None
    runs: Runs | None = None
    changes: Changes | None = None
    speed: Speed | None = None
    quarantine: QuarantineBlock | None = None
    catalogue: CatalogueBlock | None = None
    run_history: RunHistory | None = None
    reject_rates: RejectRates | None = None
    tabs: tuple[Tab, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _one_kind(cls, value: object) -> object:
        value = {value: {}} if isinstance(value, str) and value in _WITHOUT_SETTINGS else value
        if not isinstance(value, Mapping) or len(value) != 1:
            said = "a mapping of one kind to its settings, such as `kpi: {…}`"
            raise ValueError(f"a block must be {said}")
        kinds = [info.alias or name for name, info in cls.model_fields.items()]
        (kind,) = value
        if kind not in kinds and kind not in cls.model_fields:
            raise ValueError(f"unknown kind of block {kind!r}{did_you_mean(str(kind), kinds)}")
        return {kind: {} if value[kind] is None else value[kind]}

    @property
    def kind(self) -> str:
        """The name of its field: the kind, but `rows` for `table`."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def content(self) -> Content:
        """The settings of its kind, other than `tabs`."""
        content: Content = getattr(self, self.kind)
        return content


def placed_blocks(blocks: Iterable[Block]) -> Iterator[tuple[tuple[str | int, ...], Block]]:
    """(path, block) of each block that is drawn: also of those in tabs, in the order of a page."""
    for number, block in enumerate(blocks):
        path = ("blocks", number)
        if block.tabs is None:
            yield path, block
        for place, tab in enumerate(block.tabs or ()):
            for inside, each in placed_blocks(tab.blocks):
                yield (*path, "tabs", place, *inside), each
