"""A choice of several options, in a list that opens: usable by mouse, touch and keyboard."""

from __future__ import annotations

from typing import Any, ClassVar

import panel as pn
import param
from param.parameterized import no_instance_params

from medallion_panel.messages.messages import Messages


@no_instance_params
class ChoiceBox(pn.custom.JSComponent):
    """A button with its `label` and what is chosen, which opens a list with a search.

    The button opens the list by Enter, Space, an arrow key or the first letters to search for, and
    Delete removes the choice. In the list, arrow keys, Home, End and Page move between the options,
    Enter chooses one or no longer, as does Space while nothing is searched for, and Escape closes
    it.

    Parameters: `options` as [value, text] pairs in their order, and the `value` that is chosen, a
    list; `words` are those of the control, see `of`. With `starts_full`, no choice is all options
    chosen: the first of the list chooses all of them or none, and the button has their number in
    place of their names. `small` is of the height of buttons.
    """

    label = param.String()
    options = param.List(default=[])
    value = param.List(default=[])
    words = param.Dict(default={})
    starts_full = param.Boolean(default=False)
    small = param.Boolean(default=False)

    _stylesheets: ClassVar[list[str]] = [
        """
        :host { color: inherit; display: block }
        .box { position: relative; height: 56px; box-sizing: border-box; display: flex;
          border: 1px solid rgba(128,136,150,.5); border-radius: 10px }
        .box:hover { border-color: currentColor }
        .box:has(> button:focus-visible) { outline: 2px solid var(--panel-primary-color);
          outline-offset: -1px }
        button { all: unset; box-sizing: border-box; cursor: pointer }
        .open { flex: 1; min-width: 0; padding: 8px 28px 6px 12px; position: relative }
        .open::after { border: 5px solid transparent; border-top-color: currentColor; content: "";
          opacity: .6; position: absolute; right: 14px; top: 26px }
        .open span { display: block; overflow: hidden; text-overflow: ellipsis;
          white-space: nowrap }
        .open .label { font: 400 .75rem / 1.3 var(--bokeh-base-font); opacity: .75 }
        .open .chosen { font: 400 1rem / 1.5 var(--bokeh-base-font) }
        .clear { flex: none; padding: 0 10px; font-size: .8rem; opacity: .75;
          border-radius: 0 9px 9px 0 }
        .clear:hover { opacity: 1; background: rgba(128,136,150,.16) }
        .clear:focus-visible { outline: 2px solid var(--panel-primary-color); outline-offset: -3px }
        .small { height: 40px }
        .small .open { align-items: center; display: flex; padding: 0 26px 0 12px }
        .small .open::after { right: 9px; top: 17px }
        .small .clear { padding: 0 8px }
        .small .open .label { display: none }
        .small .open .chosen { font-size: .875rem }
        .list { position: absolute; top: calc(100% + 4px); left: -1px; z-index: 20; width: 100%;
          min-width: 220px; box-sizing: content-box; border-radius: 10px; padding: 8px 0;
          border: 1px solid rgba(128,136,150,.5); box-shadow: 0 6px 20px rgba(0,0,0,.22);
          background: var(--panel-surface-color, Canvas);
          color: var(--panel-on-surface-color, CanvasText);
          font: .9rem / 1.4 var(--bokeh-base-font) }
        .list.at-right { left: auto; right: -1px }
        input { box-sizing: border-box; margin: 0 8px 6px; width: calc(100% - 16px); font: inherit;
          color: inherit; background: none; border: 1px solid rgba(128,136,150,.6);
          border-radius: 7px; padding: 6px 9px }
        input::placeholder { color: inherit; opacity: .72 }
        input:focus-visible, ul:focus-visible { outline: 2px solid var(--panel-primary-color);
          outline-offset: 0 }
        ul { list-style: none; margin: 0; padding: 0; max-height: 280px; overflow-y: auto }
        li { display: flex; gap: 8px; padding: 6px 12px; cursor: pointer; overflow-wrap: anywhere }
        li::before { content: "✓"; visibility: hidden }
        li[aria-selected=true]::before { visibility: visible }
        li[aria-selected=true] { font-weight: 600 }
        li.every { border-bottom: 1px solid rgba(128,136,150,.3); margin-bottom: 4px;
          padding-bottom: 8px }
        li:hover { background: rgba(128,136,150,.16) }
        li.active { background: color-mix(in srgb, var(--panel-primary-color) 20%, transparent);
          box-shadow: inset 3px 0 var(--panel-primary-color) }
        p { margin: 0; padding: 6px 12px; opacity: .8 }
        [hidden] { display: none !important }
        """
    ]
    _esm = """
    const PAGE = 8  // options that Page Up and Page Down pass
    const plain = (text) => text.normalize("NFD").replace(/\\p{M}/gu, "").toLowerCase()
    export function render({ model }) {
      const make = (tag, className, attributes = {}) => {
        const element = document.createElement(tag)
        element.className = className
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
        return element
      }
      const box = make("div", model.small ? "box small" : "box")
      const open = make("button", "open", { type: "button", "aria-haspopup": "dialog" })
      const label = make("span", "label"), chosen = make("span", "chosen")
      open.append(label, chosen)
      const clear = make("button", "clear", { type: "button" })
      clear.append("✕")
      const list = make("div", "list", { role: "dialog" })
      const search = make("input", "", { type: "text", role: "combobox", "aria-controls": "options",
        "aria-expanded": "true", "aria-autocomplete": "list", autocomplete: "off" })
      const options = make("ul", "", { id: "options", role: "listbox", tabindex: "-1",
        "aria-multiselectable": "true" })
      const none = make("p", "", { role: "status" })
      list.append(search, options, none)
      list.hidden = true
      box.append(open, clear, list)
      let active = -1
      let emptied = false  // a list that starts full has no option chosen until the next one is
      const isFull = () => model.starts_full && !model.value.length && !emptied
      const isChosen = (value) => isFull() || model.value.includes(value)
      const activate = (number) => {
        const items = [...options.children]
        items[active]?.classList.remove("active")
        active = Math.max(Math.min(number, items.length - 1), items.length ? 0 : -1)
        const item = items[active]
        item?.classList.add("active")
        item?.scrollIntoView({ block: "nearest" })
        for (const each of [search, options]) {
          if (item) each.setAttribute("aria-activedescendant", item.id)
          else each.removeAttribute("aria-activedescendant")
        }
      }
      const choose = (value) => {
        const values = model.options.map(([each]) => each), former = values.filter(isChosen)
        const chosen = former.includes(value) ? former.filter((each) => each !== value)
          : values.filter((each) => each === value || former.includes(each))
        emptied = !chosen.length
        model.value = model.starts_full && chosen.length === values.length ? [] : chosen
      }
      const removeChoice = (everything = true) => {
        emptied = !everything
        model.value = []
        fill()  // there was none before, either
      }
      const optionOf = (id, text, selected, chosen) => {
        const item = make("li", "", { id, role: "option", "aria-selected": String(selected) })
        item.append(text)
        item.onclick = () => { activate([...options.children].indexOf(item)); chosen() }
        return item
      }
      const fillOptions = () => {
        const wanted = plain(search.value.trim())
        const found = model.options.filter(([, text]) => plain(text).includes(wanted))
        const items = found.map(([value, text], number) =>
          optionOf(`option${number}`, text, isChosen(value), () => choose(value)))
        if (model.starts_full && !wanted) {
          items.unshift(optionOf("every", model.words.every, isFull(),
            () => removeChoice(!isFull())))
          items[0].classList.add("every")
        }
        options.replaceChildren(...items)
        none.textContent = found.length ? "" : model.words.none
        none.hidden = Boolean(found.length)
      }
      const fill = () => {
        const texts = new Map(model.options), { words } = model
        const names = model.value.map((value) => texts.get(value) ?? value)
        label.textContent = model.label
        const counted = words.some.replace("{some}", names.length)
          .replace("{all}", model.options.length)
        const some = model.starts_full ? counted : names.join(", ")
        chosen.textContent = names.length ? some : words.all
        open.title = names.join(", ")
        open.setAttribute("aria-label", `${model.label}: ${chosen.textContent}`)
        clear.hidden = !names.length
        clear.setAttribute("aria-label", words.clear)
        search.placeholder = words.search
        search.setAttribute("aria-label", `${words.search}: ${model.label}`)
        options.setAttribute("aria-label", model.label)
        list.setAttribute("aria-label", model.label)
        if (list.hidden) return
        const { scrollTop } = options
        fillOptions()
        options.scrollTop = scrollTop
        activate(active)
      }
      const show = (shown) => {
        list.hidden = !shown
        open.setAttribute("aria-expanded", String(shown))
        search.value = ""
        emptied = false
        // A list is wider than a narrow box, to its right unless the screen ends there.
        const { left } = box.getBoundingClientRect()
        list.classList.toggle("at-right", left + list.offsetWidth > window.innerWidth - 8)
        const reach = { bubbles: true, composed: true, detail: shown }
        box.dispatchEvent(new CustomEvent("medallion-list", reach))
      }
      const openList = (event, text = "") => {
        if (list.hidden) {
          show(true)
          search.value = text
          fillOptions()
          const items = [...options.children]
          activate(text ? 0 : items.findIndex((item) => item.matches("[aria-selected=true]")))
        }
        // A touch opens no keyboard of the screen: that of the search is one more touch.
        const place = event.pointerType === "touch" ? options : search
        place.focus({ preventScroll: true })
        list.scrollIntoView({ block: "nearest" })
      }
      const close = () => { show(false); open.focus() }
      open.onclick = (event) => { if (list.hidden) openList(event); else close() }
      open.onmousedown = (event) => event.preventDefault()
      open.onkeydown = (event) => {
        const { key } = event, modified = event.ctrlKey || event.metaKey || event.altKey
        if (key === "Escape" && !list.hidden) close()
        else if (key === "Delete") removeChoice()
        else if (["ArrowDown", "ArrowUp"].includes(key)) openList(event)
        else if (key.length === 1 && key !== " " && !modified) openList(event, key)
        else return
        event.preventDefault()
      }
      clear.onclick = () => { removeChoice(); open.focus() }
      search.oninput = () => { fillOptions(); activate(0) }
      list.onkeydown = (event) => {
        const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE }
        const last = options.children.length - 1, { key } = event
        if (key === "Escape") {
          event.stopPropagation()
          close()
        } else if (key in moves) activate(active + moves[key])
        else if (["Home", "End"].includes(key) && !search.value) activate(key === "End" ? last : 0)
        else if (key === "Enter" || (key === " " && !search.value)) {
          const item = options.children[active]
          if (item) item.click()
        } else return
        event.preventDefault()
      }
      // A press on the list leaves the focus where it is.
      list.onmousedown = (event) => { if (event.target !== search) event.preventDefault() }
      box.onfocusout = (event) => { if (!box.contains(event.relatedTarget)) show(false) }
      model.on(["label", "options", "value", "words"], fill)
      show(false)
      fill()
      return box
    }
    """

    @classmethod
    def of(cls, label: str, say: Messages) -> ChoiceBox:
        """The control of a filter in the words of a language, without options."""
        words = {"all": say("All"), "clear": f"{say('Remove the filter')} {label}"}
        return cls._with_words(label, say, {**words, "every": "", "some": ""})

    @classmethod
    def of_columns(cls, say: Messages, **look: Any) -> ChoiceBox:
        """A small control that chooses columns, all of them at first, without options."""
        every = say("All columns")
        some = say("{some} of {all} columns", some="{some}", all="{all}")
        words = {"all": every, "every": every, "some": some, "clear": say("Show all columns")}
        return cls._with_words(say("Columns"), say, words, starts_full=True, small=True, **look)

    @classmethod
    def _with_words(
        cls, label: str, say: Messages, words: dict[str, str], **parameters: Any
    ) -> ChoiceBox:
        words = {**words, "search": say("Search"), "none": say("Nothing found")}
        look: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": 0, **parameters}
        return cls(label=label, words=words, **look)
