"""The grid of cards on a page, and in a tab."""

from __future__ import annotations

from typing import ClassVar, Literal

import panel as pn
import param
from panel.viewable import Children
from param.parameterized import no_instance_params

GRID_STYLE = """
        .cards { display: grid; gap: 16px; grid-template-columns: repeat(12, 1fr) }
        .cards > div { grid-column: span 12; min-width: 0 }
        .cards > div.narrow { grid-column: span 6 }
        .cards > div.alone-on-phone { grid-column: span 12 }
        @media print {
          .cards > div { break-inside: avoid }
          .cards > div.tabs { break-inside: auto }
        }
        @media (min-width: 600px) {
          .cards > div.half, .cards > div.narrow { grid-column: span 6 }
          .cards > div.alone { grid-column: span 12 }
        }
        @media (min-width: 1200px) {
          .cards > div, .cards > div.half, .cards > div.narrow, .cards > div.alone {
            grid-column: span var(--width) }
        }
"""

GRID_SCRIPT = """
    function cardGrid(all, widths, narrow) {
      const cards = document.createElement("div")
      cards.className = "cards"
      all.forEach((card, number) => {
        const cell = document.createElement("div"), width = widths[number]
        if (width <= 4) cell.classList.add("half")
        if (width === 0) cell.className = "tabs"
        if (narrow[number]) cell.classList.add("narrow")
        cell.append(card)
        cell.style.setProperty("--width", width || 12)
        cards.append(cell)
      })
      // The last of an odd number of cards in pairs has the whole row.
      const fillRows = (isPaired, name) => {
        let count = 0
        const cells = [...cards.children]
        cells.forEach((cell, number) => {
          count = isPaired(cell) ? count + 1 : 0
          const next = cells[number + 1]
          if (count % 2 && !(next && isPaired(next))) cell.classList.add(name)
        })
      }
      const has = (cell, name) => cell.classList.contains(name)
      fillRows((cell) => has(cell, "narrow"), "alone-on-phone")
      fillRows((cell) => has(cell, "half") || has(cell, "narrow"), "alone")
      return cards
    }
"""


@no_instance_params
class CardGrid(pn.custom.JSComponent):
    """The `cards` of a tab, which has none until it is opened; `widths` and `narrow` as on a page.

    `unread` is printed in their place while there are none.
    """

    cards = Children()
    widths = param.List(default=[])
    narrow = param.List(default=[])
    unread = param.String()

    _render_policy: Literal["manual"] = "manual"  # cards are added once

    _stylesheets: ClassVar[list[str]] = [
        """
        :host { color: inherit; display: block }
        .unread { display: none; margin: 0 }
        @media print { .unread { display: block } }
        """,
        GRID_STYLE,
    ]
    _esm = (
        """
    export function render({ model }) {
      const place = document.createElement("div")
      const fill = () => {
        const cards = model.get_child("cards")
        if (cards.length) {
          place.replaceChildren(cardGrid(cards, model.widths, model.narrow))
          return
        }
        const unread = document.createElement("p")
        unread.className = "unread"
        unread.textContent = model.unread
        place.replaceChildren(unread)
      }
      model.on("cards", fill)
      fill()
      return place
    }
    """
        + GRID_SCRIPT
    )
