"""The figure of a map, in proportion whatever the width of its card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bokeh.models import CustomJS, Range1d

from medallion_panel.blocks.axes import new_figure

if TYPE_CHECKING:
    from bokeh.plotting import figure

_LEAST_HEIGHT = 140  # of a map that is lower than its block

# A wide map in a narrow card would have empty space above and below. It is as low as its frame,
# unless the card is as high as another one in its row.
_LOWER = """
const view = Bokeh.index.find_one(plot)
const content = view?.el.closest(".content")
if (content) {
  let cell = content
  while (cell && cell.parentElement?.className !== "cards") {
    cell = cell.parentElement ?? cell.getRootNode().host
  }
  const { offsetTop } = cell ?? {}
  const shares = (each) => each !== cell && each.offsetTop === offsetTop
  const around = plot.outer_height - height
  const wanted = Math.max(least, Math.round((width * (top - bottom)) / (right - left) + around))
  const low = wanted < plot.height && !(cell && [...cell.parentElement.children].some(shares))
  const room = `${low ? wanted : plot.height}px`
  if (view.el.style.height !== room) view.el.style.height = content.style.minHeight = room
}
"""

# Bokeh's `match_aspect` does not apply to ranges that are given. The frame to be shown is in
# `tags`, because the ranges are wider than it; the callback sets nothing where they already fit.
_FIT = """
const { inner_width: width, inner_height: height, tags, x_range, y_range } = plot
const [left, right, bottom, top] = tags
if (!(width > 0 && height > 0)) return
LOWER
const scale = Math.max((right - left) / width, (top - bottom) / height)
for (const [range, low, high, size] of [[x_range, left, right, width],
    [y_range, bottom, top, height]]) {
  const middle = (low + high) / 2, half = scale * size / 2
  const differs = Math.abs(range.start - middle + half) + Math.abs(range.end - middle - half)
  if (differs > half / 1000) range.setv({ start: middle - half, end: middle + half })
}
""".replace("LOWER", _LOWER.strip())


def new_map(height: int, x_range: Range1d, y_range: Range1d) -> figure:
    """An empty map that shows all of a frame, and more of what is around it where there is room.

    It is lower than `height` in a card that is narrow for its frame.
    """
    plot = new_figure(height, x_range=x_range, y_range=y_range)
    plot.tags = [x_range.start, x_range.end, y_range.start, y_range.end]
    plot.axis.visible = plot.grid.visible = False
    fit = CustomJS(args={"plot": plot, "least": _LEAST_HEIGHT}, code=_FIT)
    plot.js_on_change("inner_width", fit)
    plot.js_on_change("inner_height", fit)
    plot.js_on_change("tags", fit)
    for each in (x_range, y_range):
        each.js_on_change("start", fit)
        each.js_on_change("end", fit)
    return plot
