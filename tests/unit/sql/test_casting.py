"""Columns read as a type: every value is read exactly, or refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from medallion.errors import StepError
from medallion.sql.casting import DateFormats, read
from medallion.sql.expressions import prepare
from medallion.sql.number_formats import Numbers
from tests.example_counts import examples

ISO_OR_FRENCH = {"date": ["%Y-%m-%d", "%d/%m/%Y"]}
TRUNCATED = {"date": "iso", "truncate": True}
LATE = datetime(2024, 1, 5, 23, 59, 59, 999999)
NANOS = 1_704_499_199_999_999_999  # 2024-01-05 23:59:59.999999999


def parsed(target: object) -> Any:
    if isinstance(target, Mapping):
        return (Numbers if "type" in target else DateFormats).model_validate(target)
    return target


@cache
def connection() -> duckdb.DuckDBPyConnection:
    """One connection for all examples, as opening one takes longer than a cast."""
    connection = duckdb.connect(config={"threads": 1})
    prepare(connection)
    return connection


def cast(target: object, values: list[Any], kind: pa.DataType | None = None) -> list[Any]:
    """What each value is read as; "refused" where it is refused, as NULL never is."""
    rows = connection().from_arrow(pa.table({"a": pa.array(values, kind or pa.string())}))
    reading = read(parsed(target), '"a"', rows.types[0])
    if reading is None:
        return values
    answers = rows.project(f"{reading.value}, {reading.refused}").fetchall()
    assert not any(
        refused for (_, refused), value in zip(answers, values, strict=True) if value is None
    )
    return ["refused" if refused else value for value, refused in answers]


def test_a_column_of_the_type_needs_no_sql() -> None:
    columns = "1::bigint, 1.5::decimal(12,2), 'x', 1.5::double"
    kinds = connection().sql(f"select {columns}").types
    targets = ["integer", "decimal( 12 , 2 )", "text", "float"]
    for target, kind in zip(targets, kinds, strict=True):
        assert read(target, '"a"', kind) is None
        assert read(target, '"a"', duckdb.type("smallint")) is not None


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("date", "date"),
        ("timestamp", "timestamp"),
        ({"timestamp": "iso", "timezone": "UTC"}, "timestamptz"),
    ],
)
def test_years_that_no_reader_supports_are_refused_in_a_column_of_the_type(
    target: object, kind: str
) -> None:
    texts = ("2024-01-31", "infinity", "-infinity", "20224-01-01", "9999-12-31", "0001-01-01")
    values = ", ".join(f"('{text}'::{kind})" for text in texts)
    rows = connection().sql(f"from (values {values}, (null)) as t(a)")
    reading = read(parsed(target), '"a"', rows.types[0])
    assert reading
    refused = rows.project(f"{reading.refused}, {reading.value} is not distinct from a")
    assert refused.fetchall() == [
        (text in ("infinity", "-infinity", "20224-01-01"), True) for text in (*texts, None)
    ]


def test_a_type_that_cannot_be_read_as_another_is_an_error() -> None:
    refused = [
        ("integer", [date(2024, 1, 1)], pa.date32(), "date cannot be read as int64"),
        ("date", [1.5], pa.float64(), "float64 cannot be read as date"),
        ("boolean", [1.5], pa.float64(), "float64 cannot be read as boolean"),
        ("decimal(5,1)", [b"1"], pa.binary(), r"binary cannot be read as decimal\(5,1\)"),
        ("integer", [[1]], pa.list_(pa.int64()), "list<int64> cannot be read as int64"),
    ]
    for target, values, kind, message in refused:
        with pytest.raises(StepError, match=message) as caught:
            cast(target, values, kind)
        assert caught.value.hint == "`derive` the column by an expression instead"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "either `date` or `timestamp`"),
        ({"date": [], "truncate": True}, "at least one format"),
        ({"date": "iso", "timezone": "UTC"}, "a date has no time zone"),
        ({"timestamp": ["iso", "%Y-%m-%d%z"]}, "some formats have an offset"),
    ],
)
def test_formats_that_contradict_each_other(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DateFormats.model_validate(settings)


@pytest.mark.parametrize(
    ("target", "readings"),
    [
        ("integer", {"12": 12, "-7": -7, "+5": 5, "007": 7, "9223372036854775807": 2**63 - 1, None: None}),
        ("decimal(12,2)", {"12": Decimal(12), "12.5": Decimal("12.50"), "12.500": Decimal("12.50"),
                           "-.5": Decimal("-0.5")}),
        ("decimal(2,2)", {"0.25": Decimal("0.25"), ".5": Decimal("0.50"), "0": Decimal(0)}),
        ("decimal(3,0)", {"999": Decimal(999), "12.0": Decimal(12), "0012.": Decimal(12)}),
        ("float", {"1.5": 1.5, "1e3": 1000.0, "-.5E-1": -0.05, "12": 12.0, None: None}),
        ("boolean", {"true": True, "T": True, "Yes": True, "y": True, "1": True, "FALSE": False, "f": False,
                     "no": False, "N": False, "0": False, None: None}),
        ("text", {"x": "x", None: None}),
        ("date", {"2024-02-29": date(2024, 2, 29), "0001-01-01": date(1, 1, 1), None: None}),
        ("timestamp", {"2024-01-05": datetime(2024, 1, 5), "2024-01-05T10:20": datetime(2024, 1, 5, 10, 20),
                       "2024-01-05 10:20:30.5": datetime(2024, 1, 5, 10, 20, 30, 500000)}),
        (ISO_OR_FRENCH, {"2024-01-05": date(2024, 1, 5), "05/01/2024": date(2024, 1, 5), "5/1/2024": date(2024, 1, 5)}),
    ],
)  # fmt: skip
def test_what_is_read(target: object, readings: dict[str | None, Any]) -> None:
    assert cast(target, list(readings)) == list(readings.values())


@pytest.mark.parametrize(
    ("target", "values"),
    [
        ("integer", ["1_000", " 12", "12 ", "1e3", "1.9", "1.0", "0x1F", "", "nan", "-", "9223372036854775808", "x"]),
        ("decimal(12,2)", ["12.345", "1_0", "1e3", "nan", "inf", " 1", "1 ", "1,5", "", ".", "12345678901", "12.5.1"]),
        ("decimal(2,2)", ["1", "0.123"]),
        ("float", ["nan", "inf", "-Infinity", "1e999", "1_0", " 1", "", "0x1p3", "."]),
        ("boolean", ["2", "on", "", " true", "vrai"]),
        ("date", ["05/01/2024", "2024-02-30", "24-01-05", " 2024-01-05", "2024-01-05 ", "2024-01-05T10:00", "epoch",
                  "infinity", "", "12024-01-05", "0000-01-01", " 024-01-05", "2024-01-5 "]),
        ("timestamp", ["2024-01-05T10", "2024-01-05T24:00", "2024-01-05T10:00Z", "2024-02-30T10:00", "now", "epoch",
                       "inf", "0000-12-31 10:00"]),
        ({"timestamp": "iso", "timezone": "Europe/Paris"}, ["0001-01-01 00:00:00"]),
        (ISO_OR_FRENCH, ["30/02/2024", "01/13/2024", "1/2/24", "01/02/0x24", "05-01-2024", " 1/02/2024", "2024/01/05"]),
        ({"date": "%Y%m%d"}, ["infinity", "2024010", "20240132", "2024-1-5", "2024105"]),
    ],
)  # fmt: skip
def test_what_is_refused_and_never_becomes_null(target: object, values: list[str]) -> None:
    assert cast(target, values) == ["refused"] * len(values)


def test_formats_are_tried_in_order() -> None:
    both = ["13/06/2024", "12/06/2024"]
    assert cast({"date": ["%d/%m/%Y", "%m/%d/%Y"]}, both) == [date(2024, 6, 13), date(2024, 6, 12)]
    assert cast({"date": ["%m/%d/%Y", "%d/%m/%Y"]}, both) == [date(2024, 6, 13), date(2024, 12, 6)]
    assert cast({"date": ["%-d/%-m/%Y", "%m/%d/%Y"]}, both) == [
        date(2024, 6, 13),
        date(2024, 6, 12),
    ]
    mixed = ["5 March 2024", "05-mar-24", "2024.065", "50% 2024"]
    assert cast({"date": ["%d %B %Y", "%d-%b-%y", "%Y.%j", "50%% %Y"]}, mixed) == [
        date(2024, 3, 5)
    ] * 3 + [date(2024, 1, 1)]


def test_timestamps_are_kept_in_utc_when_a_zone_is_known() -> None:
    ten = datetime(2024, 7, 1, 8, 0, tzinfo=UTC)
    paris = {"timestamp": ["%d/%m/%Y %H:%M", "iso"], "timezone": "Europe/Paris"}
    assert (
        cast(
            paris,
            [
                "01/07/2024 10:00",
                "2024-07-01T10:00",
                "2024-07-01T08:00Z",
                "2024-07-01 11:00:00+0300",
            ],
        )
        == [ten] * 4
    )
    offset = {"timestamp": "%Y-%m-%dT%H:%M:%S%z"}
    assert cast(
        offset, ["2024-07-01T10:00:00+02:00", "2024-07-01T08:00:00Z", "2024-07-01T08:00:00"]
    ) == [
        ten,
        ten,
        "refused",
    ]


@pytest.mark.parametrize(
    ("target", "kind", "values", "read"),
    [
        ("integer", pa.int32(), [1, None], [1, None]),
        ("integer", pa.uint64(), [1, 2**63], [1, "refused"]),
        (
            "integer",
            pa.float64(),
            [1.0, 1.9, float("nan"), 1e30, None],
            [1, "refused", "refused", "refused", None],
        ),
        ("integer", pa.bool_(), [True, None], [1, None]),
        ("integer", pa.null(), [None], [None]),
        ("decimal(4,2)", pa.int64(), [12, 123], [Decimal(12), "refused"]),
        (
            "decimal(4,2)",
            pa.float64(),
            [1.25, 12.345, float("inf")],
            [Decimal("1.25"), "refused", "refused"],
        ),
        (
            "decimal(4,1)",
            pa.decimal128(6, 3),
            [Decimal("1.500"), Decimal("1.250")],
            [Decimal("1.5"), "refused"],
        ),
        ("float", pa.decimal128(6, 3), [Decimal("1.1"), None], [1.1, None]),
        ("boolean", pa.int64(), [1, 0, 2, None], [True, False, "refused", None]),
        ("text", pa.int64(), [1, None], ["1", None]),
        ("date", pa.timestamp("us"), [datetime(2024, 1, 5), None], [date(2024, 1, 5), None]),
        ("timestamp", pa.date32(), [date(2024, 1, 5)], [datetime(2024, 1, 5)]),
        (
            {"date": "%Y%m%d"},
            pa.int64(),
            [20240105, 20240230, None],
            [date(2024, 1, 5), "refused", None],
        ),
    ],
)
def test_columns_that_have_a_type_already(
    target: object, kind: pa.DataType, values: list[Any], read: list[Any]
) -> None:
    assert cast(target, values, kind) == read


@settings(max_examples=examples(25, 60))
@given(st.lists(st.text(st.sampled_from("0123456789+-._ eE\n")), min_size=1, max_size=40))
@example(["0" * 60 + "12", "9223372036854775808", "-9223372036854775808", "1234567890" * 2])
def test_whole_numbers_are_read_exactly_or_not_at_all(values: list[str]) -> None:
    def expected(text: str) -> object:
        fits = re.fullmatch(r"[+-]?[0-9]+", text) and -(2**63) <= int(text) < 2**63
        return int(text) if fits else "refused"

    assert cast("integer", values) == [expected(text) for text in values]


@settings(max_examples=examples(25, 60))
@given(
    st.lists(st.text(st.sampled_from("0159+-._ e")), min_size=1, max_size=40),
    st.integers(1, 6),
    st.data(),
)
@example(["0" * 60 + "1.1" + "0" * 60], 4, None)
def test_decimals_are_read_exactly_or_not_at_all(values: list[str], digits: int, data: Any):
    scale = data.draw(st.integers(0, digits)) if data else 2

    def expected(text: str) -> object:
        if not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", text):
            return "refused"
        number = Decimal(text)
        fits = abs(number) < 10 ** (digits - scale) and number * 10**scale % 1 == 0
        return number if fits else "refused"

    assert cast(f"decimal({digits},{scale})", values) == [expected(text) for text in values]


@settings(max_examples=examples(25, 60))
@given(
    st.lists(st.dates(min_value=date(1000, 1, 1)), min_size=1, max_size=20),
    st.lists(st.text("0129-/ ", max_size=11)),
)
def test_dates_come_back_and_nothing_else_does(days: list[date], others: list[str]) -> None:
    def expected(text: str) -> object:
        match = re.fullmatch(r"(\d{4})-(\d\d?)-(\d\d?)|(\d\d?)/(\d\d?)/(\d{4})", text)
        numbers = [int(part) for part in match.groups() if part] if match else []
        year, month, day = numbers[::-1] if "/" in text and numbers else numbers or (0, 0, 0)
        try:
            read = date(year, month, day)
        except ValueError:
            return "refused"
        return read if year >= 1000 or len(text) == 10 else "refused"

    values = [f"{day:%d/%m}/{day.year:04}" if day.day % 2 else day.isoformat() for day in days]
    assert cast(ISO_OR_FRENCH, values) == days
    assert cast(ISO_OR_FRENCH, [*others, "x"]) == [*map(expected, others), "refused"]


@pytest.mark.parametrize("rounding", ["half_even", "half_up"])
@given(
    text=st.from_regex(r"[+-]?[0-9]{0,12}(\.[0-9]{0,25})?", fullmatch=True).filter(
        lambda text: any(map(str.isdigit, text))
    )
)
@example(text="0.125")
@example(text="-0.135")
@example(text="0.12500000000000000000001")
@example(text="9999999999.995")
@settings(max_examples=examples(25, 60), deadline=None)
def test_rounding_is_that_of_decimals(rounding: str, text: str) -> None:
    wanted = Decimal(text).quantize(Decimal("0.01"), rounding=f"ROUND_{rounding.upper()}")
    fits = abs(wanted) < 10**10
    assert cast({"type": "decimal(12,2)", "round": rounding}, [text]) == [
        wanted if fits else "refused"
    ]


def test_floats_are_rounded_by_the_digits_they_are_written_with() -> None:
    values = [2.675, 1.005, 0.125, 1e-7, -1e20, float("nan"), None]
    rounded = cast({"type": "decimal(12,2)", "round": "half_up"}, values, pa.float64())
    assert rounded == [
        Decimal("2.68"),
        Decimal("1.01"),
        Decimal("0.13"),
        Decimal(0),
        "refused",
        "refused",
        None,
    ]
    assert cast({"type": "integer", "round": "half_even"}, [0.5, 1.5, 2.0], pa.float64()) == [
        0,
        2,
        2,
    ]
    small = {"type": "decimal(12,6)", "round": "half_up"}
    assert cast(small, [4.5e-6, 6.5e-6], pa.float64()) == [Decimal("0.000005"), Decimal("0.000007")]
    exact = pa.decimal128(10, 3)
    values = [Decimal("1.005"), Decimal("1.015")]
    assert cast({"type": "decimal(9,2)", "round": "half_even"}, values, exact) == [
        Decimal("1.00"),
        Decimal("1.02"),
    ]


@pytest.mark.parametrize(
    ("target", "kind", "values", "read"),
    [
        ("date", pa.timestamp("us"), [datetime(2024, 1, 5), LATE, None], [date(2024, 1, 5), "refused", None]),
        ("date", pa.timestamp("s"), [datetime(2024, 1, 5, 0, 0, 1)], ["refused"]),
        ("date", pa.timestamp("ms"), [datetime(2024, 1, 5)], [date(2024, 1, 5)]),
        ("date", pa.timestamp("ns"), [NANOS, None], ["refused", None]),
        ("date", pa.timestamp("us", "UTC"), [datetime(2024, 1, 5, tzinfo=UTC), LATE.replace(tzinfo=UTC)],
         [date(2024, 1, 5), "refused"]),
        (TRUNCATED, pa.timestamp("us"), [LATE, datetime(1, 1, 1, 1)], [date(2024, 1, 5), date(1, 1, 1)]),
        (TRUNCATED, pa.timestamp("ns"), [NANOS, -1, None], [date(2024, 1, 5), date(1969, 12, 31), None]),
        (TRUNCATED, pa.timestamp("us", "Europe/Paris"), [datetime(2024, 1, 5, 23, 30, tzinfo=UTC)],
         [date(2024, 1, 5)]),
        (TRUNCATED, None, ["2024-01-05T23:59:59.5", "2024-01-05", "2024-1-5", "2024-01-05T10:00Z", "x"],
         [date(2024, 1, 5)] * 3 + ["refused"] * 2),
        ({"date": "%d/%m/%Y %H:%M"}, None, ["05/01/2024 00:00", "05/01/2024 10:20"], [date(2024, 1, 5), "refused"]),
        ({"date": "%d/%m/%Y %H:%M", "truncate": True}, None, ["05/01/2024 10:20"], [date(2024, 1, 5)]),
        ("timestamp", pa.timestamp("ns"), [NANOS, NANOS - 999], ["refused", LATE]),
        ({"timestamp": "iso", "truncate": True}, pa.timestamp("ns"), [NANOS, -1],
         [LATE, datetime(1969, 12, 31, 23, 59, 59, 999999)]),
        ({"timestamp": "iso", "timezone": "UTC"}, pa.timestamp("ns"), [NANOS, NANOS - 999],
         ["refused", LATE.replace(tzinfo=UTC)]),
        ("timestamp", pa.timestamp("s"), [253402300800], ["refused"]),  # the year 10000
        ("date", pa.timestamp("s"), [253402300800], ["refused"]),
        ("timestamp", pa.date32(), [2**30], ["refused"]),
        ({"timestamp": "iso", "timezone": "UTC"}, pa.date32(), [2**30, 0],
         ["refused", datetime(1970, 1, 1, tzinfo=UTC)]),
        ("float", pa.int64(), [2**53, 2**53 + 1, 2**63 - 1, None], [2.0**53, "refused", "refused", None]),
        ("float", pa.uint64(), [2**63, 2**64 - 1], [2.0**63, "refused"]),
        ("float", pa.float32(), [0.5, float("inf")], [0.5, float("inf")]),
        ("float", pa.decimal128(38, 30), [Decimal("0.3"), Decimal("0.1234567890123456789")], [0.3, "refused"]),
        ("float", pa.decimal128(38, 0), [Decimal(10**15), Decimal(2**53 + 1), Decimal("9" * 38)],
         [1e15, "refused", "refused"]),
        ("integer", pa.decimal128(38, 20), [Decimal("999999999999999999.5"), Decimal("7")], ["refused", 7]),
        ("float", None, ["9007199254740993", "9007199254740993.5", "-9007199254740993.0", "9007199254740992"],
         ["refused", "refused", "refused", 2.0**53]),
        ("float", None, ["1e23", "0.1234567890123456789", "000000000000000000012.5", "1" * 400],
         [1e23, 0.12345678901234568, 12.5, "refused"]),
        ({"type": "float", "round": "half_even"}, None, ["9007199254740993", "1" * 400], [2.0**53, "refused"]),
        ({"type": "float", "round": "half_even"}, pa.int64(), [2**53 + 1, 2**53 + 3, None],
         [2.0**53, 2.0**53 + 4, None]),
        ({"type": "float", "round": "half_even"}, pa.decimal128(38, 0), [Decimal("9" * 38)], [1e38]),
    ],
)  # fmt: skip
def test_a_loss_is_refused_unless_it_is_asked_for(
    target: object, kind: pa.DataType | None, values: list[Any], read: list[Any]
) -> None:
    assert cast(target, values, kind) == read
