"""The control for a range of days: two dates that are typed, or chosen in a calendar."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import panel as pn
import param
from param.parameterized import no_instance_params

from medallion_panel.ui.formats import Formats


@no_instance_params
class DateRangeInput(pn.custom.JSComponent):
    """Two dates in the form of a locale, or as 2024-05-31, both optional.

    `first` and `last` are the dates that a visitor has chosen in ISO form, empty where they chose
    none, and `changes` counts their choices. A calendar, that of the browser, opens by the button
    or Alt and the down arrow, and closes by Escape; Escape in a date undoes what was typed.

    Parameters: `label`; `start` and `end`, the bounds, which are shown where nothing is typed;
    `tag` is the locale; `words` are `first`, `last`, `calendar` and `invalid`.
    """

    label = param.String()
    first = param.String()
    last = param.String()
    changes = param.Integer(default=0)
    start = param.String()
    end = param.String()
    tag = param.String()
    words = param.Dict(default={})

    _stylesheets: ClassVar[list[str]] = [
        """
        :host { color: inherit; display: block; width: 100% }
        fieldset { margin: 0; min-width: 0; display: flex; align-items: center; gap: 2px;
          padding: 0 6px; border: 1px solid rgba(128,136,150,.6); border-radius: 10px;
          height: 48px; box-sizing: border-box; margin-top: -8px }
        fieldset:focus-within { border-color: var(--panel-primary-color);
          outline: 1px solid var(--panel-primary-color) }
        legend { font-size: .75rem; padding: 0 4px }
        input[type=text] { flex: 1; min-width: 0; font: .875rem var(--bokeh-base-font);
          color: inherit; background: none; border: 0; padding: 4px; outline: none;
          font-variant-numeric: tabular-nums }
        input[type=text]:focus-visible { box-shadow: inset 0 -2px var(--panel-primary-color) }
        input::placeholder { color: inherit; opacity: .72 }
        input[aria-invalid=true] { text-decoration: underline wavy #d9534c }
        span { position: relative }
        button { background: none; border: 0; color: inherit; cursor: pointer; padding: 4px;
          border-radius: 6px; display: inline-flex }
        button:focus-visible { outline: 2px solid var(--panel-primary-color) }
        span input { position: absolute; inset: 0; width: 100%; height: 100%; opacity: 0;
          border: 0; padding: 0; pointer-events: none }
        """
    ]
    _esm = """
    const ICON = `<svg viewBox="0 0 16 16" width="15" height="15" fill="none" aria-hidden="true"
      stroke="currentColor" stroke-width="1.4"><rect x="2" y="3" width="12" height="11" rx="2"/>
      <path d="M2 6.5h12M5.3 1.5v3M10.7 1.5v3"/></svg>`
    export function render({ model }) {
      const form = new Intl.DateTimeFormat(model.tag,
        { year: "numeric", month: "2-digit", day: "2-digit", timeZone: "UTC" })
      const order = form.formatToParts(0).map((part) => part.type)
        .filter((type) => ["day", "month", "year"].includes(type))
      const write = (iso) => iso ? form.format(new Date(`${iso}T00:00Z`)) : ""
      const read = (text) => {  // the date in ISO form, null where it is none
        const numbers = text.trim().match(/\\d+/g) ?? []
        const isIso = /^\\s*\\d{4}-/.test(text)
        if (numbers.length !== 3) return null
        const names = isIso ? ["year", "month", "day"] : order
        const named = Object.fromEntries(names.map((name, place) => [name, numbers[place]]))
        const year = named.year.length === 2 ? `20${named.year}` : named.year
        const iso = `${year.padStart(4, "0")}-${named.month.padStart(2, "0")}-` +
          named.day.padStart(2, "0")
        const day = new Date(`${iso}T00:00Z`)
        return !isNaN(day) && day.toISOString().startsWith(iso) ? iso : null
      }
      const box = document.createElement("fieldset"), legend = document.createElement("legend")
      legend.textContent = model.label
      box.append(legend)
      const ends = { first: "start", last: "end" }
      for (const [name, bound] of Object.entries(ends)) {
        const input = document.createElement("input"), button = document.createElement("button")
        const picker = document.createElement("input")
        input.type = "text"
        input.autocomplete = "off"
        input.setAttribute("aria-label", `${model.label}: ${model.words[name]}`)
        button.type = "button"
        button.title = model.words.calendar
        button.setAttribute("aria-label",
          `${model.words.calendar}: ${model.label}, ${model.words[name]}`)
        button.innerHTML = ICON
        picker.type = "date"
        picker.tabIndex = -1
        picker.ariaHidden = "true"
        const calendar = document.createElement("span")
        calendar.append(button, picker)
        const set = (iso) => {
          if (iso === model[name]) return
          model[name] = iso
          model.changes += 1
        }
        const show = () => {
          input.value = write(model[name])
          input.placeholder = write(model[bound])
          Object.assign(picker, { value: model[name], min: model.start, max: model.end })
          input.setAttribute("aria-invalid", "false")
          input.title = ""
        }
        const take = () => {
          const iso = input.value.trim() ? read(input.value) : ""
          if (iso === null) {
            input.setAttribute("aria-invalid", "true")
            input.title = model.words.invalid
            return
          }
          set(iso)
          show()
        }
        const open = () => { try { picker.showPicker() } catch { picker.focus() } }
        input.onchange = take
        input.onkeydown = (event) => {
          if (event.key === "Enter") take()
          else if (event.key === "Escape") show()
          else if (event.key === "ArrowDown" && event.altKey) open()
        }
        button.onclick = open
        picker.onchange = () => { set(picker.value); show() }
        model.on([name, bound], show)
        show()
        box.append(input, calendar)
      }
      model.on("label", () => { legend.textContent = model.label })
      return box
    }
    """

    @classmethod
    def of(cls, label: str, formats: Formats) -> DateRangeInput:
        """The control in the form and the words of a locale."""
        say = formats.say
        words = {
            "first": say("first day"),
            "last": say("last day"),
            "calendar": say("Calendar"),
            "invalid": say("This is not a date"),
        }
        look: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": 0}
        return cls(label=label, tag=formats.tag, words=words, **look)

    @property
    def value(self) -> tuple[date, date] | None:
        """The range that is chosen, an end that is not at its bound; None where both are not."""
        if not self.first and not self.last:
            return None
        first, last = self.first or self.start, self.last or self.end
        return date.fromisoformat(first), date.fromisoformat(last)

    def show(self, bounds: tuple[date, date], value: tuple[date, date] | None) -> None:
        """Set the bounds and the range that is chosen."""
        start, end = (day.isoformat() for day in bounds)
        first, last = (day.isoformat() for day in value) if value else ("", "")
        self.param.update(start=start, end=end, first=first, last=last)
