"""Clicks on the marks of blocks: bars, points, cells, figures and rows.

One listener per page hears them all. A chart and a table report a mark by the event
`medallion-mark`; any element with the attribute `data-rows-behind` is a button for the block of
this number, or for its mark `data-mark`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import panel as pn
import param
from bokeh.models import CustomJS, HoverTool, TapTool
from markupsafe import Markup

if TYPE_CHECKING:
    from bokeh.plotting import figure

WHOLE = -1  # the mark that stands for a whole block

_TAP = """
const mark = cb_data.source.data.mark?.[cb_data.source.inspected.indices[0]]
if (mark >= 0) {
  document.dispatchEvent(new CustomEvent("medallion-mark", { detail: { card, mark } }))
}
"""
_HINT = ("", "Click for the rows behind")
_STYLE = Markup("""<style>
button.behind { all: unset; cursor: pointer; font-size: .82rem; padding: 3px 10px;
  margin: 10px 0 0; border: 1px solid rgba(128,136,150,.5); border-radius: 6px }
button.behind:hover { background: rgba(128,136,150,.18) }
button.behind:focus-visible { outline: 2px solid #3b76d6 }
</style>""")


def behind_button(card: int, mark: int) -> Markup:
    """A button with words, for the rows behind a mark."""
    html = Markup(
        "<button type='button' class='behind' data-rows-behind='{}' data-mark='{}'>"
        "Rows behind this row</button>"
    )
    return _STYLE + html.format(card, mark)


def make_clickable(plot: figure, card: int) -> None:
    """Report a click on what has a tooltip, or in a chart without tooltips on any of its glyphs."""
    hovers = [tool for tool in plot.tools if isinstance(tool, HoverTool)]
    renderers = [renderer for hover in hovers for renderer in hover.renderers]
    for hover in hovers:
        hover.tooltips = [*hover.tooltips, _HINT]
    callback = CustomJS(args={"card": card}, code=_TAP)
    tap = TapTool(renderers=renderers or "auto", behavior="inspect", callback=callback)
    plot.add_tools(tap)


class MarkClicks(pn.custom.JSComponent):
    """Reports clicks on marks, and gives the focus back when `open` becomes false.

    Parameters: `clicked` is called with the number of the card, that of the mark or WHOLE, and
    whether the screen is narrow.
    """

    open = param.Boolean(default=False)

    _esm = """
    // Rendered again, it must not listen twice.
    let shown = null, opener = null, last = 0
    const report = ({ card, mark, opener: from }) => {
      if (shown.open || performance.now() - last < 300) return  // marks on top of each other
      last = performance.now()
      opener = from ?? null
      shown.send_msg({ card, mark, narrow: window.innerWidth < 700 })
    }
    document.addEventListener("medallion-mark", (event) => report(event.detail))
    document.addEventListener("click", (event) => {
      const from = event.composedPath().find((each) => each.dataset?.rowsBehind)
      if (!from) return
      report({ card: +from.dataset.rowsBehind, mark: +(from.dataset.mark ?? -1), opener: from })
    })
    export function render({ model }) {
      shown = model
      model.on("open", () => {
        if (!model.open) setTimeout(() => { if (opener?.isConnected) opener.focus() }, 250)
      })
      return document.createElement("span")
    }
    """

    def __init__(self, clicked: Callable[[int, int, bool], None]) -> None:
        super().__init__(width=0, height=0, margin=0)
        self._clicked = clicked

    def _handle_msg(self, data: dict[str, Any]) -> None:
        self._clicked(int(data["card"]), int(data["mark"]), bool(data["narrow"]))
