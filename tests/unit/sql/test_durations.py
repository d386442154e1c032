from __future__ import annotations

import duckdb
import pytest

from medallion.sql.durations import count_to_iso, interval_to_iso


@pytest.mark.parametrize(
    ("count", "unit", "iso"),
    [
        (5_400_000_000, "us", "PT1H30M"),
        (0, "ns", "PT0S"),
        (1, "ns", "PT0.000000001S"),
        (-1_500, "ms", "-PT1.5S"),
        (86_400, "s", "P1D"),
        (90_061, "s", "P1DT1H1M1S"),
        (-(2**63), "us", "-P106751991DT4H54.775808S"),
        (3_600_000_010, "us", "PT1H0.00001S"),
        (None, "us", None),
    ],
)
def test_counts(count: int | None, unit: str, iso: str | None) -> None:
    found = duckdb.execute(
        f"select {count_to_iso('x', unit)} from (select $1::bigint as x)", [count]
    ).fetchall()
    assert found == [(iso,)]


@pytest.mark.parametrize(
    ("interval", "iso"),
    [
        ("1 year 2 months 3 days 04:05:06.789", "P1Y2M3DT4H5M6.789S"),
        ("0 days", "PT0S"),
        ("30 hours", "PT30H"),
        ("-1 day", "P-1D"),
        ("-90 seconds", "PT-1M-30S"),
        ("-0.5 seconds", "PT-0.5S"),
        ("1 month -2 days 0.000001 seconds", "P1M-2DT0.000001S"),
    ],
)
def test_intervals(interval: str, iso: str) -> None:
    query = f"select {interval_to_iso('x')} from (select cast($1 as interval) as x)"
    assert duckdb.execute(query, [interval]).fetchall() == [(iso,)]
