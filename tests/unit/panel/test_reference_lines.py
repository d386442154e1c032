"""Targets, lines and annotations: where they are drawn on which chart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from bokeh.models import BoxAnnotation, Label, Span

from medallion_panel.blocks import charts
from medallion_panel.data.lake_events import LakeEvent
from medallion_panel.series_settings import Bar, Chart
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable

SALES = SmallTable(
    {"month": "text", "shop": "text", "value": "int64"},
    [(f"2023-0{month}", "A", 10 * month) for month in range(1, 7)],
)


def drawn(open_context: OpenContext, kind: str = "line", **settings: Any) -> Any:
    model = Bar if kind == "bar" else Chart
    block = model(table="t", **{"x": "month", "y": "sum(value)", **settings})
    return getattr(charts, kind)(block, open_context(SALES)).figure


def lines(plot: Any) -> list[tuple[str, float]]:
    return sorted((line.dimension, line.location) for line in plot.select(Span))


def words(plot: Any) -> list[str]:
    return sorted(label.text.text for label in plot.select(Label))


def milliseconds(*day: int) -> float:
    return datetime(*day, tzinfo=UTC).timestamp() * 1000  # type: ignore[misc, arg-type]


@pytest.mark.parametrize("kind", ["line", "area", "bar"])
def test_a_target_and_lines_are_within_the_range(open_context: OpenContext, kind: str) -> None:
    below = {"value": -20, "label": "Loss"}
    plot = drawn(open_context, kind, target=90, lines=[below])
    assert lines(plot) == [("width", -20), ("width", 90)]
    assert words(plot) == ["Loss -20", "Target 90"]
    assert plot.y_range.start <= -20
    assert plot.y_range.end >= 90


def test_lines_of_horizontal_bars_are_upright(open_context: OpenContext) -> None:
    plot = drawn(open_context, "bar", target=90, horizontal=True)
    assert lines(plot) == [("height", 90)]
    assert plot.x_range.end >= 90


def test_an_annotation_of_times_is_a_line_at_its_first_day(open_context: OpenContext) -> None:
    plot = drawn(open_context, annotations=[{"at": "2023-03", "text": "$$Move$$"}])
    assert lines(plot) == [("height", milliseconds(2023, 3, 1))]
    assert words(plot) == ["$$Move$$"]  # plain text, and no mathematics


def test_an_annotation_of_several_periods_is_a_band(open_context: OpenContext) -> None:
    annotation = {"at": "2023-02-10", "to": "2023-Q2", "text": "Sale"}
    (band,) = drawn(open_context, annotations=[annotation]).select(BoxAnnotation)
    assert (band.left, band.right) == (milliseconds(2023, 2, 10), milliseconds(2023, 6, 1))


def test_bars_have_a_band_over_their_names(open_context: OpenContext) -> None:
    for to, right in ((None, 2), ("2023-04", 4)):
        annotation = {"at": "2023-02", "to": to, "text": "Sale"}
        (band,) = drawn(open_context, "bar", annotations=[annotation]).select(BoxAnnotation)
        assert (band.left, band.right) == (1, right)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("line", {}),
        ("bar", {}),
        ("bar", {"sort": "-y", "annotations": [{"at": "2023-02", "text": "x"}]}),
        ("bar", {"x": "shop", "annotations": [{"at": "2023-02", "text": "x"}]}),
    ],
)
def test_what_a_chart_does_not_show_is_not_annotated(
    open_context: OpenContext, kind: str, settings: dict[str, Any]
) -> None:
    past = {"annotations": [{"at": "2022", "text": "x"}], **settings}
    plot = drawn(open_context, kind, **past)
    assert lines(plot) == []
    assert not list(plot.select(BoxAnnotation))


def test_events_of_the_lake_are_at_their_moments(open_context: OpenContext) -> None:
    def event(kind: Any, month: int) -> LakeEvent:
        return LakeEvent(kind, datetime(2023, month, 9, 12, tzinfo=UTC), f"{kind} in {month}")

    events = [event("releases", 2), event("drift", 3), event("failures", 4), event("releases", 9)]
    block = Chart(table="t", x="month", y="sum(value)", events=("releases", "failures"), target=90)
    context = replace(open_context(SALES), events=events)
    (data,) = [
        each.data_source.data
        for each in charts.line(block, context).figure.renderers
        if getattr(each.glyph, "marker", "") == "triangle"
    ]
    assert list(data["text"]) == ["releases in 2", "failures in 4"]
    assert list(data["x"]) == [
        datetime(2023, month, 9, 12, tzinfo=UTC).timestamp() * 1000 for month in (2, 4)
    ]
    hidden = charts.line(block, replace(context, annotated=False)).figure
    assert lines(hidden) == []
    assert "triangle" not in {getattr(each.glyph, "marker", "") for each in hidden.renderers}
