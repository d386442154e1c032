from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from medallion import plugins
from medallion.errors import StepError
from medallion.testing import apply_transform

ISO_OR_FRENCH = {"date": ["%Y-%m-%d", "%d/%m/%Y"]}


def cast(target: object, values: list[Any], kind: pa.DataType | None = None) -> list[Any]:
    """What each value became: "refused" when its row was quarantined, with everything said about it checked."""
    step = plugins.build(plugins.TRANSFORMS, {"cast": {"a": target}})
    table = pa.table({"a": pa.array(values, kind or pa.string()), "position": range(len(values))})
    made = apply_transform(step, table)
    read = {row["position"]: row["a"] for row in made.rows}
    assert len(made.rows) + len(made.set_aside) == len(values)
    for position, fate, rule, column, value in made.set_aside:
        assert (fate, rule, column) == ("quarantined", "cast", "a")
        assert values[position] is not None
        if isinstance(values[position], str):
            assert value == values[position]
    return [read.get(position, "refused") for position in range(len(values))]


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
def test_what_is_read(target: object, readings: dict[str | None, Any]):
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
def test_what_is_refused_and_never_becomes_null(target: object, values: list[str]):
    assert cast(target, values) == ["refused"] * len(values)


def test_formats_are_tried_in_order():
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


def test_timestamps_are_kept_in_utc_when_a_zone_is_known():
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
):
    assert cast(target, values, kind) == read


def test_a_row_is_set_aside_once_for_its_first_fault():
    step = plugins.build(plugins.TRANSFORMS, {"cast": {"a": "integer", "b": "date"}})
    made = apply_transform(
        step, [{"a": "x", "b": "y"}, {"a": "1", "b": "y"}, {"a": "1", "b": "2024-01-05"}]
    )
    assert made.set_aside == [
        (0, "quarantined", "cast", "a", "x"),
        (1, "quarantined", "cast", "b", "y"),
    ]
    assert made.rows == [{"a": 1, "b": date(2024, 1, 5)}]
    assert made.types == {"a": "int64", "b": "date"}


def test_columns_that_cannot_be_cast_at_all():
    with pytest.raises(StepError, match="'a': date cannot be read as int64"):
        cast("integer", [date(2024, 1, 1)], pa.date32())
    with pytest.raises(StepError, match="no column 'a'"):
        apply_transform(plugins.build(plugins.TRANSFORMS, {"cast": {"a": "text"}}), [{"b": 1}])


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("decimel(12,2)", "did you mean 'decimal'"),
        ("int", "is not a known type"),
        ("decimal", r"such as decimal\(12,2\)"),
        ("decimal(2,3)", "1 to 38 digits"),
        ("decimal(39,2)", "1 to 38 digits"),
        ("date(3)", "is not a known type"),
        (3, "valid string"),
        ({"date": []}, "at least one format"),
        ({"date": "%d/%m"}, "no year"),
        ({"date": "%Y-%d"}, "without its month"),
        ({"timestamp": "%Y-%m-%d %I:%M"}, "half of the day"),
        ({"date": "%Y-%q"}, "'%q' is not a known directive"),
        ({"date": "%Y%"}, "'%' is not a known directive"),
        ({"date": "%Y-%m-%d %d"}, "has the day twice"),
        ({"date": "%Y-%m-%d%z"}, "use `timestamp`"),
        ({"date": "%Y", "timestamp": "%Y"}, "either `date` or `timestamp`"),
        ({"date": "%Y", "timezone": "UTC"}, "no time zone"),
        ({"timestamp": "iso", "timezone": "Europe/Pari"}, "did you mean 'Europe/Paris'"),
        ({"timestamp": ["iso", "%Y-%m-%d%z"]}, "give the `timezone`"),
        ({"dates": "%Y"}, "dates"),
    ],
)
def test_wrong_types_and_formats_are_found_before_any_work(target: object, message: str):
    with pytest.raises(ValidationError, match=message) as caught:
        plugins.build(plugins.TRANSFORMS, {"cast": {"a": target}})
    assert caught.value.error_count() == 1 or target == {"dates": "%Y"}


@settings(max_examples=50)
@given(st.lists(st.text(st.sampled_from("0123456789+-._ eE\n")), min_size=1, max_size=40))
@example(["0" * 60 + "12", "9223372036854775808", "-9223372036854775808", "1234567890" * 2])
def test_whole_numbers_are_read_exactly_or_not_at_all(values: list[str]):
    def expected(text: str) -> object:
        fits = re.fullmatch(r"[+-]?[0-9]+", text) and -(2**63) <= int(text) < 2**63
        return int(text) if fits else "refused"

    assert cast("integer", values) == [expected(text) for text in values]


@settings(max_examples=50)
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


