"""A release published while a page is open replaces the former one without flicker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import expect

import medallion as md
from tests.panel import shop
from tests.panel.forked_server import serving
from tests.panel.page_content import choose, shows
from tests.panel.test_dashboard import euros, query_lake

# Checks at every frame, and at every change of the DOM, whether an element that was shown is
# missing.
WATCH = """() => {
  const all = (root, elements = []) => {
    for (const each of root.querySelectorAll("*")) {
      elements.push(each)
      if (each.shadowRoot) all(each.shadowRoot, elements)
    }
    return elements
  }
  const first = all(document)
  const charts = first.filter((each) => each.tagName === "CANVAS")
  const figures = first.filter((each) => each.className === "figure").length
  const rows = first.filter((each) => each.tagName === "TD").length
  const scrolled = [document.scrollingElement, ...first].filter((each) => each.scrollTop > 0)
    .map((each) => [each, each.scrollTop])
  const watched = window.watched = { frames: 0, faults: [], charts: charts.length, figures, rows,
    scrolled: scrolled.length }
  const fault = (text) => { if (!watched.faults.includes(text)) watched.faults.push(text) }
  const checkCharts = () => {
    for (const each of charts) if (!each.isConnected) fault("a chart was removed")
  }
  const look = () => {
    checkCharts()
    const now = all(document)
    const height = (each) => each.getBoundingClientRect().height
    for (const each of charts) if (!height(each)) fault("a chart has no height")
    const numbers = now.filter((each) => each.className === "figure")
    if (numbers.length !== figures) fault(`${numbers.length} figures instead of ${figures}`)
    const empty = (each) => !each.textContent.trim() || !height(each)
    if (numbers.some(empty)) fault("an empty figure")
    if (now.filter((each) => each.tagName === "TD").length < rows) fault("rows are missing")
    const isAlert = (each) => each.classList.contains("MuiAlert-root") && height(each)
    if (now.some(isAlert)) fault("an alert")
    for (const [each, top] of scrolled) {
      if (each.scrollTop !== top) fault(`scrolled from ${top} to ${each.scrollTop}`)
    }
    watched.frames += 1
    requestAnimationFrame(look)
  }
  for (const root of [document, ...first.map((each) => each.shadowRoot).filter(Boolean)])
    new MutationObserver(checkCharts).observe(root, { childList: true, subtree: true })
  look()
}"""


def test_a_new_release_is_shown_without_flicker(tab: Any, tmp_path: Path) -> None:
    pipeline = md.Pipeline.load(shop.write(tmp_path / "project"))
    pipeline.run()
    with serving(pipeline.base / "medallion.yaml") as url:
        tab.set_viewport_size({"width": 1400, "height": 900})
        tab.goto(url)
        expect(tab.locator(".bk-Figure")).to_have_count(5)
        expect(tab.get_by_text("silver.sales", exact=True)).to_be_visible()
        shows(tab, ["x", "y"], by_product(pipeline))
        tab.get_by_text("Weekdays", exact=True).scroll_into_view_if_needed()
        tab.evaluate(WATCH)
        watched = tab.evaluate("watched")
        assert watched["charts"] >= 5
        assert watched["figures"] == watched["scrolled"] == 1
        assert watched["rows"] > 0
        (pipeline.base / "data/sales-more.csv").write_text(shop.sales(range(7, 9)))
        pipeline.run()
        shows(tab, ["x", "y"], by_product(pipeline))
        expect(tab.locator(".figure")).to_have_text(euros(pipeline))
        expect(tab.get_by_text(pipeline.store().release().id).first).to_be_attached()
        frames = tab.evaluate("watched.frames")
        tab.wait_for_function(f"watched.frames > {frames + 30}")
        assert tab.evaluate("watched.faults") == []


def test_filters_have_the_options_of_a_new_release_and_keep_their_values(
    tab: Any, tmp_path: Path
) -> None:
    pipeline = md.Pipeline.load(shop.write(tmp_path / "project"))
    pipeline.run()
    clients = pipeline.base / "data/clients.csv"
    first = clients.read_text()
    with serving(pipeline.base / "medallion.yaml") as url:
        tab.goto(f"{url}?page=clients&country=France&country=Japan&spent=700..")
        condition = "spent >= 700 and country in ('France', 'Japan')"
        expect(tab.locator(".figure")).to_have_text(count(pipeline, condition))
        clients.write_text(
            f"{first}31,Client 31,France,4321.50,2031-05-05\n32,Client 32,Peru,800.50,2024-01-01\n"
        )
        pipeline.run()
        expect(tab.get_by_text(pipeline.store().release().id).first).to_be_attached()
        expect(tab.locator(".figure")).to_have_text(count(pipeline, condition))
        choose(tab, "Country", "Peru")
        expect(tab.locator(".figure")).to_have_text(
            count(pipeline, "spent >= 700 and country in ('France', 'Japan', 'Peru')")
        )
        clients.write_text(first.replace("Japan", "Chile"))
        pipeline.run()
        expect(tab.locator(".figure")).to_have_text(
            count(pipeline, "spent >= 700 and country = 'France'")
        )
        tab.wait_for_url(lambda url: "country=France" in url and "Japan" not in url)


def test_a_default_page_follows_its_table(tab: Any, tmp_path: Path) -> None:
    yaml = shop.YAML.partition("dashboard:")[0]
    config = shop.write(tmp_path / "project", yaml)
    md.Pipeline.load(config).run()
    with serving(config) as url:
        tab.goto(f"{url}?page=sales")
        expect(tab.get_by_text("Revenue by Product", exact=True)).to_be_visible()
        without = yaml.replace(
            "sales: {from: silver.sales}", "sales: {from: silver.sales, steps: [drop: [product]]}"
        )
        config.write_text(without)
        md.Pipeline.load(config).run()
        expect(tab.get_by_text("Revenue by Product", exact=True)).to_have_count(0)
        expect(tab.get_by_text("Revenue by Country", exact=True).first).to_be_visible()
        renamed = without.replace(
            "  gold:\n    clients: {from: silver.clients}\n    sales:",
            "  gold:\n    clients: {from: silver.clients}\n    trade:",
        )
        config.write_text(renamed)
        md.Pipeline.load(config).run()
        expect(tab.get_by_text("There is no page “sales”; this is the first one.")).to_be_visible()
        expect(tab.get_by_role("navigation").get_by_text("Trade")).to_be_visible()


def count(pipeline: md.Pipeline, where: str) -> str:
    ((number,),) = query_lake(pipeline, f"select count(*) from clients where {where}")
    return str(number)


def by_product(pipeline: md.Pipeline) -> list[tuple[Any, ...]]:
    return query_lake(
        pipeline,
        "select product, sum(revenue)::double as y from sales group by product order by y desc",
    )
