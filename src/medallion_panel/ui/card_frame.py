"""The frame of a card: heading, content, message, notes and legend as one component.

A component of Panel costs about 3 ms on the server, and a shadow root with its style sheets in the
browser, so a card is one of them and not ten.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any, ClassVar, Literal

import panel as pn
import param
from markupsafe import escape
from panel.viewable import Child
from param.parameterized import no_instance_params

from medallion_panel.messages.messages import Messages
from medallion_panel.ui.card_menu import MENU_SCRIPT, MENU_STYLE
from medallion_panel.ui.figures_table import FIGURES_SCRIPT, FIGURES_STYLE


@no_instance_params
class CardFrame(pn.custom.JSComponent):
    """A box with a heading and content, which is HTML, a widget or both.

    Parameters: `number`, that of the card on its page; `heading`, `small` or not, and, if
    `explained`, a button for the rows behind it, if `explored` one in its menu to explore what it
    shows; `label`, its name for a screen reader; `content`, a widget with at least `room` pixels,
    which is a `chart` or not; `message`, shown in place of the content while `empty`; `note` and
    `remarks` below it; `busy`, while it waits. Arrow keys move through the `parts` of a chart, and
    Enter is a click. `figures` of a chart, {caption, columns, rows, note}, are shown in place of
    it. `asked` is called with what the browser asks for: "parts", "table", "chart", "csv" or
    "xlsx". `words` are those of the frame: see `frame_words`.
    """

    words = param.Dict(default={})

    content = Child()
    chart = param.Boolean(default=False)
    label = param.String()
    heading = param.String()
    small = param.Boolean(default=False)
    number = param.Integer(default=0)
    explained = param.Boolean(default=False)
    explored = param.Boolean(default=False)
    html = param.String()
    legend = param.String()
    message = param.String()
    note = param.String()
    remarks = param.String()
    room = param.Integer(default=0)
    figures = param.Dict(default={})
    empty = param.Boolean(default=False)
    busy = param.Boolean(default=False)
    parts = param.List(default=[])

    _render_policy: Literal["manual"] = "manual"  # a new chart is drawn, and no card again

    _stylesheets: ClassVar[list[str]] = [
        """
        :host { color: inherit; display: block; width: 100%; height: 100% }
        .card-frame { height: 100% }
        .card { box-sizing: border-box; height: 100%; overflow: hidden; padding: 16px;
          border: 1px solid rgba(128,136,150,.32); border-radius: 10px;
          background: var(--panel-surface-color); color: var(--panel-on-surface-color) }
        .card > h2, .card > p { margin: 0; overflow-wrap: anywhere }
        .card > h2 { font-weight: 600; line-height: 1.3 }
        .card > h2 { font-size: 1rem } .card > h2.small { font-size: .875rem }
        .message { font-size: .875rem; line-height: 1.43; padding: 12px 0 }
        .caption { font-size: .75rem; line-height: 1.66; opacity: .75 }
        .legend { margin: 8px 0 } .content { display: flow-root }
        .card img { max-width: 100% }
        h2 button { background: none; border: 0; border-radius: 6px; color: inherit;
          cursor: pointer; margin-left: 4px; opacity: .65; padding: 2px 6px }
        h2 button:hover { opacity: 1 }
        h2 button:focus-visible { outline: 2px solid var(--panel-primary-color) }
        .content:focus-visible { outline: 2px solid var(--panel-primary-color); outline-offset: 2px;
          border-radius: 4px }
        [hidden] { display: none !important }
        .card { position: relative } .card.reached-over { overflow: visible }
        .card:has(> .menu) > h2 { padding-right: 36px }
        @media print {
          h2 button, .menu { display: none } .card > h2 { break-after: avoid }
          :host, .card-frame, .card { height: var(--card-height, 100%) !important }
        }
        """,
        MENU_STYLE,
        FIGURES_STYLE,
    ]
    _esm = (
        """
    const ICON = `<svg viewBox="0 0 16 16" width="14" height="14" style="vertical-align: -2px"
      fill="none" stroke="currentColor" stroke-width="1.6" aria-hidden="true">
      <path d="M2 3h12M2 8h7M2 13h5"/><circle cx="11.5" cy="11" r="2.6"/><path d="m13.5 13 2 2"/>
      </svg>`
    export function render({ model, view }) {
      // A chart is laid out as it is placed, and by itself when its size changes.
      view._after_render = view._after_resize = () => {}
      const make = (tag, className) => {
        const element = document.createElement(tag)
        element.className = className
        return element
      }
      const card = make("section", "card")
      card.dataset.card = model.number
      // A list that opens in a card may be higher than the card is.
      card.addEventListener("medallion-list", ({ detail }) => {
        card.classList.toggle("reached-over", detail)
      })
      const heading = make("h2", model.small ? "heading small" : "heading")
      heading.textContent = model.heading
      heading.hidden = !model.heading && !model.explained
      if (model.explained) {
        const button = make("button", "")
        button.type = "button"
        button.dataset.rowsBehind = model.number
        button.title = model.words.behind
        button.setAttribute("aria-label", `${model.words.behind} ${model.label}`)
        button.innerHTML = ICON
        heading.append(button)
      }
      const html = make("div", "html"), legend = make("div", "legend")
      const content = make("div", "content")
      const message = make("p", "message"), note = make("p", "caption note")
      const remarks = make("p", "caption remarks")
      const part = make("p", "caption part")
      const table = figuresTable(model, content)
      card.append(heading, html, legend, content, table, part, message, note, remarks)
      const menu = cardMenu(model, view, card, table)
      if (menu) heading.after(menu)
      if (model.chart) {
        let at = -1
        const say = () => {
          const { parts } = model
          at = Math.min(at, parts.length - 1)
          const place = `(${at + 1} ${model.words.of} ${parts.length})`
          part.textContent = at < 0 ? "" : `${parts[at]} ${place}`
        }
        part.setAttribute("aria-live", "polite")
        content.setAttribute("role", "figure")
        content.setAttribute("aria-label", model.label)
        content.setAttribute("aria-description", model.words.arrows)
        content.tabIndex = 0
        content.onkeydown = (event) => {
          const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
          if (step) {
            event.preventDefault()
            const count = model.parts.length
            if (!count) model.send_msg({ ask: "parts" })
            else at = (at + step + count) % count
            say()
          } else if (event.key === "Enter" && at >= 0) {
            const detail = { card: model.number, mark: at, opener: content }
            document.dispatchEvent(new CustomEvent("medallion-mark", { detail }))
          } else if (event.key === "Escape") {
            at = -1
            say()
          }
        }
        model.on("parts", () => { at = model.parts.length ? 0 : -1; say() })
        // Bokeh waits for the Latin letters of a font. Others load when they are first drawn.
        const layOut = (each) => {
          each?.request_layout?.(true)
          for (const child of each?.child_views ?? []) layOut(child)
        }
        let redrawn
        const redraw = ({ fontfaces }) => {
          if (fontfaces.every(({ unicodeRange }) => unicodeRange.startsWith("U+0-"))) return
          clearTimeout(redrawn)  // the files of a page come one after the other
          redrawn = setTimeout(() => layOut(view.get_child_view(model.content)), 100)
        }
        document.fonts.addEventListener("loadingdone", redraw)
        model.on("remove", () => {
          clearTimeout(redrawn)
          document.fonts.removeEventListener("loadingdone", redraw)
        })
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
        table.hidden = model.empty || !model.figures.columns
        content.hidden = model.empty || !table.hidden
        if (menu) menu.hidden = model.empty
        card.style.opacity = model.busy ? "0.45" : "1"
        card.ariaBusy = String(model.busy)
      }
      // The layer of a chart for events would be a second stop of Tab, without a name.
      const leaveOut = () => {
        const layer = view.get_child_view(model.content)?.canvas_view?.events_el
        if (layer) layer.tabIndex = -1
      }
      const place = () => {
        const child = model.get_child("content")
        content.replaceChildren(...(child ? [child] : []))
        if (child) view.render_children()
        leaveOut()
      }
      model.on(["html", "legend", "message", "note", "remarks", "empty", "busy"], fill)
      model.on("content", place)
      model.on("figures", fill)
      fill()
      const child = model.get_child("content")
      if (child) content.append(child)
      model.on("after_render", leaveOut)
      return card
    }
    """
        + MENU_SCRIPT
        + FIGURES_SCRIPT
    )

    def __init__(self, asked: Callable[[str], None] = lambda _: None, **parameters: Any) -> None:
        super().__init__(sizing_mode="stretch_both", margin=0, **_escaped(parameters))
        self._asked = asked

    def show(self, **parameters: Any) -> None:
        """Set parameters at once. `html` and `legend` are text unless they are `Markup`."""
        self.param.update(**_escaped(parameters))

    def _handle_msg(self, data: dict[str, Any]) -> None:
        self._asked(str(data.get("ask")))

    def save(self, name: str, content: bytes) -> None:
        """Let the browser save a file."""
        self._send_msg({"name": name, "content": b64encode(content).decode()})


def frame_words(say: Messages) -> dict[str, str]:
    """The words of every frame."""
    return {
        "behind": say("Rows behind"),
        "explore": say("Explore from here"),
        "menu": say("Menu of {label}", label="{label}"),
        "arrows": say("Arrow keys move through its parts"),
        "of": say("of"),
        "image": say("{form} image", form="{form}"),
        "table": say("Figures as a table"),
        "picture": say("Figures as a chart"),
        "file": say("Figures as {form}", form="{form}"),
    }


def _escaped(parameters: dict[str, Any]) -> dict[str, Any]:
    texts = {name: str(escape(parameters[name])) for name in ("html", "legend") & parameters.keys()}
    return {**parameters, **texts}
