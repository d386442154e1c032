"""Pictures of every page of the shop's dashboard: light, dark, on a phone, wide and in German.

    make screenshots

Runs the shop in a temporary folder, serves its dashboard and writes the pictures to
build/screenshots, and those of README and docs to docs/images. Needs Playwright and Chromium
(`CHROMIUM` names another binary).
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from tests.panel.dashboard_server import CHROMIUM, FLAGS, serving

import medallion as md

ROOT = Path(__file__).parents[1]
SHOP = ROOT / "examples/shop"
PAGES = (
    *("home", "clients", "products", "trends", "countries", "performance"),
    "explore",
    *("lake.catalogue", "lake.gold.clients_stats", "lake.runs", "lake.quality"),
)
# What is drawn last on pages without charts.
LAST = {
    "lake.catalogue": ".tables a",
    "lake.gold.clients_stats": "svg.bars",
    "lake.runs": "summary",
    "lake.quality": "svg.line, .part-heading",
}
KINDS = {
    "light": (1280, 900, ""),
    "dark": (1280, 900, "&theme=dark"),
    "phone": (390, 844, ""),
    "wide": (1920, 1080, ""),
    "german": (1280, 900, ""),
}
LOCALES = {"en_IE": ("light", "dark", "phone", "wide"), "de_DE": ("german",)}
EXPLORED = (
    "&table=sales&measure=sum(revenue)&measure=sum(quantity)&by=month&by=product&filter=product"
)
SHOWN = (
    "explore-light",
    *("home-light", "clients-light", "trends-dark", "countries-dark", "home-phone"),
    "lake.gold.clients_stats-light",
)
_TALLEST = 5000
# How far down the page its last card ends; what is hidden inside a card does not count.
_BOTTOM = """() => { let bottom = 0
  const walk = (root) => { for (const each of root.querySelectorAll("*")) {
    if (each.classList.contains("card"))
      bottom = Math.max(bottom, each.getBoundingClientRect().bottom)
    if (each.shadowRoot) walk(each.shadowRoot) } }
  const main = []
  const find = (root) => { for (const each of root.querySelectorAll("*")) {
    if (each.tagName === "MAIN") main.push(each)
    else if (each.shadowRoot) find(each.shadowRoot) } }
  find(document); walk(main[0]); return Math.ceil(bottom + window.scrollY) }"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build/screenshots")
    parser.add_argument("--images", type=Path, default=ROOT / "docs/images")
    arguments = parser.parse_args()
    for folder in (arguments.out, arguments.images):
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        shop = published(Path(folder))
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", CHROMIUM), args=FLAGS
        )
        for locale, kinds in LOCALES.items():
            with serving(translated(shop, locale)) as url:
                for kind in kinds:
                    for name in PAGES:
                        shoot(browser, url, name, kind, arguments.out / f"{name}-{kind}.png")
        browser.close()
    for name in SHOWN:
        shutil.copy(arguments.out / f"{name}.png", arguments.images / f"dashboard-{name}.png")


def published(folder: Path) -> Path:
    """The shop, run; gives its declaration's path."""
    shutil.copytree(SHOP / "data", folder / "data")
    config = Path(shutil.copy(SHOP / "medallion.yaml", folder))
    md.Pipeline.load(config).run()
    return config


def translated(config: Path, locale: str) -> Path:
    """The declaration with the dashboard in a language."""
    copy = config.with_name(f"{locale}.yaml")
    text = config.read_text(encoding="utf-8")
    copy.write_text(text.replace("\ndashboard:\n", f"\ndashboard:\n  locale: {locale}\n"))
    return copy


def shoot(browser: Browser, url: str, name: str, kind: str, file: Path) -> None:
    """Open a page, wait until it is drawn and still, and take it whole."""
    width, height, extra = KINDS[kind]
    page = browser.new_page(viewport={"width": width, "height": height})
    query = EXPLORED if name == "explore" else ""
    page.goto(f"{url}?page={name}{query}{extra}")
    page.locator("h1").first.wait_for(timeout=60_000)
    if name == "performance":
        page.get_by_role("button", name=re.compile("Measure now|Jetzt messen")).click()
        page.get_by_role("columnheader", name="p99").wait_for(timeout=60_000)
    else:
        page.locator(LAST.get(name, ".bk-Figure")).last.wait_for(timeout=60_000)
    still(page)
    page.set_viewport_size({"width": width, "height": min(bottom(page) + 24, _TALLEST)})
    still(page)
    page.screenshot(path=file)
    page.close()


def still(page: Page) -> None:
    """Wait until the page has kept its height for a second."""
    before = -1
    while (now := bottom(page)) != before:
        before = now
        page.wait_for_timeout(1000)


def bottom(page: Page) -> int:
    return int(page.evaluate(_BOTTOM))


if __name__ == "__main__":
    main()
