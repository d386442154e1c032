"""Histograms and heat maps: the numbers in their bins and cells."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import inf

import duckdb
import pyarrow as pa
import pytest

from medallion.contracts import Filter
from medallion_panel.block_settings import Heatmap, Histogram
from medallion_panel.blocks.block_context import BlockContext, NoRowsError
from medallion_panel.blocks.distributions import heatmap, histogram
from medallion_panel.blocks.legend import RenderedChart
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable


def data(chart: RenderedChart) -> dict[str, list[object]]:
    (renderer,) = chart.figure.renderers
    return {name: list(values) for name, values in renderer.data_source.data.items()}


def bins(context: BlockContext, count: int = 5) -> RenderedChart:
    return histogram(Histogram(table="t", column="n", bins=count), context)


def numbers(*values: float | None) -> SmallTable:
    return SmallTable({"n": "float64"}, [(value,) for value in values])


def test_every_row_is_in_the_bin_of_its_lower_bound(open_context: OpenContext) -> None:
    chart = bins(open_context(numbers(0, 1.9, 2, 9, 10)))  # width 2
    content = data(chart)
    assert content["left"] == [0, 2, 4, 6, 8, 10]
    assert content["right"] == [2, 4, 6, 8, 10, 12]
    assert content["rows"] == [2, 1, 0, 0, 1, 1]
    assert content["range"][:2] == ["0.00 to 2.00", "2.00 to 4.00"]
    assert (chart.figure.y_range.start, chart.figure.y_range.end) == (0, 2 * 1.06)
    assert chart.note == ""


@pytest.mark.parametrize("step", [0.01, 0.007, 1e-9, 12345.678])
@pytest.mark.parametrize("count", [4, 10, 24])
def test_no_row_is_lost_where_the_bounds_of_bins_are_rounded(
    open_context: OpenContext, step: float, count: int
) -> None:
    values = [number * step for number in range(-50, 50)]
    context = open_context(numbers(*values))
    chart = bins(context, count)
    content = data(chart)
    assert sum(content["rows"]) == len(values)  # type: ignore[arg-type]
    assert chart.marks is not None
    numbers_of_bins = pa.table({"n": values})  # noqa: F841 (DuckDB resolves it by its name)
    traced = []
    for number, mark in zip(content["rows"], content["mark"], strict=True):
        if mark >= 0:  # type: ignore[operator]
            condition = chart.marks.at(mark).condition  # type: ignore[arg-type]
            ((rows,),) = duckdb.sql(
                f"select count(*) from numbers_of_bins where {condition}"
            ).fetchall()
            assert rows == number
            traced.append(rows)
    assert sum(traced) == len(values)


def test_bins_of_long_decimals_are_exact(open_context: OpenContext) -> None:
    first = 12345678901234567890123456789012
    values = [Decimal(first + number) for number in range(11)]
    table = SmallTable({"n": "decimal(38,1)"}, [(value,) for value in values[:10]])
    chart = bins(open_context(table), 10)
    assert data(chart)["rows"] == [1] * 10
    starts, ends, rows = (column.values for column in chart.figures())
    assert (starts, ends) == (values[:10], values[1:])
    assert rows == [1] * 10
    assert chart.marks is not None
    assert [chart.marks.at(place).terms[0][1] for place in range(10)] == [[v] for v in values[:10]]


def test_rows_without_a_finite_value_are_counted_in_a_note(open_context: OpenContext) -> None:
    chart = bins(open_context(numbers(0, 10, None, inf, -inf)))
    assert sum(data(chart)["rows"]) == 2  # type: ignore[arg-type]
    assert chart.note == "3 rows without a finite N are not counted."


def test_bins_stay_the_same_when_rows_are_filtered(open_context: OpenContext) -> None:
    table = SmallTable({"n": "int64"}, [(number,) for number in range(101)])
    context = open_context(table)
    filtered = BlockContext(context.store, context.formats, (Filter("n", "gte", 60),))
    all_starts, starts = data(bins(context))["left"], data(bins(filtered))["left"]
    assert all_starts == [0, 20, 40, 60, 80, 100]
    assert starts == [60, 80, 100]


def test_integers_have_bins_of_whole_width(open_context: OpenContext) -> None:
    content = data(bins(open_context(SmallTable({"n": "int64"}, [(1,), (2,), (3,)])), 24))
    assert content["left"] == [1, 2, 3]
    assert content["rows"] == [1, 1, 1]


@pytest.mark.parametrize("values", [(), (None,), (inf,)])
def test_a_histogram_without_a_finite_value_has_nothing_to_draw(
    open_context: OpenContext, values: tuple[float | None, ...]
) -> None:
    with pytest.raises(NoRowsError):
        bins(open_context(numbers(*values)))


SALES = SmallTable(
    {"day": "text", "month": "text", "amount": "float64"},
    [
        ("Tue", "2023-11", 1.0),
        ("Mon", "2023-11", 2.0),
        ("Mon", "2023-11", 3.0),
        (None, "2023-12", 10.0),
        ("Mon", "2024-01", 5.0),
    ],
)


def cells(context: BlockContext) -> RenderedChart:
    return heatmap(Heatmap(table="t", x="month", y="day", value="sum(amount)"), context)


def test_a_cell_for_every_pair_in_calendar_order(open_context: OpenContext) -> None:
    chart = cells(open_context(SALES))
    content = data(chart)
    places = list(zip(content["x"], content["y"], content["text"], strict=True))
    assert sorted(places) == [
        ("Dec 2023", "No value", "10.00"),
        ("Jan 2024", "Mon", "5.00"),
        ("Nov 2023", "Mon", "5.00"),
        ("Nov 2023", "Tue", "1.00"),
    ]
    assert chart.figure.x_range.factors == ["Nov 2023", "Dec 2023", "Jan 2024"]
    assert chart.figure.y_range.factors == ["No value", "Tue", "Mon"]  # from below


def test_colours_are_from_the_least_to_the_greatest_figure(open_context: OpenContext) -> None:
    chart = cells(open_context(SALES))
    content = data(chart)
    strengths = dict(zip(content["text"], content["strength"], strict=True))
    assert strengths["1.00"] == pytest.approx(0.1)
    assert strengths["10.00"] == pytest.approx(1)
    assert strengths["5.00"] == pytest.approx(0.1 + 0.9 * 4 / 9)
    assert "1.00" in chart.legend
    assert "10.00" in chart.legend


def test_a_period_that_is_not_over_is_outlined_and_named(open_context: OpenContext) -> None:
    chart = cells(open_context(SALES))  # the release is of 2024-01-01
    content = data(chart)
    outlined = [
        x for x, outline in zip(content["x"], content["outline"], strict=True) if outline == 0.9
    ]
    assert outlined == ["Jan 2024"]
    assert "Jan 2024" in chart.note


def test_infinite_figures_are_left_out_with_a_note(open_context: OpenContext) -> None:
    table = SmallTable(
        {"x": "date", "y": "text", "v": "float64"},
        [(date(2023, 1, 1), "a", inf), (date(2023, 1, 2), "a", 1.0), (None, "a", None)],
    )
    chart = heatmap(Heatmap(table="t", x="x", y="y", value="max(v)"), open_context(table))
    assert data(chart)["text"] == ["1.00"]
    assert chart.note == "Infinite values are not drawn."


def test_a_heat_map_without_figures_has_nothing_to_draw(open_context: OpenContext) -> None:
    table = SmallTable({"x": "text", "y": "text", "v": "float64"}, [("a", "b", None)])
    with pytest.raises(NoRowsError):
        heatmap(Heatmap(table="t", x="x", y="y", value="max(v)"), open_context(table))
