"""What all databases share: relations as SQL, and the first rows of a pulled file."""

from __future__ import annotations

import pytest

from medallion.errors import SourceError
from medallion.records.column_type import TEXT, ColumnType
from medallion.sources.sql.database import BLOCK, PulledColumn, Relation, header, in_blocks


def test_a_relation_is_sql() -> None:
    table = Relation("db orders", "sales", 'or"ders', ("id", "a b"))
    assert table.rows() == 'select "id", "a b" from "sales"."or""ders"'
    assert Relation("db orders", table="orders").rows() == 'select * from "orders"'
    query = Relation("db query", query="select 1 -- one")
    assert query.rows() == "select * from (select 1 -- one\n) as q"


def test_the_first_rows_are_names_and_types() -> None:
    columns = [
        PulledColumn("id", ColumnType("int32"), "integer"),
        PulledColumn("price, net", ColumnType("decimal", 12, 2), "numeric"),
    ]
    lines = b'id,"price, net"\nint32,"decimal(12,2)"\ninteger,numeric\n'
    assert header(columns, "db orders") == lines
    with pytest.raises(
        SourceError, match="db orders: the name of column 'a\\\\nb' has a line break"
    ):
        header([PulledColumn("a\nb", TEXT, "")], "db orders")


def test_rows_are_joined_to_blocks() -> None:
    rows = [b"x" * 1000] * 1000
    blocks = list(in_blocks(iter(rows)))
    assert b"".join(blocks) == b"".join(rows)
    assert len(blocks) == 1_000_000 // (BLOCK // 1000 * 1000 + 1000) + 1
