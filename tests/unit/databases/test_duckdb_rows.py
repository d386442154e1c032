"""Rows of DuckDB keep their types, and their order."""

from __future__ import annotations

from pathlib import Path

import duckdb

from medallion.databases.duckdb_rows import pulled_rows
from medallion.databases.relation import Relation


def test_rows_are_text_with_their_types(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("create table t (i hugeint, d decimal(5, 2), l integer[], b blob)")
        connection.execute("insert into t values (9, 1.5, [1, null], 'a'::blob), (1, 2, [], null)")
        blocks = b"".join(pulled_rows(connection, Relation("t", table="t"), str(tmp_path)))
    assert blocks.decode().splitlines() == [
        "i,d,l,b",
        '"decimal(38,0)","decimal(5,2)",list<int32>,binary',
        'int128,"decimal(5,2)",list<int32>,binary',
        r"""9,1.50,"[""1"",null]",\x61""",
        "1,2.00,[],",
    ]
