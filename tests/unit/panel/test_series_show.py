"""Shares, growth, averages and running totals of the figures of a frame."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest

from medallion_panel.block_models import Show
from medallion_panel.blocks.block_context import NoRowsError
from medallion_panel.blocks.series_show import with_show, with_windows
from medallion_panel.series_settings import Chart
from tests.unit.panel.tables import SAY

FRAME = pd.DataFrame(
    [(1, "a", 2.0), (2, "a", 4.0), (3, "a", 3.0), (1, "b", 6.0), (2, "b", 4.0)],
    columns=["x", "series", "y"],
)
FRAME = FRAME.assign(unfinished=False, exact=FRAME["y"].map(Decimal))


def chart(show: Show) -> Chart:
    return Chart(table="t", x="x", y="sum(v)", by="s", show=show, window=2)


@pytest.mark.parametrize(
    ("show", "figures"),
    [
        ("value", [2, 4, 3, 6, 4]),
        ("share", [0.25, 0.5, 1, 0.75, 0.5]),
        ("total", [2, 6, 9, 6, 10]),
        ("average", [None, 3, 3.5, None, 5]),
        ("growth", [1, -0.25, -1 / 3]),
    ],
)
def test_each_series_has_its_own_figures(show: Show, figures: list[float | None]) -> None:
    shown = with_show(FRAME, chart(show), SAY)["y"]
    assert [None if value != value else value for value in shown] == pytest.approx(figures)


def test_exact_figures_follow_those_that_are_drawn() -> None:
    large = FRAME.assign(exact=[Decimal(f"{10**30}.25")] * len(FRAME))
    totals = list(with_show(large, chart("total"), SAY)["exact"])
    assert totals[1] == Decimal(f"{2 * 10**30}.50")
    average = with_show(FRAME, chart("average"), SAY)
    assert list(average["exact_raw"]) == [2, 4, 3, 6, 4]
    assert list(average["exact"].dropna()) == [3, 3.5, 5]


def test_a_running_total_is_made_of_all_figures_of_its_series_before() -> None:
    frame = with_windows(FRAME, chart("total"))
    windows = list(zip(frame["first"], frame["end"], strict=True))
    assert windows == [(0, 1), (0, 2), (0, 3), (3, 4), (3, 5)]


def test_growth_of_one_period_says_what_it_needs() -> None:
    with pytest.raises(NoRowsError, match="at least two periods"):
        with_show(FRAME.iloc[:1], chart("growth"), SAY)
