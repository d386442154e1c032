"""The frame of a card: heading, content, message, notes and legend as one component.

A component of Panel costs about 3 ms on the server, and a shadow root with its style sheets in the
browser, so a card is one of them and not ten.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import panel as pn
import param
from markupsafe import escape
from panel.viewable import Child


class CardFrame(pn.custom.JSComponent):
    """A box with a heading and content, which is HTML, a widget or both.

    Parameters: `heading` with its `level` (3 or 4); `behind`, the number of the card whose rows a
    button next to the heading opens, -1 for none; `label`, its name for a screen reader; `content`,
    a widget with at least `room` pixels, which is a `chart` or not; `message`, shown in place of
    the content while `empty`; `note` and `remarks` below it; `busy`, while it waits.
    """

    content = Child()
    chart = param.Boolean(default=False)
    label = param.String()
    heading = param.String()
    level = param.Integer(default=3)
    behind = param.Integer(default=-1)
    html = param.String()
    legend = param.String()
    message = param.String()
    note = param.String()
    remarks = param.String()
    room = param.Integer(default=0)
    empty = param.Boolean(default=False)
    busy = param.Boolean(default=False)

    _render_policy: Literal["manual"] = "manual"  # a new chart is drawn, and no card again

    _stylesheets: ClassVar[list[str]] = [
        """
        :host { color: inherit; display: block; width: 100%; height: 100% }
        .card-frame { height: 100% }
        .card { box-sizing: border-box; height: 100%; overflow: hidden; padding: 16px;
          border: 1px solid rgba(128,136,150,.32); border-radius: 10px;
          background: var(--panel-surface-color); color: var(--panel-on-surface-color) }
        .card > h3, .card > h4, .card > p { margin: 0; overflow-wrap: anywhere }
        .card > h3, .card > h4 { font-weight: 600; line-height: 1.3 }
        .card > h3 { font-size: 1rem } .card > h4 { font-size: .875rem }
        .message { font-size: .875rem; line-height: 1.43; padding: 12px 0 }
        .caption { font-size: .75rem; line-height: 1.66; opacity: .75 }
        .legend { margin: 8px 0 } .content { display: flow-root }
        .card img { max-width: 100% }
        h3 button { background: none; border: 0; border-radius: 6px; color: inherit;
          cursor: pointer; margin-left: 4px; opacity: .65; padding: 2px 6px }
        h3 button:hover { opacity: 1 }
        h3 button:focus-visible { outline: 2px solid #3b76d6 }
        [hidden] { display: none !important }
        """
    ]
    _esm = """
    const ICON = `<svg viewBox="0 0 16 16" width="14" height="14" style="vertical-align: -2px"
      fill="none" stroke="currentColor" stroke-width="1.6" aria-hidden="true">
      <path d="M2 3h12M2 8h7M2 13h5"/><circle cx="11.5" cy="11" r="2.6"/><path d="m13.5 13 2 2"/>
      </svg>`
    export function render({ model, view }) {
      const make = (tag, className) => {
        const element = document.createElement(tag)
        element.className = className
        return element
      }
      const card = make("section", "card")
      const heading = make(`h${model.level}`, "heading")
      heading.textContent = model.heading
      heading.hidden = !model.heading && model.behind < 0
      if (model.behind >= 0) {
        const button = make("button", "")
        button.type = "button"
        button.dataset.rowsBehind = model.behind
        button.title = "Rows behind"
        button.setAttribute("aria-label", `Rows behind ${model.label}`)
        button.innerHTML = ICON
        heading.append(button)
      }
      const html = make("div", "html"), legend = make("div", "legend")
      const content = make("div", "content")
      const message = make("p", "message"), note = make("p", "caption note")
      const remarks = make("p", "caption remarks")
      card.append(heading, html, legend, content, message, note, remarks)
      if (model.chart) {
        content.setAttribute("role", "figure")
        content.setAttribute("aria-label", model.label)
      }
      if (model.room) content.style.minHeight = `${model.room}px`
      const fill = () => {
        for (const [element, name] of [[html, "html"], [legend, "legend"]]) {
          if (element.shown !== model[name]) element.innerHTML = element.shown = model[name]
          element.hidden = !model[name] || model.empty
        }
        for (const [element, name] of [[message, "message"], [note, "note"],
            [remarks, "remarks"]]) {
          element.textContent = model[name]
          element.hidden = !model[name]
        }
        content.hidden = model.empty
        card.style.opacity = model.busy ? "0.45" : "1"
      }
      const place = () => {
        const child = model.get_child("content")
        content.replaceChildren(...(child ? [child] : []))
        if (child) view.render_children()
      }
      model.on(["html", "legend", "message", "note", "remarks", "empty", "busy"], fill)
      model.on("content", place)
      fill()
      const child = model.get_child("content")
      if (child) content.append(child)
      return card
    }
    """

    def __init__(self, **parameters: Any) -> None:
        super().__init__(sizing_mode="stretch_both", margin=0, **_escaped(parameters))

    def show(self, **parameters: Any) -> None:
        """Set parameters at once. `html` and `legend` are text unless they are `Markup`."""
        self.param.update(**_escaped(parameters))


def _escaped(parameters: dict[str, Any]) -> dict[str, Any]:
    texts = {name: str(escape(parameters[name])) for name in ("html", "legend") & parameters.keys()}
    return {**parameters, **texts}
