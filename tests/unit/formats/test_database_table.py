"""Which table of a database file is read."""

from __future__ import annotations

import pytest

from medallion.errors import SourceError
from medallion.formats.database_table import declared_table


@pytest.mark.parametrize(
    ("names", "table", "chosen"),
    [
        ({"a": False}, "", "a"),
        ({"a": False, "v": True, "w": True}, "", "a"),
        ({"v": True}, "", "v"),
        ({"a": False, "A": False}, "A", "A"),
        ({"a": False, "v": True}, "V", "v"),
    ],
)
def test_the_declared_or_only_table(names, table, chosen):
    assert declared_table(names, table, "a.db") == chosen


def test_many_tables_are_listed_in_part():
    names = {f"t{number:02}": False for number in range(12)}
    with pytest.raises(SourceError, match=r"^a.db: has 12 tables: t00, .*, t09 and 2 more\n"):
        declared_table(names, "", "a.db")
