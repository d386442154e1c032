"""How a difference between releases is shown in Python and in a notebook."""

from __future__ import annotations

from medallion.lineage.release_diff import ReleaseDiff, TableDiff


def test_only_tables_that_differ_are_shown() -> None:
    tables = (
        TableDiff(table="gold.a", status="unchanged", rows_before=1, rows_after=1),
        TableDiff(table="gold.b", status="changed", rows_before=1, rows_after=2, added=1),
    )
    diff = ReleaseDiff(before="one", after="two", tables=tables)
    assert repr(diff) == "<ReleaseDiff one → two: 1 of 2 tables changed>"
    page = diff._repr_html_()
    assert "<td>gold.b</td><td>changed</td><td>1</td><td>2</td><td>1</td>" in page
    assert "gold.a" not in page
