"""Clicks and keys on marks filter the page, in the URL and in figures as the lake has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

import medallion as md
from tests.panel import shop
from tests.panel.forked_server import serving, serving_over_api
from tests.panel.page_content import eventually, is_read, place
from tests.panel.test_dashboard import query_lake
from tests.panel.test_rows_behind import POINT, YAML, panel

WITH_SALES = YAML.replace(
    "    - title: Performance\n",
    """\
    - title: Sales
      blocks:
        - kpi: {title: Revenue, table: sales, value: sum(revenue)}
        - table: {table: sales, columns: [product, country, month, revenue], page_size: 10}
    - title: Pivot
      blocks:
        - pivot: {table: sales, rows: product, columns: month, value: mean(pieces), limit: 2}
    - title: Performance
""",
)

# The middle of the cell of a heat map.
CELL = """([x, y]) => {
  for (const doc of Bokeh.documents) for (const plot of doc._all_models.values()) {
    const rect = plot.type === "Figure" && plot.renderers.find((r) => r.glyph.type === "Rect")
    const view = rect && Bokeh.index.find_one(plot)
    if (!view) continue
    const box = view.el.getBoundingClientRect(), { x_scale, y_scale } = view.frame
    return [box.left + x_scale.compute(x), box.top + y_scale.compute(y)]
  }
}"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    folder = tmp_path_factory.mktemp("clicks") / "project"
    pipeline = md.Pipeline.load(shop.write(folder, WITH_SALES))
    pipeline.run()
    return pipeline


@pytest.fixture(scope="module")
def address(project: md.Pipeline) -> Iterator[str]:
    with serving(project.base / "medallion.yaml") as url:
        yield url


@pytest.fixture(scope="module")
def api_address(project: md.Pipeline) -> Iterator[str]:
    with serving_over_api(project.base / "medallion.yaml") as url:
        yield url


@pytest.fixture(params=["address", "api_address"])
def any_address(request: pytest.FixtureRequest) -> str:
    """The dashboard on the store, and on an API."""
    url: str = request.getfixturevalue(request.param)
    return url


def revenue_is(tab: Any, project: md.Pipeline, condition: str = "true") -> None:
    """Wait until the figure of the page is the revenue of the lake under a condition."""
    ((revenue,),) = query_lake(project, f"select sum(revenue) from sales where {condition}")
    expect(tab.locator(".figure")).to_have_attribute("title", f"€{revenue:,.2f}")


def home(tab: Any, address: str, search: str = "") -> None:
    tab.goto(f"{address}?page=home{search}")
    expect(tab.locator(".bk-Figure")).to_have_count(5)
    is_read(tab)


def test_a_bar_filters_the_page_by_a_chip(tab: Any, any_address: str, project: md.Pipeline) -> None:
    home(tab, any_address)
    tab.mouse.click(*place(tab, POINT, ["HBar", "Tea"]))
    revenue_is(tab, project, "product = 'Tea'")
    expect(tab.locator("button.chip")).to_have_text(["Product: Tea ✕"])
    tab.wait_for_url("**product__eq=Tea")
    tab.get_by_role("button", name="Rows behind Tea · Revenue").click()
    panel(tab, "Tea · Revenue")
    tab.keyboard.press("Escape")
    tab.go_back()
    expect(tab.locator("button.chip")).to_have_count(0)
    revenue_is(tab, project)
    tab.goto(f"{any_address}?page=home&product__eq=Tea")
    revenue_is(tab, project, "product = 'Tea'")
    tab.get_by_role("button", name="Remove the filter Product: Tea").click()
    revenue_is(tab, project)
    tab.wait_for_url("**page=home")


def test_a_chip_of_a_url_is_shown_and_applies_to_all_blocks(
    tab: Any, address: str, project: md.Pipeline
) -> None:
    home(tab, address, "&weekday__eq=Monday&weekday__eq=Saturday")
    expect(tab.locator("button.chip")).to_have_text(["Weekday: Monday, Saturday ✕"])
    revenue_is(tab, project, "weekday in ('Monday', 'Saturday')")


def test_the_entry_of_a_legend_and_a_cell_filter(
    tab: Any, address: str, project: md.Pipeline
) -> None:
    home(tab, address)
    tab.get_by_role("button", name="Cups", exact=True).click()
    revenue_is(tab, project, "product = 'Cups'")
    tab.get_by_role("button", name="Clear filters").click()
    revenue_is(tab, project)
    tab.mouse.click(*place(tab, CELL, ["Feb 2024", "Monday"]))
    condition = "month = '2024-02' and weekday = 'Monday'"
    revenue_is(tab, project, condition)
    expect(tab.locator("button.chip")).to_have_text(["Month: Feb 2024 ✕", "Weekday: Monday ✕"])


