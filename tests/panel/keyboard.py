"""A walk through a page with the Tab key: what gets the focus, and how it looks and is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.axe_counts import load_axe

_MOST_STOPS = 600

# Where an element with the focus is removed, Tab goes on: here from the beginning of the page.
_START = """
(() => {
  const start = document.createElement("span")
  start.tabIndex = -1
  document.body.prepend(start)
  start.focus()
  start.remove()
})()
"""

# The state of an element and what is around it, which a visible focus changes.
_WALK = """
(() => {
  const looks = (element) => {
    const around = []
    for (let each = element, depth = 0; each && depth < 4; depth += 1) {
      around.push(each, ...(each.children ?? []))
      each = each.parentElement ?? each.getRootNode().host
    }
    for (const each of around.flatMap((each) => each.getAnimations?.() ?? []))
      if (each instanceof CSSTransition) each.finish()
    return around.map((each) => {
      const style = getComputedStyle(each)
      const { outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, borderWidth } = style
      const outline = outlineStyle === "none" ? "" : [outlineStyle, outlineWidth, outlineColor]
      return [outline, boxShadow, borderColor, borderWidth, style.backgroundColor,
        style.stroke, style.strokeWidth, each.className?.includes?.("ocusVisible")].join()
    }).join(";")
  }
  const active = () => {
    let element = document.activeElement
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
    return element === document.body ? null : element
  }
  const stops = []
  window.keyboardWalk = {
    // Look at what has the focus; whether the walk goes on.
    step() {
      const element = active(), last = stops.at(-1)
      if (last && element !== last.element) last.visible = looks(last.element) !== last.looks
      if (!element || stops.some((stop) => stop.element === element)) return false
      stops.push({ element, looks: looks(element) })
      return true
    },
    stops() {
      axe.setup()
      const result = stops.map(({ element, visible }) => ({
        name: axe.commons.text.accessibleText(element).trim(), visible: Boolean(visible),
        html: element.outerHTML.slice(0, 200) }))
      axe.teardown()
      return result
    },
  }
})()
"""


@dataclass(frozen=True)
class Stop:
    """An element that Tab reaches: its accessible name, whether its focus can be seen, and HTML."""

    name: str
    visible: bool
    html: str


def walk(tab: Any) -> list[Stop]:
    """Press Tab until the focus leaves the page; all that it reached. Fails where it never does."""
    load_axe(tab)
    tab.evaluate(_START)
    tab.evaluate(_WALK)
    for _ in range(_MOST_STOPS):
        tab.keyboard.press("Tab")
        tab.wait_for_timeout(15)  # transitions of colours begin, and are finished
        if not tab.evaluate("keyboardWalk.step()"):
            stops = tab.evaluate("keyboardWalk.stops()")
            return [Stop(each["name"], each["visible"], each["html"]) for each in stops]
    raise AssertionError(f"the focus does not leave the page after {_MOST_STOPS} elements")
