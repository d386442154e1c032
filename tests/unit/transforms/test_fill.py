from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from medallion import plugins
from medallion.errors import StepError
from medallion.testing import apply_transform
from medallion.transforms.fill import Fill


@pytest.mark.parametrize(
    ("present", "constant", "filled"),
    [
        ("x", "it's", "it's"),
        ("x", "0", "0"),
        (5, 7, 7),
        (5, 7.0, 7),
        (1.5, 2, 2.0),
        (Decimal("1.25"), 0.5, Decimal("0.50")),
        (True, False, False),
        (date(2024, 1, 1), "2024-02-29", date(2024, 2, 29)),
        (date(2024, 1, 1), date(2024, 2, 29), date(2024, 2, 29)),
    ],
)
def test_missing_values_take_the_constant_and_the_type_stays(
    present: Any, constant: Any, filled: Any
):
    rows = [{"a": present}, {"a": None}]
    fill = plugins.build(plugins.TRANSFORMS, {"fill": {"a": constant}})
    made = apply_transform(fill, rows)
    assert made.rows == [{"a": present}, {"a": filled}]
    assert type(made.rows[1]["a"]) is type(present)


@pytest.mark.parametrize(
    ("present", "constant"),
    [
        (5, 1.5),
        (5, "7"),
        (5, True),
        (5, 2**64),
        ("x", True),
        (True, 1),
        (Decimal("1.25"), 0.125),
        (date(2024, 1, 1), "2024-02-30"),
        (date(2024, 1, 1), "epoch"),
        (date(2024, 1, 1), "2024-02-29 10:00"),
        (date(2024, 1, 1), datetime(2024, 2, 29, 10)),
        (date(2024, 1, 1), 20240101),
    ],
)
def test_a_constant_that_does_not_fit_is_refused(present: Any, constant: Any):
    with pytest.raises(StepError, match="which column 'a' is"):
        apply_transform(Fill(columns={"a": constant}), [{"a": present}])


def test_a_name_in_another_case_is_recognised():
    with pytest.raises(StepError, match="no column 'X'; did you mean 'x'"):
        apply_transform(Fill(columns={"X": "a"}), [{"x": "b", "other": "c"}])


def test_missing_column_and_nothing_to_fill():
    with pytest.raises(StepError, match="no column 'b'"):
        apply_transform(Fill(columns={"b": 1}), [{"a": 1}])
    with pytest.raises(ValidationError):
        Fill(columns={})
    with pytest.raises(ValidationError):
        Fill(columns={"a": float("nan")})
