"""Printing: a page on paper has all its blocks, in full and as wide as on the screen.

Components hide their controls in style sheets for print. This one lets the page grow out of the
window: the layout of panel-material-ui has the height of the window, in which a page is scrolled.
"""

from __future__ import annotations

import panel as pn
from param.parameterized import no_instance_params

NOT_PRINTED = "@media print { :host { display: none !important } }"


@no_instance_params
class PrintLayout(pn.custom.JSComponent):
    """Lays out the page around it for print while the browser prints.

    Charts are images of a fixed width, so the paper is as wide as the page is on the screen, and
    the browser scales it to the real one.
    """

    _esm = """
    const MARGIN = 16
    let shown = null, restored = []
    const change = (element, style) => {
      const former = element.style.cssText
      restored.push(() => { element.style.cssText = former })
      for (const [name, value] of Object.entries(style)) {
        element.style.setProperty(name, value, "important")
      }
    }
    const paper = document.createElement("style")
    const grow = { overflow: "visible", height: "auto", "max-height": "none", position: "static",
      transition: "none" }
    const below = function* (element) {
      yield element
      for (const root of [element, element.shadowRoot]) {
        for (const each of root?.children ?? []) yield* below(each)
      }
    }
    const isDark = (element) => {
      const [red, green, blue] = getComputedStyle(element).backgroundColor.match(/[\\d.]+/g)
      return +red + +green + +blue < 384
    }
    const light = { color: "#1c1f24", "background-color": "#fff", "--panel-surface-color": "#fff",
      "--panel-background-color": "#fff", "--panel-on-surface-color": "#1c1f24",
      "--panel-on-background-color": "#1c1f24" }
    // Words are broken only in a table whose words are too wide for the paper.
    const keepWords = (table) => {
      table.classList.add("whole-words")
      if (table.offsetWidth > table.parentNode.clientWidth) table.classList.remove("whole-words")
      else restored.push(() => table.classList.remove("whole-words"))
    }
    // A long card that is no chart may continue on the next page, and is then as high as its rows.
    const mayContinue = (cell, height) => cell.offsetHeight > height / 3
      && ![...below(cell)].some((each) => each.tagName === "CANVAS")
    const fix = (main, height) => {  // what the width of the paper and a dark theme would change
      const dark = isDark(main)
      if (dark) change(main, light)
      for (const each of below(main)) {
        if (each.parentNode?.className === "cards") {
          change(each, { "grid-column": getComputedStyle(each).gridColumn })
          if (mayContinue(each, height)) {
            change(each, { "break-inside": "auto", "--card-height": "auto" })
          }
        }
        if (each.tagName === "TABLE") keepWords(each)
        if (dark && each.tagName === "CANVAS") {
          change(each, { filter: "invert(1) hue-rotate(180deg)" })
        } else if (dark && each.shadowRoot) change(each, { ...light, "background-color": "" })
      }
    }
    window.addEventListener("beforeprint", () => {
      if (!shown?.isConnected || restored.length) return
      let outside = false
      for (let each = shown; each && each !== document; each = each.parentNode ?? each.host) {
        if (each instanceof ShadowRoot) continue
        const isMain = each.tagName === "MAIN"
        if (isMain) {
          const width = Math.max(each.clientWidth + 2 * MARGIN, 794)  // A4 at least
          const height = Math.round(width * 1.414), size = `${width}px ${height}px`
          paper.textContent = `@page { size: ${size}; margin: ${MARGIN}px }`
          fix(each, height)
        }
        const place = isMain ? { width: `${each.clientWidth}px`, margin: "0 auto" } : {}
        const flow = outside ? { display: "block", width: "auto" } : {}
        const siblings = outside || isMain ? each.parentNode.children : []
        for (const other of each.tagName === "BODY" ? [] : siblings) {
          if (other !== each && other.tagName !== "STYLE") change(other, { display: "none" })
        }
        for (const other of each.parentNode.children) {  // the room below the bar at the top
          if (other.classList.contains("MuiToolbar-root")) change(other, { display: "none" })
        }
        change(each, { ...grow, ...flow, ...place })
        outside ||= isMain
      }
      document.head.append(paper)
    })
    window.addEventListener("afterprint", () => {
      for (const restore of restored.reverse()) restore()
      restored = []
      paper.remove()
    })
    export function render({ view }) {
      shown = view.el
      return document.createElement("span")
    }
    """
