"""Exploring a table in the browser: figures as the lake has them, in the URL and after Back."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

import medallion as md
from tests.panel.page_content import cells, is_read
from tests.panel.test_dashboard import query_lake


def choose(tab: Any, key: str, option: str) -> None:
    tab.locator(f"select[data-key='{key}']").select_option(option)


def test_a_query_is_built_by_the_form_and_equals_the_lake(
    tab: Any, address: str, project: md.Pipeline
) -> None:
    tab.goto(f"{address}?page=explore&table=sales")
    expect(tab.locator(".bk-Figure")).to_have_count(2)
    choose(tab, "by0", "product")
    expect(tab).to_have_url(
        f"{address}?page=explore&table=sales&measure=count%28%29&measure=sum"
        "%28revenue%29&by=product&filter=month&filter=product&filter=country"
    )
    choose(tab, "measure+", "sum(pieces)")
    expect(tab.locator("thead th")).to_have_text(["Product", "Number ▼", "Revenue", "Pieces"])
    choose(tab, "column1", "pieces")
    choose(tab, "measure1", "count_distinct")
    choose(tab, "column1", "country")
    expect(tab.locator("thead th").nth(2)).to_have_text("Distinct Country")
    rows = query_lake(
        project,
        "select product, count(*), count(distinct country), sum(pieces) from sales"
        " group by 1 order by 2 desc, 1",
    )
    cells(tab, [[name, *map(str, figures)] for name, *figures in rows])
    choose(tab, "chart", "heatmap")
    expect(
        tab.get_by_text("A heat map needs two dimensions. Another chart is shown.")
    ).to_be_visible()
    tab.go_back()
    expect(tab.locator("select[data-key='chart']")).to_have_value("")


def test_a_click_filters_and_the_code_has_the_filter(
    tab: Any, address: str, project: md.Pipeline
) -> None:
    tab.goto(
        f"{address}?page=explore&table=sales&measure=sum(revenue)&by=country&by=product&chart=table"
    )
    expect(tab.get_by_text("Use these rows in code")).to_be_visible()  # is drawn last
    is_read(tab)
    tab.get_by_role("cell", name="Japan").first.click()
    expect(tab.locator("button.chip")).to_have_text(["Country: Japan ✕"])
    rows = query_lake(
        project,
        "select product, sum(revenue) from sales where country = 'Japan' group by 1 order by 2 desc",
    )
    cells(tab, [["Japan", name, f"€{figure:,.2f}"] for name, figure in rows])
    tab.get_by_text("Use these rows in code").click()
    expect(tab.locator("pre", has_text="country__in=Japan")).to_be_visible()
    tab.get_by_text("Declare this page").click()
    expect(tab.locator("pre", has_text="- groups:")).to_be_visible()


def test_a_card_is_explored_from_its_menu_with_the_filters_of_its_page(
    tab: Any, address: str
) -> None:
    tab.goto(f"{address}?page=home&country=Japan")
    tab.locator("[data-card='1'] .menu summary").click()
    tab.get_by_role("button", name="Explore from here").click()
    expect(tab.get_by_role("heading", name="Revenue by Month")).to_be_visible()
    tab.wait_for_url(lambda url: "country=Japan" in url and "by=month" in url)


def test_a_bad_address_says_what_is_wrong_and_shows_the_rest(tab: Any, address: str) -> None:
    tab.goto(f"{address}?page=explore&table=sales&measure=sum(product)&by=product&chart=pie")
    expect(tab.get_by_text("“sum(product)” is left out")).to_be_visible()
    expect(tab.get_by_text("There is no chart “pie”")).to_be_visible()
    expect(tab.locator("tbody tr")).to_have_count(3)
