"""Charts on the screen take over the data of new ones, unless their structure differs."""

from __future__ import annotations

import numpy as np
from bokeh.models import ColumnDataSource, FactorRange
from bokeh.plotting import figure

from medallion_panel.ui.chart_update import update_chart


def chart(values: list[float], series: int = 1, *, names: list[str] | None = None) -> figure:
    plot = figure(
        height=200,
        width=300,
        x_range=FactorRange(*(names or ["a", "b"])),
        toolbar_location=None,
    )
    for _ in range(series):
        plot.line(x="x", y="y", source=ColumnDataSource({"x": ["a", "b"], "y": values}))
    return plot


def values(plot: figure) -> list[float]:
    return list(plot.renderers[0].data_source.data["y"])


def test_the_shown_chart_gets_the_data_and_keeps_its_models() -> None:
    shown = chart([1, 2])
    models = [shown.renderers[0], shown.renderers[0].data_source, shown.x_range]
    assert update_chart(shown, chart([3, 4], names=["b", "a"]))
    assert values(shown) == [3, 4]
    assert shown.x_range.factors == ["b", "a"]
    assert [shown.renderers[0], shown.renderers[0].data_source, shown.x_range] == models


def test_the_new_chart_stays_independent() -> None:
    shown, new = chart([1, 2]), chart([3, 4])
    assert update_chart(shown, new)
    shown.renderers[0].data_source.data["y"] = [9, 9]
    shown.x_range.factors = ["z"]
    assert values(new) == [3, 4]
    assert new.x_range.factors == ["a", "b"]


def test_a_chart_of_another_structure_is_not_touched() -> None:
    shown = chart([1, 2])
    assert not update_chart(shown, chart([3, 4], series=2))
    other = figure(height=200, width=300, toolbar_location=None)  # a numeric range
    other.line([1], [2])
    assert not update_chart(shown, other)
    scatter = figure(height=200, width=300, x_range=FactorRange("a", "b"), toolbar_location=None)
    scatter.scatter(x="x", y="y", source=ColumnDataSource({"x": ["a"], "y": [1]}))
    assert not update_chart(shown, scatter)
    assert values(shown) == [1, 2]


def test_the_layout_of_the_shown_chart_and_what_only_it_has_set_stay() -> None:
    shown, new = chart([1, 2]), chart([3, 4])
    shown.update(height=500, title="shown")
    new.update(height=100, background_fill_color="red")
    assert update_chart(shown, new)
    assert shown.height == 500
    assert shown.title.text == "shown"
    assert shown.background_fill_color == "red"


def test_equal_charts_cause_no_change() -> None:
    shown = chart([1, 2])
    changes: list[str] = []
    source = shown.renderers[0].data_source
    source.on_change("data", lambda attribute, _old, _new: changes.append(attribute))
    assert update_chart(shown, chart([1, 2]))
    assert changes == []
    assert update_chart(shown, chart([1, 3]))
    assert changes == ["data"]


def test_arrays_are_taken_over() -> None:
    shown, new = chart([1, 2]), chart([1, 2])
    new.renderers[0].data_source.data = {"x": ["a", "b"], "y": np.array([5.0, 6.0])}
    assert update_chart(shown, new)
    assert values(shown) == [5, 6]