def test_a_pivot_has_the_figures_of_the_lake_and_a_cell_filters(
    tab: Any, any_address: str, project: md.Pipeline
) -> None:
    def line(condition: str) -> list[str]:
        """The figures by month, and over all months."""
        sql = (
            "select mean(pieces), grouping(month) from sales "
            f"where {condition} group by rollup (month) order by 2, month"
        )
        return [f"{figure:.2f}" for figure, _ in query_lake(project, sql)]

    tab.goto(f"{any_address}?page=pivot")
    expect(tab.locator("tbody th[scope=row]")).to_have_text(["Cups", "Honey & Jam"])
    expect(tab.locator("tbody td")).to_have_text(
        [*line("product = 'Cups'"), *line("product = 'Honey & Jam'")]
    )
    expect(tab.locator("tfoot td")).to_have_text(line("true"))
    expect(tab.get_by_text("1 more row is left out, and counted in the last line.")).to_be_visible()
    is_read(tab)
    tab.locator("tbody td").nth(1).click()
    expect(tab.locator("button.chip")).to_have_text(["Product: Cups ✕", "Month: Feb 2024 ✕"])
    expect(tab.locator("tfoot td")).to_have_text(["2.50", "2.50"])


def test_a_click_sets_the_filter_that_the_page_has(
    tab: Any, address: str, project: md.Pipeline
) -> None:
    tab.goto(f"{address}?page=clients")
    expect(tab.locator(".bk-Figure")).to_have_count(2)
    spent = """() => {
      for (const doc of Bokeh.documents) for (const plot of doc._all_models.values()) {
        const bars = plot.type === "Figure" && plot.renderers.find((r) => r.glyph.type === "Quad")
        const view = bars && Bokeh.index.find_one(plot)
        if (!view) continue
        const { left, right, rows } = bars.data_source.data
        const at = rows.indexOf(Math.max(...rows)), box = view.el.getBoundingClientRect()
        const { x_scale, y_scale } = view.frame
        return [left[at], right[at], box.left + x_scale.compute((left[at] + right[at]) / 2),
          box.top + y_scale.compute(rows[at] / 2)]
      }
    }"""
    low, high, *middle = place(tab, spent)
    tab.mouse.click(*middle)
    condition = f"spent >= {low} and spent < {high}"
    ((count,),) = query_lake(project, f"select count(*) from clients where {condition}")
    assert 0 < count < 30
    expect(tab.locator(".figure")).to_have_text(str(count))
    expect(tab.locator("button.chip")).to_have_count(0)
    tab.wait_for_url(f"**spent={low:.1f}..{high - 0.01:.2f}*")


def test_the_parts_of_a_chart_are_clicked_by_the_keyboard(
    tab: Any, address: str, project: md.Pipeline
) -> None:
    home(tab, address)
    chart = tab.get_by_role("figure", name="Products")
    chart.focus()
    tab.keyboard.press("ArrowRight")
    part = tab.locator(".part", has_text="(1 of 3)")
    expect(part).to_contain_text("Honey & Jam: €")
    tab.keyboard.press("ArrowRight")
    expect(tab.locator(".part", has_text="(2 of 3)")).to_contain_text("Cups: €")
    tab.keyboard.press("Enter")
    revenue_is(tab, project, "product = 'Cups'")
    tab.get_by_role("button", name="Remove the filter Product: Cups").press("Enter")
    revenue_is(tab, project)
    chart.focus()
    tab.keyboard.press("ArrowRight")
    expect(part).to_contain_text("Honey & Jam")
    tab.keyboard.press("Shift+Enter")
    panel(tab, "Honey & Jam · Revenue")


def test_the_cells_of_a_table_filter_by_a_click(
    tab: Any, any_address: str, project: md.Pipeline
) -> None:
    tab.goto(f"{any_address}?page=sales")
    rows = tab.locator("tbody tr")
    expect(rows).to_have_count(10)
    is_read(tab)
    tab.get_by_role("cell", name="Cups", exact=True).first.click()
    revenue_is(tab, project, "product = 'Cups'")
    expect(tab.locator("button.chip")).to_have_text(["Product: Cups ✕"])


def test_the_cells_of_a_row_are_reached_by_arrow_keys(
    tab: Any, address: str, project: md.Pipeline
) -> None:
    tab.goto(f"{address}?page=sales&product__eq=Cups")
    rows = tab.locator("tbody tr")
    expect(rows.locator("td:first-child")).to_have_text(["Cups"] * 10)
    revenue_is(tab, project, "product = 'Cups'")
    country = rows.first.locator("td").nth(1).inner_text()
    rows.first.focus()
    for _ in range(2):  # to the second cell, the country
        tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")
    revenue_is(tab, project, f"product = 'Cups' and country = '{country}'")
    rows.first.focus()
    tab.keyboard.press("Enter")
    eventually(
        lambda: tab.get_by_role("heading", name="Rows behind").count() == 1,
        lambda: "no panel opens",
    )
