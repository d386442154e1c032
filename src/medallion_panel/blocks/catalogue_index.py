"""The index of the catalogue: all tables of a release, with a search."""

from __future__ import annotations

from typing import Any, ClassVar

import panel as pn
import param
from param.parameterized import no_instance_params

from medallion.identifiers import TableName
from medallion.records import Release
from medallion.records.quality import quality_of
from medallion_panel.blocks.rule_results import share_text
from medallion_panel.messages.messages import Messages
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.page_links import table_slug


@no_instance_params
class CatalogueIndex(pn.custom.JSComponent):
    """Tables in groups by layer, of which a search leaves those that match.

    `items` are {slug, layer, name, text, facts, words}; `words` is what is searched. `heading` is
    the tag of the layers. The others are words of the interface.
    """

    items = param.List(default=[])
    heading = param.Selector(default="h2", objects=["h2", "h3"])
    search_label = param.String()
    none_label = param.String()
    undescribed = param.String()

    _stylesheets: ClassVar[list[str]] = [
        """
        :host { color: inherit; font: .88rem / 1.45 var(--bokeh-base-font) }
        input { font: inherit; color: inherit; width: 100%; max-width: 420px; padding: 9px 12px;
          box-sizing: border-box; background: none; border-radius: 8px;
          border: 1px solid rgba(128,136,150,.6) }
        input:focus-visible, a:focus-visible { outline: 2px solid var(--panel-primary-color);
          outline-offset: 2px }
        .layer { font-size: .875rem; font-weight: 600; margin: 22px 0 8px;
          text-transform: capitalize }
        .tables { display: grid; gap: 12px;
          grid-template-columns: repeat(auto-fill, minmax(min(270px, 100%), 1fr)) }
        a { display: flex; flex-direction: column; gap: 4px; padding: 12px 14px; color: inherit;
          text-decoration: none; border: 1px solid rgba(128,136,150,.32); border-radius: 8px }
        a:hover { background: rgba(128,136,150,.1) }
        b { font-weight: 600; overflow-wrap: anywhere } .text { flex: 1 }
        .facts { font-size: .78rem; opacity: .78; font-variant-numeric: tabular-nums }
        @media print { input { display: none } }
        .none { margin: 16px 0 0 } .missing { opacity: .78 }
        """
    ]
    _esm = """
    export function render({ model }) {
      const make = (tag, className, ...parts) => {
        const element = document.createElement(tag)
        if (className) element.className = className
        element.append(...parts)
        return element
      }
      const search = make("input")
      search.type = "search"
      search.placeholder = model.search_label
      search.setAttribute("aria-label", model.search_label)
      const list = make("div")
      list.setAttribute("aria-live", "polite")
      const draw = () => {
        const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean)
        const matches = model.items.filter(
          (each) => words.every((word) => each.words.includes(word)))
        const layers = [...new Set(matches.map((each) => each.layer))]
        const groups = layers.flatMap((layer) => {
          const tables = matches.filter((each) => each.layer === layer).map((each) => {
            const link = make("a", "", make("b", "", each.name),
              make("span", each.text ? "text" : "text missing", each.text || model.undescribed),
              make("span", "facts", each.facts))
            link.href = "?page=" + encodeURIComponent(each.slug)
            return link
          })
          return [make(model.heading, "layer", layer), make("div", "tables", ...tables)]
        })
        list.replaceChildren(...groups)
        if (!matches.length) list.append(make("p", "none", model.none_label))
      }
      search.addEventListener("input", draw)
      model.on("items", draw)
      draw()
      return make("div", "", search, list)
    }
    """


class CatalogueView:
    """The index as a part of a card; `view` is its widget.

    Parameters: `title`, that of the card, under which the layers are.
    """

    def __init__(self, say: Messages, title: str = "") -> None:
        self.view = CatalogueIndex(
            heading="h3" if title else "h2",
            search_label=say("Search tables, columns and descriptions"),
            none_label=say("No table matches."),
            undescribed=say("No description"),
            margin=0,
            sizing_mode="stretch_width",
        )

    def show(self, items: list[dict[str, Any]]) -> None:
        self.view.items = items


def catalogue_items(release: Release, formats: Formats) -> list[dict[str, Any]]:
    """The tables of a release, as the index shows them."""
    items, say = [], formats.say
    for table, snapshot in release.tables.items():
        name, description = TableName(table), release.described(table)
        columns = [column.name for column in snapshot.columns]
        quality = quality_of(snapshot)
        facts = [
            say("{count} row | {count} rows", count=snapshot.rows),
            say("{count} column | {count} columns", count=len(columns)),
        ]
        if quality.quarantined and quality.rows_in:
            share = share_text(quality.quarantined / quality.rows_in, formats)
            facts.append(say("{share} quarantined", share=share))
        facts.append(formats.age(snapshot.created))
        words = [table, description.text, *columns, *description.columns.values()]
        items.append(
            {
                "slug": table_slug(table),
                "layer": name.layer,
                "name": name.table,
                "text": description.text,
                "facts": " · ".join(facts),
                "words": " ".join(words).lower(),
            }
        )
    return items
