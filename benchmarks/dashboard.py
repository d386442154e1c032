"""The dashboard as a visitor feels it: time to the first figures, to another page, to another filter, and memory.

    python -m benchmarks.dashboard --config examples/shop/medallion.yaml

The pipeline must have been run. Serves the dashboard, opens it in Chromium, prints medians in seconds and the
server's memory before and after 100 page changes.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from tests.panel.serving import CHROMIUM, FLAGS, serving


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument(
        "--pages", nargs=2, default=("Clients", "Products"), help="titles of two pages to change between"
    )
    parser.add_argument("--filter", default="country=France", help="a filter of the first of them, as in an address")
    parser.add_argument("--changes", type=int, default=100)
    arguments = parser.parse_args()
    with serving(arguments.config.absolute()) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1600})
        page.set_default_timeout(60_000)
        tell("first figures, cold", [timed(lambda: opened(page, url))])
        tell("first figures", [timed(lambda: opened(page, url)) for _ in range(5)])
        first = arguments.pages[0].lower()
        link = f"{url}?page={first}&{arguments.filter}"
        tell(f"deep link with {arguments.filter}", [timed(lambda: opened(page, link)) for _ in range(5)])
        before, taken = memory(arguments.config), []
        for number in range(arguments.changes):
            title = arguments.pages[number % 2]
            taken.append(timed(lambda title=title: changed(page, title)))  # type: ignore[misc]
        tell("page change", taken)
        print(
            f"memory of the server: {before:.0f} MB, after {len(taken)} page changes {memory(arguments.config):.0f} MB"
        )
        browser.close()


def opened(page: Any, url: str) -> None:
    page.goto(url)
    page.get_by_text("published").first.wait_for()
    page.locator(".bk-Figure").first.wait_for()


def changed(page: Any, title: str) -> None:
    page.get_by_role("navigation").get_by_text(title, exact=True).click()
    page.get_by_role("heading", name=title, level=5).wait_for()
    page.locator(".bk-Figure").first.wait_for()


def timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def tell(what: str, seconds: list[float]) -> None:
    print(f"{what:<32} median {statistics.median(seconds):6.2f} s   worst {max(seconds):6.2f} s   n={len(seconds)}")


def memory(config: Path) -> float:
    """Resident memory in MB of the server that serves this declaration."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            mine = str(config.absolute()).encode() in (folder / "environ").read_bytes()
            if mine and b"panel\0serve" in (folder / "cmdline").read_bytes():
                return int((folder / "statm").read_text().split()[1]) * 4096 / 1e6
        except OSError:
            continue
    return 0.0


if __name__ == "__main__":
    main()
