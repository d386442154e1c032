"""Tables and queries are SQL."""

from __future__ import annotations

from medallion.databases.relation import Relation


def test_a_relation_is_sql() -> None:
    table = Relation("db orders", "sales", 'or"ders', ("id", "a b"))
    assert table.rows() == 'select "id", "a b" from "sales"."or""ders"'
    assert Relation("db orders", table="orders").rows() == 'select * from "orders"'
    query = Relation("db query", query="select 1 -- one")
    assert query.rows() == "select * from (select 1 -- one\n) as q"
