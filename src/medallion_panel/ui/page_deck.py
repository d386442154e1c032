"""A deck of pages in the browser, of which one is shown."""

from __future__ import annotations

from typing import Literal

import panel as pn
import param
from panel.viewable import Child, Viewable
from param.parameterized import no_instance_params

from medallion_panel.ui.own_layout import OWN_LAYOUT_SCRIPT

PLACES = 7


@no_instance_params
class PageDeck(pn.custom.JSComponent):
    """Shows the page at the place `shown`, of those at the places `page_0` and so on.

    Those not shown are no part of the browser's document, but stay in its memory as they were
    drawn: to show one again takes no drawing, and it is scrolled as it was. Each place is a
    parameter of its own, since panel-material-ui applies its theme to all charts in a list again
    whenever the list changes.
    """

    page_0 = Child()
    page_1 = Child()
    page_2 = Child()
    page_3 = Child()
    page_4 = Child()
    page_5 = Child()
    page_6 = Child()
    shown = param.Integer(default=0)

    _render_policy: Literal["manual"] = "manual"  # a new page is drawn, and no other again

    _esm = (
        OWN_LAYOUT_SCRIPT
        + """
    // Bokeh 3.9.2: a layout that changes its size while it is drawn lays out plots that are not
    // drawn yet, which is an error.
    const { PlotView } = Bokeh.require("models/plots/plot")
    for (const step of ["_measure_layout", "_after_layout"]) {
      const take = PlotView.prototype[step]
      PlotView.prototype[step] = function () { if (this.layout) take.call(this) }
    }
    // Panel 1.9.4: a component follows its children only some time after it has built their views.
    // Those of a change in between were never built, so that a new card stayed empty.
    const { prototype } = Bokeh.Models.get("panel.models.esm.ReactiveESM").prototype.default_view
    const { connect_signals } = prototype
    prototype.connect_signals = function () {
      connect_signals.call(this)
      const children = this.model.children.flatMap((name) => this.model.data[name] ?? [])
      if (children.some((child) => !this.get_child_view(child))) this.update_children()
    }
    const all = (element, elements = []) => {
      elements.push(element)
      for (const root of [element, element.shadowRoot]) {
        for (const each of root?.children ?? []) all(each, elements)
      }
      return elements
    }
    // A browser forgets two things of an element that leaves the document: how far it is scrolled,
    // and the rules of a style sheet that are not its text, which Material's are not.
    const copied = new WeakSet()  // style sheets that have become text
    const leave = (page) => {
      const scrolled = []
      for (const each of all(page)) {
        const { scrollLeft, scrollTop } = each
        if (scrollLeft || scrollTop) scrolled.push([each, { scrollLeft, scrollTop }])
        if (each.tagName !== "STYLE" || (each.textContent && !copied.has(each))) continue
        each.textContent = [...each.sheet.cssRules].map((rule) => rule.cssText).join("\\n")
        copied.add(each)
      }
      page.remove()
      return scrolled
    }
    const scroller = (place) => {
      for (let each = place; each; each = each.parentElement ?? each.getRootNode().host) {
        const overflow = getComputedStyle(each).overflowY
        if (/auto|scroll/.test(overflow) && each.scrollHeight > each.clientHeight) return each
      }
      return document.scrollingElement
    }
    export function render({ model, view }) {
      layOutAlone(view)
      const place = document.createElement("div"), left = new WeakMap()
      const show = () => {
        const page = model.get_child(`page_${model.shown}`), former = place.firstChild
        if (!page || page === former) return
        if (former) {
          const { scrollTop } = scroller(place)
          left.set(former, { scrollTop, scrolled: leave(former) })
        }
        place.append(page)
        if (!former) return
        view.render_children()  // if it is new
        const { scrollTop = 0, scrolled = [] } = left.get(page) ?? {}
        for (const [element, position] of scrolled) Object.assign(element, position)
        scroller(place).scrollTop = scrollTop
      }
      model.on(["shown", ...Array.from({ length: 7 }, (_, place) => `page_${place}`)], show)
      show()
      return place
    }
    """
    )

    @property
    def pages(self) -> list[Viewable | None]:
        """The pages at all places; None where there is none."""
        return [getattr(self, f"page_{place}") for place in range(PLACES)]

    def show(self, place: int, page: Viewable) -> None:
        """Show a page, which replaces another one at its place."""
        if self.pages[place] is not page:
            self.param.update({f"page_{place}": page})
        self.shown = place
