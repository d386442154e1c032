"""The layout of a page: title, filters and a grid of cards, as one component."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import panel as pn
import param
from panel.viewable import Child, Children
from param.parameterized import no_instance_params

from medallion_panel.ui.card_grid import GRID_SCRIPT, GRID_STYLE
from medallion_panel.ui.own_layout import OWN_LAYOUT_SCRIPT
from medallion_panel.ui.tab_group import PRINT_TABS_SCRIPT


@no_instance_params
class PageLayout(pn.custom.JSComponent):
    """A page of `cards` below its `filters` and `chips`; `above` and `below` all of them there may
    be a widget.

    Parameters: `heading`; `widths` of the cards in twelfths on a wide screen, with `narrow`, those
    that take half of a phone; `chips` as {column, label}, filters that can be removed, and `offer`,
    the label of a button for the rows behind what was clicked last; `clear_label` and
    `remove_label`, those of the buttons that remove filters; `called`, called when a visitor clears
    the filters, with the column of a chip that they remove, and when they print a page with `tabs`,
    which is printed when `prints` changes. `printed` are lines below the heading on paper, where
    there are no controls.
    """

    above = Child()
    below = Child()
    filters = Children()
    cards = Children()
    heading = param.String()
    widths = param.List(default=[])
    narrow = param.List(default=[])
    chips = param.List(default=[])
    offer = param.String()
    printed = param.List(default=[])
    clear_label = param.String()
    remove_label = param.String()
    tabs = param.Boolean(default=False)
    prints = param.Integer(default=0)

    _render_policy: Literal["manual"] = "manual"

    _stylesheets: ClassVar[list[str]] = [
        """
        :host { color: inherit; display: block }
        h1 { font-size: 1.5rem; font-weight: 600; line-height: 1.334; margin: 0 0 12px;
          overflow-wrap: anywhere }
        .filters { align-items: center; margin: 0 0 16px; padding: 16px;
          border: 1px solid rgba(128,136,150,.32); border-radius: 10px;
          background: var(--panel-surface-color) }
        .filters { display: grid; gap: 16px; grid-template-columns: repeat(12, 1fr) }
        .filters > div { grid-column: span 12; min-width: 0 }
        .clear { color: var(--panel-primary-color); background: none; border: 0; cursor: pointer;
          border-radius: 10px; font: 500 .8125rem / 1.75 var(--bokeh-base-font);
          padding: 4px 10px }
        .clear:hover { background: rgba(128,136,150,.14) }
        .clear:focus-visible { outline: 2px solid var(--panel-primary-color) }
        .chips { display: flex; flex-wrap: wrap; gap: 8px; margin: 0 0 16px; align-items: center }
        .chips button { font: 500 .8125rem / 1.4 var(--bokeh-base-font); padding: 5px 12px;
          border-radius: 16px; border: 1px solid rgba(128,136,150,.5); background: none;
          color: inherit; cursor: pointer; overflow-wrap: anywhere; text-align: left }
        .chips button.chip { border-color: transparent;
          background: color-mix(in srgb, var(--panel-primary-color) 18%, transparent) }
        .chips button:hover { background: rgba(128,136,150,.28) }
        .chips button:focus-visible { outline: 2px solid var(--panel-primary-color);
          outline-offset: 1px }
        .clear svg { vertical-align: -3px; margin-right: 6px }
        .printed { display: none }
        [hidden] { display: none !important }
        @media print {
          :host { --panel-surface-color: #fff; --panel-on-surface-color: #1c1f24; color: #1c1f24;
            print-color-adjust: exact; -webkit-print-color-adjust: exact }
          h1 { margin: 0 0 4px }
          .filters, .chips { display: none !important }
          .printed { display: block; margin: 0 0 16px; font-size: .875rem; line-height: 1.6 }
          .printed p { margin: 0; overflow-wrap: anywhere }
        }
        @media (min-width: 600px) {
          .filters > div { grid-column: span 6 }
        }
        @media (min-width: 900px) { .filters > div { grid-column: span 3 } }
        """,
        GRID_STYLE,
    ]
    _esm = (
        OWN_LAYOUT_SCRIPT
        + """
    const ICON = `<svg viewBox="0 0 16 16" width="16" height="16" fill="none" aria-hidden="true"
      stroke="currentColor" stroke-width="1.5"><path d="M2 3h12l-4.6 5.4V14l-2.8-2V8.4L2 3Z"/>
      <path d="m2 1.5 12 13"/></svg>`
    export function render({ model, view }) {
      layOutAlone(view)
      const make = (tag, className, ...parts) => {
        const element = document.createElement(tag)
        element.className = className
        element.append(...parts)
        return element
      }
      const clear = make("button", "clear")
      clear.type = "button"
      clear.innerHTML = ICON
      clear.append(model.clear_label)
      clear.onclick = () => model.send_msg({ clear: true })
      const filters = make("div", "filters")
      for (const filter of model.get_child("filters")) filters.append(make("div", "", filter))
      filters.hidden = !filters.children.length
      filters.append(make("div", "", clear))
      const chips = make("div", "chips")
      const showChips = () => {
        chips.replaceChildren(...model.chips.map(({ column, label }) => {
          const chip = make("button", "chip", `${label} ✕`)
          chip.type = "button"
          chip.setAttribute("aria-label", `${model.remove_label} ${label}`)
          chip.onclick = () => model.send_msg({ remove: column })
          return chip
        }))
        if (model.offer) {
          const offer = make("button", "offer", model.offer)
          offer.type = "button"
          offer.dataset.rowsBehind = -1
          chips.append(offer)
        }
        chips.hidden = !chips.children.length
      }
      model.on(["chips", "offer"], showChips)
      showChips()
      const printed = make("div", "printed")
      const fillPrinted = () => {
        printed.replaceChildren(...model.printed.map((line) => make("p", "", line)))
      }
      model.on("printed", fillPrinted)
      fillPrinted()
      const cards = cardGrid(model.get_child("cards"), model.widths, model.narrow)
      const child = (name) => [model.get_child(name)].filter(Boolean)
      const page = make("div", "page", make("h1", "", model.heading), printed, ...child("above"),
        filters, chips, cards, ...child("below"))
      if (model.tabs) printAll(model, page)
      return page
    }
    """
        + GRID_SCRIPT
        + PRINT_TABS_SCRIPT
    )

    def __init__(
        self,
        called: tuple[Callable[[], None], Callable[[str], None], Callable[[], None]],
        **parameters: Any,
    ) -> None:
        super().__init__(sizing_mode="stretch_width", margin=0, **parameters)
        self._clear, self._remove, self._print = called

    def _handle_msg(self, data: dict[str, Any]) -> None:
        if "remove" in data:
            self._remove(str(data["remove"]))
        elif "print" in data:
            self._print()
        else:
            self._clear()
