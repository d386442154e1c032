"""Settings of blocks that are refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from medallion_panel.series_settings import AreaChart, Bar, Chart
from tests.unit.panel.tables import content_of


@pytest.mark.parametrize("show", ["share", "total"])
@pytest.mark.parametrize(
    "metric", ["mean(delay)", "median(delay)", "max(delay)", "sum(delay) / count()"]
)
def test_shares_and_totals_of_figures_that_are_not_additive_are_refused(
    show: Any, metric: str
) -> None:
    with pytest.raises(ValidationError, match="additive"):
        Chart(table="delays", x="month", y=metric, show=show)


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (Chart, {"order": ["low"], "sort": "-y"}, "`order` is that of x"),
        (Chart, {"scale": "log", "show": "growth"}, "growth may be negative"),
        (AreaChart, {"scale": "log"}, "an area has no `scale: log`"),
        (Bar, {"scale": "log", "by": "shop"}, "add `grouped: true`"),
    ],
)
def test_orders_and_scales_that_cannot_be_drawn_are_refused(
    kind: type[Chart], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        kind(table="sales", x="size", y="sum(price)", **settings)
    kind(table="sales", x="size", y="sum(price)")


def test_grouped_bars_and_bars_of_means_may_have_a_logarithmic_scale() -> None:
    for settings in ({"y": "sum(price)", "grouped": True}, {"y": "mean(price)"}):
        assert Bar(table="sales", x="size", by="shop", scale="log", **settings).scale == "log"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"events": ["drift"]}, "need a line or an area"),
        ({"horizontal": True, "annotations": [{"at": 2024, "text": "x"}]}, "not horizontal"),
        ({"annotations": [{"at": "soon", "text": "x"}]}, "such as 2024-05, not soon"),
        ({"lines": [{"label": "x"}]}, "value"),
    ],
)
def test_annotations_that_bars_cannot_have(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        content_of(bar={"table": "t", "x": "day", "y": "count()", **settings})
