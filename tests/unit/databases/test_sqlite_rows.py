"""Rows of SQLite have the types of their values, and an order."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from medallion.databases.relation import Relation
from medallion.databases.sqlite_rows import SqliteRows


def pulled(script: str, relation: Relation) -> list[str]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(script)
        return b"".join(SqliteRows(connection, relation).pull()).decode().splitlines()


@pytest.mark.parametrize(
    ("values", "type_", "texts"),
    [
        ("(-9223372036854775808), (9223372036854775807)", "int64", None),
        ("(-9223372036854775808), (0.5)", "text", ['"-9223372036854775808"', '"0.5"']),
        ("(-9007199254740992), (0.5)", "float64", None),
        ("(9007199254740992), (0.5)", "float64", None),
        ("(-9007199254740993), (0.5)", "text", ['"-9007199254740993"', '"0.5"']),
    ],
)
def test_integers_keep_all_digits(values: str, type_: str, texts: list[str] | None) -> None:
    plain = values.replace("(", "").replace(")", "").split(", ")
    query = f"select column1 as v from (values {values})"
    assert pulled("", Relation("q", query=query)) == ["v", type_, '""', *(texts or plain)]


def test_rows_are_in_the_order_of_the_key_or_of_insertion() -> None:
    script = "create table k (b, a, primary key (a, b)); insert into k values (1, 2), (2, 1)"
    assert pulled(script, Relation("k", table="k"))[3:] == ["2,1", "1,2"]
    script = "create table n (a); insert into n values (2), (1)"
    assert pulled(script, Relation("n", table="n"))[3:] == ["2", "1"]
