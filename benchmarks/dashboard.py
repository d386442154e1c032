"""The dashboard as a visitor experiences it, in Chromium: `python -m benchmarks.dashboard`.

The shop: bytes of the first load, first paint, time to the first figures, to another page and to
another filter; ten visitors who change their page at once; CPU time of the server for a page and
for 50 idle tabs; its memory over 100 page changes, for a tab, and over many visits. Then its page
Clients with a million clients, on SQLite and MongoDB: time until the column cache is warm, and time
from a changed filter to the figures, the rows and the last chart, with a cold and a warm cache.
Bounded figures are printed with their bound, and with that of the dashboard before it was
optimized, on two cores as well. CPU time is that of the server's process.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import duckdb
import yaml
from playwright.sync_api import Browser, Page, sync_playwright
from tests.panel.dashboard_server import CHROMIUM, FLAGS, serving
from tests.services import mongod

import medallion as md
from medallion_panel.data.cache_loader import MIN_ROWS

SHOP = Path(__file__).parents[1] / "examples/shop"
CLIENTS = """
copy (
    select i as client_id, 'Client ' || substr(md5(i::varchar), 1, 6) || ' ' || i as name,
        ['France', 'Germany', 'Spain', 'Italy', 'Netherlands', 'Belgium', 'Portugal',
        'Switzerland', 'Austria'][
            cast(hash(i) % 9 as bigint) + 1] as country,
        cast(hash(i * 7) % 120 as bigint) as purchases,
        cast((hash(i * 13) % 1000000) / 100 as decimal(18,2)) as total_spent,
        (hash(i * 17) % 30000) / 100.0 as average,
        date '2024-01-01' + cast(hash(i * 3) % 100 as integer) as first_purchase,
        date '2024-06-01' + cast(hash(i * 5) % 240 as integer) as last_purchase
    from range(1, {rows} + 1) t(i)
) to '{file}' (format parquet)
"""
FILTERS = (
    "country=France",
    "country=Spain&country=Italy",
    "total_spent=100.0..9000.0",
    "total_spent=500.0..1500.0",
    "last_purchase=2024-07-01..2024-12-31",
    "country=Austria&total_spent=2000.0..8000.0&last_purchase=2024-08-01..2025-01-10",
)
# By figure: the bound, its unit, and the figure before the dashboard was optimized, where known.
BOUNDS = {
    "first load": (1.6, "MB", "4.84 MB"),
    "first paint, browser's cache warm": (1.5, "s", ""),
    "page change, first visit": (0.8, "s", "1.4 to 3.4 s"),
    "page change, second visit": (0.3, "s", "1.4 to 3.4 s"),
    "filter on the shop": (0.3, "s", ""),
    "filter of 1 M rows": (1.0, "s", ""),
    "idle tabs": (2.0, "%", "52 % for 10"),
    "ten page changes at once, the last": (5.0, "s", "54 s"),
    "memory of a tab": (2.0, "MB", ""),
}
TELL = 'import logging; logging.getLogger("medallion_panel").setLevel(logging.INFO)'
WHILE_READ = "country=Portugal"
POLL = 0.1  # seconds: ten tabs that look at each frame would take more CPU time than the pages
# Clicks an entry of the menu, and returns when its page is complete: its heading is shown, every
# chart has drawn something, and no card waits. In milliseconds from the click.
TURN = """async ([title, pause]) => {
  const wait = (done) => pause ? setTimeout(done, pause * 1000) : requestAnimationFrame(done)
  const all = (root, elements = []) => {
    for (const each of root.querySelectorAll("*")) {
      elements.push(each)
      if (each.shadowRoot) all(each.shadowRoot, elements)
    }
    return elements
  }
  const drawn = new WeakSet()
  const draws = (canvas) => {
    if (drawn.has(canvas)) return true
    const { width, height } = canvas
    if (!width || !height) return false
    const pixels = canvas.getContext("2d")?.getImageData(0, 0, width, height).data
    if (!pixels?.some((value) => value)) return false
    drawn.add(canvas)
    return true
  }
  const entry = (each) => each.textContent.trim() === title && !each.children.length
  const menu = all(document).filter((each) => each.closest("nav, [role=navigation]"))
  const link = menu.find(entry)
  if (!link) throw new Error(`no entry of the menu is ${title}`)
  const began = performance.now()
  link.click()
  while (true) {
    await new Promise(wait)
    const since = performance.now() - began, now = all(document)
    const shown = now.some((each) => each.tagName === "H1" && each.textContent.trim() === title)
    const charts = now.filter((each) => each.role === "figure" && each.checkVisibility())
    const busy = now.filter((each) => each.ariaBusy === "true")
    const drew = (each) => all(each).some((part) => part.tagName === "CANVAS" && draws(part))
    const blank = charts.filter((each) => !drew(each))
    if (shown && !busy.length && !blank.length) return since
    if (since > 120000) {
      const why = `${shown ? "shown" : "not shown"}, ${busy.length} busy, ${blank.length} blank`
      throw new Error(`${title} is not complete after two minutes: ${why}`)
    }
  }
}"""
# Follows a link within the page, and returns when the figures, the rows and all charts show the new
# filter, in milliseconds.
CHANGE = """async ([search, number]) => {
  const all = (root, elements = []) => {
    for (const each of root.querySelectorAll("*")) {
      elements.push(each)
      if (each.shadowRoot) all(each.shadowRoot, elements)
    }
    return elements
  }
  const began = performance.now(), took = {}
  const charts = () => Bokeh.documents.flatMap((each) => [...each._all_models.values()])
    .filter((model) => model.type === "ColumnDataSource").map((model) => model.data)
  const former = new Set(charts())
  history.pushState({}, "", search); dispatchEvent(new PopStateEvent("popstate"))
  while (!took.all) {
    await new Promise(requestAnimationFrame)
    const now = all(document), since = performance.now() - began
    if (since > 60000) throw new Error("nothing changed in a minute")
    const figure = now.find((each) => each.className === "figure")
    if (!took.figures && figure && figure.title === number) took.figures = since
    const counted = (each) => each.tagName === "P" && each.textContent.endsWith("of " + number)
    if (!took.rows && now.some(counted)) took.rows = since
    const waiting = now.some((each) => each.style && each.style.opacity === "0.45")
    if (took.figures && took.rows && !waiting && charts().some((each) => !former.has(each))
        && (since > 400 || took.settled++ > 8)) took.all = since
    took.settled = took.settled || 0
  }
  return [took.figures, took.rows, took.all]
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--parts",
        nargs="+",
        default=["shop", "crowd", "visitors", "sqlite", "mongodb"],
        help="which of these to measure",
    )
    parser.add_argument("--clients", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--visits", type=int, default=150, metavar="N", help="of the part visitors")
    parser.add_argument("--tabs", type=int, default=50, metavar="N", help="idle ones")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        if "shop" in arguments.parts:
            visit_shop(browser, Path(folder) / "shop")
        if "crowd" in arguments.parts:
            crowd(browser, Path(folder) / "crowd", arguments.tabs)
        if "visitors" in arguments.parts:
            many_visitors(browser, Path(folder) / "visitors", arguments.visits)
        for store in ("sqlite", "mongodb"):
            if store in arguments.parts:
                filter_clients(browser, Path(folder) / store, store, arguments.clients)
        browser.close()


def visit_shop(browser: Browser, folder: Path) -> None:
    config = published(folder)
    with serving(config) as url:
        page = browser.new_page(viewport={"width": 1400, "height": 1600})
        page.set_default_timeout(60_000)
        tell_first_load(page, lambda: opened(page, url))
        tell("first figures, later visitors", [timed(lambda: opened(page, url)) for _ in range(10)])
        for first, changes in ((True, 5), (False, 100)):
            before = memory(config)
            used = cpu(config)
            taken = [
                turned(page, title)
                for title in ("Clients", "Products", "Trends", "Countries", "Home") * (changes // 5)
            ]
            used = cpu(config) - used
            if first:  # the fifth page is the one that was open
                detail = f"worst {max(taken[:4]):.2f} s, CPU {used / 4:.2f} s each"
                report("page change, first visit", statistics.median(taken[:4]), detail)
            else:
                detail = f"worst {max(taken):.2f} s, CPU {used / changes:.2f} s each"
                report("page change, second visit", statistics.median(taken), detail)
                print(f"memory over 100 page changes     {before:.0f} → {memory(config):.0f} MB")
        lake = duckdb.connect().register(
            "clients", md.Pipeline.load(config).lake.table("gold.clients_stats").to_arrow()
        )
        turned(page, "Clients")
        used = cpu(config)
        taken_by_filter = [changed(page, lake, each) for each in FILTERS * 2]
        used = (cpu(config) - used) / len(taken_by_filter)
        figures = statistics.median(taken[0] for taken in taken_by_filter)
        report("filter on the shop", figures, f"to the figures, CPU {used:.2f} s each")
        tell_changes("filter on the shop", taken_by_filter)
        page.close()


def tell_first_load(page: Page, open_it: Callable[[], None]) -> None:
    """Time and bytes of a first visit, with nothing in the browser's cache, and its first paint."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    tell("first figures, first visitor", [timed(open_it)])
    report("first load", sum(sizes) / 1e6, f"{len(sizes)} requests")
    tell("first figures, browser's cache warm", [timed(open_it)])
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    report("first paint, browser's cache warm", paint / 1000)


def crowd(browser: Browser, folder: Path, number: int) -> None:
    """Ten visitors who change their page at once, then a number of tabs that are left alone."""
    config = published(folder)
    with serving(config) as url:
        tabs = [browser.new_page() for _ in range(10)]
        for tab in tabs:
            tab.set_default_timeout(120_000)
            opened(tab, url)
        used = cpu(config)
        for tab in tabs:
            tab.evaluate(f"() => {{ window.turned = ({TURN})(['Trends', {POLL}]) }}")
        taken = [tab.evaluate("window.turned") / 1000 for tab in tabs]
        detail = f"first {min(taken):.2f} s, CPU {cpu(config) - used:.2f} s for all"
        report("ten page changes at once, the last", max(taken), detail)
        time.sleep(10)
        before, idle = memory(config), number - len(tabs)
        for _ in range(idle):
            tabs.append(browser.new_page())
            tabs[-1].set_default_timeout(120_000)
            opened(tabs[-1], url)
        report("memory of a tab", (memory(config) - before) / idle)
        time.sleep(15)
        used = cpu(config)
        time.sleep(30)
        share = (cpu(config) - used) / 30 * 100
        report("idle tabs", share * 50 / number, f"of a core for 50, measured with {number}")
        for tab in tabs:
            tab.close()


def many_visitors(browser: Browser, folder: Path, visits: int) -> None:
    """Memory after a third of the visits, each of which ended, after two thirds, and after all."""
    config = published(folder)
    with serving(config) as url:
        page, marks = browser.new_page(), []
        for number in range(1, visits + 1):
            page.goto(url)  # a new session; the server gives up the former one
            page.locator(".figure").first.wait_for()
            if number % max(1, visits // 3) == 0:
                page.goto("about:blank")
                time.sleep(40)  # until the server has given up the sessions that were left
                marks.append(memory(config))
        page.close()
        course = " → ".join(f"{mark:.0f}" for mark in marks)
        print(f"memory over {visits} visits (flat)        {course} MB", flush=True)


def published(folder: Path) -> Path:
    """The shop, run; gives its declaration's path."""
    shutil.copytree(SHOP / "data", folder / "data")
    config = Path(shutil.copy(SHOP / "medallion.yaml", folder))
    md.Pipeline.load(config).run()
    return config


def filter_clients(browser: Browser, folder: Path, store: str, rows: int) -> None:
    (folder / "data").mkdir(parents=True)
    lake = duckdb.connect()
    lake.execute(CLIENTS.format(rows=rows, file=folder / "data/clients.parquet")).fetchall()
    lake.execute(f"create view clients as from '{folder}/data/clients.parquet'").fetchall()
    with database(store, folder) as url:
        config = declared(folder, url)
        md.Pipeline.load(config).run()
        (folder / "log.py").write_text(TELL)
        with serving(config, "--setup", str(folder / "log.py")) as address:
            page = browser.new_page(viewport={"width": 1400, "height": 1600})
            page.set_default_timeout(120_000)
            title = f"{rows:,} clients on {store}"
            tell(
                f"{title}, first figures", [timed(lambda: opened(page, f"{address}?page=clients"))]
            )
            before = memory(config)
            tell_changes("  while columns are read", [changed(page, lake, WHILE_READ)])
            if rows >= MIN_ROWS:
                tell(f"{title}, until columns are held", [wait_until_held(config)])
            print(f"memory of the server             {before:.0f} → {memory(config):.0f} MB")
            taken: list[list[float]] = []
            for each in FILTERS:
                used = cpu(config)
                taken.append(changed(page, lake, each))
                tell_changes(f"  {each[:48]}", taken[-1:])
                print(f"    CPU of the server {cpu(config) - used:.2f} s", flush=True)
            if rows >= 1_000_000:
                figures = statistics.median(each[0] for each in taken)
                report("filter of 1 M rows", figures, f"{store}, to the figures")
            page.close()


def wait_until_held(config: Path) -> float:
    """Seconds it took the server to read a page's columns, by its log."""
    log, until = config.parent / "serve.log", time.monotonic() + 300
    while not (
        found := re.search(
            r"cached \d+ columns of .* in ([\d.]+) s", log.read_text(encoding="utf-8")
        )
    ):
        if time.monotonic() > until:
            raise RuntimeError(
                f"nothing is held after five minutes:\n{log.read_text(encoding='utf-8')}"
            )
        time.sleep(0.2)
    return float(found[1])


@contextmanager
def database(store: str, folder: Path) -> Iterator[str]:
    (folder / "db").mkdir()
    with mongod(folder / "db") if store == "mongodb" else nullcontext() as service:
        yield f"{service.url}/clients" if service else "sqlite:lake/serving.db"


def declared(folder: Path, url: str) -> Path:
    """A pipeline whose only table is the shop's `clients_stats`, with the shop's page on it."""
    shop = yaml.safe_load((SHOP / "medallion.yaml").read_text(encoding="utf-8"))
    pages = [page for page in shop["dashboard"]["pages"] if page["title"] == "Clients"]
    served = {"clients_stats": shop["sinks"]["serving"]["tables"]["clients_stats"]}
    made = {
        "name": "clients",
        "layers": {"bronze": "raw", "gold": "parquet"},
        "tables": {
            "bronze": {"clients": {"source": "data/clients.parquet"}},
            "gold": {"clients_stats": {"from": "bronze.clients"}},
        },
        "sinks": {"serving": {"url": url, "tables": served}},
        "dashboard": {**shop["dashboard"], "pages": pages},
    }
    (folder / "medallion.yaml").write_text(
        yaml.safe_dump(made, allow_unicode=True), encoding="utf-8"
    )
    return folder / "medallion.yaml"


def opened(page: Page, url: str) -> None:
    page.goto(url)
    page.locator(".figure").last.wait_for()
    page.locator(".bk-Figure").first.wait_for()


def turned(page: Page, title: str) -> float:
    """Seconds from a click in the menu until the page of this title is complete."""
    milliseconds: float = page.evaluate(TURN, [title, 0])
    return milliseconds / 1000


def changed(page: Page, lake: duckdb.DuckDBPyConnection, filters: str) -> list[float]:
    """Seconds until the figures, the rows and all charts show a filter."""
    number = (
        f"{lake.execute(f'select count(*) from clients where {where(filters)}').fetchall()[0][0]:,}"
    )
    milliseconds: list[float] = page.evaluate(CHANGE, [f"?page=clients&{filters}", number])
    return [each / 1000 for each in milliseconds]


def where(filters: str) -> str:
    chosen: dict[str, list[str]] = {}
    for part in filters.split("&"):
        name, _, value = part.partition("=")
        chosen.setdefault(name, []).append(value)
    parts = []
    for name, values in chosen.items():
        low, dots, high = values[0].partition("..")
        parts.append(
            f"{name} between '{low}' and '{high}'" if dots else f"{name} in ({str(values)[1:-1]})"
        )
    return " and ".join(parts)


def timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def report(what: str, value: float, detail: str = "") -> None:
    """Print a figure that has a bound, whether it is met, and what it was before."""
    most, unit, former = BOUNDS[what]
    verdict = "met" if value <= most else "MISSED"
    before = f"; before: {former}" if former else ""
    more = f" ({detail})" if detail else ""
    print(f"{what:<36}{value:6.2f} {unit}, ≤ {most:g}: {verdict}{more}{before}", flush=True)


def tell(what: str, seconds: list[float]) -> None:
    print(
        f"{what:<32} median {statistics.median(seconds):5.2f} s, "
        f"worst {max(seconds):5.2f} s, n={len(seconds)}",
        flush=True,
    )


def tell_changes(what: str, taken: list[list[float]]) -> None:
    figures, rows, charts = (statistics.median(each) for each in zip(*taken, strict=True))
    print(
        f"{what:<50} figures {figures:5.2f} s, rows {rows:5.2f} s, all charts {charts:5.2f} s",
        flush=True,
    )


def memory(config: Path) -> float:
    """Resident memory in MB of the server that serves this declaration."""
    process = server_process(config)
    return int((process / "statm").read_text().split()[1]) * 4096 / 1e6


def cpu(config: Path) -> float:
    """Seconds of CPU time that the server of this declaration has used."""
    fields = (server_process(config) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def server_process(config: Path) -> Path:
    """The folder in /proc of the server that serves this declaration."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            mine = str(config.absolute()).encode() in (folder / "environ").read_bytes()
            if mine and b"panel\0serve" in (folder / "cmdline").read_bytes():
                return folder
        except OSError:
            continue
    raise RuntimeError(f"no server of {config} is running")


if __name__ == "__main__":
    main()
