from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from medallion.sources.rest.since import (
    SinceParameter,
    bound_text,
    cursor_value,
    is_smaller,
    is_unasked,
    less,
    written_bound,
)


@pytest.mark.parametrize(
    ("value", "lag", "expected"),
    [
        (Decimal("12.5"), 2, Decimal("10.5")),
        (Decimal(12), 0, Decimal(12)),
        ("2024-01-01T00:00:05Z", "10 seconds", "2023-12-31T23:59:55Z"),
        ("2024-01-01T02:00:00+02:00", "1 hour", "2023-12-31T23:00:00Z"),
        ("2024-01-01 02:00:00.25", "1 hour", "2024-01-01T01:00:00.250000"),
        ("2024-01-01", "10 minutes", "2023-12-31"),
        ("0001-01-01", "1 day", "0001-01-01"),
        ("order-7", 0, "order-7"),
    ],
)
def test_a_value_less_a_lag(value: Any, lag: Any, expected: Any) -> None:
    assert less(value, lag) == expected
    assert cursor_value(bound_text(expected)) == expected


@pytest.mark.parametrize(
    ("value", "lag", "message"),
    [
        (Decimal(1), "1 day", "`lag` is a number"),
        ("2024-01-01", 1, "`lag` is a time"),
        ("order-7", 1, "`lag` is not possible"),
    ],
)
def test_a_lag_of_another_type_is_an_error(value: Any, lag: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        less(value, lag)


def test_values_are_compared_as_what_they_are() -> None:
    assert is_smaller(Decimal(9), Decimal(10))
    assert is_smaller("2024-01-01T00:00:00Z", "2024-01-01T00:00:00.5Z")
    assert is_smaller("2024-01-01T01:00:00+02:00", "2024-01-01T00:00:00Z")
    assert not is_smaller("2024-01-01T00:00:00Z", "2024-01-01T00:00:00+00:00")
    assert is_smaller("a", "b")
    with pytest.raises(ValueError, match="different types"):
        is_smaller(Decimal(1), "a")


@pytest.mark.parametrize(
    ("format_", "bound", "expected"),
    [
        ("", Decimal(10), "9"),
        ("", "2024-01-01T00:00:00Z", "2023-12-31T23:59:59Z"),
        ("", "2024-01-01", "2023-12-31"),
        ("", "order-7", "order-7"),
        ("unix", "1970-01-01T00:01:00.5Z", "59"),
        ("unix_ms", "1970-01-01T00:01:00.5Z", "59500"),
        ("updated:>=%Y-%m-%d", "2024-01-05T12:00:00+02:00", "updated:>=2024-01-05"),
    ],
)
def test_what_is_asked_for(format_: str, bound: Any, expected: str) -> None:
    since = SinceParameter(cursor="at", param="since", format=format_)
    assert since.written(bound) == expected


def test_formats_are_of_times() -> None:
    with pytest.raises(ValueError, match="no dates or times"):
        SinceParameter(cursor="at", param="since", format="unix").written(Decimal(1))
    with pytest.raises(ValidationError, match="is `unix`, `unix_ms` or a pattern"):
        SinceParameter(cursor="at", param="since", format="seconds")


def test_the_cursor_of_a_record() -> None:
    since = SinceParameter(cursor="meta.at", param="since")
    assert since.value('{"meta": {"at": 0.10000000000000000001}}') == Decimal(
        "0.10000000000000000001"
    )
    assert since.value('{"meta": null}') is None
    with pytest.raises(ValueError, match="neither a number nor a text"):
        since.value('{"meta": {"at": true}}')


def test_records_that_were_not_asked_for() -> None:
    assert is_unasked(Decimal(8), Decimal(10))
    assert not is_unasked(Decimal(9), Decimal(10))
    assert is_unasked("2024-01-01T00:00:00Z", "2024-01-05T00:00:00Z")
    assert not is_unasked("2024-01-04T00:00:00Z", "2024-01-05T00:00:00Z")
    assert is_unasked("a", "b")


def test_a_value_that_a_user_writes() -> None:
    number, moment = bound_text(Decimal(5)), bound_text("2024-01-05T00:00:00Z")
    assert cursor_value(written_bound("7.5", number)) == Decimal("7.5")
    assert cursor_value(written_bound("2024-01-06", moment)) == "2024-01-06"
    for text, known in (("soon", number), ("nan", number), ("soon", moment), ("7", moment)):
        with pytest.raises(ValueError, match="has values of different types"):
            written_bound(text, known)
