"""The sums of a table's columns before and after."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from medallion.lineage.changed_rows import Versions, changed_rows
from medallion.lineage.column_sums import sum_changes
from medallion.lineage.release_diff import ValueChange
from tests.unit.lineage.versions import version


def sums(folder: Path, before: str, after: str) -> dict[str, ValueChange]:
    former, latter = version(folder, before), version(folder, after)
    versions = Versions(former, latter)
    with duckdb.connect() as connection:
        changes = changed_rows(connection, versions, ["k"])
        return sum_changes(connection, changes, versions.columns, former, ["k"])


def test_sums_are_of_all_rows_and_only_those_that_changed(tmp_path: Path) -> None:
    rows = "select i as k, i as same, 2.5::{} as a, 'x' as text from range({}, {}) t(i)"
    assert sums(
        tmp_path, rows.format("decimal(38,2)", 0, 4), rows.format("decimal(38,2)", 0, 5)
    ) == {
        "same": ValueChange(before=6, after=10, change=4, percent=66.6667),
        "a": ValueChange(before="10.00", after="12.50", change=Decimal("2.50"), percent=25.0),
    }
    assert sums(tmp_path, rows.format("double", 0, 4), rows.format("double", 1, 4))["a"] == (
        ValueChange(before=10.0, after=7.5, change=-2.5, percent=-25.0)
    )


def test_columns_of_one_version_and_equal_sums_are_left_out(tmp_path: Path) -> None:
    before, after = "select 1 as k, 2 as a, 3 as b", "select 1 as k, 2 as a, 3 as c"
    assert sums(tmp_path, before, after) == {}


@pytest.mark.parametrize("type_", ["hugeint", "decimal(38,0)"])
def test_a_sum_of_more_than_38_digits_is_a_float(tmp_path: Path, type_: str) -> None:
    rows = "select i as k, {}::{} as a from range(20) t(i)"
    large = 10**37
    item = sums(tmp_path, rows.format(large, type_), rows.format(2 * large, type_))["a"]
    assert [type(item.before), type(item.change)] == [float, float]
    assert (item.before, item.after, item.change) == pytest.approx((2e38, 4e38, 2e38))
