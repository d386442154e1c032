from __future__ import annotations

import pytest
from pydantic import ValidationError

from medallion.errors import StepError
from medallion.plugins import TRANSFORMS, build
from medallion.testing import apply_transform
from medallion.transforms.sql import Sql

PURCHASES = [{"client": 1, "amount": 5}, {"client": 1, "amount": 7}, {"client": 2, "amount": 1}]
CLIENTS = [{"client": 1, "country": "FR"}, {"client": 2, "country": "DE"}]


def run(query):
    return apply_transform(Sql(query=query), PURCHASES, purchases=PURCHASES, clients=CLIENTS).rows


def test_a_select_over_the_inputs_keeps_its_order():
    query = """
        select country, sum(amount)::int as s
        from purchases join clients using (client)
        group by country
        order by s
    """
    assert run(query) == [{"country": "DE", "s": 1}, {"country": "FR", "s": 12}]


def test_a_star_shows_no_reserved_column():
    assert run("select * from clients order by all") == CLIENTS
    assert run("select * from rows -- all of them") == PURCHASES


def test_as_written_in_yaml():
    step = build(TRANSFORMS, {"sql": "\n  select 1 as one;\n"})
    assert apply_transform(step, PURCHASES).rows == [{"one": 1}]


@pytest.mark.parametrize(
    "query",
    [
        "with big as (select * from rows where amount > 4) select count(*) as n from big",
        "with recursive t as (select 2 as n union all select n - 1 from t where n < 0) select n from t",
        "from rows select count(*) - 1 as n",
        "select count(*) as n from range(2)",
        "select count(*) as n from clients c where exists (select 1 from Purchases p where p.client = c.client)",
        "(select 2 as n)",
        "/* read_csv('x') */ select 2 as n",
        "select length(';;') as n",
    ],
)
def test_what_a_select_may_do(query):
    assert run(query) == [{"n": 2}]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select * from read_csv('/etc/passwd')", r"read_csv\(\) is not allowed"),
        ("select * from '/etc/passwd'", "no table '/etc/passwd'"),
        ('with "x.csv" as (select * from "x.csv") select * from "x.csv"', "no table 'x.csv'"),
        (
            "select (select count(*) from duckdb_secrets()) as n",
            r"duckdb_secrets\(\) is not allowed",
        ),
        ("select * from query('select 1')", r"query\(\) is not allowed"),
        ("select * from (describe rows)", "not allowed"),
        ("select * from clints", "did you mean 'clients'"),
        ("select * from silver.clients", "no table 'silver.clients'"),
        ("select * from information_schema.tables", "no table"),
        ("select 1; select 2", "2 SQL statements"),
        ("select 1 as a; drop table x", "SQL"),
        ("with x as (select 1) insert into y select * from x", "SELECT"),
        ("select 1) union all (select 2", "syntax error"),
        ("select nope from rows", 'Referenced column "nope" not found'),
        ("select amount as _row from rows", "reserved name '_row'"),
    ],
)
def test_what_a_select_may_not_do(query, message):
    with pytest.raises(StepError, match=message):
        run(query)


@pytest.mark.parametrize(
    "query", ["drop table x", "attach 'x.db'", "copy rows to 'x.csv'", "", "install httpfs"]
)
def test_other_statements_are_refused_when_declared(query):
    with pytest.raises(ValidationError, match="write one SELECT"):
        Sql(query=query)


def test_local_variables_are_no_tables():
    import pyarrow as pa

    secret = pa.table({"a": [1]})
    with pytest.raises(StepError, match="no table 'secret'"):
        run("select * from secret")
    assert len(secret) == 1
