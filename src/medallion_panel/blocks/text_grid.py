"""A table of text in the browser: its heads sort, its rows can be picked, by mouse and by keyboard.

Everything is set as text, never as HTML, so that a client named `<script>` is just a name.
"""

from __future__ import annotations

from typing import ClassVar

import panel as pn
import param


class TextGrid(pn.custom.JSComponent):
    """Parameters: `columns` as {name, title, right, sortable}, `rows` as lists of texts.

    `sort` is `column` or `-column`; `picked` the place of the row that was picked last, `picks` how often one was.
    """

    columns = param.List(default=[])
    rows = param.List(default=[])
    sort = param.String()
    pickable = param.Boolean(default=False)
    picked = param.Integer(default=-1)
    picks = param.Integer(default=0)

    _stylesheets: ClassVar[list[str]] = [
        """
        .scroll { overflow-x: auto; color: inherit }
        table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums }
        th { text-align: left; font-weight: 500; padding: 0; white-space: nowrap;
             border-bottom: 2px solid rgba(128,136,150,.35) }
        th button { all: unset; cursor: pointer; padding: 8px 12px; opacity: .8 }
        th button:hover { opacity: 1 }
        th button:focus-visible, tr:focus-visible { outline: 2px solid #3b76d6; outline-offset: -2px }
        td { padding: 8px 12px; border-bottom: 1px solid rgba(128,136,150,.2); white-space: nowrap;
             max-width: 320px; overflow: hidden; text-overflow: ellipsis }
        .right { text-align: right }
        tbody tr:hover { background: rgba(59,118,214,.08) }
        .pickable tbody tr { cursor: pointer }
        """
    ]
    _esm = """
    export function render({ model }) {
      const scroll = document.createElement("div")
      scroll.className = "scroll"
      const make = (tag, text, kind) => {
        const made = document.createElement(tag)
        if (text != null) made.textContent = text
        if (kind) made.className = kind
        return made
      }
      const reached = () => [...scroll.querySelectorAll("button, tr[tabindex]")]
      const draw = () => {
        const held = reached().indexOf(scroll.getRootNode().activeElement)
        const table = make("table", null, model.pickable ? "pickable" : "")
        const head = table.createTHead().insertRow()
        for (const column of model.columns) {
          const cell = make("th", null, column.right ? "right" : "")
          cell.scope = "col"
          const way = model.sort === column.name ? " ▲" : model.sort === "-" + column.name ? " ▼" : ""
          cell.setAttribute("aria-sort", way === " ▲" ? "ascending" : way ? "descending" : "none")
          const button = make("button", column.title + way)
          button.disabled = !column.sortable
          button.onclick = () => {
            const falling = column.right ? model.sort !== "-" + column.name : model.sort === column.name
            model.sort = (falling ? "-" : "") + column.name
          }
          cell.append(button)
          head.append(cell)
        }
        const body = table.createTBody()
        model.rows.forEach((row, place) => {
          const line = body.insertRow()
          row.forEach((text, number) => {
            const cell = make("td", text, model.columns[number] && model.columns[number].right ? "right" : "")
            cell.title = text
            line.append(cell)
          })
          if (!model.pickable) return
          const pick = () => { model.picked = place; model.picks += 1 }
          line.tabIndex = 0
          line.onclick = pick
          line.onkeydown = (event) => { if (event.key === "Enter") pick() }
        })
        scroll.replaceChildren(table)
        if (held >= 0) reached()[held]?.focus({ preventScroll: true })  // who works by keyboard stays where they are
      }
      model.on(["rows", "columns", "sort"], draw)
      draw()
      return scroll
    }
    """
