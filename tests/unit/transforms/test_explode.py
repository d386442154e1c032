from __future__ import annotations

import pytest

from medallion.errors import StepError
from medallion.testing import apply_transform
from medallion.transforms.explode import Explode


def test_each_item_of_a_list_becomes_a_row_and_rows_without_items_stay():
    rows = [
        {"id": 1, "tags": ["a", "b"]},
        {"id": 2, "tags": []},
        {"id": 3, "tags": None},
        {"id": 4, "tags": [None]},
    ]
    outcome = apply_transform(Explode(column="tags"), rows)
    assert [(row["id"], row["tags"]) for row in outcome.rows] == [
        (1, "a"),
        (1, "b"),
        (2, None),
        (3, None),
        (4, None),
    ]
    assert outcome.types == {"id": "int64", "tags": "text"}


def test_text_is_split_at_the_separator():
    rows = [{"tags": "a;b"}, {"tags": "c"}, {"tags": None}]
    outcome = apply_transform(Explode(column="tags", separator=";"), rows)
    assert [row["tags"] for row in outcome.rows] == ["a", "b", "c", None]


def test_origin_is_carried():
    import duckdb

    from medallion.contracts import Inputs

    connection = duckdb.connect()
    rows = connection.sql("select 1::bigint as _row, 5::bigint as _origin, [1, 2] as a")
    made = Explode(column="a").apply(rows, Inputs(connection))
    assert made.columns == ["_origin", "a"]
    assert made.fetchall() == [(5, 1), (5, 2)]


def test_errors():
    with pytest.raises(StepError, match=r"is text, not a list[\s\S]*separator"):
        apply_transform(Explode(column="a"), [{"a": "x"}])
    with pytest.raises(StepError, match="not text to separate"):
        apply_transform(Explode(column="a", separator=","), [{"a": [1]}])
    with pytest.raises(StepError, match="no column 'b'"):
        apply_transform(Explode(column="b"), [{"a": [1]}])
