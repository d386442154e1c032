"""Odd values: none of them breaks a page, runs as code or is shown as another value."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from math import inf, nan
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from playwright.sync_api import expect

import medallion as md
from medallion.contracts import Filter
from medallion_panel.block_settings import Block, Heatmap, Histogram, Kpi, Scatter, WorldMap
from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.charts import bar, line
from medallion_panel.blocks.distributions import heatmap, histogram
from medallion_panel.blocks.kpi import kpi_html
from medallion_panel.blocks.scatter import scatter
from medallion_panel.blocks.world_map import by_country
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.pages.card import Card
from medallion_panel.pages.default_pages import default_pages
from medallion_panel.pages.filter_options import filter_options
from medallion_panel.pages.filters import page_filters
from medallion_panel.section import Dashboard, PageSettings
from medallion_panel.series_settings import Bar, Chart
from medallion_panel.ui.formats import Formats
from tests.panel.forked_server import serving
from tests.panel.pipelines import declaration, published

LONG = "A name that is far longer than an axis, "
NAMES = [
    f"{LONG}one",
    f"{LONG}two",
    "<img src=x onerror='stolen = 1'>",
    "",
    "two\nlines",
    None,
    "2024-05",
    "May 2024",
]
RATIOS = [nan, inf, -inf, None, 1e300, -1e300, 5e-324, 123456789.125]
ROWS = 56
FORMATS = Formats.of(Dashboard())

COLUMNS: dict[str, list[Any]] = {
    "name": [NAMES[number % 8] for number in range(ROWS)],
    "ratio": [RATIOS[number % 8] for number in range(ROWS)],
    "big": [(-1) ** number * (2**63 - 1) for number in range(ROWS)],
    "amount": [Decimal(10) ** (number % 15) / 100 for number in range(ROWS)],
    "flag": [(True, False, None)[number % 3] for number in range(ROWS)],
    "day": [
        (date(1, 1, 1), date(9999, 12, 31), None, date(2024, 2, 29))[number % 4]
        for number in range(ROWS)
    ],
    "at": [None if number % 5 == 0 else datetime(2024, 3, 31, 1, number) for number in range(ROWS)],
    "tags": [["<b>x</b>"] for _ in range(ROWS)],
    "category": [f"Category {number}" for number in range(ROWS)],
    "it's (cm)": list(range(ROWS)),
    "__proto__": [f"p{number % 2}" for number in range(ROWS)],
    'say "hi"': [f"q{number % 2}" for number in range(ROWS)],
    "index": list(range(ROWS)),
    "shrinking": [-10.0 if number < ROWS // 2 else -5.0 for number in range(ROWS)],
    "land": [("France", "FR", "Germany", "Nowhere")[number % 4] for number in range(ROWS)],
    "half": [f"2024-0{1 if number < ROWS // 2 else 2}" for number in range(ROWS)],
}
NOTHING = pa.schema([("value", pa.float64()), ("word", pa.string()), ("day", pa.date32())])

PAGES = """
dashboard:
  title: "<b>Odd</b> & co"
  pages:
    - title: CachedStore
      filters: [name, ratio, day, flag, "it's (cm)", at, tags, nowhere, {column: category, as: range}]
      blocks:
        - kpi: {title: Greatest, table: odd, value: max(ratio)}
        - kpi: {title: Big, table: odd, value: sum(big), over: day}
        - line: {table: odd, x: ratio, y: sum(big), by: name}
        - area: {table: odd, x: at, y: "sum(it's (cm))"}
        - bar: {table: odd, x: name, y: sum(amount), by: __proto__}
        - bar: {table: odd, x: day, y: sum(ratio), show: growth}
        - scatter: {table: odd, x: ratio, y: big, by: flag}
        - scatter: {table: odd, x: day, y: at}
        - scatter: {table: odd, x: name, y: index, by: 'say "hi"'}
        - histogram: {table: odd, column: ratio}
        - heatmap: {table: odd, x: name, y: category, value: sum(ratio)}
        - map: {table: odd, country: name, value: sum(ratio)}
        - table: {table: odd, detail: true, search: name, page_size: 60}
