"""The report of `medallion diff`."""

from __future__ import annotations

import pytest

from medallion.cli.diff_report import show
from medallion.lineage.release_diff import ColumnChange, ReleaseDiff, RowChange, TableDiff


def test_releases_without_differences(capsys: pytest.CaptureFixture[str]) -> None:
    table = TableDiff(table="gold.a", status="unchanged")
    show(ReleaseDiff(before="one", after="two", tables=(table,)))
    assert capsys.readouterr().out == "release one → two\nno differences in 1 table\n"


def test_columns_rows_and_how_many_rows_are_not_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = RowChange(status="removed", key={"id": "\x1b[31m"}, values={})
    column = ColumnChange(name="a", before=None, after="int32")
    table = TableDiff(
        table="gold.a", status="changed", key=("id",), removed=3, columns=(column,), rows=(row,)
    )
    show(ReleaseDiff(before="one", after="two", tables=(table,)))
    lines = capsys.readouterr().out.splitlines()
    assert "gold.a changed, by id" in lines
    assert "  column a: new, int32" in lines
    assert "  removed id = \\x1b[31m" in lines
    assert "  and 2 more rows" in lines
