"""Pages that a visitor has opened are kept: they come back as they were left, with new figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

import medallion as md
from tests.panel import shop
from tests.panel.forked_server import serving
from tests.panel.page_content import eventually, open_choice, shows
from tests.panel.test_dashboard import euros
from tests.panel.test_refresh import by_product, count

# What a page looks like: the size and style of its parts, and the pixels of its charts.
LOOK = """() => {
  const all = (root, elements = []) => {
    for (const each of root.querySelectorAll("*")) {
      elements.push(each)
      if (each.shadowRoot) all(each.shadowRoot, elements)
    }
    return elements
  }
  const elements = all(document)
  const box = (each) => {
    const { x, y, width, height } = each.getBoundingClientRect()
    return [x, y, width, height].map(Math.round)
  }
  const parts = "button, fieldset, svg, table, .figure, .card, .MuiSlider-root"
  const styles = ["color", "borderRadius", "fontSize", "display", "padding"]
  return {
    parts: elements.filter((each) => each.matches(parts) && each.getClientRects().length)
      .map((each) => [each.tagName, box(each), styles.map((name) => getComputedStyle(each)[name])]),
    charts: elements.filter((each) => each.tagName === "CANVAS")
      .map((each) => [box(each), each.toDataURL()])
  }
}"""
CANVASES = """() => {
  const all = (root) => [...root.querySelectorAll("*")].flatMap(
    (each) => [each, ...(each.shadowRoot ? all(each.shadowRoot) : [])])
  return all(document).filter((each) => each.tagName === "CANVAS")
}"""
SCROLLED = """() => {
  const all = (root) => [...root.querySelectorAll("*")].flatMap(
    (each) => [each, ...(each.shadowRoot ? all(each.shadowRoot) : [])])
  return Math.max(...[document.scrollingElement, ...all(document)].map((each) => each.scrollTop))
}"""


def open_page(tab: Any, title: str) -> None:
    tab.get_by_role("navigation").get_by_text(title, exact=True).click()
    expect(tab.get_by_role("heading", name=title, level=1, exact=True)).to_be_visible()


def rest(tab: Any) -> Any:
    """The look of a page that no longer changes."""
    tab.mouse.move(0, 0)
    looks: list[Any] = [None]

    def is_same() -> bool:
        tab.wait_for_timeout(300)
        looks.append(tab.evaluate(LOOK))
        return bool(looks[-1] == looks[-2])

    eventually(is_same, lambda: "the page does not come to rest")
    return looks[-1]


def test_a_page_comes_back_as_it_was_left(tab: Any, address: str) -> None:
    tab.set_viewport_size({"width": 1400, "height": 700})
    tab.goto(f"{address}?page=clients&country=France&country=Japan")
    expect(tab.locator(".bk-Figure")).to_have_count(2)
    tab.locator("tbody tr").nth(1).click()
    expect(tab.locator("dl")).to_be_visible()
    tab.get_by_role("button", name="Next page").click()
    expect(tab.get_by_text("6–10 of 14")).to_be_visible()
    tab.locator(".bk-Figure").first.scroll_into_view_if_needed()
    look, scrolled, url = rest(tab), tab.evaluate(SCROLLED), tab.url
    assert scrolled > 0
    assert "row=" in url
    tab.evaluate(f"window.canvases = ({CANVASES})()")
    open_page(tab, "Home")
    expect(tab.locator(".bk-Figure")).to_have_count(5)
    expect(tab.locator("dl")).to_have_count(0)
    tab.wait_for_function(f"({SCROLLED})() === 0")
    tab.wait_for_function("canvases.every((each) => !each.isConnected)")
    for _ in range(2):  # what is kept once is kept again
        open_page(tab, "Clients")
        tab.wait_for_url(url)
        assert rest(tab) == look
        tab.wait_for_function(f"({SCROLLED})() === {scrolled}")
        assert tab.evaluate("canvases.length && canvases.every((each) => each.isConnected)")
        open_page(tab, "Performance")
    open_page(tab, "Clients")
    tab.get_by_role("button", name="Clear filters").click()
    expect(tab.locator(".figure")).to_have_text("30")
    expect(tab.get_by_text("1–5 of 30")).to_be_visible()


def test_back_and_forward_return_with_the_filters_of_the_url(
    tab: Any, address: str, project: md.Pipeline
) -> None:
    tab.goto(f"{address}?page=clients&country=France")
    expect(tab.locator(".figure")).to_have_text(count(project, "country = 'France'"))
    open_page(tab, "Home")
    tab.wait_for_url("**page=home")
    tab.go_back()
    tab.wait_for_url("**country=France")
    expect(tab.get_by_role("heading", name="Clients", level=1)).to_be_visible()
    expect(tab.locator(".figure")).to_have_text(count(project, "country = 'France'"))
    tab.get_by_role("button", name="Clear filters").click()
    expect(tab.locator(".figure")).to_have_text("30")
    tab.wait_for_url(lambda url: "country" not in url)
    open_page(tab, "Home")
    tab.wait_for_url("**page=home")
    tab.evaluate("history.go(-2)")  # past the same page without the filter
    expect(tab.get_by_role("heading", name="Clients", level=1)).to_be_visible()
    expect(tab.locator(".figure")).to_have_text(count(project, "country = 'France'"))


def test_a_resized_window_fits_a_page_that_was_left(tab: Any, address: str) -> None:
    tab.goto(f"{address}?page=home")
    expect(tab.locator(".bk-Figure")).to_have_count(5)
    open_page(tab, "Clients")
    expect(tab.locator(".bk-Figure")).to_have_count(2)
    tab.set_viewport_size({"width": 1000, "height": 2600})
    open_page(tab, "Home")
    look = rest(tab)
    tab.goto(f"{address}?page=home")
    expect(tab.locator(".bk-Figure")).to_have_count(5)
    assert rest(tab)["parts"] == look["parts"]


@pytest.mark.parametrize("options_change", [True, False])
def test_a_release_of_meanwhile_is_shown_on_return(
    tab: Any, tmp_path: Path, options_change: bool
) -> None:
    pipeline = md.Pipeline.load(shop.write(tmp_path / "project"))
    pipeline.run()
    with serving(pipeline.base / "medallion.yaml") as url:
        tab.goto(f"{url}?page=home&country=Japan")
        expect(tab.locator(".bk-Figure")).to_have_count(5)
        tab.get_by_role("button", name="Clear filters").click()
        shows(tab, ["x", "y"], by_product(pipeline))
        open_page(tab, "Clients")
        sales = shop.sales(range(7, 9))
        if options_change:
            sales = sales.replace("Brazil", "Chile")
        (pipeline.base / "data/sales-more.csv").write_text(sales)
        pipeline.run()
        expect(
            tab.get_by_role("banner").get_by_text(pipeline.store().release().id)
        ).to_be_attached()
        open_page(tab, "Home")
        expect(tab.locator(".figure")).to_have_text(euros(pipeline))
        shows(tab, ["x", "y"], by_product(pipeline))
        expect(open_choice(tab, "Country")).to_have_count(5 if options_change else 4)
