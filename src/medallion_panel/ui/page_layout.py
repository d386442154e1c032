"""The layout of a page: title, filters and a grid of cards, as one component."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import panel as pn
import param
from panel.viewable import Children


class PageLayout(pn.custom.JSComponent):
    """A page of `cards` below its `filters`.

    Parameters: `heading`; `widths` of the cards in twelfths on a wide screen, with `narrow`, those
    that take half of a phone; `cleared` is called when a visitor clears the filters.
    """

    filters = Children()
    cards = Children()
    heading = param.String()
    widths = param.List(default=[])
    narrow = param.List(default=[])

    _render_policy: Literal["manual"] = "manual"

    _stylesheets: ClassVar[list[str]] = [
        """
        :host { color: inherit; display: block }
        h2 { font-size: 1.5rem; font-weight: 600; line-height: 1.334; margin: 0 0 12px;
          overflow-wrap: anywhere }
        .filters { align-items: center; margin: 0 0 16px; padding: 16px;
          border: 1px solid rgba(128,136,150,.32); border-radius: 10px;
          background: var(--panel-surface-color) }
        .filters, .cards { display: grid; gap: 16px; grid-template-columns: repeat(12, 1fr) }
        .filters > div { grid-column: span 12; min-width: 0 }
        .cards > div { grid-column: span 12; min-width: 0 }
        .cards > div.narrow { grid-column: span 6 }
        .clear { color: var(--panel-primary-color); background: none; border: 0; cursor: pointer;
          border-radius: 10px; font: 500 .8125rem / 1.75 var(--bokeh-base-font);
          padding: 4px 10px }
        .clear:hover { background: rgba(128,136,150,.14) }
        .clear:focus-visible { outline: 2px solid #3b76d6 }
        .clear svg { vertical-align: -3px; margin-right: 6px }
        [hidden] { display: none !important }
        @media (min-width: 600px) {
          .filters > div, .cards > div.half { grid-column: span 6 }
        }
        @media (min-width: 900px) { .filters > div { grid-column: span 3 } }
        @media (min-width: 1200px) {
          .cards > div, .cards > div.half, .cards > div.narrow { grid-column: span var(--width) }
        }
        """
    ]
    _esm = """
    const ICON = `<svg viewBox="0 0 16 16" width="16" height="16" fill="none" aria-hidden="true"
      stroke="currentColor" stroke-width="1.5"><path d="M2 3h12l-4.6 5.4V14l-2.8-2V8.4L2 3Z"/>
      <path d="m2 1.5 12 13"/></svg>`
    export function render({ model }) {
      const make = (tag, className, ...parts) => {
        const element = document.createElement(tag)
        element.className = className
        element.append(...parts)
        return element
      }
      const clear = make("button", "clear")
      clear.type = "button"
      clear.innerHTML = ICON
      clear.append("Clear filters")
      clear.onclick = () => model.send_msg({ clear: true })
      const filters = make("div", "filters")
      for (const filter of model.get_child("filters")) filters.append(make("div", "", filter))
      filters.hidden = !filters.children.length
      filters.append(make("div", "", clear))
      const cards = make("div", "cards")
      model.get_child("cards").forEach((card, number) => {
        const width = model.widths[number]
        const cell = make("div", width <= 4 ? "half" : "", card)
        if (model.narrow[number]) cell.classList.add("narrow")
        cell.style.setProperty("--width", width)
        cards.append(cell)
      })
      return make("div", "page", make("h2", "", model.heading), filters, cards)
    }
    """

    def __init__(self, cleared: Callable[[], None], **parameters: Any) -> None:
        super().__init__(sizing_mode="stretch_width", margin=0, **parameters)
        self._cleared = cleared

    def _handle_msg(self, data: dict[str, Any]) -> None:
        self._cleared()
