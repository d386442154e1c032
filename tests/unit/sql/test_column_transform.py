"""Columns computed by SQL expressions of users: in place, guarded and checked."""

from __future__ import annotations

import math
from collections.abc import Iterator

import duckdb
import pytest
from pydantic import TypeAdapter, ValidationError

from medallion.errors import StepError
from medallion.sql.column_transform import NewName, RowExpression, computed, guarded, replace
from medallion.sql.expressions import prepare
from medallion.sql.relations import Inputs

ROWS = """
    select * from (values (1, 2, 'x', 0.5::double), (2, 0, '12', 'inf'::double), (3, null, null, null))
    as t(_row, n, "a ""b", f)
"""


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        prepare(connection)
        yield connection


def test_replaced_columns_stay_in_their_place(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.sql(ROWS)
    replaced = replace(rows, {'a "b': 'upper("a ""b")', "n": "n + 1"})
    assert replaced.columns == rows.columns
    assert [row[1:3] for row in replaced.fetchall()] == [(3, "X"), (1, "12"), (None, None)]
    assert replace(rows, {}) is rows


@pytest.mark.parametrize(("name", "reason"), [("", "needs a name"), ("_Row", "'_Row' is reserved")])
def test_a_name_without_letters_or_of_medallion_is_refused(name: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        TypeAdapter(NewName).validate_python(name)
    assert TypeAdapter(NewName).validate_python("row") == "row"


@pytest.mark.parametrize(
    "text",
    [
        "a + 1",
        "'select; over ('",
        '"select"',
        "a /* ; */ + 1",
        "a -- select\n + 1",
        "selected",
        "over_time(a)",
    ],
)
def test_words_inside_texts_names_and_comments_are_part_of_an_expression(text: str) -> None:
    assert TypeAdapter(RowExpression).validate_python(text) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "an SQL expression is missing"),
        ("-- nothing", "an SQL expression is missing"),
        ("(SELECT 1)", "contains a query; use `join` or `sql`"),
        ("sum(a) OVER (order by b)", "contains a window function; use `window`"),
        ("unnest (a)", "makes several rows of one; use `explode`"),
        ("a; drop table t", "contains a semicolon"),
        ("'it''s'; select", "contains a query"),
    ],
)
def test_more_than_an_expression_over_one_row_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        TypeAdapter(RowExpression).validate_python(text)


@pytest.mark.parametrize(
    "expression",
    [
        "n",
        "n is null",
        "upper(n)",
        "try_cast(n as date)",
        "concat(n, f)",
        "n > 0 and n < 5",
        "random()",
    ],
)
def test_an_expression_that_cannot_fail_has_no_guard(
    connection: duckdb.DuckDBPyConnection, expression: str
) -> None:
    assert guarded(connection.sql(ROWS), Inputs(connection), expression) is None


@pytest.mark.parametrize(
    ("expression", "values", "shown"),
    [
        ("10 / n", [5.0, "refused", None], ["2", "0", "NULL"]),
        ('cast("a ""b" as integer) + n', ["refused", 12, None], ["2, x", "0, 12", "NULL, NULL"]),
        ("n + 9223372036854775807", ["refused", 2**63 - 1, None], ["2", "0", "NULL"]),
        ("f * 1e308::double * 10", ["refused", math.inf, None], ["0.5", "inf", "NULL"]),
        ("cast('x' as integer)", ["refused"] * 3, [""] * 3),
    ],
)
def test_a_guard_refuses_the_rows_for_which_an_expression_fails(
    connection: duckdb.DuckDBPyConnection, expression: str, values: list[object], shown: list[str]
) -> None:
    rows = connection.sql(ROWS)
    guard = guarded(rows, Inputs(connection), expression)
    assert guard is not None
    answers = rows.project(f"{guard.value}, {guard.refused}, {guard.shown}").fetchall()
    assert ["refused" if refused else value for value, refused, _ in answers] == values
    assert [text for _, _, text in answers] == shown


def test_a_new_column_is_last_and_an_existing_one_stays(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows, inputs = connection.sql(ROWS), Inputs(connection)
    added = computed(rows, inputs, "twice", "n * 2 -- doubled")
    assert added.columns == [*rows.columns, "twice"]
    assert [row[-1] for row in added.fetchall()] == [4, 0, None]
    changed = computed(rows, inputs, "n", "n * 2")
    assert (changed.columns, [row[1] for row in changed.fetchall()]) == (rows.columns, [4, 0, None])
    guard = guarded(rows, inputs, "10 / n")
    divided = computed(rows, inputs, "tenth", "10 / n", guard)
    assert [row[-1] for row in divided.fetchall()] == [5.0, None, None]


@pytest.mark.parametrize(
    ("expression", "message", "hint"),
    [
        ("n +", r"cannot compute 'n \+': SQL: syntax error", None),
        ("m + 1", r"cannot compute 'm \+ 1': Referenced column", 'the rows have: n, a "b, f'),
        ("n[", "cannot compute", None),
        ("sum(n)", "contains an aggregate function", "use `aggregate` or `window`"),
        ("row_number() over ()", "needs more than its own row", "use `window`, `join` or `sql`"),
        ('"a ""b" = 1', "compares text to int32", "`cast` the column first"),
        ("n in (select 1)", "needs more than its own row", "use `window`, `join` or `sql`"),
    ],
)
def test_an_expression_that_does_not_fit_the_rows_is_an_error(
    connection: duckdb.DuckDBPyConnection, expression: str, message: str, hint: str | None
) -> None:
    with pytest.raises(StepError, match=message) as caught:
        computed(connection.sql(ROWS), Inputs(connection), "new", expression)
    assert hint is None or hint in (caught.value.hint or "")
