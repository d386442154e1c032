"""The connection of a page to its server: a lost one is reported at once and restored."""

from __future__ import annotations

import panel as pn
import param
from param.parameterized import no_instance_params

from medallion_panel.messages.messages import Messages

BEAT_MS = 10_000


@no_instance_params
class Connection(pn.custom.JSComponent):
    """Watches the connection in the browser, by a heartbeat: the server increments `beat` every
    BEAT_MS.

    When the websocket closes, or no beat arrives for `patience` seconds, a banner says that the
    page may be out of date (`lost`), and its controls are disabled. When the server answers again,
    the page is reloaded from its URL, which contains its state; a page whose server was only slow
    is left as it is.

    Panel-material-ui 0.16.6 gives each part of a chart the colours of the theme in the browser, and
    Bokeh its size: 40 messages for a page, of which the server needs none. They are not sent.
    """

    lost = param.String()
    beat = param.Integer(default=0)
    patience = param.Number(default=30)

    @classmethod
    def of(cls, say: Messages) -> Connection:
        """A connection with its message."""
        message = "Connection to the server lost: this page may be out of date. Reconnecting …"
        return cls(lost=say(message), width=0, height=0, margin=0)

    _esm = """
    const PARTS = /^(Figure|Title|Legend|\\w*Axis|Grid|ColorBar|Toolbar)$/
    const LOOKS =
      /_(color|alpha|font|font_size|font_style|standoff)$|^stylesheets$|^(inner|outer)_\\w+$/
    export function render({ model, view }) {
      const banner = document.createElement("div")
      banner.setAttribute("role", "alert")
      banner.className = "medallion-disconnected"
      banner.style.cssText = "position:fixed;inset:0 0 auto 0;z-index:20000;padding:14px 20px;" +
        "background:#b3261e;color:#fff;font:500 15px/1.4 system-ui,sans-serif;text-align:center;" +
        "box-shadow:0 2px 8px rgba(0,0,0,.4)"
      banner.textContent = model.lost
      let last = Date.now(), down = false, closed = false, removed = false

      const block = (blocked) => {
        for (const element of document.body.children) {
          if (element !== banner) element.inert = blocked
        }
        if (blocked) document.body.append(banner)
        else banner.remove()
      }
      const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
      const answers = async (url, method) => {
        try {
          const signal = AbortSignal.timeout(10000)
          return (await fetch(url, { method, cache: "no-store", signal })).ok
        } catch { return false }
      }
      const local = (script) => script.src.startsWith(location.origin)
      const file = [...document.scripts].find(local)?.src
      const lose = async () => {
        if (down || removed) return
        down = true
        block(true)
        let back = null  // since when the server answers without a beat
        for (let wait = 500; down && !removed; wait = Math.min(5000, wait * 1.5)) {
          await pause(wait)
          if (!await answers(file ?? location.href, "HEAD")) { back = null; continue }
          back ??= Date.now()
          if (!closed && Date.now() - back < 60000) continue  // it may only be slow
          if (down && await answers(location.href, "GET")) { location.reload(); return }
        }
      }
      model.on("beat", () => {
        last = Date.now()
        if (!down || closed) return
        down = false
        block(false)
      })
      const shared = view.model.document, notify = shared._trigger_on_change
      shared._trigger_on_change = (event) => {
        for (const each of event.events ?? [event]) {
          if (PARTS.test(each.model?.type) && LOOKS.test(each.attr)) each.sync = false
        }
        notify.call(shared, event)
      }
      shared.on_event("connection_lost", () => { closed = true; lose() })
      const check = () => { if (Date.now() - last > 1000 * model.patience) lose() }
      const timer = setInterval(check, 1000)
      const restored = (event) => { if (event.persisted) location.reload() }
      window.addEventListener("pageshow", restored)
      model.on("remove", () => {
        removed = true
        clearInterval(timer)
        window.removeEventListener("pageshow", restored)
      })
      return document.createElement("span")
    }
    """
