"""Functions that depend on the time or on chance are found, and nothing else."""

from __future__ import annotations

import duckdb
import pytest

from medallion.sql.nondeterminism import FUNCTIONS, WORDS, nondeterministic, suspected

# Of the same kind to DuckDB, but always the same within a pipeline, or of no use in one.
OTHERS = {
    "current_database",
    "current_schema",
    "current_schemas",
    "current_setting",
    "error",
    "getvariable",
    "in_search_path",
    "sleep_ms",
    "stats",
    "vector_type",
    "write_log",
}


def test_the_functions_are_those_of_the_installed_duckdb() -> None:
    query = (
        "select distinct function_name from duckdb_functions() where function_type = 'scalar' "
        "and stability in ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')"
    )
    volatile = {name for (name,) in duckdb.sql(query).fetchall()}
    assert volatile - FUNCTIONS - set(WORDS) == OTHERS


@pytest.mark.parametrize(
    ("sql", "function"),
    [
        ("day > current_date", "current_date"),
        ("Random () < 0.5", "random"),
        ("main.now()", "now"),
        ('"now"()', "now"),
        ("now /* then */ ()", "now"),
        ("current_date()", "current_date"),
        ("list_transform(days, day -> day > today())", "today"),
        ("age(born) > interval 18 years", "age"),
        ("age(date_trunc('day', born))", "age"),
        ("born.age()", "age"),
        ("main.age(born)", "age"),
        ("age(greatest(a, b))", "age"),
        ("select now() as at from rows", "now"),
        ("select * from (select max(day) as d from rows having max(day) < now())", "now"),
        ("with a as (select uuid() as id) select * from a", "uuid"),
        ("select current_date as current_date from rows", "current_date"),
        ("select * from rows using sample 10%", "using sample"),
        ("select * from rows using /* a */ sample 10%", "using sample"),
        ("select * from rows tablesample 10%", "tablesample"),
        ("age(died, born)", None),
        ("died.age(born)", None),
        ("age(greatest(a, b), c)", None),
        ("rows.current_date", None),
        ("known() + storage(a) + uuid", None),
        ("a -- now()", None),
        ("a /* random() */", None),
        ("'now()' || $$now()$$ || E'it\\'s now()'", None),
        ("struct_pack(current_date := day)", None),
        ("{current_date: day}", None),
        ("list_transform(days, localtime -> localtime + 1)", None),
        ("select max(day) as current_date from rows", None),
        ("select max(day) as localtime from rows order by localtime", None),
        ("select localtime from (select day as localtime from rows)", None),
        ("select localtime from (values (1)) as t(localtime)", None),
        ("with t(localtime) as (select day from rows) select localtime from t", None),
        ("no sql at all now(", None),
    ],
)
def test_a_function_that_depends_on_the_time_or_on_chance(sql: str, function: str | None) -> None:
    with duckdb.connect() as connection:
        assert nondeterministic(connection, sql, ("day",), ("day",)) == function
    assert suspected(sql) or function is None


@pytest.mark.parametrize(
    ("sql", "rows", "others", "function"),
    [
        ("current_date > '2020'", ("Current_Date",), (), None),
        ("current_date > '2020'", None, (), None),
        ("current_date > '2020'", ("day",), ("current_date",), "current_date"),
        ("current_date > '2020'", ("day",), None, "current_date"),
        ("select id, localtime from rows", ("id", "localtime"), (), None),
        ("select id, localtime from others", ("id",), ("localtime",), None),
        ("select id, localtime from rows", ("id",), (), "localtime"),
        ("select id, localtime from rows", ("id",), None, None),
        ("select id, localtime, now() from rows", None, None, "now"),
    ],
)
def test_a_word_is_a_function_where_no_column_has_its_name(
    sql: str,
    rows: tuple[str, ...] | None,
    others: tuple[str, ...] | None,
    function: str | None,
) -> None:
    with duckdb.connect() as connection:
        assert nondeterministic(connection, sql, rows, others) == function


@pytest.mark.parametrize("sql", ["uuid", "rows.random + today", "sample using (id)", "known()"])
def test_names_of_columns_are_not_suspected(sql: str) -> None:
    assert not suspected(sql)
