"""Texts that are cast to types."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from tests.data.hostile import Case, values

NUMBER_LIKE = (
    " 1",
    "1 ",
    "1_000",
    "1,000",
    "1 000",
    "1\u00a0000",
    "(1)",
    "5%",
    "$1",
    "1 €",
    "0x1F",
    "१२",
    "１２",
    "−1",
    "1-",
    "--1",
    "+-1",
    "",
    "one",
    "1/2",
    "½",
    "²",
    "NaN",
    "inf",
    "Infinity",
    "null",
    "true",
)

NUMBERS = [
    values(
        "integer",
        "whole numbers",
        {"12": 12, "-7": -7, "+5": 5, "007": 7, "9223372036854775807": 9223372036854775807},
        [*NUMBER_LIKE, "1.0", "1e3", "9223372036854775808"],
    ),
    values(
        {"type": "integer", "zeros": True},
        "whole numbers with zeros after the point",
        {"1.0": 1, "12.00": 12, "7": 7, "-3.": -3},
        ["1.5", "1.01", "1e3", ".0", "1.0.0"],
    ),
    values(
        "decimal(12,2)",
        "decimals",
        {
            "1.5": Decimal("1.50"),
            "-0.05": Decimal("-0.05"),
            ".5": Decimal("0.50"),
            "1.500": Decimal("1.50"),
            "0012": Decimal("12.00"),
        },
        [*NUMBER_LIKE, "1.005", "1e3", "12345678901.00", "1.5.5", "."],
    ),
    values(
        {"type": "decimal(12,2)", "round": "half_even"},
        "decimals rounded to even",
        {
            "1.005": Decimal("1.00"),
            "1.015": Decimal("1.02"),
            "1.0050000000000000000000000000000000000000001": Decimal("1.01"),
            "-2.675": Decimal("-2.68"),
            "-2.665": Decimal("-2.66"),
            "0.9999": Decimal("1.00"),
            "3": Decimal("3.00"),
            ".125": Decimal("0.12"),
            "-0.001": Decimal("0.00"),
        },
        ["9999999999.995", "1,5", "1e-3", "x", ""],
    ),
    values(
        {"type": "decimal(12,2)", "round": "half_up"},
        "decimals rounded away from zero",
        {"1.005": Decimal("1.01"), "-1.005": Decimal("-1.01"), "1.0049": Decimal("1.00")},
    ),
    values(
        {"type": "integer", "round": "half_even"},
        "whole numbers rounded",
        {"0.5": 0, "1.5": 2, "-2.5": -2, "7": 7, "9223372036854775807.4": 9223372036854775807},
        ["9223372036854775807.5", "x"],
    ),
    values(
        {"type": "decimal(12,2)", "decimal": ",", "thousands": "."},
        "decimals of the continent",
        {
            "1.234,56": Decimal("1234.56"),
            "1234,5": Decimal("1234.50"),
            "-7": Decimal("-7.00"),
            "1.234.567": Decimal("1234567.00"),
        },
        ["1.5", "1,234.56", "12.34,56", "1.2345", "1,5,5", ".123", "1..234"],
    ),
    values(
        {"type": "integer", "thousands": ","},
        "thousands",
        {"1,234": 1234, "12": 12, "1,234,567": 1234567, "1234": 1234},
        ["1,23", ",123", "1,2345", "1234,567", "1,234.0"],
    ),
    values(
        {"type": "float", "decimal": ","},
        "floats with a decimal comma",
        {"1,5": 1.5, "2": 2.0, "1,5e3": 1500.0},
        ["1.5", "1,5,5"],
    ),
    values(
        {"type": "integer", "thousands": "\u00a0"},
        "thousands parted by no-break spaces",
        {"1\u00a0234": 1234},
        ["1 234"],
    ),
    values(
        "float",
        "floats",
        {
            "1.5": 1.5,
            "1e3": 1000.0,
            "-.5": -0.5,
            "5.": 5.0,
            "0.1": 0.1,
            "9007199254740992.0": 9007199254740992.0,
        },
        [
            *NUMBER_LIKE,
            "9007199254740993",
            "9007199254740993.0",
            "-9007199254740993.25",
            "1e400",
            "1e",
            "e3",
            "0x1p3",
        ],
    ),
    values(
        {"type": "float", "round": "half_even"},
        "floats that are rounded",
        {"9007199254740993": 9007199254740992.0, "1.5": 1.5},
        ["1e400", "x"],
    ),
    values(
        "decimal(38,0)",
        "decimals of 38 digits",
        {"9" * 38: Decimal("9" * 38), "-" + "9" * 38: Decimal("-" + "9" * 38)},
        ["1" + "0" * 38],
    ),
]

OTHERS = [
    values(
        "boolean",
        "booleans",
        {"true": True, "F": False, "Yes": True, "n": False, "1": True, "0": False},
        ["on", "off", "2", "ja", "да", "", " true", "T ", "yes!", "-1"],
    ),
    values("text", "texts", {" 1 ": " 1 ", "007": "007", "": "", "NULL": "NULL"}),
]

DATE_LIKE = (
    "2023-02-29",
    "2024-02-30",
    "2024-13-01",
    "2024-00-10",
    "2024-01-00",
    "24-01-31",
    "20240131",
    "2024/01/31",
    "31.01.2024",
    "20224-01-01",
    "0000-01-01",
    "0000-00-00",
    "-0044-03-15",
    "+2024-01-01",
    "infinity",
    "-infinity",
    "epoch",
    "today",
    "now",
    "2024-W05-3",
    "2024-031",
    "2024-01-31 ",
    " 2024-01-31",
    "2024-01-31T00:00:00",
    "45322",
    "２０２４-01-31",
    "2024‑01‑31",
    "2024-01-31 BC",
    "",
)

DATES = [
    values(
        "date",
        "dates",
        {
            "2024-02-29": date(2024, 2, 29),
            "0001-01-01": date(1, 1, 1),
            "2024-1-31": date(2024, 1, 31),
            "9999-12-31": date(9999, 12, 31),
        },
        DATE_LIKE,
    ),
    values(
        {"date": "%d/%m/%Y"},
        "dates by day",
        {"31/01/2024": date(2024, 1, 31)},
        ["01/31/2024", "30/02/2024", "31/01/24", "1/2/2024 x", "2024-01-31", "00/01/2024"],
    ),
    values(
        {"date": "%d/%m/%y"},
        "years of two digits",
        {"31/01/68": date(2068, 1, 31), "31/01/69": date(1969, 1, 31)},
        ["31/01/2024", "30/02/24"],
    ),
    values(
        {"date": "%d/%m/%Y %H:%M"},
        "dates with a time of day",
        {"31/01/2024 00:00": date(2024, 1, 31)},
        ["31/01/2024 00:01", "31/01/2024 23:59", "31/01/2024"],
    ),
    values(
        {"date": "iso", "truncate": True},
        "dates without their time of day",
        {"2024-01-31T23:59:59.999999": date(2024, 1, 31), "2024-01-31": date(2024, 1, 31)},
        ["2024-01-31T24:00:00", "2024-01-31T10:00Z", "infinity"],
    ),
    values(
        {"date": ["%Y-%m-%d", "%b %d, %Y"]},
        "dates by two formats",
        {"2024-01-31": date(2024, 1, 31), "Jan 31, 2024": date(2024, 1, 31)},
        ["Feb 30, 2024", "janv. 31, 2024"],
    ),
    values(
        "timestamp",
        "timestamps",
        {
            "2024-01-31 12:30:00": datetime(2024, 1, 31, 12, 30),
            "2024-01-31T12:30": datetime(2024, 1, 31, 12, 30),
            "2024-01-31": datetime(2024, 1, 31),
            "2024-01-31 12:30:00.123456": datetime(2024, 1, 31, 12, 30, 0, 123456),
        },
        [
            "2024-01-31 24:00:00",
            "2024-01-31 12:60",
            "2024-01-31 12:30:61",
            "2024-01-31T12:30:00Z",
            "2024-01-31 12:30:00+01:00",
            "2024-01-31 12:30:00.1234567",
            "20224-01-01 00:00:00",
            "infinity",
            "now",
            "1706700000",
            "",
        ],
    ),
    values(
        {"timestamp": "iso", "timezone": "Europe/Paris"},
        "timestamps of a zone",
        {
            "2024-07-01 12:00:00": datetime(2024, 7, 1, 10, tzinfo=UTC),
            "2024-01-01 12:00:00": datetime(2024, 1, 1, 11, tzinfo=UTC),
            "2024-01-01T12:00:00Z": datetime(2024, 1, 1, 12, tzinfo=UTC),
            "2024-10-27 02:30:00": datetime(2024, 10, 27, 1, 30, tzinfo=UTC),
        },
        ["2024-01-01 12:00:00 CET", "2024-01-01 12:00:00+99:00", "x"],
    ),
    values(
        {"timestamp": "iso", "timezone": "UTC"},
        "timestamps at the end of time",
        {"9999-12-31 23:59:59": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)},
        ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "10000-01-01 00:00:00"],
    ),
]

DATES += [
    values(
        {"timestamp": "%Y-%m-%d %H:%M:%S%z"},
        "timestamps with an offset",
        {
            "2024-01-31 12:00:00+01:00": datetime(2024, 1, 31, 11, tzinfo=UTC),
            "2024-01-31 12:00:00Z": datetime(2024, 1, 31, 12, tzinfo=UTC),
        },
        ["2024-01-31 12:00:00+99:00", "2024-01-31 12:00:00-15:00", "2024-01-31 12:00:00"],
    ),
]

CASES: list[Case] = [*NUMBERS, *OTHERS, *DATES]
