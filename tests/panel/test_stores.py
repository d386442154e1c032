"""The shop's pages on every store: figures, a new release, and an outage of the store."""

from __future__ import annotations

import calendar
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
from babel.dates import format_date
from playwright.sync_api import expect

import medallion as md
from tests.api.project import gunicorn
from tests.panel.forked_server import serving
from tests.panel.page_content import cells, follow, is_read, shows
from tests.proxy import Proxy, proxy

SHOP = Path(__file__).parents[2] / "examples/shop"

Sql = Callable[[str], list[tuple[Any, ...]]]


@contextmanager
def _served(
    store: str, folder: Path, monkeypatch: pytest.MonkeyPatch, mongodb: str
) -> Iterator[tuple[str, md.Pipeline, Callable[[bool], object]]]:
    """The shop published on a store, with its dashboard: (URL, pipeline, function for outages)."""
    shutil.copytree(SHOP / "data", folder / "data")
    config = Path(shutil.copy(SHOP / "medallion.yaml", folder))
    if store == "mongodb":
        with proxy(mongodb) as connection:
            monkeypatch.setenv(
                "MEDALLION_STORE",
                connection.url.replace("http:", "mongodb:") + "/" + mongodb.rpartition("/")[2],
            )
            pipeline = _published(config)
            with serving(config) as url:
                yield url, pipeline, lambda down: _cut(connection, down)
        return
    pipeline = _published(config)
    if store == "api":
        with (
            gunicorn(folder, 1) as place,
            proxy(f"http://{place}") as connection,
            serving(config, MEDALLION_API_URL=connection.url) as url,
        ):
            yield url, pipeline, lambda down: _cut(connection, down)
        return
    with serving(config) as url:
        here, hidden = folder / "lake/serving.db", folder / "lake/hidden.db"
        yield url, pipeline, lambda down: here.rename(hidden) if down else hidden.rename(here)


def _published(config: Path) -> md.Pipeline:
    pipeline = md.Pipeline.load(config)
    assert pipeline.run().status == "succeeded"
    return pipeline


def _cut(connection: Proxy, down: bool) -> None:
    connection.refuse, connection.cut_answers = down, 1_000_000 if down else 0


def _lake(pipeline: md.Pipeline) -> Sql:
    """A function that queries the gold tables of the lake."""
    connection = duckdb.connect()
    for name in ("clients_stats", "product_stats", "monthly_stats", "country_stats", "sales"):
        connection.register(name, pipeline.lake.table(f"gold.{name}").to_arrow())
    return lambda sql: connection.execute(sql).fetchall()


def _euros(value: Any) -> str:
    """A sum of money in the short form of the pages."""
    for unit, factor, places in (("M", 1_000_000, 2), ("K", 10_000, 1)):
        if value >= factor:
            number = f"{float(value) / (1_000_000 if unit == 'M' else 1000):.{places}f}"
            return f"€{number.rstrip('0').rstrip('.')}{unit}"
    return f"€{value:,.0f}" if value >= 1000 else f"€{value:,.2f}"


class _OneSession:
    """A tab that follows links within the session of its first page, as the menu does."""

    def __init__(self, tab: Any) -> None:
        self._tab, self._is_loaded = tab, False

    def goto(self, url: str) -> None:
        if self._is_loaded:
            follow(self._tab, f"?{urlsplit(url).query}")
        else:
            self._tab.goto(url)
        self._is_loaded = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tab, name)


