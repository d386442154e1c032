from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion.errors import StepError
from medallion.plugins import TRANSFORMS, build
from medallion.testing import apply_transform
from medallion.transforms.unpivot import Unpivot


def test_columns_become_rows_and_nulls_stay():
    step = build(
        TRANSFORMS, {"unpivot": {"columns": ["jan", "feb"], "name": "month", "value": "revenue"}}
    )
    outcome = apply_transform(
        step, [{"shop": "a", "jan": 1, "feb": None}, {"shop": "b", "jan": 3, "feb": 4}]
    )
    assert outcome.rows == [
        {"shop": "a", "month": "jan", "revenue": 1},
        {"shop": "a", "month": "feb", "revenue": None},
        {"shop": "b", "month": "jan", "revenue": 3},
        {"shop": "b", "month": "feb", "revenue": 4},
    ]


def test_default_names():
    assert apply_transform(Unpivot(columns="a"), [{"a": 1}]).rows == [{"metric": "a", "value": 1}]


def test_origin_is_carried():
    import duckdb

    from medallion.contracts import Inputs

    connection = duckdb.connect()
    rows = connection.sql("select 1::bigint as _row, 5::bigint as _origin, 1 as a, 2 as b")
    made = Unpivot(columns=["a", "b"]).apply(rows, Inputs(connection))
    assert made.columns == ["_origin", "metric", "value"]
    assert made.fetchall() == [(5, "a", 1), (5, "b", 2)]


def test_errors():
    with pytest.raises(StepError, match="int64 in 'a' and text in 'b'"):
        apply_transform(Unpivot(columns=["a", "b"]), [{"a": 1, "b": "x"}])
    with pytest.raises(StepError, match="two columns 'value'"):
        apply_transform(Unpivot(columns=["a"]), [{"a": 1, "value": 2}])
    with pytest.raises(StepError, match="no column 'c'"):
        apply_transform(Unpivot(columns=["c"]), [{"a": 1}])
    with pytest.raises(ValidationError, match="two columns 'x'"):
        Unpivot(columns=["a"], name="x", value="x")