@settings(max_examples=50)
@given(
    st.lists(st.dates(min_value=date(1000, 1, 1)), min_size=1, max_size=20),
    st.lists(st.text("0129-/ ", max_size=11)),
)
def test_dates_come_back_and_nothing_else_does(days: list[date], others: list[str]):
    def expected(text: str) -> object:
        found = re.fullmatch(r"(\d{4})-(\d\d?)-(\d\d?)|(\d\d?)/(\d\d?)/(\d{4})", text)
        numbers = [int(part) for part in found.groups() if part] if found else []
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
@settings(max_examples=60, deadline=None)
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
    exact = pa.decimal128(10, 3)
    values = [Decimal("1.005"), Decimal("1.015")]
    assert cast({"type": "decimal(9,2)", "round": "half_even"}, values, exact) == [
        Decimal("1.00"),
        Decimal("1.02"),
    ]


@pytest.mark.parametrize(
    "target",
    [
        {"type": "date", "decimal": ","},
        {"type": "integer", "decimal": ",,"},
        {"type": "integer", "decimal": "-"},
        {"type": "integer", "decimal": ",", "thousands": ","},
        {"type": "float", "round": "half_up"},
        {"type": "decimal(12,2)", "zeros": True},
        {"type": "decimal(12,2)", "round": "up"},
    ],
)
def test_settings_of_numbers_that_cannot_be(target: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        plugins.build(plugins.TRANSFORMS, {"cast": {"a": target}})


TRUNCATED = {"date": "iso", "truncate": True}
LATE = datetime(2024, 1, 5, 23, 59, 59, 999999)
NANOS = 1_704_499_199_999_999_999  # 2024-01-05 23:59:59.999999999


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


NUMBER_TYPES = [pa.int8(), pa.int32(), pa.int64(), pa.uint64(), pa.float32(), pa.float64(), pa.decimal128(38, 18),
                pa.decimal128(12, 2), pa.decimal128(38, 0)]  # fmt: skip
MOMENT_TYPES = [
    pa.date32(),
    *(pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")),
    pa.timestamp("us", "UTC"),
]
NUMBER_TARGETS = ["integer", "float", "decimal(12,2)", "decimal(38,0)", "decimal(38,20)"]
MOMENT_TARGETS = ["date", "timestamp", {"timestamp": "iso", "timezone": "UTC"}]
INTEGERS = {pa.int8(): 2**7, pa.int32(): 2**31, pa.int64(): 2**63}


def values_of(kind: pa.DataType) -> st.SearchStrategy[Any]:
    """Values of a type, many of them near where others end."""
    if kind in INTEGERS:
        return st.integers(-INTEGERS[kind], INTEGERS[kind] - 1) | st.integers(-100, 100)
    if pa.types.is_unsigned_integer(kind):
        return st.integers(0, 2**64 - 1)
    if pa.types.is_floating(kind):
        width = kind.bit_width
        return (
            st.floats(width=width, allow_nan=False)
            | st.integers(-(2**24), 2**24).map(float)
            | st.sampled_from([0.5, -1.25])
        )
    if pa.types.is_decimal(kind):
        most = 10**kind.precision - 1
        return st.integers(-most, most).map(
            lambda number: Decimal(number).scaleb(-kind.scale)
        ) | st.just(Decimal(7))
    if pa.types.is_date(kind):
        return st.dates()
    days = st.dates(date(1700, 1, 1), date(2200, 1, 1)).map(
        lambda day: day.toordinal() - date(1970, 1, 1).toordinal()
    )
    unit = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
    return st.tuples(days, st.just(0) | st.integers(0, 86400 * unit - 1)).map(
        lambda part: part[0] * 86400 * unit + part[1]
    )


def exact(value: Any, kind: pa.DataType) -> object:
    """What a value is, whatever type it has: a number, or nanoseconds since 1970."""
    if pa.types.is_timestamp(kind):
        return value * {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[kind.unit]
    return (
        value
        if isinstance(value, float) and value in (float("inf"), float("-inf"))
        else Fraction(value)
    )


def moment(value: date) -> int:
    """A date or time as nanoseconds since 1970."""
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    return (moment.replace(tzinfo=None) - datetime(1970, 1, 1)) // timedelta(microseconds=1) * 1000


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_value_survives_its_cast_or_is_refused(data: st.DataObject) -> None:
    kind, targets = data.draw(
        st.sampled_from(
            [(each, NUMBER_TARGETS) for each in NUMBER_TYPES]
            + [(each, MOMENT_TARGETS) for each in MOMENT_TYPES]
        )
    )
    target = data.draw(st.sampled_from(targets))
    values = data.draw(st.lists(values_of(kind), min_size=1, max_size=20))
    step = plugins.build(plugins.TRANSFORMS, {"cast": {"a": target}})
    applied = apply_transform(
        step, pa.table({"a": pa.array(values, kind), "position": range(len(values))})
    )
    refused = {position for position, *_ in applied.set_aside}
    assert len(applied.rows) + len(refused) == len(values)
    for row in applied.rows:
        before, after = values[row["position"]], row["a"]
        if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
            wanted = moment(before) if pa.types.is_date(kind) else exact(before, kind)
            assert moment(after) == wanted
        elif isinstance(after, float) and pa.types.is_decimal(kind):
            assert Decimal(repr(after)) == before
        elif isinstance(after, Decimal) and pa.types.is_floating(kind):
            assert pa.scalar(float(after), kind).as_py() == pa.scalar(before, kind).as_py()
        else:
            assert exact(after, pa.float64()) == exact(before, kind)
