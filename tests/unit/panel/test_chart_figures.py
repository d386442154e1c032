"""The figures of charts as a table, with their headers, and as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from medallion_panel.blocks import charts, distributions
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.box_plot import box_plot
from medallion_panel.blocks.chart_figures import (
    MOST_LISTED,
    FigureColumn,
    figures_file,
    figures_table,
)
from medallion_panel.blocks.point_map import point_map
from medallion_panel.blocks.scatter import scatter
from medallion_panel.blocks.world_map import world_map
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SAY, SmallTable, content_of

SALES = SmallTable(
    {
        "month": "text",
        "country": "text",
        "value": "decimal(12,2)",
        "lat": "float64",
        "lon": "float64",
    },
    [
        ("2023-01", "France", Decimal("1.50"), 48.9, 2.4),
        ("2023-01", "Peru", Decimal("2000.25"), -12.0, -77.0),
        ("2023-02", "France", Decimal("3.00"), 48.9, 2.4),
    ],
)
LINE = {"table": "t", "x": "month", "y": "sum(value)"}
DRAW: dict[str, Any] = {
    "line": charts.line,
    "area": charts.area,
    "bar": charts.bar,
    "histogram": distributions.histogram,
    "heatmap": distributions.heatmap,
    "scatter": scatter,
    "box": box_plot,
    "map": world_map,
    "points": point_map,
}


@pytest.fixture
def context(open_context: OpenContext) -> BlockContext:
    return open_context(SALES)


def table_of(kind: str, settings: Any, context: BlockContext) -> tuple[list[str], list[Any]]:
    """The headers and the rows of the figures of a chart."""
    chart = DRAW[kind](content_of(**{kind: settings}), context)
    table = figures_table(chart.figures(), SAY)
    return [column["title"] for column in table["columns"]], table["rows"]


@pytest.mark.parametrize("kind", ["line", "area", "bar"])
def test_figures_by_period_and_series(kind: str, context: BlockContext) -> None:
    headers, rows = table_of(kind, LINE, context)
    assert (headers, rows) == (
        ["Month", "Value"],
        [["Jan 2023", "2,001.75"], ["Feb 2023", "3.00"]],
    )
    headers, rows = table_of(kind, {**LINE, "by": "country"}, context)
    assert headers == ["Month", "Country", "Value"]
    assert sorted(rows) == [
        ["Feb 2023", "France", "3.00"],
        ["Jan 2023", "France", "1.50"],
        ["Jan 2023", "Peru", "2,000.25"],
    ]


def test_a_moving_average_has_the_figures_that_it_is_of(context: BlockContext) -> None:
    settings = {**LINE, "show": "average", "window": 2}
    assert table_of("line", settings, context) == (
        ["Month", "Value", "Average of 2"],
        [["Jan 2023", "2,001.75", "–"], ["Feb 2023", "3.00", "1,002.38"]],
    )


@pytest.mark.parametrize(
    ("kind", "settings", "headers", "rows"),
    [
        (
            "heatmap",
            {"table": "t", "x": "month", "y": "country", "value": "sum(value)"},
            ["Month", "Country", "Value"],
            [
                ["Feb 2023", "France", "3.00"],
                ["Jan 2023", "France", "1.50"],
                ["Jan 2023", "Peru", "2,000.25"],
            ],
        ),
        (
            "scatter",
            {"table": "t", "x": "lat", "y": "value", "by": "country"},
            ["Lat", "Value", "Country"],
            [
                ["-12.00", "2,000.25", "Peru"],
                ["48.90", "1.50", "France"],
                ["48.90", "3.00", "France"],
            ],
        ),
        (
            "map",
            {"table": "t", "country": "country", "value": "sum(value)"},
            ["Country", "Value"],
            [["France", "4.50"], ["Peru", "2,000.25"]],
        ),
        (
            "points",
            {
                "table": "t",
                "latitude": "lat",
                "longitude": "lon",
                "label": "country",
                "value": "sum(value)",
            },
            ["Country", "Lat", "Lon", "Value"],
            [["France", "48.90", "2.40", "4.50"], ["Peru", "-12.00", "-77.00", "2,000.25"]],
        ),
        (
            "box",
            {"table": "t", "x": "country", "y": "value"},
            ["Country", "5.0%", "25.0%", "Median", "75.0%", "95.0%", "Rows"],
            [
                ["France", "1.57", "1.88", "2.25", "2.62", "2.92", "2"],
                ["Peru", *["2,000.25"] * 5, "1"],
            ],
        ),
        (
            "histogram",
            {"table": "t", "column": "value", "bins": 2},
            ["Value from", "Value before", "Rows"],
            [["0.00", "1,000.00", "2"], ["2,000.00", "3,000.00", "1"]],
        ),
    ],
)
def test_figures_of_other_charts(
    kind: str, settings: Any, headers: list[str], rows: list[list[str]], context: BlockContext
) -> None:
    shown, cells = table_of(kind, settings, context)
    assert (shown, sorted(cells)) == (headers, rows)


def csv_of(kind: str, settings: Any, context: BlockContext) -> list[str]:
    """The lines of the file of the figures of a chart."""
    chart = DRAW[kind](content_of(**{kind: settings}), context)
    return figures_file(chart.figures(), "csv").decode().splitlines()


EXACT = SmallTable(
    {"month": "text", "country": "text", "value": "decimal(18,2)", "sold": "int64"},
    [
        ("2023-01", "France", Decimal("1.10"), 2**62),
        ("2023-01", "Peru", Decimal(f"{10**15}.20"), 2**61 + 1),
        ("2023-02", "France", Decimal("0.00"), 5),
    ],
)
COUNTRY = {"table": "t", "country": "country"}


@pytest.mark.parametrize(
    ("kind", "settings", "lines"),
    [
        ("line", LINE, [f"2023-01,{10**15 + 1}.30", "2023-02,0.00"]),
        (
            "bar",
            {**LINE, "by": "country", "series": 1},
            ["2023-01,Peru,1" + "0" * 15 + ".20", "2023-01,France,1.10", "2023-02,France,0.00"],
        ),
        ("area", {**LINE, "show": "total"}, [f"2023-0{m},{10**15 + 1}.30" for m in (1, 2)]),
        (
            "line",
            {**LINE, "show": "average", "window": 2},
            [f"2023-01,{10**15 + 1}.30,", f"2023-02,0.00,{(10**15 + 1.3) / 2}"],
        ),
        ("line", {**LINE, "y": "max(sold)"}, [f"2023-01,{2**62}", "2023-02,5"]),
        ("line", {**LINE, "y": "count()", "show": "share"}, ["2023-01,0.6666666666666666"]),
        ("map", {**COUNTRY, "value": "sum(value)"}, ["Peru,1" + "0" * 15 + ".20", "France,1.10"]),
        ("histogram", {"table": "t", "column": "sold", "bins": 2}, ["0,5000000000000000000,3"]),
    ],
)
def test_files_have_figures_as_the_release_has_them(
    kind: str, settings: Any, lines: list[str], open_context: OpenContext
) -> None:
    assert csv_of(kind, settings, open_context(EXACT))[1 : len(lines) + 1] == lines


def test_a_workbook_has_decimals_and_whole_numbers(context: BlockContext) -> None:
    chart = charts.line(content_of(line={**LINE, "by": "country"}), context)
    book = openpyxl.load_workbook(io.BytesIO(figures_file(chart.figures(), "xlsx")))
    assert {row[2] for row in book.worksheets[0].values} == {"Value", 1.5, 2000.25, 3}
    large = columns([Decimal("12345678901234567.25"), Decimal("1.00")])
    book = openpyxl.load_workbook(io.BytesIO(figures_file(large, "xlsx")))
    assert list(book.worksheets[0].values)[1] == ("12345678901234567.25",)


def columns(*values: Sequence[Any]) -> list[FigureColumn]:
    return [FigureColumn("Figure", each, str) for each in values]


def test_a_long_table_ends_with_a_note() -> None:
    table = figures_table(columns(range(MOST_LISTED + 5)), SAY)
    assert len(table["rows"]) == MOST_LISTED
    assert table["note"] == "The first 1,000 of 1,005 rows; the files have all."
    assert figures_table(columns([1]), SAY)["note"] == ""


def test_files_have_figures_that_are_not_rounded() -> None:
    given = columns(["a", "=1"], [Decimal("1.25"), None], [0.125, float("nan")])
    rows = list(csv.reader(io.StringIO(figures_file(given, "csv").decode())))
    assert rows == [
        ["Figure", "Figure 2", "Figure 3"],
        ["a", "1.25", "0.125"],
        ["=1", "", ""],
    ]
    book = openpyxl.load_workbook(io.BytesIO(figures_file(given, "xlsx")))
    assert list(book.worksheets[0].values) == [
        ("Figure", "Figure 2", "Figure 3"),
        ("a", 1.25, 0.125),
        ("=1", None, None),
    ]


def test_values_of_several_types_are_texts_in_a_workbook() -> None:
    book = openpyxl.load_workbook(io.BytesIO(figures_file(columns([1, "x"]), "xlsx")))
    assert list(book.worksheets[0].values) == [("Figure",), ("1",), ("x",)]
