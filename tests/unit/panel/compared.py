"""A store of months, with a comparison of the second quarter of 2023 with the first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from medallion.contracts import Filter
from medallion_panel.blocks.block_context import BlockContext
from medallion_panel.blocks.comparison import Comparison, PeriodShift
from medallion_panel.date_spans import DateSpan, Shift
from tests.unit.panel.tables import SmallTable

LABEL = "Jan to Mar 2023"
SALES = SmallTable(
    {"month": "text", "shop": "text", "value": "int64"},
    [
        ("2023-01", "A", 10),
        ("2023-01", "B", 30),
        ("2023-02", "A", 20),
        ("2023-03", "C", 7),
        ("2023-04", "A", 40),
        ("2023-04", "B", 45),
        ("2023-05", "A", 50),
        ("2023-06", "B", 60),
    ],
    key=("month", "shop"),
)
_SECOND = Filter("month", "in", ("2023-04", "2023-05", "2023-06"))
_FIRST = Filter("month", "in", ("2023-01", "2023-02", "2023-03"))
_QUARTERS = PeriodShift(
    "month",
    DateSpan(date(2023, 4, 1), date(2023, 6, 30)),
    DateSpan(date(2023, 1, 1), date(2023, 3, 31)),
    Shift(months=3),
)


def compared(context: BlockContext) -> BlockContext:
    """The context of a page that shows the second quarter, compared with the first."""
    comparison = Comparison(LABEL, (), _QUARTERS, (_FIRST,))
    return replace(context, page_filters=(_SECOND,), comparison=comparison)
