"""Tabs: several panels in one place, of which one is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import panel as pn
import param
from panel.viewable import Children
from param.parameterized import no_instance_params

PRINT_TABS_SCRIPT = """
    const DRAWING_MS = 500  // for the charts of tabs that have just been built
    function printAll(model, page) {
      const ask = (event) => {
        const other = event.shiftKey || event.altKey || !(event.ctrlKey || event.metaKey)
        if (event.key?.toLowerCase() !== "p" || other || !page.isConnected) return
        event.preventDefault()
        model.send_msg({ print: true })
      }
      document.addEventListener("keydown", ask)
      model.on("prints", () => setTimeout(() => window.print(), DRAWING_MS))
      model.on("remove", () => document.removeEventListener("keydown", ask))
    }
"""


@no_instance_params
class TabGroup(pn.custom.JSComponent):
    """Tabs with `titles` above their `panels`, of which the one at the place `shown` is open.

    Arrow keys, Home and End move between the tabs; Enter and Space open one, as a click does, and
    call `chosen` with its place. All panels are printed, one below the other with their titles.
    Closed ones keep their width, so that charts in them are drawn in their size.

    `label` is the name of the tabs for a screen reader.
    """

    panels = Children()
    titles = param.List(default=[])
    shown = param.Integer(default=0)
    label = param.String()

    _render_policy: Literal["manual"] = "manual"  # its panels stay

    _stylesheets: ClassVar[list[str]] = [
        """
        :host { color: inherit; display: block; width: 100% }
        .tabs { display: flex; flex-wrap: wrap; gap: 4px; margin: 0 0 16px;
          border-bottom: 1px solid rgba(128,136,150,.32) }
        .tab { font: 500 .9375rem / 1.4 var(--bokeh-base-font); padding: 10px 16px; border: 0;
          border-bottom: 3px solid transparent; border-radius: 6px 6px 0 0; background: none;
          color: inherit; cursor: pointer; max-width: 100%; overflow-wrap: anywhere }
        .tab:hover { background: rgba(128,136,150,.14) }
        .tab[aria-selected="true"] { border-bottom-color: var(--panel-primary-color) }
        .tab:focus-visible { outline: 2px solid var(--panel-primary-color); outline-offset: -2px }
        .panels { position: relative }
        .closed { visibility: hidden; position: absolute; left: 0; right: 0; height: 0;
          overflow: hidden }
        h2 { display: none; font-size: 1.125rem; margin: 0 0 12px }
        @media print {
          .tabs { display: none } h2 { display: block; break-after: avoid }
          .panel { margin: 0 0 20px }
          .closed { visibility: visible; position: static; height: auto; overflow: visible }
        }
        """
    ]
    _esm = """
    export function render({ model }) {
      const make = (tag, className, ...parts) => {
        const element = document.createElement(tag)
        element.className = className
        element.append(...parts)
        return element
      }
      const tabs = model.titles.map((title, place) => {
        const tab = make("button", "tab", title)
        tab.type = "button"
        tab.id = `tab-${place}`
        tab.setAttribute("role", "tab")
        tab.setAttribute("aria-controls", `panel-${place}`)
        tab.onclick = () => model.send_msg({ open: place })
        return tab
      })
      const panels = model.get_child("panels").map((child, place) => {
        // A div of its own has a height in a closed panel, too: Bokeh draws nothing in an element
        // without one.
        const content = make("div", "", child)
        const panel = make("div", "panel", make("h2", "", model.titles[place]), content)
        panel.id = `panel-${place}`
        panel.setAttribute("role", "tabpanel")
        panel.setAttribute("aria-labelledby", `tab-${place}`)
        return panel
      })
      const list = make("div", "tabs", ...tabs)
      list.setAttribute("role", "tablist")
      list.setAttribute("aria-label", model.label)
      list.onkeydown = (event) => {
        const at = tabs.indexOf(event.target), count = tabs.length
        const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: count - 1 }[event.key]
        if (at < 0 || next === undefined) return
        event.preventDefault()
        tabs[(next + count) % count].focus()
      }
      const show = () => {
        tabs.forEach((tab, place) => {
          tab.setAttribute("aria-selected", String(place === model.shown))
          tab.tabIndex = place === model.shown ? 0 : -1
        })
        panels.forEach((panel, place) => {
          panel.classList.toggle("closed", place !== model.shown)
          panel.inert = place !== model.shown
        })
      }
      model.on("shown", show)
      show()
      return make("div", "", list, make("div", "panels", ...panels))
    }
    """

    def __init__(self, chosen: Callable[[int], None], **parameters: Any) -> None:
        super().__init__(sizing_mode="stretch_width", margin=0, **parameters)
        self._chosen = chosen

    def _handle_msg(self, data: dict[str, Any]) -> None:
        place = data.get("open")
        if isinstance(place, int) and 0 <= place < len(self.titles) and place != self.shown:
            self._chosen(place)
