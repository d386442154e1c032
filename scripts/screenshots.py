"""Pictures of every page of the shop's dashboard: light, dark and on a phone, into docs/images.

    python scripts/screenshots.py --url http://127.0.0.1:5006/medallion_panel --out docs/images

The dashboard must be running. Needs playwright and Chromium (`CHROMIUM` names another binary).
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PAGES = ("home", "clients", "products", "trends", "countries", "performance")
KINDS = {"light": (1400, 900, ""), "dark": (1400, 900, "&theme=dark"), "phone": (390, 844, "")}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
_HEIGHT = """() => { let most = 0
  const walk = (root) => { for (const each of root.querySelectorAll("*")) {
    if (each.tagName !== "HTML" && each.tagName !== "BODY") {
      most = Math.max(most, each.getBoundingClientRect().bottom + window.scrollY) }
    if (each.shadowRoot) walk(each.shadowRoot) } }
  const main = document.querySelector("main"); walk(main ?? document); return Math.ceil(most) }"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:5006/medallion_panel")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for kind, (width, height, extra) in KINDS.items():
            for name in PAGES:
                page = browser.new_page(viewport={"width": width, "height": height})
                page.goto(f"{arguments.url}?page={name}{extra}")
                shoot(page, width, arguments.out / f"dashboard-{name}-{kind}.png")
                page.close()
        browser.close()


def shoot(page: Page, width: int, file: Path) -> None:
    """Wait until the page is drawn and still, then take it whole."""
    page.get_by_text("published").first.wait_for(timeout=60_000)
    page.wait_for_timeout(4000)
    page.set_viewport_size({"width": width, "height": min(int(page.evaluate(_HEIGHT)) + 24, 5000)})
    page.wait_for_timeout(1500)
    page.screenshot(path=file)


if __name__ == "__main__":
    main()
