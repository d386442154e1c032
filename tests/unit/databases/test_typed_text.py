"""Rows as text: their blocks, and the first rows of a pulled file."""

from __future__ import annotations

import pytest

from medallion.databases.typed_text import BLOCK, PulledColumn, header, in_blocks
from medallion.errors import SourceError
from medallion.records.column_type import TEXT, ColumnType


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
