"""Clicks on the marks of blocks: bars, points, cells, figures, rows and entries of legends.

One listener per page hears them all. A chart and a table report a mark by the event
`medallion-mark`. An element with the attribute `data-rows-behind` is a button for the rows behind
the block of this number, or its mark `data-mark`; one with `data-series` is the entry of a legend.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import panel as pn
import param
from bokeh.models import CustomJS, HoverTool, TapTool
from markupsafe import Markup
from param.parameterized import no_instance_params

from medallion_panel.messages.messages import Messages

if TYPE_CHECKING:
    from bokeh.plotting import figure

WHOLE = -1  # the mark that stands for a whole block
LAST = -1  # the card that stands for what was clicked last

_TAP = """
const mark = cb_data.source.data.mark?.[cb_data.source.inspected.indices[0]]
if (mark >= 0) {
  document.dispatchEvent(new CustomEvent("medallion-mark", { detail: { card, mark } }))
}
"""

_STYLE = Markup("""<style>
button.behind { all: unset; cursor: pointer; font-size: .82rem; padding: 3px 10px;
  margin: 10px 0 0; border: 1px solid rgba(128,136,150,.5); border-radius: 6px }
button.behind:hover { background: rgba(128,136,150,.18) }
button.behind:focus-visible { outline: 2px solid var(--panel-primary-color) }
</style>""")


def behind_button(card: int, mark: int, label: str) -> Markup:
    """A button with words, for the rows behind a mark."""
    html = Markup(
        "<button type='button' class='behind' data-rows-behind='{}' data-mark='{}'>{}</button>"
    )
    return _STYLE + html.format(card, mark, label)


@dataclass(frozen=True)
class Click:
    """A click on a mark of a card, or on the entry of its legend that has this number (`series`).

    `cell` is the column of a table; `behind` says that the rows behind are asked for, `explore`
    that the query of the card is to be explored, and `narrow` that the screen is.
    """

    card: int
    mark: int
    series: bool = False
    cell: int = -1
    behind: bool = False
    narrow: bool = False
    explore: bool = False


def make_clickable(plot: figure, card: int, say: Messages, *, explained: bool = False) -> None:
    """Report a click on what has a tooltip, or in a chart without tooltips on any of its glyphs.

    Parameters: `explained`, whether the rows behind can be shown.
    """
    hovers = [tool for tool in plot.tools if isinstance(tool, HoverTool)]
    renderers = [renderer for hover in hovers for renderer in hover.renderers]
    hint = say("Click to filter")
    if explained:
        hint = say("Click to filter, Shift-click for the rows behind")
    for hover in hovers:
        hover.tooltips = [*hover.tooltips, ("", hint)]
    callback = CustomJS(args={"card": card}, code=_TAP)
    tap = TapTool(renderers=renderers or "auto", behavior="inspect", callback=callback)
    plot.add_tools(tap)


@no_instance_params
class MarkClicks(pn.custom.JSComponent):
    """Reports clicks on marks, and gives the focus back when `open` becomes false.

    Parameters: `clicked` is called for each. With Shift or Ctrl, it asks for the rows behind.
    """

    open = param.Boolean(default=False)

    _esm = """
    // Rendered again, it must not listen twice.
    let shown = null, opener = null, last = { card: null, at: 0 }, behind = false
    for (const name of ["pointerdown", "keydown"]) {
      document.addEventListener(name, (event) => {
        behind = event.shiftKey || event.ctrlKey || event.metaKey
      }, true)
    }
    const report = ({ opener: from, ...click }) => {
      const at = performance.now()
      // Marks of a card on top of each other; a click elsewhere is another one, however soon.
      if (shown.open || (click.card === last.card && at - last.at < 300)) return
      last = { card: click.card, at }
      opener = from ?? null
      shown.send_msg({ behind, ...click, narrow: window.innerWidth < 700 })
    }
    document.addEventListener("medallion-mark", (event) => report(event.detail))
    document.addEventListener("click", (event) => {
      const path = event.composedPath()
      const from = path.find((each) => each.dataset?.rowsBehind ?? each.dataset?.series
        ?? each.dataset?.explore)
      if (!from) return
      const { rowsBehind, mark, series, explore } = from.dataset
      if (explore) report({ card: +explore, explore: true })
      else if (rowsBehind) {
        report({ card: +rowsBehind, mark: +(mark ?? -1), behind: true, opener: from })
      }
      else {
        const card = path.find((each) => each.dataset?.card).dataset.card
        report({ card: +card, mark: +series, series: true, opener: from })
      }
    })
    export function render({ model }) {
      shown = model
      model.on("open", () => {
        if (!model.open) setTimeout(() => { if (opener?.isConnected) opener.focus() }, 250)
      })
      return document.createElement("span")
    }
    """

    def __init__(self, clicked: Callable[[Click], None]) -> None:
        super().__init__(width=0, height=0, margin=0)
        self._clicked = clicked

    def _handle_msg(self, data: dict[str, Any]) -> None:
        numbers = {name: int(data.get(name, -1)) for name in ("card", "mark", "cell")}
        names = ("series", "behind", "narrow", "explore")
        flags = {name: bool(data.get(name)) for name in names}
        self._clicked(Click(**numbers, **flags))  # type: ignore[arg-type]
