"""The connection of a page to its server: a page that lost it says so at once, and comes back by itself."""

from __future__ import annotations

import panel as pn
import param

BEAT_MS = 5000


class Connection(pn.custom.JSComponent):
    """Watches the connection in the browser; the server counts `beat` up every BEAT_MS.

    When the websocket closes, or no beat has come for `patience` seconds, a banner says that the page may be out of
    date, and nothing on it can be pressed. When the server answers again the page is loaded anew from its address,
    which holds all that was asked; where it was only slow the page stays as it is.
    """

    beat = param.Integer(default=0)
    patience = param.Number(default=30)

    _esm = """
    export function render({ model, view }) {
      const banner = document.createElement("div")
      banner.setAttribute("role", "alert")
      banner.className = "medallion-disconnected"
      banner.style.cssText = "position:fixed;inset:0 0 auto 0;z-index:20000;padding:14px 20px;background:#b3261e;" +
        "color:#fff;font:500 15px/1.4 system-ui,sans-serif;text-align:center;box-shadow:0 2px 8px rgba(0,0,0,.4)"
      banner.textContent = "Connection to the server lost: what this page shows may be out of date. Reconnecting …"
      let last = Date.now(), down = false, closed = false, removed = false

      const block = (blocked) => {
        for (const element of document.body.children) if (element !== banner) element.inert = blocked
        if (blocked) document.body.append(banner)
        else banner.remove()
      }
      const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
      const answers = async (url, method) => {
        try {
          return (await fetch(url, { method, cache: "no-store", signal: AbortSignal.timeout(10000) })).ok
        } catch { return false }
      }
      const file = [...document.scripts].find((script) => script.src.startsWith(location.origin))?.src
      const lose = async () => {
        if (down || removed) return
        down = true
        block(true)
        let back = null  // since when the server answers, though no beat comes
        for (let wait = 500; down && !removed; wait = Math.min(5000, wait * 1.5)) {
          await pause(wait)
          if (!await answers(file ?? location.href, "HEAD")) { back = null; continue }
          back ??= Date.now()
          if (!closed && Date.now() - back < 60000) continue  // it may only be slow, and beat again
          if (down && await answers(location.href, "GET")) { location.reload(); return }
        }
      }
      model.on("beat", () => {
        last = Date.now()
        if (!down || closed) return
        down = false
        block(false)
      })
      view.model.document.on_event("connection_lost", () => { closed = true; lose() })
      const timer = setInterval(() => { if (Date.now() - last > 1000 * model.patience) lose() }, 1000)
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
