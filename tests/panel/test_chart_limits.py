"""Blocks say what they leave out; nulls, booleans, dates and numbers have one name everywhere."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from typing import Any

import pyarrow.parquet as pq
import pytest

import medallion as md
from medallion.records import Tally
from medallion_panel.block_settings import Heatmap, Histogram, Kpi, Quality, Scatter, WorldMap
from medallion_panel.blocks import distributions, kpi
from medallion_panel.blocks import scatter as points
from medallion_panel.blocks import world_map as worldmap
from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.charts import area, bar, line
from medallion_panel.blocks.distributions import heatmap, histogram
from medallion_panel.blocks.kpi import kpi_html
from medallion_panel.blocks.quality import quality_html
from medallion_panel.blocks.scatter import scatter
from medallion_panel.blocks.table_files import csv_file, parquet_file
from medallion_panel.blocks.world_map import world_map
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.pages.filter_options import filter_options
from medallion_panel.pages.filters import page_filters
from medallion_panel.section import Dashboard, PageSettings
from medallion_panel.series_settings import Bar, Chart
from medallion_panel.ui.formats import Formats
from tests.panel.pipelines import published

FORMATS = Formats.of(Dashboard())
NOW = datetime.now(UTC)
MONTHS = ["2024-01", "2024-02", "2024-03", f"{NOW:%Y-%m}"]
NAN = float("nan")


def first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


# fmt: off
TABLES: dict[str, list[dict[str, Any]]] = {
    "monthly": [
        {"month": month, "team": team, "value": 10.0 + number, "day": first_day(month)}
        for month in MONTHS
        for number, team in enumerate(("A", "B"))
        if (month, team) != ("2024-01", "B")
    ],
    "late": [  # the largest series lacks the first month
        {"month": month, "team": team, "value": value}
        for month, team, value in (
            ("2024-01", "A", 1), ("2024-02", "A", 1), ("2024-02", "B", 50), ("2024-03", "B", 50),
        )
    ],
    "balance": [
        {"month": "2024-01", "team": team, "value": value}
        for team, value in (("A", 10), ("B", -4), ("C", 5), ("D", -3))
    ],
    "odd": [
        {"flag": flag, "day": day, "year": year, "size": size, "weight": weight, "value": value}
        for flag, day, year, size, weight, value in (
            (True, date(2024, 1, 1), 2023, 1.0, 1, 10.0),
            (False, date(2024, 1, 2), 2024, 2.0, 3, 20.0),
            (None, None, None, None, 1, 30.0),
            (True, date(2024, 1, 2), 2024, float("inf"), 1, 40.0),
            (False, date(2024, 1, 1), 2023, NAN, 2, 50.0),
        )
    ],
    "places": [
        {"country": country, "value": float(number), "weight": number + 1}
        for number, country in enumerate(
            ["France", "FR", "Japan", None, *(f"Nowhere {n:02}" for n in range(12))]
        )
    ] + [{"country": "Japan", "value": 10.0, "weight": 17}],
    "many": [{"name": f"n{number % 12:02}", "x": number, "y": number % 7} for number in range(60)],
    "nested": [{"id": 1, "tags": ["a", "é"], "data": b"\x00\x01", "part": {"a": 1}}],
}
# fmt: on


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> md.Pipeline:
    return published(tmp_path_factory.mktemp("limits"), TABLES)


@pytest.fixture(scope="module")
def store(pipeline: md.Pipeline) -> CachedStore:
    return CachedStore(pipeline.store())


@pytest.fixture
def context(store: CachedStore) -> BlockContext:
    return BlockContext(store, FORMATS)


def data_of(chart: Any) -> list[dict[str, Any]]:
    return [dict(renderer.data_source.data) for renderer in chart.figure.renderers]


# Limits


def test_a_heat_map_of_too_many_cells_draws_the_largest_and_says_so(
    context: BlockContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = Heatmap(table="many", x="name", y="y", value="sum(x)")
    assert heatmap(block, context).note == ""
    monkeypatch.setattr(distributions, "_MAX_CELLS", 5)
    chart = heatmap(block, context)
    assert chart.note == "Only the 5 largest figures are drawn."
    sums: dict[tuple[str, int], int] = {}
    for row in TABLES["many"]:
        sums[row["name"], row["y"]] = sums.get((row["name"], row["y"]), 0) + row["x"]
    largest = sorted(sums, key=lambda key: -sums[key])[:5]
    (cells,) = data_of(chart)
    assert set(zip(cells["x"], cells["y"], strict=True)) == {(name, str(y)) for name, y in largest}


def test_a_map_names_some_of_what_it_cannot_place_and_counts_the_rest(
    context: BlockContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    block = WorldMap(table="places", country="country", value="sum(value)")
    chart = world_map(block, context)
    assert "Not on the map: Nowhere 00, " in chart.legend
    assert "and 5 more" in chart.legend
    monkeypatch.setattr(worldmap, "_MAX_NAMES", 12)
    assert world_map(block, context).note == "Only the 12 largest figures are read."
    monkeypatch.setattr(worldmap, "_MAX_NAMES", 3)
    with pytest.raises(NoRowsError, match="Not on the map: Nowhere 09, Nowhere 10, Nowhere 11"):
        world_map(block, context)


def test_a_histogram_counts_the_rows_that_have_no_bin(context: BlockContext) -> None:
    chart = histogram(Histogram(table="odd", column="size"), context)
    assert sum(data_of(chart)[0]["rows"]) == 2
    assert chart.note == "3 rows without a finite Size are not counted."


def test_a_scatter_counts_the_rows_that_are_not_drawn(context: BlockContext) -> None:
    chart = scatter(Scatter(table="odd", x="size", y="value"), context)
    assert len(data_of(chart)[0]["x"]) == 2
    assert chart.note == "3 rows without a finite Size or Value are not drawn."


def test_a_density_says_that_it_has_no_colours_and_what_is_not_drawn(
    context: BlockContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(points, "MAX_POINTS", 4)
    chart = scatter(Scatter(table="odd", x="size", y="value", by="flag"), context)
    assert chart.note.startswith("3 rows without a finite Size or Value are not drawn.")
    assert "Not coloured by Flag" in chart.note


def test_a_sparkline_says_how_many_periods_it_shows(
    context: BlockContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kpi, "_MAX_PERIODS", 2)
    html = kpi_html(Kpi(table="monthly", value="sum(value)", over="month"), context)
    assert "The line shows the last 2 periods." in html


def test_the_quality_of_many_rules_says_how_many_more_there_are(store: CachedStore) -> None:
    reasons = {f"rule {number:02}": 1 + (number == 19) for number in range(20)}
    tally = Tally(label="", rows_in=30, kept=9, quarantined=21, rows_out=9, reasons=reasons)
    release = store.release()
    tables = {
        name: table.model_copy(update={"tallies": (tally,)})
        for name, table in release.tables.items()
    }
    table = next(iter(tables))
    html = quality_html(
        Quality(), release.model_copy(update={"tables": {table: tables[table]}}), FORMATS
    )
    assert f"{table}: rule 19 <b>2</b>" in html
    assert "and 6 more rules <b>6</b>" in html


# Odd values


def test_booleans_dates_and_nulls_have_one_name_in_every_chart(context: BlockContext) -> None:
    lines = line(Chart(table="odd", x="flag", y="sum(value)"), context)
    assert list(lines.figure.x_range.factors) == ["no", "yes", "No value"]
    bars = bar(Bar(table="odd", x="flag", y="sum(value)"), context)
    assert list(bars.figure.x_range.factors) == ["no", "yes", "No value"]
    (cells,) = data_of(
        heatmap(Heatmap(table="odd", x="flag", y="day", value="sum(value)"), context)
    )
    assert set(cells["x"]) == {"no", "yes", "No value"}
    assert set(cells["y"]) == {"1 Jan 2024", "2 Jan 2024", "No value"}
    for by, names in (
        ("flag", ("yes", "no", "No value")),
        ("day", ("1 Jan 2024", "No value")),
        ("year", ("2024",)),
    ):
        legend = scatter(Scatter(table="odd", x="weight", y="value", by=by), context).legend
        assert all(f"{name}</span>" in legend for name in names)
        assert ".0<" not in legend
        assert "nan" not in legend.lower()


@pytest.mark.parametrize("column", ["flag", "day", "year"])
def test_a_value_has_one_colour_in_lines_areas_bars_and_points(
    context: BlockContext, column: str
) -> None:
    blocks = [
        line(Chart(table="odd", x="weight", y="sum(value)", by=column), context),
        area(Chart(table="odd", x="weight", y="sum(value)", by=column), context),
        bar(Bar(table="odd", x="weight", y="sum(value)", by=column), context),
        scatter(Scatter(table="odd", x="weight", y="value", by=column), context),
    ]
    legends = [
        sorted(re.findall(r"<i style='background:(.*?)'></i>(.*?)</(?:span|button)>", block.legend))
        for block in blocks
    ]
    assert len(legends[0]) > 1
    assert legends == [legends[0]] * 4
    assert len(legends[0]) == 3


def test_points_of_many_names_combine_the_rarest(context: BlockContext) -> None:
    chart = scatter(Scatter(table="many", x="x", y="y", by="name"), context)
    assert "Others</span>" in chart.legend
    assert sum(len(part["x"]) for part in data_of(chart)) == 60


def test_choices_have_the_same_names_as_in_charts(store: CachedStore) -> None:
    page = PageSettings.model_validate({
        "title": "P",
        "filters": ["flag", {"column": "day", "as": "choice"}],
        "blocks": [{"table": {"table": "odd"}}],
    })  # fmt: skip
    flags, days = page_filters(filter_options(page, store, FORMATS.say)[0], FORMATS, lambda: None)
    assert [text for _, text in flags.widget.options] == ["no", "yes"]
    assert [text for _, text in days.widget.options] == ["1 Jan 2024", "2 Jan 2024"]
    flags.set(["True"])
    assert flags.texts() == ["True"]
    assert flags.conditions()[0].value == (True,)
    days.set(["2024-01-02"])
    assert days.conditions()[0].value == (date(2024, 1, 2),)


def test_a_null_does_not_count_towards_the_limit_of_values(store: CachedStore) -> None:
    assert store.values("odd", "year", 2) == [2023, 2024]


def test_downloads_keep_nested_values_and_bytes(context: BlockContext) -> None:
    columns = ("id", "tags", "part")
    (row,) = [row for batch in context.store.scan("nested", md.Query()) for row in batch]
    text = csv_file([[row]], columns).getvalue().decode()
    assert text == 'id,tags,part\r\n1,"[""a"", ""é""]","{""a"": 1}"\r\n'
    table = pq.read_table(
        io.BytesIO(parquet_file([[row]], context, "nested", tuple(row)).getvalue())
    )
    assert table.to_pylist() == [
        {"id": 1, "tags": '["a", "é"]', "data": b"\x00\x01", "part": '{"a": 1}'}
    ]


# Periods


def test_areas_and_bars_are_faint_in_a_period_that_is_not_over(context: BlockContext) -> None:
    solid, faint, _ = _areas(area(Chart(table="monthly", x="month", y="sum(value)"), context))
    assert (solid.glyph.fill_alpha, faint.glyph.fill_alpha) == (0.8, 0.45)
    values = next(name for name in solid.data_source.data if name not in ("x", "index"))
    assert [value for value in solid.data_source.data[values] if value > 0] == [10, 21, 21]
    assert [value for value in faint.data_source.data[values] if value > 0] == [21]
    (bars,) = data_of(bar(Bar(table="monthly", x="month", y="sum(value)"), context))
    assert list(bars["alpha"]) == [0.9, 0.9, 0.9, 0.45]


def _areas(chart: Any) -> list[Any]:
    assert chart.note.endswith("is not over yet.")
    return list(chart.figure.renderers)


def test_heat_maps_outline_and_name_a_period_that_is_not_over(context: BlockContext) -> None:
    chart = heatmap(Heatmap(table="monthly", x="month", y="team", value="sum(value)"), context)
    (cells,) = data_of(chart)
    outlined = {x for x, alpha in zip(cells["x"], cells["outline"], strict=True) if alpha}
    assert outlined == {FORMATS.period(MONTHS[-1])}
    assert chart.note == f"{FORMATS.period(MONTHS[-1])} is not over yet."


def test_an_average_leaves_out_a_period_that_is_not_over(context: BlockContext) -> None:
    chart = line(
        Chart(table="monthly", x="month", y="sum(value)", show="average", window=2), context
    )
    averages = [value for part in data_of(chart)[1:2] for value in part["y"] if value == value]
    assert averages == [15.5, 21.0]
    areas = area(
        Chart(table="monthly", x="month", y="sum(value)", show="average", window=2), context
    )
    assert len(areas.figure.renderers[0].data_source.data["x"]) == 2


def test_terms_of_a_column_can_be_periods_of_figures_and_sides_of_heat_maps(
    context: BlockContext,
) -> None:
    html = kpi_html(Kpi(table="monthly", value="sum(value)", over="month(day)"), context)
    assert "on Feb 2024" in html
    (cells,) = data_of(
        heatmap(Heatmap(table="monthly", x="year(day)", y="team", value="sum(value)"), context)
    )
    assert set(cells["x"]) == {"2024", f"{NOW:%Y}"}


# Stacking and order


def test_growth_is_never_stacked(context: BlockContext) -> None:
    chart = {"table": "monthly", "x": "month", "y": "sum(value)", "by": "team", "show": "growth"}
    kinds = {
        type(part.glyph).__name__
        for part in area(Chart.model_validate(chart), context).figure.renderers
    }
    assert "VArea" not in kinds
    assert all(
        (part["base"] == 0).all() for part in data_of(bar(Bar.model_validate(chart), context))
    )


def test_negative_figures_are_stacked_below_zero(context: BlockContext) -> None:
    block = Bar(table="balance", x="month", y="sum(value)", by="team", sort="x")
    parts = data_of(bar(block, context))
    ends = {
        str(part["series"][0]): (float(part["base"][0]), float(part["top"][0])) for part in parts
    }
    assert ends == {"A": (0, 10), "C": (10, 15), "D": (0, -3), "B": (-3, -7)}
    assert bar(block, context).figure.y_range.start < -7


@pytest.mark.parametrize("horizontal", [False, True])
def test_names_keep_their_order_when_the_largest_series_begins_later(
    context: BlockContext, horizontal: bool
) -> None:
    chart = bar(
        Bar(table="late", x="month", y="sum(value)", by="team", horizontal=horizontal), context
    )
    factors = list((chart.figure.y_range if horizontal else chart.figure.x_range).factors)
    assert (factors[::-1] if horizontal else factors) == ["Jan 2024", "Feb 2024", "Mar 2024"]


def test_grouped_horizontal_bars_are_in_the_order_of_their_legend(context: BlockContext) -> None:
    block = Bar(table="monthly", x="month", y="mean(value)", by="team", horizontal=True)
    chart = bar(block, context)
    shifts = [part.glyph.y.transform.value for part in chart.figure.renderers]
    assert shifts == sorted(shifts, reverse=True)
    assert all((part["base"] == 0).all() for part in data_of(chart))


def test_weights_and_ratios_reach_maps_and_heat_maps(context: BlockContext) -> None:
    weighted = WorldMap(table="places", country="country", value="mean(value)", weight="weight")
    values, _, unknown, _ = worldmap.by_country(weighted, context)
    assert sorted(values.values()) == [1.0, pytest.approx((2 * 3 + 10 * 17) / 20)]
    assert "France" in unknown  # a mean of two names of one country cannot be known
    ratio = Heatmap(table="odd", x="flag", y="year", value="sum(value) / sum(weight)")
    (cells,) = data_of(heatmap(ratio, context))
    texts = dict(zip(zip(cells["x"], cells["y"], strict=True), cells["text"], strict=True))
    assert texts["yes", "2023"] == "10.00"
    assert texts["no", "2024"] == "6.67"
