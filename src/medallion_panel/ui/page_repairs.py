"""Names and roles that panel-material-ui's page lacks, for screen readers."""

from __future__ import annotations

import panel as pn
import param

from medallion_panel.messages.messages import Messages


class PageRepairs(pn.custom.JSComponent):
    """Gives parts of the page around it their names and roles, whenever they are drawn.

    A workaround for panel-material-ui 0.16.6: its bar of progress and its menu have no name, the
    handle at the menu no role, and spaces are headings. `words` are `pages` and `resize`;
    `language` is that of the page.
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
        "nav:not([aria-label]), [role=dialog].sidebar": { "aria-label": model.words.pages },
      }
      const repair = (root) => {
        for (const [selector, values] of Object.entries(attributes)) {
          for (const element of root.querySelectorAll(selector)) {
            for (const [name, value] of Object.entries(values)) element.setAttribute(name, value)
          }
        }
        for (const element of root.querySelectorAll("h5:not([aria-hidden])")) {
          if (!element.textContent.trim()) element.setAttribute("aria-hidden", "true")
        }
      }
      const roots = [...document.body.querySelectorAll("*")].map((each) => each.shadowRoot)
      const observers = roots.filter(Boolean).map((root) => {
        repair(root)
        const observer = new MutationObserver(() => repair(root))
        observer.observe(root, { childList: true, subtree: true })
        return observer
      })
      model.on("remove", () => { for (const each of observers) each.disconnect() })
      return document.createElement("span")
    }
    """

    @classmethod
    def of(cls, say: Messages) -> PageRepairs:
        """The repairs in the words of a language."""
        words = {"pages": say("Pages"), "resize": say("Resize the menu")}
        return cls(words=words, language=say.language, width=0, height=0, margin=0)
