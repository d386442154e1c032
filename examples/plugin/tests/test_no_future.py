from datetime import UTC, date, datetime, timedelta

import pytest
from medallion.errors import StepError
from medallion.testing import violations

from medallion_example.no_future import NoFuture

DAY = date(2026, 5, 1)


def test_later_days_violate_it_and_nulls_do_not() -> None:
    rows = [
        {"day": DAY},
        {"day": DAY + timedelta(days=1)},
        {"day": None},
        {"day": date(2000, 1, 1)},
    ]
    assert violations(NoFuture(column="day", today=DAY), rows) == [(1, "day", "2026-05-02")]


def test_the_whole_day_is_valid() -> None:
    rows = [{"at": datetime(2026, 5, 1, 23, 59)}, {"at": datetime(2026, 5, 2)}]
    assert [position for position, *_ in violations(NoFuture(column="at", today=DAY), rows)] == [1]


def test_another_day_is_another_identity() -> None:
    today = datetime.now(UTC).date()
    identities = [
        NoFuture(column="day", today=day).identity()
        for day in (None, today, today + timedelta(days=1))
    ]
    assert identities[0]["day"] == identities[1]["day"] != identities[2]["day"]


def test_a_missing_column_is_reported() -> None:
    with pytest.raises(StepError, match="no column 'day'"):
        violations(NoFuture(column="day"), [{"other": 1}])
