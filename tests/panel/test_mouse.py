"""What needs a mouse: selecting days in a calendar, and pointing at countries on the map."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

import medallion as md
from tests.panel.page_content import eventually, shows
from tests.panel.test_dashboard import query_lake

# The position on the screen of the center of a country's largest part.
POINT = """(country) => {
  const plots = Bokeh.documents.flatMap((each) => [...each._all_models.values()])
    .filter((model) => model.type === "Figure")
  for (const plot of plots) for (const { data_source } of plot.renderers) {
    const { country: names, text, x, y } = data_source.data
    if (!names || !text) continue
    const parts = [...names].map((name, at) => at).filter((at) => names[at] === country)
    const at = parts.reduce((one, other) => x[one].length >= x[other].length ? one : other)
    const middle = (values) => (Math.min(...values) + Math.max(...values)) / 2
    const view = Bokeh.index.find_one(plot), box = view.el.getBoundingClientRect()
    const { x_scale, y_scale } = view.frame
    return [box.left + x_scale.compute(middle(x[at])), box.top + y_scale.compute(middle(y[at]))]
  }
}"""


def test_days_are_typed_as_the_locale_writes_them(
    tab: Any, address: str, project: md.Pipeline
) -> None:
    tab.goto(f"{address}?page=clients")
    expect(tab.locator(".figure")).to_have_text("30")
    first, last = (
        tab.get_by_role("textbox", name=f"Since: {end} day", exact=True)
        for end in ("first", "last")
    )
    expect(first).to_have_attribute("placeholder", "15/01/2024")
    first.fill("31/02/2024")
    first.press("Enter")
    expect(first).to_have_attribute("aria-invalid", "true")
    first.press("Escape")
    expect(first).to_have_value("")
    first.fill("1/2/2024")
    first.press("Enter")
    expect(first).to_have_value("01/02/2024")
    last.fill("2024-03-30")
    last.press("Enter")
    tab.wait_for_url("**since=2024-02-01..2024-03-30")
    condition = "since between date '2024-02-01' and date '2024-03-30'"
    rows = query_lake(
        project,
        f"select client_id, spent::double from clients where {condition} order by spent desc",
    )
    assert 0 < len(rows) < 30
    expect(tab.locator(".figure")).to_have_text(str(len(rows)))
    expect(tab.locator("tbody tr td:nth-child(1)")).to_have_text(
        [str(ident) for ident, _ in rows[:5]]
    )
    shows(tab, ["x", "y"], rows, ordered=False)
    tab.get_by_role("button", name="Clear filters").click()
    expect(tab.locator(".figure")).to_have_text("30")
    tab.wait_for_url("**?page=clients")


def test_a_country_shows_its_figure_in_a_tooltip(
    tab: Any, address: str, project: md.Pipeline
) -> None:
    tab.goto(f"{address}?page=home")
    expect(tab.locator(".bk-Figure")).to_have_count(5)
    for country in ("Brazil", "Germany"):
        _point_at(tab, project, country)


def _point_at(tab: Any, project: md.Pipeline, country: str) -> None:
    ((revenue,),) = query_lake(
        project, f"select sum(revenue) from sales where country = '{country}'"
    )
    figure = f"€{revenue:,.0f}" if revenue >= 1000 else f"€{revenue:,.2f}"
    tip = tab.locator(".bk-Tooltip").filter(has_text=figure)

    def is_shown(x: float, y: float) -> bool:
        tab.mouse.move(x - 1, y)
        tab.mouse.move(x, y)
        return bool(tip.filter(has_text=country).count()) and tip.first.is_visible()

    eventually(
        lambda: is_shown(*tab.evaluate(POINT, country)),
        lambda: f"no tooltip for {country}: {tab.locator('.bk-Tooltip').all_text_contents()}",
    )
    tab.get_by_text("World", exact=True).hover()
    expect(tip).to_have_count(0)
