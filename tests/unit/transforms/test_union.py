from __future__ import annotations

import pytest

from medallion.errors import StepError
from medallion.plugins import TRANSFORMS, build
from medallion.testing import apply_transform
from medallion.transforms.union import Union


def test_rows_are_appended_by_column_name_and_what_one_lacks_is_null():
    outcome = apply_transform(
        Union(with_=["b", "c"]),
        [{"x": 1, "y": "a"}],
        b=[{"y": "b", "x": 2}],
        c=[{"x": 3, "z": True}],
    )
    assert outcome.rows == [
        {"x": 1, "y": "a", "z": None},
        {"x": 2, "y": "b", "z": None},
        {"x": 3, "y": None, "z": True},
    ]


def test_origins_are_carried_and_row_numbers_are_not():
    import duckdb

    from medallion.contracts import Inputs

    connection = duckdb.connect()
    rows = connection.sql("select 1::bigint as _row, 5::bigint as _origin, 'a' as x")
    other = connection.sql("select 1::bigint as _row, 6::bigint as _origin, 'b' as x")
    made = Union(with_="b").apply(rows, Inputs(connection, {"b": other}))
    assert made.columns == ["_origin", "x"]
    assert made.fetchall() == [(5, "a"), (6, "b")]


def test_kinds_that_do_not_mix_are_refused():
    with pytest.raises(StepError, match="column 'x' is int64 here and text in b"):
        apply_transform(Union(with_="b"), [{"x": 1}], b=[{"x": "1"}])


def test_numbers_mix():
    assert apply_transform(Union(with_="b"), [{"x": 1}], b=[{"x": 0.5}]).rows == [
        {"x": 1.0},
        {"x": 0.5},
    ]


def test_as_written_in_yaml_it_reads_tables_by_full_name():
    assert build(TRANSFORMS, {"union": "silver.returns"}).reads() == ("silver.returns",)
    assert build(TRANSFORMS, {"union": ["north", "silver.south"]}).reads() == ("silver.south",)
    assert build(TRANSFORMS, {"union": {"with": "north"}}).reads() == ()
