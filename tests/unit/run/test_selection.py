"""Which tables a run brings up to date, and whose sources it reads again."""

from __future__ import annotations

import pytest

from medallion.errors import CallError
from medallion.run.selection import Refresh, Selection


@pytest.mark.parametrize(
    ("text", "refresh"),
    [
        ("bronze.orders", Refresh("bronze.orders")),
        ("bronze.orders:5..10", Refresh("bronze.orders", "5", "10")),
        (
            "bronze.orders:2024-03-01 12:30..2024-04-01T00:00:00Z",
            Refresh("bronze.orders", "2024-03-01 12:30", "2024-04-01T00:00:00Z"),
        ),
        ("bronze.orders:2024-03-01..", Refresh("bronze.orders", "2024-03-01")),
        ("bronze.orders: .. 7", Refresh("bronze.orders", "", "7")),
    ],
)
def test_a_source_or_a_range_is_read_again(text: str, refresh: Refresh) -> None:
    assert Refresh.of(text) == refresh
    assert refresh.is_range == (":" in text)


@pytest.mark.parametrize("text", ["bronze.orders:", "bronze.orders:..", "bronze.orders:2024-03-01"])
def test_a_range_without_bounds_is_refused(text: str) -> None:
    with pytest.raises(CallError, match=r"names no range of bronze\.orders") as error:
        Refresh.of(text)
    assert error.value.hint == ("write bronze.orders:FROM..TO, of which one bound may be left out")


def test_a_table_has_its_own_refreshes() -> None:
    whole, part = "bronze.orders", "bronze.clients:1..2"
    selection = Selection(refresh=(whole, part, "bronze.clients:5.."))
    assert selection.refreshes("bronze.orders")
    assert not selection.refreshes("bronze.clients")
    assert Selection(full=True).refreshes("bronze.clients")
    assert selection.backfills("bronze.orders") == []
    assert [(each.begin, each.end) for each in selection.backfills("bronze.clients")] == [
        ("1", "2"),
        ("5", ""),
    ]
