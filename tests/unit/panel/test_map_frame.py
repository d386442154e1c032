"""The figure of a map, whose ranges follow the width of its card."""

from __future__ import annotations

from bokeh.models import Range1d

from medallion_panel.blocks.map_frame import new_map
from medallion_panel.ui.chart_update import update_chart


def test_a_map_knows_its_frame_and_hides_its_axes() -> None:
    plot = new_map(300, Range1d(-5, 15), Range1d(40, 60))
    assert plot.tags == [-5, 15, 40, 60]
    assert not any(axis.visible for axis in plot.axis)
    assert {"change:inner_width", "change:inner_height"} <= plot.js_property_callbacks.keys()


def test_another_frame_is_shown_by_the_callbacks_of_the_map_on_the_screen() -> None:
    shown = new_map(300, Range1d(-5, 15), Range1d(40, 60))
    callbacks = shown.js_property_callbacks["change:tags"]
    assert update_chart(shown, new_map(300, Range1d(0, 90), Range1d(0, 70)))
    assert shown.tags == [0, 90, 0, 70]
    assert (shown.x_range.start, shown.x_range.end) == (0, 90)
    assert shown.js_property_callbacks["change:tags"] == callbacks
    assert callbacks[0].args["plot"] is shown
