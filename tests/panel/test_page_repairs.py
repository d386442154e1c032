"""Every page of the shop without a critical or serious finding of axe, light and dark, on a phone
and a desktop.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

import medallion as md
from tests.axe_counts import PROPERTY, counts, findings, words
from tests.panel.dashboard_server import serving

SHOP = Path(__file__).parents[2] / "examples/shop"
SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    folder = tmp_path_factory.mktemp("shop")
    shutil.copytree(SHOP / "data", folder / "data")
    pipeline = md.Pipeline.load(shutil.copy(SHOP / "medallion.yaml", folder))
    pipeline.run()
    return pipeline


@pytest.fixture(scope="module")
def shop_address(shop: md.Pipeline) -> Iterator[str]:
    with serving(shop.base / "medallion.yaml") as url:
        yield url


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(
    tab: Any, shop: md.Pipeline, shop_address: str, theme: str, request: pytest.FixtureRequest
) -> None:
    pages = shop.declaration.sections["dashboard"].pages
    found, serious = {}, []
    tab.set_viewport_size(SIZES["desktop"])
    tab.goto(f"{shop_address}?page={pages[0].slug}&theme={theme}")
    for page in pages:
        tab.set_viewport_size(SIZES["desktop"])
        tab.get_by_role("button", name=page.title, exact=True).click()
        heading = tab.get_by_role("heading", name=page.title, level=1, exact=True)
        expect(heading).to_be_visible()
        expect(tab.locator("section[aria-busy=true]")).to_have_count(0)  # dimmed until it is read
        for size, viewport in SIZES.items():
            tab.set_viewport_size(viewport)
            tab.wait_for_timeout(500)  # charts take the new size
            violations = findings(tab)
            name = f"{page.title}, {theme}, {size}"
            found[name] = counts(violations)
            serious += [f"{name}: {text}" for text in words(violations)]
    request.node.user_properties.append((PROPERTY, found))
    assert not serious, "\n".join(serious)
    assert len(found) == 2 * len(pages)


def test_a_chosen_theme_is_remembered(tab: Any, shop_address: str) -> None:
    tab.goto(f"{shop_address}?page=performance")
    tab.get_by_role("button", name="Toggle theme").click()
    tab.wait_for_function("document.cookie.includes('medallion-theme=dark')")
    tab.goto(f"{shop_address}?page=performance")
    expect(tab.locator("html.dark")).to_be_attached()


def test_the_document_says_its_language_and_the_menu_its_name(tab: Any, shop_address: str) -> None:
    tab.goto(f"{shop_address}?page=home")
    expect(tab.get_by_role("navigation", name="Pages").first).to_be_attached()
    assert tab.evaluate("document.documentElement.lang") == "en"
