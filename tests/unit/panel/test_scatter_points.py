"""The points of a scatter plot: shared by all visitors, with notes on what is not drawn."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from math import inf

import pytest

from medallion.contracts import Filter, Query
from medallion_panel.block_settings import Scatter
from medallion_panel.blocks.block_context import NoRowsError
from medallion_panel.blocks.scatter import scatter
from medallion_panel.blocks.scatter_points import scatter_points
from medallion_panel.data.cached_store import CachedStore
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import FORMATS, SmallTable

SALES = SmallTable(
    {"day": "text", "price": "decimal(9,2)", "sold": "float64", "shop": "text"},
    [
        ("Tuesday", Decimal("1.50"), 3.0, "B"),
        ("Monday", Decimal("-2.25"), 4.0, "A"),
        ("Monday", Decimal("8.00"), inf, "A"),
        ("Monday", Decimal("9.00"), 5.0, None),
    ],
)
QUERY = Query(fields=("price", "sold", "shop"))
BLOCK = Scatter(table="t", x="price", y="sold", by="shop")


def test_points_are_by_series_and_their_marks_are_numbers_of_rows(
    open_context: OpenContext,
) -> None:
    points = scatter_points(BLOCK, open_context(SALES), QUERY, [])
    columns = {
        name: [list(data[each]) for each in ("x", "y", "mark")]
        for name, data in points.series.items()
    }
    assert columns == {
        "A": [[-2.25], [4], [1]],
        "B": [[1.5], [3], [0]],
        "No value": [[9], [5], [2]],
    }
    assert points.rows[2] == {"price": Decimal("9.00"), "sold": 5.0, "shop": None}
    assert (points.missing, points.note, points.names) == (1, "", {})


def test_a_logarithmic_scale_hides_what_is_not_above_zero(open_context: OpenContext) -> None:
    context = open_context(SALES)
    points = scatter_points(BLOCK, context, QUERY, ["x"])
    assert list(points.series) == ["B", "No value"]
    assert points.spans == {"x": (1.5, 9)}
    assert points.note.startswith("1 point of zero or less is not drawn")
    negative = replace(QUERY, filters=(Filter("price", "lt", 0),))
    with pytest.raises(NoRowsError, match="1 point of zero or less"):
        scatter_points(BLOCK, context, negative, ["x"])


def test_names_are_in_the_order_of_their_axis(open_context: OpenContext) -> None:
    block = Scatter(table="t", x="day", y="price")
    points = scatter_points(block, open_context(SALES), Query(fields=("day", "price")), [])
    assert points.names == {"x": ["Monday", "Tuesday"]}
    assert list(points.series) == ["Price"]
    assert points.missing == 0


def test_visitors_with_the_same_filters_share_their_points(open_context: OpenContext) -> None:
    context = open_context(SALES)
    charts = [scatter(BLOCK, replace(context)) for _ in range(2)]
    former, later = ([r.data_source.data for r in chart.figure.renderers] for chart in charts)
    assert [data["x"] is again["x"] for data, again in zip(former, later, strict=True)] == [
        True
    ] * 3
    german = replace(FORMATS, locale="de_DE")
    translated = scatter(BLOCK, replace(context, formats=german))
    assert "Kein Wert" in translated.legend
    assert "No value" in scatter(BLOCK, context).legend


def test_points_that_were_read_stay_those_of_their_release(open_context: OpenContext) -> None:
    store = open_context(SALES).store
    assert isinstance(store, CachedStore)
    rows = store.points("t", QUERY)
    assert store.points("t", QUERY) is rows
    assert [row["price"] for row in rows] == [Decimal(each) for each in ("1.50", "-2.25", "8", "9")]
