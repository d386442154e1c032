from __future__ import annotations

from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.example_counts import examples

from medallion import plugins
from medallion.contracts import Inputs
from medallion.errors import StepError
from medallion.testing import apply_transform
from medallion.transforms.deduplicate import Deduplicate


def test_exact_and_conflicting_duplicates_are_told_apart():
    rows = [
        {"k": "a", "v": 1},
        {"k": "a", "v": 2},
        {"k": "b", "v": None},
        {"k": "b", "v": None},
        {"k": "a", "v": 2},
    ]
    made = apply_transform(plugins.build(plugins.TRANSFORMS, {"deduplicate": "k"}), rows)
    assert made.rows == [{"k": "b", "v": None}, {"k": "a", "v": 2}]
    assert made.set_aside == [
        (0, "deduplicated", "conflicting duplicate", "k", "a"),
        (1, "deduplicated", "exact duplicate", "k", "a"),
        (2, "deduplicated", "exact duplicate", "k", "b"),
    ]


def test_a_key_of_several_columns():
    rows = [{"k": 1, "d": "x", "v": 1}, {"k": 1, "d": "y", "v": 2}, {"k": 1, "d": "x", "v": 3}]
    step = plugins.build(plugins.TRANSFORMS, {"deduplicate": {"key": ["k", "d"], "keep": "first"}})
    assert step.key() == ("k", "d")
    assert apply_transform(step, rows).set_aside == [
        (2, "deduplicated", "conflicting duplicate", "k, d", "1, x")
    ]


def test_rows_without_a_whole_key_are_no_duplicates():
    rows = [{"k": None, "d": "x"}, {"k": None, "d": "x"}, {"k": 1, "d": None}, {"k": 1, "d": None}]
    assert apply_transform(Deduplicate(key=("k", "d")), rows).rows == rows


@pytest.mark.parametrize(
    ("keep", "order_by", "kept"),
    [
        ("first", (), 0),
        ("last", (), 4),
        ("first", ("t",), 2),
        ("last", ("t",), 3),
        ("first", ("-t",), 1),
        ("last", ("-t",), 2),
        ("last", ("t", "-u"), 1),
    ],
)
def test_which_row_stays(keep: Any, order_by: tuple[str, ...], kept: int):
    rows = [
        {"k": 1, "t": None, "u": 0},
        {"k": 1, "t": 9, "u": 1},
        {"k": 1, "t": 3, "u": 2},
        {"k": 1, "t": 9, "u": 3},
        {"k": 1, "t": None, "u": 4},
    ]
    made = apply_transform(Deduplicate(key=("k",), keep=keep, order_by=order_by), rows)
    assert made.rows == [rows[kept]]


@pytest.mark.parametrize("keep", ["first", "last"])
def test_many_threads_keep_exactly_the_first_or_the_last(keep: Any):
    connection = duckdb.connect(config={"threads": 8, "preserve_insertion_order": False})
    connection.execute(
        "create table data as select i as _row, i as _origin, (i * 7919) % 60000 as k, i % 3 as v "
        "from range(200000) t(i)"
    ).fetchall()
    rows = connection.table("data").order("hash(_row)")
    aside = Deduplicate(key=("k",), keep=keep).set_aside(rows, Inputs(connection))
    aside.create("aside")
    best = "min" if keep == "first" else "max"
    wrong = connection.sql(
        f"select * from data anti join aside using (_row) where _row not in (select {best}(_row) from data group by k)"
    )
    assert wrong.fetchall() == []
    assert connection.sql("select count(*), count(distinct _row) from aside").fetchall() == [
        (140000, 140000)
    ]


def test_missing_columns_and_wrong_settings():
    for step in (Deduplicate(key=("x",)), Deduplicate(key=("k",), order_by=("-x",))):
        with pytest.raises(StepError, match="no column 'x'"):
            apply_transform(step, [{"k": 1}])
    for wrong in ({}, {"key": []}, {"key": "k", "keep": "best"}):
        with pytest.raises(ValidationError):
            Deduplicate.model_validate(wrong)


Rows = st.lists(
    st.fixed_dictionaries({"k": st.none() | st.integers(0, 3), "v": st.none() | st.integers(0, 2)}),
    min_size=1,
    max_size=30,
)


@settings(max_examples=examples(20, 60))
@given(Rows, st.sampled_from(["first", "last"]))
def test_each_key_stays_once_and_every_row_is_accounted_for(rows: list[dict[str, Any]], keep: Any):
    import pyarrow as pa

    table = pa.Table.from_pylist(rows, pa.schema([("k", pa.int64()), ("v", pa.int64())]))
    made = apply_transform(Deduplicate(key=("k",), keep=keep), table)
    turned = rows if keep == "first" else rows[::-1]
    best = {row["k"]: row["v"] for row in reversed(turned)}
    assert {row["k"]: row["v"] for row in made.rows if row["k"] is not None} == {
        k: v for k, v in best.items() if k is not None
    }
    assert len(made.rows) + len(made.set_aside) == len(rows)
    for position, _, rule, _, value in made.set_aside:
        assert value == str(rows[position]["k"])
        assert (rule == "exact duplicate") == (rows[position]["v"] == best[rows[position]["k"]])
