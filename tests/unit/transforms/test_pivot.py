from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from medallion.errors import StepError
from medallion.plugins import TRANSFORMS, build
from medallion.testing import apply_transform
from medallion.transforms.pivot import Pivot

ROWS = [
    {"country": "FR", "product": "Lamp", "amount": Decimal("1.10")},
    {"country": "DE", "product": "Chair", "amount": Decimal("2.00")},
    {"country": "FR", "product": "Lamp", "amount": Decimal("0.20")},
    {"country": "FR", "product": "Table", "amount": Decimal("9.00")},
    {"country": "FR", "product": None, "amount": Decimal("9.00")},
]


def test_rows_become_declared_columns_and_others_are_dropped_and_counted():
    declared = {
        "by": "country",
        "name": "product",
        "values": ["Lamp", "Chair", "Sofa"],
        "value": "amount",
    }
    outcome = apply_transform(build(TRANSFORMS, {"pivot": declared}), ROWS)
    assert outcome.rows == [
        {"country": "DE", "Lamp": None, "Chair": Decimal("2.00"), "Sofa": None},
        {"country": "FR", "Lamp": Decimal("1.30"), "Chair": None, "Sofa": None},
    ]
    assert outcome.set_aside == [
        (3, "dropped", "pivot", "product", "Table"),
        (4, "dropped", "pivot", "product", None),
    ]


def test_values_may_be_numbers_and_the_metric_another():
    rows = [{"year": 2024, "v": "a"}, {"year": 2024, "v": "b"}, {"year": 2025, "v": "c"}]
    outcome = apply_transform(
        Pivot(name="year", values=[2024, 2025], value="v", metric="last"), rows
    )
    assert outcome.rows == [{"2024": "b", "2025": "c"}]
    counted = apply_transform(
        Pivot(name="year", values=[2023, 2024], value="v", metric="count"), rows[:2]
    )
    assert counted.rows == [{"2023": 0, "2024": 2}]


def test_truth_values_match_as_text():
    rows = [{"paid": True, "v": 1}, {"paid": False, "v": 2}]
    assert apply_transform(Pivot(name="paid", values=[True, False], value="v"), rows).rows == [
        {"true": 1, "false": 2}
    ]


def test_errors():
    with pytest.raises(StepError, match="not a number"):
        apply_transform(Pivot(name="country", values=["FR"], value="product"), ROWS)
    with pytest.raises(StepError, match="no column 'contry'; did you mean 'country'"):
        apply_transform(Pivot(name="contry", values=["FR"], value="amount"), ROWS)
    with pytest.raises(ValidationError, match="two columns"):
        Pivot(name="a", values=["x", "X"], value="v")
    with pytest.raises(
        ValidationError, match=r"metric\n  Input should be 'count', .* 'first' or 'last'"
    ):
        Pivot(name="a", values=["x"], value="v", metric="quantile")
