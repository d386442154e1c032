"""Settings of line, area and bar charts that contradict each other."""

from __future__ import annotations

from typing import Any

import pytest

from medallion_panel.block_settings import Block


@pytest.mark.parametrize(
    ("kind", "settings", "problem"),
    [
        ("bar", {"multiples": "a"}, "another column"),
        ("line", {"by": "b", "multiples": "b"}, "another column"),
        ("area", {"multiples": "b"}, "an area has no `multiples`"),
        ("area", {"scale": "log"}, "an area has no `scale: log`"),
        ("bar", {"by": "b", "scale": "log"}, "add `grouped: true`"),
        ("line", {"show": "growth", "scale": "log"}, "growth may be negative"),
        ("line", {"y": "mean(v)", "show": "share"}, "needs an additive sum"),
        ("bar", {"sort": "-y", "order": ["b"]}, "omit one"),
    ],
)
def test_settings_that_cannot_be_drawn(kind: str, settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Block.model_validate({kind: {"table": "t", "x": "a", "y": "count()", **settings}})


def test_multiples_is_a_column_that_the_chart_uses() -> None:
    block = Block.model_validate(
        {"line": {"table": "t", "x": "a", "y": "count()", "multiples": "b"}}
    )
    assert block.line is not None
    assert (("multiples",), "b") in list(block.line.columns_used())
