"""Points on a map: places, sizes, rows without a position, and marks."""

from __future__ import annotations

from dataclasses import replace
from math import log, pi, radians, tan
from typing import Any

import pytest

from medallion.contracts import Filter
from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.legend import RenderedChart
from medallion_panel.blocks.point_map import point_map
from medallion_panel.plot_settings import PointMap
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable

TYPES = {"city": "text", "lat": "float64", "lon": "float64", "sold": "int64"}
BY_CITY = Filter("city", "in", ("Sydney",))
ROWS = [
    ("Cork", 51.9, -8.47, 30),
    ("Cork", 51.9, -8.47, 6),
    ("Sydney", -33.87, 151.21, 9),
    ("Nowhere", None, 3.0, 5),
    ("Beyond", 91.0, 3.0, 5),
    ("Pole", 89.0, 3.0, 5),
]


@pytest.fixture
def context(open_context: OpenContext) -> BlockContext:
    return open_context(SmallTable(TYPES, ROWS))


def chart_of(context: BlockContext, **settings: Any) -> RenderedChart:
    return point_map(PointMap(table="t", latitude="lat", longitude="lon", **settings), context)


def points(chart: RenderedChart) -> dict[str, list[Any]]:
    data: dict[str, list[Any]] = dict(chart.figure.renderers[-1].data_source.data)
    return data


def test_rows_at_a_place_are_one_point_with_an_area_by_the_figure(context: BlockContext) -> None:
    chart = chart_of(context, value="sum(sold)", label="city")
    data = points(chart)
    assert (data["place"], data["text"]) == (["Cork", "Sydney"], ["36", "9"])
    assert data["x"] == [-8.47, 151.21]
    assert data["y"] == pytest.approx(
        [log(tan(pi / 4 + radians(degrees) / 2)) * 180 / pi for degrees in (51.9, -33.87)]
    )
    assert data["size"] == pytest.approx([38, 38 * (9 / 36) ** 0.5])
    assert chart.note == "3 rows have no position on the map."
    assert chart.figure.x_range.start < -8.47 < 151.21 < chart.figure.x_range.end


def test_visitors_share_the_places(context: BlockContext) -> None:
    first, second = (points(chart_of(context, label="city")) for _ in range(2))
    assert first["x"] is second["x"]
    (place,) = points(chart_of(replace(context, page_filters=(BY_CITY,)), label="city"))["place"]
    assert place == "Sydney"


def test_a_click_filters_by_the_name_or_else_the_position(context: BlockContext) -> None:
    named, unnamed = (chart_of(context, **settings).marks for settings in ({"label": "city"}, {}))
    assert named is not None
    assert unnamed is not None
    assert (named.at(0).label, named.at(0).terms) == ("Cork", (("city", ["Cork"]),))
    assert unnamed.at(1).label == "33.87° S, 151.21° E"
    assert unnamed.at(1).terms == (("lat", [-33.87]), ("lon", [151.21]))
    assert unnamed.at(0).figure == "2"


def test_without_positions_the_reason_is_given(open_context: OpenContext) -> None:
    with pytest.raises(NoRowsError, match="1 row has no position on the map"):
        chart_of(open_context(SmallTable(TYPES, ROWS[3:4])))
