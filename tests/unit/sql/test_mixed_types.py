"""Values of two columns in `union`, `unpivot`, `join` and `references`: exact, or refused with both types."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medallion.errors import StepError
from medallion.expectations.references import References
from medallion.sql.expressions import explained
from medallion.testing.steps import apply_transform, violations
from medallion.transforms.join import Join
from medallion.transforms.union import Union
from medallion.transforms.unpivot import Unpivot
from tests.example_counts import examples

ODD = 9_007_199_254_740_993
D = Decimal


def union(one: Any, other: Any) -> tuple[str, list[Any]]:
    with explained("run"):
        found = apply_transform(
            Union(**{"with": "b"}), pa.table({"x": one}), b=pa.table({"x": other})
        )
    return found.types["x"], [row["x"] for row in found.rows]


@pytest.mark.parametrize(
    ("one", "other", "kept"),
    [
        (pa.array([1]), pa.array([0.5]), ("float64", [1.0, 0.5])),
        (
            pa.array([1], pa.int8()),
            pa.array([2**64 - 1], pa.uint64()),
            ("decimal(20,0)", [D(1), D(2**64 - 1)]),
        ),
        (
            pa.array([D(12)], pa.decimal128(38, 0)),
            pa.array([D("0.25")], pa.decimal128(38, 10)),
            ("decimal(38,10)", [D(12), D("0.25")]),
        ),
        (
            pa.array([dt.date(2024, 1, 2)]),
            pa.array([dt.datetime(2024, 1, 2, 3)]),
            ("timestamp", [dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 2, 3)]),
        ),
        (pa.nulls(1), pa.array(["x"]), ("text", [None, "x"])),
        (
            pa.array([{"a": 1}]),
            pa.array([{"b": "y"}]),
            ("struct<a: int64, b: text>", [{"a": 1, "b": None}, {"a": None, "b": "y"}]),
        ),
    ],
)
def test_union_keeps_values(one: Any, other: Any, kept: tuple[str, list[Any]]) -> None:
    assert union(one, other) == kept


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (
            pa.array([ODD]),
            pa.array([0.5]),
            f"'x' is int64 here, and float64 with the others: {ODD} does not fit",
        ),
        (
            pa.array([0.5]),
            pa.array([2**63 - 1]),
            "'x' is int64 in b, and float64 with the others: 9223372036854775807",
        ),
        (
            pa.array([D(10**37)], pa.decimal128(38, 0)),
            pa.array([D("0.25")], pa.decimal128(38, 10)),
            "does not fit dec",
        ),
        (pa.array([0.5]), pa.array([D("0.1")]), r"'x' is float64 here and decimal\(1,1\) in b"),
        (pa.array([True]), pa.array([1]), "'x' is boolean here and int64 in b"),
        (pa.array(["1"]), pa.array([1]), "'x' is text here and int64 in b"),
        (pa.array([[1]]), pa.array([["a"]]), r"'x' is list<int64> here and list<text> in b"),
        (pa.array([[ODD]]), pa.array([[0.5]]), r"'x' is list<int64> here and list<float64> in b"),
        (
            pa.array([dt.datetime(2024, 1, 1)]),
            pa.array([dt.datetime(2024, 1, 1, tzinfo=dt.UTC)]),
            "timestamptz",
        ),
    ],
)
def test_union_refuses_what_no_type_holds(one: Any, other: Any, message: str) -> None:
    with pytest.raises(StepError, match=message):
        union(one, other)


def test_union_names_the_tables_of_two_types_that_do_not_mix() -> None:
    tables = {"b": pa.table({"x": [1]}), "c": pa.table({"x": ["a"]})}
    with pytest.raises(StepError, match="column 'x' is int64 here and text in c"):
        apply_transform(Union(**{"with": ["b", "c"]}), pa.table({"x": [1]}), **tables)


def test_unpivot_keeps_values() -> None:
    step = Unpivot(columns=["a", "b"])
    found = apply_transform(step, pa.table({"a": [1], "b": [0.5]}))
    assert [row["value"] for row in found.rows] == [1.0, 0.5]
    with pytest.raises(StepError, match=f"{ODD} does not fit float64"), explained("run"):
        apply_transform(step, pa.table({"a": [ODD], "b": [0.5]}))
    with pytest.raises(StepError, match="text in 'a' and int64 in 'b'"):
        apply_transform(step, pa.table({"a": ["x"], "b": [1]}))


KEYS = [
    (
        pa.array([ODD - 1, ODD, 3]),
        pa.array([float(ODD - 1), 3.0, 0.5, float("nan"), float("inf")]),
        [ODD - 1, 3],
    ),
    (pa.array([2**63 - 1]), pa.array([float(2**63)]), []),
    (pa.array([1, 2], pa.uint8()), pa.array([1, -1], pa.int64()), [1]),
    (pa.array([2**64 - 1, 1], pa.uint64()), pa.array([-1, 1]), [1]),
    (
        pa.array([D(1), D(10**37)], pa.decimal128(38, 0)),
        pa.array([D(1), D("1.5")], pa.decimal128(38, 10)),
        [D(1)],
    ),
    (
        pa.array([D("0.10"), D("0.30")], pa.decimal128(5, 2)),
        pa.array([0.1, 0.30000000000000004]),
        [D("0.10")],
    ),
    (
        pa.array([dt.date(2024, 1, 1), dt.date(2024, 1, 2)]),
        pa.array([dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 2, 1)]),
        [dt.date(2024, 1, 1)],
    ),
    (pa.array(["a", "b"]), pa.array(["a", "c"]).dictionary_encode(), ["a"]),
]


@pytest.mark.parametrize(("one", "other", "equal"), KEYS)
def test_keys_match_where_they_are_the_same_value(one: Any, other: Any, equal: list[Any]) -> None:
    for how in ("semi", "inner"):
        step = Join(**{"with": "b", "on": "x", "how": how})
        found = apply_transform(step, pa.table({"x": one}), b=pa.table({"x": other}))
        assert [row["x"] for row in found.rows] == equal
        assert len(found.set_aside) == len(one) - len(equal)
    broken = violations(
        References(targets={"x": "b.x"}), pa.table({"x": one}), b=pa.table({"x": other})
    )
    assert [row for row, *_ in broken] == [
        n for n, value in enumerate(one.to_pylist()) if value not in equal
    ]
    back = violations(
        References(targets={"x": "b.x"}), pa.table({"x": other}), b=pa.table({"x": one})
    )
    assert len(back) == len(other) - len(equal)


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (pa.array(["1"]), pa.array([1]), "text here and int64 in b, which do not compare"),
        (pa.array([[1]]), pa.array([[1.0]]), r"list<int64> here and list<float64> in b"),
        (pa.array([True]), pa.array([1]), "boolean here and int64 in b"),
        (pa.array([dt.date(2024, 1, 1)]), pa.array(["2024-01-01"]), "date here and text in b"),
    ],
)
def test_keys_that_do_not_compare(one: Any, other: Any, message: str) -> None:
    with pytest.raises(StepError, match=message):
        apply_transform(
            Join(**{"with": "b", "on": "x"}), pa.table({"x": one}), b=pa.table({"x": other})
        )
    with pytest.raises(StepError, match=message):
        violations(References(targets={"x": "b.x"}), pa.table({"x": one}), b=pa.table({"x": other}))


WHOLE = st.one_of(
    st.integers(-5, 5), st.integers(2**53 - 2, 2**53 + 2), st.integers(-(2**63), 2**63 - 1)
)
COLUMNS = st.one_of(
    st.tuples(st.just(pa.int64()), st.lists(WHOLE, max_size=4)),
    st.tuples(st.just(pa.int8()), st.lists(st.integers(-128, 127), max_size=4)),
    st.tuples(
        st.just(pa.uint64()), st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=4)
    ),
    st.tuples(
        st.just(pa.float64()), st.lists(WHOLE.map(float) | st.floats(allow_nan=False), max_size=4)
    ),
    st.tuples(st.just(pa.float32()), st.lists(st.floats(width=32, allow_nan=False), max_size=4)),
    st.tuples(st.just(pa.decimal128(38, 0)), st.lists(WHOLE.map(D), max_size=4)),
    st.tuples(
        st.just(pa.decimal128(38, 10)),
        st.lists(st.integers(-9, 9).map(D) | st.just(D("0.25")), max_size=4),
    ),
    st.tuples(st.just(pa.string()), st.lists(st.sampled_from(["1", "a", ""]), max_size=4)),
    st.tuples(st.just(pa.bool_()), st.lists(st.booleans(), max_size=4)),
    st.tuples(st.just(pa.date32()), st.lists(st.dates(), max_size=4)),
    st.tuples(st.just(pa.timestamp("us")), st.lists(st.datetimes(), max_size=4)),
)


@settings(max_examples=examples(30, 150))
@given(COLUMNS, COLUMNS)
def test_any_union_keeps_values_or_fails(
    one: tuple[Any, list[Any]], other: tuple[Any, list[Any]]
) -> None:
    arrays = [pa.array(values, type_) for type_, values in (one, other)]
    try:
        _, kept = union(*arrays)
    except StepError as error:
        refusal = error.message
    else:
        refusal = ""
    if refusal:
        assert "'x' is " in refusal
        return
    values = [*one[1], *other[1]]
    dates = [
        dt.datetime.combine(v, dt.time()) if type(v) is dt.date and type(k) is dt.datetime else v
        for v, k in zip(values, kept, strict=True)
    ]
    assert kept == dates


@settings(max_examples=examples(30, 150))
@given(COLUMNS, COLUMNS)
def test_any_join_matches_equal_values_alone_or_fails(
    one: tuple[Any, list[Any]], other: tuple[Any, list[Any]]
) -> None:
    (left_type, left), (right_type, right) = one, other
    tables = [pa.table({"x": pa.array(values, type_)}) for type_, values in (one, other)]
    try:
        found = apply_transform(
            Join(**{"with": "b", "on": "x", "how": "semi"}), tables[0], b=tables[1]
        )
    except StepError as error:
        refusal = error.message
    else:
        refusal = ""
    if refusal:
        assert "the key 'x' is " in refusal
        return
    if left_type == pa.date32() != right_type:
        right = [
            value.date() if type(value) is dt.datetime and value.time() == dt.time() else value
            for value in right
        ]
    if right_type == pa.date32() != left_type:
        right = [dt.datetime.combine(value, dt.time()) for value in right]
    assert [row["x"] for row in found.rows] == [value for value in left if value in right]
