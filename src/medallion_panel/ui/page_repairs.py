"""Names and roles that panel-material-ui's page lacks, for screen readers."""

from __future__ import annotations

import panel as pn
import param
from param.parameterized import no_instance_params

from medallion_panel.messages.messages import Messages


@no_instance_params
class PageRepairs(pn.custom.JSComponent):
    """Gives parts of the page around it their names and roles, whenever they are drawn.

    A workaround for panel-material-ui 0.16.6: its bar of progress and its menu have no name, the
    handle at the menu and the titles of lists in it no role, and spaces are headings. `words` are
    `menu`, `pages` and `resize`; `language` is that of the page.
    """

    words = param.Dict(default={})
    language = param.String()

    _esm = """
    export function render({ model }) {
      document.documentElement.lang = model.language
      const attributes = {
        ".MuiLinearProgress-root:not([aria-hidden])": { "aria-hidden": "true" },
        "[aria-label^=Resize]": { role: "separator", "aria-orientation": "vertical",
          "aria-label": model.words.resize, title: model.words.resize },
        "nav.MuiBox-root": { "aria-label": model.words.menu },
        "[role=dialog].sidebar": { "aria-label": model.words.pages },
        // All have the same id.
        "nav > .MuiListSubheader-root[id]": { role: "heading", "aria-level": "2", id: null },
      }
      const observers = new Map()
      const repair = (root, parts) => {
        for (const [selector, values] of Object.entries(attributes)) {
          for (const element of root.querySelectorAll(selector)) {
            for (const [name, value] of Object.entries(values)) {
              if (value === null) element.removeAttribute(name)
              else element.setAttribute(name, value)
            }
          }
        }
        for (const list of root.querySelectorAll("nav.MuiList-root:not([aria-label])")) {
          const title = list.querySelector(":scope > .MuiListSubheader-root")?.textContent
          list.setAttribute("aria-label", title || model.words.pages)
        }
        for (const element of root.querySelectorAll("h5:not([aria-hidden])")) {
          if (!element.textContent.trim()) element.setAttribute("aria-hidden", "true")
        }
        // The lists of the menu are in shadow roots of their own.
        for (const part of root.querySelectorAll(parts)) {
          if (part.shadowRoot) observe(part.shadowRoot, "*")
        }
      }
      const observe = (root, parts) => {
        if (observers.has(root)) return
        const observer = new MutationObserver(() => repair(root, parts))
        observers.set(root, observer)
        observer.observe(root, { childList: true, subtree: true })
        repair(root, parts)
      }
      for (const { shadowRoot } of document.body.querySelectorAll("*")) {
        if (shadowRoot) observe(shadowRoot, "nav *, .sidebar *")
      }
      model.on("remove", () => { for (const each of observers.values()) each.disconnect() })
      return document.createElement("span")
    }
    """

    @classmethod
    def of(cls, say: Messages) -> PageRepairs:
        """The repairs in the words of a language."""
        words = {"menu": say("Menu"), "pages": say("Pages"), "resize": say("Resize the menu")}
        return cls(words=words, language=say.language, width=0, height=0, margin=0)
