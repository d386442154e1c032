"""Settings of blocks that are refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from medallion_panel.block_settings import Chart


@pytest.mark.parametrize("show", ["share", "total"])
@pytest.mark.parametrize(
    "metric", ["mean(delay)", "median(delay)", "max(delay)", "sum(delay) / count()"]
)
def test_shares_and_totals_of_figures_that_are_not_additive_are_refused(
    show: Any, metric: str
) -> None:
    with pytest.raises(ValidationError, match="additive"):
        Chart(table="delays", x="month", y=metric, show=show)
