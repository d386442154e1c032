"""Every page of the shop, also those about the lake: without a finding of axe that matters, light and dark, on a phone and a desktop, and used by the keyboard alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

import medallion as md
from tests.axe_counts import PROPERTY, counts, findings, words
from tests.panel.forked_server import serving
from tests.panel.keyboard import walk

SHOP = Path(__file__).parents[2] / "examples/shop"
TABLE, OTHERS = "gold.clients_stats", ("Quarantine", "Catalogue", "Runs", "Quality", "Explore")
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(SHOP / "data", folder / "data")
    yaml = (SHOP / "medallion.yaml").read_text()
    (folder / "medallion.yaml").write_text(
        yaml.replace("dashboard:\n", "dashboard:\n  why: true\n")
    )
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    return pipeline


@pytest.fixture(scope="module")
def shop_address(shop: md.Pipeline) -> Iterator[str]:
    with serving(shop.base / "medallion.yaml") as url:
        yield url


def open_pages(tab: Any, pipeline: md.Pipeline, address: str, theme: str) -> Iterator[str]:
    """Open one page after the other, and yield its title when it is filled."""
    declared = [page.title for page in pipeline.declaration.sections["dashboard"].pages]
    tab.set_viewport_size(SIZES["desktop"])
    tab.goto(f"{address}?page=lake.{TABLE}&theme={theme}")
    for title in (TABLE, *declared, *OTHERS):
        tab.set_viewport_size(SIZES["desktop"])
        if title != TABLE:
            tab.get_by_role("button", name=title, exact=True).click()
        heading = tab.get_by_role("heading", name=title, level=1, exact=True)
        expect(heading).to_be_visible()
        expect(tab.locator("section[aria-busy=true]")).to_have_count(0)  # dimmed until it is read
        yield title


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_above_minor_on_any_page(
    tab: Any, shop: md.Pipeline, shop_address: str, theme: str, request: pytest.FixtureRequest
) -> None:
    found, serious = {}, []
    for title in open_pages(tab, shop, shop_address, theme):
        for size, viewport in SIZES.items():
            tab.set_viewport_size(viewport)
            tab.wait_for_timeout(500)  # charts take the new size
            violations = findings(tab)
            name = f"{title}, {theme}, {size}"
            found[name] = counts(violations)
            serious += [f"{name}: {text}" for text in words(violations)]
    request.node.user_properties.append((PROPERTY, found))
    assert not serious, "\n".join(serious)
    assert len(found) >= 2 * len((TABLE, *OTHERS))


def test_every_page_is_walked_through_by_keyboard(
    tab: Any, shop: md.Pipeline, shop_address: str
) -> None:
    titles = set()
    for title in open_pages(tab, shop, shop_address, "light"):
        stops = walk(tab)  # fails where the focus is trapped
        names = [stop.name for stop in stops]
        assert {"Home", *OTHERS} <= set(names), (title, names)
        assert [stop for stop in stops if not (stop.name and stop.visible)] == [], title
        titles.add(title)
    assert len(titles) > len(OTHERS)


def test_what_opens_by_keyboard_closes_by_escape(tab: Any, shop_address: str) -> None:
    tab.set_viewport_size(SIZES["desktop"])
    tab.goto(f"{shop_address}?page=clients")
    # The list of a filter, with which it is set, and the button that clears it.
    country = tab.get_by_role("button", name="Country: All")
    country.press("Enter")
    expect(tab.get_by_role("listbox", name="Country")).to_be_visible()
    tab.keyboard.type("ita")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("listbox", name="Country")).to_have_count(0)
    expect(tab.get_by_role("button", name="Country: Italy")).to_be_focused()
    figure = tab.locator("button[data-rows-behind]").first
    expect(figure).not_to_have_text("1,500")
    tab.get_by_role("button", name="Remove the filter Country").press("Enter")
    expect(country).to_be_focused()
    # The panel with the rows behind a figure.
    expect(figure).to_have_text("1,500")  # of all clients again
    figure.press("Enter")
    expect(tab.get_by_role("dialog").filter(visible=True)).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog").filter(visible=True)).to_have_count(0)
    expect(figure).to_be_focused()
    # The menu of a chart, and its figures as a table.
    tab.get_by_role("button", name="Home", exact=True).press("Enter")
    menu = tab.get_by_label("Menu of Revenue by month", exact=True)
    menu.press("Enter")
    swap = tab.get_by_role("button", name="Figures as a table").filter(visible=True)
    expect(swap).to_have_count(1)
    tab.keyboard.press("Escape")
    expect(swap).to_have_count(0)
    menu.press("Enter")
    swap.press("Enter")
    figures = tab.get_by_role("region", name="Figures of Revenue by month")
    expect(figures).to_be_focused()
    expect(figures.get_by_role("columnheader")).to_have_text(["Month", "Revenue"])
    expect(figures.get_by_role("rowheader").first).to_have_text("Jan 2024")
    assert words(findings(tab)) == []
    tab.keyboard.press("Escape")
    expect(figures).to_have_count(0)
    expect(tab.get_by_role("figure", name="Revenue by month")).to_be_focused()


def test_a_chosen_theme_is_remembered(tab: Any, shop_address: str) -> None:
    tab.goto(f"{shop_address}?page=performance")
    tab.get_by_role("button", name="Toggle theme").click()
    tab.wait_for_function("document.cookie.includes('medallion-theme=dark')")
    tab.goto(f"{shop_address}?page=performance")
    expect(tab.locator("html.dark")).to_be_attached()


def test_a_page_follows_a_dark_system(tab: Any, shop_address: str) -> None:
    tab.emulate_media(color_scheme="dark")
    tab.goto(f"{shop_address}?page=performance")
    expect(tab.locator("html.dark")).to_be_attached()
    expect(tab.locator("body")).to_have_css("background-color", "rgb(18, 22, 28)")
    tab.emulate_media(color_scheme="light")
    expect(tab.locator("body")).to_have_css("background-color", "rgb(245, 247, 250)")


def test_the_document_says_its_language_and_the_menu_its_name(tab: Any, shop_address: str) -> None:
    tab.goto(f"{shop_address}?page=home")
    expect(tab.get_by_role("navigation", name="Pages").first).to_be_attached()
    assert tab.evaluate("document.documentElement.lang") == "en"
