"""The report of `medallion diff`: a line for each table that differs, then the rows that do."""

from __future__ import annotations

from rich.text import Text

from medallion.cli.output import console, plain, table
from medallion.lineage.diff_text import (
    FIGURES,
    cause_lines,
    column_change,
    figures,
    row_change,
    value_change,
)
from medallion.lineage.release_diff import ReleaseDiff, TableDiff
from medallion.plural import count_of

STYLES = {"changed": "yellow", "added": "green", "removed": "red"}


def show(diff: ReleaseDiff) -> None:
    """Print which tables differ, and how."""
    out = console()
    out.print(Text.assemble("release ", (diff.before, "bold"), " → ", (diff.after, "bold")))
    if not diff.changes:
        out.print(f"no differences in {count_of(len(diff.tables), 'table')}")
        return
    grid = table(FIGURES, right=FIGURES[1:])
    for item in diff.changes:
        grid.add_row(*figures(item))
    out.print()
    out.print(grid)
    for item in diff.changes:
        _show_table(item)


def _show_table(diff: TableDiff) -> None:
    out = console()
    key = f", by {', '.join(diff.key)}" if diff.key else ", no key"
    out.print(Text.assemble("\n", (diff.table, "bold"), f" {diff.status}{plain(key)}"))
    for cause in cause_lines(diff.causes):
        out.print(Text.assemble("  ", ("because ", "cyan"), plain(cause)), soft_wrap=True)
    for column in diff.columns:
        out.print(Text(f"  column {plain(column_change(column))}"), soft_wrap=True)
    for name, change in diff.sums.items():
        out.print(Text(f"  sum of {plain(name)}: {value_change(change)}"), soft_wrap=True)
    for row in diff.rows:
        text = plain(row_change(row))
        out.print(
            Text.assemble("  ", (f"{row.status:8}", STYLES[row.status]), text), soft_wrap=True
        )
    remaining = diff.changed + diff.added + diff.removed - len(diff.rows)
    if remaining:
        out.print(Text(f"  and {count_of(remaining, 'more row')}", "dim"))
