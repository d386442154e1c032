"""A new page lays out each of its charts a few times only."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

COUNT = """() => {
  const { PlotView } = Bokeh.require("models/plots/plot")
  const measure = PlotView.prototype._measure_layout, counts = window.layouts = {}
  PlotView.prototype._measure_layout = function () {
    const { id } = this.model
    counts[id] = (counts[id] ?? 0) + 1
    measure.call(this)
  }
}"""
# A chart is laid out again when letters come that the browser has not loaded for the first page.
FONTS = "async () => { await Promise.all([...document.fonts].map((face) => face.load())) }"
MOST = 4  # at first, as it is placed, when its size is known, and when its ticks are


def test_a_new_page_lays_out_each_chart_a_few_times(tab: Any, address: str) -> None:
    tab.set_viewport_size({"width": 1400, "height": 1600})
    tab.goto(address)
    expect(tab.locator(".bk-Figure")).to_have_count(5)
    tab.evaluate(FONTS)
    tab.wait_for_timeout(500)
    tab.evaluate(COUNT)
    tab.get_by_role("navigation").get_by_text("Clients", exact=True).click()
    expect(tab.locator(".bk-Figure")).to_have_count(2)
    tab.wait_for_function("Object.keys(layouts).length >= 2")
    tab.wait_for_timeout(500)
    counts = tab.evaluate("Object.values(layouts)")
    assert len(counts) >= 2
    assert max(counts[-2:]) <= MOST, counts