@pytest.mark.parametrize("store", ["sqlite", "mongodb", "api"])
def test_every_page_on_every_store(
    store: str,
    tab: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    mongodb = request.getfixturevalue("mongodb_url") if store == "mongodb" else ""
    tab = _OneSession(tab)
    with _served(store, tmp_path, monkeypatch, mongodb) as (url, pipeline, set_down):
        lake = _lake(pipeline)
        for page in (
            _home,
            _clients,
            _filtered_clients,
            _products,
            _trends,
            _countries,
            _performance,
            _explored,
            _compared,
        ):
            page(tab, url, lake)
        expect(tab.get_by_text("could not be drawn")).to_have_count(0)
        _published_meanwhile(tab, url, pipeline)
        _outage(tab, set_down)


def _home(tab: Any, url: str, lake: Sql) -> None:
    tab.goto(url)
    ((revenue, purchases, items),) = lake(
        "select sum(revenue), sum(purchases), sum(quantity) from sales"
    )
    expect(tab.locator(".figure")).to_have_text(
        [_euros(revenue), f"{purchases:,}", f"{items:,}", "1,500"]
    )
    ((last, former),) = lake(
        "select max_by(revenue, month), "
        "max_by(revenue, month) filter (month < '2025-01') from monthly_stats"
    )
    expect(tab.get_by_text(f"{abs(last / former - 1):.1%} on Dec 2024")).to_be_visible()
    shows(tab, ["y"], lake("select revenue::double from monthly_stats order by month"))
    shows(
        tab,
        ["x", "y"],
        lake("select product, revenue::double from product_stats order by revenue desc"),
    )
    shows(
        tab,
        ["x", "y"],
        lake("select country, revenue::double from country_stats order by revenue desc"),
    )
    expect(tab.get_by_role("row", name="silver.purchases 24,443 23,663 410 0 370")).to_be_visible()


def _clients(tab: Any, url: str, lake: Sql) -> None:
    tab.goto(f"{url}?page=clients")
    ((spent, mean, often),) = lake(
        "select sum(total_spent), avg(total_spent), avg(purchases) from clients_stats"
    )
    expect(tab.locator(".figure")).to_have_text(
        ["1,500", _euros(spent), _euros(mean), f"{often:.2f}"]
    )
    rows = lake(
        "select client_id, name, country, purchases, total_spent from clients_stats "
        "order by total_spent desc, client_id limit 24"
    )
    for first in (0, 12):
        expect(tab.get_by_text(f"{first + 1}–{first + 12} of 1,500")).to_be_visible()
        expect(tab.locator("tbody tr td:nth-child(2)")).to_have_text(
            [row[1] for row in rows[first : first + 12]]
        )
        expect(tab.locator("tbody tr td:nth-child(5)")).to_have_text(
            [f"€{row[4]:,.2f}" for row in rows[first:][:12]]
        )
        tab.get_by_role("button", name="Next page").click()
    shows(
        tab,
        ["left", "rows"],
        lake(
            "select bin, (select count(*) from clients_stats "
            "where floor(total_spent / 500) * 500 = bin) from (select unnest(range(0, "
            "(select max(total_spent)::bigint + 1 from clients_stats), 500)) as bin)"
        ),
    )


def _filtered_clients(tab: Any, url: str, lake: Sql) -> None:
    """Filters, search and sort together, from a link."""
    tab.goto(
        f"{url}?page=clients&country=France&country=Spain&total_spent=100.0..2500.5"
        "&last_purchase=2024-06-01..2025-01-30&q=é&sort=name"
    )
    where = (
        "country in ('France', 'Spain') and total_spent between 100 and 2500.5 "
        "and last_purchase between date '2024-06-01' and date '2025-01-30'"
    )
    ((number, spent),) = lake(f"select count(*), sum(total_spent) from clients_stats where {where}")
    expect(tab.locator(".figure").nth(1)).to_have_text(_euros(spent))
    expect(tab.locator(".figure").first).to_have_text(f"{number:,}")
    matches = "contains(strip_accents(lower(name)), 'e')"  # a search ignores case and accents
    rows = lake(
        f"select name, client_id from clients_stats where {where} and {matches} order by all"
    )
    expect(tab.get_by_text(f"of {len(rows):,}")).to_be_visible()
    expect(tab.locator("tbody tr td:nth-child(2)")).to_have_text([name for name, _ in rows[:12]])
    expect(tab.locator("tbody tr td:nth-child(1)")).to_have_text(
        [str(ident) for _, ident in rows[:12]]
    )


def _products(tab: Any, url: str, lake: Sql) -> None:
    tab.goto(f"{url}?page=products")
    shows(
        tab,
        ["x", "y"],
        lake("select product, revenue::double from product_stats order by revenue desc"),
    )
    share = "revenue::double / (select sum(revenue)::double from product_stats)"
    shows(
        tab, ["x", "y"], lake(f"select product, {share} from product_stats order by revenue desc")
    )
    for product in ("Espresso machine", "Travel mug"):
        trend = (
            f"select product, sum(revenue)::double from sales where product = '{product}' "
            "group by month, product order by month"
        )
        shows(tab, ["series", "y"], lake(trend))
    cells(
        tab,
        [
            [
                name,
                f"{purchases:,}",
                f"{pieces:,}",
                f"€{revenue:,.2f}",
                f"€{mean:,.2f}",
                f"{clients:,}",
                "",  # the sparkline
            ]
            for name, purchases, pieces, revenue, mean, clients in lake(
                "from product_stats order by revenue desc"
            )
        ],
    )


def _trends(tab: Any, url: str, lake: Sql) -> None:
    tab.goto(f"{url}?page=trends")
    months = "select month, sum(revenue)::double as y from sales group by month"
    shows(
        tab,
        ["raw", "y"],
        [
            (raw, mean if place > 1 else None)
            for place, (raw, mean) in enumerate(
                lake(
                    "select y, avg(y) over (order by month rows 2 preceding) "
                    f"from ({months}) order by month"
                )
            )
        ],
    )
    growth = lake(f"select y / lag(y) over (order by month) - 1 from ({months}) order by month")[1:]
    shows(tab, ["y"], growth)
    shows(tab, ["y"], lake(f"select sum(y) over (order by month) from ({months}) order by month"))
    days = dict(lake("select weekday, sum(revenue) from sales group by weekday"))
    shows(tab, ["x", "y"], [(day, days[day]) for day in calendar.day_name])
    heat = lake("select weekday, sum(revenue) from sales group by month, weekday")
    shows(tab, ["y", "text"], [(day, _euros(revenue)) for day, revenue in heat], ordered=False)
    tab.get_by_role("tab", name="Month by month").click()
    cells(
        tab,
        [
            [_month(month), f"{purchases:,}", f"€{revenue:,.2f}", f"€{mean:,.2f}", f"{clients:,}"]
            for month, purchases, revenue, mean, clients in lake(
                "from monthly_stats order by month desc"
            )
        ],
    )


def _countries(tab: Any, url: str, lake: Sql) -> None:
    tab.goto(f"{url}?page=countries")
    shows(
        tab,
        ["x", "y"],
        lake("select country, revenue::double from country_stats order by revenue desc"),
    )
    cells(
        tab,
        [
            [name, f"{purchases:,}", f"€{revenue:,.2f}", f"€{mean:,.2f}", f"{clients:,}"]
            for name, purchases, revenue, mean, clients in lake(
                "from country_stats order by revenue desc"
            )
        ],
    )
    figures = lake("select country, revenue from country_stats")
    shows(
        tab,
        ["country", "text"],
        [(name, _euros(revenue)) for name, revenue in figures],
        ordered=False,
    )


def _performance(tab: Any, url: str, _: Sql) -> None:
    tab.goto(f"{url}?page=performance")
    expect(tab.get_by_text("silver.purchases: cast amount 91")).to_be_visible()
    expect(
        tab.get_by_role(
            "row", name=re.compile(r"bronze\.purchases (just now|\d+ \w+ ago) (.* )?24,443")
        )
    ).to_be_visible()
    expect(tab.get_by_text("Steps of run")).to_be_visible()
    tab.get_by_role("button", name="Measure now").click()
    expect(tab.get_by_role("progressbar").last).to_be_visible()
    expect(tab.get_by_role("columnheader", name="p99")).to_be_visible()


def _explored(tab: Any, url: str, lake: Sql) -> None:
    """A query of Explore, and the one that a click on its figures asks next."""
    tab.goto(
        f"{url}?page=explore&table=sales&measure=sum(revenue)&measure=count_distinct(month)"
        "&by=weekday&by=product&chart=table"
    )
    _explored_figures(tab, lake, "true")
    expect(tab.get_by_text("Use these rows in code")).to_be_visible()  # is drawn last
    is_read(tab)
    tab.get_by_role("cell", name="Sunday").first.click()
    expect(tab.locator("button.chip")).to_have_text(["Weekday: Sunday ✕"])
    _explored_figures(tab, lake, "weekday = 'Sunday'")


def _explored_figures(tab: Any, lake: Sql, where: str) -> None:
    rows = lake(
        "select weekday, product, sum(revenue) as y, count(distinct month) from sales "
        f"where {where} group by all order by y desc, weekday, product limit 10"
    )
    texts = [
        text
        for weekday, product, revenue, months in rows
        for text in (weekday, product, f"€{revenue:,.2f}", str(months))
    ]
    expect(tab.locator(f"tbody tr:nth-child(-n+{len(rows)}) td")).to_have_text(texts)


def _compared(tab: Any, url: str, lake: Sql) -> None:
    """The last quarter of the data, each month beside that of the quarter before."""
    tab.goto(f"{url}?page=trends&tab=month-by-month&period=last-quarter&compare=previous-period")
    months = lake("from monthly_stats where month between '2024-07' and '2024-12' order by month")
    figures = [
        [f"{purchases:,}", f"€{revenue:,.2f}", f"€{mean:,.2f}", f"{clients:,}"]
        for _, purchases, revenue, mean, clients in months
    ]
    expect(tab.locator("thead th").nth(5)).to_have_text("Purchases, compared")
    cells(tab, [[_month(months[at][0]), *figures[at], *figures[at - 3]] for at in (5, 4, 3)])


def _published_meanwhile(tab: Any, url: str, pipeline: md.Pipeline) -> None:
    """A new release appears on the open page, with its filters, and is compared with the former."""
    tab.goto(f"{url}?page=products&product=Moka+pot")
    expect(tab.locator("tbody tr")).to_have_count(1)
    before, former = pipeline.lake.current(), tab.locator("tbody tr td:nth-child(4)").inner_text()
    more = "purchase_id,client_id,product,quantity,amount,purchase_date\n"
    more += "".join(
        f"{900_000 + number},1,Moka pot,1,1000.00,2025-01-31\n" for number in range(100)
    )
    (pipeline.base / "data/purchases/2025-02.csv").write_text(more)
    assert pipeline.run().status == "succeeded"
    ((revenue,),) = _lake(pipeline)("select revenue from product_stats where product = 'Moka pot'")
    cells_of_row = tab.locator("tbody tr td:nth-child(4)")
    expect(cells_of_row).to_have_text([f"€{revenue:,.2f}"])
    now = pipeline.lake.current()
    assert now.id != before.id
    expect(tab.get_by_text(now.id).first).to_be_visible()
    assert "product=Moka+pot" in tab.url
    tab.goto(f"{url}?page=products&product=Moka+pot&compare={before.id}")
    expect(tab.get_by_role("cell", name=former, exact=True)).to_be_visible()
    expect(cells_of_row).to_have_text([f"€{revenue:,.2f}"])


def _outage(tab: Any, set_down: Callable[[bool], object]) -> None:
    """An unreachable store is reported while the figures stay, and the page recovers."""
    shown = tab.locator("tbody tr td:nth-child(4)").text_content()
    set_down(True)
    expect(tab.get_by_text("Store unreachable")).to_be_visible()
    expect(tab.locator("tbody tr td:nth-child(4)")).to_have_text([shown])
    set_down(False)
    expect(tab.get_by_text("Store unreachable")).to_have_count(0)
    tab.get_by_role("navigation").get_by_text("Home", exact=True).click()
    expect(tab.get_by_text("Revenue by month")).to_be_visible()


def _month(month: str) -> str:
    return str(format_date(date(int(month[:4]), int(month[5:]), 1), "MMM yyyy", locale="en_IE"))
