"""The dashboard in a real browser: figures, URLs, filters, tables, downloads, login."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import expect

import medallion as md
import medallion_panel
from medallion.export.spreadsheet_csv import BOM
from tests.panel import shop
from tests.panel.forked_server import serving
from tests.panel.page_content import choose, follow, is_read


def query_lake(pipeline: md.Pipeline, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the lake; `sales` and `clients` are its gold tables."""
    connection = duckdb.connect()
    for name in ("sales", "clients"):
        connection.register(name, pipeline.lake.table(f"gold.{name}").to_arrow())
    return connection.execute(sql).fetchall()


def euros(pipeline: md.Pipeline, where: str = "true") -> str:
    ((revenue,),) = query_lake(pipeline, f"select sum(revenue) from sales where {where}")
    return f"€{revenue:,.0f}" if revenue < 10_000 else f"€{revenue / 1000:.1f}K"


@pytest.fixture
def visit(shared_tab: Any, address: str) -> Callable[[str], Any]:
    """A function that shows a page of the dashboard, all tests in one session, and gives its tab."""

    def show(query: str) -> Any:
        if shared_tab.url.startswith(f"{address}?"):
            follow(shared_tab, f"?{query}")
        else:
            shared_tab.goto(f"{address}?{query}")
        return shared_tab

    return show


