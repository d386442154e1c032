"""Column names and SQL expressions: parsing, quoting and refusing them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from medallion.errors import StepError
from medallion.sql.expressions import (
    broken,
    columns_sql,
    explained,
    kinds,
    new_names,
    order_sql,
    parse_expression,
    parse_select,
    prepare,
    public,
    reason,
    refuse_texts_as_numbers,
    walk,
)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        prepare(connection)
        yield connection


def test_a_prepared_connection_is_in_utc_and_divides_by_zero_with_an_error() -> None:
    with duckdb.connect() as connection:
        prepare(connection)
        assert connection.sql("select current_setting('TimeZone')").fetchall() == [("UTC",)]
        with pytest.raises(duckdb.Error):
            connection.sql("select 1.0::double / 0, log(0)").fetchall()


def test_an_error_of_duckdb_is_a_step_error_of_one_line(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(StepError) as caught, explained("step 2"):
        connection.sql("select nothing_of_this_name").fetchall()
    assert caught.value.message.startswith("step 2: Referenced column")
    assert "\n" not in caught.value.message
    with pytest.raises(KeyError), explained("step 2"):
        raise KeyError("x")


def test_the_reason_has_no_kind_of_error_before_it() -> None:
    assert reason(duckdb.Error("Invalid Input Error: too late\nLINE 1: x")) == "too late"
    assert reason(duckdb.Error("Out of Memory Error: failed to allocate")) == "failed to allocate"
    assert reason(duckdb.Error("my Error: text")) == "text"
    assert reason(ValueError()) == "ValueError"


def test_kinds_are_types_without_parameters(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.sql(
        "select 1.5::decimal(5,2) as a, ['x'] as b, 'x' as C, 1 as _row, 2 as _origin"
    )
    assert kinds(rows) == {
        "a": "decimal",
        "b": "list",
        "C": "varchar",
        "_row": "integer",
        "_origin": "integer",
    }
    assert public(rows) == ["a", "b", "C"]


def test_names_are_quoted_in_lists_and_orders() -> None:
    assert columns_sql(["a", 'b"c', "a, b"]) == '"a", "b""c", "a, b"'
    assert columns_sql(["a", "b"], "t") == 't."a", t."b"'
    assert columns_sql([]) == ""
    assert (
        order_sql(["a", "-b", "--c"]) == '"a" nulls last, "b" desc nulls last, "-c" desc nulls last'
    )


@pytest.mark.parametrize(
    ("names", "taken", "reason"),
    [
        (["_row"], [], "'_row' is reserved"),
        (["FILE_INDEX"], [], "'FILE_INDEX' is reserved"),
        (["a", "A"], [], "there would be two columns 'A'"),
        (["straße"], ["STRAßE"], "there would be two columns 'straße'"),
    ],
)
def test_a_name_that_is_taken_is_refused_whatever_its_case(
    names: list[str], taken: list[str], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        new_names(names, taken)
    new_names(["a", "b"], ["c"])


def test_a_row_is_listed_with_the_first_test_that_it_fails(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = connection.sql("""
        select * from (values (1, 5, 'x'), (2, -1, null), (3, -2, 'y'), (4, null, 'z')) as t(_row, "a'b", c)
    """)
    tests = {"a'b": """"a'b" < 0""", "c": "c is null or c = 'y'"}
    assert broken(rows, tests).fetchall() == [(2, "a'b", "-1"), (3, "a'b", "-2")]
    assert broken(rows, dict(reversed(tests.items()))).fetchall() == [(2, "c", None), (3, "c", "y")]
    assert broken(rows, {"c": "c = 'no'"}).fetchall() == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("selec 1", "SQL: syntax error"),
        ("drop table t", "SQL other than a SELECT"),
        ("copy (select 1) to 'x.csv'", "SQL other than a SELECT"),
        ("select 1; select 2", "2 SQL statements where one SELECT belongs"),
        ("", "0 SQL statements"),
    ],
)
def test_only_one_select_is_parsed(
    connection: duckdb.DuckDBPyConnection, query: str, message: str
) -> None:
    with pytest.raises(StepError, match=message):
        parse_select(connection, query)
    assert parse_select(connection, "select 1 as x -- one")["select_list"][0]["alias"] == "x"


@pytest.mark.parametrize(
    "text",
    ["a + 1", "'it''s'", "case when a then b end", "list_transform(a, x -> x + 1)", '"from"'],
)
def test_an_expression_over_a_row_is_parsed(
    connection: duckdb.DuckDBPyConnection, text: str
) -> None:
    assert parse_expression(connection, text)["class"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a, b", "not a single SQL expression"),
        ("a from t", "not a single SQL expression"),
        ("a where b", "not a single SQL expression"),
        ("distinct a", "not a single SQL expression"),
        ("a order by b", "not a single SQL expression"),
        ("a limit 1", "not a single SQL expression"),
        ("a union select b", "not a single SQL expression"),
        ("1; drop table t", "SQL"),
        ("a + (select max(b) from t)", "reads a table"),
        ("a in (from range(3))", "reads a table"),
        ("a +", "SQL: syntax error"),
    ],
)
def test_a_clause_or_a_table_in_an_expression_is_refused(
    connection: duckdb.DuckDBPyConnection, text: str, message: str
) -> None:
    with pytest.raises(StepError, match=message):
        parse_expression(connection, text)


def quoting_hint(word: str) -> str:
    """What a syntax error advises at a word that may be a column; nothing where none is."""
    return f'if {word} is a column, write it in quotes: "{word}"' if word else ""


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("at::timestamptz", "at"),
        ("order + 1", "order"),
        ("sum(Order)", "Order"),
        ("'é' || end", "end"),
        ("a >", ""),
        ("a b c", ""),
    ],
)
def test_a_column_that_is_a_word_of_sql_is_to_be_quoted(
    connection: duckdb.DuckDBPyConnection, text: str, word: str
) -> None:
    with pytest.raises(StepError, match="syntax error") as caught:
        parse_expression(connection, text)
    assert caught.value.hint == quoting_hint(word)


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("select order from t", "order"),
        ("select x as é, limit from t", "limit"),
        ("select x from t where end > 1", "end"),
        ("select case when x then 1 from t", ""),
    ],
)
def test_the_word_whose_quotes_help_is_to_be_quoted(
    connection: duckdb.DuckDBPyConnection, query: str, word: str
) -> None:
    """The parser finds the error one word after a column such as `order`."""
    with pytest.raises(StepError, match="syntax error") as caught:
        parse_select(connection, query)
    assert caught.value.hint == quoting_hint(word)


ROWS = "select '01' as code, 1 as n, date '2024-01-01' as day, true as ok, uuid() as id, ['x'] as tags, 'x'::enum('x') as e"


@pytest.mark.parametrize(
    ("expression", "type_"),
    [
        ("code = 1", "int32"),
        ("1 = code", "int32"),
        ("code < n", "int32"),
        ("code in ('x', n)", "int32"),
        ("code not in (1, 2)", "int32"),
        ("upper(code) >= 1.5", r"decimal\(2,1\)"),
        ("day = code", "date"),
        ("ok = code", "boolean"),
        ("n > 0 and (ok or code = 1)", "int32"),
    ],
)
def test_text_compared_with_another_type_is_refused(
    connection: duckdb.DuckDBPyConnection, expression: str, type_: str
) -> None:
    with pytest.raises(StepError, match=f"compares text to {type_}") as caught:
        refuse_texts_as_numbers(connection.sql(ROWS), connection, expression)
    assert "`cast` the column first" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "expression",
    [
        "code = '1'",
        "day >= '2024-01-01'",
        "n in (1, 2.5)",
        "code = id",
        "code = e",
        "code = null",
        "cast(code as integer) = 1",
        "len(list_filter(tags, x -> x = code)) = 1",
    ],
)
def test_equal_types_and_constants_in_quotes_are_compared(
    connection: duckdb.DuckDBPyConnection, expression: str
) -> None:
    refuse_texts_as_numbers(connection.sql(ROWS), connection, expression)


def test_a_walk_gives_outer_objects_first() -> None:
    tree: Any = {"n": 1, "children": [{"n": 2, "x": {"n": 3}}, "text", {"n": 4}], "none": None}
    assert [node["n"] for node in walk(tree)] == [1, 2, 3, 4]
    assert list(walk("text")) == []
