"""Settings of box plots and of points on a map."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from medallion_panel.plot_settings import BoxPlot, PointMap


@pytest.mark.parametrize("whiskers", [-0.1, 0.25])
def test_whiskers_are_outside_the_box(whiskers: float) -> None:
    with pytest.raises(ValidationError, match="whiskers"):
        BoxPlot(table="t", x="x", y="y", whiskers=whiskers)


@pytest.mark.parametrize(
    ("block", "columns"),
    [
        (BoxPlot(table="t", x="month(day)", y="price"), {("x",): "day", ("y",): "price"}),
        (
            PointMap(table="t", latitude="lat", longitude="lon", label="city", value="sum(v)"),
            {("latitude",): "lat", ("longitude",): "lon", ("label",): "city", ("value",): "v"},
        ),
    ],
)
def test_check_knows_the_columns(block: Any, columns: dict[Any, str]) -> None:
    assert dict(block.columns_used()) == columns