"""


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    tables = {"odd": pa.table(COLUMNS), "nothing": pa.Table.from_pylist([{}] * 3, NOTHING)}
    return published(tmp_path_factory.mktemp("odd"), tables)


@pytest.fixture(scope="module")
def store(pipeline: md.Pipeline) -> CachedStore:
    return CachedStore(pipeline.store())


@pytest.fixture
def context(store: CachedStore) -> BlockContext:
    return BlockContext(store, FORMATS)


def data_of(chart: Any, place: int = 0) -> Any:
    return chart.figure.renderers[place].data_source.data


def test_names_with_the_same_beginning_are_separate_bars(context: BlockContext) -> None:
    chart = bar(Bar(table="odd", x="name", y="count()"), context)
    bars = dict(zip(data_of(chart)["x"], data_of(chart)["y"], strict=True))
    assert bars[f"{LONG}one"] == bars[f"{LONG}two"] == ROWS / 8
    assert {*bars} == {*chart.figure.x_range.factors}
    cells = data_of(
        heatmap(Heatmap(table="odd", x="name", y="__proto__", value="count()"), context)
    )
    assert len({*cells["x"]}) == len(
        {"No value" if name is None else FORMATS.period(name) for name in NAMES}
    )


def test_infinite_values_are_not_drawn(context: BlockContext) -> None:
    by_ratio = data_of(line(Chart(table="odd", x="ratio", y="count()"), context))
    assert sorted(by_ratio["x"]) == [-1e300, 5e-324, 123456789.125, 1e300]
    bins = data_of(histogram(Histogram(table="odd", column="ratio"), context))
    assert sum(bins["rows"]) == ROWS / 2
    points = data_of(scatter(Scatter(table="odd", x="ratio", y="big"), context))
    assert {*points["x"]} == {-1e300, 5e-324, 123456789.125, 1e300}
    cells = data_of(
        heatmap(Heatmap(table="odd", x="flag", y="__proto__", value="max(ratio)"), context)
    )
    assert sorted(cells["x"]) == ["No value", "no", "yes"]  # the maximum of the others is infinite


def test_points_of_days_moments_and_names(context: BlockContext) -> None:
    moments = scatter(Scatter(table="odd", x="day", y="at"), context)
    assert (
        type(moments.figure.xaxis[0]).__name__
        == type(moments.figure.yaxis[0]).__name__
        == "DatetimeAxis"
    )
    names = scatter(Scatter(table="odd", x="flag", y="index", by="flag"), context)
    assert names.figure.x_range.factors == ["no", "yes"]
    assert "yes" in names.legend


def test_an_empty_table_says_so(pipeline: md.Pipeline, store: CachedStore) -> None:
    chart = Block(line=Chart(table="nothing", x="day", y="sum(value)"))
    points = Block(scatter=Scatter(table="nothing", x="value", y="word"))
    for block in (chart, points):
        card = Card(block, pipeline, FORMATS, lambda: None)
        assert card.read(BlockContext(store, FORMATS)).message == "There is nothing to show."
        filtered = BlockContext(store, FORMATS, (Filter("word", "eq", "x"),))
        assert card.read(filtered).message == "No rows match these filters."
    with pytest.raises(NoRowsError):
        histogram(Histogram(table="nothing", column="value"), BlockContext(store, FORMATS))


def test_a_shrinking_loss_is_an_increase(context: BlockContext) -> None:
    html = kpi_html(Kpi(table="odd", value="sum(shrinking)", over="half"), context)
    assert "▲" in html
    assert "50.0%" in html


def test_two_names_of_a_country_count_together(context: BlockContext) -> None:
    quarter = ROWS // 4
    rows, _, elsewhere, _ = by_country(
        WorldMap(table="odd", country="land", value="count()"), context
    )
    assert (rows, elsewhere) == ({"france": 2 * quarter, "germany": quarter}, ["Nowhere"])
    highest, _, _, _ = by_country(
        WorldMap(table="odd", country="land", value="max(index)"), context
    )
    assert highest == {"france": ROWS - 3, "germany": ROWS - 2}
    means, _, elsewhere, _ = by_country(
        WorldMap(table="odd", country="land", value="mean(index)"), context
    )
    assert (means["france"], sorted(elsewhere)) == (
        sum(range(1, ROWS, 4)) / quarter,
        ["France", "Nowhere"],
    )


def test_impossible_filters_are_reported_and_the_others_stay(store: CachedStore) -> None:
    block = {"table": {"table": "odd"}}
    fields = [
        "ratio",
        "tags",
        "nowhere",
        {"column": "name", "as": "range"},
        {"column": "big", "as": "search"},
    ]
    all_options, notices = filter_options(
        PageSettings.model_validate({"title": "T", "filters": fields, "blocks": [block]}),
        store,
        FORMATS.say,
    )
    assert [options.field.column for options in all_options] == ["ratio"]
    assert [text.partition(":")[0].rpartition(" ")[2] for text in notices] == [
        "'tags'",
        "'nowhere'",
        "'name'",
        "'big'",
    ]
    (ratio,) = page_filters(all_options, FORMATS, lambda: None)
    assert ratio.conditions() == []
    assert "-1E300 – 1E300" in ratio.widget.label


def test_default_pages_have_full_rows(store: CachedStore) -> None:
    for page in default_pages(store, FORMATS.say)[:-1]:
        left = 12
        for block in page.blocks:
            assert block.content.width <= left
            left = left - block.content.width or 12
        assert left == 12


def test_every_page_is_drawn_and_nothing_runs_as_code(tab: Any, pipeline: md.Pipeline) -> None:
    config = pipeline.base / "pages.yaml"
    config.write_text(declaration(["odd", "nothing"]) + PAGES)
    tab.set_viewport_size({"width": 1400, "height": 6000})
    with serving(config) as url:
        tab.goto(f"{url}?page=figures")
        expect(tab.locator(".figure").first).to_have_text("∞")
        expect(tab.locator(".figure").nth(1)).to_have_text("0")
        expect(tab.get_by_text("1–56 of 56")).to_be_visible()
        expect(
            tab.get_by_role("cell", name="<img src=x onerror='stolen = 1'>").first
        ).to_be_visible()
        expect(tab.get_by_text("This page is not filtered by 'tags'")).to_be_visible()
        expect(tab.get_by_text("could not be drawn")).to_have_count(0)
    with serving(pipeline.base / "medallion.yaml") as url:
        for page, extent in (("odd", "1–20 of 56"), ("nothing", "1–3 of 3")):
            tab.goto(f"{url}?page={page}")
            expect(tab.get_by_text(extent)).to_be_visible()
            expect(tab.get_by_text("could not be drawn")).to_have_count(0)
    assert tab.evaluate("window.stolen") is None
    assert "could not be drawn" not in Path(pipeline.base / "serve.log").read_text()
