"""The data of charts: order, limits, series, and what `show` makes of the figures."""

from __future__ import annotations

from datetime import date, timedelta
from math import inf
from typing import Any

import pytest

from medallion_panel.blocks.block_context import NoRowsError
from medallion_panel.blocks.series import SeriesData, series_data
from medallion_panel.series_settings import Bar, Chart
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable

SALES = SmallTable(
    {"month": "text", "shop": "text", "value": "float64"},
    [
        ("2023-01", "A", 10.0),
        ("2023-01", "B", 30.0),
        ("2023-02", "A", 20.0),
        ("2023-02", "B", 30.0),
        ("2023-03", "A", 40.0),
        ("2024-01", "A", 1.0),  # not over: the release is of 2024-01-01
    ],
)


def data_of(open_context: OpenContext, table: SmallTable = SALES, **settings: Any) -> SeriesData:
    defaults = {"table": "t", "x": "month", "y": "sum(value)"}
    return series_data(Chart(**{**defaults, **settings}), open_context(table))


def points(data: SeriesData) -> list[tuple[Any, str, float]]:
    frame = data.frame
    return list(zip(frame["x"], frame["series"], frame["y"].round(4), strict=True))


def test_a_single_series_is_named_by_its_metric_and_in_order_of_x(
    open_context: OpenContext,
) -> None:
    data = data_of(open_context)
    assert points(data) == [
        ("2023-01", "Value", 40),
        ("2023-02", "Value", 50),
        ("2023-03", "Value", 40),
        ("2024-01", "Value", 1),
    ]
    assert list(data.frame["unfinished"]) == [False, False, False, True]
    assert list(data.frame["position"]) == [0, 1, 2, 3]
    (note,) = data.notes
    assert "Jan 2024" in note


def test_series_are_in_order_of_their_sums(open_context: OpenContext) -> None:
    data = data_of(open_context, by="shop")
    assert points(data)[:4] == [  # A has 71, B 60
        ("2023-01", "A", 10),
        ("2023-02", "A", 20),
        ("2023-03", "A", 40),
        ("2024-01", "A", 1),
    ]
    assert points(data)[4:] == [("2023-01", "B", 30), ("2023-02", "B", 30)]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("x", ["2023-01", "2023-02", "2023-03", "2024-01"]),
        ("-x", ["2024-01", "2023-03", "2023-02", "2023-01"]),
        ("y", ["2024-01", "2023-01", "2023-03", "2023-02"]),
        ("-y", ["2023-02", "2023-01", "2023-03", "2024-01"]),
    ],
)
def test_the_order_of_x(open_context: OpenContext, sort: str, order: list[str]) -> None:
    assert list(data_of(open_context, sort=sort).frame["x"]) == order


def test_a_limit_keeps_the_first_and_says_so(open_context: OpenContext) -> None:
    data = data_of(open_context, limit=3, sort="-y")
    assert list(data.frame["x"]) == ["2023-02", "2023-01", "2023-03"]
    assert data.notes == ["The first 3 of 4; 1 more are not drawn."]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"show": "total"}, [40, 90, 130, 131]),
        ({"show": "share"}, [0.3053, 0.3817, 0.3053, 0.0076]),
        ({"show": "growth"}, [0.25, -0.2]),
        ({"show": "average", "window": 2}, [None, 45, 45, None]),
    ],
)
def test_what_show_makes_of_the_figures(
    open_context: OpenContext, settings: dict[str, Any], expected: list[float | None]
) -> None:
    frame = data_of(open_context, **settings).frame
    assert [None if y != y else round(y, 4) for y in frame["y"]] == expected
    if settings["show"] == "average":
        assert list(frame["raw"]) == [40, 50, 40, 1]


def test_a_share_is_of_the_series_at_the_same_x(open_context: OpenContext) -> None:
    shares = {
        (x, series): y for x, series, y in points(data_of(open_context, by="shop", show="share"))
    }
    assert shares[("2023-01", "A")] == 0.25
    assert shares[("2023-01", "B")] == 0.75
    assert shares[("2023-03", "A")] == 1


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"show": "growth"}, "Growth needs at least two periods that are over."),
        ({"show": "average"}, "An average of 3 needs at least as many values."),
    ],
)
def test_too_few_periods_are_the_reason(
    open_context: OpenContext, settings: dict[str, Any], reason: str
) -> None:
    table = SmallTable(SALES.types, SALES.rows[-1:])
    with pytest.raises(NoRowsError) as error:
        data_of(open_context, table, **settings)
    assert str(error.value) == reason


SHOPS = SmallTable(
    {"month": "text", "shop": "text", "value": "float64"},
    [("2023-01", name, float(value)) for name, value in zip("ABCDE", (1, 5, 4, 2, 3), strict=True)],
)


