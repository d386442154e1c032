"""Formats of dates and timestamps: which are complete, and what they read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medallion.sql.date_formats import check_format, check_zone, parsed, timed, zoned
from medallion.sql.expressions import prepare
from tests.example_counts import examples


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        prepare(connection)
        yield connection


def moment(
    connection: duckdb.DuckDBPyConnection, text: str | None, *formats: str, zone: str | None = None
) -> str | None:
    """What the formats read a text as, as DuckDB writes it."""
    sql = f"select cast({parsed('x', formats, zone)} as varchar) from (select $1::varchar as x)"
    (row,) = connection.execute(sql, [text]).fetchall()
    answer: str | None = row[0]
    return answer


@pytest.mark.parametrize(
    "text", ["iso", "%Y", "%Y-%m", "%d/%m/%Y", "%Y-%j", "100%% %Y", "%B %-d, %Y", "%I:%M %p %Y"]
)
def test_a_complete_format_is_returned_unchanged(text: str) -> None:
    assert check_format(text, "timestamp") == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("%m-%d", "has no year: every date would be in 1900"),
        ("", "has no year"),
        ("%Y-%d", "has a day without its month"),
        ("%Y-%m-%d %d", "has the day twice"),
        ("%Y-%y", "has the year twice"),
        ("%Y-%m-%d %I:%M", "has an hour out of 12 without its half of the day, %p"),
        ("%Y-%m-%d %-I", "without its half of the day"),
        ("%Y-%m-%d %z", "has a time zone, on which the day would depend"),
        ("%Y-%q", "'%q' is not a known directive; there are %Y"),
        ("%Y%", "'%' is not a known directive"),
        ("%%Y", "has no year"),
    ],
)
def test_a_format_that_would_guess_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_format(text, "date")


def test_an_unknown_zone_is_named_with_the_nearest() -> None:
    assert check_zone("Asia/Kolkata") == "Asia/Kolkata"
    with pytest.raises(
        ValueError, match="no time zone 'Asia/Kolkatta'; did you mean 'Asia/Kolkata'"
    ):
        check_zone("Asia/Kolkatta")
    with pytest.raises(ValueError, match="; write one as Europe/Paris, or UTC"):
        check_zone("/etc/passwd")


def test_offsets_and_times_of_day_are_found_in_a_format() -> None:
    formats = ["iso", "%Y", "%Y %z", "%Y %Z", "%Y %H", "%Y %p", "%Y %%H", "%Y %-S", "%Y %f"]
    assert [zoned(text) for text in formats] == [False, False, True, True, *[False] * 5]
    assert [timed(text) for text in formats] == [
        True,
        False,
        False,
        False,
        True,
        True,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "formats", "expected"),
    [
        ("31/01/2024", ("%d/%m/%Y",), "2024-01-31 00:00:00"),
        ("01/02/2024", ("%d/%m/%Y", "%m/%d/%Y"), "2024-02-01 00:00:00"),
        ("02/13/2024", ("%d/%m/%Y", "%m/%d/%Y"), "2024-02-13 00:00:00"),
        ("1/2/2024", ("%d/%m/%Y",), "2024-02-01 00:00:00"),
        ("1/2/24", ("%d/%m/%Y",), None),  # the year 24
        ("1/2/24", ("%d/%m/%y",), "2024-02-01 00:00:00"),
        ("20240131", ("%Y%m%d",), "2024-01-31 00:00:00"),
        ("2024131", ("%Y%m%d",), None),
        ("2024-01-31", ("iso",), "2024-01-31 00:00:00"),
        ("2024-01-31T23:59:59.123456", ("iso",), "2024-01-31 23:59:59.123456"),
        ("2024-01-31T23:59:59.1234567", ("iso",), None),
        ("2024-01-31T24:00", ("iso",), None),
        ("2024-01-31T10:00Z", ("iso",), None),
        ("2024-01-31 ", ("%Y-%m-%d",), None),
        (" 2024-01-31", ("%Y-%m-%d",), None),
        ("epoch", ("%Y-%m-%d", "iso"), None),
        ("", ("iso",), None),
        ("50% 2024", ("50%% %Y",), "2024-01-01 00:00:00"),
        ("a_b 2024", ("a_b %Y",), "2024-01-01 00:00:00"),
        ("axb 2024", ("a_b %Y",), None),
        ("l'an 2024", ("l'an %Y",), "2024-01-01 00:00:00"),
        ("12 AM 2024-01-31", ("%I %p %Y-%m-%d",), "2024-01-31 00:00:00"),
    ],
)
def test_what_formats_without_a_zone_read(
    connection: duckdb.DuckDBPyConnection, text: str, formats: tuple[str, ...], expected: str | None
) -> None:
    assert moment(connection, text, *formats) == expected
    assert moment(connection, None, *formats) is None


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("2024-07-01T10:00", "iso", "2024-07-01 08:00:00+00"),
        ("2024-01-01T10:00", "iso", "2024-01-01 09:00:00+00"),
        ("2024-07-01T10:00Z", "iso", "2024-07-01 10:00:00+00"),
        ("2024-07-01 10:00-0530", "iso", "2024-07-01 15:30:00+00"),
        ("2024-07-01 10:00+15:00", "iso", None),
        ("01/07/2024 10:00", "%d/%m/%Y %H:%M", "2024-07-01 08:00:00+00"),
        ("2024-07-01 10:00 +01:00", "%Y-%m-%d %H:%M %z", "2024-07-01 09:00:00+00"),
        ("2024-07-01 10:00 Z", "%Y-%m-%d %H:%M %z", "2024-07-01 10:00:00+00"),
        ("2024-07-01 10:00 +15:00", "%Y-%m-%d %H:%M %z", None),
        ("2024-07-01 10:00 ", "%Y-%m-%d %H:%M %z", None),
    ],
)
def test_a_local_time_becomes_utc_and_an_offset_prevails(
    connection: duckdb.DuckDBPyConnection, text: str, form: str, expected: str | None
) -> None:
    assert moment(connection, text, form, zone="Europe/Paris") == expected


DAY_FORMATS = ["%Y-%m-%d", "%d.%m.%Y", "%Y%m%d", "%Y/%j", "%-d/%-m/%Y", "%d %B %Y", "%b %d %Y"]


@settings(max_examples=examples(25, 60))
@given(day=st.dates(min_value=date(1000, 1, 1)), form=st.sampled_from(DAY_FORMATS))
def test_a_day_that_a_format_wrote_is_read_back(
    connection: duckdb.DuckDBPyConnection, day: date, form: str
) -> None:
    text = day.strftime(form)
    expected = datetime(day.year, day.month, day.day).isoformat(" ")
    assert moment(connection, text, *DAY_FORMATS) == expected


@pytest.mark.parametrize("order", [("%Y%m%d", "%d/%m/%y"), ("%d/%m/%y", "%Y%m%d")])
def test_a_format_without_separators_leaves_values_of_its_length_to_others(
    connection: duckdb.DuckDBPyConnection, order: tuple[str, ...]
) -> None:
    for text in ("20240131", "31/01/24"):
        assert moment(connection, text, *order) == "2024-01-31 00:00:00"
    assert moment(connection, "3101/24/", *order) is None


def test_formats_whose_letters_fall_together_are_tried_in_order(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    assert moment(connection, "Mar 2024", "%b %Y", "Mar %Y") == "2024-03-01 00:00:00"
    assert moment(connection, "Mar 2024", "Mar %Y", "%b %Y") == "2024-01-01 00:00:00"
    assert moment(connection, "Apr 2024", "Mar %Y", "%b %Y") == "2024-04-01 00:00:00"
