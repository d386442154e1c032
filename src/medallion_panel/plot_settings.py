"""Blocks that show how rows are spread: over intervals, over groups, and on the earth."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from medallion_panel.block_models import Metric, MetricBlock, Names, TableBlock


class BoxPlot(TableBlock):
    """The spread of the column `y` in each `x`: median, middle half, and the range of most rows.

    A line reaches from the quantile `whiskers` to that of 1 - `whiskers`, from the least to the
    greatest value where it is 0. `sort` is `x`, `-x`, `y` or `-y`, by the median;
    `order` lists values of x that come first.
    """

    column_fields: ClassVar[tuple[str, ...]] = ("x", "y")

    x: str
    y: str
    whiskers: float = Field(default=0.05, ge=0, lt=0.25)
    sort: Literal["x", "-x", "y", "-y"] = "x"
    order: Names = ()
    limit: int = Field(default=30, ge=1, le=200)
    height: int = Field(default=300, ge=120)


class PointMap(MetricBlock):
    """A point for every place on a map, with an area by the figure `value`.

    The columns `latitude` and `longitude` are in degrees; `label` is a column with the names of
    places.
    """

    column_fields: ClassVar[tuple[str, ...]] = ("weight", "latitude", "longitude", "label")

    latitude: str
    longitude: str
    label: str | None = None
    value: Metric = "count()"
    width: int = Field(default=8, ge=1, le=12)
    height: int = Field(default=460, ge=120)
