"""Charts draw all of their data, or say what they leave out."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from medallion.contracts import Filter
from medallion.errors import CallError
from medallion_panel.block_settings import Block, Heatmap, Kpi, Scatter, WorldMap
from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.charts import area, bar, line
from medallion_panel.blocks.kpi import kpi_html
from medallion_panel.blocks.scatter import scatter
from medallion_panel.blocks.series import series_data
from medallion_panel.data.cached_store import CachedStore
from medallion_panel.pages.filter_options import filter_options
from medallion_panel.pages.filters import page_filters
from medallion_panel.section import Dashboard, PageSettings
from medallion_panel.series_settings import Bar, Chart
from medallion_panel.ui.formats import Formats
from tests.panel.pipelines import published

FORMATS = Formats.of(Dashboard())
DAYS = [date(2020, 3, 1) + timedelta(days=number) for number in range(1_401)]
DECADES = [date(2000, 1, 1) + timedelta(days=number) for number in range(6_000)]
NOW = datetime.now(UTC)
MONTHS = ["2024-01", "2024-02", "2024-05", f"{NOW:%Y-%m}"]
CARRIERS = [f"Carrier {letter}" for letter in "ABCDEFGH"]

TABLES: dict[str, list[dict[str, Any]]] = {
    "daily": [{"day": day, "value": number % 97} for number, day in enumerate(DAYS)],
    "long": [{"day": day, "value": number % 13} for number, day in enumerate(DECADES)],
    "gaps": [{"day": DAYS[number], "value": number} for number in (*range(20), *range(30, 50), 60)],
    "monthly": [
        {"month": month, "number": place + 9, "year": 2020 + place, "value": 10.0 * (place + 1)}
        for place, month in enumerate(MONTHS)
    ],
    "delays": [
        {
            "carrier": name,
            "month": month,
            "delay": 10.0 + place + at,
            "flights": 1 + 10 * (place == 0),
        }
        for place, name in enumerate([*CARRIERS, None])
        for at, month in enumerate(("2023-01", "2023-02"))
    ],
    "stores": [{"store_id": 30_000 + number, "value": number} for number in range(457)],
    "single": [{"month": "2024-01", "day": DAYS[0], "value": 5}],
    "names": [{"name": f"Name {number:04}", "value": number} for number in range(1_000)],
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CachedStore:
    pipeline = published(tmp_path_factory.mktemp("charts"), TABLES, keys={"stores": "store_id"})
    return CachedStore(pipeline.store())


@pytest.fixture
def context(store: CachedStore) -> BlockContext:
    return BlockContext(store, FORMATS)


def data_of(chart: Any) -> list[dict[str, Any]]:
    return [dict(renderer.data_source.data) for renderer in chart.figure.renderers]


# Limits


def test_a_line_draws_every_day_of_four_years(context: BlockContext) -> None:
    chart = line(Chart(table="daily", x="day", y="sum(value)"), context)
    assert len(data_of(chart)[0]["x"]) == 1_401
    assert str(data_of(chart)[0]["x"].max())[:10] == "2023-12-31"
    assert chart.note == ""


def test_more_days_than_can_be_drawn_become_months_and_the_chart_says_so(
    context: BlockContext,
) -> None:
    data = series_data(Chart(table="long", x="day", y="sum(value)"), context)
    months: dict[str, float] = defaultdict(float)
    for row in TABLES["long"]:
        months[f"{row['day']:%Y-%m}"] += row["value"]
    assert dict(zip(data.frame["x"], data.frame["y"], strict=True)) == months
    assert data.notes == ["Day by month: there are too many values to draw each."]


def test_a_declared_limit_says_what_it_leaves_out(context: BlockContext) -> None:
    data = series_data(Chart(table="daily", x="day", y="sum(value)", limit=10), context)
    assert len(data.frame) == 10
    assert data.notes == ["The first 10 of 1,401; 1,391 more are not drawn."]


def test_bars_of_many_names_say_how_many_more_there_are(context: BlockContext) -> None:
    chart = bar(Bar(table="names", x="name", y="sum(value)", sort="-y"), context)
    assert len(data_of(chart)[0]["x"]) == 400
    assert chart.note == "The first 400 of 1,000; 600 more are not drawn."


# Figures that are not additive


def test_means_are_grouped_and_sums_are_stacked(context: BlockContext) -> None:
    means = data_of(
        bar(Bar(table="delays", x="month", y="mean(delay)", by="carrier", series=3), context)
    )
    assert all((part["base"] == 0).all() for part in means)
    sums = data_of(
        bar(Bar(table="delays", x="month", y="sum(flights)", by="carrier", series=3), context)
    )
    assert any((part["base"] > 0).any() for part in sums)


def test_areas_of_means_are_lines(context: BlockContext) -> None:
    chart = area(Chart(table="delays", x="month", y="mean(delay)", by="carrier", series=3), context)
    assert {type(renderer.glyph).__name__ for renderer in chart.figure.renderers} == {
        "Line",
        "Scatter",
    }


def test_means_of_further_series_are_left_out_with_a_note_and_sums_are_combined(
    context: BlockContext,
) -> None:
    means = series_data(
        Chart(table="delays", x="month", y="mean(delay)", by="carrier", series=3), context
    )
    assert "Others" not in set(means.frame["series"])
    assert means.notes == ["6 more series are not drawn: their figures cannot be combined."]
    sums = series_data(
        Chart(table="delays", x="month", y="sum(flights)", by="carrier", series=3), context
    )
    assert sums.frame["y"].sum() == sum(row["flights"] for row in TABLES["delays"])
    assert "Others" in set(sums.frame["series"])


def test_a_weight_makes_the_mean_over_groups(context: BlockContext) -> None:
    rows = TABLES["delays"]
    expected = sum(row["delay"] * row["flights"] for row in rows) / sum(
        row["flights"] for row in rows
    )
    block = Kpi(table="delays", value="mean(delay)", weight="flights")
    assert context.total("delays", block.metric) == pytest.approx(expected)
    assert f"{expected:.2f}" in kpi_html(block, context)
    for kind in (Heatmap(table="d", x="a", y="b", value="mean(c)", weight="w"),
                 WorldMap(table="d", country="a", value="mean(c)", weight="w")):  # fmt: skip
        assert kind.metric == "mean(c, w)"
    with pytest.raises(ValidationError, match="needs a mean"):
        Kpi(table="delays", value="sum(delay)", weight="flights")


# Periods


def test_a_period_that_is_not_over_is_marked_and_not_compared(context: BlockContext) -> None:
    html = kpi_html(Kpi(table="monthly", value="sum(value)", over="month"), context)
    assert "May 2024: 30" in html
    assert "50.0%</span> on Feb 2024" in html
    assert "is not over yet" in html
    chart = line(Chart(table="monthly", x="month", y="sum(value)"), context)
    assert chart.note.endswith("is not over yet.")
    solid, dashed = data_of(chart)[:2]
    assert sorted(value for value in solid["y"] if value == value) == [10, 20, 30]
    assert sorted(value for value in dashed["y"] if value == value) == [30, 40]
    growth = series_data(Chart(table="monthly", x="month", y="sum(value)", show="growth"), context)
    assert list(growth.frame["x"]) == ["2024-02", "2024-05"]


@pytest.mark.parametrize(("good", "look"), [("up", "better"), ("down", "worse"), ("none", "")])
def test_growth_is_coloured_as_declared(context: BlockContext, good: Any, look: str) -> None:
    html = kpi_html(Kpi(table="monthly", value="sum(value)", over="month", good=good), context)
    assert f'<span class="{look}"><span role="img" aria-label="up">' in html


def test_lines_break_where_days_are_missing_and_single_days_are_dots(context: BlockContext) -> None:
    chart = line(Chart(table="gaps", x="day", y="sum(value)"), context)
    solid, _, dots = data_of(chart)
    gaps = [place for place, value in enumerate(solid["y"]) if value != value]
    assert len(gaps) == 2
    assert [str(solid["x"][place])[:10] for place in gaps] == [str(DAYS[30]), str(DAYS[60])]
    assert [value for value, alpha in zip(dots["y"], dots["alpha"], strict=True) if alpha] == [60]


@pytest.mark.parametrize("kind", [line, area])
@pytest.mark.parametrize("x", ["month", "day"])
def test_a_single_x_is_drawn(context: BlockContext, kind: Any, x: str) -> None:
    chart = kind(Chart(table="single", x=x, y="sum(value)"), context)
    assert any(5 in list(part.get("y", [])) for part in data_of(chart))
    if kind is line:
        assert chart.figure.x_range.end > chart.figure.x_range.start


def test_too_few_periods_are_given_as_the_reason(context: BlockContext) -> None:
    with pytest.raises(NoRowsError, match="two periods"):
        line(Chart(table="single", x="month", y="sum(value)", show="growth"), context)
    with pytest.raises(NoRowsError, match="average of 3 needs at least as many"):
        line(Chart(table="single", x="month", y="sum(value)", show="average"), context)


# Names, colours and numbers


def test_a_missing_value_has_a_name(context: BlockContext) -> None:
    by_carrier = series_data(
        Chart(table="delays", x="month", y="sum(delay)", by="carrier", series=10), context
    )
    assert "No value" in set(by_carrier.frame["series"])
    bars = bar(Bar(table="delays", x="carrier", y="sum(delay)"), context)
    assert data_of(bars)[0]["x"][-1] == "No value"
    assert (
        "nan"
        not in scatter(
            Scatter(table="delays", x="delay", y="flights", by="carrier"), context
        ).legend
    )


def test_a_series_keeps_its_colour_in_all_charts_of_a_page(store: CachedStore) -> None:
    whole = BlockContext(store, FORMATS)
    some = BlockContext(store, FORMATS, (Filter("carrier", "in", tuple(CARRIERS[4:6])),))
    chart = Chart(table="delays", x="month", y="sum(flights)", by="carrier", series=10)

    def colors(context: BlockContext) -> dict[str, str]:
        names = list(dict.fromkeys(series_data(chart, context).frame["series"]))
        return context.colors("delays", "carrier", names)

    every, filtered = colors(whole), colors(some)
    assert filtered == {name: every[name] for name in CARRIERS[4:6]}
    assert len(set(every.values())) == len(every)


def test_identifiers_are_written_without_separators_and_entered_in_filters(
    store: CachedStore, context: BlockContext
) -> None:
    assert context.writer("stores", "store_id")(31_782) == "31782"
    assert context.writer("monthly", "year")(2024) == "2024"
    page = PageSettings.model_validate(
        {"title": "S", "filters": ["store_id"], "blocks": [{"table": {"table": "stores"}}]}
    )
    offers, notices = filter_options(page, store, FORMATS.say)
    assert notices == []
    (item,) = page_filters(offers, FORMATS, lambda: None)
    item.set(["30017", "30042"])
    assert item.conditions() == [Filter("store_id", "in", (30_017, 30_042))]
    assert item.texts() == ["30017", "30042"]
    for text in ("many", "9999999999999999999"):
        with pytest.raises(CallError):
            item.set([text])
        assert item.conditions() == []
        assert item.widget.error_state


def test_a_whole_number_of_a_month_is_named(context: BlockContext) -> None:
    assert FORMATS.period_of("month", 11) == "November"
    assert FORMATS.period_of("week", 46) == "Week 46"
    assert FORMATS.period_of("year", 2024) == "2024"
    assert "on Number 11" in kpi_html(
        Kpi(table="monthly", value="sum(value)", over="number"), context
    )


def test_every_kind_of_block_takes_a_metric_of_several_columns(context: BlockContext) -> None:
    block = Block.model_validate({"kpi": {"table": "delays", "value": "sum(delay) / sum(flights)"}})
    assert kpi_html(block.content, context)  # type: ignore[arg-type]
    assert FORMATS.label("sum(delay) / sum(flights)") == "Delay / Flights"
    assert FORMATS.label("quantile(delay, 0.9)") == "Delay"
