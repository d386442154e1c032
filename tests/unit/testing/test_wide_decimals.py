"""The suite of wide decimals passes a store that is right, and finds one that rounds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from medallion.contracts import Sink, Store
from medallion.testing.served import publish
from medallion.testing.wide_decimals import ROWS, SPEC, WideDecimalContract

SUITE = WideDecimalContract()


@pytest.fixture
def wide(sink: Sink) -> Store:
    publish(sink, "wide", ROWS, SPEC)
    return sink.store()


def rounded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            name: Decimal(repr(float(value))) if isinstance(value, Decimal) else value
            for name, value in row.items()
        }
        for row in rows
    ]


@pytest.mark.parametrize(
    ("method", "change", "test"),
    [
        (
            "read_page",
            lambda page: replace(page, rows=rounded(page.rows)),
            SUITE.test_wide_decimals_are_exact_and_sort,
        ),
        ("read_count", lambda count: count + 1, SUITE.test_filters_of_wide_decimals),
        ("read_groups", rounded, SUITE.test_metrics_of_wide_decimals),
        ("read_groups", lambda rows: rows[::-1], SUITE.test_metrics_of_wide_decimals),
    ],
)
def test_a_store_that_is_right_passes_and_others_are_found(
    wide: Store,
    fault: Callable[..., None],
    found: Callable[..., bool],
    method: str,
    change: Callable[[Any], Any],
    test: Callable[[Store], None],
) -> None:
    assert not found(lambda: test(wide))
    fault(method, change)
    assert found(lambda: test(wide))
