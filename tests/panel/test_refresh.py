"""A release that is published while a page is open takes the place of the former one without a flicker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import expect

import medallion as md
from tests.panel import shop
from tests.panel.drawn import shows
from tests.panel.serving import close_menu, serving
from tests.panel.test_served import euros, figures

# Looks at every frame, and at every change of the tree, whether something that was shown is away; takes the way down.
WATCH = """() => {
  const all = (root, found = []) => { for (const each of root.querySelectorAll("*")) { found.push(each)
    if (each.shadowRoot) all(each.shadowRoot, found) } return found }
  const first = all(document)
  const charts = first.filter((each) => each.tagName === "CANVAS")
  const figures = first.filter((each) => each.className === "figure").length
  const rows = first.filter((each) => each.tagName === "TD").length
  const scrolled = [document.scrollingElement, ...first].filter((each) => each.scrollTop > 0)
    .map((each) => [each, each.scrollTop])
  const watched = window.watched = { frames: 0, faults: [], charts: charts.length, figures, rows,
    scrolled: scrolled.length }
  const fault = (text) => { if (!watched.faults.includes(text)) watched.faults.push(text) }
  const kept = () => { for (const each of charts) if (!each.isConnected) fault("a chart was taken away") }
  const look = () => {
    kept()
    const now = all(document)
    for (const each of charts) if (!each.getBoundingClientRect().height) fault("a chart has no height")
    const numbers = now.filter((each) => each.className === "figure")
    if (numbers.length !== figures) fault(`${numbers.length} figures instead of ${figures}`)
    for (const each of numbers) if (!each.textContent.trim() || !each.getBoundingClientRect().height)
      fault("an empty figure")
    if (now.filter((each) => each.tagName === "TD").length < rows) fault("rows are away")
    if (now.some((each) => each.classList.contains("MuiAlert-root") && each.getBoundingClientRect().height))
      fault("an alert")
    for (const [each, top] of scrolled) if (each.scrollTop !== top) fault(`scrolled from ${top} to ${each.scrollTop}`)
    watched.frames += 1
    requestAnimationFrame(look)
  }
  for (const root of [document, ...first.map((each) => each.shadowRoot).filter(Boolean)])
    new MutationObserver(kept).observe(root, { childList: true, subtree: true })
  look()
}"""


def test_a_new_release_takes_the_place_of_the_former_without_a_flicker(
    tab: Any, tmp_path: Path
) -> None:
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
        expect(tab.get_by_text(pipeline.store().release().id)).to_be_attached()
        frames = tab.evaluate("watched.frames")
        tab.wait_for_function(f"watched.frames > {frames + 30}")
        assert tab.evaluate("watched.faults") == []


def test_filters_offer_what_a_new_release_holds_and_keep_what_was_chosen(
    tab: Any, tmp_path: Path
) -> None:
    pipeline = md.Pipeline.load(shop.write(tmp_path / "project"))
    pipeline.run()
    clients = pipeline.base / "data/clients.csv"
    first = clients.read_text()
    with serving(pipeline.base / "medallion.yaml") as url:
        tab.goto(f"{url}?page=clients&country=France&country=Japan&spent=700..")
        chosen = "spent >= 700 and country in ('France', 'Japan')"
        expect(tab.locator(".figure")).to_have_text(count(pipeline, chosen))
        clients.write_text(
            f"{first}31,Client 31,France,4321.50,2031-05-05\n32,Client 32,Peru,800.50,2024-01-01\n"
        )
        pipeline.run()
        expect(tab.get_by_text(pipeline.store().release().id)).to_be_attached()
        expect(tab.locator(".figure")).to_have_text(count(pipeline, chosen))
        tab.get_by_role("combobox", name="Country").click()
        tab.get_by_role("menuitem", name="Peru").click()
        close_menu(tab)
        expect(tab.locator(".figure")).to_have_text(
            count(pipeline, "spent >= 700 and country in ('France', 'Japan', 'Peru')")
        )
        clients.write_text(first.replace("Japan", "Chile"))
        pipeline.run()
        expect(tab.locator(".figure")).to_have_text(
            count(pipeline, "spent >= 700 and country = 'France'")
        )
        tab.wait_for_url(lambda address: "country=France" in address and "Japan" not in address)


def test_a_page_nobody_declared_follows_its_table(tab: Any, tmp_path: Path) -> None:
    yaml = shop.YAML.partition("dashboard:")[0]
    config = shop.write(tmp_path / "project", yaml)
    md.Pipeline.load(config).run()
    with serving(config) as url:
        tab.goto(f"{url}?page=sales")
        expect(tab.get_by_text("By product", exact=True)).to_be_visible()
        without = yaml.replace(
            "sales: {from: silver.sales}", "sales: {from: silver.sales, steps: [drop: [product]]}"
        )
        config.write_text(without)
        md.Pipeline.load(config).run()
        expect(tab.get_by_text("By product", exact=True)).to_have_count(0)
        expect(tab.get_by_text("By country", exact=True).first).to_be_visible()
        gone = without.replace(
            "  gold:\n    clients: {from: silver.clients}\n    sales:",
            "  gold:\n    clients: {from: silver.clients}\n    trade:",
        )
        config.write_text(gone)
        md.Pipeline.load(config).run()
        expect(tab.get_by_text("There is no page “sales”; this is the first one.")).to_be_visible()
        expect(tab.get_by_role("navigation").get_by_text("Trade")).to_be_visible()


def count(pipeline: md.Pipeline, where: str) -> str:
    ((number,),) = figures(pipeline, f"select count(*) from clients where {where}")
    return str(number)


def by_product(pipeline: md.Pipeline) -> list[tuple[Any, ...]]:
    return figures(
        pipeline,
        "select product, sum(revenue)::double as y from sales group by product order by y desc",
    )
