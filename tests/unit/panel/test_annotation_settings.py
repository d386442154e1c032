"""Annotations and reference lines of a declaration."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from medallion_panel.annotation_settings import Annotation, ReferenceLine


@pytest.mark.parametrize(
    ("at", "text"), [("2024-05", "2024-05"), (date(2024, 5, 1), "2024-05-01"), (2024, "2024")]
)
def test_a_period_as_yaml_reads_it(at: Any, text: str) -> None:
    assert Annotation(at=at, text="x").at == text


@pytest.mark.parametrize("at", ["May", "2024-13", True, 3.5])
def test_what_is_no_period_is_refused(at: Any) -> None:
    with pytest.raises(ValidationError, match=r"such as 2024-05|valid string"):
        Annotation(at=at, text="x")


def test_a_line_has_a_value() -> None:
    assert ReferenceLine(value=5).label == ""
    with pytest.raises(ValidationError):
        ReferenceLine.model_validate({"label": "x"})
