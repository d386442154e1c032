"""The figures of a chart in its card: a table in place of it, and files that the browser saves."""

from __future__ import annotations

FIGURES_STYLE = """
        .figures { overflow: auto }
        .figures:focus-visible { outline: 2px solid var(--panel-primary-color); outline-offset: 0;
          border-radius: 4px }
        .figures table { border-collapse: collapse; font-size: .85rem; min-width: 60%;
          font-variant-numeric: tabular-nums }
        .figures caption, .figures p { font-size: .8rem; opacity: .8; margin: 0; padding: 4px 0;
          text-align: left }
        .figures th, .figures td { padding: 5px 20px 5px 0; text-align: left; font-weight: 400;
          border-bottom: 1px solid rgba(128,136,150,.25) }
        .figures thead th { font-weight: 600; position: sticky; top: 0;
          background: var(--panel-surface-color) }
        .figures .right { text-align: right }
        @media print {
          .figures { max-height: none !important; overflow: visible }
          .figures thead th { position: static } .figures tr { break-inside: avoid }
        }
"""

FIGURES_SCRIPT = """
    function figuresTable(model, content) {
      const box = document.createElement("div")
      box.className = "figures"
      box.style.maxHeight = `${model.room}px`
      box.tabIndex = 0  // to scroll by the keyboard
      box.setAttribute("role", "region")
      let asked = false
      const draw = () => {
        const { caption, columns, rows, note } = model.figures
        box.replaceChildren()
        if (!columns) return
        box.setAttribute("aria-label", caption)
        const table = document.createElement("table"), head = table.createTHead().insertRow()
        const body = table.createTBody(), text = document.createElement("p")
        table.createCaption().textContent = caption
        const add = (row, tag, scope, content, number) => {
          const cell = document.createElement(tag)
          cell.textContent = content
          if (scope) cell.scope = scope
          if (columns[number].right) cell.className = "right"
          row.append(cell)
        }
        columns.forEach(({ title }, number) => add(head, "th", "col", title, number))
        for (const cells of rows) {
          const row = body.insertRow()
          cells.forEach((each, number) =>
            number ? add(row, "td", "", each, number) : add(row, "th", "row", each, number))
        }
        text.textContent = note
        box.append(table, ...(note ? [text] : []))
      }
      const focus = () => {
        const place = model.figures.columns ? box : content
        if (asked !== Boolean(model.figures.columns)) place.focus()
        asked = Boolean(model.figures.columns)
      }
      model.on("figures", () => { draw(); setTimeout(focus) })
      box.onkeydown = (event) => {
        if (event.key === "Escape") model.send_msg({ ask: "chart" })
      }
      model.on("msg:custom", (event) => {
        const { name, content } = event.data ?? event
        const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0))
        const link = document.createElement("a")
        link.href = URL.createObjectURL(new Blob([bytes]))
        link.download = name
        link.click()
        setTimeout(() => URL.revokeObjectURL(link.href), 60000)
      })
      draw()
      return box
    }
"""
