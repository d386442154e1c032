"""`medallion.sql.row_matching`: rows that equal others."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from medallion.contracts import Inputs
from medallion.errors import StepError
from medallion.sql.row_matching import (
    equal_others,
    joined,
    marked,
    marks,
    matching,
    of_keys,
    recognised,
)
from medallion.sql.storable_columns import storable

ROWS = "values (1, 'a', 0.1::double), (2, null, 0.2::double), (3, 'c', 0.3::double)"


@pytest.fixture(name="inputs")
def _inputs() -> Inputs:
    return Inputs(duckdb.connect())


def test_null_equals_null(inputs: Inputs) -> None:
    rows = inputs.connection.sql(f"from ({ROWS}) t(id, name, share)")
    others = inputs.connection.sql("select null::varchar as name")

    assert matching(rows, others, ["name"], inputs).project("id").fetchall() == [(2,)]


def test_without_columns_all_rows_match_if_there_are_others(inputs: Inputs) -> None:
    rows = inputs.connection.sql(f"from ({ROWS}) t(id, name, share)")

    assert len(matching(rows, rows, [], inputs)) == 3
    assert len(matching(rows, rows.limit(0), [], inputs)) == 0


def test_floats_that_were_added_in_another_order_are_recognised(inputs: Inputs) -> None:
    rows = inputs.connection.sql(f"from ({ROWS}) t(id, name, share)")
    others = rows.project("id::bigint as number, share * (1 + 1e-15) as part").filter("number > 1")
    pairs = {"id": "number", "share": "part"}

    assert recognised(rows, others, pairs, inputs).project("id").fetchall() == [(2,), (3,)]
    other = others.project("number, part + 0.001 as part")
    with pytest.raises(StepError, match="2 rows could not be recognised when computed again"):
        recognised(rows, other, pairs, inputs)
    some = replace(inputs, incomplete=True)
    assert recognised(rows, other, pairs, some).fetchall() == []
    only = rows.filter("id = 2").project("share")
    assert len(recognised(rows, only, {"share": "share"}, inputs)) == 1


def test_marks_lead_back_to_the_rows_that_were_marked(inputs: Inputs) -> None:
    rows = inputs.connection.sql("select 7 as _row, 7 as _origin, [1, 2] as item")
    items = marked(rows).project("unnest(item) as item, _aside")
    result = inputs.connection.sql("select 2 as item")

    assert marks(items, result, inputs).fetchall() == [(7,)]
    assert joined([result, result, rows.project("_row")]).fetchall() == [(2,), (2,), (7,)]


@pytest.mark.parametrize(
    "value", ["interval 90 minute", "'01:02:03+03'::timetz", "'0101'::bit", "12::bignum"]
)
def test_values_are_recognised_as_they_are_stored(inputs: Inputs, value: str) -> None:
    rows = inputs.connection.sql(f"select 1 as id, {value} as v union all select 2, null")
    others = storable(rows).filter("id = 1")

    assert str(others.types[1]) == "VARCHAR"
    same = recognised(rows, others, {"v": "v"}, inputs)
    assert same.project("id").fetchall() == [(1,)]
    assert of_keys(rows, others, ["v"], inputs).project("id").fetchall() == [(1,)]


def test_a_key_that_no_row_has_is_an_error(inputs: Inputs) -> None:
    rows = inputs.connection.sql("select 1 as id")

    with pytest.raises(StepError, match="1 row could not be recognised"):
        of_keys(rows, inputs.connection.sql("from (values (1), (2)) t(id)"), ["id"], inputs)


def test_equal_rows_that_are_not_meant_are_counted(inputs: Inputs) -> None:
    rows = inputs.connection.sql("from (values (1, 'a'), (2, 'a'), (3, 'b')) t(_row, name)")

    assert equal_others(rows, rows.filter("_row = 2"), inputs) == 1
    assert equal_others(rows, rows.filter("_row <> 3"), inputs) == 0
