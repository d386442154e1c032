"""The rows behind a figure, opened by mouse and keyboard, compared with the lake."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import expect

import medallion as md
from tests.panel import shop
from tests.panel.forked_server import serving, serving_over_api
from tests.panel.page_content import place
from tests.panel.test_dashboard import query_lake

YAML = shop.YAML.replace("  title: Corner shop\n", "  title: Corner shop\n  why: true\n")

# Where the mark with a text is on the screen: (figure, column, text) to its middle.
POINT = """([title, text]) => {
  for (const doc of Bokeh.documents) for (const plot of doc._all_models.values()) {
    if (plot.type !== "Figure") continue
    for (const renderer of plot.renderers) {
      const data = renderer.data_source?.data, view = Bokeh.index.find_one(plot)
      if (!data?.mark || !view || renderer.glyph.type !== title) continue
      const names = [...(data.period ?? data.x)], at = names.indexOf(text)
      if (at < 0) continue
      const box = view.el.getBoundingClientRect(), { x_scale, y_scale } = view.frame
      if (title === "HBar") {
        const middle = (data.base[at] + data.top[at]) / 2
        return [box.left + x_scale.compute(middle), box.top + y_scale.compute(data.x[at])]
      }
      return [box.left + x_scale.compute(data.x[at]), box.top + y_scale.compute(data.y[at])]
    }
  }
}"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    folder = tmp_path_factory.mktemp("behind") / "project"
    pipeline = md.Pipeline.load(shop.write(folder, YAML))
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


def panel(tab: Any, title: str) -> None:
    """Wait until the panel of this title is filled."""
    expect(tab.get_by_role("heading", name=f"Rows behind {title}", exact=True)).to_be_visible()
    expect(tab.get_by_text("would have counted").first).to_be_visible()
    expect(tab.get_by_text("would have counted …")).to_have_count(0)


def test_a_bar_with_shift_opens_the_rows_behind_it(
    tab: Any, any_address: str, project: md.Pipeline
) -> None:
    tab.goto(f"{any_address}?page=home&country=France")
    expect(tab.locator(".bk-Figure")).to_have_count(5)
    tab.keyboard.down("Shift")
    tab.mouse.click(*place(tab, POINT, ["HBar", "Tea"]))
    tab.keyboard.up("Shift")
    panel(tab, "Tea · Revenue")
    assert "product" not in tab.url
    ((revenue, rows),) = query_lake(
        project,
        "select sum(revenue), count(*) from sales where country = 'France' and product = 'Tea'",
    )
    expect(tab.locator("p.sum")).to_have_text(f"€{revenue:,.2f}")
    expect(tab.get_by_text(f"sum of silver.sales.revenue in {rows} rows")).to_be_visible()
    expect(tab.get_by_text(f"{rows} source records from 1 file")).to_be_visible()
    expect(tab.get_by_text("1 more record would have counted")).to_be_visible()
    expect(tab.get_by_role("cell", name="-5.00").first).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.locator("p.sum")).to_have_count(0)


def test_the_keyboard_opens_and_closes_it(tab: Any, address: str, project: md.Pipeline) -> None:
    tab.goto(f"{address}?page=home")
    figure = tab.get_by_role("button", name="show the rows behind")
    figure.focus()
    tab.keyboard.press("Enter")
    panel(tab, "Revenue")
    ((revenue,),) = query_lake(project, "select sum(revenue) from sales")
    expect(tab.locator("p.sum")).to_have_text(f"€{revenue:,.2f}")
    tab.keyboard.press("Escape")
    expect(tab.locator("p.sum")).to_have_count(0)
    expect(figure).to_be_focused()
    tab.get_by_role("button", name="Rows behind Weekdays").press("Enter")
    panel(tab, "Pieces")
    tab.get_by_role("combobox", name="Part").select_option(label="Feb 2024 · Monday")
    panel(tab, "Feb 2024 · Monday · Pieces")
    ((pieces,),) = query_lake(
        project,
        "select sum(pieces) from sales where month = '2024-02' and weekday = 'Monday'",
    )
    expect(tab.locator("p.sum")).to_have_text(f"{pieces}")


def test_a_row_has_its_records_as_files(tab: Any, any_address: str, tmp_path: Path) -> None:
    tab.goto(f"{any_address}?page=clients&row=7")
    tab.get_by_role("button", name="Rows behind this row").click()
    panel(tab, "Client id 7")
    expect(tab.get_by_text("1 source record from 1 file")).to_be_visible()
    expect(tab.locator("p.sum")).to_have_count(0)
    expect(tab.locator("dl", has_text="Client 7").last).to_be_visible()
    for form in ("CSV", "Parquet"):
        name = f"All of these records, as {form}"
        button = tab.get_by_role("button", name=name, exact=True).first
        button.hover()
        expect(tab.get_by_role("tooltip", name=name)).to_be_visible()  # it covers no other button
        with tab.expect_download() as download:
            button.click()
        path = tmp_path / f"records.{form.lower()}"
        shutil.copy(download.value.path(), path)
        rows = pq.read_table(path).to_pylist() if form == "Parquet" else read_csv(path)
        assert [(row["file"], int(row["record"])) for row in rows] == [("data/clients.csv", 7)]
        assert "Client 7" in rows[0]["row"]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_candidate_and_an_earlier_release_have_their_own_rows(tab: Any, tmp_path: Path) -> None:
    pipeline = md.Pipeline.load(shop.write(tmp_path / "project", YAML))
    first = pipeline.run().release
    file = pipeline.base / "data/sales-2024.csv"
    header, *lines = file.read_text().splitlines()
    file.write_text("\n".join([header, *lines[:-10]]) + "\n")
    pipeline.run(candidate="fewer")
    figures = {}
    for name in ("fewer", first):
        figures[name] = len(pipeline.why("silver.sales", column="revenue", release=name))
    assert figures["fewer"] < figures[first]
    with serving(pipeline.base / "medallion.yaml") as url:
        for name, records in figures.items():
            tab.goto(f"{url}?page=home&release={name}")
            tab.get_by_role("button", name="show the rows behind").press("Enter")
            panel(tab, "Revenue")
            expect(tab.get_by_text(f"{records} source records from 1 file")).to_be_visible()
            tab.goto("about:blank")


def test_nobody_sees_it_without_a_login(tab: Any, tmp_path: Path) -> None:
    pipeline = md.Pipeline.load(shop.write(tmp_path / "project"))
    pipeline.run()
    with serving(pipeline.base / "medallion.yaml") as url:
        tab.goto(f"{url}?page=home")
        expect(tab.locator(".bk-Figure")).to_have_count(5)
        expect(tab.get_by_role("button", name="behind")).to_have_count(0)
        tab.keyboard.down("Shift")
        tab.mouse.click(*place(tab, POINT, ["HBar", "Tea"]))
        tab.keyboard.up("Shift")
        expect(tab.locator("button.chip")).to_have_text(["Product: Tea ✕"])  # it filters
        expect(tab.get_by_role("heading", name="Rows behind")).to_have_count(0)
        expect(tab.get_by_role("button", name="behind")).to_have_count(0)
