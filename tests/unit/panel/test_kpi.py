"""One figure with its change: the numbers, the arrow and the sparkline."""

from __future__ import annotations

import re
from typing import Any

import pytest

from medallion_panel.block_settings import Kpi
from medallion_panel.blocks.kpi import kpi_html
from tests.unit.panel.compared import LABEL, SALES, compared
from tests.unit.panel.conftest import OpenContext
from tests.unit.panel.tables import SmallTable

MONTHS = {"month": "text", "value": "float64"}


def html_of(open_context: OpenContext, rows: list[Any], **settings: Any) -> str:
    block = Kpi(table="t", value="sum(value)", **{"over": "month", **settings})
    return kpi_html(block, open_context(SmallTable(MONTHS, rows)))


def text_of(html: str) -> str:
    """The text of the change."""
    (change,) = re.findall(r'<div class="change">(.*?)</div>', html)
    return re.sub("<[^>]*>", "", change.replace("<br>", "; "))


def test_the_figure_is_short_and_exact_in_its_tooltip(open_context: OpenContext) -> None:
    html = html_of(open_context, [("2023-01", 1_234_567.891)], over=None)
    assert '<div class="figure" title="1,234,567.89">1.2M</div>' in html
    assert 'class="change"' not in html
    assert "<svg" not in html


@pytest.mark.parametrize(
    ("values", "good", "text", "look"),
    [
        ((100, 150), "up", "Feb 2023: 150.00; ▲ 50.0% on Jan 2023", "better"),
        ((100, 50), "up", "Feb 2023: 50.00; ▼ 50.0% on Jan 2023", "worse"),
        ((100, 50), "down", "Feb 2023: 50.00; ▼ 50.0% on Jan 2023", "better"),
        ((100, 150), "none", "Feb 2023: 150.00; ▲ 50.0% on Jan 2023", ""),
        ((-100, -50), "up", "Feb 2023: -50.00; ▲ 50.0% on Jan 2023", "better"),
        ((0, 5), "up", "", None),
    ],
)
def test_the_change_on_the_period_before(
    open_context: OpenContext, values: tuple[float, float], good: str, text: str, look: str | None
) -> None:
    rows = [("2023-02", values[1]), ("2023-01", values[0])]
    html = html_of(open_context, rows, good=good)
    assert text_of(html) == text
    assert (f'<span class="{look}">' in html) is (look is not None)


def test_one_period_has_no_change_and_no_line(open_context: OpenContext) -> None:
    html = html_of(open_context, [("2023-01", 1.0)])
    assert text_of(html) == ""
    assert "<svg" not in html


def test_a_period_that_is_not_over_is_left_out_of_the_comparison(
    open_context: OpenContext,
) -> None:
    rows = [("2023-11", 100.0), ("2023-12", 150.0), ("2024-01", 1.0), (None, 7.0)]
    html = html_of(open_context, rows)  # the release is of 2024-01-01
    assert text_of(html) == "Dec 2023: 150.00; ▲ 50.0% on Nov 2023"
    assert "Jan 2024" in html
    assert "left out of the comparison." in html
    assert 'title="258.00"' in html


def test_the_line_is_drawn_from_the_first_to_the_last_period(open_context: OpenContext) -> None:
    html = html_of(open_context, [("2023-01", 0.0), ("2023-02", 5.0), ("2023-03", 10.0)])
    assert '<polyline points="0.00,34.00 50.00,19.00 100.00,4.00"' in html


def test_a_line_of_equal_values_is_flat(open_context: OpenContext) -> None:
    html = html_of(open_context, [("2023-01", 3.0), ("2023-02", 3.0)])
    assert '<polyline points="0.00,34.00 100.00,34.00"' in html


def test_the_figure_that_it_is_compared_with_replaces_the_change(
    open_context: OpenContext,
) -> None:
    context = compared(open_context(SALES))
    html = kpi_html(Kpi(table="t", value="sum(value)", over="month"), context)
    assert 'title="195">195<' in html
    assert text_of(html) == f"▲ 191.0% on 67; {LABEL}"  # 195 and 67: 128 / 67
    assert "<svg" in html


@pytest.mark.parametrize(("former", "text"), [(85, "= 0.0% on 85"), (None, "No figure in")])
def test_an_equal_figure_and_a_missing_one(
    open_context: OpenContext, former: int | None, text: str
) -> None:
    months = [("2023-01", "A", former), ("2023-04", "A", 85)]
    table = SmallTable(SALES.types, months, SALES.key)
    html = kpi_html(Kpi(table="t", value="sum(value)"), compared(open_context(table)))
    assert text_of(html).startswith(text)
    assert 'class="better"' not in html


@pytest.mark.parametrize(
    ("target", "good", "text", "look"),
    [
        (200, "up", "50.0% of the target 200.00", ""),
        (100, "up", "100.0% of the target 100.00", "reached"),
        (80, "down", "125.0% of the target 80.00", "missed"),
        (80, "none", "125.0% of the target 80.00", "reached"),
    ],
)
def test_the_share_of_a_target(
    open_context: OpenContext, target: float, good: str, text: str, look: str
) -> None:
    html = html_of(open_context, [("2023-01", 100.0)], over=None, target=target, good=good)
    assert text_of(html) == text
    width = min(100 * 100 / target, 100)
    assert f'<i class="{look}" style="width:{width:.1f}%">' in html


@pytest.mark.parametrize(
    ("value", "short", "style"),
    [(1_234_567, "1.2M", ""), (-98_765.43, "-98,765.43", " style='--letters:10'")],
)
def test_a_long_figure_is_written_in_smaller_letters_where_its_card_is_narrow(
    open_context: OpenContext, value: float, short: str, style: str
) -> None:
    html = html_of(open_context, [("2023-01", value)], over=None)
    assert f"{style}>{short}</div>" in html
    assert ("--letters:" in html) == bool(style)