def test_home_shows_the_figures_of_the_lake_in_every_block(
    tab: Any, address: str, project: md.Pipeline
) -> None:
    tab.goto(address)
    expect(tab.get_by_text(euros(project), exact=True)).to_be_visible()
    for title in ("By month", "Shares", "Products", "Weekdays", "World", "Quality"):
        expect(tab.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(tab.locator(".bk-Figure")).to_have_count(5)
    expect(tab.get_by_text("silver.sales", exact=True)).to_be_visible()
    expect(tab.get_by_text(project.store().release().id).first).to_be_visible()
    expect(tab.get_by_text("could not be drawn")).to_have_count(0)


def test_a_link_has_page_and_filters(visit: Any, project: md.Pipeline) -> None:
    tab = visit("page=home&country=France&country=Japan")
    expect(
        tab.get_by_text(euros(project, "country in ('France', 'Japan')"), exact=True)
    ).to_be_visible()


@pytest.mark.parametrize(
    ("query", "notices"),
    [
        ("page=nowhere", ["There is no page “nowhere”"]),
        (
            "page=home&country=Mars&colour=red",
            ["Country has no value 'Mars'", "no filter “colour”"],
        ),
        (
            "page=clients&spent=much&sort=-height",
            ["'much' is not a range such as 10..20", "cannot be sorted by '-height'"],
        ),
    ],
)
def test_an_invalid_value_in_the_url_is_reported(
    visit: Any, query: str, notices: list[str]
) -> None:
    tab = visit(query)
    for notice in notices:
        expect(tab.get_by_text(notice)).to_be_visible()


def test_the_menu_changes_the_url_and_back_works(tab: Any, address: str) -> None:
    tab.goto(address)
    expect(tab.get_by_text("By month", exact=True)).to_be_visible()
    tab.get_by_text("Clients", exact=True).first.click()
    expect(tab.get_by_text("Spend", exact=True)).to_be_visible()
    tab.wait_for_url("**?page=clients")
    tab.go_back()
    expect(tab.get_by_text("By month", exact=True)).to_be_visible()
    expect(tab.get_by_text("Spend", exact=True)).to_have_count(0)
    group = tab.get_by_role("navigation", name="Behind the scenes", exact=True)
    expect(group.get_by_role("heading")).to_have_text("Behind the scenes")
    expect(group.get_by_role("button")).to_contain_text(["Performance"])


def test_clients_are_sorted_paged_searched_and_shown_in_full(tab: Any, address: str) -> None:
    tab.goto(f"{address}?page=clients")
    cells = tab.locator("tbody tr td:nth-child(1)")
    expect(cells).to_have_text(["1", "2", "3", "4", "5"])
    expect(tab.get_by_text("1–5 of 30")).to_be_visible()
    tab.get_by_role("button", name="Next page").click()
    expect(cells).to_have_text(["6", "7", "8", "9", "10"])
    tab.get_by_role("button", name="Spent ▼").click()
    expect(cells).to_have_text(["30", "29", "28", "27", "26"])
    tab.wait_for_url("**sort=spent")
    tab.locator("tbody tr").first.click()
    tab.wait_for_url("**row=30")
    expect(tab.locator("dl")).to_contain_text("Client 30")
    tab.get_by_label("Name contains").fill("Client 17")
    tab.get_by_label("Name contains").press("Enter")
    expect(cells).to_have_text(["17"])


def test_a_hostile_name_is_text(visit: Any) -> None:
    tab = visit("page=clients&row=1")
    expect(tab.locator("tbody").get_by_text(shop.EVIL)).to_be_visible()
    expect(tab.locator("dl").get_by_text(shop.EVIL)).to_be_visible()
    assert tab.evaluate("window.stolen") is None


@pytest.mark.parametrize("form", ["CSV", "CSV for spreadsheets", "Excel", "Parquet"])
def test_a_download_has_all_rows_that_match_the_filters(
    visit: Any, project: md.Pipeline, tmp_path: Path, form: str
) -> None:
    tab = visit("page=clients&country=France&spent=700..900")
    expect(tab.get_by_text("of 5")).to_be_visible()
    with tab.expect_download() as download:
        tab.get_by_role(
            "button", name=f"All rows that match the filters, as {form}", exact=True
        ).click()
    download.value.save_as(tmp_path / "file")
    data = (tmp_path / "file").read_bytes()
    if form == "Parquet":
        rows = pq.read_table(io.BytesIO(data)).to_pylist()
    elif form == "Excel":
        names, *values = openpyxl.load_workbook(io.BytesIO(data))["rows"].values
        rows = [dict(zip(names, row, strict=True)) for row in values]
        assert [type(rows[0][name]) for name in ("client_id", "since")] == [int, datetime]
    else:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert data.startswith(BOM) == (form == "CSV for spreadsheets")
    expected = query_lake(
        project,
        "select client_id from clients where country = 'France' and spent between 700 and 900 "
        "order by spent desc",
    )
    assert [int(row["client_id"]) for row in rows] == [ident for (ident,) in expected]
    assert Decimal(str(rows[0]["spent"])) == Decimal("860.50")


def test_speed_is_measured_on_demand(visit: Any) -> None:
    tab = visit("page=performance")
    tab.get_by_role("button", name="Measure now").click()
    expect(tab.get_by_text("clients: one row", exact=True)).to_be_visible()
    expect(tab.get_by_text("p99", exact=True).last).to_be_visible()
    expect(tab.get_by_text("Steps of run")).to_be_visible()


def test_dark_mode(tab: Any, address: str) -> None:
    tab.goto(f"{address}?page=performance&theme=dark")
    expect(tab.get_by_role("button", name="Measure now")).to_be_visible()
    expect(tab.locator("body")).to_have_css("background-color", "rgb(18, 22, 28)")


def test_a_new_release_appears_and_an_unreachable_store_is_reported(
    tab: Any, tmp_path: Path
) -> None:
    pipeline = md.Pipeline.load(shop.write(tmp_path / "project"))
    with serving(pipeline.base / "medallion.yaml") as url:
        tab.goto(url)
        expect(tab.get_by_text("There is nothing to show yet")).to_be_visible()
        pipeline.run()
        expect(tab.get_by_text(euros(pipeline), exact=True)).to_be_visible()
        (pipeline.base / "data/sales-more.csv").write_text(shop.sales(range(7, 9)))
        pipeline.run()
        expect(tab.get_by_text(euros(pipeline), exact=True)).to_be_visible()
        store, hidden = pipeline.base / "lake/serving.db", pipeline.base / "lake/hidden.db"
        store.rename(hidden)
        expect(tab.get_by_text("Store unreachable")).to_be_visible()
        expect(tab.get_by_text(euros(pipeline), exact=True)).to_be_visible()
        hidden.rename(store)
        expect(tab.get_by_text("Store unreachable")).to_have_count(0)


def test_every_kind_of_filter_applies(tab: Any, address: str, project: md.Pipeline) -> None:
    tab.goto(f"{address}?page=clients")
    expect(tab.locator(".figure")).to_have_text("30")
    choose(tab, "Country", "France")
    ((french,),) = query_lake(project, "select count(*) from clients where country = 'France'")
    expect(tab.locator(".figure")).to_have_text(str(french))
    tab.wait_for_url("**country=France**")
    least = tab.get_by_role("slider").first
    least.focus()
    for _ in range(5):
        least.press("ArrowRight")
    last = float(least.input_value())
    tab.wait_for_url(lambda url: spent(url)[:1] == [last])  # each key changes it
    low, high = spent(tab.url)
    where = f"country = 'France' and spent between {low} and {high}"
    ((fewer,),) = query_lake(project, f"select count(*) from clients where {where}")
    expect(tab.locator(".figure")).to_have_text(str(fewer))
    tab.get_by_role("button", name="Clear filters").click()
    expect(tab.locator(".figure")).to_have_text("30")
    tab.wait_for_url("**?page=clients")
    tab.go_back()
    expect(tab.locator(".figure")).to_have_text(str(fewer))


def spent(url: str) -> list[float]:
    """The range of a filter in a URL, empty without one."""
    (text,) = parse_qs(urlsplit(url).query).get("spent", [""])
    return [float(end) for end in text.split("..") if end]


def test_days_are_chosen_by_a_link(visit: Any, project: md.Pipeline) -> None:
    tab = visit("page=clients&since=2024-03-01..2024-05-31")
    ((number,),) = query_lake(
        project,
        "select count(*) from clients where since between date '2024-03-01' and date '2024-05-31'",
    )
    expect(tab.locator(".figure")).to_have_text(str(number))


def test_a_selection_without_rows_is_reported(visit: Any) -> None:
    tab = visit("page=clients&spent=851..852")
    expect(tab.get_by_text("No rows match these filters.").first).to_be_visible()
    expect(tab.get_by_text("0 rows")).to_be_visible()


def test_the_code_snippet_reads_the_same_rows(
    tab: Any, address: str, project: md.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab.goto(
        f"{address}?page=clients&country=France&spent=700..860.5"
        "&since=2024-01-01..2024-12-01&sort=name"
    )
    expect(tab.locator("tbody tr").first).to_be_visible()
    is_read(tab)
    tab.get_by_text("Use these rows in code").click()
    python = tab.locator("pre").first.text_content()
    assert tab.locator("pre").nth(1).text_content().startswith("curl -H 'Accept: text/csv'")
    names = tab.locator("tbody tr td:nth-child(2)").all_text_contents()
    monkeypatch.chdir(project.base)
    scope: dict[str, Any] = {}
    exec(python, scope)  # noqa: S102 (the snippet under test)
    scope["store"].close()
    assert names
    assert [row["name"] for row in scope["rows"]] == names
    tab.get_by_role("button", name="Copy Python").click()
    expect(tab.get_by_role("button", name="Copy Python")).to_have_text("Copied")


def test_visitors_share_nothing(tab: Any, browser: Any, address: str) -> None:
    other = browser.new_page()
    tab.goto(f"{address}?page=clients&country=France")
    other.goto(f"{address}?page=clients")
    expect(other.locator(".figure")).to_have_text("30", timeout=90_000)
    expect(tab.locator(".figure")).to_have_text("7")
    other.close()


def test_a_narrow_screen_opens_without_the_menu(browser: Any, address: str) -> None:
    phone = browser.new_page(viewport={"width": 390, "height": 844})
    phone.goto(f"{address}?page=clients")
    expect(phone.locator(".figure")).to_have_text("30", timeout=90_000)
    expect(phone.locator(".MuiDrawer-root.MuiModal-root")).to_be_hidden(timeout=90_000)
    phone.close()


FITTED = """() => {
  const plots = [...Bokeh.documents[0]._all_models.values()].filter(({ type }) => type === "Figure")
  const map = plots.find(({ tags }) => tags.length), heat = plots.find(
    ({ x_range, y_range }) => x_range.factors && y_range.factors?.includes("Monday"))
  return [map.height, map.outer_height, (map.inner_height / map.inner_width).toFixed(1),
    heat.below[0].major_label_orientation]
}"""


def test_maps_and_names_below_charts_fit_a_narrow_screen(tab: Any, address: str) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto(f"{address}?page=home")
    expect(tab.locator(".bk-Figure")).to_have_count(5)
    world = tab.get_by_role("figure", name="World")
    expect(world).to_have_css("min-height", "151px")  # in proportion, without empty space
    expect(world.locator("canvas").first).to_have_css("height", "151px")
    assert tab.evaluate(FITTED) == [460, 151, "0.4", 0.9]
    tab.set_viewport_size({"width": 1400, "height": 2600})
    tab.wait_for_function(f"({FITTED})()[3] === 'horizontal'")
    expect(world).not_to_have_css("min-height", "151px")


def test_everything_works_by_keyboard(tab: Any, address: str) -> None:
    tab.goto(f"{address}?page=clients")
    row = tab.locator("tbody tr").nth(2)
    row.focus()
    row.press("Enter")
    expect(tab.locator("dl")).to_contain_text("Client 3")
    expect(tab.locator("tbody tr td:nth-child(1)")).to_have_text(["1", "2", "3", "4", "5"])
    expect(row).to_be_focused()
    tab.get_by_role("button", name="Close this row").press("Enter")
    expect(tab.locator("dl")).to_be_hidden()
    head = tab.get_by_role("columnheader", name="Spent").get_by_role("button")
    head.focus()
    head.press("Enter")
    expect(tab.locator("tbody tr td:nth-child(1)")).to_have_text(["30", "29", "28", "27", "26"])
    expect(head).to_be_focused()
    home = tab.get_by_role("navigation").get_by_role("button", name="Home")
    home.focus()
    home.press("Enter")
    expect(tab.get_by_text("By month", exact=True)).to_be_visible()


def test_default_pages_and_a_stale_release(tab: Any, tmp_path: Path) -> None:
    yaml = shop.YAML.partition("dashboard:")[0] + "dashboard: {stale_after_hours: 0.000001}\n"
    pipeline = md.Pipeline.load(shop.write(tmp_path / "project", yaml))
    pipeline.run()
    with serving(pipeline.base / "medallion.yaml") as url:
        tab.set_viewport_size({"width": 390, "height": 844})
        tab.goto(f"{url}?page=sales")
        expect(tab.get_by_text("Stale: published")).to_be_visible()
        expect(tab.locator(".figure").first).to_have_text("72")
        for title in (
            "Revenue by Month",
            "Revenue by Product",
            "Revenue by Country",
            "Distribution of Revenue",
        ):
            expect(tab.get_by_text(title, exact=True).first).to_be_visible()
        expect(tab.get_by_text("could not be drawn")).to_have_count(0)
        tab.goto(f"{url}?page=clients")
        expect(tab.get_by_text("1–20 of 30")).to_be_visible()
        columns_are_chosen(tab, url)
        tab.goto(f"{url}?page=data")
        expect(tab.get_by_text("Past runs")).to_be_visible()
        expect(tab.get_by_text("There is no release before this one")).to_be_visible()
        tab.wait_for_function("document.documentElement.scrollWidth <= 390")


def columns_are_chosen(tab: Any, url: str) -> None:
    """The columns of a table: those of the URL, and chosen by keyboard."""
    tab.goto(f"{url}?page=clients&columns=spent&columns=name&columns=height")
    heads = tab.locator("thead th")
    expect(tab.get_by_text("This table has no column 'height'")).to_be_visible()
    expect(heads).to_have_text(["Name", "Spent ▼"])
    csv = tab.get_by_role("button", name="as CSV; columns: Name, Spent")
    expect(csv).to_be_visible()
    tab.get_by_role("button", name="Columns: 2 of 5 columns").focus()
    tab.keyboard.type("cou")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**?page=clients&columns=name&columns=country&columns=spent")
    expect(heads).to_have_text(["Name", "Country", "Spent ▼"])
    for _ in range(3):
        tab.keyboard.press("Backspace")
    options = tab.get_by_role("listbox", name="Columns").get_by_role("option", selected=True)
    expect(options).to_have_text(["Name", "Country", "Spent"])
    for key in ("Home", "Enter"):
        tab.keyboard.press(key)
    tab.wait_for_url("**?page=clients")
    expect(options).to_have_text(["All columns", "Client id", "Name", "Country", "Spent", "Since"])
    tab.keyboard.press("Enter")  # none of them
    expect(options).to_have_count(0)
    expect(heads).to_have_count(5)
    for key in ("ArrowDown", "Enter", "Escape"):
        tab.keyboard.press(key)
    expect(tab.get_by_role("button", name="Columns: 1 of 5 columns")).to_be_focused()
    expect(heads).to_have_text(["Client id"])
    tab.go_back()
    expect(heads).to_have_count(5)
    tab.go_back()
    expect(heads).to_have_text(["Name", "Country", "Spent ▼"])
    tab.get_by_role("button", name="Show all columns").click()
    expect(heads).to_have_count(5)


def test_the_login_of_panel_checks_the_password(tab: Any, project: md.Pipeline) -> None:
    page = Path(medallion_panel.__file__).with_name("login.html")
    options = (
        "--basic-auth",
        "open sesame",
        "--cookie-secret",
        "crumbs",
        "--basic-login-template",
        str(page),
    )
    with serving(project.base / "medallion.yaml", *options) as url:
        tab.goto(url)
        assert "/login" in tab.url
        for word in ("open barley", "open sesame"):
            tab.get_by_label("Name").fill("anne")
            tab.get_by_label("Password").fill(word)
            tab.get_by_role("button", name="Log in").click()
            if word == "open barley":
                expect(tab.get_by_role("alert")).not_to_be_empty()
        expect(tab.get_by_text("By month", exact=True)).to_be_visible()
        tab.goto("about:blank")


def test_a_choice_is_made_by_keyboard(tab: Any, address: str, project: md.Pipeline) -> None:
    tab.goto(f"{address}?page=clients&country=Japan")
    button = tab.get_by_role("button", name="Country: Japan")
    options = tab.get_by_role("listbox").get_by_role("option")
    button.focus()
    tab.keyboard.type("fr")  # opens the list and searches it
    expect(options).to_have_text(["France"])
    tab.keyboard.press("Enter")
    tab.wait_for_url("**country=France&country=Japan")
    for _ in range(2):
        tab.keyboard.press("Backspace")
    expect(options).to_have_text(["Brazil", "France", "Germany", "Japan"])
    tab.keyboard.press("Home")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Space")
    expect(tab.get_by_role("listbox").get_by_role("option", selected=True)).to_have_text(
        ["France", "Germany", "Japan"]
    )
    where = "country in ('France', 'Germany', 'Japan')"
    ((number,),) = query_lake(project, f"select count(*) from clients where {where}")
    expect(tab.locator(".figure")).to_have_text(str(number))
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("listbox")).to_have_count(0)
    expect(tab.get_by_role("button", name="Country: France, Germany, Japan")).to_be_focused()
    tab.keyboard.press("Delete")
    expect(tab.get_by_role("button", name="Country: All")).to_be_focused()
    expect(tab.locator(".figure")).to_have_text("30")

    # Back and Forward restore what was chosen.
    three, two = ("Country: France, Germany, Japan", "Country: France, Japan")
    for step, name in ((tab.go_back, three), (tab.go_back, two), (tab.go_forward, three)):
        step()
        expect(tab.get_by_role("button", name=name, exact=True)).to_be_visible()
    expect(tab.locator(".figure")).to_have_text(str(number))
    tab.go_forward()
    expect(tab.get_by_role("button", name="Country: All")).to_be_visible()
    expect(tab.locator(".figure")).to_have_text("30")
