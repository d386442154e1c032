"""Tabs in the browser: by mouse and keyboard, in the URL, on a phone, in the dark, and on paper."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

import medallion as md
from tests.axe_counts import counts, findings, load_axe
from tests.panel import shop
from tests.panel.forked_server import serving

PAGES = """\
dashboard:
  pages:
    - title: Home
      filters: [country]
      blocks:
        - kpi: {title: Sold, table: sales, value: sum(pieces)}
        - tabs:
            - title: By month
              blocks:
                - line: {title: Months, table: sales, x: month, y: sum(revenue), width: 12}
            - title: By product
              blocks:
                - bar: {title: Products, table: sales, x: product, y: sum(revenue)}
                - table: {title: People, table: clients, page_size: 5, search: name}
            - title: Rows
              blocks:
                - kpi: {title: Clients, table: clients, value: count()}
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yaml = shop.YAML.partition("dashboard:")[0] + PAGES
    path: Path = shop.write(tmp_path_factory.mktemp("tabs") / "project", yaml)
    md.Pipeline.load(path).run()
    with serving(path) as url:
        yield url


def printed(tab: Any) -> str:
    """The text on paper without spaces."""
    pages = PdfReader(io.BytesIO(tab.pdf(format="A4"))).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def test_tabs_are_opened_by_mouse_and_keyboard_and_are_in_the_url(tab: Any, address: str) -> None:
    tab.goto(f"{address}?page=home")
    months = tab.get_by_role("tab", name="By month")
    products = tab.get_by_role("tab", name="By product")
    expect(months).to_have_attribute("aria-selected", "true")
    expect(tab.locator(".bk-Figure")).to_have_count(1)
    expect(tab.get_by_text("Products", exact=True)).to_have_count(0)
    products.click()
    expect(tab.get_by_role("tabpanel", name="By product")).to_be_visible()
    expect(tab.get_by_role("tabpanel")).to_have_count(1)
    expect(tab.locator(".bk-Figure").filter(visible=True)).to_have_count(1)
    expect(tab.get_by_text("1–5 of 30")).to_be_visible()
    tab.wait_for_url("**?page=home&tab=by-product")

    expect(products).to_be_focused()
    tab.keyboard.press("ArrowRight")
    expect(tab.get_by_role("tab", name="Rows")).to_be_focused()
    tab.keyboard.press("ArrowRight")
    expect(months).to_be_focused()
    tab.keyboard.press("End")
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("Clients", exact=True).filter(visible=True)).to_be_visible()
    tab.wait_for_url("**&tab=rows")
    tab.go_back()
    expect(tab.get_by_role("tabpanel", name="By product")).to_be_visible()
    tab.go_back()
    expect(months).to_have_attribute("aria-selected", "true")
    tab.go_forward()
    expect(products).to_have_attribute("aria-selected", "true")
    tab.goto(f"{address}?page=home&tab=rows&tab=none")
    expect(tab.get_by_text("This page has no tab “none”")).to_be_visible()
    expect(tab.get_by_role("tabpanel", name="Rows")).to_be_visible()


def test_tabs_on_a_phone_in_the_dark_have_no_findings(tab: Any, address: str) -> None:
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.goto(f"{address}?page=home&tab=by-product&theme=dark")
    expect(tab.get_by_text("1–5 of 30")).to_be_visible()
    load_axe(tab)
    assert {**counts(findings(tab)), "moderate": 0, "minor": 0} == {
        "critical": 0,
        "serious": 0,
        "moderate": 0,
        "minor": 0,
    }
    for name in ("By month", "By product", "Rows"):
        box = tab.get_by_role("tab", name=name).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390


def test_all_tabs_are_printed(tab: Any, address: str) -> None:
    tab.add_init_script("window.print = () => { window.printing = true }")
    tab.goto(f"{address}?page=home")
    expect(tab.locator(".bk-Figure")).to_have_count(1)
    text = printed(tab)  # by the menu of the browser
    assert text.count("Notprinted:openthistabfirst") == 2
    tab.keyboard.press("Control+p")
    tab.wait_for_function("window.printing")
    expect(tab.locator(".bk-Figure")).to_have_count(2)
    text = printed(tab)
    titles = ("By month", "Months", "By product", "Products", "People")
    assert [title for title in titles if title.replace(" ", "") not in text] == []
    assert "1–5of30" in text
    assert "Notprinted" not in text
    expect(tab.get_by_role("tabpanel")).to_have_count(1)  # the screen is as before
    tab.emulate_media(media="print")
    headings = [tab.locator("h2").get_by_text(title, exact=True) for title in titles]
    heights = [heading.bounding_box()["y"] for heading in headings]
    assert heights == sorted(set(heights))
