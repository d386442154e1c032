"""Targets, reference lines and annotations on charts, as the declaration has them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from bokeh.models import (
    BoxAnnotation,
    ColumnDataSource,
    FactorRange,
    Label,
    PlainText,
    Range1d,
    Span,
)

from medallion_panel.annotation_settings import Annotation, ReferenceLine
from medallion_panel.blocks.series_chart import SeriesChart
from medallion_panel.date_spans import parse_period, period_end
from medallion_panel.series_settings import Bar, Chart
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.theme import FONT, INK

if TYPE_CHECKING:
    from bokeh.plotting import figure

TARGET, WORDS = "#b03a70", "#5b6472"
EVENT_COLORS = {"releases": "#15915f", "failures": "#d9534c", "drift": "#e08a1e"}
_ROOM = 1.06  # above the highest line
_TOP = 52  # pixels of axis and text below the top of a chart


def lines_of(block: Chart, formats: Formats) -> list[ReferenceLine]:
    """The target of a chart and its lines."""
    target = []
    if block.target is not None:
        target = [ReferenceLine(value=block.target, label=formats.say("Target"))]
    return [*target, *block.lines]


def draw_reference_lines(plot: figure, chart: SeriesChart) -> None:
    """Draw the lines, annotations and events of a chart, unless the page hides them.

    Its range of figures includes the lines.
    """
    if not chart.context.annotated:
        return
    horizontal = isinstance(chart.block, Bar) and chart.block.horizontal
    lines = lines_of(chart.block, chart.context.formats)
    if chart.block.scale == "log":
        lines = [line for line in lines if line.value > 0]
    _include(plot.x_range if horizontal else plot.y_range, [line.value for line in lines])
    for number, line in enumerate(lines):
        is_target = number == 0 and chart.block.target is not None
        color = TARGET if is_target else WORDS
        dimension: Any = "height" if horizontal else "width"
        look = {"line_color": color, "line_dash": [2, 3], "line_width": 1.5}
        plot.add_layout(Span(location=line.value, dimension=dimension, **look))
        words = f"{line.label} {chart.write(line.value)}".strip()
        plot.add_layout(_label(words, color, line.value, horizontal=horizontal))
    if not horizontal:
        for annotation in chart.block.annotations:
            _draw_annotation(plot, chart, annotation)
        _draw_events(plot, chart)


def _include(values: Any, lines: list[float]) -> None:
    """Extend a range of figures so that it shows lines."""
    if lines and isinstance(values, Range1d):
        values.end = max(values.end, max(lines) * _ROOM)
        values.start = min(values.start, min(lines) * _ROOM)


def _label(text: str, color: str, value: float, *, horizontal: bool) -> Label:
    """The words of a line: at its left end, or at its top where bars are horizontal."""
    place = {"x": value, "y": 0, "y_units": "screen", "x_offset": 4, "y_offset": 2}
    if not horizontal:
        place = {"x": 0, "x_units": "screen", "y": value, "x_offset": 4, "y_offset": 3}
    return Label(text=PlainText(text=text), **_look(color), **place)


def _look(color: str) -> dict[str, Any]:
    """White on a colour that has enough contrast with it, in a light and in a dark theme."""
    font = {"text_color": "#ffffff", "text_font": FONT, "text_font_size": "11px"}
    background = {"background_fill_color": color, "background_fill_alpha": 0.85}
    return {**font, **background, "border_radius": 4, "padding": 3}


def _draw_annotation(plot: figure, chart: SeriesChart, annotation: Annotation) -> None:
    """Draw a band over the periods of an annotation, or a line, with its text at the top."""
    ends = _places(plot, chart, annotation)
    if ends is None:
        return
    left, right = ends
    if annotation.to is not None or isinstance(plot.x_range, FactorRange):
        look = {"fill_color": INK, "fill_alpha": 0.12, "line_alpha": 0}
        plot.add_layout(BoxAnnotation(left=left, right=right, **look))
    else:
        plot.add_layout(Span(location=left, dimension="height", line_color=INK, line_dash=[2, 3]))
    text = PlainText(text=annotation.text)
    place = {"x": left, "y": plot.height - _TOP, "y_units": "screen", "x_offset": 4}
    plot.add_layout(Label(text=text, **_look(WORDS), **place))


def _draw_events(plot: figure, chart: SeriesChart) -> None:
    """Draw the events of the lake within the dates of a chart, as triangles at its bottom."""
    days = [day for day in map(_day, chart.data.xs) if day is not None]
    events = [
        event
        for event in chart.context.events
        if event.kind in chart.block.events
        and days
        and min(days) <= event.moment.date() <= max(days)
    ]
    if not events or not chart.has_scale or not isinstance(plot.y_range, Range1d):
        return
    source = ColumnDataSource(
        {
            "x": [_milliseconds(chart.context.formats.wall_time(each.moment)) for each in events],
            "y": [plot.y_range.start] * len(events),
            "color": [EVENT_COLORS[event.kind] for event in events],
            "text": [event.text for event in events],
            "moment": [chart.context.formats.day(event.moment) for event in events],
        }
    )
    marks = plot.scatter(
        x="x", y="y", source=source, marker="triangle", size=10, color="color", alpha=0.85
    )
    chart.style.add_tooltips(plot, [("", "@moment"), ("", "@text")], [marks])


def _places(plot: figure, chart: SeriesChart, annotation: Annotation) -> tuple[float, float] | None:
    """Where an annotation begins and ends on the axis; None where the chart does not show it."""
    first, last = annotation_days(annotation)
    days = {x: _day(x) for x in chart.data.xs}
    shown = [x for x, day in days.items() if day is not None and first <= day <= last]
    if isinstance(plot.x_range, FactorRange):  # a name is as wide as 1
        places = sorted(
            chart.names.index(name) for name in map(chart.context.formats.period, shown)
        )
        if not places or chart.block.sort.endswith("y"):
            return None
        return float(places[0]), float(places[-1] + 1)
    known = [day for day in days.values() if day is not None]
    if not chart.has_scale or not known or first > max(known) or last < min(known):
        return None
    start, end = max(first, min(known)), min(last, max(known))
    return _milliseconds(start), _milliseconds(end)


def annotation_days(annotation: Annotation) -> tuple[date, date]:
    """The first and the last day of an annotation."""
    first, last = parse_period(annotation.at), parse_period(annotation.to or annotation.at)
    assert first is not None and last is not None  # noqa: S101, PT018 (the declaration is valid)
    return first[0], period_end(*last)


def _day(x: object) -> date | None:
    """The day of a value of x; None for any other value."""
    if isinstance(x, datetime):
        return x.date()
    if isinstance(x, date):
        return x
    period = parse_period(x) if isinstance(x, str) else None
    return period[0] if period is not None else None


def _milliseconds(time: date) -> float:
    """A day or a time as an axis of times has it."""
    if not isinstance(time, datetime):
        time = datetime(time.year, time.month, time.day)
    return time.replace(tzinfo=UTC).timestamp() * 1000
