"""A table of texts, sorted by its headers, with rows that can be selected by mouse and keyboard.

All content is set as text, never as HTML, so that a client named `<script>` is just a name.
"""

from __future__ import annotations

from typing import ClassVar

import panel as pn
import param
from param.parameterized import no_instance_params

from medallion_panel.ui.theme import SCROLL_EDGES


@no_instance_params
class TextGrid(pn.custom.JSComponent):
    """A table in the browser.

    `sort` is `column` or `-column`; `picked` is the index of the row that was selected last, and
    `picks` counts the selections.

    Parameters: `columns` as {name, title, right, sortable}, `rows` as lists of texts, where a
    sparkline is {line, label}, its numbers and words, `footer`, the texts of a last row,
    `crossed`, whether the first column has headers of rows, and stays in view, and the last one
    totals, `pickable`, whether rows can be selected, and `card`, the number of the card where its
    cells, and with Shift its rows, are marks (`mark_clicks`). Arrow keys move from a row to its
    cells.
    """

    columns = param.List(default=[])
    rows = param.List(default=[])
    footer = param.List(default=[])
    sort = param.String()
    crossed = param.Boolean(default=False)
    pickable = param.Boolean(default=False)
    card = param.Integer(default=-1)
    picked = param.Integer(default=-1)
    picks = param.Integer(default=0)

    _stylesheets: ClassVar[list[str]] = [
        f".scroll {{ overflow-x: auto; color: inherit; {SCROLL_EDGES} }}",
        """
        table { border-collapse: collapse; width: 100%; font-size: .88rem;
                font-variant-numeric: tabular-nums }
        th { text-align: left; font-weight: 500; padding: 0; white-space: nowrap;
             border-bottom: 2px solid rgba(128,136,150,.35) }
        th { vertical-align: bottom }
        th button { all: unset; box-sizing: border-box; cursor: pointer; display: inline-block;
             max-width: 260px; opacity: .8; padding: 8px 12px; white-space: normal;
             width: max-content }
        th button:hover { opacity: 1 }
        th button:focus-visible, tr:focus-visible, td:focus-visible {
             outline: 2px solid var(--panel-primary-color); outline-offset: -2px }
        td { padding: 8px 12px; border-bottom: 1px solid rgba(128,136,150,.2); white-space: nowrap;
             max-width: 320px; overflow: hidden; text-overflow: ellipsis }
        .right { text-align: right }
        .crossed th:first-child { position: sticky; left: 0; z-index: 1;
             max-width: min(320px, 40vw); overflow: hidden; text-overflow: ellipsis;
             background: var(--panel-surface-color);
             box-shadow: inset -1px 0 rgba(128,136,150,.35) }
        tbody th, tfoot th { padding: 8px 12px; border-bottom: 1px solid rgba(128,136,150,.2) }
        .crossed td:last-child { font-weight: 600 }
        tbody tr:hover {
          background: color-mix(in srgb, var(--panel-primary-color) 8%, transparent) }
        .pickable tbody tr { cursor: pointer }
        tfoot td, tfoot th { font-weight: 600; border-bottom: 0;
             border-top: 2px solid rgba(128,136,150,.35) }
        td svg { display: block; width: 120px; height: 24px; overflow: visible;
             pointer-events: none }
        polyline { fill: none; stroke: var(--panel-primary-color); stroke-width: 1.5;
          stroke-linejoin: round;
             vector-effect: non-scaling-stroke }
        .whole-words td { white-space: normal; overflow-wrap: normal; max-width: none }
        .whole-words th, .whole-words th button { white-space: normal }
        @media print {
          .scroll { background: none; overflow: visible }
          td { white-space: normal; overflow-wrap: anywhere; max-width: none }
          th { white-space: normal }
          /* Headers are repeated on each page, which Chromium does with texts, but not buttons. */
          th button { display: none }
          th[data-title]::before { content: attr(data-title); display: block; padding: 8px 12px;
             opacity: .8 }
          tfoot { display: table-row-group }
          .crossed th:first-child { position: static }
          tr { break-inside: avoid }
        }
        """,
    ]
    _esm = """
    export function render({ model }) {
      const scroll = document.createElement("div")
      scroll.className = "scroll"
      scroll.tabIndex = 0  // to scroll by the keyboard
      scroll.setAttribute("role", "group")
      const make = (tag, text, className) => {
        const element = document.createElement(tag)
        if (text != null) element.textContent = text
        if (className) element.className = className
        return element
      }
      const cellOf = (text, number) => {
        const header = model.crossed && number === 0
        const right = model.columns[number]?.right ? "right" : ""
        const cell = make(header ? "th" : "td", text, right)
        if (header) cell.scope = "row"
        return cell
      }
      const NS = "http://www.w3.org/2000/svg"
      const sparkline = ({ line, label }) => {
        const svg = document.createElementNS(NS, "svg")
        const path = document.createElementNS(NS, "polyline")
        const values = line.length === 1 ? [...line, ...line] : line
        const low = Math.min(...values), span = Math.max(...values) - low || 1
        const points = values.map((value, place) =>
          `${(100 * place) / (values.length - 1)},${22 - (20 * (value - low)) / span}`)
        path.setAttribute("points", points.join(" "))
        for (const [name, value] of [["viewBox", "0 0 100 24"], ["preserveAspectRatio", "none"],
          ["role", "img"], ["aria-label", label]]) svg.setAttribute(name, value)
        svg.append(path)
        return svg
      }
      const focusable = () => [...scroll.querySelectorAll("button, tr[tabindex]")]
      const draw = () => {
        const element = scroll.getRootNode().activeElement, row = element?.closest?.("tr[tabindex]")
        const focused = focusable().indexOf(row ?? element)
        const focusedCell = row ? [...row.cells].indexOf(element) : -1
        const active = model.pickable || model.card >= 0
        const table = make("table", null, active ? "pickable" : "")
        table.classList.toggle("crossed", model.crossed)
        scroll.ariaLabel = model.columns[0]?.title ?? ""
        const head = table.createTHead().insertRow()
        for (const column of model.columns) {
          const cell = make("th", null, column.right ? "right" : "")
          cell.scope = "col"
          const ascending = model.sort === column.name
          const descending = model.sort === "-" + column.name
          const direction = ascending ? "ascending" : descending ? "descending" : "none"
          cell.setAttribute("aria-sort", direction)
          const arrow = ascending ? " ▲" : descending ? " ▼" : ""
          const button = make("button", column.title + arrow)
          cell.dataset.title = button.textContent
          button.disabled = !column.sortable
          button.onclick = () => {
            // Numbers are sorted from the largest at first, texts from A.
            const descend = column.right ? !descending : ascending
            model.sort = (descend ? "-" : "") + column.name
          }
          cell.append(button)
          head.append(cell)
        }
        const body = table.createTBody()
        model.rows.forEach((row, index) => {
          const line = body.insertRow()
          row.forEach((text, number) => {
            const cell = cellOf(text?.line ? null : text, number)
            if (text?.line?.length) cell.append(sparkline(text))
            cell.title = text?.label ?? text
            line.append(cell)
          })
          if (!active) return
          const cells = [...line.cells]
          const pick = (event) => {
            const cell = cells.indexOf(event.target), keys = event.shiftKey || event.ctrlKey
            const behind = keys || event.metaKey || (cell < 0 && !model.pickable)
            if (model.pickable && !(behind && model.card >= 0)) {
              model.picked = index
              model.picks += 1
            } else if (model.card >= 0) {
              const detail = { card: model.card, mark: index, cell, behind, opener: line }
              document.dispatchEvent(new CustomEvent("medallion-mark", { detail }))
            }
          }
          line.tabIndex = 0
          line.onclick = pick
          line.onkeydown = (event) => {
            if (event.key === "Enter") pick(event)
            const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
            if (!step) return
            event.preventDefault()
            const next = cells[cells.indexOf(event.target) + step]
            if (next) next.tabIndex = -1
            const place = next ?? line
            place.focus()
          }
        })
        if (model.footer.length) {
          const line = table.createTFoot().insertRow()
          model.footer.forEach((text, number) => line.append(cellOf(text, number)))
        }
        scroll.replaceChildren(table)
        // The focus stays where it was, for keyboard users.
        const place = focused >= 0 ? focusable()[focused] : null
        const inRow = place?.cells?.[focusedCell]
        if (inRow) inRow.tabIndex = -1
        const target = inRow ?? place
        target?.focus({ preventScroll: true })
      }
      model.on(["rows", "columns", "sort", "footer"], draw)
      draw()
      return scroll
    }
    """
