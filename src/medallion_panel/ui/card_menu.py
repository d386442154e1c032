"""The menu of a card: to explore what it shows, and a chart's figures and images."""

from __future__ import annotations

MENU_STYLE = """
        .menu { position: absolute; top: 10px; right: 10px; z-index: 2 }
        .menu summary { list-style: none; cursor: pointer; border-radius: 6px; padding: 2px 9px;
          opacity: .65; font-weight: 700; line-height: 1.4 }
        .menu summary::-webkit-details-marker { display: none }
        .menu summary:hover, .menu[open] summary { opacity: 1; background: rgba(128,136,150,.16) }
        .menu summary:focus-visible, .menu button:focus-visible {
          outline: 2px solid var(--panel-primary-color) }
        .menu div { position: absolute; right: 0; margin-top: 4px; padding: 4px;
          border: 1px solid rgba(128,136,150,.4); border-radius: 8px; width: max-content;
          background: var(--panel-surface-color); box-shadow: 0 4px 14px rgba(0,0,0,.18) }
        .menu button { all: unset; box-sizing: border-box; cursor: pointer; display: block;
          width: 100%; padding: 6px 14px; border-radius: 5px; font-size: .85rem }
        .menu button:hover { background: rgba(128,136,150,.16) }
"""

MENU_SCRIPT = """
    function cardMenu(model, view, card, table) {
      if (!model.chart && !model.explored) return null
      const menu = document.createElement("details"), summary = document.createElement("summary")
      const list = document.createElement("div"), { words } = model
      menu.className = "menu"
      summary.append("⋯")
      summary.setAttribute("aria-label", words.menu.replace("{label}", model.label))
      menu.append(summary, list)
      const add = (text, chosen) => {
        const button = document.createElement("button")
        button.type = "button"
        button.textContent = text
        button.onclick = () => {
          menu.open = false
          summary.focus()
          chosen()
        }
        list.append(button)
        return button
      }
      if (model.explored) add(words.explore, () => {}).dataset.explore = model.number
      if (model.chart) {
        const swap = add("", () => model.send_msg({ ask: table.hidden ? "table" : "chart" }))
        for (const form of ["csv", "xlsx"]) {
          const text = words.file.replace("{form}", { csv: "CSV", xlsx: "Excel" }[form])
          add(text, () => model.send_msg({ ask: form }))
        }
        const images = ["png", "svg"].map((form) => {
          const text = words.image.replace("{form}", form.toUpperCase())
          return add(text, () => {
            const detail = { card, form, name: model.label }
            detail.chart = view.get_child_view(model.content)
            document.dispatchEvent(new CustomEvent("medallion-image", { detail }))
          })
        })
        menu.ontoggle = () => {
          swap.textContent = table.hidden ? words.table : words.picture
          for (const image of images) image.hidden = !table.hidden
        }
        menu.ontoggle()
      }
      menu.onfocusout = (event) => {
        if (!menu.contains(event.relatedTarget)) menu.open = false
      }
      menu.onkeydown = (event) => {
        if (event.key === "Escape" && menu.open) {
          menu.open = false
          summary.focus()
        }
      }
      return menu
    }
"""
