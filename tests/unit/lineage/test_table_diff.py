"""What differs between two versions of a table: counts, columns, sums and rows."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from medallion.errors import MissingError
from medallion.lineage.changed_rows import Versions
from medallion.lineage.release_diff import ColumnChange, TableDiff, ValueChange
from medallion.lineage.table_diff import compare_table
from tests.unit.lineage.versions import version

FRANCE = "select 'France' as country, 10::decimal(18,2) as revenue, 2 as sales"
SPAIN = "select 'Spain', 20::decimal(18,2), 3"


def compared(
    folder: Path, before: str | None, after: str | None, limit: int | None = None
) -> TableDiff:
    sides = (version(folder, query) if query else None for query in (before, after))
    return compare_table("gold.sales", Versions(*sides), ("country",), limit)


def test_a_changed_row_has_old_and_new_values_and_their_change(tmp_path: Path) -> None:
    after = f"select * replace (12.5::decimal(18,2) as revenue) from ({FRANCE}) union all {SPAIN}"
    diff = compared(tmp_path, f"{FRANCE} union all {SPAIN}", after)
    revenue = ValueChange(before="10.00", after="12.50", change=Decimal("2.50"), percent=25.0)
    assert (diff.status, diff.rows_before, diff.rows_after) == ("changed", 2, 2)
    assert (diff.changed, diff.added, diff.removed) == (1, 0, 0)
    assert diff.changed_columns == {"revenue": 1}
    (row,) = diff.rows
    assert (row.status, row.key, row.values) == (
        "changed",
        {"country": "France"},
        {"revenue": revenue},
    )
    total = ValueChange(before="30.00", after="32.50", change=Decimal("2.50"), percent=8.3333)
    assert diff.sums == {"revenue": total}
    assert diff.columns == ()


def test_added_and_removed_rows_have_their_values(tmp_path: Path) -> None:
    diff = compared(tmp_path, FRANCE, FRANCE.replace("France", "Italy"))
    added, removed = diff.rows
    assert (added.status, added.key) == ("added", {"country": "Italy"})
    assert {name: value.after for name, value in added.values.items()} == {
        "revenue": "10.00",
        "sales": 2,
    }
    assert (removed.status, removed.key) == ("removed", {"country": "France"})
    assert removed.values["sales"] == ValueChange(before=2, after=None)
    assert diff.sums == {}


def test_columns_that_are_new_removed_or_of_another_type(tmp_path: Path) -> None:
    after = "select 'France' as country, 10::double as revenue, 'x' as note"
    diff = compared(tmp_path, FRANCE, after)
    assert diff.columns == (
        ColumnChange(name="revenue", before="decimal(18,2)", after="float64"),
        ColumnChange(name="note", before=None, after="text"),
        ColumnChange(name="sales", before="int32", after=None),
    )
    assert diff.changed_columns == {"note": 1, "sales": 1}


def test_other_types_of_equal_values_are_a_change_of_columns_alone(tmp_path: Path) -> None:
    diff = compared(tmp_path, FRANCE, f"select * replace (sales::bigint as sales) from ({FRANCE})")
    assert (diff.status, diff.changed, diff.rows) == ("changed", 0, ())
    assert diff.columns == (ColumnChange(name="sales", before="int32", after="int64"),)


def test_equal_rows_of_other_snapshots_are_unchanged(tmp_path: Path) -> None:
    rows = f"{FRANCE} union all {SPAIN}"
    diff = compared(tmp_path, rows, f"from ({rows}) order by country desc")
    assert (diff.status, diff.rows, diff.sums) == ("unchanged", (), {})


def test_a_table_of_one_release_is_added_or_removed(tmp_path: Path) -> None:
    assert compared(tmp_path, None, FRANCE).status == "added"
    diff = compared(tmp_path, FRANCE, None)
    assert (diff.status, diff.removed, diff.columns) == ("removed", 1, ())


def test_rows_are_listed_up_to_the_limit_changed_ones_first(tmp_path: Path) -> None:
    before = "select i::varchar as country, i as sales from range(10) t(i)"
    after = "select i::varchar as country, i + 1 as sales from range(1, 11) t(i)"
    diff = compared(tmp_path, before, after, limit=2)
    assert (diff.changed, diff.added, diff.removed) == (9, 1, 1)
    assert [row.key["country"] for row in diff.rows] == ["1", "2"]
    assert [row.status for row in compared(tmp_path, before, after).rows[-2:]] == [
        "added",
        "removed",
    ]


def test_without_a_column_of_the_key_there_is_none(tmp_path: Path) -> None:
    diff = compared(tmp_path, "select 1 as sales union all select 3", "select 2 as sales")
    assert (diff.key, diff.added, diff.removed) == ((), 1, 2)


@pytest.mark.parametrize(
    ("type_", "before", "after"),
    [
        ("hugeint", 10**37, 10**37 + 5),
        ("decimal(38,2)", 10**35, 10**35 + 5),
        ("ubigint", 2**63, 2**63 + 1),
    ],
)
def test_sums_of_large_numbers_do_not_overflow(
    tmp_path: Path, type_: str, before: int, after: int
) -> None:
    rows = "select i::varchar as country, {}::{} as sales from range(20) t(i)"
    diff = compared(tmp_path, rows.format(before, type_), rows.format(after, type_))
    assert diff.changed == 20


def test_moments_and_nested_values_are_json(tmp_path: Path) -> None:
    query = (
        "select 'a' as country, [{{'x': {0}}}] as items, date '9999-12-31' as day, "
        "timestamptz '2024-01-01 10:00:00+00' + interval {0} hour as moment, '{0}'::blob as data"
    )
    (row,) = compared(tmp_path, query.format("1"), query.format("2")).rows
    assert row.values == {
        "items": ValueChange(before=[{"x": 1}], after=[{"x": 2}]),
        "moment": ValueChange(before="2024-01-01T11:00:00Z", after="2024-01-01T12:00:00Z"),
        "data": ValueChange(before="MQ==", after="Mg=="),
    }


def test_a_lost_file_points_to_repair(tmp_path: Path) -> None:
    rows = version(tmp_path, FRANCE)
    files = (rows.snapshot.files[0].model_copy(update={"path": "lost.parquet", "sha256": "0"}),)
    lost = replace(rows, snapshot=rows.snapshot.model_copy(update={"files": files, "id": "lost"}))
    with pytest.raises(MissingError) as caught:
        compare_table("gold.sales", Versions(rows, lost), (), None)
    assert "medallion repair" in (caught.value.hint or "")
