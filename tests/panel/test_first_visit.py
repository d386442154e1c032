"""A first visit loads the letters that its page shows, draws them in charts, and sends little."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

LATIN = {"latin", "latin-ext", "math", "symbols"}
CYRILLIC = "**/roboto-cyrillic-*"
MOST_BYTES = 1_600_000
LABEL = """() => {
  const [plot] = Bokeh.index.query((view) => view.model.type === "Figure")
  plot.model.left[0].axis_label = "Выручка"
}"""
PICTURE = """() => {
  const [plot] = Bokeh.index.query((view) => view.model.type === "Figure")
  return plot.canvas_view.compose().canvas.toDataURL()
}"""
CHANGED = f"(before) => ({PICTURE})() !== before"
COLOR = """() => {
  const [plot] = Bokeh.index.query((view) => view.model.type === "Figure")
  return plot.model.below[0].axis_line_color
}"""
LETTERS = "() => [...document.fonts].some((face) => face.unicodeRange.includes('U+400-45F')"


def test_a_first_visit_loads_and_sends_what_its_page_needs(tab: Any, address: str) -> None:
    session, sizes = tab.context.new_cdp_session(tab), []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    urls: list[str] = []
    tab.on("request", lambda request: urls.append(request.url))
    sent: list[str] = []
    tab.on(
        "websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame)))
    )
    tab.goto(address)
    expect(tab.locator(".bk-Figure")).to_have_count(5)
    tab.wait_for_load_state("networkidle")
    subsets = {found[1] for url in urls if (found := re.search(r"roboto-([a-z-]+)-\d+-", url))}
    assert "latin" in subsets
    assert subsets <= LATIN
    assert not any("bokeh-gl" in url for url in urls)
    assert 0 < sum(sizes) <= MOST_BYTES
    assert tab.evaluate(COLOR).startswith("rgba(0, 0, 0")  # that of the theme, not Bokeh's
    for _ in range(900):
        if any("ModelChanged" in frame for frame in sent):
            break
        tab.wait_for_timeout(100)  # in which its events come
    else:
        pytest.fail("nothing is sent")
    assert not [frame for frame in sent if "_color" in frame or "outer_width" in frame]


def test_a_chart_is_drawn_again_when_its_letters_have_come(tab: Any, address: str) -> None:
    waiting: list[Any] = []

    def wait(route: Any) -> None:
        waiting.append(route)

    tab.goto(address)
    expect(tab.locator(".bk-Figure")).to_have_count(5)
    tab.wait_for_load_state("networkidle")
    tab.route(CYRILLIC, wait)
    without = tab.evaluate(PICTURE)
    tab.evaluate(LABEL)
    tab.wait_for_function(f"{LETTERS} && face.status === 'loading')")
    tab.wait_for_function(CHANGED, arg=without)  # it is drawn in another typeface
    tab.wait_for_timeout(500)
    before = tab.evaluate(PICTURE)
    assert tab.evaluate(PICTURE) == before
    for route in waiting:
        route.continue_()
    tab.wait_for_function(CHANGED, arg=before)
    assert tab.evaluate(f"({LETTERS} && face.status === 'loaded'))()")
