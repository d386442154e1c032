"""`medallion.sql.select_trace`: which input rows the rows of a query were made of.

Every input row has a bit of its own, and every query ORs the bits of the rows that it combines: so
each row of a result says itself what it was made of.
"""

from __future__ import annotations

import duckdb
import pytest

from medallion.contracts import Inputs
from medallion.errors import StepError
from medallion.transforms.sql import Sql

PURCHASES = """
    select i as _row, i as _origin, 1::bigint << i as bit, i % 5 as client, i % 3 as product,
        case when i % 4 = 0 then null else ['Lamp', 'Chair'][1 + i % 2] end as kind,
        (i * 7 % 11)::decimal(12,2) as amount, i / 3.0 as weight
    from range(12) t(i)
"""
CLIENTS = """
    select i + 100 as _row, null::bigint as _origin, 1::bigint << i as bit, i as client,
        ['FR', 'ES', null][1 + i % 3] as country
    from range(1, 8) t(i)
"""
BOTH = "bit_or(p.bit) as p, bit_or(c.bit) as c"
JOINED = "purchases p join clients c using (client)"
QUERIES = {
    "groups": f"select country, {BOTH} from {JOINED} group by country",
    "groups of null": "select kind, bit_or(bit) as p from purchases group by kind",
    "group by all": f"select country, {BOTH}, sum(weight) from {JOINED} group by all order by all",
    "group by number": f"select country as land, {BOTH} from {JOINED} group by 1",
    "group by alias": f"select lower(country) as land, {BOTH} from {JOINED} group by land",
    "group by hidden column": f"select sum(weight), {BOTH} from {JOINED} group by country",
    "alias that is also a column": (
        f"select kind is null as kind, {BOTH} from {JOINED} group by kind"
    ),
    "lateral alias": (f"select product + 1 as a, a + 1 as b, {BOTH} from {JOINED} group by all"),
    "one group": f"select {BOTH} from {JOINED} where amount > 3",
    "having": f"select country, {BOTH} from {JOINED} group by country having count(*) > 3",
    "filtered aggregates": (
        f"select country, {BOTH}, count(*) filter (amount > 5) as n from {JOINED} group by country"
    ),
    "left join": (
        f"select country, product, {BOTH} from purchases p left join clients c using (client) "
        "group by all"
    ),
    "full join": (
        f"select country, {BOTH} from purchases p full join clients c on p.client = c.client "
        "group by country"
    ),
    "join of itself": (
        "select a.product, bit_or(a.bit | b.bit) as p from purchases a join purchases b "
        "on a.client = b.client and a.bit < b.bit group by a.product"
    ),
    "cross join": f"select product, country, {BOTH} from purchases p, clients c group by all",
    "plain": f"select p.bit as p, c.bit as c, amount from {JOINED} where amount > 2",
    "star": "select *, bit as p from purchases where amount > 2",
    "stars": f"select p.*, c.country, p.bit as p, c.bit as c from {JOINED}",
    "limit": "select bit as p, amount from purchases order by amount, bit limit 4",
    "groups and limit": f"select country, {BOTH} from {JOINED} group by 1 order by 1 limit 2",
    "with": (
        "with spent as (select client, sum(amount) as total, bit_or(bit) as p from purchases "
        "group by client), large as (from spent where total > 5) "
        "select country, bit_or(large.p) as p, bit_or(c.bit) as c "
        "from large join clients c using (client) group by country"
    ),
    "with names": (
        "with a(x, y) as (select product, bit from purchases) "
        "select x, bit_or(y) as p from a group by x"
    ),
    "derived table": (
        "select n, bit_or(p) as p from (select client, count(*) as n, bit_or(bit) as p "
        "from purchases group by all) group by n"
    ),
    "input of the same name": (
        "with purchases as (from purchases where amount > 4) "
        "select product, bit_or(bit) as p from purchases group by product"
    ),
    "union all": (
        "select product as id, bit as p, 0::bigint as c from purchases where amount > 3 "
        "union all select client, 0, bit from clients"
    ),
    "union": (
        "select product, bit_or(bit) as p from purchases group by product "
        "union select 7, bit_or(bit) from purchases where product = 1"
    ),
    "except": (
        "select bit as p, product from purchases except select bit, product from purchases "
        "where product = 1"
    ),
    "value of a subquery": (
        "select product, bit_or(bit) as p, (select bit_or(bit) from clients) as c "
        "from purchases group by product"
    ),
    "condition on a subquery": (
        "select product, bit_or(bit) as p from purchases where client in "
        "(select client from clients where country = 'FR') group by product"
    ),
    "correlated condition": (
        "select product, bit_or(p.bit) as p from purchases p where exists "
        "(select 1 from clients c where c.client = p.client) group by product"
    ),
    "semi join": (
        "select product, bit_or(bit) as p from purchases semi join clients using (client) "
        "group by product"
    ),
    "unnest": (
        "select item, bit_or(bit) as p from purchases, unnest([product, client]) t(item) "
        "group by item"
    ),
    "rows": "select product, bit_or(bit) as p from rows group by product",
    "other case": "SELECT Product, bit_or(Bit) AS P FROM Purchases GROUP BY PRODUCT",
}

