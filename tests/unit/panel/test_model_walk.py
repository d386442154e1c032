"""The walks through models find the same as those of Bokeh and Panel."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui
import pytest
from bokeh.model import DataModel, Model
from bokeh.model import util as model_util
from bokeh.models import LinearAxis
from bokeh.plotting import figure
from panel.reactive import ReactiveCustomBase

from medallion_panel.ui.model_walk import install_quick_walks, visit_references

WALK, TAG = model_util.visit_immediate_value_references, ReactiveCustomBase._patch_datamodel_ref


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walks are replaced within a test, whatever tests before it have done."""
    monkeypatch.setattr(model_util, "visit_immediate_value_references", WALK)
    monkeypatch.setattr(ReactiveCustomBase, "_patch_datamodel_ref", TAG)
    install_quick_walks()
    assert model_util.visit_immediate_value_references is visit_references


def chart() -> figure:
    plot = figure(x_axis_type="datetime", tools="hover,tap")
    plot.line(x=[1, 2], y=[1, 2], legend_label="one")
    plot.vbar(x=[1], top=[2])
    return plot


def references(model: Model) -> list[str]:
    return sorted(type(each).__name__ for each in model.references())


@pytest.mark.usefixtures("quick")
def test_the_same_models_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    quickly = references(chart())
    monkeypatch.setattr(model_util, "visit_immediate_value_references", WALK)
    assert quickly == references(chart())
    assert {"DatetimeAxis", "BasicTicker", "ColumnDataSource", "HoverTool"} <= set(quickly)


@pytest.mark.usefixtures("quick")
def test_a_default_of_its_own_is_found_and_stays_the_same() -> None:
    plot = figure()
    found = {model.id for model in plot.references()}
    assert plot.toolbar.id in found
    assert found == {model.id for model in plot.references()}


@pytest.mark.usefixtures("quick")
def test_a_default_without_models_is_not_made() -> None:
    plot = figure()
    plot._unstable_default_values.clear()
    plot.references()
    assert set(plot._unstable_default_values) == {"title", "toolbar"}
    plot.above.append(LinearAxis(axis_label="above"))
    assert "above" in [getattr(each, "axis_label", "") for each in plot.references()]


@pytest.mark.usefixtures("quick")
def test_models_within_containers_and_plain_values_are_visited() -> None:
    plot, visited = chart(), list[Any]()
    visit_references([{"a": plot}, (plot.toolbar,), "text"], visited.append)
    assert visited == [plot, plot.toolbar]


@pytest.mark.usefixtures("quick")
def test_the_data_of_every_component_has_the_tag_of_its_document() -> None:
    view = pmui.Paper(pn.Column(pmui.Button(label="one")), pmui.Button(label="two"))
    root = view.get_root()
    data = list(root.select({"type": DataModel}))
    assert len(data) == 3
    assert all(f"__ref:{root.ref['id']}" in each.tags for each in data)
