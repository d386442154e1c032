from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.example_counts import examples

from medallion import plugins
from medallion.errors import StepError
from medallion.testing import apply_transform


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


@settings(max_examples=examples(25, 60), deadline=None)
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