DISTINCT = "select distinct kind, product % 2 as even from purchases"
ROWS = 2  # of each result are traced


@pytest.fixture(name="inputs")
def _inputs() -> Inputs:
    connection = duckdb.connect()
    tables = {"purchases": connection.sql(PURCHASES), "clients": connection.sql(CLIENTS)}
    return Inputs(connection, tables)


def traced(inputs: Inputs, query: str, where: str) -> dict[str, int]:
    """By table, the bits of the rows that rows of a query's result were made of."""
    step, rows = Sql(query=query), inputs["purchases"]
    result = step.apply(rows, inputs).filter(where)
    bits = {"purchases": 0, "clients": 0}
    for name, ids in step.trace(result, rows, inputs).items():
        table = inputs[{"rows": "purchases"}.get(name, name)]
        chosen = inputs.sql("select bit_or(bit) from t semi join i using (_row)", t=table, i=ids)
        bits[{"rows": "purchases"}.get(name, name)] |= chosen.fetchall()[0][0] or 0
    return bits


@pytest.mark.parametrize("name", QUERIES)
def test_each_row_leads_to_the_rows_that_it_was_made_of(inputs: Inputs, name: str) -> None:
    query = QUERIES[name]
    result = Sql(query=query).apply(inputs["purchases"], inputs)
    columns = {column.lower() for column in result.columns}
    for column in {"p", "c"} - columns:
        result = result.project(f"*, 0::bigint as {column}")
    rows = result.project("coalesce(p, 0), coalesce(c, 0)").fetchall()

    assert rows
    for p, c in rows[:ROWS]:
        where = " and ".join(
            f"coalesce({column}, 0) = {bits}"
            for column, bits in (("p", p), ("c", c))
            if column in columns
        )
        assert traced(inputs, query, where) == {"purchases": p, "clients": c}


def test_a_distinct_row_leads_to_all_equal_rows(inputs: Inputs) -> None:
    chosen = inputs["purchases"].filter("kind = 'Lamp' and product % 2 = 0")
    (expected,) = chosen.aggregate("bit_or(bit)").fetchall()[0]

    assert expected.bit_count() > 1
    assert traced(inputs, DISTINCT, "kind = 'Lamp' and even = 0") == {
        "purchases": expected,
        "clients": 0,
    }


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("select product, row_number() over (order by bit) as n from purchases", "window"),
        ("from purchases qualify row_number() over (partition by product) = 1", "window"),
        ("select product, count(*) from purchases group by rollup(product)", "several sets"),
        ("select distinct on (product) product, bit from purchases", "DISTINCT ON"),
        ("select bit from purchases using sample 50%", "sample"),
        (
            "with recursive r(n) as (select 1 union all select n + 1 from r where n < 3) from r",
            "recursive",
        ),
        (
            "select bit, (select max(c.bit) from clients c where c.client = p.client) from purchases p",
            "outer row",
        ),
        ("select bit from purchases union by name select bit from clients", "UNION BY NAME"),
        ("select client from purchases except all select client from clients", "EXCEPT ALL"),
        (
            "select max(columns(['bit', 'amount'])), product % 2 from purchases group by product % 2",
            "groups a star",
        ),
        ("select count(purchases.*), kind from purchases group by all", "groups a star"),
        (
            "select unnest({'a': product, 'b': kind}) from purchases group by product, kind",
            "unnest",
        ),
        (
            "select count(*) as n from purchases group by product order by n limit 1",
            "LIMIT leaves out equal rows",
        ),
        (
            "select n from (select 1 as n from purchases) limit 2",
            "some of equal rows of a query",
        ),
    ],
)
def test_what_cannot_be_followed_is_named(inputs: Inputs, query: str, reason: str) -> None:
    with pytest.raises(StepError, match=reason):
        traced(inputs, query, "true")


def test_the_key_of_a_star_in_a_group_is_not_known(inputs: Inputs) -> None:
    query = "select max(columns(['bit', 'amount'])), product % 2 as even from purchases group by 2"

    with pytest.raises(StepError, match="groups a star"):
        Sql(query=query).trace_key(inputs["purchases"], inputs)


@pytest.mark.parametrize(
    "query",
    [
        "select bit, product from purchases",
        "select bit, product from purchases union all select bit, 0 from clients",
        "select product, count(*) from purchases group by product",
    ],
)
def test_a_row_that_the_query_does_not_give_again_is_an_error(inputs: Inputs, query: str) -> None:
    step, rows = Sql(query=query), inputs["purchases"]
    result = step.apply(rows, inputs).project("* replace (product + 100 as product)")

    with pytest.raises(StepError, match="could not be recognised when computed again"):
        step.trace(result, rows, inputs)
