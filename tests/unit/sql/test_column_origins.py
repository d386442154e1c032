"""Which columns an expression or a query is made of."""

from __future__ import annotations

import pytest

from medallion.sql.column_origins import ColumnOrigin, columns_in, select_origins

TABLES = {
    "rows": ("client_id", "Amount", "day"),
    "clients": ("client_id", "country", "tags"),
}


@pytest.mark.parametrize(
    ("expression", "columns"),
    [
        ("amount * 2 + 1", ("Amount",)),
        ("strftime(DAY, '%Y') || 'client_id'", ("day",)),
        ('"Amount" > 3 and rows.client_id is not null', ("Amount", "client_id")),
        ("list_transform([1], x -> x + amount)", ("Amount",)),
        ("1 + 1", ()),
        ("1 +", None),
    ],
)
def test_the_columns_of_an_expression(expression: str, columns: tuple[str, ...] | None) -> None:
    assert columns_in(expression, TABLES["rows"]) == columns


AMOUNT, CLIENT = ("rows", "Amount"), ("rows", "client_id")


@pytest.mark.parametrize(
    ("query", "column", "origin"),
    [
        ("select day from rows", "day", ColumnOrigin("", (("rows", "day"),))),
        ("from rows", "amount", ColumnOrigin("", (AMOUNT,))),
        ("select sum(amount) as s from rows", "s", ColumnOrigin("SUM(rows.amount)", (AMOUNT,))),
        ("select count(*) as n from rows", "n", ColumnOrigin("COUNT(*)", (), ("rows",))),
        ("select 1 as one from clients", "one", ColumnOrigin("1", (), ("clients",))),
        (
            (
                "with c as (select client_id, max(amount) as most from rows group by all) "
                "select most from c"
            ),
            "most",
            ColumnOrigin("MAX(rows.amount)", (AMOUNT,)),
        ),
        (
            "select client_id from rows union all select client_id from clients",
            "client_id",
            ColumnOrigin("", (CLIENT, ("clients", "client_id"))),
        ),
        (
            "select r.amount, tag from rows r join clients using (client_id), unnest(tags) as t(tag)",
            "tag",
            ColumnOrigin("", (("clients", "tags"),)),
        ),
    ],
)
def test_the_origin_of_a_column_of_a_query(query: str, column: str, origin: ColumnOrigin) -> None:
    origins = select_origins(query, TABLES)
    assert origins is not None
    assert origins.columns[column] == origin


def test_the_columns_that_decide_the_rows_of_a_query() -> None:
    query = (
        "select country, sum(amount) as s from rows join clients using (client_id) "
        "where day > '2020-01-01' group by country"
    )
    origins = select_origins(query, TABLES)
    assert origins is not None
    country, client = ("clients", "country"), ("clients", "client_id")
    assert set(origins.rows) == {CLIENT, client, ("rows", "day"), country}


@pytest.mark.parametrize("query", ["pivot rows on day using sum(amount)", "select from where"])
def test_what_cannot_be_followed_has_no_origins(query: str) -> None:
    assert select_origins(query, TABLES) is None
