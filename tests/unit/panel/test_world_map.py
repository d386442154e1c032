"""A map of figures by country: names, combined figures, colours and the frame."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from medallion_panel.block_settings import WorldMap
from medallion_panel.blocks.block_context import NoRowsError
from medallion_panel.blocks.legend import RenderedChart
from medallion_panel.blocks.world_map import by_country, world_map
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable

TABLE = SmallTable(
    {"land": "text", "v": "float64"},
    [
        ("France", 5.0),
        ("FR", 3.0),
        ("Germany", 2.0),
        ("Nowhere", 1.0),
        (None, 1.0),
        ("Ireland", None),
    ],
)


def block(value: str) -> WorldMap:
    return WorldMap(table="t", country="land", value=value)


@pytest.mark.parametrize(
    ("value", "france"), [("sum(v)", 8), ("count()", 2), ("min(v)", 3), ("max(v)", 5)]
)
def test_two_names_of_a_country_are_combined(
    open_context: OpenContext, value: str, france: float
) -> None:
    values, names, unknown, notes = by_country(block(value), open_context(TABLE))
    assert values["france"] == france
    assert sorted(names["france"]) == ["FR", "France"]
    assert sorted(unknown) == ["Nowhere", "no country"]
    assert notes == []


def test_means_of_two_names_cannot_be_combined(open_context: OpenContext) -> None:
    values, names, unknown, _ = by_country(block("mean(v)"), open_context(TABLE))
    assert values == {"france": 5, "germany": 2}
    assert names["france"] == ["France"]  # whose rows alone are behind the figure
    assert sorted(unknown) == ["FR", "Nowhere", "no country"]


def test_infinite_figures_are_left_out_with_a_note(open_context: OpenContext) -> None:
    table = SmallTable(TABLE.types, [("France", inf), ("Germany", 1.0)])
    values, _, _, notes = by_country(block("max(v)"), open_context(table))
    assert values == {"germany": 1}
    assert notes == ["Infinite values are not drawn."]


def drawn(chart: RenderedChart) -> dict[str, tuple[float, str]]:
    """The opacity and the text of every country with a figure."""
    data = chart.figure.renderers[1].data_source.data
    rows = zip(data["country"], data["strength"], data["text"], strict=True)
    return {name: (strength, text) for name, strength, text in rows}


def test_countries_are_coloured_from_0_to_the_greatest_figure(open_context: OpenContext) -> None:
    chart = world_map(block("sum(v)"), open_context(TABLE))
    countries = drawn(chart)
    assert set(countries) == {"France", "Germany"}
    assert countries["France"] == (pytest.approx(1), "8.00")
    # 0.1 for 0, in both steps
    assert countries["Germany"] == (pytest.approx(0.1 + 0.9 * (0.1 + 0.9 / 4)), "2.00")
    blank = chart.figure.renderers[0].data_source.data["x"]
    assert len(blank) > 150
    assert "Not on the map: Nowhere, no country" in chart.legend


def test_the_frame_is_around_the_main_part_of_each_country(open_context: OpenContext) -> None:
    table = SmallTable(TABLE.types, [("France", 1.0)])
    plot = world_map(block("sum(v)"), open_context(table)).figure
    assert -10 < plot.x_range.start < plot.x_range.end < 15  # without French Guiana at -52
    assert plot.tags == [plot.x_range.start, plot.x_range.end, plot.y_range.start, plot.y_range.end]


@pytest.mark.parametrize(
    ("rows", "remark"),
    [([], ""), ([("Nowhere", 1.0)], "Not on the map: Nowhere"), ([("Ireland", None)], "")],
)
def test_without_a_figure_there_is_nothing_to_draw(
    open_context: OpenContext, rows: list[Any], remark: str
) -> None:
    with pytest.raises(NoRowsError) as error:
        world_map(block("sum(v)"), open_context(SmallTable(TABLE.types, rows)))
    assert str(error.value) == remark