def test_further_series_of_sums_are_combined_unless_it_is_one(open_context: OpenContext) -> None:
    combined = data_of(open_context, SHOPS, by="shop", series=3)
    assert points(combined) == [
        ("2023-01", "B", 5),
        ("2023-01", "C", 4),
        ("2023-01", "E", 3),
        ("2023-01", "Others", 3),
    ]
    all_five = data_of(open_context, SHOPS, by="shop", series=4)
    assert [series for _, series, _ in points(all_five)] == ["B", "C", "E", "D", "A"]


def test_further_series_of_means_are_left_out_with_a_note(open_context: OpenContext) -> None:
    data = data_of(open_context, SHOPS, by="shop", series=4, y="mean(value)")
    assert [series for _, series, _ in points(data)] == ["B", "C", "E", "D"]
    assert data.notes == ["1 more series are not drawn: their figures cannot be combined."]


def test_missing_and_infinite_values(open_context: OpenContext) -> None:
    table = SmallTable(
        {"month": "text", "day": "date", "value": "float64"},
        [
            ("2023-01", date(2023, 1, 1), 1.0),
            (None, None, 2.0),
            ("2023-02", date(2023, 1, 2), inf),
            ("2023-03", date(2023, 1, 3), None),
        ],
    )
    names = data_of(open_context, table)
    assert points(names) == [("2023-01", "Value", 1), ("No value", "Value", 2)]
    assert names.notes == ["Infinite values are not drawn."]


def test_rows_without_a_day_cannot_be_placed(open_context: OpenContext) -> None:
    table = SmallTable(
        {"month": "date", "value": "float64"}, [(date(2023, 1, 1), 1.0), (None, 2.0)]
    )
    data = data_of(open_context, table)
    assert points(data) == [(date(2023, 1, 1), "Value", 1)]
    assert data.notes == ["Rows without Month are not drawn."]


def test_more_days_than_can_be_drawn_are_months(
    open_context: OpenContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medallion_panel.blocks.series.MAX_POINTS", 50)
    days = [date(2023, 1, 1) + timedelta(days=number) for number in range(60)]
    data = data_of(
        open_context,
        SmallTable({"month": "date", "value": "float64"}, [(day, 1.0) for day in days]),
    )
    assert points(data) == [
        ("2023-01", "Value", 31),
        ("2023-02", "Value", 28),
        ("2023-03", "Value", 1),
    ]
    assert data.notes == ["Month by month: there are too many values to draw each."]


def test_more_numbers_than_bars_are_bins(
    open_context: OpenContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("medallion_panel.blocks.series.MAX_BARS", 5)
    table = SmallTable({"n": "int64"}, [(number,) for number in range(11)])
    data = series_data(Bar(table="t", x="n", y="count()"), open_context(table))
    assert [(x, y) for x, _, y in points(data)][:2] == [(0, 2), (2, 2)]
    assert data.notes[0] == "N in steps of 2: there are too many values to draw each."


def test_a_table_without_rows_has_nothing_to_draw(open_context: OpenContext) -> None:
    with pytest.raises(NoRowsError):
        data_of(open_context, SmallTable(SALES.types, []))


GAPS = SmallTable(
    {"month": "text", "shop": "text", "value": "float64"},
    [
        ("2023-01", "A", 10.0),
        ("2023-03", "A", 30.0),
        *((f"2023-0{month}", "B", float(month)) for month in range(1, 5)),
    ],
)


@pytest.mark.parametrize(
    ("settings", "behind"),
    [
        ({}, [["2023-01"], ["2023-03"]]),
        ({"show": "share"}, [["2023-01"], ["2023-03"]]),
        ({"show": "total"}, [["2023-01"], ["2023-01", "2023-03"]]),
        ({"show": "average", "window": 2}, [["2023-01"], ["2023-01", "2023-03"]]),
        ({"show": "growth"}, [["2023-01", "2023-03"]]),
        ({"show": "growth", "sort": "-x"}, [["2023-03", "2023-01"]]),
    ],
)
def test_what_a_figure_is_made_of_is_of_its_series(
    open_context: OpenContext, settings: dict[str, Any], behind: list[list[str]]
) -> None:
    data = data_of(open_context, GAPS, by="shop", **settings)
    rows = [row for row, series in enumerate(data.frame["series"]) if series == "A"]
    assert [data.xs_behind(row) for row in rows] == behind


def test_growth_of_every_series_has_its_base_period(open_context: OpenContext) -> None:
    data = data_of(open_context, GAPS, by="shop", show="growth")
    rows = [row for row, series in enumerate(data.frame["series"]) if series == "B"]
    assert [data.xs_behind(row) for row in rows] == [
        ["2023-01", "2023-02"], ["2023-02", "2023-03"], ["2023-03", "2023-04"],
    ]  # fmt: skip
