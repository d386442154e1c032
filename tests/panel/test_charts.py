"""What charts draw of figures, beside the rows themselves: all of it, or a word on what is left out."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

import medallion as md
from medallion.contracts import Filter
from medallion.errors import CallError, SinkError
from medallion_panel.block_settings import Bar, Block, Chart, Heatmap, Kpi, Scatter, WorldMap
from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.charts import area, bar, line
from medallion_panel.blocks.kpi import kpi_html
from medallion_panel.blocks.periods import breaks, unfinished
from medallion_panel.blocks.scatter import scatter
from medallion_panel.blocks.series import series_data
from medallion_panel.data.queries import Figures
from medallion_panel.pages.filter_choices import offers_of
from medallion_panel.pages.filters import page_filters
from medallion_panel.section import Dashboard, PageSettings
from medallion_panel.ui.formats import Formats
from medallion_panel.ui.series_colors import OTHERS, SeriesColors
from medallion_panel.ui.theme import REST, SERIES
from medallion_panel.ui.visitor_errors import visitor_text, without_places

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
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    folder = tmp_path_factory.mktemp("charts")
    (folder / "data").mkdir()
    for name, rows in TABLES.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"data/{name}.parquet")
    bronze = "".join(f"    {name}: {{source: data/{name}.parquet}}\n" for name in TABLES)
    gold = "".join(f"    {name}: {{from: bronze.{name}}}\n" for name in TABLES)
    (folder / "medallion.yaml").write_text(
        f"name: charts\ntables:\n  bronze:\n{bronze}  gold:\n{gold}"
        'sinks: {serving: {url: "sqlite:lake/serving.db", tables: {stores: {key: store_id}}}}\n'
    )
    pipeline = md.Pipeline.load(folder / "medallion.yaml")
    pipeline.run()
    return Figures(pipeline.store())


@pytest.fixture
def reading(figures: Figures) -> BlockContext:
    return BlockContext(figures, FORMATS)


def drawn(picture: Any) -> list[dict[str, Any]]:
    return [dict(renderer.data_source.data) for renderer in picture.figure.renderers]


# Silent cuts


def test_a_line_draws_every_day_of_four_years(reading: BlockContext) -> None:
    picture = line(Chart(table="daily", x="day", y="sum(value)"), reading)
    assert len(drawn(picture)[0]["x"]) == 1_401
    assert str(drawn(picture)[0]["x"].max())[:10] == "2023-12-31"
    assert picture.note == ""


def test_more_days_than_can_be_drawn_become_months_and_the_chart_says_so(
    reading: BlockContext,
) -> None:
    data = series_data(Chart(table="long", x="day", y="sum(value)"), reading)
    months: dict[str, float] = defaultdict(float)
    for row in TABLES["long"]:
        months[f"{row['day']:%Y-%m}"] += row["value"]
    assert dict(zip(data.frame["x"], data.frame["y"], strict=True)) == months
    assert data.notes == ["Day by month: there are too many values to draw each."]


def test_a_declared_limit_says_what_it_leaves_out(reading: BlockContext) -> None:
    data = series_data(Chart(table="daily", x="day", y="sum(value)", limit=10), reading)
    assert len(data.frame) == 10
    assert data.notes == ["The first 10 of 1,401; 1,391 more are not drawn."]


def test_bars_of_many_names_say_how_many_more_there_are(reading: BlockContext) -> None:
    picture = bar(Bar(table="names", x="name", y="sum(value)", sort="-y"), reading)
    assert len(drawn(picture)[0]["x"]) == 400
    assert picture.note == "The first 400 of 1,000; 600 more are not drawn."


# What does not add up


def test_means_stand_side_by_side_and_sums_on_each_other(reading: BlockContext) -> None:
    means = drawn(
        bar(Bar(table="delays", x="month", y="mean(delay)", by="carrier", series=3), reading)
    )
    assert all((part["base"] == 0).all() for part in means)
    sums = drawn(
        bar(Bar(table="delays", x="month", y="sum(flights)", by="carrier", series=3), reading)
    )
    assert any((part["base"] > 0).any() for part in sums)


def test_areas_of_means_are_lines(reading: BlockContext) -> None:
    picture = area(
        Chart(table="delays", x="month", y="mean(delay)", by="carrier", series=3), reading
    )
    assert {type(renderer.glyph).__name__ for renderer in picture.figure.renderers} == {
        "Line",
        "Scatter",
    }


def test_means_of_further_series_are_left_out_with_a_note_and_sums_are_put_together(
    reading: BlockContext,
) -> None:
    means = series_data(
        Chart(table="delays", x="month", y="mean(delay)", by="carrier", series=3), reading
    )
    assert OTHERS not in set(means.frame["series"])
    assert means.notes == ["6 more series are not drawn: their figures cannot be put together."]
    sums = series_data(
        Chart(table="delays", x="month", y="sum(flights)", by="carrier", series=3), reading
    )
    assert sums.frame["y"].sum() == sum(row["flights"] for row in TABLES["delays"])
    assert OTHERS in set(sums.frame["series"])


@pytest.mark.parametrize("show", ["share", "total"])
@pytest.mark.parametrize(
    "metric", ["mean(delay)", "median(delay)", "max(delay)", "sum(delay) / count()"]
)
def test_shares_and_totals_of_what_does_not_add_up_are_refused(show: Any, metric: str) -> None:
    with pytest.raises(ValidationError, match="adds up"):
        Chart(table="delays", x="month", y=metric, show=show)


def test_a_weight_makes_the_mean_over_groups(reading: BlockContext) -> None:
    rows = TABLES["delays"]
    expected = sum(row["delay"] * row["flights"] for row in rows) / sum(
        row["flights"] for row in rows
    )
    block = Kpi(table="delays", value="mean(delay)", weight="flights")
    assert reading.total("delays", block.metric) == pytest.approx(expected)
    assert f"{expected:.2f}" in kpi_html(block, reading)
    for kind in (Heatmap(table="d", x="a", y="b", value="mean(c)", weight="w"),
                 WorldMap(table="d", country="a", value="mean(c)", weight="w")):  # fmt: skip
        assert kind.metric == "mean(c, w)"
    with pytest.raises(ValidationError, match="needs a mean"):
        Kpi(table="delays", value="sum(delay)", weight="flights")


# Periods


def test_a_period_that_is_not_over_is_marked_and_not_compared(reading: BlockContext) -> None:
    html = kpi_html(Kpi(table="monthly", value="sum(value)", over="month"), reading)
    assert "May 2024: 30" in html
    assert "50.0%</span> on Feb 2024" in html
    assert "is not over yet" in html
    picture = line(Chart(table="monthly", x="month", y="sum(value)"), reading)
    assert picture.note.endswith("is not over yet.")
    solid, dashed = drawn(picture)[:2]
    assert sorted(value for value in solid["y"] if value == value) == [10, 20, 30]
    assert sorted(value for value in dashed["y"] if value == value) == [30, 40]
    growth = series_data(Chart(table="monthly", x="month", y="sum(value)", show="growth"), reading)
    assert list(growth.frame["x"]) == ["2024-02", "2024-05"]


@pytest.mark.parametrize(("good", "look"), [("up", "better"), ("down", "worse"), ("none", "")])
def test_growth_is_good_only_where_it_is_declared_so(
    reading: BlockContext, good: Any, look: str
) -> None:
    html = kpi_html(Kpi(table="monthly", value="sum(value)", over="month", good=good), reading)
    assert f'<span class="{look}"><span role="img" aria-label="up">' in html


@pytest.mark.parametrize(
    ("value", "expected"),
    [("2026-11", True), ("2026", True), (date(2026, 11, 25), True), ("2026-10", False), ("2025", False),
     (date(2026, 11, 24), False), (datetime(2026, 11, 25, tzinfo=UTC), False), (11, False), (None, False)],
)  # fmt: skip
def test_which_periods_are_not_over(value: object, expected: bool) -> None:
    assert unfinished(value, datetime(2026, 11, 25, 12, tzinfo=UTC)) is expected


def test_lines_break_where_days_are_missing_and_single_days_are_dots(reading: BlockContext) -> None:
    picture = line(Chart(table="gaps", x="day", y="sum(value)"), reading)
    solid, _, dots = drawn(picture)
    gaps = [place for place, value in enumerate(solid["y"]) if value != value]
    assert len(gaps) == 2
    assert [str(solid["x"][place])[:10] for place in gaps] == [str(DAYS[30]), str(DAYS[60])]
    assert [value for value, alpha in zip(dots["y"], dots["alpha"], strict=True) if alpha] == [60]


def test_a_rhythm_such_as_the_weekend_is_no_gap() -> None:
    import pandas as pd

    weekdays = list(pd.bdate_range("2024-01-01", periods=40))
    assert not any(breaks(weekdays, months=False))
    months = [pd.Timestamp(f"2024-{month:02}-01") for month in (1, 2, 3, 6, 7)]
    assert breaks(months, months=True) == [False, False, False, True, False]
    assert breaks([], months=False) == []


@pytest.mark.parametrize("kind", [line, area])
@pytest.mark.parametrize("x", ["month", "day"])
def test_a_single_x_is_drawn(reading: BlockContext, kind: Any, x: str) -> None:
    picture = kind(Chart(table="single", x=x, y="sum(value)"), reading)
    assert any(5 in list(part.get("y", [])) for part in drawn(picture))
    if kind is line:
        assert picture.figure.x_range.end > picture.figure.x_range.start


def test_too_few_periods_are_named_as_the_reason(reading: BlockContext) -> None:
    with pytest.raises(NoRowsError, match="two periods"):
        line(Chart(table="single", x="month", y="sum(value)", show="growth"), reading)
    with pytest.raises(NoRowsError, match="average of 3"):
        line(Chart(table="single", x="month", y="sum(value)", show="average"), reading)


# Names, colours and numbers


def test_a_missing_value_has_a_name(reading: BlockContext) -> None:
    by_carrier = series_data(
        Chart(table="delays", x="month", y="sum(delay)", by="carrier", series=10), reading
    )
    assert "No value" in set(by_carrier.frame["series"])
    bars = bar(Bar(table="delays", x="carrier", y="sum(delay)"), reading)
    assert drawn(bars)[0]["x"][-1] == "No value"
    assert (
        "nan"
        not in scatter(
            Scatter(table="delays", x="delay", y="flights", by="carrier"), reading
        ).legend
    )


def test_a_series_keeps_its_colour_in_all_charts_of_a_page(figures: Figures) -> None:
    whole = BlockContext(figures, FORMATS)
    some = BlockContext(figures, FORMATS, (Filter("carrier", "in", tuple(CARRIERS[4:6])),))
    chart = Chart(table="delays", x="month", y="sum(flights)", by="carrier", series=10)

    def colors(reading: BlockContext) -> dict[str, str]:
        names = list(dict.fromkeys(series_data(chart, reading).frame["series"]))
        return reading.colors("delays", "carrier", names)

    every, filtered = colors(whole), colors(some)
    assert filtered == {name: every[name] for name in CARRIERS[4:6]}
    assert len(set(every.values())) == len(every)


def test_colours_run_out_only_after_all_are_used() -> None:
    colors = SeriesColors()
    known = [f"v{number}" for number in range(25)]
    chosen = colors.of("c", known, ["v1", "v11", "v21", OTHERS])
    assert chosen["v1"] == SERIES[1]
    assert len({chosen[name] for name in ("v1", "v11", "v21")}) == 3
    assert chosen[OTHERS] == REST
    assert colors.of("c", known, ["v1"]) == {"v1": SERIES[1]}


def test_numbers_that_identify_are_written_as_they_are_and_looked_up(
    figures: Figures, reading: BlockContext
) -> None:
    assert reading.writer("stores", "store_id")(31_782) == "31782"
    assert reading.writer("monthly", "year")(2024) == "2024"
    page = PageSettings.model_validate(
        {"title": "S", "filters": ["store_id"], "blocks": [{"table": {"table": "stores"}}]}
    )
    offers, notices = offers_of(page, figures)
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


def test_a_whole_number_of_a_month_is_named(reading: BlockContext) -> None:
    assert FORMATS.period_of("month", 11) == "November"
    assert FORMATS.period_of("week", 46) == "Week 46"
    assert FORMATS.period_of("year", 2024) == "2024"
    assert "on Number 11" in kpi_html(
        Kpi(table="monthly", value="sum(value)", over="number"), reading
    )


@pytest.mark.parametrize(
    ("form", "value", "written"),
    [("decimal", 1e-9, "1E-9"), ("decimal", 0.00123, "0.00123"), ("decimal", -0.0004, "-0.0004"),
     ("decimal", 0.0, "0.00"), ("percent", 0.00001, "0.001%"), ("number", 2.5e-7, "2.5E-7"), ("decimal", 0.25, "0.25")],
)  # fmt: skip
def test_small_numbers_are_not_shown_as_nothing(form: Any, value: float, written: str) -> None:
    assert FORMATS.writer(form)(value) == written
    assert FORMATS.writer("currency")(1e-9)[1:] != "0.00"


def test_visitors_read_nothing_of_the_servers_folders() -> None:
    lost = SinkError(
        "sqlite:/srv/app/lake/serving.db: unable to open database file", hint="look at /srv/app"
    )
    assert "/srv" not in visitor_text(lost)
    assert visitor_text(SinkError("sqlite:/srv/x.db: nothing was published yet")).startswith(
        "Nothing was published yet"
    )
    assert without_places("/srv/app/data/sales.csv: no column 'x'") == "sales.csv: no column 'x'"
    assert without_places("mongodb://db.example:27017/shop: refused") == "shop: refused"
    assert without_places("gold.sales: 3/4 rows, a and/or b") == "gold.sales: 3/4 rows, a and/or b"
    assert visitor_text(CallError("no table 'x'", hint="there is y")) == "no table 'x'. there is y."


def test_every_kind_of_block_takes_a_metric_of_several_columns(reading: BlockContext) -> None:
    block = Block.model_validate({"kpi": {"table": "delays", "value": "sum(delay) / sum(flights)"}})
    assert kpi_html(block.content, reading)  # type: ignore[arg-type]
    assert FORMATS.label("sum(delay) / sum(flights)") == "Delay / Flights"
    assert FORMATS.label("quantile(delay, 0.9)") == "Delay"
