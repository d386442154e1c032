"""SQL that may give a column a collation."""

from __future__ import annotations

import pytest

from medallion.sql.collations import may_collate


@pytest.mark.parametrize(
    "sql", ["name collate nocase", "name COLLATE de", "lower(name)\ncollate\nnoaccent.nocase"]
)
def test_a_collation(sql: str) -> None:
    assert may_collate(sql)


@pytest.mark.parametrize("sql", ["collated", "name", "icu_collate_de(name)", "uncollate(name)"])
def test_none(sql: str) -> None:
    assert not may_collate(sql)
